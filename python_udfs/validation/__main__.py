"""``python -m python_udfs.validation raw|marts``."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date

from python_udfs.run_paths import DATABASE, RAW, VALIDATION
from python_udfs.source_staging import SourceError, parse_variables
from python_udfs.validation import validate_marts, validate_raw


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate the sources or the marts, print what was found, build the Data Docs.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; by default that of the process.

    Returns
    -------
    int
        0 when everything holds, 1 when something does not, 2 when the command cannot be run.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.validation",
        description="Check the sources (before a build) or the marts (after it).",
    )
    parser.add_argument("group", choices=("raw", "marts"))
    parser.add_argument("--docs", default=VALIDATION.chosen, help="folder of the Data Docs")
    parser.add_argument(
        "--latest-plausible-on",
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help="raw: last day on which something may have happened (default: tomorrow)",
    )
    parser.add_argument("--vars", help="raw: dbt vars, such as '{pql_event_sources: [segment]}'")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.group == "raw":
            result = validate_raw(
                RAW.chosen,
                chosen.docs,
                latest_plausible_on=chosen.latest_plausible_on,
                variables=parse_variables(chosen.vars),
            )
        else:
            result = validate_marts(DATABASE.chosen, chosen.docs)
    except (OSError, ValueError, SourceError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if result.report() else 1


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's clean-up, in which DuckDB 2.0.0 prints a page about leaks.
    os._exit(code)
