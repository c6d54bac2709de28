"""Builds each example once, when the third-party data are there; otherwise says what is missing."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
RUNNER = PROJECT / "examples" / "run_example.py"
FOLDERS = {
    "learning_platform": "365",
    "organisations": "relax",
    "crm_workspaces": "flinn",
    "event_stream": "rudderstack",
}


def data_folder(name: str) -> Path:
    """Folder of the files of an example; skips the test where they are not there."""
    root = os.environ.get("PQL_EXAMPLE_DATA")
    if not root:
        pytest.skip(f"third-party data: set PQL_EXAMPLE_DATA to the folder with {FOLDERS[name]}/")
    folder = Path(root) / FOLDERS[name]
    if not folder.is_dir():
        pytest.skip(f"third-party data: PQL_EXAMPLE_DATA names {root}, which has no {folder.name}/")
    return folder


def build(name: str, out: Path) -> duckdb.DuckDBPyConnection:
    """Run an example as a user does, and open what it has built."""
    run = subprocess.run(
        [sys.executable, RUNNER, name, "--data", data_folder(name).parent, "--out", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return duckdb.connect(out / "pql.duckdb", read_only=True)


@pytest.fixture(scope="module")
def build_example(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    return lambda name: build(name, tmp_path_factory.mktemp(name))


def definition_rows(example: str, seed: str) -> list[dict[str, str]]:
    """Rows of a definition file of an example."""
    with (PROJECT / "examples" / example / "seeds" / f"{seed}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def read_definitions() -> Callable[[str, str], list[dict[str, str]]]:
    return definition_rows


@pytest.fixture(scope="session")
def find_data() -> Callable[[str], Path]:
    return data_folder


def scores_on_days(
    marts: duckdb.DuckDBPyConnection, definition: str, days: Iterable[tuple[int, pd.Timestamp]]
) -> dict[tuple[int, pd.Timestamp], float]:
    """Score of each account on its day, in the history."""
    rows = [(str(account), day) for account, day in days]
    marts.register("wanted", pd.DataFrame(rows, columns=["entity_id", "day"]))
    scores = marts.execute(
        """
        select wanted.entity_id, wanted.day, coalesce(history.score, 0)
        from wanted
        left join marts.fct_score_history as history
            on history.entity_type = 'account'
            and history.entity_id = wanted.entity_id
            and history.definition_key = ?
            and history.valid_from <= cast(wanted.day as date)
            and cast(wanted.day as date) < history.valid_to
        """,
        [definition],
    ).fetchall()
    return {(int(account), pd.Timestamp(day)): float(score) for account, day, score in scores}


@pytest.fixture(scope="session")
def read_scores() -> Callable[..., dict[tuple[int, pd.Timestamp], float]]:
    return scores_on_days
