"""Random worlds that arrive in parts: raw files that grow, definitions and as-of days that change.

Several random worlds stand side by side in one database, each with ids and keys of its own, so that
one run of dbt tries many cases. What happens to a world depends on the seed and its number alone: a
world that fails among others can be run without them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random

from strategies import (
    WINDOWED_MEASURES,
    Row,
    Rows,
    World,
    as_cell,
    at,
    one_in,
    random_activities,
    random_signal,
    random_world,
)

Tables = Mapping[str, Rows]
Change = tuple[dict[str, Rows], str]

ID_COLUMNS = (
    *("event_id", "user_id", "account_id", "subscription_id"),
    *("anonymous_id", "merged_id", "canonical_id"),
)
KEY_COLUMNS = ("activity_key", "signal_key", "definition_key")
# When a row arrives: the first of these columns that has a value says it.
ARRIVAL_COLUMNS = {
    "events": ("received_at", "occurred_at"),
    "users": ("created_at",),
    "accounts": ("created_at",),
    "subscriptions": ("recorded_at", "started_at"),
    "identifies": ("received_at", "identified_at"),
    "memberships": ("recorded_at", "valid_from"),
    "merges": ("recorded_at", "merged_at"),
}
# What a row may have said before it was changed.
EARLIER_CELLS: dict[str, tuple[Row, ...]] = {
    "users": (
        *({"account_id": account_id} for account_id in ("a1", "a2", "A1", None)),
        *({"is_internal": is_internal} for is_internal in ("true", "true", "false")),
        {"email": "before@example.com"},
        {"created_at": as_cell(at(12))},
    ),
    "accounts": (
        *({"plan": plan} for plan in ("free", "pro", None)),
        *({"employee_count": count} for count in ("10", "200", None)),
        {"account_name": "Before"},
        {"created_at": as_cell(at(12))},
    ),
    "subscriptions": (
        *({"ended_at": None},) * 4,
        *({"mrr_amount": amount} for amount in ("0", "10")),
        {"account_id": "a2"},
    ),
    "identifies": ({"user_id": "u2"}, {"identified_at": as_cell(at(9))}),
    "memberships": (
        {"account_id": "a2"},
        *({"valid_to": None},) * 2,
        {"valid_from": as_cell(at(9))},
    ),
    "merges": ({"canonical_id": "a2"}, {"merged_at": as_cell(at(9))}),
}


@dataclass(frozen=True)
class Delivery:
    """All that is there when dbt runs: everything delivered so far, definitions, as-of day."""

    raw_tables: Tables
    definitions: Tables
    as_of: date | None
    file_format: str
    is_full_refresh: bool
    words: str

    def __str__(self) -> str:
        """Say what distinguishes the delivery."""
        rows = ", ".join(f"{len(rows)} {table}" for table, rows in self.raw_tables.items())
        refresh = ", full refresh" if self.is_full_refresh else ""
        return f"{self.words} ({rows}; as of {self.as_of}{refresh})"

    def rebuilds_after(self, before: Delivery) -> bool:
        """Whether running it replaces what earlier deliveries left behind, faults included."""
        return self.is_full_refresh or self.definitions != before.definitions


# ---------------------------------------------------------------------------------------------
# Raw rows in parts
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Landing:
    """A raw row, and the deliveries from which on it is there and says what it says."""

    row: Row
    first: int
    earlier_row: Row | None = None
    changed: int = 0

    def at(self, number: int) -> Row | None:
        """Return the row as a delivery holds it; None before the first."""
        if number < self.first:
            return None
        is_earlier = self.earlier_row is not None and number < self.changed
        return self.earlier_row if is_earlier else self.row


def arrival_of(table: str, row: Row) -> datetime | None:
    """When a row arrives; None where that cannot be read."""
    cells = (row.get(column) for column in ARRIVAL_COLUMNS[table])
    cell = next((cell for cell in cells if cell is not None), None)
    try:
        return None if cell is None else datetime.fromisoformat(cell)
    except ValueError:
        return None


def landings_of(
    random: Random, table: str, rows: Rows, cuts: Sequence[datetime]
) -> Iterator[Landing]:
    """Decide in which delivery each row lands: on time, late, twice, and changed later."""
    last = len(cuts) - 1
    seen: set[str | None] = set()
    for row in rows:
        arrived_at = arrival_of(table, row)
        first = random.randint(0, last) if arrived_at is None else bisect_left(cuts, arrived_at)
        if table == "events":
            # The file may get a row long after the day on which it says that it was received.
            # Of copies that makes one the first received that is not the first to come.
            is_copy = row["event_id"] in seen
            seen.add(row["event_id"])
            if first < last and one_in(random, 3 if is_copy else 12):
                first = random.randint(first + 1, last)
            yield Landing(row, first)
            if first < last and one_in(random, 15):
                yield Landing(dict(row), random.randint(first, last))
            continue
        fate = random.choice(("on time", "on time", "from the start", "late"))
        if fate == "from the start":
            first = 0
        elif fate == "late" and first < last:
            first = random.randint(first + 1, last)
        if first < last and one_in(random, 2):
            earlier_row = row | random.choice(EARLIER_CELLS[table])
            yield Landing(row, first, earlier_row, random.randint(first + 1, last))
        else:
            yield Landing(row, first)


def tables_in_parts(
    random: Random, world: World, cuts: Sequence[datetime]
) -> list[dict[str, Rows]]:
    """Raw tables of a world as each delivery holds them: all that arrived up to each cut."""
    landings = {
        table: list(landings_of(random, table, rows, cuts))
        for table, rows in world.raw_tables.items()
    }
    return [
        {
            table: [row for landing in landed if (row := landing.at(number)) is not None]
            for table, landed in landings.items()
        }
        for number in range(len(cuts))
    ]


# ---------------------------------------------------------------------------------------------
# Changes of the definitions
# ---------------------------------------------------------------------------------------------


def with_changed_row(
    definitions: Tables, seed: str, row: Row, cells: Row, what: str
) -> Change | None:
    """Change cells of one row of a seed; None when that changes nothing."""
    rows = definitions[seed]
    changed = {**row, **cells}
    if changed == row:
        return None
    number = next(number for number, candidate in enumerate(rows) if candidate is row)
    words = ", ".join(f"{column}={cell}" for column, cell in cells.items())
    key = " ".join(str(row[column]) for column in reversed(KEY_COLUMNS) if column in row)
    return (
        {**definitions, seed: [*rows[:number], changed, *rows[number + 1 :]]},
        f"{what} of {key}: {words}",
    )


def active_definitions(definitions: Tables) -> Rows:
    """Return the definitions that are scored: changes of others would show little."""
    weighted = {row["definition_key"] for row in definitions["pql_weights"]}
    return [
        row
        for row in definitions["pql_definitions"]
        if row["is_active"] != "false" and row["definition_key"] in weighted
    ]


def active_weights(definitions: Tables) -> Rows:
    """Return the weights of the definitions that are scored."""
    keys = {row["definition_key"] for row in active_definitions(definitions)}
    return [row for row in definitions["pql_weights"] if row["definition_key"] in keys]


def active_signals(definitions: Tables) -> Rows:
    """Return the signals that carry a weight in a definition that is scored."""
    keys = {row["signal_key"] for row in active_weights(definitions)}
    return [row for row in definitions["pql_signals"] if row["signal_key"] in keys]


def change_weight(random: Random, definitions: Tables) -> Change | None:
    """Other points of a weight."""
    rows = active_weights(definitions)
    if not rows:
        return None
    row = random.choice(rows)
    column = "points" if row.get("points_per_unit") is None else "points_per_unit"
    cells = {column: random.choice(("1", "7", "-3", "12.5"))}
    return with_changed_row(definitions, "pql_weights", row, cells, "weight")


def require_signal(random: Random, definitions: Tables) -> Change | None:
    """A signal that becomes required, or is so no longer."""
    rows = active_weights(definitions)
    if not rows:
        return None
    row = random.choice(rows)
    cells = {"is_required": "false" if row.get("is_required") == "true" else "true"}
    return with_changed_row(definitions, "pql_weights", row, cells, "requirement")


def remove_weight(random: Random, definitions: Tables) -> Change | None:
    """A signal that a definition no longer looks at."""
    rows = active_weights(definitions)
    if not rows:
        return None
    removed = random.choice(rows)
    kept = [row for row in definitions["pql_weights"] if row is not removed]
    return {**definitions, "pql_weights": kept}, f"weight removed: {removed}"


def change_threshold(random: Random, definitions: Tables) -> Change | None:
    """A higher enter threshold, of a definition whose own threshold counts."""
    approved = {row["definition_key"] for row in definitions["pql_approved_thresholds"]}
    rows = [row for row in active_definitions(definitions) if row["definition_key"] not in approved]
    if not rows:
        return None
    row = random.choice(rows)
    cells = {"enter_threshold": str(Decimal(row["enter_threshold"]) + random.choice((1, 3)))}
    return with_changed_row(definitions, "pql_definitions", row, cells, "threshold")


def approve_threshold(random: Random, definitions: Tables) -> Change | None:
    """A threshold that is approved."""
    rows = active_definitions(definitions)
    if not rows:
        return None
    approval = {
        "definition_key": random.choice(rows)["definition_key"],
        "enter_threshold": random.choice(("1", "6.5")),
        "approved_on": "2024-02-15",
    }
    approvals = [*definitions["pql_approved_thresholds"], approval]
    return {**definitions, "pql_approved_thresholds": approvals}, f"approval: {approval}"


def change_audience(random: Random, definitions: Tables) -> Change | None:
    """Another audience of a definition."""
    row = random.choice(active_definitions(definitions) or definitions["pql_definitions"])
    cells = {"audience": random.choice(("all", "prospect", "customer"))}
    return with_changed_row(definitions, "pql_definitions", row, cells, "audience")


def switch_definition(random: Random, definitions: Tables) -> Change | None:
    """A definition switched on or off."""
    row = random.choice(definitions["pql_definitions"])
    cells = {"is_active": "true" if row["is_active"] == "false" else "false"}
    return with_changed_row(definitions, "pql_definitions", row, cells, "switch")


def change_window(random: Random, definitions: Tables) -> Change | None:
    """Another window of a signal."""
    rows = [row for row in active_signals(definitions) if row["measure"] in WINDOWED_MEASURES]
    if not rows:
        return None
    cells = {"window_days": random.choice(("3", "10", "21", None))}
    return with_changed_row(definitions, "pql_signals", random.choice(rows), cells, "window")


def change_words(random: Random, definitions: Tables) -> Change | None:
    """Other words of a signal, which change no score."""
    row = random.choice(active_signals(definitions) or definitions["pql_signals"])
    cells = {"reason_template": "now {value}", "description": "Now"}
    return with_changed_row(definitions, "pql_signals", row, cells, "words")


def add_signal(random: Random, definitions: Tables) -> Change | None:
    """A new signal with a weight in every definition."""
    signal = random_signal(random, "signal_added", definitions["pql_activities"])
    if signal["measure"] == "active_users":  # not for users
        return None
    weights = [
        {"definition_key": row["definition_key"], "signal_key": "signal_added", "points": "5"}
        for row in definitions["pql_definitions"]
    ]
    return {
        **definitions,
        "pql_signals": [*definitions["pql_signals"], signal],
        "pql_weights": [*definitions["pql_weights"], *weights],
    }, f"signal added: {signal}"


def change_activity(random: Random, definitions: Tables) -> Change | None:
    """Another row of the tracking plan under the same key."""
    used = {row.get("activity_key") for row in active_signals(definitions)}
    rows = [row for row in definitions["pql_activities"] if row["activity_key"] in used]
    row = random.choice(rows or definitions["pql_activities"])
    other = dict.fromkeys(row) | random.choice(random_activities(random))
    cells = {**other, "activity_key": row["activity_key"]}
    return with_changed_row(definitions, "pql_activities", row, cells, "activity")


def add_activity(random: Random, definitions: Tables) -> Change | None:
    """A new row of the tracking plan, which no signal uses yet."""
    row = {**random.choice(random_activities(random)), "activity_key": "activity_added"}
    rows = [*definitions["pql_activities"], row]
    return {**definitions, "pql_activities": rows}, f"activity added: {row}"


def change_tier(random: Random, definitions: Tables) -> Change | None:
    """Another minimum of a tier, which changes no score."""
    row = random.choice(definitions["pql_tiers"])
    cells = {"min_score": random.choice(("2", "6"))}
    return with_changed_row(definitions, "pql_tiers", row, cells, "tier")


CHANGES: tuple[Callable[[Random, Tables], Change | None], ...] = (
    change_weight,
    change_threshold,
    change_window,
    add_signal,
    change_activity,
    add_activity,
    remove_weight,
    approve_threshold,
    require_signal,
    change_audience,
    switch_definition,
    change_words,
    change_tier,
)


def changed_definitions(
    random: Random, definitions: Tables, changes: Iterable[Callable[..., Change | None]]
) -> Change:
    """Apply the first of the changes that this set of definitions allows."""
    for change in changes:
        changed = change(random, definitions)
        if changed is not None:
            return changed
    return dict(definitions), "nothing changed"


# ---------------------------------------------------------------------------------------------
# Worlds side by side
# ---------------------------------------------------------------------------------------------


def marked(tables: Tables, columns: Sequence[str], mark: str) -> dict[str, Rows]:
    """Append a mark to the values of key columns; a blank stays a blank."""

    def marked_cell(column: str, cell: str | None) -> str | None:
        return f"{cell}{mark}" if column in columns and (cell or "").strip() else cell

    return {
        table: [{column: marked_cell(column, cell) for column, cell in row.items()} for row in rows]
        for table, rows in tables.items()
    }


def side_by_side(worlds: Iterable[Tables]) -> dict[str, Rows]:
    """Rows of each table of all worlds."""
    together: dict[str, Rows] = {}
    for tables in worlds:
        for table, rows in tables.items():
            together.setdefault(table, []).extend(rows)
    return together


@dataclass(frozen=True)
class Plan:
    """When deliveries come, and what happens at them besides new rows.

    Parameters
    ----------
    cuts
        A delivery brings what arrived up to its cut.
    as_of_days
        The var ``pql_as_of`` of each delivery.
    file_format
        ``parquet`` or ``csv``.
    changes
        Changes of the definitions; the world of number n takes the one at place n.
    changed_at, changed_back_at, refreshed_at
        Deliveries with which the definitions change, with which they become again what they were,
        and that are run with ``--full-refresh``.
    repeated_at
        A delivery that comes a second time, so that it brings nothing new.
    """

    cuts: Sequence[datetime]
    as_of_days: Sequence[date | None]
    file_format: str
    changes: Sequence[Callable[[Random, Tables], Change | None]] = CHANGES
    changed_at: int | None = None
    changed_back_at: int | None = None
    refreshed_at: int | None = None
    repeated_at: int | None = None


@dataclass(frozen=True)
class PartedWorld:
    """A world's raw tables and definitions at each delivery, and its changes in words."""

    raw_tables: list[dict[str, Rows]]
    definitions: list[dict[str, Rows]]
    words: dict[int, str]


def parted_world(seed: int, number: int, plan: Plan) -> PartedWorld:
    """Return a world in parts; its ids and keys end with its number."""
    random = Random(f"{seed} {number}")
    world = random_world(random.getrandbits(40))
    raw_tables = tables_in_parts(random, world, plan.cuts)
    before: dict[str, Rows] = {
        **world.definitions,
        "pql_tiers": [
            {"definition_key": row["definition_key"], "tier": "hot", "min_score": "4"}
            for row in world.definitions["pql_definitions"]
        ],
    }
    definitions, words = [], {}
    now = before
    for index in range(len(plan.cuts)):
        if index == plan.changed_at:
            # Each world takes another change, so that a few worlds try many of them.
            turn = number % len(plan.changes)
            in_turn = (*plan.changes[turn:], *plan.changes[:turn])
            now, words[index] = changed_definitions(random, before, in_turn)
        elif index == plan.changed_back_at:
            now, words[index] = before, "changed back"
        definitions.append(now)
    return PartedWorld(
        raw_tables=[marked(tables, ID_COLUMNS, f"~{number}") for tables in raw_tables],
        definitions=[marked(tables, KEY_COLUMNS, f"_w{number}") for tables in definitions],
        words=words,
    )


def deliveries_of(seed: int, numbers: Sequence[int], plan: Plan) -> list[Delivery]:
    """Deliveries of some worlds of a seed that arrive by one plan."""
    worlds = {number: parted_world(seed, number, plan) for number in numbers}
    deliveries = []
    for index, cut in enumerate(plan.cuts):
        words = ["the rest" if cut == datetime.max else f"up to {cut}"]
        for number, world in worlds.items():
            if index in world.words:
                words.append(f"world {number}: {world.words[index]}")
        delivery = Delivery(
            raw_tables=side_by_side(world.raw_tables[index] for world in worlds.values()),
            definitions=side_by_side(world.definitions[index] for world in worlds.values()),
            as_of=plan.as_of_days[index],
            file_format=plan.file_format,
            is_full_refresh=index == plan.refreshed_at,
            words="; ".join(words),
        )
        deliveries.append(delivery)
        if index == plan.repeated_at:
            deliveries.append(replace(delivery, is_full_refresh=False, words="nothing new"))
    return deliveries


def random_as_of_days(random: Random, cuts: Sequence[datetime]) -> list[date | None]:
    """As-of days around those of the cuts, that move forward, in some cases but for one."""
    days = [cut.date() for cut in cuts[:-1]]
    days.append(at(random.randint(60, 115)).date())
    near = [day + timedelta(days=random.choice((-7, -1, 0, 0, 0, 1, 4))) for day in days]
    forward = list(accumulate(near, max))
    if one_in(random, 4):
        forward[random.randrange(1, len(forward))] -= timedelta(days=random.choice((1, 9)))
    return list(forward)


def random_plan(random: Random) -> Plan:
    """Cuts at any hour of any day, the last one after everything, and what happens at them."""
    count = random.choice((3, 4, 4, 5))
    cuts = sorted(
        at(random.randint(0, 60), timedelta(hours=random.randrange(24))) for _ in range(count - 1)
    )
    cuts.append(datetime.max)
    changed_at = None if one_in(random, 3) else random.randint(1, count - 1)
    changed_back_at = None
    if changed_at is not None and changed_at < count - 1 and one_in(random, 3):
        changed_back_at = random.randint(changed_at + 1, count - 1)
    return Plan(
        cuts=cuts,
        as_of_days=random_as_of_days(random, cuts) if one_in(random, 2) else [None] * count,
        file_format=random.choice(("parquet", "csv")),
        changes=random.sample(CHANGES, k=len(CHANGES)),
        changed_at=changed_at,
        changed_back_at=changed_back_at,
        refreshed_at=random.randint(1, count - 1) if one_in(random, 4) else None,
        repeated_at=random.randrange(count) if one_in(random, 2) else None,
    )


def daily_plan(random: Random, days: int, every_days: int = 1) -> Plan:
    """What arrived in the first days, then a delivery a day, each until some hour of its day."""
    cuts = [
        at(10 + every_days * day, timedelta(hours=random.randrange(24))) for day in range(days + 1)
    ]
    return Plan(cuts=cuts, as_of_days=[None] * len(cuts), file_format="parquet")
