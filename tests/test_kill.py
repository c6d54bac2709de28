"""A run that is killed at any moment and run again ends in the tables of a clean build.

``PQL_KILLS`` sets the number of kills. Each comes at a share of a run's duration that is the same
every time; on which statement that falls depends on the machine.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from deliveries import Delivery, daily_plan, deliveries_of
from increments import SELECTION, IncrementalProject
from table_comparison import Table, assert_same

KILLS = int(os.environ.get("PQL_KILLS", "2"))
SEED = 5
WORLDS = (0, 1, 2, 3)
LONGEST_RUN_SECONDS = 300
# dbt says this once it has parsed the project; before, it touches no database.
READY = "Concurrency:"
NODE_STARTED = re.compile(r" START .*?(\S+) \.+ \[RUN\]")
NODE_ENDED = re.compile(r" (?:OK|ERROR) .*?(\S+) \.+ \[(?:OK|ERROR) in ")


@dataclass(frozen=True)
class DbtRun:
    """A run in a process of its own, from where it began to work on the database."""

    was_killed: bool
    seconds: float
    output: Sequence[str]

    @property
    def place(self) -> str:
        """What had begun and not ended."""
        open_nodes: dict[str, None] = {}
        done = 0
        for line in self.output:
            if started := NODE_STARTED.search(line):
                open_nodes[started[1]] = None
            elif ended := NODE_ENDED.search(line):
                open_nodes.pop(ended[1], None)
                done += 1
        doing = ", ".join(open_nodes) or "between two models"
        return f"after {self.seconds:.2f} s, {done} done: {doing}"


def run_by_itself(project: IncrementalProject, killed_after: float | None = None) -> DbtRun:
    """Run dbt as its users do, and kill it some seconds after it began to work, if at all."""
    log = project.folder / "killed_run.log"
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "dbt.cli.main"),
                *project.command(("run", *SELECTION), project.variables),
            ],
            env={**os.environ, **project.environment},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while READY not in log.read_text(encoding="utf-8") and process.poll() is None:
        time.sleep(0.01)
    began_at = time.monotonic()
    try:
        process.wait(LONGEST_RUN_SECONDS if killed_after is None else killed_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    seconds = time.monotonic() - began_at
    output = log.read_text(encoding="utf-8")
    assert process.returncode in (0, -signal.SIGKILL), output
    # A run may have ended by itself between the time-out and the signal.
    return DbtRun(process.returncode != 0, seconds, output.splitlines())


@dataclass(frozen=True)
class Increment:
    """A run to be killed.

    Parameters
    ----------
    words
        What it brings.
    base
        Folder with the database before it.
    delivery
        What is there when it runs.
    expected, seconds
        The tables that it leaves, and how long it takes, when it is not killed.
    """

    words: str
    base: Path
    delivery: Delivery
    expected: Mapping[str, Table]
    seconds: float


class KillableProject(IncrementalProject):
    """A project whose next run can be repeated from the same database."""

    def increment(self, words: str, delivery: Delivery) -> Increment:
        """Keep the database, then run on a delivery, of which the files are in place."""
        base = self.folder / words.replace(" ", "_")
        base.mkdir()
        # With the write-ahead log, where there is one.
        for path in self.database_path.parent.glob(f"{self.database_path.name}*"):
            shutil.copy2(path, base)
        whole = run_by_itself(self)
        assert not whole.was_killed, f"longer than {LONGEST_RUN_SECONDS} s {whole.place}"
        tables, clean = self.tables(), self.clean_tables(delivery)
        assert_same(tables, clean, f"after a run on {words} that was not killed", with_logs=False)
        in_order = {name: tables[name] for name in clean}
        return Increment(words, base, delivery, in_order, whole.seconds)

    def restore(self, increment: Increment) -> None:
        """Bring back the files and the database as they are before an increment."""
        self.write(increment.delivery)
        self.empty_database()
        for path in increment.base.iterdir():
            shutil.copy2(path, self.database_path.parent)


@dataclass(frozen=True)
class Killing:
    """The project and its increments, which are killed in turn."""

    project: KillableProject
    increments: Sequence[Increment]


@pytest.fixture(scope="module")
def killing(tmp_path_factory: pytest.TempPathFactory) -> Killing:
    """Prepare two increments, the second of them with new definitions as well."""
    plan = replace(daily_plan(Random(SEED), 2, every_days=12), changed_at=2)
    first, second, third = deliveries_of(SEED, WORLDS, plan)
    project = KillableProject(tmp_path_factory.mktemp("kill"))
    project.deliver(first, None)
    project.write(second)
    new_rows = project.increment("new rows", second)
    project.write(third)
    project.invoke_on(third.as_of, "seed")
    return Killing(project, [new_rows, project.increment("new definitions", third)])


@pytest.mark.parametrize("number", range(KILLS), ids=lambda number: f"kill-{number}")
def test_a_killed_run_that_is_run_again_ends_in_the_tables_of_a_clean_build(
    killing: Killing, number: int
) -> None:
    project = killing.project
    increment = killing.increments[number % len(killing.increments)]
    killed_after = Random(f"kill {number}").random() * increment.seconds
    killed = None
    while killed is None or not killed.was_killed:
        project.restore(increment)
        killed = run_by_itself(project, killed_after)
        killed_after *= 0.9  # this run was faster than the one that was measured
    print(f"killed on {increment.words} {killed.place}")  # pytest -rP shows it

    project.invoke_on(increment.delivery.as_of, "run")

    assert_same(
        project.tables(),
        increment.expected,
        f"run again after a kill on {increment.words} {killed.place}",
    )
