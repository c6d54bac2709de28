"""A run ends where a step fails; what a build warns of is seen although dbt itself is quiet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt.contracts.results import NodeStatus
from rich.console import Console

from python_udfs import calibration_report, dashboard, pipeline, publish, summary, validation
from python_udfs.pages import PageError
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


KILLED = """
import os, duckdb
connection = duckdb.connect("pql.demo.duckdb")
connection.execute("create table before as select 1 as a")
os._exit(0)
"""


def test_the_log_of_a_database_that_was_moved_aside_before_goes(place: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=True)
    assert Path("pql.demo.duckdb.wal").exists()
    built_from(RAW.default)
    make_room("own")
    with duckdb.connect("pql.demo.duckdb") as connection:
        assert connection.execute("select event_id from events").fetchone() == ("e1",)


STEPS = ["validate raw", "build", "validate marts", "publish", "report", "dashboard", "summary"]


class Steps:
    """Stands in for the steps of a run: keeps which were done, and fails where it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.failing: dict[str, bool | Exception] = {}
        report = SimpleNamespace(duckdb_path="", parquet_path="")
        for module, name, step in (
            (pipeline, "dbt_build", "build"),
            (publish, "publish", "publish"),
            (calibration_report, "write_report", "report"),
            (dashboard, "write_dashboard", "dashboard"),
            (summary, "print_summary", "summary"),
        ):
            given = report if step == "publish" else True
            monkeypatch.setattr(
                module, name, lambda *_, step=step, given=given, **__: self.do(step, given)
            )
        for group in ("raw", "marts"):
            result = SimpleNamespace(report=lambda _, step=f"validate {group}": self.do(step, True))
            monkeypatch.setattr(validation, f"validate_{group}", lambda *_, result=result: result)

    def do(self, step: str, given: object) -> object:
        self.done.append(step)
        failure = self.failing.get(step, given)
        if isinstance(failure, Exception):
            raise failure
        return failure

    def run(self) -> tuple[int, str]:
        console = Console(width=300)
        with console.capture() as captured:
            code = pipeline.run(console)
        return code, captured.get()


@pytest.fixture
def steps(place: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    for name in ("VALIDATION", "PUBLISH", "REPORT", "DASHBOARD"):
        monkeypatch.delenv(f"PQL_{name}_PATH", raising=False)
    monkeypatch.delenv("PQL_PUBLISH_PERSONAL_DATA", raising=False)
    monkeypatch.setenv("DBT_PROFILES_DIR", "profiles")
    monkeypatch.setenv("PQL_RAW_PATH", "own [/raw]")
    monkeypatch.setenv("PQL_DUCKDB_PATH", "pql.duckdb")
    return Steps(monkeypatch)


def test_a_run_does_every_step_and_names_folders_as_they_are(steps: Steps) -> None:
    code, said = steps.run()
    assert (code, steps.done) == (0, STEPS)
    assert "1/5 Validating the raw files in own [/raw]" in said


@pytest.mark.parametrize(
    ("step", "failure"),
    [
        ("validate raw", False),
        ("build", False),
        ("validate marts", False),
        ("publish", publish.PublishError("the copy [/x] has 1 row")),
        ("report", PageError("there is no table")),
        ("dashboard", OSError(28, "No space left on device")),
        ("summary", duckdb.IOException("Could not set lock on file")),
    ],
)
def test_a_run_ends_with_the_step_that_fails(
    steps: Steps, step: str, failure: bool | Exception
) -> None:
    steps.failing[step] = failure
    code, said = steps.run()
    assert code == 1
    assert steps.done == STEPS[: STEPS.index(step) + 1]
    if failure:
        assert str(failure) in said


@pytest.mark.parametrize(
    ("variable", "path", "message"),
    [
        ("PQL_REPORT_PATH", "own", "is a folder: name a file, such as 'own/calibration_report"),
        ("PQL_DASHBOARD_PATH", "own", "is a folder: name a file, such as 'own/dashboard.html'"),
        ("PQL_DUCKDB_PATH", "own", "is a folder: name a file, such as 'own/pql.duckdb'"),
        ("PQL_PUBLISH_PATH", "own/events.parquet", "is a file: name a folder"),
        ("PQL_VALIDATION_PATH", "own/events.parquet", "is a file: name a folder"),
        ("PQL_REPORT_PATH", "own/events.parquet/a/b.html", "lies below 'own/events.parquet'"),
        ("PQL_PUBLISH_PERSONAL_DATA", "yes", "set it to true or to false"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_done(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, variable: str, path: str, message: str
) -> None:
    monkeypatch.setenv(variable, path)
    code, said = steps.run()
    assert (code, steps.done) == (1, [])
    for part in (variable, repr(path), message):
        assert part in said
