"""Whole tables of two databases compared: every row and column, as multisets.

A history that is right on every day but cut into other intervals is a difference here, unlike in
``comparison``, which asks for the state of each day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
from harness import query

COMPARED_SCHEMAS = ("intermediate", "marts")
# Relations of the intermediate schema that hold what one run reads, touches and works out on the
# way; all that is carried from run to run is compared.
NOT_COMPARED = frozenset(
    {
        "int_activity_ages",
        "int_arrived_events",
        "int_build_plan",
        "int_canonical_accounts",  # those of the keys of entities that are gone
        "int_changed_entity_rows",
        "int_entity_account_history",  # those of the keys of entities that are gone
        "int_entity_activities",
        "int_entity_keys",  # keeps the keys of entities that are gone
        "int_entry_day_rows",
        "int_entry_day_signals",
        "int_event_copies",  # keeps more candidates for copies
        "int_event_exceptions",
        "int_events_deduplicated",
        "int_new_status_changes",
        "int_qualified_times",
        "int_reread_rows",
        "int_signal_contributions",
        "int_signal_deltas_distinct",
        "int_signal_deltas_summed",
        "int_signal_spans_attribute",
        "int_signal_spans_counted",
        "int_signal_spans_elapsed",
        "int_touched_activities",
        "int_touched_entities",
    }
)
# What each run said at its time, and what is measured of it: the same runs give the same, a clean
# build says it all at once. So do the rows of the reported history in tables of both histories.
LOGS = frozenset(
    {
        "intermediate.int_alert_outcomes",
        "marts.fct_nurture_audiences",
        "marts.fct_pql_alerts",
        "marts.fct_pql_reported",
        # Says since when a definition is in force: since which run.
        "marts.rpt_definition_health",
        "marts.rpt_pql_uplift",
    }
)
HISTORY, REPORTED = "basis", "reported"
# Relations that dbt works with while it builds; a killed run leaves some behind.
WORKING_NAME = "__dbt_"
INTEGER_TYPES = frozenset(
    f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "", "BIG", "HUGE")
) | {"INTEGER", "UINTEGER"}
SHOWN_ROWS = 4
SHOWN_TABLES = 6

Cells = tuple[str | None, ...]


@dataclass(frozen=True)
class Table:
    """Columns of a table with their types, and how often each row stands in it."""

    columns: tuple[tuple[str, str], ...]
    rows: Counter[Cells]


@dataclass(frozen=True)
class TableDifference:
    """What one table holds on one side only."""

    name: str
    columns: tuple[tuple[str, str], ...]
    only_found: Counter[Cells]
    only_expected: Counter[Cells]
    problem: str = ""

    def __str__(self) -> str:
        """Name the table and show the first rows of each side."""
        lines = [f"{self.name}: {self.problem or 'rows differ'}"]
        for side, rows in (("found", self.only_found), ("expected", self.only_expected)):
            if rows:
                lines.append(f"  {rows.total()} rows only in what was {side}, the first:")
                lines += [f"    {self._in_words(row)}" for row in in_order(rows)[:SHOWN_ROWS]]
        return "\n".join(lines)

    def _in_words(self, row: Cells) -> str:
        cells = zip(self.columns, row, strict=True)
        return ", ".join(f"{name}={cell!r}" for (name, _), cell in cells)


def in_order(rows: Counter[Cells]) -> list[Cells]:
    """Rows sorted by their cells, null first."""
    return sorted(rows.elements(), key=lambda row: [(cell is not None, cell or "") for cell in row])


def is_surrogate_key(schema: str, name: str, data_type: str) -> bool:
    """Whether a column holds numbers that each database gives out as it likes."""
    return schema != "marts" and name.endswith("_key") and data_type in INTEGER_TYPES


def tables_in(connection: duckdb.DuckDBPyConnection) -> dict[str, Table]:
    """Return every compared table and view of a database, by ``schema.table``."""
    schemas = ", ".join(f"'{schema}'" for schema in COMPARED_SCHEMAS)
    relations = query(
        connection,
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        f"where table_schema in ({schemas}) order by table_schema, table_name, ordinal_position",
    )
    columns: dict[str, list[tuple[str, str]]] = {}
    for relation in relations:
        schema, name = relation["table_schema"], relation["table_name"]
        column, data_type = relation["column_name"], relation["data_type"]
        if WORKING_NAME in name or (schema == "intermediate" and name in NOT_COMPARED):
            continue
        compared = columns.setdefault(f"{schema}.{name}", [])
        if not is_surrogate_key(schema, column, data_type):
            compared.append((column, data_type))
    return {
        name: Table(tuple(named), rows_of(connection, name, [column for column, _ in named]))
        for name, named in columns.items()
    }


def rows_of(connection: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> Counter[Cells]:
    """Rows of a table as texts; of one that holds only surrogate keys, how many there are."""
    texts = ", ".join(f'cast("{column}" as varchar)' for column in columns) or "''"
    return Counter(connection.execute(f"select {texts} from {name}").fetchall())


def without_logs(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return the tables without what each run said at its time and what is measured of it."""
    left = {}
    for name, table in tables.items():
        names = [column for column, _ in table.columns]
        if name in LOGS:
            continue
        if HISTORY in names:
            place = names.index(HISTORY)
            rows = {row: count for row, count in table.rows.items() if row[place] != REPORTED}
            table = Table(table.columns, Counter(rows))
        left[name] = table
    return left


def table_differences(
    found: Mapping[str, Table], expected: Mapping[str, Table]
) -> list[TableDifference]:
    """Compare tables, in the order in which the expected ones stand.

    Parameters
    ----------
    found
        Tables of the database that is tested.
    expected
        Tables of the database that is right.
    """
    differences = []
    for name in dict.fromkeys((*expected, *found)):
        left, right = found.get(name), expected.get(name)
        if left is None or right is None:
            table = left or right
            assert table is not None
            where = "should not be there" if right is None else "is missing"
            differences.append(
                TableDifference(name, table.columns, Counter(), Counter(), f"the table {where}")
            )
        elif left.columns != right.columns:
            problem = f"columns are {left.columns}, should be {right.columns}"
            differences.append(TableDifference(name, (), Counter(), Counter(), problem))
        elif left.rows != right.rows:
            differences.append(
                TableDifference(name, left.columns, left.rows - right.rows, right.rows - left.rows)
            )
    return differences


def assert_same(
    found: Mapping[str, Table],
    expected: Mapping[str, Table],
    *context: str,
    with_logs: bool = True,
) -> None:
    """Raise with the context and what differs; the first tables with rows, the others by name."""
    __tracebackhide__ = True
    if not with_logs:
        found, expected = without_logs(found), without_logs(expected)
    differences = table_differences(found, expected)
    if differences:
        names = ", ".join(difference.name for difference in differences)
        raise AssertionError(
            "\n".join(
                (
                    f"{len(differences)} tables are not as they should be: {names}",
                    *context,
                    *map(str, differences[:SHOWN_TABLES]),
                )
            )
        )
