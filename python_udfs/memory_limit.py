"""The memory that DuckDB may use, where the environment says so; else DuckDB's own limit.

dbt-duckdb loads this module as a plugin (``profiles/profiles.yml``). A setting of the profile needs
a value always, and not every version of DuckDB can read the default as one.
"""

from __future__ import annotations

import os

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin


def set_memory_limit(connection: duckdb.DuckDBPyConnection) -> None:
    """Limit the memory of a database to ``PQL_DUCKDB_MEMORY_LIMIT``, such as ``7GB``.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection to the database; the limit holds for all of them.

    Raises
    ------
    ValueError
        If the limit cannot be read.
    """
    if limit := os.environ.get("PQL_DUCKDB_MEMORY_LIMIT"):
        text = limit.replace("'", "''")
        try:
            connection.execute(f"set memory_limit = '{text}'")
        except duckdb.Error as error:
            raise ValueError(
                f"PQL_DUCKDB_MEMORY_LIMIT is '{limit}', which DuckDB cannot read as an amount of "
                "memory. Write a number with its unit, such as 7GB."
            ) from error


class Plugin(BasePlugin):
    """What dbt-duckdb calls for every connection."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Set the limit."""
        set_memory_limit(conn)
