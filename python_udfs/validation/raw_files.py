"""The delivered tables as DuckDB views: raw files read in place, and what the adapters give.

A view holds no rows. Whatever a check counts, DuckDB counts while it reads the file, so a table of
any size costs no more memory than the count itself.
"""

import contextlib
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb

from python_udfs.source_staging import EXPORT_AGAIN, StagedTable, broken_csv
from python_udfs.validation.contract import RawColumn, RawTable
from python_udfs.validation.result import Failure

READABLE = "readable"
# Above this, what needs a hash table is counted on a sample.
LARGE_BYTES = 256 * 1024**2
LARGE_ROWS = 5_000_000
_EXAMPLE_LENGTH = 60
# DuckDB reads no longer lines, in bytes.
_LONGEST_LINE = 2_000_000

# Types of a file that are read as they are; anything else is read through its text.
_READ_AS_THEY_ARE = {
    "timestamp": ("TIMESTAMP", "DATE"),
    "date": ("TIMESTAMP", "DATE"),
    "boolean": ("BOOLEAN",),
    "bigint": (
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "DECIMAL",
        "FLOAT",
        "DOUBLE",
    ),
}


@dataclass(frozen=True)
class RawFile:
    """The file of a raw table.

    Parameters
    ----------
    table : RawTable
        The table of the contract.
    path : Path
        The file, or the pattern of the files.
    place : str
        The file as a person named it.
    types : mapping of str to str
        DuckDB type of each column found, by its name in lower case.
    rows : int
        Number of rows.
    """

    table: RawTable
    path: Path
    place: str
    types: Mapping[str, str]
    rows: int
    source: str = "raw"

    @property
    def view(self) -> str:
        """Name of the view that the suite looks at."""
        return self.table.name

    @property
    def reader(self) -> str:
        """What to select from to read the file, as the models do (the macro ``file_reader``)."""
        file = _text(str(self.path.absolute()))
        if self.path.suffix == ".parquet":
            return f"read_parquet({file}, union_by_name = true)"
        if self.path.suffix == ".jsonl":
            return (
                f"(select columns(*) ->> '$' from read_json({file}, format = 'newline_delimited', "
                "maximum_depth = 1, sample_size = -1, union_by_name = true))"
            )
        # Nothing is guessed: the models would not guess the same.
        return (
            f"read_csv({file}, header = true, all_varchar = true, skip = 0, delim = ',', "
            "quote = '\"', escape = '\"', comment = '', union_by_name = true)"
        )

    @property
    def is_large(self) -> bool:
        """Whether a hash table over a column of it would take much memory."""
        return size_of(self.path) > LARGE_BYTES

    def has(self, column: str) -> bool:
        """Whether the file has a column."""
        return column in self.types


@dataclass(frozen=True)
class StagedRows:
    """The rows that an adapter gives to a table of the plain contract.

    Parameters
    ----------
    table : RawTable
        The table of the contract.
    staged : StagedTable
        The view of the staging model.
    types : mapping of str to str
        DuckDB type of each column of the view.
    rows : int
        Number of rows.
    """

    table: RawTable
    staged: StagedTable
    types: Mapping[str, str]
    rows: int

    @property
    def source(self) -> str:
        """Name of the adapter."""
        return self.staged.source

    @property
    def view(self) -> str:
        """Name of the view that the suite looks at."""
        return f"{self.source}_{self.table.name}"

    @property
    def place(self) -> str:
        """The table as a person would look it up."""
        return f"source {self.source}, table {self.table.name} ({self.staged.model})"

    @property
    def is_large(self) -> bool:
        """Whether a hash table over a column of it would take much memory."""
        return self.rows > LARGE_ROWS

    def has(self, column: str) -> bool:
        """Whether the adapter gives a column."""
        return column in self.types


DeliveredTable: TypeAlias = RawFile | StagedRows


def reading(column: str) -> str:
    """Name of the derived column that says whether a value can be read as its type.

    Parameters
    ----------
    column : str
        Column of the contract.

    Returns
    -------
    str
        The derived column is ``READABLE``, or ``unreadable: <text>``, or null without a value.
    """
    return f"{column}_reading"


def find_raw_file(
    connection: duckdb.DuckDBPyConnection, folder: str, table: RawTable
) -> RawFile | Failure | None:
    """Find and describe the file of a raw table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Any connection.
    folder : str
        Folder of the raw files.
    table : RawTable
        The table.

    Returns
    -------
    RawFile, Failure or None
        None for an optional table without a file.
    """
    endings = ("parquet", "csv", "jsonl")
    found = [
        path for ending in endings if (path := Path(folder, f"{table.name}.{ending}")).is_file()
    ]
    # A table may be as many files as one likes, in a folder of its name.
    found += [
        Path(folder, table.name, "**", f"*.{ending}")
        for ending in endings
        if any(Path(folder, table.name).rglob(f"*.{ending}"))
    ]
    both = f"{folder}/{table.name}.parquet or {folder}/{table.name}.csv"
    if not found and table.is_optional:
        return None
    if not found:
        return Failure(
            both,
            None,
            f"the file of the required table {table.name}",
            "neither exists",
            "Put the file there, or point PQL_RAW_PATH to the folder that has it.",
        )
    places = [f"{folder}/{path.relative_to(folder)}" for path in found]
    if len(found) > 1:
        return Failure(
            " or ".join(places[:2]),
            None,
            "one of the two",
            "both exist",
            "Remove the one that is not meant.",
        )
    path, place = found[0], places[0]
    if size_of(path) == 0:
        return Failure(
            place,
            None,
            "a header, and a line or row group for each row",
            "an empty file (0 bytes)",
            "Export it again; a table without rows still needs its header.",
        )
    file = RawFile(table, path, place, types={}, rows=0)
    try:
        described = connection.execute(f"describe select * from {file.reader}").fetchall()
        (rows,) = connection.execute(f"select count(*) from {file.reader}").fetchone()
    except duckdb.Error as error:
        return unreadable(place, broken_line(path) or error)
    names = [row[0] for row in described]
    if path.suffix == ".csv" and len(names) == 1 and re.search("[;\t]", names[0]):
        return Failure(
            place,
            None,
            "columns separated by commas",
            f"one column: {names[0]}",
            "Export the file with commas between the columns.",
        )
    return RawFile(table, path, place, {row[0].lower(): row[1] for row in described}, rows)


def size_of(path: Path) -> int:
    """Size of a file, or of all files that a pattern names.

    Parameters
    ----------
    path : Path
        The file or pattern.

    Returns
    -------
    int
        Bytes.
    """
    return sum(file.stat().st_size for file in _files_of(path))


def _files_of(path: Path) -> list[Path]:
    """List the files that a path or a pattern names."""
    return sorted(path.parent.parent.rglob(path.name)) if "**" in path.parts else [path]


def broken_line(path: Path) -> str | None:
    """Find the first line of CSV files that does not fit the header.

    DuckDB names it only where it lies behind the lines that it guesses from.

    Parameters
    ----------
    path : Path
        The file or pattern.

    Returns
    -------
    str or None
        What is wrong, and where; None where nothing is, or these are no CSV files.
    """
    if path.suffix != ".csv":
        return None
    for file in _files_of(path):
        with (
            _field_limit(_LONGEST_LINE),
            file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
        ):
            lines = csv.reader(text, strict=True)
            begins_on, width = 1, None
            try:
                for values in lines:
                    place, line = f"line {begins_on} of {file.name}", ",".join(values)
                    if not _is_unicode(line):
                        return f"{place} is not UTF-8"
                    width = width or len(values)
                    if values and len(values) != width:
                        return (
                            f"{place} has {len(values)} values, its header {width}: "
                            f"{line[:_EXAMPLE_LENGTH]}"
                        )
                    begins_on = lines.line_num + 1
            except csv.Error as error:
                return f"line {begins_on} of {file.name} is no CSV: {error}"
    return None


@contextlib.contextmanager
def _field_limit(limit: int) -> Iterator[None]:
    """Let the values of CSV files be so long; Python's own limit is far below DuckDB's."""
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _is_unicode(text: str) -> bool:
    """Tell whether all bytes of a text could be decoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def unreadable(place: str, error: Exception | str) -> Failure:
    """Describe a file that DuckDB cannot read.

    Parameters
    ----------
    place : str
        The file.
    error : Exception or str
        What is wrong with it.

    Returns
    -------
    Failure
    """
    broken = broken_csv(str(error))
    return Failure(
        place,
        None,
        "a file that can be read to its end",
        broken[1] if broken else " ".join(str(error).split())[:300],
        EXPORT_AGAIN,
    )


def typed_view(table: RawTable) -> str:
    """Name of the view with all columns of the contract, absent ones as nulls.

    Parameters
    ----------
    table : RawTable
        The table.

    Returns
    -------
    str
    """
    return f"typed_{table.name}"


def create_staged_views(
    connection: duckdb.DuckDBPyConnection, rows: StagedRows, derived: Mapping[str, str]
) -> None:
    """Create the view of an adapter's rows, with the columns that the view of a raw file has.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Database of the staging models.
    rows : StagedRows
        The rows.
    derived : mapping of str to str
        As in ``create_views``.

    Notes
    -----
    The staging models have cast the values. Which ones could not be read, their reasons say.
    """
    columns = [column for column in rows.table.columns if rows.has(column.name)]
    expressions = {name: _name(name) for name in rows.types}
    if rows.table.name == "events":
        # The time of arrival as it was delivered; the models read the other for a missing one.
        expressions["received_at"] = "delivered_at"
    for column in columns:
        if column.data_type == "varchar":
            continue
        raw = f"raw_{column.name}"
        text = f"left({_name(raw)}, {_EXAMPLE_LENGTH})" if rows.has(raw) else f"'in {column.name}'"
        expressions[reading(column.name)] = (
            f"case when {expressions[column.name]} is not null then '{READABLE}' "
            f"when quarantine_reason = 'unreadable_{column.name}' then 'unreadable: ' || {text} end"
        )
    shown = [f"{expression} as {_name(name)}" for name, expression in expressions.items()]
    added = [f"{expression} as {_name(name)}" for name, expression in derived.items()]
    connection.execute(
        f"create view {_name(rows.view)} as select {', '.join(['*', *added])} "
        f"from (select {', '.join(shown)} from {rows.staged.relation})"
    )


def create_views(
    connection: duckdb.DuckDBPyConnection, file: RawFile, derived: Mapping[str, str]
) -> None:
    """Create the views of a raw file.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Database of the views.
    file : RawFile
        The file.
    derived : mapping of str to str
        Further columns of the checked view: name and SQL expression over the contract's columns.

    Notes
    -----
    ``typed_<table>`` has every column of the contract; ``<table>``, the view that the suite looks
    at, only those that the file has, how each value could be read, and the derived ones.
    """
    columns = file.table.columns
    expressions = [f"{_typed(file, column)} as {_name(column.name)}" for column in columns]
    expressions += [
        f"{_reading(file, column)} as {_name(reading(column.name))}"
        for column in columns
        if column.data_type != "varchar"
    ]
    connection.execute(
        f"create view {typed_view(file.table)} as select {', '.join(expressions)} "
        f"from {file.reader}"
    )
    shown = []
    for column in columns:
        if file.has(column.name):
            shown.append(_name(column.name))
            if column.data_type != "varchar":
                shown.append(_name(reading(column.name)))
    shown += [f"{expression} as {_name(name)}" for name, expression in derived.items()]
    connection.execute(
        f"create view {_name(file.table.name)} as select {', '.join(shown) or '1 as nothing'} "
        f"from {typed_view(file.table)}"
    )


def _typed(file: RawFile, column: RawColumn) -> str:
    """Return the SQL of a column with its type; blank and unreadable values are null."""
    if not file.has(column.name):
        return f"cast(null as {column.data_type})"
    text = _as_text(file, column)
    if column.data_type == "varchar":
        return text
    if _is_read_as_it_is(file, column):
        return f"try_cast({_name(column.name)} as {_type(column)})"
    if _type(column) == "timestamp":
        # A time with an offset is turned to UTC; a plain cast would drop it, or a word. The cast
        # knows none behind a blank, nor always one behind a time without seconds.
        offset = r"([+-]\d\d(:?\d\d)?|Z)\s*$"
        seconds = rf"regexp_replace({text}, '([T ]\d\d:\d\d)\s*{offset}', '\1:00\2')"
        piece = rf"regexp_replace({seconds}, '(:[0-9.]+)\s+{offset}', '\1\2')"
        return (
            f"coalesce(cast(try_cast({text} as timestamptz) as timestamp), "
            f"cast(try_cast({piece} as timestamptz) as timestamp))"
        )
    return f"try_cast({text} as {_type(column)})"


def _reading(file: RawFile, column: RawColumn) -> str:
    if not file.has(column.name):
        return "cast(null as varchar)"
    return (
        f"case when {_as_text(file, column)} is null then null "
        f"when ({_typed(file, column)}) is not null then '{READABLE}' "
        f"else 'unreadable: ' || left({_as_text(file, column)}, {_EXAMPLE_LENGTH}) end"
    )


def _is_read_as_it_is(file: RawFile, column: RawColumn) -> bool:
    kind = "bigint" if column.data_type.startswith("decimal") else column.data_type
    return file.types[column.name].startswith(_READ_AS_THEY_ARE.get(kind, ()))


def _type(column: RawColumn) -> str:
    return "timestamp" if column.data_type == "date" else column.data_type


def _as_text(file: RawFile, column: RawColumn) -> str:
    """Return the SQL of a column as text; what is none in the file as the models read it."""
    found, value = file.types[column.name], _name(column.name)
    if found == "JSON":
        value = f"json_extract_string({value}, '$')"
    elif found.endswith("[]") or found.startswith(("STRUCT", "MAP")):
        value = f"to_json({value})"
    elif column.data_type == "varchar" and found in ("FLOAT", "DOUBLE"):
        value = (
            f"case when isnan({value}) then null "
            f"when {value} = trunc({value}) and abs({value}) < 9007199254740992 "
            f"then cast(cast({value} as bigint) as varchar) else cast({value} as varchar) end"
        )
    text = f"cast({value} as varchar)"
    return f"case when trim({text}) <> '' then {text} end"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
