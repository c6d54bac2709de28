"""The command that writes a page."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from python_udfs.pages import PageError
from python_udfs.pipeline import DEFAULT_DUCKDB_PATH


def page_command(
    name: str,
    description: str,
    write: Callable[[str, str], Path],
    variable: str,
    default_path: str,
) -> int:
    """Write a page from the command line and say where it is.

    Parameters
    ----------
    name : str
        Name of the package of the page.
    description : str
        What the command does.
    write : callable
        Takes the database and the HTML file, gives the file.
    variable : str
        Environment variable that names the HTML file.
    default_path : str
        The HTML file without it.

    Returns
    -------
    int
        0 when it is written, else 1.
    """
    parser = argparse.ArgumentParser(prog=f"python -m python_udfs.{name}", description=description)
    parser.add_argument(
        "--duckdb-path", default=os.environ.get("PQL_DUCKDB_PATH", DEFAULT_DUCKDB_PATH)
    )
    parser.add_argument(
        "--out", default=os.environ.get(variable, default_path), help="the HTML file"
    )
    options = parser.parse_args()
    try:
        print(write(options.duckdb_path, options.out))
    except PageError as error:
        print(f"{name.replace('_', ' ')}: {error}", file=sys.stderr)
        return 1
    return 0
