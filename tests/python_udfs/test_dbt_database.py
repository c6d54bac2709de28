"""What dbt built can be opened as soon as dbt has ended."""

from __future__ import annotations

from pathlib import Path

import duckdb
from dbt.adapters.duckdb import environments
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from python_udfs.dbt_database import release_database


def test_the_database_is_free_although_something_of_the_run_is_left(tmp_path: Path) -> None:
    path = str(tmp_path / "built.duckdb")
    # Held here as by what Python has not collected yet.
    left = environments.create(DuckDBCredentials(path=path, schema="main", database="built"))
    DuckDBConnectionManager._ENV = left
    handle = left.handle()
    handle.cursor().execute("create table t as select 1 as x")
    handle.close()
    release_database()
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("select x from t").fetchone() == (1,)
