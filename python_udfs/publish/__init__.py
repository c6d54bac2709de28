"""The marts of a finished build as files that readers may hold open.

DuckDB lets one process write or many read: a BI tool on the database itself blocks the next build.
So a build that is whole is copied, beside what is published, into a DuckDB file of an older
storage version and into Parquet, counted, and swapped in by a rename. Who has the former copy open
keeps it; who opens anew sees the new one.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import duckdb

from python_udfs.dbt_artifacts import (
    MARTS_SCHEMA,
    ArtifactError,
    check_complete_build,
    mart_nodes,
    read_manifest,
)
from python_udfs.memory_limit import set_memory_limit
from python_udfs.run_paths import PUBLISHED

DUCKDB_FILE = "pql_marts.duckdb"
PARQUET_FOLDER = "parquet"
CURRENT = "current"
BUILD_TABLE = "published_build"
STORAGE_VERSION = "v1.0.0"
"""What every DuckDB from 1.0 on reads; BI drivers are behind the engine that builds."""
PERSONAL_DATA = "contains_personal_data"

_PARTIAL = ".partial"
_LOCK = ".lock"


class PublishError(RuntimeError):
    """Nothing was published, and what was published before is as it was."""


@dataclass(frozen=True)
class Publication:
    """What was published.

    Attributes
    ----------
    duckdb_path : pathlib.Path
        The DuckDB file.
    parquet_path : pathlib.Path
        The folder of the Parquet files, by the link that always leads to the newest.
    number : int
        Counts the publications of the folder.
    build_number : int
        Number of the build, as the engine counts them.
    as_of_on : datetime.date
        As-of day of the build.
    row_counts : dict
        Rows by table.
    left_out : dict
        Columns that were left out, by table.
    """

    duckdb_path: Path
    parquet_path: Path
    number: int
    build_number: int
    as_of_on: date
    row_counts: dict[str, int]
    left_out: dict[str, list[str]]


def publish(
    duckdb_path: str | Path,
    publish_path: str | Path,
    target_path: str | Path,
    *,
    with_personal_data: bool = False,
) -> Publication:
    """Publish the marts of the last build, if it was whole and passed.

    Parameters
    ----------
    duckdb_path : str or pathlib.Path
        Database of the build; opened read-only.
    publish_path : str or pathlib.Path
        Folder of what is published; made if it is not there.
    target_path : str or pathlib.Path
        Target folder of dbt, in which the build has left its manifest and results.
    with_personal_data : bool
        Whether columns that hold personal data are published as well.

    Returns
    -------
    Publication
        What was published.

    Raises
    ------
    PublishError
        If the build was not whole, the copy differs from it, or someone else publishes.
    OutputPathError
        If nothing can be written to ``publish_path``.
    """
    PUBLISHED.check(publish_path)
    duckdb_path, publish_path = Path(duckdb_path), Path(publish_path)
    if not duckdb_path.is_file():
        raise PublishError(
            f"there is no database {str(duckdb_path)!r}: run a build first, or name it in "
            "PQL_DUCKDB_PATH"
        )
    try:
        manifest = read_manifest(target_path)
        older = check_complete_build(manifest, target_path)
    except ArtifactError as error:
        raise PublishError(str(error)) from None
    publish_path.mkdir(parents=True, exist_ok=True)
    with _lock(publish_path):
        current = _current(publish_path)
        _remove_leftovers(publish_path, current)
        partial = publish_path / _PARTIAL
        (partial / PARQUET_FOLDER).mkdir(parents=True)
        try:
            copy = _copy(duckdb_path, partial, manifest, older, current + 1, with_personal_data)
            _swap(publish_path, current + 1)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        _remove_leftovers(publish_path, current + 1)
    return Publication(
        publish_path / DUCKDB_FILE, publish_path / PARQUET_FOLDER / CURRENT, current + 1, *copy
    )


def publishes_personal_data() -> bool:
    """Return whether the environment asks for personal data in what is published.

    Returns
    -------
    bool
        Whether ``PQL_PUBLISH_PERSONAL_DATA`` is ``true``.

    Raises
    ------
    PublishError
        If it is neither ``true`` nor ``false``.
    """
    value = os.environ.get("PQL_PUBLISH_PERSONAL_DATA", "false")
    if value not in ("true", "false"):
        raise PublishError(f"PQL_PUBLISH_PERSONAL_DATA is {value!r}: set it to true or to false")
    return value == "true"


def _copy(
    source: Path,
    partial: Path,
    manifest: Mapping[str, Any],
    older: set[str],
    number: int,
    with_personal_data: bool,
) -> tuple[int, date, dict[str, int], dict[str, list[str]]]:
    """Write the copies into the partial folder and count them."""
    marts = mart_nodes(manifest)
    with _open(source, partial, manifest) as connection:
        build_number, as_of_on = _build(connection, manifest)
        counts, left_out = {}, {}
        for table, node in marts.items():
            left_out[table] = [] if with_personal_data else _personal_columns(node)
            counts[table] = _copy_table(connection, node, left_out[table])
            _comment(connection, table, node, _key(manifest, node), left_out[table])
        left_out = {table: columns for table, columns in left_out.items() if columns}
        _record(connection, number, build_number, as_of_on, counts, left_out, older)
        for table in (*counts, BUILD_TABLE):
            _copy_parquet(connection, table, partial / PARQUET_FOLDER / f"{table}.parquet")
        connection.execute("checkpoint published")
        connection.execute("detach published")
    record = {
        "publication_number": number,
        "build_number": build_number,
        "as_of_on": as_of_on.isoformat(),
        "row_counts": counts,
        "older": sorted(older),
        "left_out": left_out,
    }
    (partial / PARQUET_FOLDER / "manifest.json").write_text(
        json.dumps(record, indent=2) + "\n", encoding="utf-8"
    )
    return build_number, as_of_on, counts, left_out


@contextlib.contextmanager
def _open(
    source: Path, partial: Path, manifest: Mapping[str, Any]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the source for reading and the copy for writing; errors of either are ours."""
    # DuckDB names a database after its file, up to the first dot.
    name = source.name.lstrip(".").split(".")[0]
    (database,) = {node["database"] for node in mart_nodes(manifest).values()} or {name}
    if database != name:
        raise PublishError(
            f"the last dbt build built the database {database!r}, not {str(source)!r}: set "
            "PQL_DUCKDB_PATH and DBT_TARGET_PATH as in that build"
        )
    try:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set enable_progress_bar = false")
            # Row order costs memory; what does not fit is kept on disk beside the copy.
            connection.execute("set preserve_insertion_order = false")
            connection.execute(f"set temp_directory = {_text(partial / 'spill')}")
            set_memory_limit(connection)
            connection.execute(f"attach {_text(source)} as {_name(database)} (read_only)")
            connection.execute(
                f"attach {_text(partial / DUCKDB_FILE)} as published "
                f"(storage_version {_text(STORAGE_VERSION)})"
            )
            connection.execute(f"create schema published.{MARTS_SCHEMA}")
            yield connection
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise PublishError(
                f"{str(source)!r} is being written: publish when the build has ended"
            ) from error
        raise PublishError(f"the marts could not be copied: {error}") from error
    except duckdb.Error as error:
        raise PublishError(f"the marts could not be copied: {error}") from error


def _build(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> tuple[int, date]:
    """Return number and as-of day of the build; fail when a later one has begun and not ended."""

    def relation(name: str) -> str:
        nodes = {**manifest["nodes"], **manifest["sources"]}
        return next(node["relation_name"] for node in nodes.values() if node["name"] == name)

    recorded = connection.execute(
        f"select build_number, as_of_on from {relation('last_build')}"
    ).fetchall()
    begun = connection.execute(f"select build_number from {relation('int_build_plan')}").fetchall()
    if len(recorded) != 1 or begun != [(recorded[0][0],)]:
        raise PublishError(
            "the database is half-way through a build that failed or was killed: run `dbt build` "
            "again"
        )
    return recorded[0]


def _personal_columns(node: Mapping[str, Any]) -> list[str]:
    return [name for name, column in node["columns"].items() if column["meta"].get(PERSONAL_DATA)]


def _copy_table(
    connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], left_out: list[str]
) -> int:
    """Copy a mart, a view as a table; return its rows, which must be those of the source."""
    exclude = f"exclude ({', '.join(map(_name, left_out))})" if left_out else ""
    table = f"published.{MARTS_SCHEMA}.{_name(node['alias'])}"
    connection.execute(f"create table {table} as select * {exclude} from {node['relation_name']}")
    source_count, count = (
        connection.execute(f"select count(*) from {name}").fetchone()[0]
        for name in (node["relation_name"], table)
    )
    if source_count != count:
        raise PublishError(
            f"the copy of {node['alias']} has {count:,} rows, the mart {source_count:,}"
        )
    return count


def _copy_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Write a published table as Parquet, with the same rows."""
    name = f"published.{MARTS_SCHEMA}.{_name(table)}"
    connection.execute(f"copy {name} to {_text(path)} (format parquet, compression zstd)")
    written, count = (
        connection.execute(sql).fetchone()[0]
        for sql in (
            f"select cast(sum(num_rows) as bigint) from parquet_file_metadata({_text(path)})",
            f"select count(*) from {name}",
        )
    )
    if written != count:
        raise PublishError(f"{path.name} has {written:,} rows, the table {count:,}")


def _key(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> list[str]:
    """Return the columns that identify a row: a primary key, or what a test says is unique."""
    for constraint in node["constraints"]:
        if constraint["type"] == "primary_key":
            return constraint["columns"]
    for test in manifest["nodes"].values():
        if test.get("attached_node") == node["unique_id"] and test.get("test_metadata"):
            name, arguments = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
            if name == "unique_grain":
                return arguments["columns"]
            if name == "intervals_gap_free":
                return [*arguments["key"], "valid_from"]
    return []


def _comment(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    node: Mapping[str, Any],
    key: list[str],
    left_out: list[str],
) -> None:
    """Write the descriptions of a mart and its columns where BI tools read them."""
    name = f"published.{MARTS_SCHEMA}.{_name(table)}"
    parts = [
        node["description"].strip(),
        f"One row per {', '.join(key)}." if key else "",
        f"Not published: {', '.join(left_out)} (personal data)." if left_out else "",
    ]
    connection.execute(f"comment on table {name} is {_text(' '.join(filter(None, parts)))}")
    for column in node["columns"].values():
        if column["name"] not in left_out and column["description"]:
            connection.execute(
                f"comment on column {name}.{_name(column['name'])} is "
                f"{_text(column['description'].strip())}"
            )


def _record(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    build_number: int,
    as_of_on: date,
    counts: Mapping[str, int],
    left_out: Mapping[str, list[str]],
    older: set[str],
) -> None:
    """Write the table that says which build is published."""
    name = f"published.{MARTS_SCHEMA}.{BUILD_TABLE}"
    columns = {
        "table_name": ("varchar", "Name of the published table."),
        "row_count": ("bigint", "Its rows, the same as in the build."),
        "is_older": ("boolean", "Whether it was left out of the build: calibration of one before."),
        "left_out_columns": ("varchar", "Columns that are not published: personal data."),
        "build_number": ("bigint", "Number of the build."),
        "as_of_on": ("date", "As-of day of the build; nothing that became known later is in it."),
        "publication_number": ("bigint", "Counts the publications."),
        "published_at": ("timestamp", "When it was published, UTC."),
    }
    declared = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
    connection.execute(f"create table {name} ({declared})")
    published_at = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    connection.executemany(
        f"insert into {name} values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                table,
                count,
                table in older,
                ", ".join(left_out.get(table, [])) or None,
                build_number,
                as_of_on,
                number,
                published_at,
            )
            for table, count in counts.items()
        ],
    )
    connection.execute(f"comment on table {name} is 'Which build is published; a row per table.'")
    for column, (_, text) in columns.items():
        connection.execute(f"comment on column {name}.{column} is {_text(text)}")


def _swap(publish_path: Path, number: int) -> None:
    """Put the copies in the place of those before; each by one rename, whole or not at all."""
    partial, parquet = publish_path / _PARTIAL, publish_path / PARQUET_FOLDER
    for path in (partial / DUCKDB_FILE, *(partial / PARQUET_FOLDER).iterdir()):
        _sync(path)
    _sync(partial / PARQUET_FOLDER)
    parquet.mkdir(exist_ok=True)
    (partial / PARQUET_FOLDER).rename(parquet / str(number))
    link = partial / CURRENT
    link.symlink_to(str(number))
    (partial / DUCKDB_FILE).replace(publish_path / DUCKDB_FILE)
    link.replace(parquet / CURRENT)
    _sync(parquet)
    _sync(publish_path)


def _current(publish_path: Path) -> int:
    """Return the number of the publication that readers see; 0 before the first."""
    link = publish_path / PARQUET_FOLDER / CURRENT
    return int(link.readlink().name) if link.is_symlink() else 0


def _remove_leftovers(publish_path: Path, current: int) -> None:
    """Remove what a killed run has left, and all folders but the current and the one before it."""
    shutil.rmtree(publish_path / _PARTIAL, ignore_errors=True)
    folders = [path for path in (publish_path / PARQUET_FOLDER).glob("*") if path.name.isdecimal()]
    before = max((int(path.name) for path in folders if int(path.name) < current), default=0)
    for path in folders:
        if int(path.name) not in (current, before):
            shutil.rmtree(path)


@contextlib.contextmanager
def _lock(publish_path: Path) -> Iterator[None]:
    """Let one process publish at a time; the lock goes with the process, however it ends."""
    with (publish_path / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError(
                f"another process publishes to {str(publish_path)!r}: wait for it"
            ) from None
        yield


def _sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
