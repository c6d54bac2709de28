"""``python -m python_udfs.calibration_report``: write the report of a finished build."""

import argparse
import os
import sys

from python_udfs.calibration_report import write_report
from python_udfs.pages import PageError
from python_udfs.pipeline import DEFAULT_DUCKDB_PATH, DEFAULT_REPORT_PATH


def main() -> int:
    """Write the report and say where it is.

    Returns
    -------
    int
        0 when it is written, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.calibration_report",
        description="Write the calibration of a finished build as one HTML file.",
    )
    parser.add_argument(
        "--duckdb-path", default=os.environ.get("PQL_DUCKDB_PATH", DEFAULT_DUCKDB_PATH)
    )
    parser.add_argument(
        "--out",
        default=os.environ.get("PQL_REPORT_PATH", DEFAULT_REPORT_PATH),
        help="the HTML file",
    )
    options = parser.parse_args()
    try:
        print(write_report(options.duckdb_path, options.out))
    except PageError as error:
        print(f"calibration report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
