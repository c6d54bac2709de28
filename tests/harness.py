"""Run the project on any raw rows and any definitions.

Two ways:

- ``Project``: a copy of the project in a folder of its own, run through dbt itself, with hooks,
  tests and contracts. For bad input, ready-made definitions, repeated runs.
- ``CompiledProject``: the SQL of the models, compiled by dbt once, then executed on a fresh
  DuckDB in memory for every example. No hooks, tests or contracts; under a second per example.

Rows are dictionaries. A column is written with its own type when all its values have one
(``datetime``, ``date``, ``bool``, ``int``, ``Decimal``), else as text.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import functools
import hashlib
import io
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from sqlfluff.core import FluffConfig

from python_udfs.dbt_database import release_database

Row = Mapping[str, Any]
Rows = Sequence[Row]

PROJECT_ROOT = Path(__file__).resolve().parents[1]
# The lint has every source on.
EVERY_SOURCE = FluffConfig.from_path(str(PROJECT_ROOT)).get_section(("templater", "dbt", "context"))
DATABASE = "pql"
NULL_TEXT = "\\N"
COPIED = (
    "models",
    "macros",
    "profiles",
    "seeds",
    "settings",
    "snapshots",
    "analyses",
    "dbt_project.yml",
    ".dbtignore",
)
# What qualifies, and what is done about it.
SEED_FOLDERS = ("seeds", "settings")

# What a raw table needs to be there; the fast way and empty tables use them.
RAW_COLUMNS = {
    "events": (
        "event_id",
        "event_name",
        "occurred_at",
        "received_at",
        "user_id",
        "anonymous_id",
        "account_id",
        "properties",
    ),
    "users": ("user_id", "account_id", "email", "created_at", "is_internal"),
    "accounts": (
        "account_id",
        "account_name",
        "domain",
        "created_at",
        "plan",
        "acquisition_channel",
        "country",
        "employee_count",
        "parent_account_id",
    ),
    "subscriptions": (
        "subscription_id",
        "account_id",
        "plan",
        "mrr_amount",
        "currency",
        "started_at",
        "ended_at",
        "recorded_at",
    ),
    "identifies": ("user_id", "anonymous_id", "identified_at", "received_at"),
    "memberships": ("user_id", "account_id", "valid_from", "valid_to", "recorded_at"),
    "merges": ("entity_type", "merged_id", "canonical_id", "merged_at", "recorded_at"),
}


# ---------------------------------------------------------------------------------------------
# Rows to tables
# ---------------------------------------------------------------------------------------------


def columns_of(rows: Rows, default: Sequence[str] = ()) -> list[str]:
    """Return the columns that the rows name, in order of appearance; ``default`` without rows."""
    columns = dict.fromkeys(column for row in rows for column in row)
    return list(columns) or list(default)


def column_type(values: Sequence[Any]) -> str:
    """DuckDB type of a column: that of its values when they agree, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {datetime}:
        return "timestamp"
    if kinds == {date}:
        return "date"
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "bigint"
    if kinds == {float}:
        return "double"
    if kinds == {Decimal}:
        return "decimal(18, 4)"
    return "varchar"


def as_text(value: Any) -> str | None:
    """Text of a value as a CSV file holds it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def write_csv(path: Path, rows: Rows, columns: Sequence[str], null_text: str = "") -> None:
    """Write rows as a CSV file with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            texts = (as_text(row.get(column)) for column in columns)
            writer.writerow(null_text if text is None else text for text in texts)


def write_parquet(path: Path, rows: Rows, columns: Sequence[str]) -> None:
    """Write rows as a Parquet file, each column with the type of its values."""
    types = {column: column_type([row.get(column) for row in rows]) for column in columns}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        text_file = Path(folder) / "rows.csv"
        write_csv(text_file, rows, columns, null_text=NULL_TEXT)
        casts = ", ".join(
            f'cast("{column}" as {types[column]}) as "{column}"' for column in columns
        )
        connection.execute(
            f"copy (select {casts} from read_csv('{text_file}', header = true, all_varchar = true, "
            f"nullstr = '{NULL_TEXT}', delim = ',', quote = '\"', escape = '\"')) "
            f"to '{path}' (format parquet)"
        )


def load_rows(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: Rows,
    columns: Sequence[str],
    types: Mapping[str, str],
) -> None:
    """Create a table with the rows in a DuckDB connection."""
    declared = ", ".join(f'"{column}" {types[column]}' for column in columns)
    connection.execute(f"create or replace table {table} ({declared})")
    if not rows:
        return
    cells = [
        as_text(row.get(column)) if types[column] == "varchar" else row.get(column)
        for row in rows
        for column in columns
    ]
    marks = "(" + ", ".join("?" * len(columns)) + ")"
    connection.execute(f"insert into {table} values {', '.join([marks] * len(rows))}", cells)


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of a query as dictionaries."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# ---------------------------------------------------------------------------------------------
# dbt in this process
# ---------------------------------------------------------------------------------------------

# What dbt made of each project that was parsed, for all processes of a test run (conftest.py): to
# parse takes longer than to build a few rows.
parsed_projects = PROJECT_ROOT / "local"


@dataclass
class DbtOutcome:
    """What an invocation of dbt gave."""

    success: bool
    result: Any
    exception: BaseException | None
    messages: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All warnings and errors in one text."""
        parts = list(self.messages)
        if self.exception is not None:
            parts.append(str(self.exception))
        for node_result in getattr(self.result, "results", ()):
            if str(node_result.status) not in ("success", "pass") and node_result.message:
                # The result of a run-operation has no node.
                name = getattr(getattr(node_result, "node", None), "name", "operation")
                parts.append(f"{name}: {node_result.message}")
        return "\n".join(parts)

    @property
    def statuses(self) -> dict[str, str]:
        """Status of each node by its name."""
        results = getattr(self.result, "results", ())
        return {node_result.node.name: str(node_result.status) for node_result in results}

    def check(self) -> DbtOutcome:
        """Return self, or raise with everything that dbt said."""
        if not self.success:
            raise AssertionError(f"dbt failed:\n{self.text}")
        return self


@contextlib.contextmanager
def environment_variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the time of a block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Project:
    """A copy of the project with its own raw rows, definitions, database and target folder.

    Parameters
    ----------
    folder
        An empty or new folder for the copy (``tmp_path``).
    raw_tables
        Rows per raw table; a table that is not named has no file.
    seeds
        Rows per seed; they replace the project's. A seed that is not named keeps its rows.
    variables
        dbt vars of every run.
    has_unit_tests
        Whether the copy keeps the unit tests of dbt. They take a third of the time to parse it.
    has_calibration
        Whether the calibration is run; without, the project is as on a target that does not run it.
        It takes longer than all the rest, and the scores need nothing of it.
    """

    def __init__(
        self,
        folder: Path,
        raw_tables: Mapping[str, Rows] | None = None,
        seeds: Mapping[str, Rows] | None = None,
        variables: Mapping[str, Any] | None = None,
        *,
        has_unit_tests: bool = False,
        has_calibration: bool = True,
    ) -> None:
        self.folder = Path(folder)
        self.root = self.folder / "project"
        self.raw_path = self.folder / "raw"
        self.database_path = self.folder / f"{DATABASE}.duckdb"
        self.variables = dict(variables or {})
        self.manifest: Any = None
        self.raw_path.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source, target = PROJECT_ROOT / name, self.root / name
            if source.is_dir():
                shutil.copytree(
                    source, target, ignore=shutil.ignore_patterns("__pycache__", "target")
                )
            elif source.exists():
                shutil.copy2(source, target)
        self._copy_dbt_tests()
        if not has_unit_tests:
            for path in self.root.rglob("*unit_tests.yml"):
                path.unlink()
        if not has_calibration:
            (self.root / "macros" / "calibration" / "runs_python_models.sql").write_text(
                "{% macro runs_python_models() %}{{ return(false) }}{% endmacro %}\n",
                encoding="utf-8",
            )
        self.write_raw(raw_tables or {})
        self.write_seeds(seeds or {})

    def _copy_dbt_tests(self) -> None:
        """Copy the SQL and yml files under tests; the Python tests have no business in the copy."""
        for path in (PROJECT_ROOT / "tests").rglob("*"):
            if path.suffix in (".sql", ".yml"):
                target = self.root / path.relative_to(PROJECT_ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)

    def write_raw(self, tables: Mapping[str, Rows], file_format: str = "parquet") -> None:
        """Write raw tables, each replacing the file that was there.

        Parameters
        ----------
        tables
            Rows per table. The file has the columns that the rows name; a table without rows has
            all columns of the contract.
        file_format
            ``parquet`` or ``csv``.
        """
        for table, rows in tables.items():
            self.remove_raw(table)
            columns = columns_of(rows, RAW_COLUMNS.get(table, ()))
            path = self.raw_path / f"{table}.{file_format}"
            if file_format == "csv":
                write_csv(path, rows, columns)
            else:
                write_parquet(path, rows, columns)

    def remove_raw(self, table: str) -> None:
        """Remove the file of a raw table."""
        for path in self.raw_path.glob(f"{table}.*"):
            path.unlink()

    def write_seeds(self, seeds: Mapping[str, Rows]) -> None:
        """Overwrite seeds; the header stays the project's, plus columns that only rows name."""
        for seed, rows in seeds.items():
            header = seed_columns(seed)
            columns = header + [column for column in columns_of(rows) if column not in header]
            write_csv(self.root / seed_file(seed), rows, columns)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of every invocation of dbt."""
        return {"PQL_DUCKDB_PATH": str(self.database_path), "PQL_RAW_PATH": str(self.raw_path)}

    def command(self, arguments: Sequence[str], variables: Mapping[str, Any]) -> list[str]:
        """Arguments of dbt for this project, for an invocation here or in a process of its own."""
        import yaml

        command = [
            *arguments,
            "--project-dir",
            str(self.root),
            "--profiles-dir",
            str(self.root / "profiles"),
            "--target-path",
            str(self.folder / "target"),
            "--log-path",
            str(self.folder / "logs"),
            "--log-level-file",
            "none",
            "--no-use-colors",
            # Nobody reads the artifacts; a run is a second shorter without.
            "--no-write-json",
        ]
        if variables:
            command += ["--vars", yaml.safe_dump({k: plain(v) for k, v in variables.items()})]
        return command

    def parse(self, variables: Mapping[str, Any]) -> DbtOutcome:
        """Parse the project; in one test run, what is the same but for its rows only once.

        Parameters
        ----------
        variables
            All vars of the invocation.

        Returns
        -------
        DbtOutcome
            With a manifest of its own, which dbt may change.
        """
        kept = parsed_projects / f"{self._digest(variables)}.pickle"
        if not kept.exists():
            outcome = self._run_dbt(("parse",), variables)
            if not outcome.success:
                return outcome
            with tempfile.NamedTemporaryFile(dir=parsed_projects, delete=False) as written:
                pickle.dump(outcome, written)
            # Another process may have parsed the same meanwhile.
            Path(written.name).replace(kept)
        parsed: DbtOutcome = pickle.loads(kept.read_bytes())
        for node in parsed.result.nodes.values():
            if node.resource_type == "seed":
                node.root_path = str(self.root)
        return parsed

    def _digest(self, variables: Mapping[str, Any]) -> str:
        """Hash of all that dbt parses: every file, of the seeds only that they are there."""
        digest = hashlib.blake2b(repr(sorted(variables.items())).encode(), digest_size=20)
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                digest.update(f"\n{path.relative_to(self.root)}\n".encode())
                digest.update(b"" if path.suffix == ".csv" else path.read_bytes())
        return digest.hexdigest()

    def parse_once(self, **variables: Any) -> None:
        """Parse the project for all later invocations of dbt, whatever their vars.

        What a var does when the SQL is rendered is tested, what it would do while the project is
        parsed is not: give the vars with which models refer to most.
        """
        self.manifest = self.parse({**self.variables, **variables}).check().result

    def dbt(self, *arguments: str, **variables: Any) -> DbtOutcome:
        """Invoke dbt in this process; the database is closed when it returns.

        Parameters
        ----------
        *arguments
            Such as ``"build", "--select", "+fct_status_history"``.
        **variables
            dbt vars of this invocation, over those of the project.
        """
        return self.invoke(arguments, {**self.variables, **variables}, self.manifest)

    def invoke(
        self, arguments: Sequence[str], variables: Mapping[str, Any], manifest: Any = None
    ) -> DbtOutcome:
        """Invoke dbt with exactly these vars; without a manifest, on what `parse` gives."""
        if manifest is not None:
            return self._run_dbt(arguments, variables, manifest)
        parsed = self.parse(variables)
        if not parsed.success:
            return parsed
        outcome = self._run_dbt(arguments, variables, parsed.result)
        return dataclasses.replace(outcome, messages=[*parsed.messages, *outcome.messages])

    def _run_dbt(
        self, arguments: Sequence[str], variables: Mapping[str, Any], manifest: Any = None
    ) -> DbtOutcome:
        from dbt.cli.main import dbtRunner

        messages: list[str] = []

        def collect(event: Any) -> None:
            if event.info.level in ("warn", "error"):
                messages.append(event.info.msg)

        # The callback hears everything: what dbt itself would write is not even put into words.
        command = [*self.command(arguments, variables), "--quiet", "--log-level", "none"]
        release_database()
        try:
            # dbt prints compiled SQL to standard output even when it is told to be quiet.
            with environment_variables(self.environment), contextlib.redirect_stdout(io.StringIO()):
                outcome = dbtRunner(manifest, callbacks=[collect]).invoke(command)
        finally:
            release_database()
        return DbtOutcome(outcome.success, outcome.result, outcome.exception, messages)

    def build(self, *arguments: str, **variables: Any) -> DbtOutcome:
        """``dbt build``: seeds, models, tests."""
        return self.dbt("build", *arguments, **variables)

    def run(self, *arguments: str, **variables: Any) -> DbtOutcome:
        """``dbt run``: models only."""
        return self.dbt("run", *arguments, **variables)

    def seed(self, *arguments: str, **variables: Any) -> DbtOutcome:
        """``dbt seed``: the definition files."""
        return self.dbt("seed", *arguments, **variables)

    @contextlib.contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the database of the project for reading."""
        release_database()
        with duckdb.connect(str(self.database_path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query on the built database as dictionaries."""
        with self.connect() as connection:
            return query(connection, sql)


def plain(value: Any) -> Any:
    """Return a var as YAML text keeps it; a date as text, so that Jinja gets ``2024-01-31``."""
    return value.isoformat() if isinstance(value, date) else value


def seed_file(seed: str) -> Path:
    """File of a seed, relative to the project."""
    files = [Path(folder) / f"{seed}.csv" for folder in SEED_FOLDERS]
    return next(file for file in files if (PROJECT_ROOT / file).exists())


def seed_columns(seed: str) -> list[str]:
    """Header of a seed of the project."""
    with (PROJECT_ROOT / seed_file(seed)).open(encoding="utf-8") as file:
        return next(csv.reader(file))


# ---------------------------------------------------------------------------------------------
# The fast way
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CompiledModel:
    """A model as dbt compiled it."""

    name: str
    schema: str
    alias: str
    is_view: bool
    sql: str


@dataclass(frozen=True)
class CompiledProject:
    """The compiled models that some marts need, in an order in which they can be executed.

    ``data_tests`` holds the data tests by name, those that only warn left out.
    """

    models: tuple[CompiledModel, ...]
    data_tests: Mapping[str, str]
    raw_schema: str
    raw_tables: Mapping[str, Mapping[str, str]]
    build_records: Mapping[str, Mapping[str, str]]
    seeds: Mapping[str, Sequence[str]]
    seed_schema: str

    def replacing(self, placeholder: str, text: str) -> CompiledProject:
        """Return the models with another text in the place of one that was compiled in."""
        return dataclasses.replace(
            self,
            models=tuple(
                dataclasses.replace(model, sql=model.sql.replace(placeholder, text))
                for model in self.models
            ),
        )

    def execute(
        self, raw_tables: Mapping[str, Rows], seeds: Mapping[str, Rows]
    ) -> duckdb.DuckDBPyConnection:
        """Execute the models on a fresh database in memory; the caller closes the connection.

        Parameters
        ----------
        raw_tables
            Rows per raw table; absent tables are empty, absent columns null.
        seeds
            Rows per seed; unlike in ``Project``, an absent seed is empty.
        """
        connection = duckdb.connect()
        connection.execute("set TimeZone = 'UTC'; set threads = 1")
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        schemas = {model.schema for model in self.models} | {self.raw_schema, self.seed_schema}
        schemas |= {table.split(".")[0] for table in self.build_records}
        for schema in sorted(schemas):
            connection.execute(f'create schema if not exists "{schema}"')
        for table, declared in self.raw_tables.items():
            rows = raw_tables.get(table, ())
            present = set(columns_of(rows))
            types = {
                column: column_type([row.get(column) for row in rows])
                if column in present
                else declared[column]
                for column in declared
            }
            load_rows(connection, f'"{self.raw_schema}"."{table}"', rows, list(types), types)
        for table, types in self.build_records.items():
            load_rows(connection, table, (), list(types), types)
        for seed, columns in self.seeds.items():
            # dbt loads an empty cell of a text column as null.
            rows = [
                {column: row.get(column) or None for column in columns}
                for row in seeds.get(seed, ())
            ]
            types = dict.fromkeys(columns, "varchar")
            load_rows(connection, f'"{self.seed_schema}"."{seed}"', rows, list(columns), types)
        for model in self.models:
            kind = "view" if model.is_view else "table"
            try:
                connection.execute(
                    f'create {kind} "{model.schema}"."{model.alias}" as ({model.sql}\n)'
                )
            except duckdb.Error as error:
                raise AssertionError(f"model {model.name}: {error}") from error
        return connection


@functools.cache
def compiled_project(
    select: tuple[str, ...],
    variables: tuple[tuple[str, Any], ...] = (),
    *,
    has_data_tests: bool = False,
) -> CompiledProject:
    """Compile the models, once per process for the same arguments.

    Parameters
    ----------
    select
        dbt selectors, such as ``("+fct_status_history", "+rpt_row_accounting")``.
    variables
        Names and values of dbt vars.
    has_data_tests
        Whether to compile the data tests of these models, too; of models that the calibration has
        no part in, as on a target that does not run it.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Project(
            Path(folder), variables=dict(variables), has_calibration=not has_data_tests
        )
        # Vars may decide what a model refers to: each set of them is parsed anew.
        manifest = project.parse(project.variables).check().result
        chosen = (
            ("--exclude", "calibration_*+", "--indirect-selection", "cautious")
            if has_data_tests
            else ("--exclude", "resource_type:test")
        )
        outcome = project.invoke(
            ("compile", "--select", *select, *chosen), project.variables, manifest
        ).check()
    compiled = [node_result.node for node_result in outcome.result.results]
    nodes = {node.unique_id: node for node in compiled if node.resource_type == "model"}
    sources = [source for source in manifest.sources.values() if source.source_name == "raw"]
    seeds = [node for node in manifest.nodes.values() if node.resource_type == "seed"]
    return CompiledProject(
        models=tuple(
            CompiledModel(
                name=node.name,
                schema=node.schema,
                alias=node.alias,
                is_view=node.config.materialized == "view",
                sql=_sql_of(node),
            )
            for node in _in_order(nodes)
            if node.config.materialized != "ephemeral"
        ),
        data_tests={
            node.name: _sql_of(node)
            for node in compiled
            if node.resource_type == "test" and str(node.config.severity).lower() == "error"
        },
        raw_schema=sources[0].schema,
        raw_tables={
            source.name: {
                name: column.data_type or "varchar" for name, column in source.columns.items()
            }
            for source in sources
        },
        build_records={
            f"{source.schema}.{source.name}": {
                name: column.data_type for name, column in source.columns.items()
            }
            for source in manifest.sources.values()
            # Tables of the warehouse that a hook makes and that are kept from build to build.
            if source.source_name in ("builds", "crm_sync")
        },
        seeds={seed.name: tuple(seed_columns(seed.name)) for seed in seeds},
        seed_schema=seeds[0].schema,
    )


def _sql_of(node: Any) -> str:
    if str(node.language) != "sql":
        raise AssertionError(f"{node.name} is not SQL: the fast way cannot execute it")
    return node.compiled_code.strip().rstrip(";")


def _in_order(nodes: Mapping[str, Any]) -> Iterator[Any]:
    """Nodes after those that they depend on."""
    done: set[str] = set()

    def visit(unique_id: str) -> Iterator[Any]:
        if unique_id in done or unique_id not in nodes:
            return
        done.add(unique_id)
        for parent in sorted(nodes[unique_id].depends_on.nodes):
            yield from visit(parent)
        yield nodes[unique_id]

    for unique_id in sorted(nodes):
        yield from visit(unique_id)
