"""Measure the project against the fastest script and the usual way, and check that they agree.

Everything is written below `local/benchmark`; raw files are kept there for the next time. Every
program runs in a process of its own, one after the other.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.database import remove_database
from benchmarks.dbt_runs import REPOSITORY, SCORING_ENGINE, WHOLE_PROJECT, DbtCost, build, run_dbt
from benchmarks.machine import describe_machine
from benchmarks.processes import Cost, run_measured
from benchmarks.report import REFERENCE, WRITING, Increment, Report, Row, difference_count

WORK = REPOSITORY / "local" / "benchmark"
SCRATCH = WORK / "scratch"
LOGS = WORK / "logs"
GENERATOR = Path(__file__).parent / "generate.py"
LAST_ARRIVAL = "2024-12-30"

SELECTIONS = {
    "dbt, scoring engine": SCORING_ENGINE,
    "dbt, whole project": WHOLE_PROJECT,
}


def _run_module(name: str, *arguments: str | Path) -> tuple[Cost, str]:
    """Run a module of this package apart; return its cost and what it printed."""
    output = LOGS / f"{name}.txt"
    command = [sys.executable, "-m", f"benchmarks.{name}", *map(str, arguments)]
    cost = run_measured(command, output, {}, REPOSITORY)
    return cost, output.read_text()


def _last_json(text: str) -> Any:
    """Return the last line that is JSON; libraries may print below it."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    return json.loads(lines[-1])


def ensure_raw(event_count: int, arrived_before: str | None = None) -> Path:
    """Return the folder of the raw files, generated anew only if the generator has changed.

    Parameters
    ----------
    event_count
        Number of events of the year.
    arrived_before
        Day before which everything arrived; None for the whole year.
    """
    name = f"raw_{event_count}" + (f"_before_{arrived_before}" if arrived_before else "")
    folder = WORK / name
    stamp = folder / "generator"
    digest = hashlib.sha256(GENERATOR.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        options = ["--arrived-before", arrived_before] if arrived_before else []
        _say(f"generating {name}")
        stamp.unlink(missing_ok=True)
        _run_module("generate", "--events", str(event_count), "--out", folder, *options)
        stamp.write_text(digest)
    return folder


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


class Benchmark:
    """One run of everything that was asked for.

    Parameters
    ----------
    usual_way_seconds
        Time for the days of the usual way; None leaves it out.
    has_increments
        Whether to measure a day's increment.
    is_whole
        Whether to build the whole project besides the scoring engine.
    """

    def __init__(
        self, usual_way_seconds: float | None, has_increments: bool, is_whole: bool
    ) -> None:
        self.usual_way_seconds = usual_way_seconds
        self.has_increments = has_increments
        self.selections = dict(list(SELECTIONS.items())[: 2 if is_whole else 1])
        self.report = Report(describe_machine())

    def measure(self, event_count: int) -> None:
        """Measure everything on a number of events and add it to the report."""
        raw = ensure_raw(event_count)
        reference = WORK / f"reference_{event_count}.duckdb"
        self._begin("reference")
        cost, text = _run_module(
            "reference", "--raw", raw, "--out", reference, "--scratch", SCRATCH
        )
        self.report.rows.append(Row(REFERENCE, event_count, cost))
        steps = [(name, spent) for name, spent in _last_json(text).items() if "cpu" not in name]
        self.report.steps["Steps of the reference"] = (event_count, steps)
        for what, selection in self.selections.items():
            self._measure_dbt(what, selection, event_count, raw, reference)
        if self.usual_way_seconds is not None:
            self._measure_usual_way(event_count, raw, reference)
        remove_database(reference)

    def _begin(self, what: str) -> None:
        self.report.loads.append(os.getloadavg()[0])
        _say(f"measuring {what}")

    def _measure_dbt(
        self, what: str, selection: Sequence[str], event_count: int, raw: Path, reference: Path
    ) -> None:
        """Build from nothing, compare with the reference, then by increments."""
        name = what.replace(", ", "_").replace(" ", "_")
        full = WORK / f"{name}_full.duckdb"
        self._begin(f"{what}, {event_count:,} events")
        run = build(f"{name}_{event_count}", selection, raw, full, LOGS)
        self.report.rows.append(Row(what, event_count, run.cost, run.sql_seconds))
        self.report.steps[f"Slowest nodes: {what}"] = (event_count, run.slowest)
        self._check(f"{what}, {event_count:,} events: {{}} = reference", "scores", full, reference)
        if selection == SCORING_ENGINE:
            self._measure_writing(event_count, full)
        if self.has_increments:
            self._measure_increments(what, name, selection, event_count, raw, full, run)
        remove_database(full)

    def _measure_writing(self, event_count: int, full: Path) -> None:
        """Write the finished tables that the contract has beside the scores once more."""
        copy = WORK / "written.duckdb"
        self._begin(f"writing only, {event_count:,} events")
        cost, _ = _run_module("write", "--database", full, "--out", copy, "--scratch", SCRATCH)
        remove_database(copy)
        self.report.rows.append(Row(WRITING, event_count, cost))

    def _measure_increments(
        self,
        what: str,
        name: str,
        selection: Sequence[str],
        event_count: int,
        raw: Path,
        full: Path,
        full_run: DbtCost,
    ) -> None:
        """Build 364 days, then add the last one, then nothing; compare with 365 days at once."""
        base_raw = ensure_raw(event_count, LAST_ARRIVAL)
        grown = WORK / f"{name}_grown.duckdb"
        self._begin(f"increments of {what}, {event_count:,} events")
        label = f"{name}_{event_count}"
        base = build(f"{label}_base", selection, base_raw, grown, LOGS)
        day, nothing = (
            run_dbt(["run", *selection], raw, grown, LOGS / f"{label}_{step}")
            for step in ("day", "nothing")
        )
        self.report.increments.append(
            Increment(
                what,
                event_count,
                base.sql_seconds,
                day.sql_seconds,
                nothing.sql_seconds,
                full_run.sql_seconds,
            )
        )
        self.report.steps[f"Slowest nodes of a day's increment: {what}"] = (
            event_count,
            day.slowest,
        )
        self._check(
            f"{what}, {event_count:,} events: {{}} by increments = at once", "marts", grown, full
        )
        remove_database(grown)

    def _measure_usual_way(self, event_count: int, raw: Path, reference: Path) -> None:
        """Score accounts, then users, day by day and extrapolate to the year."""
        self._begin(f"the usual way, {event_count:,} events")
        _, text = _run_module(
            "usual_way",
            *("--raw", raw, "--reference", reference, "--scratch", SCRATCH),
            *("--seconds", str(self.usual_way_seconds)),
        )
        result = _last_json(text)
        wall_seconds, cpu_seconds = result["facts_seconds"], result["facts_cpu_seconds"]
        scored: list[str] = []
        for days in result["days"]:
            wall_seconds += days["year_wall_seconds"]
            cpu_seconds += days["year_cpu_seconds"]
            scored.append(f"{days['entity_type']}s")
            what = f"usual way, {' and '.join(scored)} (extrapolated)"
            year = Cost(wall_seconds, cpu_seconds, result["peak_gigabytes"])
            self.report.rows.append(Row(what, event_count, year))
            self.report.notes.append(
                f"The usual way at {event_count:,} events scored {scored[-1]} on"
                f" {days['day_count']} days of the year in {days['wall_seconds']:.0f} s, after"
                f" {result['facts_seconds']:.0f} s for the facts; the year is extrapolated"
                " linearly. It scores no day ahead."
            )
            self.report.checks.append(
                (
                    f"usual way, {event_count:,} events: scores of {scored[-1]} on its days"
                    " = reference",
                    {
                        "rows": days["compared_scores"],
                        "only_first": days["different_scores"],
                        "only_second": days["different_scores"],
                    },
                )
            )

    def _check(self, what: str, kind: str, first: Path, second: Path) -> None:
        """Compare two databases and add what was found."""
        _say(f"comparing {first.stem} and {second.stem}")
        _, text = _run_module("compare", kind, first, second, "--scratch", SCRATCH)
        tables = _last_json(text)
        equal = [name for name, counts in tables.items() if not difference_count(counts)]
        if equal:
            named = equal[0] if len(equal) == 1 else f"{len(equal)} tables"
            rows = sum(tables[name]["rows"] for name in equal)
            self.report.checks.append(
                (what.format(named), {"rows": rows, "only_first": 0, "only_second": 0})
            )
        for name in sorted(tables.keys() - set(equal)):
            self.report.checks.append((what.format(name), tables[name]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if everything that was compared is equal."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--events", type=int, nargs="+", default=[1_000_000], help="sizes to measure, in events"
    )
    parser.add_argument(
        "--increment", action="store_true", help="also 364 days, the last day, and nothing new"
    )
    parser.add_argument("--usual-way", action="store_true", help="also spine and window joins")
    parser.add_argument(
        "--usual-way-seconds", type=float, default=120, help="time for the days of each entity type"
    )
    parser.add_argument(
        "--engine-only", action="store_true", help="only the scoring engine, not the whole project"
    )
    parser.add_argument("--out", type=Path, default=WORK / "result.md", help="Markdown to write")
    options = parser.parse_args(arguments)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    benchmark = Benchmark(
        usual_way_seconds=options.usual_way_seconds if options.usual_way else None,
        has_increments=options.increment,
        is_whole=not options.engine_only,
    )
    for event_count in sorted(set(options.events)):
        benchmark.measure(event_count)
        # What is known so far is kept if a larger size fails.
        options.out.write_text(benchmark.report.markdown())
    print(benchmark.report.markdown())
    return 0 if benchmark.report.is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
