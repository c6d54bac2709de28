import duckdb
import pytest

from python_udfs.memory_limit import set_memory_limit


def limit_of(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute("select current_setting('memory_limit')").fetchone()[0]


def test_the_limit_of_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PQL_DUCKDB_MEMORY_LIMIT", "1GiB")
    with duckdb.connect() as connection:
        set_memory_limit(connection)
        assert limit_of(connection.cursor()) == "1.0 GiB"


def test_without_one_duckdb_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PQL_DUCKDB_MEMORY_LIMIT", raising=False)
    with duckdb.connect() as connection:
        before = limit_of(connection)
        set_memory_limit(connection)
        assert limit_of(connection) == before


def test_one_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PQL_DUCKDB_MEMORY_LIMIT", "lots")
    with (
        duckdb.connect() as connection,
        pytest.raises(ValueError, match=r"PQL_DUCKDB_MEMORY_LIMIT is 'lots'.* such as 7GB"),
    ):
        set_memory_limit(connection)
