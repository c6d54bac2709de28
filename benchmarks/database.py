"""One way to open DuckDB for everything that is compared, so that the terms are the same."""

from pathlib import Path

import duckdb


def open_database(
    scratch: Path, file: Path | None = None, memory_limit: str = "12GB"
) -> duckdb.DuckDBPyConnection:
    """Open a database with two threads and a limit to its memory.

    Parameters
    ----------
    scratch
        Folder for what does not fit in memory.
    file
        Database file, created if it is missing; None for one in memory.
    memory_limit
        DuckDB's limit.

    Returns
    -------
    duckdb.DuckDBPyConnection
        To be closed by the caller.
    """
    connection = duckdb.connect(":memory:" if file is None else str(file))
    connection.execute("set threads = 2")
    connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute(f"set temp_directory = '{scratch}'")
    return connection


def remove_database(file: Path) -> None:
    """Remove a database file, if it is there, and the log that a killed program leaves beside it.

    Parameters
    ----------
    file
        The database file.
    """
    file.unlink(missing_ok=True)
    # DuckDB refuses a new database beside the log of another one.
    file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
