"""The command that writes a page."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from python_udfs.pages import PageError
from python_udfs.run_paths import DATABASE, OutputPathError, RunPath


def page_command(
    name: str,
    description: str,
    write: Callable[[str, str], Path],
    place: RunPath,
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
    place : RunPath
        The HTML file, where the command line names none.

    Returns
    -------
    int
        0 when it is written, else 1.
    """
    parser = argparse.ArgumentParser(prog=f"python -m python_udfs.{name}", description=description)
    parser.add_argument("--duckdb-path", default=DATABASE.chosen)
    parser.add_argument("--out", default=place.chosen, help="the HTML file")
    options = parser.parse_args()
    try:
        print(write(options.duckdb_path, options.out))
    except (PageError, OutputPathError, duckdb.IOException, OSError) as error:
        print(f"{name.replace('_', ' ')}: {error}", file=sys.stderr)
        return 1
    return 0
