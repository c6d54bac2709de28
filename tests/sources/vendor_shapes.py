"""Facts about a product's users, written as the tables of each vendor that could have tracked them.

The facts are such that all vendors can tell them. What they cannot all tell stays out:

- An event of a user on a device is known no earlier than the identify call that ties the two:
  Amplitude has no identify calls, and knows the tie from the first event that names both.
- With each identify call comes an event of the same moment (a signup, a sign-in), as products do:
  vendors that keep the call as an event would otherwise have a day with activity more.
- Every user has an event: PostHog and Amplitude know of no others. Nobody's address changes: of a
  late event, some vendors tell the address of when it happened, others that of when it arrived.
- The last day on which something became known may differ by what only one vendor says (a second
  call, the vendor's own id of a person): tests name the as-of day.
- Every event has a name and properties that are JSON; their names are snake_case and each has
  values of one type: Segment keeps them in columns. Amounts are values, not objects: a column says
  2.5 in its own way.
- No memberships (PostHog and Amplitude have none), no user agents (Amplitude exports none).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from strategies import TIMES_OF_DAY, at, one_in

Row = dict[str, Any]
Rows = list[Row]
Tables = dict[str, Rows]

LAST_OFFSET = 60
BACKFILL_LAG_DAYS = 30
INTERNAL_DOMAIN = "maker.example"
# At once, late, as a historical load; before it occurred, by a clock that runs fast.
RECEIVED_LATER = (
    *(timedelta(0), timedelta(0), timedelta(minutes=5), timedelta(hours=20), timedelta(hours=-3)),
    *(timedelta(days=days) for days in (1, 2, 3, 7, 14, 29, 30, 31, 45)),
)
IDENTIFIED_LATER = tuple(timedelta(days=days) for days in (0, 0, 0, 1, 3, 30, 31))
COPY_RECEIVED_LATER = (timedelta(0), timedelta(hours=2), timedelta(days=1), timedelta(days=40))
TOO_EARLY = timedelta(hours=-24, seconds=-1)


def known_on(occurred_at: datetime, received_at: datetime) -> date:
    """Return the day from which something counts (docs/readings.md, 27)."""
    is_historical_load = (received_at.date() - occurred_at.date()).days > BACKFILL_LAG_DAYS
    return max(occurred_at, occurred_at if is_historical_load else received_at).date()


@dataclass(frozen=True)
class User:
    """Somebody who signed up."""

    user_id: str
    email: str
    created_at: datetime


@dataclass(frozen=True)
class Identify:
    """The moment at which a user is recognised on a device."""

    user_id: str
    device_id: str
    identified_at: datetime
    received_at: datetime

    def known_on(self) -> date:
        """Day from which it is known."""
        return known_on(self.identified_at, self.received_at)


@dataclass(frozen=True)
class Event:
    """One event: of a user on a device, of a visitor on a device, or of a user by a server."""

    event_id: str
    name: str
    properties: Mapping[str, Any]
    user_id: str | None
    device_id: str | None
    account_id: str | None
    occurred_at: datetime
    received_at: datetime
    copies_received_at: tuple[datetime, ...] = ()

    def arrivals(self) -> tuple[datetime, ...]:
        """When the event and each of its copies was received."""
        return (self.received_at, *self.copies_received_at)


@dataclass
class Facts:
    """What happened in several worlds that share nothing, and what the business system says."""

    users: list[User]
    identifies: list[Identify]
    events: list[Event]
    accounts: Rows
    subscriptions: Rows

    def user(self, user_id: str) -> User:
        """Return a user by its id."""
        return next(user for user in self.users if user.user_id == user_id)


# ---------------------------------------------------------------------------------------------
# Facts
# ---------------------------------------------------------------------------------------------


def moment(random: Random, first: datetime) -> datetime:
    """Return a moment that is not before another one."""
    offset = random.randint(0, LAST_OFFSET)
    return max(first, at(offset, random.choice(TIMES_OF_DAY)))


def random_properties(random: Random, name: str) -> Row:
    """Properties of an event; any of them may be absent."""
    choices: dict[str, dict[str, tuple[Any, ...]]] = {
        "Project Created": {
            "project_id": ("p1", "p2", "P1", " p1", ""),
            "seats": (0, 1, 4, 5, 5, 12, -3),
        },
        "Report Shared": {
            "channel": ("email", "Email", "chat", "5"),
            "report_no": (7, 8, 12),
            "is_public": (True, False),
        },
        "Export Run": {"amount": (Decimal("2.5"), Decimal(3), Decimal("0.05"), Decimal(-1))},
    }
    return {
        key: random.choice(values)
        for key, values in choices.get(name, {}).items()
        if not one_in(random, 4)
    }


# The last one is in no tracking plan.
NAMES = ("Project Created", "Report Shared", "Export Run", "Message Sent", "Help Opened")


def with_copies(random: Random, event: Event) -> Event:
    """Return the event, now and then with copies that arrive as late or later."""
    if not one_in(random, 6):
        return event
    later = random.sample(COPY_RECEIVED_LATER, k=random.choice((1, 1, 2)))
    copies = tuple(event.received_at + delay for delay in later)
    return Event(**{**vars(event), "copies_received_at": copies})


def random_facts(world: str, random: Random) -> Facts:
    """Facts of one world; its name stands before every id."""
    accounts = [f"{world}_a{number}" for number in range(random.randint(1, 4))]
    users: list[User] = []
    identifies: list[Identify] = []
    events: list[Event] = []
    shared_device = f"{world}_shared"

    def add(name: str, occurred_at: datetime, received_at: datetime, **who: str | None) -> None:
        event = Event(
            event_id=f"{world}_e{len(events)}",
            name=name,
            properties=random_properties(random, name),
            occurred_at=occurred_at,
            received_at=received_at,
            **{"user_id": None, "device_id": None, "account_id": None, **who},
        )
        events.append(with_copies(random, event))

    for number in range(random.randint(2, 5)):
        user_id = f"{world}_u{number}"
        domain = INTERNAL_DOMAIN if one_in(random, 8) else random.choice(("acme", "bolt"))
        signed_up_at = at(random.randint(5, 40), random.choice(TIMES_OF_DAY))
        # A trait may say that the user is older than the first call.
        created_at = signed_up_at - timedelta(days=random.choice((0, 0, 0, 1, 20)))
        users.append(User(user_id, f"Ann.{number}@{world}.{domain}", created_at))
        if domain == INTERNAL_DOMAIN:
            users[-1] = User(user_id, f"ann.{number}@{domain}", created_at)
        devices = [f"{user_id}_d{device}" for device in range(random.choice((0, 1, 1, 2)))]
        if one_in(random, 2):
            devices.append(shared_device)
        if not devices or one_in(random, 4):
            # Known to a server only.
            add("Signed Up", signed_up_at, signed_up_at, user_id=user_id)
        for device_id in devices:
            for _ in range(random.choice((0, 1, 3, 6))):
                occurred_at = moment(random, at(0))
                account_id = random.choice(accounts) if one_in(random, 5) else None
                received_at = occurred_at + random.choice(RECEIVED_LATER)
                who = {"device_id": device_id, "account_id": account_id}
                add(random.choice(NAMES), occurred_at, received_at, **who)
            identified_at = moment(random, signed_up_at)
            received_at = identified_at + random.choice(IDENTIFIED_LATER)
            for repeated in range(random.choice((1, 1, 2))):
                again = identified_at + timedelta(days=4 * repeated)
                call = Identify(user_id, device_id, again, max(again, received_at))
                identifies.append(call)
                name = "Signed In" if repeated else "Signed Up"
                who = {"user_id": user_id, "device_id": device_id}
                add(name, call.identified_at, call.received_at, **who)
            for _ in range(random.choice((1, 4, 8))):
                occurred_at = moment(random, identified_at)
                arrived_at = occurred_at + random.choice(RECEIVED_LATER)
                if known_on(occurred_at, arrived_at) < known_on(identified_at, received_at):
                    arrived_at = received_at
                account_id = random.choice(accounts) if one_in(random, 2) else None
                who = {"user_id": user_id, "device_id": device_id, "account_id": account_id}
                add(random.choice(NAMES), occurred_at, arrived_at, **who)
        for _ in range(random.choice((0, 2, 5))):
            occurred_at = moment(random, at(0))
            later = TOO_EARLY if one_in(random, 8) else random.choice(RECEIVED_LATER)
            account_id = random.choice((*accounts, None))
            who = {"user_id": user_id, "account_id": account_id}
            add(random.choice(NAMES), occurred_at, occurred_at + later, **who)
    # A device that nobody is ever recognised on.
    for _ in range(random.choice((0, 3))):
        occurred_at = moment(random, at(0))
        add(random.choice(NAMES), occurred_at, occurred_at, device_id=f"{world}_nobody")
    return Facts(
        users,
        identifies,
        events,
        accounts=[
            {
                "account_id": account_id,
                "created_at": at(random.randint(-20, 30)),
                "plan": random.choice(("pro", "free")),
                "employee_count": random.choice((10, 50, 200, None)),
            }
            for account_id in accounts[: random.randint(0, len(accounts))]
        ],
        subscriptions=[
            {
                "subscription_id": f"{account_id}_s",
                "account_id": account_id,
                "mrr_amount": random.choice((0, 20)),
                "started_at": at(random.randint(10, 55)),
                "ended_at": random.choice((None, at(70))),
            }
            for account_id in accounts
            if one_in(random, 3)
        ],
    )


def joined(worlds: Sequence[Facts]) -> Facts:
    """All facts of several worlds."""
    return Facts(
        *(
            [fact for world in worlds for fact in getattr(world, kind)]
            for kind in ("users", "identifies", "events", "accounts", "subscriptions")
        )
    )


# ---------------------------------------------------------------------------------------------
# Shapes
# ---------------------------------------------------------------------------------------------


def json_text(body: Mapping[str, Any]) -> str:
    """JSON of properties, numbers as numbers."""
    return json.dumps(body, default=lambda number: float(number) if number % 1 else int(number))


def plain_contract(facts: Facts, random: Random) -> Tables:
    """Tables `events`, `identifies` and `users` of the plain contract."""
    events: Rows = [
        {
            "event_id": event.event_id,
            "event_name": event.name,
            "occurred_at": event.occurred_at,
            "received_at": received_at,
            "user_id": event.user_id,
            "anonymous_id": event.device_id,
            "account_id": event.account_id,
            "properties": json_text(event.properties),
        }
        for event in facts.events
        for received_at in event.arrivals()
    ]
    identifies: Rows = [
        {
            "user_id": call.user_id,
            "anonymous_id": call.device_id,
            "identified_at": call.identified_at,
            "received_at": call.received_at,
        }
        for call in facts.identifies
    ]
    users: Rows = [vars(user) for user in facts.users]
    return shuffled(random, {"events": events, "identifies": identifies, "users": users})


def segment(facts: Facts, random: Random) -> Tables:
    """`tracks`, a table per event name with the properties as columns, and `identifies`."""

    def call(key: str, occurred_at: datetime, received_at: datetime) -> Row:
        # The clock of the device is wrong by hours; `timestamp` is corrected.
        skew = timedelta(hours=random.choice((0, -7, 40)))
        return {
            "id": key,
            "timestamp": occurred_at,
            "original_timestamp": occurred_at + skew,
            "sent_at": received_at + skew,
            "received_at": received_at,
            "uuid_ts": received_at + timedelta(hours=1),
        }

    tables: Tables = {"tracks": [], "identifies": []}
    for event in facts.events:
        table = event.name.lower().replace(" ", "_")
        for received_at in event.arrivals():
            row = {
                **call(event.event_id, event.occurred_at, received_at),
                "user_id": event.user_id,
                "anonymous_id": event.device_id,
                "event": table,
                "event_text": event.name,
                "context_group_id": event.account_id,
            }
            if event.user_id and one_in(random, 2):
                row["context_traits_email"] = facts.user(event.user_id).email
            tables["tracks"].append(row)
            tables.setdefault(table, []).append({**row, **event.properties})
    calls = [
        (user, call.device_id, call.identified_at, call.received_at)
        for call in facts.identifies
        for user in [facts.user(call.user_id)]
    ]
    # A server that identifies a user ties no device.
    calls += [(user, None, user.created_at, user.created_at) for user in facts.users]
    for number, (user, device_id, occurred_at, received_at) in enumerate(calls):
        tables["identifies"].append(
            {
                **call(f"i{number}", occurred_at, received_at),
                "user_id": user.user_id,
                "anonymous_id": device_id,
                "email": user.email,
                "created_at": user.created_at,
            }
        )
    return shuffled(random, tables)


def amplitude(facts: Facts, random: Random) -> Tables:
    """The table `event` of the connector; an event `$identify` where a user is recognised."""
    rows: Rows = []
    persons: dict[str | None, int] = {}

    def add(
        key: str,
        name: str,
        properties: Mapping[str, Any],
        who: tuple[str | None, str | None, str | None],
        occurred_at: datetime,
        received_at: datetime,
    ) -> None:
        user_id, device_id, account_id = who
        user = facts.user(user_id) if user_id else None
        if account_id:
            company = random.choice((account_id, [account_id]))
            groups = random.choice(({"company": company}, {"team": ["x"], "company": company}))
        else:
            groups = random.choice((None, {}, {"team": ["x", "y"]}))
        rows.append(
            {
                "_insert_id": key,
                "uuid": f"uuid-{len(rows)}",
                "id": len(rows) % 50,
                "amplitude_id": persons.setdefault(user_id or device_id, 1000 + len(persons)),
                "event_type": name,
                "event_time": occurred_at,
                "client_event_time": occurred_at + timedelta(hours=random.choice((0, 30))),
                "server_received_time": received_at + timedelta(hours=1),
                "server_upload_time": received_at,
                "processed_time": received_at + timedelta(days=2),
                "device_id": device_id,
                "user_id": user_id,
                "user_creation_time": user.created_at if user else None,
                "user_properties": json_text({"email": user.email} if user else {}),
                "event_properties": json_text(properties),
                "groups": None if groups is None else json_text(groups),
            }
        )

    for event in facts.events:
        for received_at in event.arrivals():
            who = (event.user_id, event.device_id, event.account_id)
            add(event.event_id, event.name, event.properties, who, event.occurred_at, received_at)
    for number, call in enumerate(facts.identifies):
        who = (call.user_id, call.device_id, None)
        add(f"i{number}", "$identify", {}, who, call.identified_at, call.received_at)
    return shuffled(random, {"event": rows})


def posthog(facts: Facts, random: Random) -> Tables:
    """The table `events` of the batch export to files; the person as of each event's arrival."""
    rows: Rows = []

    def add(
        key: str,
        name: str,
        distinct_id: str,
        properties: Mapping[str, Any],
        user_id: str | None,
        occurred_at: datetime,
        received_at: datetime,
    ) -> None:
        person: Row = {}
        if user_id:
            user = facts.user(user_id)
            person = {"email": user.email, "created_at": user.created_at.isoformat(" ")}
        rows.append(
            {
                "uuid": key,
                "event": name,
                "distinct_id": distinct_id,
                "person_id": f"person-{len(rows) % 5}",
                "properties": json_text(properties),
                "person_properties": json_text(person),
                "elements_chain": "",
                "timestamp": occurred_at,
                "created_at": received_at,
                "_inserted_at": received_at + timedelta(hours=30),
            }
        )

    for event in facts.events:
        own: Row = {}
        if event.device_id and event.user_id:
            own = {"$device_id": event.device_id, "$user_id": event.user_id}
        elif event.device_id:
            own = {"$device_id": event.device_id}
        if event.device_id and one_in(random, 2):
            # Newer libraries say so; of the older ones the ids tell.
            own["$is_identified"] = event.user_id is not None
        if event.account_id:
            groups: Row = {"company": event.account_id, "team": "x"}
            own |= random.choice(
                (
                    {"$groups": groups},
                    {"$groups": json_text(groups)},
                    {"$groups": groups, "$group_0": "x"},
                    {"$group_0": event.account_id},
                )
            )
        else:
            own |= random.choice(({}, {"$groups": {}}, {"$groups": {"team": "x"}, "$group_0": "x"}))
        distinct_id = event.user_id or event.device_id
        assert distinct_id is not None
        for received_at in event.arrivals():
            add(
                event.event_id,
                event.name,
                distinct_id,
                {**event.properties, **own},
                event.user_id,
                event.occurred_at,
                received_at,
            )
    for number, call in enumerate(facts.identifies):
        add(
            f"i{number}",
            "$identify",
            call.user_id,
            {"$anon_distinct_id": call.device_id, "$device_id": call.device_id},
            call.user_id,
            call.identified_at,
            call.received_at,
        )
    return shuffled(random, {"events": rows})


def shuffled(random: Random, tables: Tables) -> Tables:
    """Return the tables with their rows in any order."""
    return {name: random.sample(rows, k=len(rows)) for name, rows in tables.items()}


SHAPES: dict[str, Callable[[Facts, Random], Tables]] = {
    "raw": plain_contract,
    "segment": segment,
    "amplitude": amplitude,
    "posthog": posthog,
}
# The vendors that keep an identify call as an event, which an activity on `*` counts.
KEEP_CALLS_AS_EVENTS = ("amplitude", "posthog")
