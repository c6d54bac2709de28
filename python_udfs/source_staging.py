"""The tables of the sources that are on, as the staging models give them, in a database of views.

What looks at the data before a build (the inspection, the validation of the sources) reads it
through the same adapters as the build, whatever the vendor, and leaves the database of the build
alone: dbt makes the views in a database of its own, which holds no rows.
"""

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from python_udfs.dbt_database import release_database
from python_udfs.memory_limit import set_memory_limit

PROJECT_FILE = Path("dbt_project.yml")
EXPORT_AGAIN = (
    "Export the file again, or correct it: a CSV is UTF-8 with commas, and text with commas, "
    "quotes or line breaks needs quotes."
)
_STAGING_MODEL = re.compile(r"stg_(?P<source>[a-z0-9_]+?)__(?P<table>\w+)")
_READER = re.compile(r" FROM (read_(?:parquet|csv|json)\(.*\));?\s*$", re.DOTALL)


class SourceError(Exception):
    """The sources cannot be read as they are declared; the message says what to do."""


@dataclass(frozen=True)
class StagedTable:
    """A table of the plain contract as an adapter gives it.

    Parameters
    ----------
    source : str
        Name of the adapter, such as ``segment``.
    table : str
        Name in the plain contract, such as ``events``.
    relation : str
        The view of the staging model.
    """

    source: str
    table: str
    relation: str

    @property
    def model(self) -> str:
        """Name of the staging model."""
        return f"stg_{self.source}__{self.table}"


@dataclass(frozen=True)
class SourceColumn:
    """A column that a source declares.

    Parameters
    ----------
    name : str
        Its name, in lower case.
    also_named : tuple of str
        Other names under which exports have it.
    is_required : bool
        Whether the table cannot be used without it.
    """

    name: str
    also_named: tuple[str, ...]
    is_required: bool


@dataclass(frozen=True)
class SourceTable:
    """A table that a source declares.

    Parameters
    ----------
    source, table : str
        Names of both.
    relation : str
        The view over its files.
    is_optional : bool
        Whether it may be absent.
    columns : tuple of SourceColumn
        As declared.
    """

    source: str
    table: str
    relation: str
    is_optional: bool
    columns: tuple[SourceColumn, ...]


@dataclass(frozen=True)
class StagedSources:
    """What dbt has made.

    Parameters
    ----------
    database : Path
        The database of the views.
    variables : mapping
        The vars of the project, those of the call included.
    tables : tuple of SourceTable
        The tables that the sources declare.
    staged : tuple of StagedTable
        What the adapters give.
    """

    database: Path
    variables: Mapping[str, Any]
    tables: tuple[SourceTable, ...]
    staged: tuple[StagedTable, ...]

    def of(self, table: str) -> tuple[StagedTable, ...]:
        """Adapters of a table of the plain contract."""
        return tuple(staged for staged in self.staged if staged.table == table)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the database as dbt does; times with an offset are turned to UTC."""
        # Brings dbt along, which takes seconds to import: it has run when there is a database.
        from python_udfs import domains

        connection = duckdb.connect(str(self.database))
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        set_memory_limit(connection)
        domains.register(connection)
        return connection


def project_variables(given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read the vars of the project.

    Parameters
    ----------
    given : mapping, optional
        Vars that are set for this call, as with ``dbt --vars``.

    Returns
    -------
    dict

    Raises
    ------
    SourceError
        This is not the folder of the project.
    """
    for root in (Path.cwd(), Path(__file__).resolve().parents[1]):
        if (root / PROJECT_FILE).exists():
            content = yaml.safe_load((root / PROJECT_FILE).read_text(encoding="utf-8"))
            break
    else:
        raise SourceError(f"{PROJECT_FILE} is not found: run this from the folder of the project.")
    return {**content["vars"], **(given or {})}


def parse_variables(text: str | None) -> dict[str, Any]:
    """Read vars as they are written after ``--vars``.

    Parameters
    ----------
    text : str or None
        YAML, such as ``{pql_event_sources: [segment]}``.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        It is no mapping.
    """
    try:
        given = yaml.safe_load(text or "{}")
    except yaml.YAMLError as error:
        raise ValueError(f"--vars cannot be read as YAML: {error}") from None
    if not isinstance(given, dict):
        raise ValueError(
            f"--vars is {text!r}, which is no mapping; write '{{pql_event_sources: [segment]}}'."
        )
    return given


def stage_sources(
    folder: Path, variables: Mapping[str, Any] | None = None, raw_path: str | None = None
) -> StagedSources:
    """Let dbt make the views of the sources that are on.

    Parameters
    ----------
    folder : Path
        An empty folder for the database and what dbt writes.
    variables : mapping, optional
        Vars that are set for this call.
    raw_path : str, optional
        Folder of the files; by default what PQL_RAW_PATH names.

    Returns
    -------
    StagedSources

    Raises
    ------
    SourceError
        A table or column that must be there is not; the message is that of the project.
    """
    # dbt takes seconds to import: only when it runs.
    from dbt.cli.main import dbtRunner

    known = project_variables(variables)
    database = folder / "sources.duckdb"
    environment = {"PQL_DUCKDB_PATH": str(database)}
    environment["DBT_PROFILES_DIR"] = os.environ.get("DBT_PROFILES_DIR", "profiles")
    if raw_path is not None:
        environment["PQL_RAW_PATH"] = raw_path
    arguments = ["--quiet", "--target-path", str(folder / "target"), "--log-path", str(folder)]
    arguments += ["--log-level-file", "none"]
    if variables:
        arguments += ["--vars", json.dumps(dict(variables))]
    # What dbt prints of an error is said once, by who calls.
    with _environment(environment), contextlib.redirect_stdout(io.StringIO()):
        try:
            parsed = dbtRunner().invoke(["parse", *arguments])
            _check(parsed)
            selected = ["--select", "path:models/staging"]
            _check(dbtRunner(parsed.result).invoke(["run", *arguments, *selected]))
        finally:
            release_database()
    manifest = parsed.result
    # Not the tables that the project keeps itself: its records, and what the CRM acknowledged.
    on = {*known["pql_event_sources"], *known["pql_business_sources"]}
    return StagedSources(
        database,
        known,
        tuple(
            SourceTable(
                node.source_name,
                node.name,
                f'"{node.schema}"."{node.identifier}"',
                bool(node.config.meta.get("optional", False)),
                tuple(
                    SourceColumn(
                        column.name.lower(),
                        tuple(column.config.meta.get("also_named", ())),
                        bool(column.config.meta.get("required", False)),
                    )
                    for column in node.columns.values()
                ),
            )
            for node in manifest.sources.values()
            if node.source_name in on
        ),
        tuple(
            StagedTable(found["source"], found["table"], f'"{node.schema}"."{node.alias}"')
            for node in manifest.nodes.values()
            if node.resource_type == "model" and (found := _STAGING_MODEL.fullmatch(node.name))
        ),
    )


def create_contract_views(
    connection: duckdb.DuckDBPyConnection,
    sources: StagedSources,
    needed: Mapping[str, Mapping[str, str]],
) -> None:
    """Create one view of the rows of all sources for some tables of the plain contract.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views.
    sources : StagedSources
        The sources.
    needed : mapping of str to mapping
        Columns and types by table; where no source gives a table, its view has no rows.

    Notes
    -----
    The views stand in schema ``contract`` and have the columns ``source_name`` and
    ``source_rank``, the place of the source in the vars: where two know the same, the first counts.
    """
    order = [*sources.variables["pql_business_sources"], *sources.variables["pql_event_sources"]]
    connection.execute("create schema if not exists contract")
    for table, types in needed.items():
        columns = ", ".join(types)
        parts = [
            f"select '{staged.source}' as source_name, {order.index(staged.source)} as "
            f"source_rank, {columns} from {staged.relation}"
            for staged in sources.of(table)
        ]
        if not parts:
            empty = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in types.items())
            parts = [f"select '' as source_name, 0 as source_rank, {empty} where false"]
        union = " union all ".join(parts)
        connection.execute(f"create or replace view contract.{table} as {union}")


def readers_of(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Find what the views over the files of the sources read.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views.

    Returns
    -------
    dict of str to str
        The table function that reads the files, by the view (``"raw"."events"``); a view without
        files is not in it.
    """
    return {
        f'"{schema}"."{view}"': found[1]
        for schema, view, sql in connection.execute(
            "select schema_name, view_name, sql from duckdb_views() where not internal"
        ).fetchall()
        if (found := _READER.search(sql))
    }


def _check(outcome: Any) -> None:
    if outcome.success:
        return
    if outcome.exception is not None:
        raise SourceError(_message(str(outcome.exception)))
    failed = [
        result.message
        for result in outcome.result.results
        if str(result.status) not in ("success", "pass", "skipped") and result.message
    ]
    raise SourceError(_message("\n".join(failed)))


def broken_csv(text: str) -> tuple[str, str] | None:
    """Take out of an error of DuckDB which CSV it cannot read, and why.

    Parameters
    ----------
    text : str
        The error.

    Returns
    -------
    tuple of str or None
        The file, and what is wrong with which line; None where the error is another one.
    """
    line = re.search(r"CSV Error on Line: (\d+)\s*\n(?:\s*Original Line:.*\n)?\s*(.+)", text)
    file = re.search(r"^\s*file = (.+)$", text, re.MULTILINE)
    if line is None or file is None:
        return None
    return file[1], f"line {line[1]}: {line[2].strip()}"


def unreadable_file(text: str) -> SourceError | None:
    """Say shortly what DuckDB says of a CSV that it cannot read.

    Parameters
    ----------
    text : str
        The error of DuckDB.

    Returns
    -------
    SourceError or None
        The error with the remedy; None where it is another one.
    """
    if (broken := broken_csv(text)) is None:
        return None
    return SourceError(f"{': '.join(broken)} {EXPORT_AGAIN}")


def _message(text: str) -> str:
    """Take what the project says out of what dbt says around it."""
    if (unreadable := unreadable_file(text)) is not None:
        return str(unreadable)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [
        line
        for line in lines
        if not re.match(r"\s*(> in macro|> called by|Compilation Error|Runtime Error)", line)
    ]
    indents = [len(line) - len(line.lstrip()) for line in kept if line.strip()]
    return "\n".join(line[min(indents, default=0) :] for line in kept).strip()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
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
