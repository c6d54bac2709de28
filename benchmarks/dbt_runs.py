"""The dbt project run as a user runs it, with the time of its SQL apart from that of dbt itself."""

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.database import remove_database
from benchmarks.processes import Cost, run_measured

REPOSITORY = Path(__file__).parents[1]
# What is built. The Python models, which are left out, fit the calibration: their cost goes with
# conversions and thresholds, not with events.
SCORING_ENGINE = (
    "--select",
    "+tag:engine",
    "fct_user_activity_daily",
    "fct_account_activity_daily",
    "fct_signal_history",
    "fct_score_history",
    "fct_status_history",
    "fct_pql_transitions",
)
WHOLE_PROJECT = ("--exclude", "path:models/intermediate/calibration/*.py")
# DuckDB goes over its limit by what it does not count; the process stays below 8 GB.
MEMORY_LIMIT = "7GB"
_LOG_BYTES = 2**31


@dataclass(frozen=True)
class DbtCost:
    """What a dbt command cost, and how much of it was SQL."""

    cost: Cost
    sql_seconds: float
    slowest: tuple[tuple[str, float], ...]


def run_dbt(
    arguments: Sequence[str], raw: Path, database: Path, logs: Path, slowest_count: int = 8
) -> DbtCost:
    """Run a dbt command on a folder of raw files and a database.

    Parameters
    ----------
    arguments
        The dbt command, without the program.
    raw
        Folder of the raw files.
    database
        DuckDB file that dbt builds in.
    logs
        Folder for what dbt writes about the run; emptied before.
    slowest_count
        How many of the slowest nodes to name.

    Returns
    -------
    DbtCost
        The cost of the whole process, the seconds in which SQL ran, and the slowest nodes.
    """
    shutil.rmtree(logs, ignore_errors=True)
    target = logs / "target"
    environment = {
        "DBT_PROFILES_DIR": str(REPOSITORY / "profiles"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(logs),
        "DBT_LOG_FORMAT_FILE": "json",
        "DBT_LOG_LEVEL_FILE": "debug",
        "DBT_LOG_FILE_MAX_BYTES": str(_LOG_BYTES),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PQL_RAW_PATH": str(raw),
        "PQL_DUCKDB_PATH": str(database),
        "PQL_DUCKDB_MEMORY_LIMIT": MEMORY_LIMIT,
    }
    program = str(Path(sys.executable).parent / "dbt")
    cost = run_measured([program, *arguments], logs / "output.txt", environment, REPOSITORY)
    with (logs / "dbt.log").open() as lines:
        sql_seconds = busy_seconds(_statements(lines))
    results = json.loads((target / "run_results.json").read_text())["results"]
    nodes = sorted(
        ((result["unique_id"].split(".")[-1], result["execution_time"]) for result in results),
        key=lambda node: -node[1],
    )
    return DbtCost(cost, sql_seconds, tuple(nodes[:slowest_count]))


def _statements(lines: Iterable[str]) -> Iterable[tuple[float, float]]:
    """Yield when each statement of dbt's log began and ended, in seconds."""
    for line in lines:
        if '"SQLQueryStatus"' not in line:
            continue
        event = json.loads(line)
        if event["info"]["name"] == "SQLQueryStatus":
            ended = datetime.fromisoformat(event["info"]["ts"].replace("Z", "+00:00")).timestamp()
            yield ended - event["data"]["elapsed"], ended


def busy_seconds(periods: Iterable[tuple[float, float]]) -> float:
    """Return the length of the union of periods, so that statements side by side count once.

    Parameters
    ----------
    periods
        Begin and end of each, in any order.
    """
    seconds = 0.0
    covered_to = float("-inf")
    for begun, ended in sorted(periods):
        seconds += max(0.0, ended - max(begun, covered_to))
        covered_to = max(covered_to, ended)
    return seconds


def build(name: str, selection: Sequence[str], raw: Path, database: Path, logs: Path) -> DbtCost:
    """Build a selection of the project on a fresh database.

    Parameters
    ----------
    name
        Name of the selection, for the folder of the logs.
    selection
        dbt's options that choose the models.
    raw
        Folder of the raw files.
    database
        DuckDB file; overwritten.
    logs
        Folder for what dbt writes about its runs.

    Returns
    -------
    DbtCost
        The cost of `dbt run`; loading the seeds is not part of it.
    """
    remove_database(database)
    run_dbt(["seed"], raw, database, logs / f"{name}_seed")
    options = list(selection)
    if selection == WHOLE_PROJECT:
        # Gives the Python models, which are left out, their tables.
        run_dbt(["run", "--empty"], raw, database, logs / f"{name}_empty")
        options.append("--full-refresh")
    return run_dbt(["run", *options], raw, database, logs / name)
