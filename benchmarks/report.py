"""The figures of a benchmark as Markdown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression

from benchmarks.processes import Cost

REFERENCE = "reference script"
WRITING = "writing the contract's other tables, finished"


def difference_count(counts: Mapping[str, int]) -> int:
    """Return how many rows a comparison found on one side only."""
    return counts["only_first"] + counts["only_second"]


@dataclass(frozen=True)
class Row:
    """A measured program on a number of events.

    `sql_seconds` is the part of the wall time in which SQL ran, where it was told apart.
    """

    what: str
    event_count: int
    cost: Cost
    sql_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """The time that grows with the data."""
        return self.cost.wall_seconds if self.sql_seconds is None else self.sql_seconds


@dataclass(frozen=True)
class Increment:
    """A day on top of 364 days, and a run with nothing new, in seconds of SQL."""

    what: str
    event_count: int
    base_seconds: float
    day_seconds: float
    nothing_seconds: float
    full_seconds: float


@dataclass
class Report:
    """Everything that a benchmark has found."""

    machine: str
    loads: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    increments: list[Increment] = field(default_factory=list)
    checks: list[tuple[str, Mapping[str, int]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # Where the time went, by title; of several sizes the last one measured.
    steps: dict[str, tuple[int, Sequence[tuple[str, float]]]] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Whether every comparison found the same rows."""
        return not any(difference_count(counts) for _, counts in self.checks)

    def markdown(self) -> str:
        """Return the report as Markdown."""
        parts = [f"Measured on: {self.machine}."]
        if self.loads:
            parts[0] += (
                " Processes that wanted a core when the measurements began:"
                f" {min(self.loads):.1f} to {max(self.loads):.1f}."
            )
        parts.append(_table(_COST_HEADER, [self._cost_cells(row) for row in self.rows]))
        exponents = self._exponents()
        if exponents:
            parts.append(_table(("Growth with the events", "k in N^k"), exponents))
        if self.increments:
            parts.append(_table(_INCREMENT_HEADER, [_increment_cells(i) for i in self.increments]))
        if self.checks:
            parts.append(_table(_CHECK_HEADER, [_check_cells(*check) for check in self.checks]))
        for title, (event_count, steps) in self.steps.items():
            cells = [(name, f"{spent:.2f}") for name, spent in steps if spent >= _LEAST_SECONDS]
            parts.append(_table((f"{title}, {event_count:,} events", "seconds"), cells))
        parts.extend(self.notes)
        return "\n\n".join(parts) + "\n"

    def _cost_cells(self, row: Row) -> tuple[str, ...]:
        reference = next(
            (
                other
                for other in self.rows
                if other.what == REFERENCE and other.event_count == row.event_count
            ),
            None,
        )
        ratios = ("", "")
        if reference is not None:
            ratios = (
                f"{row.seconds / reference.seconds:.1f}",
                f"{row.cost.cpu_seconds / reference.cost.cpu_seconds:.1f}",
            )
        return (
            f"{row.event_count:,}",
            row.what,
            f"{row.cost.wall_seconds:.1f}",
            "" if row.sql_seconds is None else f"{row.sql_seconds:.1f}",
            f"{row.cost.cpu_seconds:.1f}",
            f"{row.cost.peak_gigabytes:.2f}",
            f"{row.event_count / row.cost.wall_seconds:,.0f}",
            *ratios,
        )

    def _exponents(self) -> list[tuple[str, str]]:
        """Return the slope of log time over log events for what ran at more than one size."""
        exponents = []
        for what in dict.fromkeys(row.what for row in self.rows):
            points = [
                (math.log(row.event_count), math.log(row.seconds))
                for row in self.rows
                if row.what == what
            ]
            if len({x for x, _ in points}) > 1:
                line = linear_regression(*zip(*points, strict=True))
                exponents.append((what, f"{line.slope:.2f}"))
        return exponents


_LEAST_SECONDS = 0.01
_COST_HEADER = (
    "events",
    "what",
    "wall s",
    "of it SQL s",
    "CPU s",
    "peak GB",
    "events per s",
    "x reference (time)",
    "x reference (CPU)",
)
_INCREMENT_HEADER = (
    "events",
    "increments of",
    "364 days: SQL s",
    "one day more: SQL s",
    "nothing new: SQL s",
    "365 days at once: SQL s",
    "one day / 365 days",
)
_CHECK_HEADER = ("compared", "rows", "only in the first", "only in the second")


def _increment_cells(increment: Increment) -> tuple[str, ...]:
    return (
        f"{increment.event_count:,}",
        increment.what,
        f"{increment.base_seconds:.1f}",
        f"{increment.day_seconds:.2f}",
        f"{increment.nothing_seconds:.2f}",
        f"{increment.full_seconds:.1f}",
        f"{increment.day_seconds / increment.full_seconds:.3f}",
    )


def _check_cells(what: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    return (what, *(f"{counts[key]:,}" for key in ("rows", "only_first", "only_second")))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
