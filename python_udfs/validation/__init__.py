"""Validation with Great Expectations: the sources before a build, the marts after it.

``python -m python_udfs.validation raw|marts`` runs one group; ``validate_raw`` and
``validate_marts`` run it from Python. Great Expectations is imported by the first validation, not
by this package.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from python_udfs.run_paths import VALIDATION
from python_udfs.source_staging import (
    SourceError,
    StagedSources,
    broken_csv,
    project_variables,
    stage_sources,
)
from python_udfs.validation.checks import Check
from python_udfs.validation.contract import (
    COMPANIES,
    EVENT_TABLES,
    RawTable,
    read_mart_contracts,
    read_raw_contract,
)
from python_udfs.validation.data_docs import write_pages
from python_udfs.validation.definition_files import failures_of_definition_files
from python_udfs.validation.mart_checks import FOLDER_THAT_MAY_BE_ABSENT, checks_of_mart
from python_udfs.validation.raw_checks import (
    checks_of_file,
    derived_columns,
    has_required_columns,
)
from python_udfs.validation.raw_files import (
    DeliveredTable,
    RawFile,
    StagedRows,
    broken_line,
    create_staged_views,
    create_views,
    find_raw_file,
    unreadable,
)
from python_udfs.validation.result import Failure, TableResult, ValidationResult
from python_udfs.validation.source_checks import checks_of_source

if TYPE_CHECKING:
    from python_udfs.validation.great_expectations_runner import Outcome

__all__ = ["Failure", "TableResult", "ValidationResult", "validate_marts", "validate_raw"]

MARTS_SCHEMA = "marts"


def validate_raw(
    raw_path: str | Path,
    docs_path: str | Path | None = None,
    *,
    latest_plausible_on: date | None = None,
    variables: Mapping[str, Any] | None = None,
) -> ValidationResult:
    """Validate the sources that are on against the plain contract, before a build.

    The files are read in place: counts are made by DuckDB while it reads, nothing is loaded. Raw
    files are looked at as they are; what a vendor delivers is looked at as its adapter gives it.
    A definition file that dbt could not read ends it before anything else is looked at.

    Parameters
    ----------
    raw_path : str or Path
        Folder of the raw files, ``<table>.parquet`` or ``<table>.csv``, with a subfolder for each
        other source.
    docs_path : str or Path, optional
        Folder of the Data Docs; None builds none.
    latest_plausible_on : date, optional
        Last day on which something may have happened; by default tomorrow (UTC), as in the models.
    variables : mapping, optional
        dbt vars of this call, such as ``{"pql_event_sources": ["segment"]}``.

    Returns
    -------
    ValidationResult
        A missing folder or file, and one that cannot be read, are failures in it.

    Raises
    ------
    OutputPathError
        Nothing can be written to ``docs_path``.
    """
    if docs_path is not None:
        VALIDATION.check(docs_path)
    folder = str(raw_path)
    if not Path(folder).is_dir():
        problem = Failure(
            folder,
            None,
            "a folder with the raw files",
            "a file" if Path(folder).exists() else "nothing of that name",
            "Point PQL_RAW_PATH to the folder of the raw files.",
        )
        return _finish(ValidationResult("raw", folder, problems=(problem,)), {}, docs_path)
    unreadable_definitions = failures_of_definition_files()
    if unreadable_definitions:
        result = ValidationResult("raw", folder, problems=unreadable_definitions)
        return _finish(result, {}, docs_path)
    latest_on = latest_plausible_on or datetime.now(timezone.utc).date() + timedelta(days=1)
    results: dict[str, TableResult] = {}
    pages: dict[str, str] = {}
    known = project_variables(variables)
    with tempfile.TemporaryDirectory() as temporary:
        try:
            database, staged = _stage(Path(temporary), known, variables, folder)
        except SourceError as error:
            problem = Failure(
                folder,
                None,
                "the tables and columns of the sources that are on",
                str(error),
                "See docs/sources for what each source needs.",
            )
            return _finish(ValidationResult("raw", folder, problems=(problem,)), {}, docs_path)
        files = _create_raw_views(database, folder, _raw_tables(known), results)
        delivered: dict[str, DeliveredTable] = {**files}
        delivered |= _create_staged_views(database, staged, results)
        usable = {name for name, file in files.items() if has_required_columns(file)}
        if _create_accounts_view(database, delivered):
            usable.add("accounts")
        suites = {
            name: [
                *checks_of_file(
                    file, latest_plausible_on=latest_on, usable_tables=frozenset(usable)
                ),
                *(checks_of_source(file) if isinstance(file, StagedRows) else ()),
            ]
            for name, file in delivered.items()
        }
        evaluated = _evaluate("raw", database, "main", suites, has_pages=docs_path is not None)
        for name, (outcomes, pages[name]) in evaluated.items():
            results[name] = TableResult(
                name,
                rows=delivered[name].rows,
                passed=sum(outcome.success for outcome in outcomes),
                failures=_failures(
                    delivered[name].place, outcomes, partial(_unreadable_table, delivered[name])
                ),
            )
    return _finish(ValidationResult("raw", folder, tuple(results.values())), pages, docs_path)


def validate_marts(
    duckdb_path: str | Path, docs_path: str | Path | None = None
) -> ValidationResult:
    """Validate the marts of a built database against their contracts and against each other.

    Parameters
    ----------
    duckdb_path : str or Path
        The DuckDB file; it is opened read-only and closed again.
    docs_path : str or Path, optional
        Folder of the Data Docs; None builds none.

    Returns
    -------
    ValidationResult
        A missing or locked database, and a missing table, are failures in it.

    Raises
    ------
    OutputPathError
        Nothing can be written to ``docs_path``.
    """
    if docs_path is not None:
        VALIDATION.check(docs_path)
    database = Path(duckdb_path)
    place = str(duckdb_path)
    found = _columns_of_marts(database)
    if isinstance(found, Failure):
        return _finish(ValidationResult("marts", place, problems=(found,)), {}, docs_path)
    columns, rows = found
    contracts = read_mart_contracts()
    results: dict[str, TableResult] = {}
    pages: dict[str, str] = {}
    absent_folder = not any(
        table.name in columns for table in contracts if table.folder == FOLDER_THAT_MAY_BE_ABSENT
    )
    complete = frozenset(
        table.name
        for table in contracts
        if columns.get(table.name, frozenset()).issuperset(table.columns)
    )
    suites: dict[str, list[Check]] = {}
    for table in contracts:
        if table.name in columns:
            suites[table.name] = checks_of_mart(table, columns[table.name], complete)
            results[table.name] = TableResult(table.name)
        elif absent_folder and table.folder == FOLDER_THAT_MAY_BE_ABSENT:
            results[table.name] = TableResult(table.name, note="not built here")
        else:
            failure = Failure(
                f"{MARTS_SCHEMA}.{table.name}",
                None,
                "the table",
                f"no such table in {place}",
                "Run `dbt build`; if it ended with an error, that error says why.",
            )
            results[table.name] = TableResult(table.name, failures=(failure,))
    evaluated = _evaluate("marts", database, MARTS_SCHEMA, suites, has_pages=docs_path is not None)
    for name, (outcomes, pages[name]) in evaluated.items():
        results[name] = TableResult(
            name,
            rows=rows[name],
            passed=sum(outcome.success for outcome in outcomes),
            failures=_failures(
                f"{MARTS_SCHEMA}.{name}",
                outcomes,
                partial(_unusable_mart, f"{MARTS_SCHEMA}.{name}"),
            ),
        )
    return _finish(ValidationResult("marts", place, tuple(results.values())), pages, docs_path)


def _stage(
    folder: Path, known: Mapping[str, Any], variables: Mapping[str, Any] | None, raw_path: str
) -> tuple[Path, StagedSources | None]:
    """Make the views of the vendors' sources; raw files alone need no dbt."""
    if {*known["pql_event_sources"], *known["pql_business_sources"]} <= {"raw"}:
        return folder / "raw.duckdb", None
    staged = stage_sources(folder, variables, raw_path)
    return staged.database, staged


def _raw_tables(known: Mapping[str, Any]) -> list[RawTable]:
    """Tables that the raw source gives; beside others, only its events must be there."""
    is_alone = {*known["pql_event_sources"], *known["pql_business_sources"]} <= {"raw"}
    tables = []
    for table in read_raw_contract():
        kind = "event" if table.name in EVENT_TABLES else "business"
        if "raw" in known[f"pql_{kind}_sources"]:
            is_optional = table.is_optional or not (is_alone or table.name == "events")
            tables.append(replace(table, is_optional=is_optional))
    return tables


def _create_raw_views(
    database: Path, folder: str, tables: Sequence[RawTable], results: dict[str, TableResult]
) -> dict[str, RawFile]:
    """Create the views of all raw files that can be read; the others get their result."""
    files: dict[str, RawFile] = {}
    with duckdb.connect(str(database)) as connection:
        for table in tables:
            file = find_raw_file(connection, folder, table)
            if file is None:
                results[table.name] = TableResult(table.name, note="optional, not there")
            elif isinstance(file, Failure):
                results[table.name] = TableResult(table.name, failures=(file,))
            else:
                create_views(connection, file, derived_columns(file))
                files[table.name] = file
                results[table.name] = TableResult(table.name)
    return files


def _create_staged_views(
    database: Path, sources: StagedSources | None, results: dict[str, TableResult]
) -> dict[str, StagedRows]:
    """Create the views of what the adapters of the vendors give."""
    found: dict[str, StagedRows] = {}
    if sources is None:
        return found
    contract = {table.name: table for table in (*read_raw_contract(), COMPANIES)}
    with duckdb.connect(str(database)) as connection:
        for staged in sorted(sources.staged, key=lambda staged: (staged.source, staged.table)):
            if staged.source == "raw" or staged.table not in contract:
                continue
            described = connection.execute(f"describe {staged.relation}").fetchall()
            (rows,) = connection.execute(f"select count(*) from {staged.relation}").fetchone()
            table = StagedRows(
                contract[staged.table], staged, {row[0]: row[1] for row in described}, rows
            )
            create_staged_views(connection, table, derived_columns(table))
            found[table.view] = table
            results[table.view] = TableResult(table.view)
    return found


def _create_accounts_view(database: Path, delivered: Mapping[str, DeliveredTable]) -> bool:
    """Create the view of the accounts of all sources; say whether a vendor gives any."""
    tables = [
        file
        for file in delivered.values()
        if file.table.name == "accounts" and file.has("account_id")
    ]
    if not tables:
        return False
    union = " union all ".join(f'select account_id from "{file.view}"' for file in tables)
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create view every_account as {union}")
    return any(file.rows for file in tables if isinstance(file, StagedRows))


def _columns_of_marts(
    database: Path,
) -> tuple[dict[str, frozenset[str]], dict[str, int]] | Failure:
    """Columns and number of rows of each table in the schema of the marts."""
    remedy = "Run `dbt build`, or point PQL_DUCKDB_PATH to the database that it wrote."
    if not database.is_file():
        return Failure(str(database), None, "a DuckDB database", "no such file", remedy)
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            described = connection.execute(
                """
                select table_name, column_name
                from information_schema.columns
                where table_schema = ?
                """,
                [MARTS_SCHEMA],
            ).fetchall()
            columns: dict[str, set[str]] = {}
            for table, column in described:
                columns.setdefault(table, set()).add(column)
            rows = {
                table: connection.execute(
                    f'select count(*) from {MARTS_SCHEMA}."{table}"'
                ).fetchone()[0]
                for table in columns
            }
    except duckdb.Error as error:
        return Failure(
            str(database),
            None,
            "a DuckDB database that can be opened for reading",
            " ".join(str(error).split())[:300],
            "Close what holds it open for writing (a build that still runs, a BI tool, dbt in this "
            "process), or build it with the DuckDB version that is installed here.",
        )
    if not columns:
        return Failure(str(database), None, f"tables in schema {MARTS_SCHEMA}", "none", remedy)
    return {table: frozenset(names) for table, names in columns.items()}, rows


def _evaluate(
    group: str,
    database: Path,
    schema: str,
    suites: Mapping[str, Sequence[Check]],
    *,
    has_pages: bool,
) -> dict[str, tuple[list["Outcome"], str]]:
    """Evaluate the suites of all tables: outcomes and page of each."""
    if not suites:
        return {}
    # Takes seconds to import: only when there is something to check.
    from python_udfs.validation.great_expectations_runner import DuckdbValidator

    with DuckdbValidator(group, database, schema, has_pages=has_pages) as validator:
        return {table: validator.validate(table, checks) for table, checks in suites.items()}


def _failures(
    place: str,
    outcomes: Sequence["Outcome"],
    describe_errors: Callable[[Sequence[str]], Iterable[Failure]],
) -> tuple[Failure, ...]:
    """Failures of a table, and what ended checks with an error."""
    failures = [
        Failure(
            place,
            outcome.check.column,
            outcome.check.expected,
            outcome.found,
            outcome.check.remedy,
        )
        for outcome in outcomes
        if not outcome.success and not outcome.error
    ]
    errors = tuple(dict.fromkeys(outcome.error for outcome in outcomes if outcome.error))
    return (*failures, *(describe_errors(errors) if errors else ()))


def _unreadable_table(table: DeliveredTable, errors: Sequence[str]) -> Iterable[Failure]:
    """Fail a delivered table once: after one error DuckDB refuses the other checks."""
    line = broken_line(table.path) if isinstance(table, RawFile) else None
    of_csv = next((error for error in errors if broken_csv(error)), errors[0])
    yield unreadable(table.place, line or of_csv)


def _unusable_mart(place: str, errors: Sequence[str]) -> Iterable[Failure]:
    for error in errors:
        yield Failure(
            place,
            None,
            "a table with the columns and types of its contract",
            " ".join(error.split())[:300],
            "Run `dbt build --full-refresh`.",
        )


def _finish(
    result: ValidationResult, pages: Mapping[str, str], docs_path: str | Path | None
) -> ValidationResult:
    """Write the pages, if a folder for them is named."""
    if docs_path is None:
        return result
    return replace(result, docs_page=write_pages(result, pages, docs_path))
