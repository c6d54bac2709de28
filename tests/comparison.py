"""The marts compared with the oracle: histories as states of days, the others by their keys."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
from harness import query
from oracle import DAYS_SINCE_MEASURES, Oracle, round_half_away

MEASURES_FROM_ZERO = ("events", "active_days", "active_users", "distinct_objects", "sum")
END_OF_TIME = date(9999, 12, 31)
ONE_DAY = timedelta(days=1)
KEYS = {
    "fct_signal_history": ("entity_type", "entity_id", "signal_key"),
    "fct_score_history": ("entity_type", "entity_id", "definition_key"),
    "fct_status_history": ("entity_type", "entity_id", "definition_key"),
}
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Difference:
    """One disagreement between the models and the oracle."""

    table: str
    key: tuple[Any, ...]
    day: date | None
    column: str
    model: Any
    oracle: Any

    def __str__(self) -> str:
        """Name the place and both values."""
        return (
            f"{self.table} {self.key} on {self.day}: {self.column} is {self.model!r}, "
            f"should be {self.oracle!r}"
        )


class History:
    """Rows of a history table by key, and the row that holds on a day."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        self.table = table
        self.rows: dict[Key, list[dict[str, Any]]] = defaultdict(list)
        for row in query(connection, f"select * from marts.{table} order by valid_from, valid_to"):
            self.rows[tuple(row[column] for column in KEYS[table])].append(row)
        self._starts = {key: [row["valid_from"] for row in rows] for key, rows in self.rows.items()}

    def on(self, key: Key, day: date) -> dict[str, Any] | None:
        """Return the row that holds for a key on a day, or None before the first."""
        position = bisect_right(self._starts.get(key, ()), day) - 1
        if position < 0:
            return None
        row = self.rows[key][position]
        return row if day < row["valid_to"] else None

    def shape_differences(self) -> Iterator[Difference]:
        """Gaps, overlaps, empty intervals, and histories that end before the end of time."""
        for key, rows in self.rows.items():
            for row, following in zip(rows, [*rows[1:], None], strict=True):
                expected = END_OF_TIME if following is None else following["valid_from"]
                if row["valid_to"] != expected or row["valid_from"] >= row["valid_to"]:
                    yield Difference(
                        self.table, key, row["valid_from"], "valid_to", row["valid_to"], expected
                    )


def days_to_compare(oracle: Oracle, after_as_of: int = 40) -> list[date]:
    """Every day from two before anything happened to some days after the as-of day.

    Of a history of many years only the last 200 days before the as-of day.
    """
    first_days = [oracle.first_day(*entity) for entity in oracle.entities()]
    first_on = min((day for day in first_days if day is not None), default=oracle.as_of)
    first_on = max(min(first_on, oracle.as_of) - 2 * ONE_DAY, oracle.as_of - 200 * ONE_DAY)
    count = (oracle.as_of - first_on).days + after_as_of
    return [first_on + number * ONE_DAY for number in range(count)]


def signal_differences(
    history: History, oracle: Oracle, days: Sequence[date]
) -> Iterator[Difference]:
    """Where fct_signal_history and the oracle disagree."""
    expected_keys = {
        (*entity, signal_key)
        for entity in oracle.entities()
        for signal_key in oracle.scored_signals(entity[0])
    }
    for key in sorted(set(history.rows) - expected_keys):
        yield Difference(history.table, key, None, "key", "there", "not there")
    for key in sorted(expected_keys):
        signal = oracle.signals[key[2]]
        for day in days:
            row = history.on(key, day)
            state = oracle.signal(*key, day)
            if row is None:
                # A missing row means 0, or unmeasured for what can be unmeasured.
                can_be_unmeasured = signal.measure not in MEASURES_FROM_ZERO
                if state.is_measured if can_be_unmeasured else state.value != 0:
                    yield Difference(history.table, key, day, "row", None, state)
                continue
            if row["is_measured"] is not state.is_measured:
                yield Difference(
                    history.table, key, day, "is_measured", row["is_measured"], state.is_measured
                )
            if row["is_met"] is not state.is_met:
                yield Difference(history.table, key, day, "is_met", row["is_met"], state.is_met)
            # Values of days_since_ measures grow by themselves: theirs is that of valid_from.
            if signal.measure in DAYS_SINCE_MEASURES and day != row["valid_from"]:
                continue
            expected = None if state.value is None else round_half_away(state.value, 9)
            if row["signal_value"] != expected:
                yield Difference(
                    history.table, key, day, "signal_value", row["signal_value"], expected
                )
            if signal.measure == "attribute":
                text = oracle.attribute(*key[:2], signal.attribute, day)
                if row["attribute_value"] != (None if text is None else str(text)):
                    yield Difference(
                        history.table, key, day, "attribute_value", row["attribute_value"], text
                    )


def first_row_differences(history: History, oracle: Oracle) -> Iterator[Difference]:
    """Signal histories that start before the first day with a non-zero or measured value."""
    for key, rows in history.rows.items():
        first = rows[0]
        if not first["is_measured"] or (
            oracle.signals[key[2]].measure in MEASURES_FROM_ZERO and first["signal_value"] == 0
        ):
            yield Difference(
                history.table, key, first["valid_from"], "first row", first["signal_value"], None
            )


def definition_keys(oracle: Oracle) -> list[Key]:
    """Every entity with every active definition of its type."""
    return [
        (*entity, definition.definition_key)
        for entity in oracle.entities()
        for definition in oracle.definitions.values()
        if definition.entity_type == entity[0]
    ]


def score_differences(
    history: History, oracle: Oracle, days: Sequence[date]
) -> Iterator[Difference]:
    """Where a history with scores and the oracle disagree on the score."""
    expected_keys = definition_keys(oracle)
    for key in sorted(set(history.rows) - set(expected_keys)):
        yield Difference(history.table, key, None, "key", "there", "not there")
    for key in expected_keys:
        for day in days:
            row = history.on(key, day)
            score = oracle.score(*key, day)
            if (0 if row is None else row["score"]) != score:
                yield Difference(history.table, key, day, "score", row and row["score"], score)


def status_differences(
    history: History, oracle: Oracle, days: Sequence[date]
) -> Iterator[Difference]:
    """Where fct_status_history and the oracle disagree on being qualified and on what ended it."""
    for key in definition_keys(oracle):
        for day in days:
            row = history.on(key, day)
            is_qualified = row is not None and row["is_qualified"]
            if is_qualified is not oracle.qualified(*key, day):
                yield Difference(
                    history.table, key, day, "is_qualified", is_qualified, not is_qualified
                )
            if row is not None and day + ONE_DAY == row["valid_to"]:
                expected = oracle.ended_by(*key, day + ONE_DAY)
                if row["ended_by"] != expected:
                    yield Difference(history.table, key, day, "ended_by", row["ended_by"], expected)


def accounting_differences(
    connection: duckdb.DuckDBPyConnection, oracle: Oracle
) -> Iterator[Difference]:
    """Where rpt_row_accounting and the oracle disagree on the four required tables."""
    found = {
        row["raw_table"]: row for row in query(connection, "select * from marts.rpt_row_accounting")
    }
    for table, accounting in oracle.row_accounting().items():
        for column, expected in vars(accounting).items():
            model = found[table][column] if table in found else None
            if model != expected:
                yield Difference("rpt_row_accounting", (table,), None, column, model, expected)


def conversion_differences(
    connection: duckdb.DuckDBPyConnection, oracle: Oracle
) -> Iterator[Difference]:
    """Where fct_conversions and the oracle disagree on who converted when."""
    rows = query(connection, "select account_id, converted_on from marts.fct_conversions")
    found = {row["account_id"]: row["converted_on"] for row in rows}
    for account_id in sorted({*found, *oracle.subscriptions}):
        expected = oracle.converted_on(account_id)
        if found.get(account_id) != expected:
            yield Difference(
                "fct_conversions",
                (account_id,),
                None,
                "converted_on",
                found.get(account_id),
                expected,
            )


def transition_differences(
    connection: duckdb.DuckDBPyConnection, oracle: Oracle
) -> Iterator[Difference]:
    """Where fct_pql_transitions and the oracle disagree."""
    found: dict[Key, list[tuple[date, str]]] = defaultdict(list)
    for row in query(
        connection, "select * from marts.fct_pql_transitions order by transitioned_on"
    ):
        key = (row["entity_type"], row["entity_id"], row["definition_key"])
        found[key].append((row["transitioned_on"], row["transition"]))
    for key in sorted({*found, *definition_keys(oracle)}):
        expected = oracle.transitions(*key)
        if found[key] != expected:
            yield Difference("fct_pql_transitions", key, None, "transition", found[key], expected)


def explanation_differences(
    connection: duckdb.DuckDBPyConnection, oracle: Oracle
) -> Iterator[Difference]:
    """Where fct_score_explanations and the oracle disagree; a missing row explains 0 points.

    Only entities that exist on the as-of day and are not internal are explained.
    """
    found = {
        (row["entity_type"], row["entity_id"], row["definition_key"], row["signal_key"]): row
        for row in query(connection, "select * from marts.fct_score_explanations")
    }
    expected_keys = {
        (*key, weight.signal_key)
        for key in definition_keys(oracle)
        if not is_created_later(oracle, *key[:2]) and not oracle.is_internal(*key[:2])
        for weight in oracle.definitions[key[2]].weights
    }
    table, day = "fct_score_explanations", oracle.as_of
    for key in sorted(set(found) - expected_keys):
        yield Difference(table, key, day, "key", "there", "not there")
    for key in sorted(expected_keys):
        points = oracle.points(*key, day)
        if key not in found:
            if points != 0:
                yield Difference(table, key, day, "points", None, points)
            continue
        row, state = found[key], oracle.signal(*key[:2], key[3], day)
        expected = {
            "points": points,
            "signal_value": None if state.value is None else round_half_away(state.value, 9),
            "is_measured": state.is_measured,
            "is_met": state.is_met,
        }
        for column, value in expected.items():
            if row[column] != value:
                yield Difference(table, key, day, column, row[column], value)


def fact_differences(connection: duckdb.DuckDBPyConnection, oracle: Oracle) -> Iterator[Difference]:
    """Where fct_user_activity_daily and the oracle disagree on what is known by the as-of day."""
    rows = query(
        connection,
        f"select * from marts.fct_user_activity_daily where known_on <= '{oracle.as_of}'",
    )
    grain = ("account_id", "user_id", "activity_key", "object_value", "occurred_on", "received_on")
    measures = ("event_count", "value_count", "value_sum", "first_occurred_at", "last_occurred_at")
    found = {
        tuple(row[column] for column in grain): tuple(row[column] for column in measures)
        for row in rows
    }
    expected = {}
    for key, events in oracle.activity_facts().items():
        times = [occurred_at for occurred_at, _ in events]
        values = [value for _, value in events if value is not None]
        total = sum(values) if values else None
        expected[key] = (len(events), len(values), total, times[0], times[-1])
    if len(found) != len(rows):
        yield Difference("fct_user_activity_daily", (), None, "grain", len(rows), len(found))
    for key in {*found, *expected}:
        if found.get(key) != expected.get(key):
            yield Difference(
                "fct_user_activity_daily", key, None, "facts", found.get(key), expected.get(key)
            )


def is_created_later(oracle: Oracle, entity_type: str, entity_id: str) -> bool:
    """Whether an entity that events already name is created after the as-of day."""
    created_on = oracle.created_on(entity_type, entity_id, date.max)
    return created_on is not None and created_on > oracle.as_of


def differences(
    connection: duckdb.DuckDBPyConnection,
    oracle: Oracle,
    after_as_of: int = 40,
) -> list[Difference]:
    """Compare every day of every history with the oracle, and the other marts on the as-of day.

    Parameters
    ----------
    connection
        Database with the built models.
    oracle
        Oracle of the same rows and definitions.
    after_as_of
        How many days of the projection are compared.
    """
    found = list(accounting_differences(connection, oracle))
    if oracle.as_of is None:
        return found
    days = days_to_compare(oracle, after_as_of)
    signals = History(connection, "fct_signal_history")
    scores = History(connection, "fct_score_history")
    statuses = History(connection, "fct_status_history")
    for history in (signals, scores, statuses):
        found += history.shape_differences()
    found += fact_differences(connection, oracle)
    found += signal_differences(signals, oracle, days)
    found += first_row_differences(signals, oracle)
    found += score_differences(scores, oracle, days)
    found += score_differences(statuses, oracle, days)
    found += status_differences(statuses, oracle, days)
    found += transition_differences(connection, oracle)
    found += explanation_differences(connection, oracle)
    found += conversion_differences(connection, oracle)
    return found


def as_of_in(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Return the as-of day of a run."""
    rows = query(connection, "select as_of_on from intermediate.int_as_of")
    return rows[0]["as_of_on"] if rows else None
