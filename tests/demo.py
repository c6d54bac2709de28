"""The demo, built as a new user builds it, for the tests that look at it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from harness import PROJECT_ROOT, query


@dataclass(frozen=True)
class Demo:
    """A demo that was built by the commands of the Makefile, in a folder of its own."""

    folder: Path
    output: str

    @property
    def truth(self) -> dict[str, Any]:
        return json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of every command on this demo."""
        return {
            "PQL_RAW_PATH": str(self.folder / "raw"),
            "PQL_DUCKDB_PATH": str(self.folder / "demo.duckdb"),
            "PQL_VALIDATION_PATH": str(self.folder / "validation"),
            "PQL_REPORT_PATH": str(self.folder / "calibration_report.html"),
            "PQL_DASHBOARD_PATH": str(self.folder / "dashboard.html"),
            "PQL_PUBLISH_PATH": str(self.folder / "published"),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.folder / "demo.duckdb"), read_only=True) as connection:
            return query(connection, sql)


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DBT_PROFILES_DIR": "profiles", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_demo(folder: Path) -> Demo:
    """Generate and build the demo with the commands of the Makefile, in a folder of its own."""
    demo = Demo(folder, "")
    raw, truth = demo.environment["PQL_RAW_PATH"], str(folder / "truth.json")
    written = run("-m", "python_udfs.demo_data", "--out", raw, "--truth", truth)
    built = run("-m", "python_udfs.pipeline", **demo.environment)
    return Demo(folder, written + built)


@dataclass(frozen=True)
class DemoCopy:
    """A copy of the built demo with definitions of its own."""

    folder: Path
    demo: Demo

    def build(self, *selected: str) -> None:
        environment = {
            **self.demo.environment,
            "PQL_DUCKDB_PATH": str(self.folder / "demo.duckdb"),
            # Relative to the project: dbt writes the SQL of a seed to a path made of the target
            # folder and that of the seed, which for an absolute one is the seed file itself.
            "PQL_DEFINITIONS_PATH": os.path.relpath(self.folder / "seeds", PROJECT_ROOT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        run(
            *("-m", "dbt.cli.main", "--quiet", "build", "--select", *selected),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            **environment,
        )

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.folder / "demo.duckdb"), read_only=True) as connection:
            return query(connection, sql)

    def replace(self, seed: str, old: str, new: str) -> None:
        path = self.folder / "seeds" / f"{seed}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def copy_demo(demo: Demo, folder: Path) -> DemoCopy:
    """Copy the built demo and the seeds of the project."""
    shutil.copy(demo.folder / "demo.duckdb", folder / "demo.duckdb")
    shutil.copytree(PROJECT_ROOT / "seeds", folder / "seeds")
    return DemoCopy(folder, demo)
