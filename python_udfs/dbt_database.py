"""The database that dbt-duckdb keeps open in the process in which dbt was run."""


def release_database() -> None:
    """Close the database after a command of dbt, so that others can open it.

    Notes
    -----
    dbt-duckdb only lets go of it, and it stays open until Python has collected what is left of the
    run: who opens it before is refused.
    """
    # dbt takes seconds to import: only where it has run.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()
    reset_adapters()
