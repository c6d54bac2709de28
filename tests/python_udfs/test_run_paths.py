"""Where a run reads and writes is said once, and known without dbt."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from harness import PROJECT_ROOT

from python_udfs import run_paths
from python_udfs.run_paths import DATABASE, PUBLISHED, REPORT, OutputPathError, RunPath

PLACES = [place for place in vars(run_paths).values() if isinstance(place, RunPath)]


@pytest.mark.parametrize(
    "file", ["README.md", "profiles/profiles.yml", "macros/sources/register_source_tables.sql"]
)
def test_the_defaults_of_others_are_the_same(file: str) -> None:
    text = (PROJECT_ROOT / file).read_text(encoding="utf-8")
    found = dict(re.findall(r"env_var\('(PQL_[A-Z]+_PATH)', '([^']+)'\)", text))
    found |= dict(re.findall(r"^\| `(PQL_[A-Z]+_PATH)` \|.*\| `([^`]+)` \|$", text, re.MULTILINE))
    known = {place.variable: place.default for place in PLACES}
    assert {variable for variable in found if variable in known}
    assert {variable: found.get(variable, path) for variable, path in known.items()} == known


@pytest.mark.parametrize(
    "command", ["publish", "calibration_report", "dashboard", "validation", "source_inspection"]
)
def test_a_command_does_not_import_dbt_to_know_its_paths(command: str) -> None:
    code = f"import sys, python_udfs.{command}.__main__; sys.exit('dbt.cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("command", "variable", "message"),
    [
        ("publish", "PQL_PUBLISH_PATH", "is a file: name a folder"),
        ("calibration_report", "PQL_REPORT_PATH", "is a folder: name a file, such as "),
        ("dashboard", "PQL_DASHBOARD_PATH", "is a folder: name a file, such as "),
        ("validation", "PQL_VALIDATION_PATH", "is a file: name a folder"),
    ],
)
def test_a_command_says_that_it_cannot_write_there(
    tmp_path: Path, command: str, variable: str, message: str
) -> None:
    wrong = tmp_path / "here"
    if "is a file" in message:
        wrong.write_text("mine")
    else:
        wrong.mkdir()
    database = tmp_path / "pql.duckdb"
    duckdb.connect(str(database)).close()
    done = subprocess.run(
        [sys.executable, "-m", f"python_udfs.{command}"] + ["marts"] * (command == "validation"),
        env={**os.environ, "PQL_DUCKDB_PATH": str(database), variable: str(wrong)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"{str(wrong)!r} ({variable}) {message}" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"here", "pql.duckdb"}


def test_a_path_that_is_not_there_yet_can_be_written(tmp_path: Path) -> None:
    REPORT.check(tmp_path / "a" / "b" / "report.html")
    PUBLISHED.check(tmp_path / "a" / "b")
    DATABASE.check("pql.duckdb")


def test_a_protected_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != tmp_path)
    for place in (REPORT, PUBLISHED):
        with pytest.raises(OutputPathError, match=f"nothing may be written in '{tmp_path}'"):
            place.check(tmp_path / "a" / "b.html")
