"""Sales response, lead types, channels, activities before the upgrade, health of definitions.

Every row of the marts on the demo is computed again from the raw rows, in plain Python and with
other methods: Wilson and Kaplan-Meier are scipy's, what holds at an age stands in a matrix of
accounts and ages. Who qualified when is taken from the transitions and from the log of what was
reported, which are tested elsewhere.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from demo import Demo
from harness import PROJECT_ROOT, query
from oracle import holds, property_text, read_properties
from scipy import stats

HORIZON = timedelta(days=60)
WINDOW_DAYS = 30
DAYS_PER_MONTH = Decimal("30.4375")
ONE_DAY = timedelta(days=1)
BANDS = ("within_24h", "1_to_3_days", "4_to_7_days", "later", "not_touched")

Row = dict[str, Any]
Cohort = tuple[str, date | None]


@dataclass(frozen=True)
class Journey:
    """What became of an account under a definition."""

    account_id: str
    channel: str
    signed_up_on: date
    converted_on: date | None
    qualified_on: date | None
    lead_at: datetime | None

    @property
    def is_crossing(self) -> bool:
        """Whether it qualified before it paid."""
        return self.qualified_on is not None and (
            self.converted_on is None or self.qualified_on < self.converted_on
        )


# The usable events of the demo, each once, without those of internal users; R1 to R4 of the docs.
EVENTS = """
    with usable as (
        select *, coalesce(received_at, occurred_at) as arrived_at
        from events
        where
            trim(event_id) <> '' and trim(event_name) <> ''
            and occurred_at between '2000-01-01' and '2100-01-01'
            and coalesce(received_at, occurred_at) between '2000-01-01' and '2100-01-01'
            and occurred_at - coalesce(received_at, occurred_at) <= interval 24 hours
            and (trim(user_id) <> '' or trim(account_id) <> '')
            and (coalesce(trim(properties), '') = '' or json_valid(properties))
    ),
    once as (
        select *, cast(occurred_at as date) as occurred_on, cast(arrived_at as date) as arrived_on
        from usable
        qualify row_number() over (partition by event_id order by arrived_at) = 1
    )
    select
        coalesce(once.account_id, users.account_id) as account_id,
        once.event_name,
        case when once.event_name in (select event_name from conditions) then once.properties end
            as properties,
        once.occurred_on,
        case
            when arrived_on - occurred_on > 30 then occurred_on
            else greatest(arrived_on, occurred_on)
        end as known_on
    from once
    left join users on once.user_id = users.user_id
    where not coalesce(users.is_internal, false)
"""


class World:
    """The raw rows of the demo, read without the models, and who qualified when."""

    def __init__(self, demo: Demo) -> None:
        self.seeds = {}
        self.raw = {}
        with duckdb.connect() as connection:
            for folder in ("seeds", "settings"):
                for path in sorted((PROJECT_ROOT / folder).glob("*.csv")):
                    self.seeds[path.stem] = query(
                        connection, f"from read_csv('{path}', all_varchar = true, header = true)"
                    )
            for file in sorted((demo.folder / "raw").iterdir()):
                connection.execute(f"create view {file.stem} as from '{file}'")
                if file.stem != "events":
                    self.raw[file.stem] = query(connection, f"from {file.stem}")
            connection.execute(
                "create table conditions as select event_name from "
                f"read_csv('{PROJECT_ROOT / 'seeds' / 'pql_activities.csv'}', header = true) "
                "where property is not null"
            )
            self.events = query(connection, EVENTS)
        self.as_of: date = max(event["known_on"] for event in self.events)
        self.definitions = {
            row["definition_key"]: row
            for row in self.seeds["pql_definitions"]
            if row["is_active"] == "true"
        }
        self.limits = {
            row["limit_key"]: float(row["value"]) for row in self.seeds["pql_health_limits"]
        }
        self.users = {row["user_id"]: row["account_id"] for row in self.raw["users"]}
        self.first_active: dict[str, date] = {}
        for event in self.events:
            if (account_id := event["account_id"]) is not None:
                day = self.first_active.get(account_id, date.max)
                self.first_active[account_id] = min(day, event["occurred_on"])
        self.signed_up = self.first_active | {
            row["account_id"]: row["created_at"].date() for row in self.raw["accounts"]
        }
        self.paid = [
            row
            for row in self.raw["subscriptions"]
            if row["account_id"] is not None
            and row["mrr_amount"] > 0
            and (row["recorded_at"] or row["started_at"]).date() <= self.as_of
        ]
        self.converted: dict[str, date] = {}
        for row in self.paid:
            day = self.converted.get(row["account_id"], date.max)
            self.converted[row["account_id"]] = min(day, row["started_at"].date())
        self.transitions = demo.query(
            """
            select *, 'recomputed' as basis, transitioned_on as changed_on, 0 as report_number
            from marts.fct_pql_transitions
            """
        )
        self.reports = demo.query(
            "select *, 'reported' as basis, as_of_on as changed_on from marts.fct_pql_reported"
        )
        self.journeys = dict(self._journeys())

    def account_of(self, row: Row) -> str | None:
        """Account of an entity that qualified."""
        if row["entity_type"] == "account":
            return row["entity_id"]
        return self.users.get(row["entity_id"])

    def _journeys(self) -> Iterator[tuple[tuple[str, str], list[Journey]]]:
        first: dict[tuple[str, str, str], tuple[date, datetime]] = {}
        for row in self.transitions + self.reports:
            if row["transition"] not in ("qualified", "requalified"):
                continue
            account_id = self.account_of(row)
            if account_id is None:
                continue
            end_of_day = datetime.combine(row["changed_on"] + ONE_DAY, time())
            lead = (row["changed_on"], row.get("qualified_at") or end_of_day)
            key = (row["basis"], row["definition_key"], account_id)
            first[key] = min(first.get(key, lead), lead)
        channels = {row["account_id"]: row["acquisition_channel"] for row in self.raw["accounts"]}
        for basis in ("recomputed", "reported"):
            for definition in self.definitions:
                yield (
                    (basis, definition),
                    [
                        Journey(
                            account_id,
                            channels.get(account_id) or "unknown",
                            signed_up_on,
                            self.converted.get(account_id),
                            *first.get((basis, definition, account_id), (None, None)),
                        )
                        for account_id, signed_up_on in self.signed_up.items()
                    ],
                )

    def audience(self, definition: str) -> str:
        return self.definitions[definition]["audience"]


@pytest.fixture(scope="module")
def world(demo: Demo) -> World:
    return World(demo)


# ---------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------


def rate(name: str, successes: int, trials: int) -> Row:
    """A rate with its Wilson interval."""
    if not trials:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    interval = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return {
        name: successes / trials,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
    }


def kaplan_meier_median(waits: Sequence[tuple[float, bool]]) -> float | None:
    """Shortest wait by which the estimated share that still waits is at most one half.

    None where fewer than ten have waited so long.
    """
    over = [wait for wait, is_over in waits if is_over]
    if not over:
        return None
    still = [wait for wait, is_over in waits if not is_over]
    curve = stats.ecdf(
        stats.CensoredData(uncensored=over, right=still) if still else np.array(over)
    ).sf
    reached = curve.quantiles[curve.probabilities <= 0.5 + 1e-12]
    if not len(reached) or sum(wait >= reached[0] - 1e-9 for wait, _ in waits) < 10:
        return None
    return float(reached[0])


def month_of(day: date) -> date:
    return day.replace(day=1)


def week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def by_cohort(
    items: Iterable[Any], day_of: Callable[[Any], date], weekly: bool
) -> dict[Cohort, list[Any]]:
    """The items of all, of each month and of each week."""
    cohorts: dict[Cohort, list[Any]] = defaultdict(list)
    for item in items:
        day = day_of(item)
        cohorts["all", None].append(item)
        cohorts["month", month_of(day)].append(item)
        if weekly:
            cohorts["week", week_of(day)].append(item)
    return cohorts


def assert_same(found: list[Row], expected: list[Row], key: Sequence[str]) -> None:
    """Every row and every column is equal; numbers that are no counts to a billionth."""
    found_by_key = {tuple(row[column] for column in key): row for row in found}
    expected_by_key = {tuple(row[column] for column in key): row for row in expected}
    assert len(found_by_key) == len(found)
    assert len(expected_by_key) == len(expected)
    assert found_by_key.keys() == expected_by_key.keys()
    assert expected
    for name, row in expected_by_key.items():
        assert row.keys() == found_by_key[name].keys()
        for column, value in row.items():
            actual = found_by_key[name][column]
            if isinstance(value, float):
                assert actual == pytest.approx(value, rel=1e-9, abs=1e-9), (name, column)
            else:
                assert actual == value, (name, column)


# ---------------------------------------------------------------------------------------------
# The marts
# ---------------------------------------------------------------------------------------------


def test_the_raw_rows_are_read_as_the_generator_says(demo: Demo, world: World) -> None:
    assert len(world.events) == demo.truth["accounting"]["events"]["used"]


def test_the_response_of_sales_is_that_of_the_raw_touches(demo: Demo, world: World) -> None:
    touches = defaultdict(list)
    for touch in world.raw["touches"]:
        if touch["touched_at"].date() <= world.as_of:
            touches[touch["account_id"]].append(touch["touched_at"])

    def answered(journey: Journey) -> tuple[float | None, float]:
        """Hours to the first touch, and hours waited for it."""
        assert journey.lead_at is not None
        last_day = world.as_of
        if journey.is_crossing and journey.converted_on is not None:
            last_day = journey.converted_on
        until = datetime.combine(last_day + ONE_DAY, time())
        times = [at for at in touches[journey.account_id] if journey.lead_at <= at]
        if times and min(times) < until:
            hours = (min(times) - journey.lead_at).total_seconds() / 3600
            return hours, hours
        return None, (until - journey.lead_at).total_seconds() / 3600

    def band_of(hours: float | None) -> str:
        if hours is None:
            return "not_touched"
        limits = zip((24, 72, 168), BANDS, strict=False)
        return next((band for limit, band in limits if hours <= limit), "later")

    expected = []
    for (basis, definition), journeys in world.journeys.items():
        qualified = [
            (journey, *answered(journey))
            for journey in journeys
            if journey.qualified_on is not None
        ]
        cohorts = by_cohort(qualified, lambda item: item[0].qualified_on, weekly=True)
        for (grain, start), members in cohorts.items():
            for number, band in enumerate(("all", *BANDS), start=1):
                rows = [m for m in members if band in ("all", band_of(m[1]))]
                mature = [
                    m[0]
                    for m in rows
                    if m[0].is_crossing and m[0].qualified_on + HORIZON <= world.as_of
                ]
                converted = [
                    j
                    for j in mature
                    if j.converted_on and j.converted_on <= j.qualified_on + HORIZON
                ]
                hours = [m[1] for m in rows if m[1] is not None]
                waits = [(m[2], m[1] is not None) for m in rows]
                expected.append(
                    {
                        "basis": basis,
                        "definition_key": definition,
                        "cohort_grain": grain,
                        "cohort_start": start,
                        "band_number": number,
                        "response_band": band,
                        "crossing_count": len(rows),
                        "share_of_crossings": len(rows) / len(members),
                        "touched_count": len(hours),
                        "median_hours": statistics.median(hours) if hours else None,
                        "kaplan_meier_median_hours": (
                            kaplan_meier_median(waits) if band == "all" else None
                        ),
                        "already_customer_count": sum(not m[0].is_crossing for m in rows),
                        "mature_count": len(mature),
                        "converted_count": len(converted),
                        **rate("conversion_rate", len(converted), len(mature)),
                    }
                )
    key = ("basis", "definition_key", "cohort_grain", "cohort_start", "response_band")
    assert_same(demo.query("from marts.rpt_sales_response"), expected, key)
    assert {row["response_band"] for row in expected if row["crossing_count"]} == {"all", *BANDS}
    assert any(row["kaplan_meier_median_hours"] for row in expected)


def test_the_lead_types_are_those_of_the_raw_leads(demo: Demo, world: World) -> None:
    first: dict[tuple[str, str], date] = {}
    accounts: dict[str, str] = {}
    of_address = defaultdict(set)
    for user in world.raw["users"]:
        is_there = user["created_at"].date() <= world.as_of and not user["is_internal"]
        if is_there and user["account_id"] and user["email"]:
            of_address[user["email"].lower()].add(user["account_id"])
    for lead in world.raw["leads"]:
        day = lead["created_at"].date()
        if day > world.as_of:
            continue
        found = of_address[lead["email"].lower()] if lead["email"] else set()
        account_id = lead["account_id"] or (min(found) if len(found) == 1 else None)
        who = account_id or lead["email"].lower()
        if account_id in world.signed_up:
            accounts[who] = account_id
        first[lead["kind"], who] = min(first.get((lead["kind"], who), day), day)

    expected = []
    for basis in ("recomputed", "reported"):
        # Lead type, definition, who, day.
        leads = [(kind, "*", who, day) for (kind, who), day in first.items()]
        leads += [
            ("pql", definition, journey.account_id, journey.qualified_on)
            for (of_basis, definition), journeys in world.journeys.items()
            if of_basis == basis and world.audience(definition) != "customer"
            for journey in journeys
            if journey.qualified_on is not None
        ]
        accounts_of_basis = accounts | {who: who for kind, _, who, _ in leads if kind == "pql"}

        def paid_on(who: str, accounts: Mapping[str, str] = accounts_of_basis) -> date:
            return world.converted.get(accounts.get(who, ""), date.max)

        earliest: dict[tuple[str, str], date] = {}
        for kind, _, who, day in leads:
            if day < paid_on(who):
                earliest[kind, who] = min(earliest.get((kind, who), day), day)
        groups = defaultdict(list)
        for lead in leads:
            groups[lead[0], lead[1]].append(lead)
        for (kind, definition), members in groups.items():
            for (grain, start), rows in by_cohort(members, lambda m: m[3], weekly=False).items():
                open_leads = [row for row in rows if row[3] < paid_on(row[2])]
                mature = [row for row in open_leads if row[3] + HORIZON <= world.as_of]
                converted = [row for row in mature if paid_on(row[2]) <= row[3] + HORIZON]
                waits = [
                    ((min(paid_on(who), world.as_of) - day).days, paid_on(who) <= world.as_of)
                    for _, _, who, day in open_leads
                ]
                over = [wait for wait, is_over in waits if is_over]
                before = {
                    other: sum(
                        earliest.get((other, row[2]), date.max) < row[3] for row in open_leads
                    )
                    for other in ("mql", "sql", "pql")
                    if other != kind
                }
                types = [
                    sum((other, row[2]) in earliest for other in ("mql", "sql", "pql"))
                    for row in open_leads
                ]
                median = kaplan_meier_median(waits)
                expected.append(
                    {
                        "basis": basis,
                        "lead_type": kind,
                        "definition_key": definition,
                        "cohort_grain": grain,
                        "cohort_start": start,
                        "lead_count": len(open_leads),
                        "never_signed_up_count": sum(
                            row[2] not in accounts_of_basis for row in open_leads
                        ),
                        "already_customer_count": len(rows) - len(open_leads),
                        "mql_before_count": before.get("mql"),
                        "sql_before_count": before.get("sql"),
                        "pql_before_count": before.get("pql"),
                        "several_types_count": sum(count > 1 for count in types),
                        "mature_count": len(mature),
                        "converted_count": len(converted),
                        **rate("conversion_rate", len(converted), len(mature)),
                        "converted_to_date_count": len(over),
                        "median_days": float(statistics.median(over)) if over else None,
                        "kaplan_meier_median_days": median,
                    }
                )
    key = ("basis", "lead_type", "definition_key", "cohort_grain", "cohort_start")
    assert_same(demo.query("from marts.rpt_lead_types"), expected, key)
    assert any(row["kaplan_meier_median_days"] for row in expected)
    assert any(row["never_signed_up_count"] for row in expected)
    assert any(row["already_customer_count"] for row in expected)


def revenue_to_date(world: World) -> dict[str, dict[str | None, Decimal]]:
    """What each account has paid so far, by currency: one day after the other."""
    paid: dict[str, dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in world.paid:
        day = row["started_at"].date()
        while day <= world.as_of and (row["ended_at"] is None or day < row["ended_at"].date()):
            paid[row["account_id"]][row["currency"]] += row["mrr_amount"]
            day += ONE_DAY
    return {
        account_id: {currency: total / DAYS_PER_MONTH for currency, total in paid_in.items()}
        for account_id, paid_in in paid.items()
    }


def money(amount: Decimal | None) -> Decimal | None:
    """An amount as the marts hold it."""
    if amount is None:
        return None
    return amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def test_the_channels_are_those_of_the_raw_spend_and_subscriptions(
    demo: Demo, world: World
) -> None:
    revenue = revenue_to_date(world)
    spend: dict[tuple[str, Cohort], list[tuple[date, Decimal]]] = defaultdict(list)
    for row in world.raw["spend"]:
        day = row["spent_on"]
        day = day.date() if isinstance(day, datetime) else day
        if day <= world.as_of:
            for channel in ("all", row["acquisition_channel"]):
                for cohort in (("all", None), ("month", month_of(day))):
                    spend[channel, cohort].append((day, Decimal(str(row["amount"]))))

    def per(amount: Decimal | None, count: int) -> Decimal | None:
        return None if amount is None or not count else money(amount / count)

    expected = []
    for (basis, definition), journeys in world.journeys.items():
        if world.audience(definition) == "customer":
            continue
        cells: dict[tuple[str, Cohort], list[Journey]] = {cell: [] for cell in spend}
        for cohort, members in by_cohort(journeys, lambda j: j.signed_up_on, weekly=False).items():
            for journey in members:
                for channel in ("all", journey.channel):
                    cells.setdefault((channel, cohort), []).append(journey)
        for (channel, cohort), members in cells.items():
            pqls = sum(journey.is_crossing for journey in members)
            customers = [j.account_id for j in members if j.converted_on is not None]
            rows = spend.get((channel, cohort), [])
            spent = sum((amount for _, amount in rows), Decimal(0)) if rows else None
            currencies = {currency for account_id in customers for currency in revenue[account_id]}
            earned = None
            if len(currencies) == 1:
                earned = sum(sum(revenue[account_id].values()) for account_id in customers)
            expected.append(
                {
                    "basis": basis,
                    "definition_key": definition,
                    "acquisition_channel": channel,
                    "cohort_grain": cohort[0],
                    "cohort_start": cohort[1],
                    "signup_count": len(members),
                    "pql_count": pqls,
                    "customer_count": len(customers),
                    **rate("pql_rate", pqls, len(members)),
                    **rate("customer_rate", len(customers), len(members)),
                    "is_mature": bool(members)
                    and all(j.signed_up_on + HORIZON <= world.as_of for j in members),
                    "spend_amount": money(spent),
                    "first_spent_on": min((day for day, _ in rows), default=None),
                    "last_spent_on": max((day for day, _ in rows), default=None),
                    "cost_per_signup": per(spent, len(members)),
                    "cost_per_pql": per(spent, pqls),
                    "customer_acquisition_cost": per(spent, len(customers)),
                    "currency_count": len(currencies),
                    "currency": next(iter(currencies)) if len(currencies) == 1 else None,
                    "revenue_to_date": money(earned),
                    "lifetime_value": per(earned, len(customers)),
                    "ltv_to_cac": float(earned / spent) if earned is not None and spent else None,
                }
            )
    key = ("basis", "definition_key", "acquisition_channel", "cohort_grain", "cohort_start")
    assert_same(demo.query("from marts.rpt_channel_performance"), expected, key)
    assert any(row["spend_amount"] is None for row in expected)


def activities_of(world: World) -> Callable[[Row], list[str]]:
    """Which activities of the tracking plan an event belongs to."""
    plan = world.seeds["pql_activities"]

    def belongs(event: Row, activity: Row) -> bool:
        if activity["event_name"] not in ("*", event["event_name"]):
            return False
        if not activity["property"]:
            return True
        left = property_text(read_properties(event["properties"]), activity["property"])
        return holds(left, activity["operator"], activity["property_value"] or "")

    return lambda event: [row["activity_key"] for row in plan if belongs(event, row)]


def test_what_customers_did_before_they_paid_is_that_of_the_raw_events(
    demo: Demo, world: World
) -> None:
    accounts = {account_id: number for number, account_id in enumerate(world.signed_up)}
    signed_up = list(world.signed_up.values())
    paid = [world.converted.get(account_id) for account_id in accounts]
    last_age = max((world.as_of - day).days for day in signed_up)
    observed_age = np.array([(world.as_of - day).days for day in signed_up])
    paid_age = np.array(
        [
            10**6 if paid_on is None else (paid_on - day).days
            for paid_on, day in zip(paid, signed_up, strict=True)
        ]
    )
    keys_of = activities_of(world)
    counts: dict[str, Counter[tuple[int, date, date]]] = defaultdict(Counter)
    for event in world.events:
        if event["account_id"] in accounts:
            place = (accounts[event["account_id"]], event["occurred_on"], event["known_on"])
            for key in keys_of(event):
                counts[key][place] += 1

    # At each age of those who paid: the others that were observed then and had not paid.
    risk_sets = {
        int(age): (observed_age >= age) & (paid_age > age)
        for age in np.unique(paid_age[(paid_age >= 1) & (paid_age < 10**6)])
    }
    ages = [age for age, others in risk_sets.items() if others.any()]
    customers = {age: np.flatnonzero(paid_age == age) for age in ages}
    customer_count = sum(len(members) for members in customers.values())
    expected = []
    for activity in world.seeds["pql_activities"]:
        key = activity["activity_key"]
        events = np.zeros((len(accounts), last_age + 1), dtype=np.int64)
        days = np.zeros((len(accounts), last_age + 1), dtype=np.int64)
        first_known: dict[tuple[int, date], date] = {}
        for (number, occurred_on, known_on), count in counts[key].items():
            start = (known_on - signed_up[number]).days + 1
            stop = (occurred_on - signed_up[number]).days + WINDOW_DAYS + 1
            events[number, max(start, 0) : max(stop, 0)] += count
            place = (number, occurred_on)
            first_known[place] = min(first_known.get(place, known_on), known_on)
        for (number, occurred_on), known_on in first_known.items():
            start = (known_on - signed_up[number]).days + 1
            stop = (occurred_on - signed_up[number]).days + WINDOW_DAYS + 1
            days[number, max(start, 0) : max(stop, 0)] += 1

        def mean(values: Callable[[int, Any], float], rows: Mapping[int, Any]) -> float:
            weighted = (len(customers[age]) * values(age, rows[age]) for age in ages)
            return sum(weighted) / customer_count

        active = sum(int((events[members, age] > 0).sum()) for age, members in customers.items())
        share = active / customer_count
        others_share = mean(lambda age, who, e=events: (e[who, age] > 0).mean(), risk_sets)
        others_error = mean(
            lambda age, who, e=events: (e[who, age] > 0).std() / math.sqrt(who.sum()), risk_sets
        )
        ratio = low = high = None
        finding = "not_seen" if not active and not others_share else "unclear"
        if active and others_share:
            ratio = share / others_share
            error = math.sqrt((1 - share) / active + (others_error / others_share) ** 2)
            z = stats.norm.ppf(0.975)
            low, high = ratio * math.exp(-z * error), ratio * math.exp(z * error)
            finding = "more" if low > 1 else "less" if high < 1 else "unclear"
        expected.append(
            {
                "activity_key": key,
                "description": activity["description"],
                "window_days": WINDOW_DAYS,
                "customer_count": customer_count,
                "excluded_customer_count": len(world.converted) - customer_count,
                "active_customer_count": active,
                **rate("share_of_customers", active, customer_count),
                "mean_events": mean(
                    lambda age, who, e=events: float(e[who, age].mean()), customers
                ),
                "mean_active_days": mean(
                    lambda age, who, d=days: float(d[who, age].mean()), customers
                ),
                "comparison_account_count": int(max(risk_sets[age].sum() for age in ages)),
                "comparison_share": float(others_share),
                "comparison_mean_events": mean(
                    lambda age, who, e=events: float(e[who, age].mean()), risk_sets
                ),
                "comparison_mean_active_days": mean(
                    lambda age, who, d=days: float(d[who, age].mean()), risk_sets
                ),
                "share_ratio": None if ratio is None else float(ratio),
                "share_ratio_low": None if low is None else float(low),
                "share_ratio_high": None if high is None else float(high),
                "finding": finding,
            }
        )
    found = demo.query("from marts.rpt_activity_before_upgrade")
    assert_same(found, expected, ["activity_key"])
    assert {row["finding"] for row in expected} == {"more", "less", "unclear", "not_seen"}


def test_definitions_overlap_as_their_accounts_do(demo: Demo, world: World) -> None:
    named = {
        key: {j.account_id: j.qualified_on for j in journeys if j.qualified_on is not None}
        for key, journeys in world.journeys.items()
    }
    expected = []
    for (basis, definition), ours in named.items():
        for (other_basis, other), theirs in named.items():
            if other_basis != basis or other == definition:
                continue
            both = ours.keys() & theirs.keys()
            either = ours.keys() | theirs.keys()
            expected.append(
                {
                    "basis": basis,
                    "definition_key": definition,
                    "other_definition_key": other,
                    "qualified_count": len(ours),
                    "other_qualified_count": len(theirs),
                    "both_count": len(both),
                    "earlier_count": sum(ours[account] < theirs[account] for account in both),
                    **rate("share_also_other", len(both), len(ours)),
                    "jaccard": len(both) / len(either) if either else None,
                }
            )
    key = ("basis", "definition_key", "other_definition_key")
    assert_same(demo.query("from marts.rpt_definition_overlap"), expected, key)


def steadiness(world: World, basis: str, definition: str) -> tuple[int, int, int, date | None]:
    """Crossings that were followed, lapsed, flapped; and the last one."""
    limit = timedelta(days=world.limits["flapping_days"])
    rows = world.transitions if basis == "recomputed" else world.reports
    entities = defaultdict(list)
    for row in rows:
        if row["definition_key"] == definition:
            entities[row["entity_type"], row["entity_id"]].append(row)
    followed = lapsed = flapped = 0
    last = None
    for changes in entities.values():
        changes.sort(key=lambda row: (row["changed_on"], row["report_number"]))
        for number, row in enumerate(changes):
            if row["transition"] not in ("qualified", "requalified"):
                continue
            until = row["changed_on"] + limit
            last = max(last or date.min, row["changed_on"])
            if until > world.as_of:
                continue
            followed += 1
            after = [change for change in changes[number + 1 :] if change["changed_on"] <= until]
            if not after or after[0]["ended_by"] in ("merged", "converted", "churned"):
                continue
            lapsed += 1
            flapped += any(change["transition"] == "requalified" for change in after)
    return followed, lapsed, flapped, last


def test_the_health_of_the_definitions_is_that_of_their_accounts(demo: Demo, world: World) -> None:
    begun = {
        "recomputed": min(world.signed_up.values()),
        "reported": min(row["as_of_on"] for row in world.reports),
    }
    weights = world.seeds["pql_weights"]
    approvals = {row["definition_key"] for row in world.seeds["pql_approved_thresholds"]}
    found = {
        (row["basis"], row["definition_key"]): row
        for row in demo.query("from marts.rpt_definition_health")
    }
    overlaps = demo.query("from marts.rpt_definition_overlap")
    expected = []
    for (basis, definition), journeys in world.journeys.items():
        audience = world.audience(definition)
        is_for_customers = audience == "customer"
        if is_for_customers:
            eligible = [j for j in journeys if j.converted_on is not None]
        else:
            eligible = [
                j
                for j in journeys
                if j.qualified_on is not None
                or j.converted_on is None
                or audience == "all"
                or (
                    j.converted_on > j.signed_up_on
                    and (basis == "recomputed" or j.converted_on > begun[basis])
                )
            ]
        qualified = [j for j in journeys if j.qualified_on is not None]
        crossings = [] if is_for_customers else [j for j in journeys if j.is_crossing]
        mature = [j for j in crossings if j.qualified_on + HORIZON <= world.as_of]
        converted = [
            j for j in mature if j.converted_on and j.converted_on <= j.qualified_on + HORIZON
        ]
        payers = [
            j
            for j in journeys
            if not is_for_customers
            and j.converted_on is not None
            and (basis == "recomputed" or j.converted_on > begun[basis])
        ]
        reachable = [
            j
            for j in payers
            if j.is_crossing or world.first_active.get(j.account_id, date.max) < j.converted_on
        ]
        missed = [j for j in reachable if not j.is_crossing]
        followed, lapsed, flapped, last = steadiness(world, basis, definition)
        observed_days = (world.as_of - begun[basis]).days + 1
        closest = min(
            (
                (-row["jaccard"], row["other_definition_key"])
                for row in overlaps
                if (row["basis"], row["definition_key"]) == (basis, definition) and row["jaccard"]
            ),
            default=(None, None),
        )
        own = [row for row in weights if row["definition_key"] == definition]
        assert definition not in approvals
        rates = {
            **rate("share_qualified", len(qualified), len(eligible)),
            **rate("conversion_precision", len(converted), len(mature)),
            **rate("share_missed", len(missed), len(reachable)),
            **rate("share_lapsed", lapsed, followed),
            **rate("share_flapping", flapped, followed),
        }
        enough = world.limits["min_crossings"]
        verdicts = [
            ("too_broad", len(qualified) >= enough
             and rates["share_qualified_low"] > world.limits["max_share_qualified"]),
            ("too_broad", len(mature) >= enough
             and rates["conversion_precision_high"] < world.limits["min_precision"]),
            ("too_narrow", len(reachable) >= enough
             and rates["share_missed_low"] > world.limits["max_share_missed"]),
            ("too_complex", len(own) > world.limits["max_signals"]),
            ("flapping", followed >= enough
             and rates["share_flapping_low"] > world.limits["max_share_flapping"]),
            ("not_enough_data", (followed if is_for_customers else len(mature)) < enough),
            ("ok", True),
        ]  # fmt: skip
        expected.append(
            {
                "basis": basis,
                "definition_key": definition,
                "entity_type": world.definitions[definition]["entity_type"],
                "audience": audience,
                "verdict": next(verdict for verdict, holds_ in verdicts if holds_),
                "reason": found[basis, definition]["reason"],
                "observed_from": begun[basis],
                "observed_days": observed_days,
                "eligible_count": len(eligible),
                "qualified_count": len(qualified),
                "qualified_per_week": (
                    len(qualified) / (observed_days / 7) if observed_days >= 7 else None
                ),
                "mature_count": len(mature),
                "converted_count": len(converted),
                "reachable_count": len(reachable),
                "missed_count": len(missed),
                "unreachable_count": len(payers) - len(reachable),
                "followed_count": followed,
                "lapsed_count": lapsed,
                "flapping_count": flapped,
                **rates,
                "closest_definition_key": closest[1],
                "closest_jaccard": None if closest[0] is None else -closest[0],
                "signal_count": len(own),
                "required_signal_count": sum(row["is_required"] == "true" for row in own),
                "approved_on": None,
                "in_force_since": min(
                    (r["as_of_on"] for r in world.reports if r["definition_key"] == definition),
                    default=None,
                ),
                "days_since_review": 0,
                "last_crossing_on": last,
                "days_since_crossing": None if last is None else (world.as_of - last).days,
            }
        )
    assert_same(list(found.values()), expected, ("basis", "definition_key"))
    assert all(row["reason"] for row in found.values())
