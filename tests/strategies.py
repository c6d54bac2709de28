"""Random small worlds that look for trouble: raw rows and definitions, for property-based tests.

Days are few, entities are few, times are round: ties, exact window edges and arrivals on boundary
days come up in most worlds. Definitions keep the validity rules of section 3 of the design, and
their thresholds lie near scores that can be reached.

A world is made from one seed, so that it is dense and independent of the others; ``minimise`` makes
a failing one small.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
Rows = list[Row]

FIRST_DAY = datetime(2024, 1, 1)
LATEST_PLAUSIBLE_ON = date(2024, 4, 30)

# `u_new` and `a_new` never stand in their tables; ids are taken as they are, with blanks and case;
# a user and an account may share one.
USERS = ("u1", "u2", "a1", " u1", "u_new")
ACCOUNTS = ("a1", "a2", "A1", "a_new")
EVENT_NAMES = ("start", "edit", "share", "untracked")
PROPERTY_NAMES = ("flag", "size.gb", "$kind")
TIMES_OF_DAY = (
    timedelta(0),
    timedelta(hours=9, minutes=30),
    timedelta(hours=23, minutes=59, seconds=59),
)

FIRST_PLAUSIBLE_TIME = "2000-01-01 00:00:00"
LAST_PLAUSIBLE_TIME = "2024-04-30 23:59:59"
FIRST_IMPLAUSIBLE_TIME = "2024-05-01 00:00:00"
BROKEN_TIMES = (
    "not a time",
    "2024-02-31 10:00:00",
    "2999-01-01 00:00:00",
    "1999-12-31 23:59:59",
    FIRST_IMPLAUSIBLE_TIME,
)
# The last two are not broken, but as late as can be.
BROKEN_EVENTS: tuple[Row, ...] = (
    {"event_id": None},
    {"event_id": "  "},
    {"event_name": None},
    {"occurred_at": None},
    *({"occurred_at": broken} for broken in BROKEN_TIMES),
    *({"received_at": broken} for broken in BROKEN_TIMES),
    {"properties": "{not json"},
    {"properties": "plain text"},
    {"user_id": None, "account_id": None, "anonymous_id": "device"},
    {"user_id": " ", "account_id": "", "anonymous_id": None},
    {"occurred_at": LAST_PLAUSIBLE_TIME, "received_at": LAST_PLAUSIBLE_TIME},
    {"received_at": LAST_PLAUSIBLE_TIME},
)
ANONYMOUS_IDS = ("d1", "d2", "u1")
BROKEN_SUBSCRIPTIONS: tuple[Row, ...] = (
    {"subscription_id": " "},
    {"account_id": None},
    {"mrr_amount": None},
    {"mrr_amount": "ten"},
    {"started_at": None},
    *({"started_at": broken} for broken in BROKEN_TIMES),
    *({"recorded_at": broken} for broken in BROKEN_TIMES),
    {"ended_at": "not a time"},
    {"ended_at": "1999-12-31 23:59:59"},
    # The last four are not broken, but at the limits.
    {"ended_at": FIRST_PLAUSIBLE_TIME},
    {"ended_at": "2999-01-01 00:00:00"},
    {"started_at": FIRST_PLAUSIBLE_TIME},
    {"started_at": LAST_PLAUSIBLE_TIME, "recorded_at": LAST_PLAUSIBLE_TIME},
)
RECEIVED_LATER = (
    *(None, None, timedelta(0), timedelta(0), timedelta(hours=1), timedelta(hours=20)),
    *(timedelta(days=days) for days in (1, 1, 2, 3, 7, 5, 6, 14, 29, 30, 31, 45)),
    *(timedelta(hours=-3), timedelta(hours=-24), timedelta(hours=-24, seconds=-1)),
)
COPY_RECEIVED_LATER = (
    *(timedelta(hours=hours) for hours in (2, -2, -20)),
    *(timedelta(days=days) for days in (3, 40)),
)

OBJECTS = ("x", "y", "z", 7, None)
AMOUNTS = (1, 2.5, "3", 10, "many", True, -2, 0, None, "1e1", 4, 6)
CONDITIONS = (True, False, "true", 5, "5.0", 12, "pro", "", None)
CONDITION_VALUES = ("true", "5", "pro", "5.0", "x", "7")

PER_UNIT_MEASURES = ("events", "active_days", "active_users", "distinct_objects", "sum")
WINDOWED_MEASURES = (*PER_UNIT_MEASURES, "average")
MEASURES = (
    *WINDOWED_MEASURES,
    "events",
    "sum",
    "days_since_last",
    "days_since_first",
    "days_since_signup",
    "days_since_signup",
    "attribute",
    "attribute",
)
ATTRIBUTE_CONDITIONS = (
    ("employee_count", ">=", "50"),
    ("employee_count", "<=", "50"),
    ("employee_count", "=", "50.0"),
    ("employee_count", "!=", "50"),
    ("employee_count", "in", "10|200"),
    ("plan", "=", "pro"),
    ("plan", "=", "free"),
    ("plan", "!=", "pro"),
    ("plan", "!=", "free"),
    ("plan", "in", "pro|team"),
)
DAYS_SINCE_THRESHOLDS = ("3", "0", "1", "7", "14", "30", "45")


@dataclass
class World:
    """Raw rows, definitions and the as-of day of one example."""

    raw_tables: dict[str, Rows]
    definitions: dict[str, Rows]
    as_of: date | None = None

    def __str__(self) -> str:
        """Show the rows one a line, so that a failing example can be read and copied."""
        lines = [f"as_of: {self.as_of}"]
        for tables in (self.raw_tables, self.definitions):
            for name, rows in tables.items():
                lines.append(f"{name}:")
                for row in rows:
                    lines.append(
                        f"    { ({key: cell for key, cell in row.items() if cell is not None}) }"
                    )
        return "\n".join(lines)


def at(offset: int, time_of_day: timedelta = timedelta(0)) -> datetime:
    """Return a moment by its day's offset from the first day."""
    return FIRST_DAY + timedelta(days=offset) + time_of_day


def as_cell(moment: datetime) -> str:
    """Timestamp as the text of a file."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def one_in(random: Random, number: int) -> bool:
    """Whether something that happens once in so many cases happens."""
    return random.randrange(number) == 0


# ---------------------------------------------------------------------------------------------
# Raw rows
# ---------------------------------------------------------------------------------------------


def random_properties(random: Random) -> str | None:
    """JSON body of an event."""
    if one_in(random, 10):
        return random.choice((None, "", "{}", "[1, 2]", '"text"', "null"))
    body: Row = {}
    if not one_in(random, 4):
        body["object"] = random.choice(OBJECTS)
    if not one_in(random, 4):
        body["amount"] = random.choice(AMOUNTS)
    if one_in(random, 2):
        body[random.choice(PROPERTY_NAMES)] = random.choice(CONDITIONS)
    return json.dumps(body)


@dataclass(frozen=True)
class Cast:
    """Who and when: the part of the ids and of the days that a world plays with."""

    users: Sequence[str]
    accounts: Sequence[str]
    last_offset: int


def random_event(random: Random, cast: Cast, event_id: str) -> Row:
    """One event, usable but for a reception more than 24 hours before it occurred."""
    occurred_at = at(random.randint(0, cast.last_offset), random.choice(TIMES_OF_DAY))
    later = random.choice(RECEIVED_LATER)
    account_id = random.choice(cast.accounts) if one_in(random, 2) else None
    return {
        "event_id": event_id,
        "event_name": random.choice(EVENT_NAMES),
        "occurred_at": as_cell(occurred_at),
        "received_at": None if later is None else as_cell(occurred_at + later),
        "user_id": random.choice((*cast.users, None, " ") if account_id else cast.users),
        "anonymous_id": None,
        "account_id": account_id,
        "properties": random_properties(random),
    }


def random_events(random: Random, cast: Cast) -> Rows:
    """Events, some of them broken, and copies that differ in when they were received."""
    rows = [random_event(random, cast, f"e{number}") for number in range(random.randint(10, 80))]
    copies: dict[tuple[str, timedelta], Row] = {}
    for _ in range(random.randrange(8)):
        row = dict(random.choice(rows))
        later = random.choice(COPY_RECEIVED_LATER)
        received_at = datetime.fromisoformat(row["received_at"] or row["occurred_at"]) + later
        changes: Row = random.choice(
            ({}, {"event_name": "start"}, {"account_id": "a2"}, {"user_id": "u2"})
        )
        # Two copies received at one time would be a tie, which any total order may decide.
        copies[row["event_id"], later] = row | changes | {"received_at": as_cell(received_at)}
    for number in random.sample(range(len(rows)), k=random.randrange(7)):
        rows[number] |= random.choice(BROKEN_EVENTS)
    rows += copies.values()
    random.shuffle(rows)
    return rows


def random_entities(random: Random, cast: Cast, kind: str) -> Rows:
    """Rows of ``users`` or ``accounts``: some missing, broken or twice."""
    key = f"{kind}_id"
    rows: Rows = []
    for entity_id in USERS[:-1] if kind == "user" else ACCOUNTS[:-1]:
        fate = random.choice(("there",) * 5 + ("twice", "missing", "missing", "broken"))
        if fate == "missing":
            continue
        offset = random.randint(-10, 10) if one_in(random, 2) else random.randint(0, 70)
        created_at = at(offset, random.choice(TIMES_OF_DAY))
        row: Row = {key: entity_id, "created_at": as_cell(created_at)}
        if kind == "user":
            row["account_id"] = random.choice((*cast.accounts, *cast.accounts, " ", None))
            row["is_internal"] = random.choice(("false", None, "false", "false", "true"))
            second: Row = {"account_id": "a2", "is_internal": "true"}
        else:
            row["plan"] = random.choice(("pro", "free", "pro", "free", "Pro", None))
            row["employee_count"] = random.choice(("10", "50", "50", "200", None))
            second = {"plan": "free", "employee_count": "50"}
        if fate == "twice":
            later = created_at + timedelta(days=random.randint(1, 30))
            rows.append(row | second | {"created_at": as_cell(later)})
        elif fate == "broken":
            limits = (FIRST_PLAUSIBLE_TIME, LAST_PLAUSIBLE_TIME)
            row["created_at"] = random.choice((*BROKEN_TIMES, None, *limits))
        rows.append(row)
    if one_in(random, 6):
        rows.append({key: random.choice((None, "")), "created_at": as_cell(at(0))})
    random.shuffle(rows)
    return rows


def random_subscriptions(random: Random, cast: Cast) -> Rows:
    """Subscriptions: free and paid, late recorded, ended, future, broken, twice."""
    rows: Rows = []
    for number in range(random.choice((0, 1, 3, 6, 10))):
        # Starts and lengths are such that subscriptions overlap, touch and leave a day between.
        offset = random.choice((0, 7, 14, 15, 21, 30, 31, random.randint(-5, 75)))
        started_at = at(offset, random.choice(TIMES_OF_DAY))
        ended_later = random.choice((None, 1, 0, 7, 7, 14, 15, 30, 400, -2))
        recorded_later = random.choice((None, None, None, 0, 1, 10, 40, -3))
        row: Row = {
            "subscription_id": f"s{number}",
            "account_id": random.choice(cast.accounts),
            "mrr_amount": random.choice(("10", "0", "99.5", "-5", "20", "5")),
            "started_at": as_cell(started_at),
            "ended_at": None,
            "recorded_at": None,
        }
        if ended_later is not None:
            row["ended_at"] = as_cell(started_at + timedelta(days=ended_later))
        if recorded_later is not None:
            row["recorded_at"] = as_cell(started_at + timedelta(days=recorded_later))
        fate = random.choice(("there",) * 8 + ("twice", "broken"))
        if fate == "twice":
            later = started_at + timedelta(days=2)
            rows.append(row | {"started_at": as_cell(later), "mrr_amount": "30"})
        elif fate == "broken":
            row |= random.choice(BROKEN_SUBSCRIPTIONS)
        rows.append(row)
    return rows


def random_identities(random: Random, cast: Cast, events: Rows) -> dict[str, Rows]:
    """Identify calls, memberships and merges; some of the events become anonymous."""

    def moment() -> datetime:
        return at(random.randint(0, cast.last_offset), random.choice(TIMES_OF_DAY))

    def recorded(began_at: datetime) -> str | None:
        later = random.choice((None, None, 0, 1, 3, 10, 30, 31, -1))
        return None if later is None else as_cell(began_at + timedelta(days=later))

    for event in events:
        if one_in(random, 3) and event.get("user_id") and not event.get("account_id"):
            event["anonymous_id"] = random.choice(ANONYMOUS_IDS)
            event["user_id"] = random.choice((None, None, event["user_id"]))

    def with_faults(rows: Rows, time_column: str, id_columns: Sequence[str]) -> Rows:
        for row in list(rows):
            if one_in(random, 8):
                rows.append(dict(row))
            if one_in(random, 10):
                row[random.choice((time_column, *id_columns))] = random.choice(
                    (None, " ", "2999-01-01")
                )
        random.shuffle(rows)
        return rows

    identifies: Rows = []
    for _ in range(random.choice((0, 1, 2, 3, 4))):
        began_at = moment()
        identifies.append(
            {
                "anonymous_id": random.choice(ANONYMOUS_IDS),
                "user_id": random.choice(cast.users),
                "identified_at": as_cell(began_at),
                "received_at": recorded(began_at),
            }
        )
    memberships: Rows = []
    for _ in range(random.choice((0, 1, 3, 5, 8))):
        began_at = moment()
        ended_later = random.choice((None, None, None, 0, 2, 9))
        memberships.append(
            {
                "user_id": random.choice(cast.users),
                "account_id": random.choice(ACCOUNTS),
                "valid_from": as_cell(began_at),
                "valid_to": None
                if ended_later is None
                else as_cell(began_at + timedelta(days=ended_later)),
                "recorded_at": recorded(began_at),
            }
        )
    merges: Rows = []
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        began_at = moment()
        kind = random.choice(("user", "account", "account"))
        ids = USERS if kind == "user" else ACCOUNTS
        merges.append(
            {
                "entity_type": kind,
                "merged_id": random.choice(ids),
                "canonical_id": random.choice(ids),
                "merged_at": as_cell(began_at),
                "recorded_at": recorded(began_at),
            }
        )
    return {
        "identifies": with_faults(identifies, "identified_at", ("user_id", "anonymous_id")),
        "memberships": with_faults(memberships, "valid_from", ("user_id", "account_id")),
        "merges": with_faults(merges, "merged_at", ("merged_id",)),
    }


# ---------------------------------------------------------------------------------------------
# Definitions
# ---------------------------------------------------------------------------------------------


def random_activities(random: Random) -> Rows:
    """Return a tracking plan."""
    rows: Rows = []
    for number in range(random.randint(1, 4)):
        row: Row = {
            "activity_key": f"activity_{number}",
            "event_name": random.choice(("*", "*", *EVENT_NAMES[:-1])),
            "object_property": random.choice(("object", "object", "object", "$kind", None)),
            "value_property": random.choice(("amount", "amount", "amount", "size.gb", None)),
        }
        if one_in(random, 2):
            row["property"] = random.choice((*PROPERTY_NAMES, "amount", "amount", "object"))
            row["operator"] = random.choice(("=", "!=", ">=", ">", "<=", "<", "exists"))
            if row["operator"] != "exists":
                row["property_value"] = random.choice(
                    ("2.5", "4", "10", "3.0") if row["property"] == "amount" else CONDITION_VALUES
                )
        rows.append(row)
    return rows


def random_signal(random: Random, signal_key: str, activities: Rows) -> Row:
    """Return a signal of any measure."""
    measure = random.choice(MEASURES)
    row: Row = {"signal_key": signal_key, "measure": measure, "kind": "depth"}
    if measure not in ("days_since_signup", "attribute"):
        row["activity_key"] = random.choice(activities)["activity_key"]
        if one_in(random, 5):
            row["within_days_of_signup"] = random.choice(("7", "1", "20", "40"))
    if measure in WINDOWED_MEASURES:
        row["window_days"] = random.choice(("7", None, "1", "2", "14", "30"))
        row["threshold"] = random.choice(("1", "1", "2", "3"))
    if measure in ("events", "sum") and one_in(random, 2):
        row["decay_every_days"] = random.choice(("7", "1", "3", "10"))
        row["decay_rate"] = random.choice(("0.25", "1", "0.3", "0.1", "0.05"))
        row["threshold"] = random.choice(("1", "0.5", "1.5", "0.75"))
    if measure == "sum":
        row["threshold"] = random.choice(("2", "0.5", "5.5", "10"))
    elif measure == "average":
        row["operator"] = random.choice((">=", None, "<="))
        row["threshold"] = random.choice(("2", "0", "2.5", "5", "-1"))
    elif measure == "days_since_last":
        row["threshold"] = random.choice(DAYS_SINCE_THRESHOLDS)
    elif measure in ("days_since_first", "days_since_signup"):
        row["operator"] = random.choice((">=", None, "<="))
        row["threshold"] = random.choice(DAYS_SINCE_THRESHOLDS)
    elif measure == "attribute":
        row["attribute"], row["operator"], row["threshold"] = random.choice(ATTRIBUTE_CONDITIONS)
    return row


def random_weights(random: Random, definition: Row, signals: Rows) -> Rows:
    """Weights of one definition."""
    rows: Rows = []
    for signal in signals:
        for_accounts_only = signal["measure"] == "active_users"
        if one_in(random, 3) or (for_accounts_only and definition["entity_type"] == "user"):
            continue
        row: Row = {
            "definition_key": definition["definition_key"],
            "signal_key": signal["signal_key"],
            "is_required": "true" if one_in(random, 10) else random.choice(("false", None)),
        }
        if signal["measure"] in PER_UNIT_MEASURES and one_in(random, 2):
            row["points_per_unit"] = random.choice(
                ("1", "2.5", "3", "-2", "0.3333", "10", "0.33335", "0.00004")
            )
            row["max_points"] = random.choice((None, "5", "12", "0.5"))
            # Points beside points per unit count for nothing.
            row["points"] = "30" if row["max_points"] == "12" else None
        else:
            row["points"] = random.choice(("10", "5", "4", "-5", "0", "2.5", "0.0001", "30"))
        rows.append(row)
    return rows


def points_of(weight: Row) -> Decimal:
    """Points of a weight, for one unit where they are given per unit."""
    return Decimal(weight.get("points_per_unit") or weight["points"])


def random_thresholds(random: Random, weights: Rows) -> Row:
    """Enter and exit thresholds at scores that some of the weights can reach."""
    positive = [weight for weight in weights if points_of(weight) > 0]
    chosen = random.sample(positive, k=min(len(positive), random.choice((1, 1, 2))))
    reachable = sum((points_of(weight) for weight in chosen), Decimal(0))
    # Points have four decimals, points per unit may have more.
    reachable = reachable.quantize(Decimal("0.0001"), ROUND_DOWN)
    enter = max(reachable, Decimal(random.choice(("0.0001", "0.5", "2"))))
    leave = enter * Decimal(random.choice(("1", "0.5", "0.25", "0", "-0.5")))
    leave = leave.quantize(Decimal("0.0001"), ROUND_DOWN)
    return {
        "enter_threshold": str(enter),
        "exit_threshold": None if one_in(random, 4) else str(leave),
    }


def random_definitions(random: Random) -> dict[str, Rows]:
    """All seeds of a valid set of definitions."""
    activities = random_activities(random)
    signals = [
        random_signal(random, f"signal_{number}", activities)
        for number in range(random.randint(3, 8))
    ]
    definitions: Rows = []
    weights: Rows = []
    approvals: Rows = []
    for number in range(random.randint(3, 6)):
        definition: Row = {
            "definition_key": f"definition_{number}",
            "entity_type": random.choice(("account", "user")),
            "audience": random.choice(("all", "prospect", "customer")),
            "is_active": random.choice(("true", "true", "true", "TRUE", "false")),
        }
        own_weights = random_weights(random, definition, signals)
        definitions.append(definition | random_thresholds(random, own_weights))
        weights += own_weights
        for day in random.sample(("2024-01-31", "2023-05-01"), k=random.choice((0, 0, 0, 1, 2))):
            approval = {"definition_key": definition["definition_key"], "approved_on": day}
            approvals.append(approval | random_thresholds(random, own_weights))
    return {
        "pql_activities": activities,
        "pql_signals": signals,
        "pql_definitions": definitions,
        "pql_weights": weights,
        "pql_approved_thresholds": approvals,
    }


# ---------------------------------------------------------------------------------------------
# Worlds
# ---------------------------------------------------------------------------------------------


def random_as_of(random: Random, raw_tables: dict[str, Rows]) -> date:
    """A day in the middle, often one on which something happened or became known."""
    columns = ("occurred_at", "received_at", "started_at", "recorded_at")
    table = random.choice(("events", "subscriptions"))
    cells = {row.get(column) for row in raw_tables[table] for column in columns}
    cells -= {None, *BROKEN_TIMES}
    days = sorted(cell[:10] for cell in cells if "2024-01-03" < cell < "2024-03-15")
    return date.fromisoformat(random.choice(days)) if days else at(20).date()


def random_world(seed: int) -> World:
    """World of a seed; in half of the cases its as-of day lies before the end of the data."""
    random = Random(seed)
    cast = Cast(
        users=random.sample(USERS, k=random.randint(1, len(USERS))),
        accounts=random.sample(ACCOUNTS, k=random.randint(1, len(ACCOUNTS))),
        last_offset=random.choice((8, 20, 40, 60)),
    )
    raw_tables = {
        "events": random_events(random, cast),
        "users": random_entities(random, cast, "user"),
        "accounts": random_entities(random, cast, "account"),
        "subscriptions": random_subscriptions(random, cast),
    }
    # Chances of its own: what is said about identities leaves the rest of a world as it is.
    identity = Random(f"identity {seed}")
    if one_in(identity, 2):
        raw_tables |= random_identities(identity, cast, raw_tables["events"])
    return World(
        raw_tables=raw_tables,
        definitions=random_definitions(random),
        as_of=random_as_of(random, raw_tables) if one_in(random, 2) else None,
    )


def world_seeds() -> st.SearchStrategy[int]:
    """Seeds of random worlds."""
    return st.integers(0, 2**40)


# Rows that others name by key go last: a signal only after the weights that name it.
ORDER_OF_REMOVAL = (
    ("definitions", "pql_approved_thresholds"),
    ("raw_tables", "events"),
    ("raw_tables", "subscriptions"),
    ("raw_tables", "identifies"),
    ("raw_tables", "memberships"),
    ("raw_tables", "merges"),
    ("definitions", "pql_weights"),
    ("definitions", "pql_definitions"),
    ("definitions", "pql_signals"),
    ("definitions", "pql_activities"),
    ("raw_tables", "users"),
    ("raw_tables", "accounts"),
)


def without_rows(world: World, part: str, table: str, start: int, count: int) -> World:
    """Return the world without some rows of one table."""
    tables = dict(getattr(world, part))
    tables[table] = tables[table][:start] + tables[table][start + count :]
    return World(**{**vars(world), part: tables})


def smaller_worlds(world: World) -> Iterator[World]:
    """Worlds with fewer rows, those without many of them first."""
    for part, table in ORDER_OF_REMOVAL:
        count = len(getattr(world, part).get(table, ()))
        while count >= 1:
            for start in range(0, len(getattr(world, part)[table]), count):
                yield without_rows(world, part, table, start, count)
            count //= 2


def minimise(world: World, fails: Callable[[World], bool], seconds: float = 60) -> World:
    """Remove rows for as long as the world still fails, within a time limit."""
    deadline = time.monotonic() + seconds
    found = True
    while found:
        found = False
        for smaller in smaller_worlds(world):
            if time.monotonic() > deadline:
                return world
            if fails(smaller):
                world, found = smaller, True
                break
    return world
