"""One run, end to end: validate the raw files, build, validate the marts, say what was found.

Reads the raw folder and the database from the environment variables ``PQL_RAW_PATH`` and
``PQL_DUCKDB_PATH``, as dbt itself does, and writes the validation pages to
``PQL_VALIDATION_PATH``, the copy for BI tools to ``PQL_PUBLISH_PATH``, the calibration report to
``PQL_REPORT_PATH`` and the dashboard to ``PQL_DASHBOARD_PATH``. A scheduler that wants the steps
apart runs ``python -m python_udfs.validation raw``, ``dbt build``, ``python -m
python_udfs.validation marts``, ``python -m python_udfs.publish``, ``python -m
python_udfs.calibration_report`` and ``python -m python_udfs.dashboard``.
"""

import os
import sys
import time
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner
from dbt.contracts.results import NodeStatus
from rich.console import Console
from rich.text import Text

from python_udfs import dbt_artifacts, publish, run_paths, summary
from python_udfs.dbt_database import release_database
from python_udfs.pages import PageError
from python_udfs.source_staging import SourceError

_WRITTEN = (
    run_paths.DATABASE,
    run_paths.VALIDATION,
    run_paths.PUBLISHED,
    run_paths.REPORT,
    run_paths.DASHBOARD,
)
# What a step may raise; the message says what to do.
_EXPECTED = (
    run_paths.OutputPathError,
    SourceError,
    publish.PublishError,
    PageError,
    duckdb.IOException,
    OSError,
)
_FAILED = {NodeStatus.Error, NodeStatus.Fail, NodeStatus.RuntimeErr}


class _Progress:
    """Says how far a dbt run has come, a line for every tenth of its nodes, and what tests warn of.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.next_share = 0.0

    def __call__(self, event: object) -> None:
        """Take an event of dbt."""
        if event.info.name == "JinjaLogWarning":
            text = f"warning: {event.data.msg}"
            self.console.print(text, markup=False, style="yellow", soft_wrap=True)
        if event.info.name != "LogStartLine":
            return
        share = event.data.index / max(event.data.total, 1)
        if share >= self.next_share:
            text = f"  {share:4.0%}  {event.data.description}"
            self.console.print(text, overflow="ellipsis", no_wrap=True, markup=False)
            self.next_share = share + 0.1


def dbt_build(console: Console) -> bool:
    """Run ``dbt build`` in this process, without unit tests, and print its warnings and errors.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.

    Returns
    -------
    bool
        Whether everything was built and every data test passed.
    """
    outcome = dbtRunner(callbacks=[_Progress(console)]).invoke(
        ["--quiet", "build", "--exclude-resource-type", "unit_test"]
    )
    release_database()
    if outcome.exception is not None:
        console.print(str(outcome.exception), markup=False, style="red")
    for result in getattr(outcome.result, "results", []):
        said = f"{result.node.name}: {result.message}"
        if result.status in _FAILED:
            console.print(said, markup=False, style="red")
        elif result.status == NodeStatus.Warn:
            console.print(f"warning: {said}", markup=False, style="yellow", soft_wrap=True)
    return outcome.success


_FILES = """
select regexp_extract(sql, 'read_(parquet|csv|json)\\(.([^'']+)', 2)
from duckdb_views()
where not internal
"""


def move_demo_aside(console: Console, raw_path: str, duckdb_path: str) -> None:
    """Make room for a company's own data where the demo was built.

    What was reported of the demo would stay in the logs (``fct_pql_reported``, ``fct_pql_alerts``,
    ``fct_nurture_audiences``) beside the other, and cannot be told apart there: dbt refuses to
    build both into one database (the macro ``check_demo_is_apart``).

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    raw_path : str
        Folder of the raw files of this run.
    duckdb_path : str
        The database; one that holds the demo is moved aside for other data.
    """
    database, demo_path = Path(duckdb_path), Path(run_paths.RAW.default).resolve()
    if Path(raw_path).resolve() == demo_path or not database.exists():
        return
    try:
        with duckdb.connect(duckdb_path, read_only=True) as connection:
            files = [file for (file,) in connection.execute(_FILES).fetchall() if file]
    except duckdb.Error:
        return  # Locked, or no database: dbt says so.
    if not any(Path(file).resolve().is_relative_to(demo_path) for file in files):
        return
    aside = database.with_name(f"{database.stem}.demo{database.suffix}")
    # DuckDB refuses to open a database beside the log of another.
    Path(f"{aside}.wal").unlink(missing_ok=True)
    for log in ("", ".wal"):
        if Path(f"{database}{log}").exists():
            Path(f"{database}{log}").replace(f"{aside}{log}")
    told = f"{duckdb_path} held the demo, which is {aside} now."
    console.print(told, markup=False, soft_wrap=True)


def run(console: Console) -> int:
    """Run all steps and print the summary.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.

    Returns
    -------
    int
        Exit code: 0 when every step passed, else 1. A failed step ends the run.
    """
    try:
        return _run(console)
    except _EXPECTED as error:
        console.print(str(error), markup=False, style="red", soft_wrap=True)
        return 1


def _run(console: Console) -> int:
    """Run all steps; what is expected to fail in them is raised."""
    # Great Expectations and matplotlib take seconds to import: only when a run needs them.
    from python_udfs import calibration_report, dashboard, validation

    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    # dbt reads these two itself.
    raw_path, duckdb_path = (
        os.environ.setdefault(place.variable, place.default)
        for place in (run_paths.RAW, run_paths.DATABASE)
    )
    docs_path, publish_path = run_paths.VALIDATION.chosen, run_paths.PUBLISHED.chosen
    report_path, dashboard_path = run_paths.REPORT.chosen, run_paths.DASHBOARD.chosen
    for place in _WRITTEN:
        place.check(place.chosen)
    with_personal_data = publish.publishes_personal_data()
    Path(duckdb_path).parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()

    def say(step: str) -> None:
        seconds = time.monotonic() - started
        console.print(Text.assemble((step, "bold"), (f"  {seconds:.0f} s", "dim")))

    move_demo_aside(console, raw_path, duckdb_path)
    say(f"1/5 Validating the raw files in {raw_path}")
    if not validation.validate_raw(raw_path, docs_path).report(console):
        return 1
    say("2/5 dbt build")
    if not dbt_build(console):
        return 1
    say(f"3/5 Validating the marts in {duckdb_path}")
    if not validation.validate_marts(duckdb_path, docs_path).report(console):
        return 1
    say(f"4/5 Publishing the marts to {publish_path}")
    published = publish.publish(
        duckdb_path,
        publish_path,
        dbt_artifacts.target_path(),
        with_personal_data=with_personal_data,
    )
    say("5/5 Result")
    calibration_report.write_report(duckdb_path, report_path)
    dashboard.write_dashboard(duckdb_path, dashboard_path)
    summary.print_summary(
        console,
        duckdb_path,
        {
            "dashboard": dashboard_path,
            "BI tools": f"{published.duckdb_path} (schema marts)",
            "files": f"{published.parquet_path}/*.parquet",
            "analysis": f"{duckdb_path} (open, it blocks the next build)",
            "calibration": report_path,
            "validation": f"{docs_path}/index.html",
        },
    )
    return 0


if __name__ == "__main__":
    code = run(Console(highlight=False, emoji=False))
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's clean-up, in which DuckDB 2.0.0 prints a page about leaks.
    os._exit(code)
