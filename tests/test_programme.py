"""Every rate and duration of the programme equals a recomputation from the raw rows of the demo.

Only when an account qualified is taken from the marts (and compared with the oracle elsewhere). The
curves are those of statsmodels, and so are the intervals of rates; money is counted in fractions.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pytest
from demo import Demo
from harness import PROJECT_ROOT, query
from oracle import Oracle, Subscription, round_half_away
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

HORIZON_DAYS = 60
FLOOR = 10
DAYS_OF_A_MONTH = Fraction("30.4375")
TOMORROW = timedelta(days=1)
BASES = ("recomputed", "reported")
NORMAL_QUANTILE = 1.959963984540054
COHORT = (
    "basis", "definition_key", "cohort_by", "cohort_grain", "cohort_start", "acquisition_channel",
)  # fmt: skip

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Account:
    """An account and what it paid for, from the raw rows."""

    channel: str
    signed_up_on: date
    activated_on: date | None
    touched_at: tuple[datetime, ...]
    subscriptions: tuple[tuple[str | None, Subscription], ...]
    active_users: Mapping[date, int]

    @functools.cached_property
    def converted_on(self) -> date | None:
        return min((paid.started_on for _, paid in self.subscriptions), default=None)


@dataclass(frozen=True)
class Journey:
    """An account under a definition."""

    basis: str
    definition_key: str
    account: Account
    qualified_on: date | None
    lead_at: datetime | None

    @functools.cached_property
    def contact(self) -> datetime | None:
        """The first contact after the account qualified."""
        if self.lead_at is None:
            return None
        return min((at for at in self.account.touched_at if at >= self.lead_at), default=None)

    @functools.cached_property
    def is_lead(self) -> bool:
        """Whether the account had not paid on the day on which it qualified."""
        converted_on = self.account.converted_on
        return self.qualified_on is not None and self.qualified_on < (converted_on or date.max)

    @functools.cached_property
    def is_pql(self) -> bool:
        """Whether the account paid, and had qualified before that day."""
        converted_on = self.account.converted_on
        return None not in (self.qualified_on, converted_on) and self.qualified_on < converted_on


@dataclass(frozen=True)
class Programme:
    """What the raw rows say."""

    as_of: date
    accounts: Mapping[str, Account]
    journeys: tuple[Journey, ...]

    def cohorts(self) -> dict[Key, list[Journey]]:
        """Journeys of every cohort."""
        found: dict[Key, list[Journey]] = defaultdict(list)
        for journey in self.journeys:
            for cohort_by, day in (
                ("signup", journey.account.signed_up_on),
                ("qualified", journey.qualified_on),
            ):
                if day is None:
                    continue
                starts = {
                    "all": None,
                    "month": day.replace(day=1),
                    "week": day - timedelta(days=day.weekday()),
                }
                for (grain, start), channel in itertools.product(
                    starts.items(), ("all", journey.account.channel)
                ):
                    key = (
                        journey.basis, journey.definition_key, cohort_by, grain, start, channel,
                    )  # fmt: skip
                    found[key].append(journey)
        return found


def activation_days(oracle: Oracle, definitions: Mapping[str, list[Row]]) -> dict[str, date]:
    """First day on which an account, or a user of it, met a signal of activation from use.

    All of them ask for one event that counts for ever: the first one that is known meets them.
    """
    active = {
        row["definition_key"]: row["entity_type"]
        for row in definitions["pql_definitions"]
        if row["is_active"] == "true"
    }
    scored = {
        (active[row["definition_key"]], row["signal_key"])
        for row in definitions["pql_weights"]
        if row["definition_key"] in active
    }
    activities = {row["activity_key"]: row for row in definitions["pql_activities"]}
    met: dict[Key, date] = {}
    for signal in definitions["pql_signals"]:
        if signal["kind"] != "activation" or signal["activity_key"] is None:
            continue
        entity_types = {kind for kind, key in scored if key == signal["signal_key"]}
        if not entity_types:
            continue
        activity = activities[signal["activity_key"]]
        assert (signal["measure"], signal["threshold"], signal["window_days"]) == (
            "events", "1", None,
        )  # fmt: skip
        assert activity["property"] is None
        for entity_type, entity_id, known_on, event in oracle.facts:
            if entity_type not in entity_types or event.event_name != activity["event_name"]:
                continue
            created_on = oracle.created_on(entity_type, entity_id, oracle.as_of)
            within = signal["within_days_of_signup"]
            if within and event.occurred_on >= created_on + timedelta(days=int(within)):
                continue
            key = (entity_type, entity_id, signal["signal_key"])
            met[key] = min(met.get(key, known_on), known_on)
    days: dict[str, date] = {}
    for (entity_type, entity_id, _), day in met.items():
        account_id = oracle.account_of(entity_type, entity_id, day)
        if account_id is not None:
            days[account_id] = min(days.get(account_id, day), day)
    return days


def read_accounts(raw: Mapping[str, list[Row]], oracle: Oracle, activated: Row) -> Iterator[Row]:
    """Every account that exists on the as-of day."""
    channels = {row["account_id"]: row["acquisition_channel"] for row in raw["accounts"]}
    currencies = {row["subscription_id"]: row["currency"] for row in raw["subscriptions"]}
    touched: dict[str, list[datetime]] = defaultdict(list)
    for touch in raw["touches"]:
        if touch["touched_at"].date() <= oracle.as_of:
            touched[touch["account_id"]].append(touch["touched_at"])
    users: dict[str, dict[date, set[str | None]]] = defaultdict(lambda: defaultdict(set))
    for entity_type, entity_id, _, event in oracle.facts:
        if entity_type == "account":
            users[entity_id][event.occurred_on].add(event.user_id)
    for entity_type, account_id in oracle.entities():
        created_on = oracle.created_on(entity_type, account_id, oracle.as_of)
        if entity_type == "account" and created_on is not None and created_on <= oracle.as_of:
            yield (
                account_id,
                Account(
                    channel=channels.get(account_id) or "unknown",
                    signed_up_on=created_on,
                    activated_on=activated.get(account_id),
                    touched_at=tuple(touched[account_id]),
                    subscriptions=tuple(
                        (currencies[paid.subscription_id], paid)
                        for paid in oracle.subscriptions.get(account_id, ())
                        if paid.is_paid
                    ),
                    active_users={
                        day: len(present - {None}) for day, present in users[account_id].items()
                    },
                ),
            )


def read_leads(demo: Demo, oracle: Oracle) -> dict[Key, tuple[date, datetime]]:
    """When each account first qualified and from when on sales could know, by basis, definition."""
    qualified = demo.query(
        """
        select 'recomputed' as basis, definition_key, entity_type, entity_id,
            transitioned_on as qualified_on, qualified_at
        from marts.fct_pql_transitions
        where transition in ('qualified', 'requalified')
        union all
        select 'reported', definition_key, entity_type, entity_id, as_of_on, null
        from marts.fct_pql_reported
        where is_qualified
        """
    )
    leads: dict[Key, tuple[date, datetime]] = {}
    for row in qualified:
        account_id = oracle.account_of(row["entity_type"], row["entity_id"], row["qualified_on"])
        night = datetime.combine(row["qualified_on"] + TOMORROW, time())
        lead = (row["qualified_on"], row["qualified_at"] or night)
        key = (row["basis"], row["definition_key"], account_id)
        leads[key] = min(leads.get(key, lead), lead)
    return leads


@pytest.fixture(scope="module")
def programme(demo: Demo) -> Programme:
    folder = demo.folder / "raw"
    # Nothing here follows those who were merged.
    assert not list(folder.glob("merges.*"))
    with duckdb.connect() as connection:
        raw = {
            table: query(connection, f"from '{folder / table}.parquet'")
            for table in ("events", "users", "accounts", "subscriptions", "touches")
        }
        definitions = {
            path.stem: query(
                connection, f"from read_csv('{path}', all_varchar = true, header = true)"
            )
            for path in sorted((PROJECT_ROOT / "seeds").glob("*.csv"))
        }
    # What the rows say of accounts needs no definition, and is read faster without.
    oracle = Oracle(raw, {})
    accounts = dict(read_accounts(raw, oracle, activation_days(oracle, definitions)))
    leads = read_leads(demo, oracle)
    return Programme(
        as_of=oracle.as_of,
        accounts=accounts,
        journeys=tuple(
            Journey(
                basis, row["definition_key"], account,
                *leads.get((basis, row["definition_key"], account_id), (None, None)),
            )
            for basis in BASES
            for row in definitions["pql_definitions"]
            # Of a definition of customers there is no way to a conversion.
            if row["is_active"] == "true" and row["audience"] != "customer"
            for account_id, account in accounts.items()
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def cohorts(programme: Programme) -> dict[Key, list[Journey]]:
    return programme.cohorts()


# ---------------------------------------------------------------------------------------------
# Comparing whole tables
# ---------------------------------------------------------------------------------------------


@functools.cache
def wilson(name: str, successes: int, trials: int) -> Row:
    """The columns of a share with its interval; null without trials."""
    if not trials:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    low, high = proportion_confint(successes, trials, method="wilson")
    return {name: successes / trials, f"{name}_low": low, f"{name}_high": high}


def is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and found is not None:
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected) and (found is None) == (expected is None)


def assert_table(demo: Demo, table: str, grain: Iterable[str], expected: list[Row]) -> None:
    """Compare all rows and all columns of a mart."""
    grain = tuple(grain)
    found = {tuple(row[name] for name in grain): row for row in demo.query(f"from marts.{table}")}
    wanted = {tuple(row[name] for name in grain): row for row in expected}
    assert len(wanted) == len(expected)
    assert set(found) == set(wanted)
    differences = [
        (key, name, found[key][name], value)
        for key, row in wanted.items()
        for name, value in row.items()
        if not is_same(found[key][name], value)
    ]
    assert not differences, f"{len(differences)}: {differences[:10]}"
    assert {name for row in found.values() for name in row} == set(expected[0])


# ---------------------------------------------------------------------------------------------
# The marts
# ---------------------------------------------------------------------------------------------


def reached_stages(journey: Journey, cohort_by: str) -> list[bool]:
    """Which stages the account reached, whatever came before."""
    account, converted_on = journey.account, journey.account.converted_on
    after_qualifying = cohort_by == "qualified"
    return [
        True,
        account.activated_on is not None,
        journey.qualified_on is not None,
        journey.contact is not None if after_qualifying else bool(account.touched_at),
        converted_on is not None,
    ]


def furthest_stage(journey: Journey, cohort_by: str) -> int:
    """Walk through the funnel until a stage is missing."""
    converted_on = journey.account.converted_on
    if cohort_by == "signup" and journey.account.activated_on is None:
        return 1
    if journey.qualified_on is None:
        return 2
    if journey.contact is None or journey.contact.date() > (converted_on or date.max):
        return 3
    if converted_on is not None and converted_on <= journey.qualified_on:
        return 3
    return 4 if converted_on is None else 5


def test_the_funnel(demo: Demo, programme: Programme, cohorts: dict[Key, list[Journey]]) -> None:
    expected = []
    stages = ("signed_up", "activated", "qualified", "touched", "converted")
    for key, in_cohort in cohorts.items():
        cohort_by = key[2]
        journeys = in_cohort if cohort_by == "signup" else [one for one in in_cohort if one.is_lead]
        if not journeys:
            continue
        first = 1 if cohort_by == "signup" else 3
        reached = [sum(column) for column in zip(
            *(reached_stages(journey, cohort_by) for journey in journeys), strict=True
        )]  # fmt: skip
        furthest = Counter(furthest_stage(journey, cohort_by) for journey in journeys)
        funnel = [sum(furthest[later] for later in range(number, 6)) for number in range(1, 6)]
        last_day = max(
            journey.account.signed_up_on if cohort_by == "signup" else journey.qualified_on
            for journey in journeys
        )
        expected += [
            {
                **dict(zip(COHORT, key, strict=True)),
                "stage_number": number,
                "stage": stage,
                "reached_count": reached[number - 1],
                "funnel_count": funnel[number - 1],
                **wilson("share_of_signups", reached[number - 1], len(journeys)),
                **wilson(
                    "share_of_previous",
                    funnel[number - 1],
                    funnel[number - 2] if number > first else 0,
                ),
                "furthest_count": furthest[number],
                "share_furthest": furthest[number] / len(journeys),
                "is_mature": last_day + timedelta(days=HORIZON_DAYS) <= programme.as_of,
            }
            for number, stage in enumerate(stages, 1)
            if number >= first
        ]
    assert_table(demo, "rpt_pql_funnel", [*COHORT, "stage"], expected)


def waits(journey: Journey, cohort_by: str, as_of: date) -> Iterator[tuple[str, str, int]]:
    """Clock, outcome and days of each wait of an account."""
    signed_up_on, qualified_on = journey.account.signed_up_on, journey.qualified_on
    paid_on = journey.account.converted_on

    def wait(start: date, goal: date | None, exit_: date | None = None) -> tuple[str, int]:
        ends = [
            (day, order, outcome)
            for order, (day, outcome) in enumerate(((exit_, "left"), (goal, "reached")))
            if day is not None
        ]
        day, _, outcome = min(ends, default=(as_of, 2, "waiting"))
        return ("before", 0) if day < start else (outcome, (day - start).days)

    if cohort_by == "signup":
        yield "signup_to_qualified", *wait(signed_up_on, qualified_on, paid_on)
        yield "signup_to_paid", *wait(signed_up_on, paid_on)
    if qualified_on is not None:
        has_paid = paid_on is not None and paid_on <= qualified_on
        yield "qualified_to_paid", *(("before", 0) if has_paid else wait(qualified_on, paid_on))


def first_day(days: Any, is_there: Any) -> int | None:
    """The first of the days on which something holds."""
    return int(days[np.argmax(is_there)]) if is_there.any() else None


@functools.cache
def curve(waited: tuple[tuple[str, int], ...]) -> Row:
    """The Kaplan-Meier figures of some accounts, by statsmodels."""
    days = np.array([day for _, day in waited])
    reached = np.array([outcome == "reached" for outcome, _ in waited])
    row: Row = {
        "verdict": "too_few", "curve_to_day": None,
        "median_days": None, "median_days_low": None, "median_days_high": None,
    }  # fmt: skip
    row |= {f"reached_{day}d{end}": None for day in (30, 60, 90) for end in ("", "_low", "_high")}
    if len(days) < FLOOR:
        return row
    fitted = SurvfuncRight(days, reached.astype(int))
    # The day on which the tenth but last leaves.
    last = int(np.sort(days)[-FLOOR])
    grid = np.arange(last + 1)
    at = np.searchsorted(fitted.surv_times, grid, side="right") - 1
    waiting = np.where(at >= 0, np.append(fitted.surv_prob, 1.0)[at], 1.0)
    error = np.where(at >= 0, np.append(fitted.surv_prob_se, 0.0)[at], 0.0)
    at_risk = (days[None, :] >= grid[:, None]).sum(axis=1)
    ends = proportion_confint((1 - waiting) * at_risk, at_risk, method="wilson")
    is_end = (waiting == 0) | (waiting == 1)
    between = np.where(is_end, 0.5, waiting)
    spread = np.exp(NORMAL_QUANTILE * error / (between * np.abs(np.log(between))))
    low = np.where(is_end, ends[0], 1 - between ** (1 / spread))
    high = np.where(is_end, ends[1], 1 - between**spread)
    half = 0.5 - 1e-9
    median = first_day(grid, 1 - waiting >= half)
    row |= {
        "verdict": "half_not_reached" if median is None else "measured",
        "curve_to_day": last,
        "median_days": median,
        "median_days_low": first_day(grid, high >= half),
        "median_days_high": None if median is None else first_day(grid, low >= half),
    }
    for day in (30, 60, 90):
        if day <= last:
            row[f"reached_{day}d"] = float(1 - waiting[day])
            row[f"reached_{day}d_low"] = float(low[day])
            row[f"reached_{day}d_high"] = float(high[day])
    return row


def test_the_velocity(demo: Demo, programme: Programme, cohorts: dict[Key, list[Journey]]) -> None:
    waited: dict[Key, list[tuple[str, int]]] = defaultdict(list)
    for key, journeys in cohorts.items():
        for journey in journeys:
            for clock, outcome, days in waits(journey, key[2], programme.as_of):
                waited[(*key, clock)].append((outcome, days))
    expected = []
    for key, ends in waited.items():
        outcomes = Counter(outcome for outcome, _ in ends)
        expected.append(
            {
                **dict(zip([*COHORT, "clock"], key, strict=True)),
                "account_count": len(ends) - outcomes["before"],
                **{f"{name}_count": outcomes[name] for name in ("reached", "left", "waiting")},
                "before_count": outcomes["before"],
                **curve(tuple(sorted(end for end in ends if end[0] != "before"))),
            }
        )
    assert {row["verdict"] for row in expected} == {"measured", "half_not_reached", "too_few"}
    assert_table(demo, "rpt_pql_velocity", [*COHORT, "clock"], expected)


def money(amount: Fraction) -> Decimal:
    return round_half_away(amount, 4)


def test_the_revenue(demo: Demo, programme: Programme, cohorts: dict[Key, list[Journey]]) -> None:
    tomorrow = programme.as_of + TOMORROW
    groups: dict[Key, list[list[Subscription]]] = defaultdict(list)
    for (basis, definition_key, cohort_by, *cohort), journeys in cohorts.items():
        for journey in journeys if cohort_by == "signup" else ():
            own: dict[str | None, list[Subscription]] = defaultdict(list)
            for currency, paid in journey.account.subscriptions:
                own[currency].append(paid)
            for currency, paid_for in own.items():
                groups[(basis, definition_key, *cohort, journey.is_pql, currency)].append(paid_for)
    expected = []
    for key, customers in groups.items():
        starts = [min(paid.started_on for paid in paid_for) for paid_for in customers]
        starting = [
            sum(paid.mrr_amount for paid in paid_for if paid.started_on == start)
            for paid_for, start in zip(customers, starts, strict=True)
        ]
        current = [
            sum(paid.mrr_amount for paid in paid_for if paid.is_active_on(programme.as_of))
            for paid_for in customers
        ]
        months = sum((tomorrow - start).days for start in starts) / DAYS_OF_A_MONTH
        revenue = sum(
            paid.mrr_amount
            * max((min(paid.ended_on or tomorrow, tomorrow) - paid.started_on).days, 0)
            / DAYS_OF_A_MONTH
            for paid_for in customers
            for paid in paid_for
        )
        expected.append(
            {
                **dict(
                    zip(
                        [*COHORT[:2], *COHORT[3:], "is_pql", "currency"],
                        key,
                        strict=True,
                    )
                ),
                "customer_count": len(customers),
                "has_enough_customers": len(customers) >= FLOOR,
                "paying_count": sum(amount > 0 for amount in current),
                **wilson("paying_share", sum(amount > 0 for amount in current), len(customers)),
                "starting_mrr": money(sum(starting)),
                "mean_starting_mrr": money(sum(starting) / Fraction(len(customers))),
                "current_mrr": money(Fraction(sum(current))),
                "net_retained_share": float(sum(current) / Fraction(sum(starting))),
                "gross_retained_share": float(
                    sum(map(min, starting, current)) / Fraction(sum(starting))
                ),
                "customer_months": float(months),
                "revenue_to_date": money(revenue),
                "lifetime_value": money(revenue / len(customers)),
                "revenue_per_customer_month": money(revenue / months),
            }
        )
    assert {row["is_pql"] for row in expected} == {True, False}
    grain = [*COHORT[:2], *COHORT[3:], "is_pql", "currency"]
    assert_table(demo, "rpt_pql_revenue", grain, expected)


def months_of(account: Account, as_of: date) -> Iterator[tuple[int, bool, list[int]]]:
    """Number of each month that is over, whether it ends paid, and users on each active day."""
    for number in itertools.count():
        days = [account.converted_on + timedelta(days=30 * number + day) for day in range(30)]
        if days[-1] > as_of:
            return
        is_paying = any(paid.is_active_on(days[-1]) for _, paid in account.subscriptions)
        users = [account.active_users[day] for day in days if day in account.active_users]
        yield number, is_paying, users


def test_the_retention(demo: Demo, programme: Programme) -> None:
    customers: Counter[Key] = Counter()
    observed: dict[Key, list[tuple[bool, list[int]]]] = defaultdict(list)
    months = {
        id(account): list(months_of(account, programme.as_of))
        for account in programme.accounts.values()
        if account.converted_on is not None
    }
    for journey in programme.journeys:
        converted_on = journey.account.converted_on
        if converted_on is None:
            continue
        for grain, start in (("all", None), ("month", converted_on.replace(day=1))):
            key = (journey.basis, journey.definition_key, grain, start, journey.is_pql)
            customers[key] += 1
            for number, *month in months[id(journey.account)]:
                observed[(*key, number)].append(tuple(month))
    grain = (
        "basis", "definition_key", "cohort_grain", "cohort_start", "is_pql", "month_number",
    )  # fmt: skip
    expected = []
    for key, rows in observed.items():
        paying = sum(is_paying for is_paying, _ in rows)
        active = [users for _, users in rows if users]
        active_days = sum(map(len, active))
        expected.append(
            {
                **dict(zip(grain, key, strict=True)),
                "customer_count": customers[key[:-1]],
                "observed_count": len(rows),
                "is_complete": len(rows) == customers[key[:-1]],
                "paying_count": paying,
                **wilson("paying_share", paying, len(rows)),
                "active_count": len(active),
                **wilson("active_share", len(active), len(rows)),
                "mean_active_days": active_days / len(active) if active else None,
                "mean_active_users": sum(map(sum, active)) / active_days if active else None,
            }
        )
    assert {row["is_pql"] for row in expected} == {True, False}
    assert_table(demo, "rpt_pql_retention", grain, expected)
