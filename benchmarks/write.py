"""What the reference leaves out, at its least: the other tables of the contract, only written."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.database import open_database, remove_database

# What fct_user_activity_daily, fct_account_activity_daily, fct_signal_history and
# fct_status_history are views of; the reference writes the score history itself.
TABLES = (
    "int_events_daily",
    "int_account_activity_daily",
    "int_signal_history",
    "int_status_history",
)


def write_again(database: Path, out: Path, scratch: Path) -> None:
    """Copy the finished tables of a build, as fast as DuckDB can.

    Parameters
    ----------
    database
        DuckDB file that dbt has built.
    out
        DuckDB file to write.
    scratch
        Folder for what does not fit in memory.
    """
    remove_database(out)
    with open_database(scratch, out) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"attach '{database}' as built (read_only)")
        schemas = dict(
            connection.execute(
                "select table_name, schema_name from duckdb_tables() where database_name = 'built'"
            ).fetchall()
        )
        for table in TABLES:
            connection.execute(f"create table {table} as from built.{schemas[table]}.{table}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.write", description=__doc__)
    parser.add_argument("--database", type=Path, required=True, help="DuckDB file of a build")
    parser.add_argument("--out", type=Path, required=True, help="DuckDB file to write")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for spilled data")
    options = parser.parse_args(arguments)
    write_again(options.database, options.out, options.scratch)


if __name__ == "__main__":
    main()
