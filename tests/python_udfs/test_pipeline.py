"""What a build warns of is seen although dbt itself is quiet."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt.contracts.results import NodeStatus
from rich.console import Console

from python_udfs import pipeline
from python_udfs.run_paths import RAW


class QuietDbt:
    """Stands in for dbt: a test warns, first by name and then by its result."""

    def __init__(self, callbacks: list) -> None:
        self.callbacks = callbacks

    def invoke(self, _: list[str]) -> SimpleNamespace:
        for tell in self.callbacks:
            tell(
                SimpleNamespace(
                    info=SimpleNamespace(name="JinjaLogWarning"),
                    data=SimpleNamespace(msg="settings/pql_alert_rules.csv: no such key"),
                )
            )
        warned = SimpleNamespace(
            status=NodeStatus.Warn,
            message="Got 1 result",
            node=SimpleNamespace(name="assert_settings"),
        )
        return SimpleNamespace(
            success=True, exception=None, result=SimpleNamespace(results=[warned])
        )


def test_warnings_of_a_quiet_build_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "dbtRunner", QuietDbt)
    console = Console(width=100)
    with console.capture() as captured:
        assert pipeline.dbt_build(console)
    told = captured.get()
    assert "warning: settings/pql_alert_rules.csv: no such key" in told
    assert "warning: assert_settings: Got 1 result" in told


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which runs are begun, with raw files of the demo and of a company."""
    monkeypatch.chdir(tmp_path)
    for folder in (RAW.default, "own"):
        Path(folder).mkdir(parents=True)
        duckdb.sql(f"copy (select 'e1' as event_id) to '{folder}/events.parquet'")
    return tmp_path


def built_from(folder: str) -> None:
    with duckdb.connect("pql.duckdb") as connection:
        connection.execute(
            f"create view events as select * from read_parquet('{folder}/events.parquet')"
        )


def make_room(raw_path: str) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        pipeline.move_demo_aside(console, raw_path, "pql.duckdb")
    return captured.get()


@pytest.mark.parametrize("folder", [RAW.default, "own"])
def test_a_run_on_what_the_database_holds_goes_on(place: Path, folder: str) -> None:
    assert make_room(folder) == ""
    built_from(folder)
    assert make_room(str(place / folder)) == ""
    assert (place / "pql.duckdb").exists()


@pytest.mark.parametrize("is_absolute", [True, False])
def test_the_demo_is_moved_aside_for_own_data(place: Path, is_absolute: bool) -> None:
    demo = Path(RAW.default)
    built_from(str(place / demo if is_absolute else demo))
    assert make_room("own") == "pql.duckdb held the demo, which is pql.demo.duckdb now.\n"
    assert not (place / "pql.duckdb").exists()
    with duckdb.connect("pql.demo.duckdb") as connection:
        assert connection.execute("select event_id from events").fetchone() == ("e1",)
