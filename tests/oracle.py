"""Brute-force recomputation of every number from raw rows, straight from the text of the design.

The oracle shares no code with the dbt models and knows nothing of intervals or deltas: it looks at
one entity, one signal and one day at a time, lists the rows that contribute on that day, and
computes. It is written to be read next to section 4 of the design and ``docs/readings.md`` ("R7" is
reading 7).

Raw rows are dictionaries as a user would write them (texts, ``datetime``, numbers, ``None``);
definition rows are dictionaries of the seed files, where an empty text or ``None`` is an empty
cell.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

Row = Mapping[str, Any]
Number = Fraction

ONE_DAY = timedelta(days=1)
EARLIEST_PLAUSIBLE_ON = date(2000, 1, 1)
MOST_POINTS = Fraction(10**12)
"""Of one weight, in magnitude (R12)."""
DAYS_SINCE_MEASURES = ("days_since_last", "days_since_first", "days_since_signup")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


# ---------------------------------------------------------------------------------------------
# Reading single values
# ---------------------------------------------------------------------------------------------


class UnreadableError(ValueError):
    """A value that is present and cannot be read."""


def is_blank(value: Any) -> bool:
    """Whether an id or a cell is missing: null or only white space (R1)."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_id(value: Any) -> str | None:
    """Return an id as it is, or None where it is missing."""
    return None if is_blank(value) else str(value)


def read_time(value: Any) -> datetime | None:
    """Read a UTC timestamp; None where it is missing, ``UnreadableError`` where it is no time."""
    if is_blank(value):
        return None
    if isinstance(value, str):
        try:
            text = re.sub(
                r"(:[\d.]+)\s*([+-]\d\d):?(\d\d)?$",
                lambda found: f"{found[1]}{found[2]}:{found[3] or '00'}",
                value.strip(),
            )
            text = re.sub(r"\s*Z$", "+00:00", text)
            value = datetime.fromisoformat(text)
        except ValueError as error:
            raise UnreadableError(value) from error
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise UnreadableError(value)


def read_date(value: Any) -> date | None:
    """Read a date; None where it is missing."""
    moment = read_time(value)
    return None if moment is None else moment.date()


def read_number(value: Any) -> Number | None:
    """Read a number that fits decimal(38, 9); None where the value is missing or no number (R5)."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    if not NUMBER.fullmatch(text):
        return None
    number = Fraction(text)
    return number if abs(number) < 10**29 else None


def read_boolean(value: Any) -> bool:
    """Read a boolean; a missing one is false."""
    if is_blank(value):
        return False
    if isinstance(value, bool):
        return value
    return str(value).strip().lower() in ("true", "t", "1", "yes")


def read_properties(value: Any) -> dict[str, Any]:
    """Read the JSON body of an event; a body that is no object has no properties."""
    if is_blank(value):
        return {}

    def refuse(constant: str) -> None:
        raise UnreadableError(constant)

    try:
        # Numbers keep their text, so that nothing is lost in a float.
        body = json.loads(
            value, parse_float=_NumberText, parse_int=_NumberText, parse_constant=refuse
        )
    except json.JSONDecodeError as error:
        raise UnreadableError(value) from error
    return body if isinstance(body, dict) else {}


class _NumberText(str):
    """A JSON number as the text it was written in."""


def property_text(properties: Mapping[str, Any], name: str) -> str | None:
    """Text of a property; None where it is missing or JSON null (R5)."""
    value = properties.get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, separators=(",", ":"))


def holds(left: Any, operator: str, right: str) -> bool:
    """Whether a comparison holds: as numbers if both are, else only ``=`` and ``!=``, as text.

    A missing left side satisfies no operator. ``in`` is ``=`` with any of the texts between ``|``.
    """
    if left is None:
        return False
    if operator == "exists":
        return True
    if operator == "in":
        return any(holds(left, "=", choice) for choice in right.split("|"))
    left_number, right_number = read_number(left), read_number(right)
    if left_number is not None and right_number is not None:
        return {
            "=": left_number == right_number,
            "!=": left_number != right_number,
            ">=": left_number >= right_number,
            ">": left_number > right_number,
            "<=": left_number <= right_number,
            "<": left_number < right_number,
        }[operator]
    return {"=": str(left) == right, "!=": str(left) != right}.get(operator, False)


def round_half_away(number: Number, digits: int) -> Decimal:
    """Round half away from zero (R12)."""
    scaled = abs(number) * 10**digits
    whole = int(scaled + Fraction(1, 2))
    return Decimal(whole if number >= 0 else -whole).scaleb(-digits)


# ---------------------------------------------------------------------------------------------
# Rows after reading
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A usable event."""

    event_id: str
    event_name: str
    occurred_at: datetime
    received_at: datetime
    user_id: str | None
    anonymous_id: str | None
    account_id: str | None
    properties: Mapping[str, Any]
    occurred_on: date
    known_on: date


class Fact(NamedTuple):
    """An event as something that an entity did, known from a day on (R27)."""

    entity_type: str
    entity_id: str
    known_on: date
    event: Event


class Claim(NamedTuple):
    """What says which account a user belongs to; later ones in this order count (R28)."""

    valid_from: datetime
    is_own: bool
    precedence: int
    known_on: date
    account_id: str | None


class Merge(NamedTuple):
    """A user or account that another one has become (R29)."""

    canonical_id: str
    known_on: date
    step_count: int


class ActivityRow(NamedTuple):
    """What one event says about one activity."""

    known_on: date
    occurred_on: date
    user_id: str | None
    object: str | None
    value: Number | None


@dataclass(frozen=True)
class Subscription:
    """A usable subscription."""

    subscription_id: str
    account_id: str
    plan: str | None
    mrr_amount: Number
    started_on: date
    ended_on: date | None
    known_on: date

    @property
    def is_paid(self) -> bool:
        return self.mrr_amount > 0

    def is_active_on(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


@dataclass(frozen=True)
class Signal:
    """A row of pql_signals."""

    signal_key: str
    activity_key: str | None
    attribute: str | None
    measure: str
    window_days: int | None
    within_days_of_signup: int | None
    decay_every_days: int | None
    decay_rate: Number | None
    operator: str
    threshold: str


@dataclass(frozen=True)
class Weight:
    """A row of pql_weights."""

    signal_key: str
    points: Number | None
    points_per_unit: Number | None
    max_points: Number | None
    is_required: bool


@dataclass(frozen=True)
class Definition:
    """A row of pql_definitions with its weights and the approved threshold applied (R17)."""

    definition_key: str
    entity_type: str
    audience: str
    enter_threshold: Number
    exit_threshold: Number
    weights: tuple[Weight, ...]


@dataclass
class Accounting:
    """Where the rows of a raw table ended: each in exactly one place (R2).

    Events known after an as-of day that the user set stand in a place of their own.
    """

    rows_in: int = 0
    rows_used: int = 0
    rows_duplicate: int = 0
    rows_quarantined: int = 0
    rows_set_aside: int = 0
    rows_not_yet_known: int = 0


class SignalState(NamedTuple):
    """The state of a signal at the end of a day."""

    value: Number | None
    is_measured: bool
    is_met: bool


@dataclass
class _StatusWalk:
    """States of a definition for one entity, day by day from the first day on."""

    first_on: date
    qualified: list[bool] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------
# The oracle
# ---------------------------------------------------------------------------------------------


class Oracle:
    """Value of every signal, score and status on every day, from raw rows.

    Parameters
    ----------
    raw_tables
        Rows per raw table (``events``, ``users``, ``accounts``, ``subscriptions``, ``identifies``,
        ``memberships``, ``merges``); absent ones are empty.
    definitions
        Rows per seed (``pql_activities``, ``pql_signals``, ...); absent ones are empty.
    as_of
        The as-of day; None: the last ``known_on`` of the used events.
    backfill_lag_days
        The var ``pql_backfill_lag_days``.
    latest_plausible_on
        The var ``pql_latest_plausible_on``; later times are quarantined.
    """

    def __init__(
        self,
        raw_tables: Mapping[str, Sequence[Row]],
        definitions: Mapping[str, Sequence[Row]],
        as_of: date | None = None,
        backfill_lag_days: int = 30,
        latest_plausible_on: date = date(2100, 1, 1),
    ) -> None:
        self.latest_plausible_on = latest_plausible_on
        self.backfill_lag_days = backfill_lag_days
        self._accounting: dict[str, Accounting] = {}

        self.users = self._read_entities(raw_tables.get("users", ()), "users", "user_id")
        self.accounts = self._read_entities(
            raw_tables.get("accounts", ()), "accounts", "account_id"
        )
        subscriptions = self._read_subscriptions(raw_tables.get("subscriptions", ()))
        self._read_identities(raw_tables, date.max if as_of is None else as_of)
        unique_events = self._read_events(raw_tables.get("events", ()))
        visible_events = [e for e in unique_events if as_of is None or e.known_on <= as_of]
        identified = [event for e in visible_events if (event := self._identified(e)) is not None]
        self.events = [event for event in identified if not self._is_internal(event.user_id)]
        self.facts = [fact for event in self.events for fact in self._facts_of(event)]

        self.as_of: date | None = as_of
        if as_of is None and (self.events or self._identity_days):
            self.as_of = max([*(fact.known_on for fact in self.facts), *self._identity_days])
        # Rows known after the as-of day are invisible.
        last = date.max if self.as_of is None else self.as_of
        accounting = self._accounting["events"]
        accounting.rows_used = len(self.events)
        accounting.rows_set_aside = len(identified) - len(self.events)
        accounting.rows_quarantined += len(visible_events) - len(identified)
        accounting.rows_not_yet_known = len(unique_events) - len(visible_events)
        self.subscriptions: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            # What a merged account had subscribed, the account that it has become has.
            for account_id, known_on in self._recipients("account", subscription.account_id):
                received = replace(subscription, known_on=max(subscription.known_on, known_on))
                if received.known_on <= last:
                    self.subscriptions[account_id].append(received)

        self._read_definitions(definitions)
        self._index_events()
        self._states: dict[tuple[str, str, str, date], SignalState] = {}
        self._walks: dict[tuple[str, str, str], _StatusWalk] = {}

    # -- raw tables ---------------------------------------------------------------------------

    def _plausible(self, moment: datetime | None) -> bool:
        return moment is None or (
            EARLIEST_PLAUSIBLE_ON <= moment.date() <= self.latest_plausible_on
        )

    def _read_entities(
        self, rows: Iterable[Row], table: str, key_column: str
    ) -> dict[str, dict[str, Any]]:
        """Usable rows of users or accounts by key; of several the earliest created counts (R3)."""
        accounting = self._accounting.setdefault(table, Accounting())
        entities: dict[str, dict[str, Any]] = {}
        for row in rows:
            accounting.rows_in += 1
            key = read_id(row.get(key_column))
            try:
                created_at = read_time(row.get("created_at"))
            except UnreadableError:
                created_at = None
            if key is None or created_at is None or not self._plausible(created_at):
                accounting.rows_quarantined += 1
                continue
            entity = {**row, "created_at": created_at, "created_on": created_at.date()}
            if key in entities:
                accounting.rows_duplicate += 1
                if entities[key]["created_at"] <= created_at:
                    continue
            entities[key] = entity
        accounting.rows_used = len(entities)
        return entities

    def _read_subscriptions(self, rows: Iterable[Row]) -> list[Subscription]:
        accounting = self._accounting.setdefault("subscriptions", Accounting())
        usable: dict[str, tuple[datetime, Subscription]] = {}
        for row in rows:
            accounting.rows_in += 1
            key = read_id(row.get("subscription_id"))
            account_id = read_id(row.get("account_id"))
            amount = read_number(row.get("mrr_amount"))
            try:
                started_at = read_time(row.get("started_at"))
                ended_at = read_time(row.get("ended_at"))
                recorded_at = read_time(row.get("recorded_at"))
            except UnreadableError:
                accounting.rows_quarantined += 1
                continue
            if (
                key is None
                or account_id is None
                or amount is None
                or started_at is None
                or not self._plausible(started_at)
                or not self._plausible(recorded_at)
                # An end date may lie in the future, but not before the year 2000 (R3).
                or (ended_at is not None and ended_at.date() < EARLIEST_PLAUSIBLE_ON)
            ):
                accounting.rows_quarantined += 1
                continue
            started_on = started_at.date()
            subscription = Subscription(
                subscription_id=key,
                account_id=account_id,
                plan=row.get("plan"),
                mrr_amount=amount,
                started_on=started_on,
                ended_on=None if ended_at is None else ended_at.date(),
                known_on=max(started_on, (recorded_at or started_at).date()),
            )
            if key in usable:
                accounting.rows_duplicate += 1
                if usable[key][0] <= started_at:
                    continue
            usable[key] = (started_at, subscription)
        accounting.rows_used = len(usable)
        return [subscription for _, subscription in usable.values()]

    def _read_event(self, row: Row) -> Event | None:
        """Return the event of a raw row, or None where the row goes to quarantine."""
        event_id, event_name = read_id(row.get("event_id")), read_id(row.get("event_name"))
        user_id, account_id = read_id(row.get("user_id")), read_id(row.get("account_id"))
        try:
            occurred_at = read_time(row.get("occurred_at"))
            received_at = read_time(row.get("received_at"))
            properties = read_properties(row.get("properties"))
        except UnreadableError:
            return None
        if event_id is None or event_name is None or occurred_at is None:
            return None
        anonymous_id = read_id(row.get("anonymous_id"))
        if user_id is None and account_id is None and anonymous_id is None:
            return None
        received_at = occurred_at if received_at is None else received_at
        if not self._plausible(occurred_at) or not self._plausible(received_at):
            return None
        if occurred_at - received_at > timedelta(hours=24):
            return None

        occurred_on, received_on = occurred_at.date(), received_at.date()
        known_on = max(occurred_on, received_on)
        if (received_on - occurred_on).days > self.backfill_lag_days:
            known_on = occurred_on  # a historical load
        return Event(
            event_id=event_id,
            event_name=event_name,
            occurred_at=occurred_at,
            received_at=received_at,
            user_id=user_id,
            anonymous_id=anonymous_id,
            account_id=account_id,
            properties=properties,
            occurred_on=occurred_on,
            known_on=known_on,
        )

    def _read_events(self, rows: Iterable[Row]) -> list[Event]:
        """Usable events without their copies: the one received first counts."""
        accounting = self._accounting.setdefault("events", Accounting())
        first_received: dict[str, Event] = {}
        for row in rows:
            accounting.rows_in += 1
            event = self._read_event(row)
            if event is None:
                accounting.rows_quarantined += 1
            elif event.event_id not in first_received:
                first_received[event.event_id] = event
            else:
                accounting.rows_duplicate += 1
                if event.received_at < first_received[event.event_id].received_at:
                    first_received[event.event_id] = event
        return list(first_received.values())

    # -- identities (R26 to R29) ----------------------------------------------------------------

    def _identity_rows(
        self, rows: Iterable[Row], table: str, ids: Sequence[str], times: tuple[str, str]
    ) -> list[tuple[tuple[str, ...], datetime, date, Row]]:
        """Usable rows of an identity table, each once: its ids, its time, when it was known."""
        accounting = self._accounting.setdefault(table, Accounting())
        usable: dict[Any, tuple[tuple[str, ...], datetime, date, Row]] = {}
        for row in rows:
            accounting.rows_in += 1
            key = tuple(read_id(row.get(column)) for column in ids)
            try:
                began_at, recorded_at = (read_time(row.get(column)) for column in times)
                ended_at = read_time(row.get("valid_to")) if table == "memberships" else None
            except UnreadableError:
                began_at = None
            if (
                None in key
                or began_at is None
                or not self._plausible(began_at)
                or not self._plausible(recorded_at)
                or (ended_at is not None and ended_at.date() < EARLIEST_PLAUSIBLE_ON)
                or (table == "merges" and (key[0] not in ("user", "account") or key[1] == key[2]))
            ):
                accounting.rows_quarantined += 1
                continue
            began_on, recorded_on = began_at.date(), (recorded_at or began_at).date()
            known_on = max(began_on, recorded_on)
            if (recorded_on - began_on).days > self.backfill_lag_days:
                known_on = began_on  # a historical load
            said = (*key, began_at, ended_at)
            if said in usable:
                accounting.rows_duplicate += 1
                # The copy recorded first counts; a historical load is recorded later than that.
                earlier = usable[said][3]
                if (recorded_at or began_at) >= (read_time(earlier.get(times[1])) or began_at):
                    continue
            usable[said] = (key, began_at, known_on, {**row, "valid_to": ended_at})
        accounting.rows_used = len(usable)
        return list(usable.values())

    def _read_identities(self, raw_tables: Mapping[str, Sequence[Row]], last: date) -> None:
        def rows(
            table: str, ids: Sequence[str], times: tuple[str, str]
        ) -> list[tuple[tuple[str, ...], datetime, date, Row]]:
            read = self._identity_rows(raw_tables.get(table, ()), table, ids, times)
            return [row for row in read if row[2] <= last]

        identifies = rows(
            "identifies", ("anonymous_id", "user_id"), ("identified_at", "received_at")
        )
        memberships = rows("memberships", ("user_id", "account_id"), ("valid_from", "recorded_at"))
        merges = rows(
            "merges", ("entity_type", "merged_id", "canonical_id"), ("merged_at", "recorded_at")
        )
        self._identity_days = [
            known_on for _, _, known_on, _ in (*identifies, *memberships, *merges)
        ]

        self._links: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for (anonymous_id, user_id), _, known_on, _ in identifies:
            self._links[anonymous_id].append((known_on, user_id))

        calls: dict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
        for (entity_type, merged_id, canonical_id), _, known_on, _ in merges:
            calls[entity_type, merged_id].append((known_on, canonical_id))
        # Of several targets the first known; two on one day say nothing.
        next_of: dict[tuple[str, str], tuple[date, str]] = {}
        for key, targets in calls.items():
            first_known_on = min(known_on for known_on, _ in targets)
            first = {target for known_on, target in targets if known_on == first_known_on}
            if len(first) == 1:
                next_of[key] = (first_known_on, first.pop())

        def walk(entity_type: str, merged_id: str) -> Iterable[tuple[date, str]]:
            seen, at = {merged_id}, merged_id
            while (entity_type, at) in next_of:
                known_on, at = next_of[entity_type, at]
                yield known_on, at
                if at in seen:
                    return
                seen.add(at)

        # A circle says nothing about those in it.
        in_circles = {
            (entity_type, merged_id)
            for entity_type, merged_id in next_of
            if merged_id in {at for _, at in walk(entity_type, merged_id)}
        }
        next_of = {key: target for key, target in next_of.items() if key not in in_circles}
        self._merges: dict[tuple[str, str], list[Merge]] = {}
        for entity_type, merged_id in next_of:
            chain: list[Merge] = []
            for known_on, canonical_id in walk(entity_type, merged_id):
                before = chain[-1].known_on if chain else date.min
                chain.append(Merge(canonical_id, max(known_on, before), len(chain) + 1))
            self._merges[entity_type, merged_id] = chain

        own: dict[str, list[Claim]] = defaultdict(list)
        for user_id, user in self.users.items():
            account_id = read_id(user.get("account_id"))
            if account_id is not None:
                own[user_id].append(Claim(datetime.min, True, 1, date.min, account_id))
        for (user_id, account_id), began_at, known_on, row in memberships:
            own[user_id].append(Claim(began_at, True, 3, known_on, account_id))
            if row["valid_to"] is not None:
                own[user_id].append(Claim(row["valid_to"], True, 2, known_on, None))
        self._claims: dict[str, list[Claim]] = {}
        for user_id in {*own, *(key[1] for key in self._merges if key[0] == "user")}:
            claims = list(own.get(user_id, ()))
            for merge in self._merges.get(("user", user_id), ()):
                claims += [
                    claim._replace(is_own=False, known_on=max(claim.known_on, merge.known_on))
                    for claim in own.get(merge.canonical_id, ())
                ]
            claims += [
                claim._replace(
                    account_id=merge.canonical_id,
                    precedence=3 + merge.step_count,
                    known_on=max(claim.known_on, merge.known_on),
                )
                for claim in claims
                for merge in self._merges.get(("account", claim.account_id), ())
            ]
            accounts: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
            for claim in claims:
                accounts[claim[:4]].add(claim.account_id)
            # Two accounts at once: not guessed.
            self._claims[user_id] = [
                Claim(*place, found.pop() if len(found) == 1 else None)
                for place, found in accounts.items()
            ]

    def _account_by(self, user_id: str, day: date, asked_on: date) -> str | None:
        """Account of a user on a day, by what is known on the day on which it is asked."""
        known = [claim for claim in self._claims.get(user_id, ()) if claim.known_on <= asked_on]
        begun = [claim for claim in known if claim.valid_from.date() <= day]
        if begun:
            return max(begun, key=lambda claim: claim[:4]).account_id
        return min(known, key=lambda claim: claim[:4]).account_id if known else None

    def _identified(self, event: Event) -> Event | None:
        """Return the event with the user that did it; None where nobody is known."""
        if event.user_id is not None or event.account_id is not None:
            return event
        links = self._links.get(event.anonymous_id, ())
        if not links:
            return None
        known_on = max(event.known_on, min(known_on for known_on, _ in links))
        users = {user_id for link_known_on, user_id in links if link_known_on <= known_on}
        if len(users) > 1:
            return None
        return replace(event, user_id=users.pop(), known_on=known_on)

    def _attributed(self, event: Event) -> tuple[str | None, date]:
        """Account of an event, and from when on it is known."""
        if event.account_id is not None:
            return event.account_id, event.known_on
        claims = self._claims.get(event.user_id, ())
        known_on = max([event.known_on, *([min(c.known_on for c in claims)] if claims else [])])
        return self._account_by(event.user_id, event.occurred_on, known_on), known_on

    def _recipients(self, entity_type: str, entity_id: str) -> list[tuple[str, date]]:
        """Who has what an entity has: itself, and what it has become, from the merge on."""
        merges = self._merges.get((entity_type, entity_id), ())
        return [(entity_id, date.min), *((m.canonical_id, m.known_on) for m in merges)]

    def _facts_of(self, event: Event) -> list[Fact]:
        account_id, account_known_on = self._attributed(event)
        return [
            Fact(entity_type, recipient_id, max(known_on, recipient_known_on), event)
            for entity_type, entity_id, known_on in (
                ("user", event.user_id, event.known_on),
                ("account", account_id, account_known_on),
            )
            if entity_id is not None
            for recipient_id, recipient_known_on in self._recipients(entity_type, entity_id)
        ]

    def _merged_by(self, entity_type: str, entity_id: str, day: date) -> bool:
        merges = self._merges.get((entity_type, entity_id), ())
        return any(merge.known_on <= day for merge in merges)

    def _is_internal(self, user_id: str | None) -> bool:
        return user_id in self.users and read_boolean(self.users[user_id].get("is_internal"))

    def row_accounting(self) -> dict[str, Accounting]:
        """Return where the rows of each raw table ended."""
        return self._accounting

    # -- definitions --------------------------------------------------------------------------

    def _read_definitions(self, seeds: Mapping[str, Sequence[Row]]) -> None:
        def text(row: Row, column: str) -> str | None:
            return None if is_blank(row.get(column)) else str(row[column]).strip()

        def whole(row: Row, column: str) -> int | None:
            cell = text(row, column)
            return None if cell is None else int(cell)

        def number(row: Row, column: str) -> Number | None:
            cell = text(row, column)
            return None if cell is None else Fraction(cell)

        self.activities = {row["activity_key"]: row for row in seeds.get("pql_activities", ())}
        self.signals = {
            row["signal_key"]: Signal(
                signal_key=row["signal_key"],
                activity_key=text(row, "activity_key"),
                attribute=text(row, "attribute"),
                measure=row["measure"],
                window_days=whole(row, "window_days"),
                within_days_of_signup=whole(row, "within_days_of_signup"),
                decay_every_days=whole(row, "decay_every_days"),
                decay_rate=number(row, "decay_rate"),
                operator=text(row, "operator") or ">=",
                threshold=str(row["threshold"]),
            )
            for row in seeds.get("pql_signals", ())
        }

        weights: dict[str, list[Weight]] = defaultdict(list)
        for row in seeds.get("pql_weights", ()):
            weight = Weight(
                signal_key=row["signal_key"],
                points=number(row, "points"),
                points_per_unit=number(row, "points_per_unit"),
                max_points=number(row, "max_points"),
                is_required=read_boolean(row.get("is_required")),
            )
            weights[row["definition_key"]].append(weight)

        # Of several approvals the one approved last counts (R17).
        approvals: dict[str, Row] = {}
        for row in sorted(
            seeds.get("pql_approved_thresholds", ()), key=lambda row: read_date(row["approved_on"])
        ):
            approvals[row["definition_key"]] = row

        self.definitions: dict[str, Definition] = {}
        for row in seeds.get("pql_definitions", ()):
            if not read_boolean(row.get("is_active")):
                continue
            key = row["definition_key"]
            enter, leave = number(row, "enter_threshold"), number(row, "exit_threshold")
            leave = enter if leave is None else leave  # no exit threshold: no hysteresis
            if key in approvals:
                enter = number(approvals[key], "enter_threshold")
                approved_exit = number(approvals[key], "exit_threshold")
                leave = min(leave, enter) if approved_exit is None else approved_exit
            self.definitions[key] = Definition(
                definition_key=key,
                entity_type=row["entity_type"],
                audience=row["audience"],
                enter_threshold=enter,
                exit_threshold=leave,
                weights=tuple(weights[key]),
            )

    def scored_signals(self, entity_type: str) -> list[str]:
        """Return the signals with a weight in an active definition of the entity type (R11)."""
        return sorted(
            {
                weight.signal_key
                for definition in self.definitions.values()
                if definition.entity_type == entity_type
                for weight in definition.weights
            }
        )

    def _belongs_to(self, event: Event, activity: Row) -> bool:
        if activity["event_name"] not in ("*", event.event_name):
            return False
        if is_blank(activity.get("property")):
            return True
        left = property_text(event.properties, activity["property"])
        return holds(left, activity["operator"], activity.get("property_value") or "")

    # -- indexes ------------------------------------------------------------------------------

    def _index_events(self) -> None:
        self._rows: dict[tuple[str, str, str], list[ActivityRow]] = defaultdict(list)
        self._days: dict[tuple[str, str], list[tuple[date, date]]] = defaultdict(list)
        for entity_type, entity_id, known_on, event in self.facts:
            self._days[entity_type, entity_id].append((known_on, event.occurred_on))
            for activity_key, activity in self.activities.items():
                if not self._belongs_to(event, activity):
                    continue
                row = ActivityRow(
                    known_on=known_on,
                    occurred_on=event.occurred_on,
                    user_id=event.user_id,
                    object=self._object_of(event, activity),
                    value=self._value_of(event, activity),
                )
                self._rows[entity_type, entity_id, activity_key].append(row)

    @staticmethod
    def _object_of(event: Event, activity: Row) -> str | None:
        name = activity.get("object_property")
        return None if is_blank(name) else property_text(event.properties, name)

    @staticmethod
    def _value_of(event: Event, activity: Row) -> Number | None:
        name = activity.get("value_property")
        return None if is_blank(name) else read_number(property_text(event.properties, name))

    # -- entities -----------------------------------------------------------------------------

    def entities(self) -> list[tuple[str, str]]:
        """Return every (entity_type, entity_id) of the tables and of the visible events."""
        found = {("account", account_id) for account_id in self.accounts}
        found |= {("user", user_id) for user_id in self.users}
        found |= set(self._days)
        return sorted(found)

    def is_internal(self, entity_type: str, entity_id: str) -> bool:
        """Whether the entity is an internal user."""
        return entity_type == "user" and self._is_internal(entity_id)

    def created_on(self, entity_type: str, entity_id: str, day: date) -> date | None:
        """Creation day as known on a day; None where the entity is not known by then (R7).

        Rows of the tables count as always known, also those created after the as-of day.
        """
        table = self.accounts if entity_type == "account" else self.users
        if entity_id in table:
            return table[entity_id]["created_on"]
        return min(
            (
                occurred_on
                for known_on, occurred_on in self._days[entity_type, entity_id]
                if known_on <= day
            ),
            default=None,
        )

    def first_day(self, entity_type: str, entity_id: str) -> date | None:
        """Return a day before which nothing can be said about the entity; None: never."""
        days = [occurred_on for _, occurred_on in self._days[entity_type, entity_id]]
        created_on = self.created_on(entity_type, entity_id, date.max)
        return min([*days, *([] if created_on is None else [created_on])], default=None)

    def account_of(self, entity_type: str, entity_id: str, day: date) -> str | None:
        """Return the account whose attributes and subscriptions an entity has on a day (R9)."""
        return entity_id if entity_type == "account" else self._account_by(entity_id, day, day)

    def attribute(self, entity_type: str, entity_id: str, attribute: str, day: date) -> Any:
        """Attribute of the entity's account from the entity's creation on (R8)."""
        created_on = self.created_on(entity_type, entity_id, day)
        account_id = self.account_of(entity_type, entity_id, day)
        if created_on is None or day < created_on or account_id not in self.accounts:
            return None
        value = self.accounts[account_id].get(attribute)
        return None if is_blank(value) else value

    # -- signals ------------------------------------------------------------------------------

    def _contributing(
        self, entity_type: str, entity_id: str, signal: Signal, day: date
    ) -> list[ActivityRow]:
        created_on = self.created_on(entity_type, entity_id, day)
        rows = []
        for row in self._rows.get((entity_type, entity_id, signal.activity_key), ()):
            if row.known_on > day:
                continue
            if (
                signal.window_days is not None
                and (day - row.occurred_on).days >= signal.window_days
            ):
                continue
            if (
                signal.within_days_of_signup is not None
                and (row.occurred_on - created_on).days >= signal.within_days_of_signup
            ):
                continue
            rows.append(row)
        return rows

    @staticmethod
    def _share(signal: Signal, row: ActivityRow, day: date) -> Number:
        """How much of a row still counts on a day."""
        if signal.decay_every_days is None:
            return Fraction(1)
        age = (day - row.occurred_on).days
        return max(Fraction(0), 1 - signal.decay_rate * (age // signal.decay_every_days))

    def _measure(
        self, entity_type: str, entity_id: str, signal: Signal, day: date
    ) -> Number | None:
        if signal.measure == "days_since_signup":
            created_on = self.created_on(entity_type, entity_id, day)
            if created_on is None or day < created_on:
                return None
            return Fraction((day - created_on).days)

        rows = self._contributing(entity_type, entity_id, signal, day)
        values = [row.value for row in rows if row.value is not None]
        if signal.measure == "events":
            return sum((self._share(signal, row, day) for row in rows), Fraction(0))
        if signal.measure == "active_days":
            return Fraction(len({row.occurred_on for row in rows}))
        if signal.measure == "active_users":
            return Fraction(len({row.user_id for row in rows if row.user_id is not None}))
        if signal.measure == "distinct_objects":
            return Fraction(len({row.object for row in rows if row.object is not None}))
        if signal.measure == "sum":
            return sum(
                (
                    row.value * self._share(signal, row, day)
                    for row in rows
                    if row.value is not None
                ),
                Fraction(0),
            )
        if signal.measure == "average":
            return sum(values, Fraction(0)) / len(values) if values else None
        if signal.measure == "days_since_last":
            return Fraction((day - max(row.occurred_on for row in rows)).days) if rows else None
        if signal.measure == "days_since_first":
            return Fraction((day - min(row.occurred_on for row in rows)).days) if rows else None
        raise ValueError(f"unknown measure {signal.measure!r} of signal {signal.signal_key!r}")

    def signal(self, entity_type: str, entity_id: str, signal_key: str, day: date) -> SignalState:
        """Value, is_measured and is_met of a signal at the end of a day."""
        key = (entity_type, entity_id, signal_key, day)
        if key not in self._states:
            self._states[key] = self._signal(*key)
        return self._states[key]

    def _signal(self, entity_type: str, entity_id: str, signal_key: str, day: date) -> SignalState:
        signal = self.signals[signal_key]
        if signal.measure == "attribute":
            attribute = self.attribute(entity_type, entity_id, signal.attribute, day)
            is_met = holds(attribute, signal.operator, signal.threshold)
            return SignalState(read_number(attribute), attribute is not None, is_met)
        measured = self._measure(entity_type, entity_id, signal, day)
        if measured is None:
            return SignalState(None, False, False)
        value = Fraction(round_half_away(measured, 9))  # values are decimal(38, 9) (R12)
        threshold = Fraction(signal.threshold)
        is_met = value <= threshold if signal.operator == "<=" else value >= threshold
        return SignalState(value, True, is_met)

    # -- points and scores --------------------------------------------------------------------

    def points(
        self, entity_type: str, entity_id: str, definition_key: str, signal_key: str, day: date
    ) -> Decimal:
        """Points that a signal brings to a definition at the end of a day, decimal(18, 4)."""
        (weight,) = (
            weight
            for weight in self.definitions[definition_key].weights
            if weight.signal_key == signal_key
        )
        return self._points(entity_type, entity_id, weight, day)

    def _points(self, entity_type: str, entity_id: str, weight: Weight, day: date) -> Decimal:
        state = self.signal(entity_type, entity_id, weight.signal_key, day)
        if not state.is_met:
            return Decimal(0)
        limit = MOST_POINTS
        if weight.points_per_unit is None:
            points = weight.points or Fraction(0)
        else:
            points = weight.points_per_unit * state.value
            if weight.max_points is not None:
                limit = min(limit, abs(weight.max_points))
        return round_half_away(max(-limit, min(limit, points)), 4)

    def score(self, entity_type: str, entity_id: str, definition_key: str, day: date) -> Decimal:
        """Sum of the points over the weights of the definition."""
        return sum(
            (
                self._points(entity_type, entity_id, weight, day)
                for weight in self.definitions[definition_key].weights
            ),
            Decimal(0),
        )

    # -- status -------------------------------------------------------------------------------

    def in_audience(self, entity_type: str, entity_id: str, audience: str, day: date) -> bool:
        """Whether the entity is in the audience on a day; one that was merged is in none."""
        if self._merged_by(entity_type, entity_id, day):
            return False
        account_id = self.account_of(entity_type, entity_id, day)
        known = [
            subscription
            for subscription in self.subscriptions.get(account_id, ())
            if subscription.is_paid and subscription.known_on <= day
        ]
        if audience == "prospect":
            return not known
        if audience == "customer":
            return any(subscription.is_active_on(day) for subscription in known)
        return True

    def required_met(
        self, entity_type: str, entity_id: str, definition_key: str, day: date
    ) -> bool:
        """Whether the condition of every required signal holds."""
        return all(
            self.signal(entity_type, entity_id, weight.signal_key, day).is_met
            for weight in self.definitions[definition_key].weights
            if weight.is_required
        )

    def _may_qualify(
        self, entity_type: str, entity_id: str, definition: Definition, day: date
    ) -> bool:
        """Every condition of being qualified but the score."""
        created_on = self.created_on(entity_type, entity_id, day)
        return (
            created_on is not None
            and created_on <= day
            and not self.is_internal(entity_type, entity_id)
            and self.in_audience(entity_type, entity_id, definition.audience, day)
            and self.required_met(entity_type, entity_id, definition.definition_key, day)
        )

    def qualified(self, entity_type: str, entity_id: str, definition_key: str, day: date) -> bool:
        """Whether the entity is qualified at the end of a day, walked day by day from its first."""
        first_on = self.first_day(entity_type, entity_id)
        if first_on is None or day < first_on:
            return False
        definition = self.definitions[definition_key]
        walk = self._walks.setdefault(
            (entity_type, entity_id, definition_key), _StatusWalk(first_on)
        )
        while len(walk.qualified) <= (day - first_on).days:
            today = first_on + len(walk.qualified) * ONE_DAY
            was_qualified = bool(walk.qualified) and walk.qualified[-1]
            score = self.score(entity_type, entity_id, definition_key, today)
            walk.qualified.append(
                self._may_qualify(entity_type, entity_id, definition, today)
                and (
                    score >= definition.enter_threshold
                    or (was_qualified and score >= definition.exit_threshold)
                )
            )
        return walk.qualified[(day - first_on).days]

    def ended_by(
        self, entity_type: str, entity_id: str, definition_key: str, day: date
    ) -> str | None:
        """Why a qualified period ended: the last qualified day was the day before ``day`` (R15)."""
        if not self.qualified(
            entity_type, entity_id, definition_key, day - ONE_DAY
        ) or self.qualified(entity_type, entity_id, definition_key, day):
            return None
        definition = self.definitions[definition_key]
        if self._merged_by(entity_type, entity_id, day):
            return "merged"
        if not self.in_audience(entity_type, entity_id, definition.audience, day):
            return "converted" if definition.audience == "prospect" else "churned"
        if not self.required_met(entity_type, entity_id, definition_key, day):
            return "required"
        return "score"

    def transitions(
        self, entity_type: str, entity_id: str, definition_key: str
    ) -> list[tuple[date, str]]:
        """Changes of status up to the as-of day: the day, and what happened."""
        key = (entity_type, entity_id, definition_key)
        first_on = self.first_day(entity_type, entity_id)
        found: list[tuple[date, str]] = []
        if first_on is None or self.as_of is None:
            return found
        for number in range((self.as_of - first_on).days + 1):
            day = first_on + number * ONE_DAY
            before, now = self.qualified(*key, day - ONE_DAY), self.qualified(*key, day)
            if now and not before:
                found.append((day, "requalified" if found else "qualified"))
            elif before and not now:
                is_converted = self.ended_by(*key, day) == "converted"
                found.append((day, "converted" if is_converted else "lapsed"))
        return found

    def activity_facts(self) -> dict[tuple[Any, ...], list[tuple[datetime, Number | None]]]:
        """Time and value of the events per grain of fct_user_activity_daily, earliest first.

        The grain: account, user, activity, object, day of occurrence, day of arrival.
        """
        facts: dict[tuple[Any, ...], list[tuple[datetime, Number | None]]] = defaultdict(list)
        for event in sorted(self.events, key=lambda event: event.occurred_at):
            for activity_key, activity in self.activities.items():
                if not self._belongs_to(event, activity):
                    continue
                grain = (
                    self._attributed(event)[0],
                    event.user_id,
                    activity_key,
                    self._object_of(event, activity),
                    event.occurred_on,
                    event.received_at.date(),
                )
                facts[grain].append((event.occurred_at, self._value_of(event, activity)))
        return facts

    def converted_on(self, account_id: str) -> date | None:
        """Earliest paid start among the subscriptions known by the as-of day (R10)."""
        return min(
            (s.started_on for s in self.subscriptions.get(account_id, ()) if s.is_paid),
            default=None,
        )
