"""The project run on one delivery after the other, and built anew from the last one."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from deliveries import Delivery
from harness import DATABASE, PROJECT_ROOT, DbtOutcome, Project
from strategies import LATEST_PLAUSIBLE_ON
from table_comparison import Table, tables_in

# Every mart but those of the calibration, which is computed anew by each run, in Python that takes
# longer than all the rest.
SELECTION = (
    "--select",
    *(
        f"+path:models/marts/{folder.name}"
        for folder in sorted((PROJECT_ROOT / "models" / "marts").iterdir())
        if folder.is_dir() and folder.name not in ("calibration", "__pycache__")
    ),
)
NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
# Most of a run's time is dbt's own; a second thread adds to it.
QUICKLY = ("--threads", "1")


class IncrementalProject(Project):
    """A copy of the project, without the calibration, that is run on deliveries.

    It is parsed once, and each invocation is given its own vars.

    Parameters
    ----------
    folder
        An empty or new folder for the copy.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder,
            variables={"pql_latest_plausible_on": LATEST_PLAUSIBLE_ON},
            has_calibration=False,
        )
        # With an as-of day, models refer to more than without.
        self.parse_once(pql_as_of=LATEST_PLAUSIBLE_ON)

    def empty_database(self) -> None:
        """Remove the database."""
        for path in self.database_path.parent.glob(f"{self.database_path.name}*"):
            path.unlink()

    def write(self, delivery: Delivery) -> None:
        """Replace the raw files and the definition files by those of a delivery."""
        self.write_raw(delivery.raw_tables, delivery.file_format)
        self.write_seeds(delivery.definitions)

    def invoke_on(self, as_of: date | None, *arguments: str) -> DbtOutcome:
        """Invoke dbt on the selected models."""
        return self.dbt(*arguments, *SELECTION, *QUICKLY, pql_as_of=as_of).check()

    def build_number(self) -> int:
        """Number of the last build of the engine that came to its end."""
        (build,) = self.query("select build_number from builds.last_build")
        return build["build_number"]

    def deliver(
        self, delivery: Delivery, before: Delivery | None, left_out: Sequence[str] = ()
    ) -> None:
        """Write a delivery and run dbt on it as its users do.

        Parameters
        ----------
        delivery
            What is there now.
        before
            The delivery that the database was last run on; None for a new database.
        left_out
            Arguments that leave models out of a run on the definitions that were there before.
        """
        self.write(delivery)
        has_new_definitions = before is None or before.definitions != delivery.definitions
        command = ("build", *NO_TESTS) if has_new_definitions else ("run", *left_out)
        refresh = ("--full-refresh",) if delivery.is_full_refresh else ()
        goes_on_from = 0 if before is None or refresh else self.build_number()
        self.invoke_on(delivery.as_of, *command, *refresh)
        # A run that does not record its build leaves the work to the next: nothing would be tested.
        assert self.build_number() == goes_on_from + 1

    def tables(self) -> dict[str, Table]:
        """Return what the database holds."""
        with self.connect() as connection:
            return tables_in(connection)

    @contextlib.contextmanager
    def database_at(self, path: Path) -> Iterator[None]:
        """Use another database for the time of a block."""
        before, self.database_path = self.database_path, path
        try:
            yield
        finally:
            self.database_path = before

    def clean_tables(self, delivery: Delivery) -> dict[str, Table]:
        """Return what one build of a delivery gives in a new database, parents before children.

        The files of the delivery are in place.
        """
        folder = self.folder / "clean"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with self.database_at(folder / f"{DATABASE}.duckdb"):
            outcome = self.invoke_on(delivery.as_of, "build", *NO_TESTS)
            tables = self.tables()
        places = {name: place for place, name in enumerate(outcome.statuses)}
        return dict(sorted(tables.items(), key=lambda item: places[item[0].split(".")[1]]))
