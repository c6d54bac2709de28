"""What a validation found, and how it is told."""

from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Failure:
    """An expectation that does not hold.

    Parameters
    ----------
    place : str
        File or table, as a person would look it up.
    column : str or None
        The column, if it is about one.
    expected, found : str
        What should hold, and what is there instead: counts, share, example values.
    remedy : str
        What to do.
    """

    place: str
    column: str | None
    expected: str
    found: str
    remedy: str

    @property
    def message(self) -> str:
        """All of it in four lines."""
        where = self.place if self.column is None else f"{self.place}, column {self.column}"
        return (
            f"{where}\n  expected  {self.expected}\n  found     {self.found}\n"
            f"  to do     {self.remedy}"
        )


@dataclass(frozen=True)
class TableResult:
    """What was found in one table.

    Parameters
    ----------
    table : str
        Name of the table.
    rows : int or None
        Its rows; None where it could not be read.
    passed : int
        Number of expectations that hold.
    failures : tuple of Failure
        Those that do not.
    note : str
        Why nothing was checked; else empty.
    """

    table: str
    rows: int | None = None
    passed: int = 0
    failures: tuple[Failure, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class ValidationResult:
    """What a group of suites found.

    Parameters
    ----------
    group : str
        ``raw`` or ``marts``.
    place : str
        The folder or database that was validated.
    tables : tuple of TableResult
        One for each table that was looked at.
    problems : tuple of Failure
        What kept the tables from being looked at, such as a missing folder.
    docs_page : Path or None
        First page of the Data Docs; None if none were built.
    """

    group: str
    place: str
    tables: tuple[TableResult, ...] = ()
    problems: tuple[Failure, ...] = ()
    docs_page: Path | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All failures, in the order of the tables."""
        return self.problems + tuple(failure for table in self.tables for failure in table.failures)

    @property
    def success(self) -> bool:
        """Whether everything holds."""
        return not self.failures

    def report(self, console: Console | None = None) -> bool:
        """Print a table of what was checked, then a message for each failure.

        Parameters
        ----------
        console : rich.console.Console, optional
            Where to print; by default standard output.

        Returns
        -------
        bool
            Whether everything holds.
        """
        console = console or Console(highlight=False, emoji=False)
        if self.tables:
            console.print(self._table())
        for failure in self.failures:
            console.print("FAILED", style="bold red", end=" ")
            console.print(failure.message, markup=False, highlight=False, soft_wrap=True)
        failed = len(self.failures)
        passed = sum(table.passed for table in self.tables)
        verdict = f"{passed} expectations hold" + (f", {failed} failed" if failed else "")
        pages = f"; pages: {self.docs_page}" if self.docs_page else ""
        console.print(
            f"{self.group}: {verdict}{pages}",
            style="red" if failed else "green",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        return self.success

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD)
        for name in ("table", "rows", "passed", "failed"):
            table.add_column(name, justify="left" if name == "table" else "right")
        table.add_column("")
        for result in self.tables:
            table.add_row(
                result.table,
                "" if result.rows is None else f"{result.rows:,}",
                "" if result.note else f"{result.passed}",
                f"{len(result.failures)}" if result.failures else "",
                result.note,
                style="red" if result.failures else "dim" if result.note else None,
            )
        return table
