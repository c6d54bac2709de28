"""Where a run reads and writes is said once, and known without dbt."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from harness import PROJECT_ROOT

from python_udfs import run_paths
from python_udfs.run_paths import RunPath

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
