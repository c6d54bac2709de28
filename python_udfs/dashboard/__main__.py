"""``python -m python_udfs.dashboard``: write the dashboard of a finished build."""

import argparse
import os
import sys

from python_udfs.dashboard import write_dashboard
from python_udfs.pages import PageError
from python_udfs.pipeline import DEFAULT_DASHBOARD_PATH, DEFAULT_DUCKDB_PATH


def main() -> int:
    """Write the page and say where it is.

    Returns
    -------
    int
        0 when it is written, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.dashboard",
        description="Write the programme of a finished build as one HTML file.",
    )
    parser.add_argument(
        "--duckdb-path", default=os.environ.get("PQL_DUCKDB_PATH", DEFAULT_DUCKDB_PATH)
    )
    parser.add_argument(
        "--out",
        default=os.environ.get("PQL_DASHBOARD_PATH", DEFAULT_DASHBOARD_PATH),
        help="the HTML file",
    )
    options = parser.parse_args()
    try:
        print(write_dashboard(options.duckdb_path, options.out))
    except PageError as error:
        print(f"dashboard: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
