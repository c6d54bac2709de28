"""SIMULATED demo data: a plain B2B product whose truth is known.

The data has the shape of the raw contract (DESIGN section 2): events, users, accounts,
subscriptions, leads, touches and spend. Accounts convert by a daily hazard that depends on what
was *known* about their behaviour the day before, so what an analysis of the data should find is
written to a truth file beside it: which behaviours help, which one looks good and means nothing
(`template_viewed`), which one works against conversion (`report_exported`), when the effects
change, and where every row of the events has to end.

The way of the data:

1. accounts and users with hidden traits (size, pace, how long the interest lasts);
2. what prospects do, with the time each event happened and the time it was received;
3. the state of the signals at the end of every day, and from it the conversions;
4. what customers do, their subscriptions, the sales touches and leads;
5. dirt: duplicates and rows that cannot be used, each with exactly one fault.

Every part draws from its own random stream, so options that change one part leave the earlier parts
as they were. Nothing reads the clock: the same options give the same rows.
"""

import argparse
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy.special import expit

FIRST_DAY = date(2025, 1, 1)
LAST_DAY = date(2026, 3, 31)
DRIFT_DAY = date(2025, 11, 15)
DAY_COUNT = (LAST_DAY - FIRST_DAY).days + 1

EFFECT_CHOICES = ("planted", "none")
ACCOUNT_LIMITS = (50, 100_000)
BASE_RATE_LIMITS = (0.02, 0.60)
TOUCH_EFFECT_LIMITS = (-3.0, 3.0)

# Log-hazard of converting on a day while the signal of seeds/pql_signals.csv is met the day before.
# The signals at 0.0 that are not the meaningless one go with conversion only through other signals.
PLANTED_EFFECTS = {
    "onboarding_done": 0.5,
    "first_project_in_week_one": 0.0,
    "active_days_14d": 0.6,
    "active_users_14d": 0.7,
    "project_depth_14d": 0.3,
    "projects_30d": 0.0,
    "invites_30d": 0.5,
    "integrations": 0.9,
    "external_share_30d": 0.6,
    "usage_minutes_30d": 0.0,
    "pricing_interest_30d": 1.8,
    "limit_reached_30d": 0.6,
    "enterprise_request_90d": 1.5,
    "exports_30d": -4.0,
    "template_views_30d": 0.0,
    "basic_tickets_30d": -2.0,
    "short_sessions_30d": -1.6,
    "inactive_14d": -1.4,
    "mid_market_fit": 0.7,
}
EFFECTS_AFTER_DRIFT = {"pricing_interest_30d": 0.0, "external_share_30d": 0.3}
MEANINGLESS_SIGNALS = ("template_views_30d",)
HARMFUL_SIGNALS = ("exports_30d",)

# The state that the hazard reads, as `(event name, measure, window in days, threshold)`.
_WINDOW_SIGNALS = {
    "onboarding_done": ("onboarding_completed", "events", None, 1),
    "active_days_14d": ("session_started", "active_days", 14, 4),
    "active_users_14d": ("session_started", "active_users", 14, 3),
    "project_depth_14d": ("project_edited", "active_days", 14, 3),
    "invites_30d": ("teammate_invited", "events", 30, 1),
    "integrations": ("integration_connected", "events", None, 1),
    "external_share_30d": ("file_shared_externally", "events", 30, 1),
    "pricing_interest_30d": ("pricing_viewed", "decayed_events", 30, 1),
    "limit_reached_30d": ("limit_reached", "events", 30, 1),
    "enterprise_request_90d": ("enterprise_requested", "events", 90, 1),
    "exports_30d": ("report_exported", "events", 30, 2),
    "basic_tickets_30d": ("basic_ticket_opened", "events", 30, 2),
    # Lengths are in tenths of a minute.
    "short_sessions_30d": ("session_started", "average_at_most", 30, 40),
}
_INACTIVE_DAYS = 14
_DECAY_EVERY_DAYS = 7
_DECAY_RATE = 0.25
_MID_MARKET_EMPLOYEES = 50
_BACKFILL_LAG_DAYS = 30
_TOUCH_WINDOW_DAYS = 30
# Measured: with this pause the views of dead accounts do not tilt the lift among accounts that were
# active in the last 90 days; with 75 days it is 1.15, with 150 days 0.95.
_MAIL_DAYS = 120

_EVENT_NAMES = (
    "session_started",
    "onboarding_completed",
    "project_created",
    "project_edited",
    "teammate_invited",
    "integration_connected",
    "file_shared",
    "pricing_viewed",
    "limit_reached",
    "enterprise_requested",
    "report_exported",
    "template_viewed",
    "support_ticket_opened",
    # Not in the tracking plan: a product always sends more than one scores.
    "help_opened",
    "search_performed",
    "profile_updated",
)
_NAME = {name: code for code, name in enumerate(_EVENT_NAMES)}
_SERVER_SIDE_EVENTS = ("integration_connected", "limit_reached", "support_ticket_opened")
_BLANK_NAMES = ("", "   ")
_TOOLS = ("slack", "google_drive", "salesforce", "jira", "zapier", "hubspot")
_LIMITS = ("projects", "storage", "seats")
_TOPICS = ("basics", "billing", "integrations", "bugs")
_BROKEN_JSON = ("not json", '{"duration_minutes": ', "{'file_id': 'file_1'}")

_COUNTRIES = ("US", "DE", "GB", "FR", "NL", "IN", "BR", "ES")
_COUNTRY_SHARES = (0.34, 0.16, 0.14, 0.09, 0.07, 0.09, 0.06, 0.05)
_CHANNELS = ("organic", "paid_search", "paid_social", "referral", "partner", "webinar")
_CHANNEL_SHARES = (0.36, 0.22, 0.15, 0.12, 0.08, 0.07)
# Spend per signup in US dollars; channels without a price are not paid for.
_SPEND_PER_SIGNUP = {"paid_search": 90.0, "paid_social": 60.0, "partner": 45.0, "webinar": 120.0}
_PLANS = ("free", "starter", "team", "business", "enterprise")
_SEAT_PRICES = (0.0, 12.0, 19.0, 29.0, 45.0)
_OUTCOMES = ("no_answer", "replied", "meeting", "not_interested")
_NAME_FIRST = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Harbor", "Indigo")
_NAME_LAST = ("Analytics", "Bikes", "Clinics", "Foods", "Labs", "Logistics", "Studio", "Works")

# Broken rows: the share of the clean events that is added, at least three rows each, and the
# reason by which staging quarantines them.
_FAULTS = {
    "missing_event_id": (0.0004, "missing_event_id"),
    "missing_event_name": (0.0004, "missing_event_name"),
    "missing_occurred_at": (0.0004, "missing_occurred_at"),
    "occurred_in_far_future": (0.0002, "implausible_occurred_at"),
    "occurred_before_2000": (0.0002, "implausible_occurred_at"),
    "occurred_after_received": (0.0003, "occurred_after_received"),
    "nobody": (0.0003, "no_user_or_account"),
    "only_anonymous": (0.0020, "no_user_or_account"),
    "invalid_json": (0.0004, "invalid_json"),
}
_COPY_SHARES = {"exact": 0.003, "seconds_later": 0.002, "days_later": 0.002}

_DAY = 86_400_000_000  # microseconds, as every time in this module
_HOUR = _DAY // 24
_SECOND = 1_000_000
_NOT_A_TIME = np.iinfo(np.int64).min  # numpy reads it as NaT
_EPOCH = np.datetime64(FIRST_DAY, "us").astype(np.int64)
_WORKDAY_FACTOR = np.array([1.0, 1.0, 1.0, 1.0, 0.9, 0.18, 0.12])  # Monday first
_GRID_CELLS = 6_000_000  # accounts x days held at once

_PROSPECT, _SOLO, _INTERNAL = 0, 1, 2

Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class DemoData:
    """Simulated raw tables and the truth behind them.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        `events`, `users`, `accounts`, `subscriptions`, `leads`, `touches`, `spend` with the columns
        of the raw contract, dirt included. Times are naive UTC in microseconds.
    truth : dict
        What was planted and where every row of the events ends; written as JSON by `write`.
    """

    tables: dict[str, pd.DataFrame]
    truth: dict[str, Any]


def generate(
    seed: int = 7,
    accounts: int = 2_000,
    *,
    effects: str = "planted",
    drift: bool = True,
    base_rate: float = 0.25,
    touch_effect: float = 0.0,
) -> DemoData:
    """Simulate a product's raw data over fifteen months (2025-01-01 to 2026-03-31).

    Parameters
    ----------
    seed : int
        Seed of all random streams, 0 or more. The same seed and options give the same rows.
    accounts : int
        Number of accounts that may convert, 50 to 100,000; about 100 events each.
    effects : {"planted", "none"}
        `planted`: behaviour drives conversion by `PLANTED_EFFECTS`. `none`: every account converts
        by one constant hazard whatever it does, so there is nothing to find.
    drift : bool
        Whether the effects of `EFFECTS_AFTER_DRIFT` replace the planted ones from `DRIFT_DAY` on.
    base_rate : float
        Expected share of the accounts that convert by the last day, 0.02 to 0.6.
    touch_effect : float
        Log-hazard added in the 30 days after a sales touch, -3 to 3. At 0 touches do nothing,
        although touched accounts convert more often, because sales touches active accounts.

    Returns
    -------
    DemoData
        The raw tables and the truth.

    Raises
    ------
    ValueError
        If an option is outside what is allowed.

    Notes
    -----
    The daily hazard of an account on day D is `exp(intercept + sum of the effects of the signals
    that are met at the end of day D-1)`; the intercept is solved so that the expected share of
    conversions is `base_rate`. Signals count what was known by then (`known_on` of DESIGN section
    4). About one account in eighty is a customer from its first day, before anything could be
    scored, whatever the options.
    """
    _check_options(seed, accounts, effects, base_rate, touch_effect)
    streams = iter(np.random.default_rng(seed).spawn(16))

    world = _make_accounts(next(streams), accounts)
    users = _make_users(next(streams), world)
    events = _use_as_prospects(next(streams), world, users)
    events = _concatenate([events, _view_templates(next(streams), world, users, events)])
    events |= _receive(next(streams), events["at"])
    touches = _touch(next(streams), world, events)

    log_hazard = _log_hazard_effects(effects, drift)
    conversions, intercept = _convert(
        next(streams), world, events, touches, log_hazard, base_rate, touch_effect
    )
    touches = _select(touches, touches["at"] // _DAY < conversions["day"][touches["account"]])
    subscriptions, customers = _subscribe(next(streams), world, users, conversions)
    users, later_events = _use_as_customers(
        next(streams), world, users, events, conversions, customers
    )
    later_events |= _receive(next(streams), later_events["at"])
    events = _concatenate([events, later_events])
    users, staff_events = _visit_as_staff(next(streams), users, events)
    events = _concatenate([events, staff_events])

    events = _address(next(streams), world, users, events)
    events, vocabulary = _describe_properties(events)
    events, accounting, dirt = _soil(next(streams), users, events, len(vocabulary))
    vocabulary += list(_BROKEN_JSON)

    text_rng = next(streams)
    tables = {
        "events": _events_table(events, vocabulary),
        "users": _users_table(text_rng, world, users),
        "accounts": _accounts_table(text_rng, world, customers),
        "subscriptions": _subscriptions_table(text_rng, world, subscriptions),
        "leads": _leads_table(text_rng, world, touches),
        "touches": _touches_table(text_rng, touches),
        "spend": _spend_table(text_rng, world),
    }
    dirt["users"] = {"missing_user_id": int(tables["users"]["user_id"].isna().sum())}
    dirt["subscriptions"] = {
        "missing_account_id": int(tables["subscriptions"]["account_id"].isna().sum())
    }
    none = effects == "none"
    truth = {
        "label": "SIMULATED: generated by python_udfs/demo_data.py, no real product or person",
        "seed": seed,
        "options": {
            "accounts": accounts,
            "effects": effects,
            "drift": drift,
            "base_rate": base_rate,
            "touch_effect": touch_effect,
        },
        "first_day": FIRST_DAY.isoformat(),
        "last_day": LAST_DAY.isoformat(),
        "rows": {name: len(table) for name, table in tables.items()},
        "entities": {
            "accounts_without_row": int(((world["kind"] == _PROSPECT) & ~world["has_row"]).sum()),
            "users_without_row": int((~users["has_row"]).sum()),
            "users_without_account": int((world["kind"] == _SOLO).sum()),
            "internal_users": int(users["is_internal"].sum()),
        },
        "conversions": _count_conversions(accounts, events, conversions),
        "model": {
            "kind": "daily hazard, log link, state at the end of the day before",
            "log_hazard_intercept": round(intercept, 6),
            "signals_of": "seeds/pql_signals.csv",
        },
        "effects": log_hazard["before"],
        "meaningless_signals": sorted(PLANTED_EFFECTS) if none else list(MEANINGLESS_SIGNALS),
        "harmful_signals": [] if none else list(HARMFUL_SIGNALS),
        "drift": None if none or not drift else _describe_drift(log_hazard),
        "touch_effect": touch_effect,
        "accounting": {"events": accounting},
        "dirt": dirt,
    }
    return DemoData(tables=tables, truth=truth)


def write(data: DemoData, raw_path: str | Path, truth_path: str | Path) -> list[Path]:
    """Write the raw tables and the truth, replacing an earlier run's files.

    The files are written to a folder beside `raw_path` and moved into place when all are complete,
    so a killed run leaves no half files. The old truth is removed first: there is never a truth
    that belongs to other data.

    Parameters
    ----------
    data : DemoData
        What `generate` returned.
    raw_path : str or pathlib.Path
        Folder of the raw tables, the one that `PQL_RAW_PATH` names. It may exist only if it holds
        nothing but files of an earlier run.
    truth_path : str or pathlib.Path
        File of the truth, as JSON; outside `raw_path`, where the engine cannot read it.

    Returns
    -------
    list of pathlib.Path
        The files written, the truth last.

    Raises
    ------
    ValueError
        If `raw_path` is no folder or holds other files, or `truth_path` lies inside it.
    """
    raw_path, truth_path = Path(raw_path).absolute(), Path(truth_path).absolute()
    if raw_path == truth_path or raw_path in truth_path.parents:
        raise ValueError(
            f"truth_path {str(truth_path)!r} lies inside raw_path {str(raw_path)!r}: "
            "name a file outside it, the truth is no input"
        )
    _refuse_foreign_files(raw_path)
    partial = raw_path.with_name(f".{raw_path.name}.partial")
    previous = raw_path.with_name(f".{raw_path.name}.previous")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, (file_name, query) in _FILES.items():
        _write_table(data.tables[name], query, partial / file_name)

    truth_path.parent.mkdir(parents=True, exist_ok=True)
    partial_truth = truth_path.with_name(f".{truth_path.name}.partial")
    partial_truth.write_text(json.dumps(data.truth, indent=2) + "\n", encoding="utf-8")

    truth_path.unlink(missing_ok=True)
    shutil.rmtree(previous, ignore_errors=True)
    if raw_path.exists():
        raw_path.rename(previous)
    partial.rename(raw_path)
    partial_truth.replace(truth_path)
    shutil.rmtree(previous, ignore_errors=True)
    return [raw_path / file_name for file_name, _ in _FILES.values()] + [truth_path]


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate and write demo data from the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process if absent.

    Returns
    -------
    int
        0 when the files are written.

    Raises
    ------
    SystemExit
        With a message, if an option is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.demo_data",
        description="Write SIMULATED demo data with a known, planted truth.",
    )
    parser.add_argument("--out", default="local/demo_raw", help="folder of the raw tables")
    parser.add_argument("--truth", default="local/demo_truth.json", help="file of the truth")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same rows")
    parser.add_argument("--accounts", type=int, default=2_000, help="about 100 events each")
    parser.add_argument("--effects", default="planted", help=f"one of {', '.join(EFFECT_CHOICES)}")
    parser.add_argument(
        "--drift",
        action=argparse.BooleanOptionalAction,
        default=True,
        help=f"whether some effects change on {DRIFT_DAY}",
    )
    parser.add_argument("--base-rate", type=float, default=0.25, help="share that converts")
    parser.add_argument("--touch-effect", type=float, default=0.0, help="log-hazard of a touch")
    options = parser.parse_args(arguments)
    try:
        data = generate(
            options.seed,
            options.accounts,
            effects=options.effects,
            drift=options.drift,
            base_rate=options.base_rate,
            touch_effect=options.touch_effect,
        )
        write(data, options.out, options.truth)
    except ValueError as error:
        parser.error(str(error))
    rows, conversions = data.truth["rows"], data.truth["conversions"]
    accounting = data.truth["accounting"]["events"]
    print(f"SIMULATED demo data, seed {options.seed}: {FIRST_DAY} to {LAST_DAY}")
    print(f"  {options.out}: " + ", ".join(f"{rows[name]:,} {name}" for name in rows))
    print(
        f"  of the events {accounting['used']:,} are usable, "
        f"{accounting['duplicates']:,} duplicates, "
        f"{sum(accounting['quarantined'].values()):,} broken, {accounting['set_aside']:,} internal"
    )
    print(
        f"  {options.truth}: {conversions['total']:,} conversions "
        f"({conversions['base_rate']:.1%} of accounts), effects {options.effects}"
    )
    return 0


def _check_options(
    seed: int, accounts: int, effects: str, base_rate: float, touch_effect: float
) -> None:
    for name, value in (("seed", seed), ("accounts", accounts)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise ValueError(f"{name} is {value!r}: use an integer")
    if seed < 0:
        raise ValueError(f"seed is {seed}: use an integer of 0 or more")
    if effects not in EFFECT_CHOICES:
        raise ValueError(f"effects is {effects!r}: use one of {', '.join(EFFECT_CHOICES)}")
    for name, value, (low, high) in (
        ("accounts", accounts, ACCOUNT_LIMITS),
        ("base_rate", base_rate, BASE_RATE_LIMITS),
        ("touch_effect", touch_effect, TOUCH_EFFECT_LIMITS),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}: use a number from {low:,} to {high:,}")


# 1. Accounts and users ----------------------------------------------------------------------------


def _make_accounts(rng: np.random.Generator, account_count: int) -> Columns:
    """Draw the hidden traits of accounts, of lone users without one and of the vendor itself."""
    solo_count = max(3, account_count // 30)
    count = account_count + solo_count + 1
    kind = np.full(count, _PROSPECT)
    kind[account_count:] = _SOLO
    kind[-1] = _INTERNAL

    growth = _weekday_factor(np.arange(DAY_COUNT)) * np.linspace(1.0, 1.3, DAY_COUNT)
    signup = _draw_choice(rng, growth, count)
    signup[-1] = 0
    quality = rng.normal(size=count)
    interest = np.exp(3.7 + 0.8 * rng.normal(size=count) + 0.5 * quality)
    interest = np.where(rng.random(count) < 0.18, rng.integers(1, 4, count), interest)
    silent = rng.random(count) < 0.03
    silent[account_count:] = False
    interest = np.where(silent, 0, np.clip(interest, 1, DAY_COUNT)).astype(np.int64)
    interest[-1] = DAY_COUNT

    # Who struggles, or only ever drops in, uses the product less.
    struggles, hurries = rng.random(count) < 0.22, rng.random(count) < 0.14
    effort = np.where(struggles, 0.6, 1.0) * np.where(hurries, 0.7, 1.0)

    seats = np.minimum(1 + np.floor(rng.pareto(1.15, count) * 1.1 * np.exp(0.3 * quality)), 50)
    seats = np.where(kind == _SOLO, 1, np.where(kind == _INTERNAL, 5, seats)).astype(np.int64)
    employees = np.round(np.exp(3.3 + 1.3 * rng.normal(size=count) + 0.25 * np.log(seats)))
    employees = np.maximum(employees, seats)
    employees[rng.random(count) < 0.12] = np.nan

    # They turn into customers before there is anything to score: sold by a person, not by use.
    unreachable = np.zeros(count, dtype=bool)
    unreachable[rng.choice(account_count, max(1, account_count // 80), replace=False)] = True
    first_use_delay = np.where(
        unreachable & (rng.random(count) < 0.5), rng.integers(1, 8, count), 0
    )

    # Entities may be missing from their table (DESIGN section 2); no fit can be known for those.
    has_row = kind != _SOLO
    without_row = np.flatnonzero((kind == _PROSPECT) & ~unreachable & ~silent)
    without_row = rng.choice(without_row, max(1, account_count // 500), replace=False)
    has_row[without_row] = False
    employees[without_row] = np.nan

    parent = np.where(rng.random(count) < 0.04, (np.arange(count) * rng.random(count)), -1)
    return {
        "kind": kind,
        "signup": signup,
        "created_at": signup * _DAY + _time_of_day(rng, count, 7, 17),
        "first_use": signup + first_use_delay,
        "leave": signup + interest,
        "silent": silent,
        "unreachable": unreachable,
        "has_row": has_row,
        "seats": seats,
        "pace": effort * expit(-1.3 + 0.8 * rng.normal(size=count) + 0.6 * quality),
        "employees": employees,
        "parent": np.where(kind == _PROSPECT, parent, -1).astype(np.int64),
        "country": _draw_choice(rng, np.array(_COUNTRY_SHARES), count),
        "channel": _draw_choice(rng, np.array(_CHANNEL_SHARES), count),
        "onboards": rng.random(count) < expit(0.2 + 0.6 * quality),
        "integrates": rng.random(count) < expit(-0.9 + 0.3 * quality),
        "shares": rng.random(count) < 0.35,
        "shops": rng.random(count) < 0.35,
        "grows": rng.random(count) < 0.35,
        "struggles": struggles,
        "hurries": hurries,
        "leaves_with_exports": rng.random(count) < 0.36,
        "outgrows": rng.random(count) < np.where(np.nan_to_num(employees) >= 200, 0.5, 0.05),
    }


def _make_users(rng: np.random.Generator, world: Columns) -> Columns:
    """Give every account its founder on the signup day and colleagues who join later."""
    account = np.repeat(np.arange(len(world["kind"])), world["seats"])
    is_founder = np.r_[True, account[1:] != account[:-1]]
    delay = np.where(is_founder, 0, rng.exponential(22.0, len(account)).astype(np.int64) + 1)
    joined = world["signup"][account] + delay
    exists = is_founder | (joined < np.minimum(world["leave"][account], DAY_COUNT))
    account, joined, is_founder = account[exists], joined[exists], is_founder[exists]
    created_at = np.where(
        is_founder,
        world["created_at"][account],
        joined * _DAY + _time_of_day(rng, len(account), 7, 17),
    )
    may_lack_row = (world["kind"][account] == _PROSPECT) & ~is_founder
    return {
        "account": account,
        "joined": joined,
        "created_at": created_at,
        "is_founder": is_founder,
        "is_internal": world["kind"][account] == _INTERNAL,
        "has_row": ~(may_lack_row & (rng.random(len(account)) < 0.004)),
    }


def _founders(world: Columns, users: Columns) -> np.ndarray:
    """User who founded each account."""
    founder = np.zeros(len(world["kind"]), dtype=np.int64)
    founder[users["account"][users["is_founder"]]] = np.flatnonzero(users["is_founder"])
    return founder


# 2. What prospects do -----------------------------------------------------------------------------


def _use_as_prospects(rng: np.random.Generator, world: Columns, users: Columns) -> Columns:
    """Sessions and what happens in them, from signup until the interest is gone."""
    account = users["account"]
    start = np.maximum(users["joined"], world["first_use"][account])
    stop = np.minimum(world["leave"][account] + start - users["joined"], DAY_COUNT)
    stop = np.where(world["silent"][account], start, stop)
    user = np.arange(len(account))
    trial_stop = np.minimum(world["signup"][account] + 14, stop)
    # A trial starts with a burst; the founder certainly shows up on the first day.
    first_visit = np.flatnonzero(users["is_founder"] & (start < stop))
    spans = [
        _active_days(rng, user, start, stop, world["pace"][account]),
        _active_days(rng, user, start, trial_stop, world["pace"][account]),
        (first_visit, start[first_visit]),
    ]
    sessions = _sessions(rng, users, *map(np.concatenate, zip(*spans, strict=True)))
    happens = _happen_in_sessions(rng, world, sessions, is_customer=False)
    return _concatenate(
        [
            sessions,
            happens,
            _onboard(rng, world, sessions),
            _invite(rng, world, users, np.flatnonzero(~users["is_founder"])),
            _ask_about_basics(rng, world, users),
            _compare_prices(rng, world, users),
        ]
    )


def _active_days(
    rng: np.random.Generator,
    user: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    rate: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Days on which a user is active: fewer at weekends, and fewer as interest fades."""
    length = np.maximum(stop - start, 0)
    row = np.repeat(np.arange(len(user)), rng.poisson(rate * length))
    day = start[row] + (length[row] * rng.random(len(row)) ** 1.25).astype(np.int64)
    kept = rng.random(len(row)) < _weekday_factor(day)
    return user[row[kept]], day[kept]


def _sessions(
    rng: np.random.Generator, users: Columns, user: np.ndarray, day: np.ndarray
) -> Columns:
    """One or more sessions per user and active day; ordered by account and time."""
    key = np.unique(user * DAY_COUNT + day)
    key = np.repeat(key, 1 + rng.poisson(0.25, len(key)))
    user, day = key // DAY_COUNT, key % DAY_COUNT
    hour = np.clip(rng.normal(13.0, 3.2, len(key)), 5.0, 21.0)
    at = day * _DAY + (hour * _HOUR).astype(np.int64)
    # Nobody works in an account before it exists.
    at = np.maximum(at, users["created_at"][user] + 30 * _SECOND + rng.integers(0, 600, len(key)))
    minutes = np.clip(rng.lognormal(2.5, 0.8, len(key)), 0.5, 120.0)
    return _ordered(
        {
            "account": users["account"][user],
            "user": user,
            "name": np.full(len(key), _NAME["session_started"]),
            "value": np.round(minutes * 10).astype(np.int64),
            "at": at // 1_000 * 1_000,
        }
    )


def _happen_in_sessions(
    rng: np.random.Generator, world: Columns, sessions: Columns, *, is_customer: bool
) -> Columns:
    """Draw what users do in their sessions, each by a rate per session.

    Shortens the sessions of accounts in a hurry in place.
    """
    account = sessions["account"]
    trait = {name: values[account] for name, values in world.items()}
    day = sessions["at"] // _DAY
    age = day - trait["signup"]
    hurried = trait["hurries"] & (not is_customer)
    sessions["value"] = np.where(hurried, np.maximum(sessions["value"] // 8, 5), sessions["value"])

    is_leaving = trait["leaves_with_exports"] & (day >= trait["leave"] - 14)
    rates = {
        "project_created": np.where(age < 7, 0.22, 0.08),
        "project_edited": np.full(len(account), 0.55),
        "teammate_invited": np.where(trait["seats"] > 1, 0.03, 0.01),
        "integration_connected": np.where(trait["integrates"], 0.10, 0.002),
        "file_shared": np.where(trait["shares"], 0.16, 0.05),
        "pricing_viewed": np.full(len(account), 0.006),
        "limit_reached": np.where(trait["grows"], 0.07, 0.003) * (age >= 5),
        "enterprise_requested": np.where(trait["outgrows"], 0.04, 0.0),
        "report_exported": np.where(is_leaving, 1.1, 0.001),
        "support_ticket_opened": np.full(len(account), 0.012),
        "help_opened": np.full(len(account), 0.08),
        "search_performed": np.full(len(account), 0.20),
        "profile_updated": np.full(len(account), 0.02),
    }
    if is_customer:
        rates["report_exported"] = np.full(len(account), 0.04)

    happens = {name: rng.poisson(rate) for name, rate in rates.items()}
    project_count = _running_count(account, happens["project_created"])
    happens["project_edited"] = np.where(project_count > 0, happens["project_edited"], 0)
    parts = []
    for name, times in happens.items():
        row = np.repeat(np.arange(len(account)), times)
        within = rng.random(len(row)) * sessions["value"][row] * (6 * _SECOND)
        parts.append(
            {
                "account": account[row],
                "user": sessions["user"][row],
                "name": np.full(len(row), _NAME[name]),
                "value": _draw_value(rng, name, row, project_count, trait, is_customer),
                "at": sessions["at"][row] + within.astype(np.int64) // 1_000 * 1_000,
            }
        )
    events = _ordered(_concatenate(parts))
    # A tool is connected once.
    is_tool = np.flatnonzero(events["name"] == _NAME["integration_connected"])
    tool = events["account"][is_tool] * len(_TOOLS) + events["value"][is_tool]
    repeated = np.setdiff1d(is_tool, is_tool[np.unique(tool, return_index=True)[1]])
    return _select(events, ~np.isin(np.arange(len(events["at"])), repeated))


def _draw_value(
    rng: np.random.Generator,
    name: str,
    row: np.ndarray,
    project_count: np.ndarray,
    trait: Columns,
    is_customer: bool,
) -> np.ndarray:
    """Draw the number that stands for an event's properties (see `_describe_properties`)."""
    count = len(row)
    if name == "project_created":
        copies_before = np.arange(count) - np.searchsorted(row, row)
        return project_count[row] - copies_before - 1 + 5_000 * is_customer
    if name == "project_edited":
        # Work gathers on few projects.
        newest = project_count[row] - 1
        older = (project_count[row] * rng.random(count) ** 2.5).astype(np.int64)
        return newest - older + 5_000 * is_customer
    if name == "integration_connected":
        return _draw_choice(rng, np.array([0.3, 0.25, 0.15, 0.12, 0.1, 0.08]), count)
    if name == "file_shared":
        is_external = rng.random(count) < np.where(trait["shares"][row], 0.65, 0.03)
        return np.arange(count) * 2 + is_external + 2**40 * is_customer
    if name == "limit_reached":
        return rng.integers(0, len(_LIMITS), count)
    if name == "support_ticket_opened":
        return _draw_choice(rng, np.array([0.75, 0.1, 0.1, 0.05]), count)
    return np.zeros(count, dtype=np.int64)


def _onboard(rng: np.random.Generator, world: Columns, sessions: Columns) -> Columns:
    """Finish the setup checklist once, at the end of one of the first sessions."""
    account, first, count = np.unique(sessions["account"], return_index=True, return_counts=True)
    session = first + np.minimum(rng.geometric(0.4, len(account)) - 1, count - 1)
    session = session[world["onboards"][account]]
    happens = _select(sessions, session)
    happens["at"] = happens["at"] + happens["value"] * 6 * _SECOND
    happens["name"] = np.full(len(session), _NAME["onboarding_completed"])
    happens["value"] = np.zeros(len(session), dtype=np.int64)
    return happens


def _invite(
    rng: np.random.Generator, world: Columns, users: Columns, joiner: np.ndarray
) -> Columns:
    """Invitations by the founder, up to three days before the colleague joins."""
    account = users["account"][joiner]
    at = users["created_at"][joiner] - rng.integers(0, 3 * 24 * 60, len(joiner)) * 60 * _SECOND
    return {
        "account": account,
        "user": _founders(world, users)[account],
        "name": np.full(len(joiner), _NAME["teammate_invited"]),
        "value": np.zeros(len(joiner), dtype=np.int64),
        "at": np.maximum(at, world["created_at"][account] + 60 * _SECOND),
    }


def _ask_about_basics(rng: np.random.Generator, world: Columns, users: Columns) -> Columns:
    """Tickets of those who struggle, by e-mail: on any day while they try."""
    stop = np.minimum(world["leave"] + 14, DAY_COUNT)
    start = world["first_use"]
    length = np.where(world["struggles"] & ~world["silent"], np.maximum(stop - start, 0), 0)
    account = np.repeat(np.arange(len(start)), rng.poisson(0.09 * length))
    day = start[account] + (rng.random(len(account)) * length[account]).astype(np.int64)
    at = day * _DAY + _time_of_day(rng, len(account), 8, 20)
    return {
        "account": account,
        "user": _founders(world, users)[account],
        "name": np.full(len(account), _NAME["support_ticket_opened"]),
        "value": np.full(len(account), _TOPICS.index("basics")),
        "at": np.maximum(at, world["created_at"][account] + 60 * _SECOND),
    }


def _compare_prices(rng: np.random.Generator, world: Columns, users: Columns) -> Columns:
    """Shoppers open the pricing page several times within ten days, most of them as the trial ends.

    They do so whether they use the product much or little.
    """
    start = world["first_use"]
    length = np.minimum(world["leave"] + 30, DAY_COUNT) - start
    may_shop = world["shops"] & ~world["silent"] & (length > 0)
    spells = np.where(may_shop, rng.poisson(np.maximum(length, 0) / 60), 0)
    spell = np.repeat(np.arange(len(start)), spells)
    spell_day = start[spell] + (rng.random(len(spell)) * length[spell]).astype(np.int64)
    trial = np.flatnonzero(may_shop & (rng.random(len(start)) < 0.6))
    spell = np.r_[spell, trial]
    spell_day = np.r_[spell_day, start[trial] + rng.integers(8, 14, len(trial))]

    row = np.repeat(np.arange(len(spell)), rng.integers(2, 6, len(spell)))
    account, day = spell[row], spell_day[row] + rng.integers(0, 10, len(row))
    account, day = account[day < DAY_COUNT], day[day < DAY_COUNT]
    at = day * _DAY + _time_of_day(rng, len(account), 6, 22)
    return {
        "account": account,
        "user": _founders(world, users)[account],
        "name": np.full(len(account), _NAME["pricing_viewed"]),
        "value": np.zeros(len(account), dtype=np.int64),
        "at": np.maximum(at, world["created_at"][account] + 60 * _SECOND),
    }


def _view_templates(
    rng: np.random.Generator, world: Columns, users: Columns, events: Columns
) -> Columns:
    """Draw views of the template gallery, which mean nothing.

    Every thirty days an account gets an e-mail about templates; whether somebody looks depends on
    nothing else about it, and the chance is the same at every age, so that neither activity nor
    age can lend the views a correlation. Accounts that have done nothing for a while get no e-mail:
    otherwise the views alone would keep dead accounts in the analysis.
    """
    count = len(world["kind"])
    day = world["signup"][:, None] + 30 * np.arange(DAY_COUNT // 30 + 1)
    account = np.broadcast_to(np.arange(count)[:, None], day.shape)
    is_read = rng.random(day.shape) < 0.30
    last_use = _last_day_before(count, events, day)
    is_mailed = (day < DAY_COUNT) & (day - last_use <= _MAIL_DAYS) & ~world["silent"][:, None]
    mailed, sent_on = account[is_read & is_mailed], day[is_read & is_mailed]

    views = rng.integers(2, 5, len(mailed))
    mailed, sent_on = np.repeat(mailed, views), np.repeat(sent_on, views)
    at = np.maximum(
        sent_on * _DAY + _time_of_day(rng, len(mailed), 8, 20),
        world["created_at"][mailed] + 60 * _SECOND,
    )
    return {
        "account": mailed,
        "user": _founders(world, users)[mailed],
        "name": np.full(len(mailed), _NAME["template_viewed"]),
        "value": np.zeros(len(mailed), dtype=np.int64),
        "at": at,
    }


def _last_day_before(count: int, events: Columns, day: np.ndarray) -> np.ndarray:
    """Latest day with an event up to each day; an account counts as used on its first day."""
    key = np.unique(events["account"] * DAY_COUNT + events["at"] // _DAY)
    wanted = np.arange(count)[:, None] * DAY_COUNT + np.minimum(day, DAY_COUNT - 1)
    found = np.r_[-1, key][np.searchsorted(key, wanted, side="right")]
    return np.where(found // DAY_COUNT == wanted // DAY_COUNT, found % DAY_COUNT, day[:, :1])


def _receive(rng: np.random.Generator, at: np.ndarray) -> Columns:
    """When each event arrived: mostly at once, some days later, a few by a historical load."""
    count = len(at)
    lag = (rng.exponential(2.0, count) * 1_000).astype(np.int64) * 1_000
    draw = rng.random(count)
    late = (rng.uniform(0.5, 10.0, count) * 86_400).astype(np.int64) * _SECOND
    loaded = (rng.uniform(31.5, 90.0, count) * 86_400).astype(np.int64) * _SECOND
    ahead = -(rng.uniform(0.0, 20.0, count) * 3_600).astype(np.int64) * _SECOND
    slow = np.where(draw < 0.012, late, np.where(draw < 0.015, loaded, lag))
    # What would arrive after the last day is not in the data.
    received = at + np.where(at + slow < DAY_COUNT * _DAY, slow, lag)
    is_ahead = (draw >= 0.015) & (draw < 0.018) & (at > _DAY)
    received = np.where(is_ahead, at + ahead, received)  # a client whose clock is wrong
    received = np.where((draw >= 0.018) & (draw < 0.038), _NOT_A_TIME, received)
    occurred_on = at // _DAY
    received_on = np.where(received == _NOT_A_TIME, occurred_on, received // _DAY)
    is_loaded = received_on - occurred_on > _BACKFILL_LAG_DAYS
    return {
        "received": received,
        "known_on": np.where(is_loaded, occurred_on, np.maximum(occurred_on, received_on)),
    }


def _touch(rng: np.random.Generator, world: Columns, events: Columns) -> Columns:
    """Sales touches, drawn from the days of use: the more active, the likelier a touch."""
    is_session = events["name"] == _NAME["session_started"]
    key = np.unique(events["account"][is_session] * DAY_COUNT + events["at"][is_session] // _DAY)
    key = key[rng.random(len(key)) < 0.05]
    account, day = key // DAY_COUNT, key % DAY_COUNT + rng.integers(1, 4, len(key))
    kept = (day < DAY_COUNT) & (world["kind"][account] == _PROSPECT)
    account, day = account[kept], day[kept]
    # At most one touch per account and fortnight.
    once = np.unique(account * DAY_COUNT + day // 14 * 14, return_index=True)[1]
    account, day = account[once], day[once]
    count = len(account)
    return {
        "account": account,
        "at": day * _DAY + _time_of_day(rng, count, 8, 17),
        "channel": _draw_choice(rng, np.array([0.5, 0.3, 0.2]), count),
        "owner": rng.integers(0, 6, count),
        "outcome": _draw_choice(rng, np.array([0.55, 0.2, 0.15, 0.1]), count),
    }


# 3. Conversion ------------------------------------------------------------------------------------


def _log_hazard_effects(effects: str, drift: bool) -> dict[str, dict[str, float]]:
    if effects == "none":
        zero = dict.fromkeys(PLANTED_EFFECTS, 0.0)
        return {"before": zero, "after": zero}
    after = PLANTED_EFFECTS | EFFECTS_AFTER_DRIFT if drift else PLANTED_EFFECTS
    return {"before": dict(PLANTED_EFFECTS), "after": dict(after)}


def _convert(
    rng: np.random.Generator,
    world: Columns,
    events: Columns,
    touches: Columns,
    log_hazard: dict[str, dict[str, float]],
    base_rate: float,
    touch_effect: float,
) -> tuple[Columns, float]:
    """Draw the day on which each account converts (`DAY_COUNT` or later: never).

    An account converts when its cumulative hazard passes an exponential draw of mean 1.
    """
    count = len(world["kind"])
    patience = rng.exponential(1.0, count)
    cumulative = np.zeros((count, DAY_COUNT), dtype=np.float32)
    events = _select(events, np.argsort(events["account"], kind="stable"))
    touches = _select(touches, np.argsort(touches["account"], kind="stable"))
    step = max(1, _GRID_CELLS // DAY_COUNT)
    for first in range(0, count, step):
        last = min(first + step, count)
        grid = _Grid(first, last, world["employees"][first:last])
        logs = grid.log_hazard(_of_accounts(events, first, last), log_hazard)
        if touch_effect:
            logs += grid.touch_log_hazard(_of_accounts(touches, first, last), touch_effect)
        hazard = np.zeros((last - first, DAY_COUNT), dtype=np.float64)
        hazard[:, 1:] = np.exp(logs[:, :-1])  # today's hazard is by yesterday's state
        hazard *= np.arange(DAY_COUNT) > world["signup"][first:last, None]
        cumulative[first:last] = hazard.cumsum(axis=1)

    is_prospect = world["kind"] == _PROSPECT
    draws = is_prospect & ~world["unreachable"]
    wanted = base_rate * is_prospect.sum() - world["unreachable"].sum()
    intercept = _solve_intercept(cumulative[draws, -1].astype(np.float64), wanted)
    reached = cumulative * np.float32(np.exp(intercept)) >= patience[:, None].astype(np.float32)
    day = np.where(reached.any(axis=1) & draws, reached.argmax(axis=1), DAY_COUNT)
    day = np.where(world["unreachable"], world["signup"], day)
    at = day * _DAY + _time_of_day(rng, count, 8, 18)
    at = np.maximum(at, np.where(world["unreachable"], world["created_at"] + 60 * _SECOND, at))
    return {"day": day, "at": at}, intercept


def _solve_intercept(exposure: np.ndarray, wanted: float) -> float:
    """Intercept at which the expected number of conversions is `wanted`, by bisection."""
    low, high = -30.0, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        expected = -np.expm1(-np.exp(middle) * exposure).sum()
        low, high = (middle, high) if expected < wanted else (low, middle)
    return (low + high) / 2


class _Grid:
    """State of the signals at the end of every day, for a range of accounts.

    A windowed count changes when an event becomes known and when it leaves the window, so it is a
    running sum over these two steps.
    """

    def __init__(self, first: int, last: int, employees: np.ndarray) -> None:
        self.first = first
        self.shape = (last - first, DAY_COUNT)
        self.employees = employees

    def log_hazard(self, events: Columns, log_hazard: dict[str, dict[str, float]]) -> np.ndarray:
        """Sum of the effects of the signals that are met, accounts x days."""
        drift_day = (DRIFT_DAY - FIRST_DAY).days
        total = np.zeros(self.shape, dtype=np.float32)
        for signal in PLANTED_EFFECTS:
            before, after = log_hazard["before"][signal], log_hazard["after"][signal]
            if before or after:
                met = self.met(signal, events)
                total[:, :drift_day] += np.float32(before) * met[:, :drift_day]
                total[:, drift_day:] += np.float32(after) * met[:, drift_day:]
        return total

    def touch_log_hazard(self, touches: Columns, effect: float) -> np.ndarray:
        day = touches["at"] // _DAY
        is_touched = self._level(touches["account"], day, day + _TOUCH_WINDOW_DAYS) > 0
        return np.float32(effect) * is_touched

    def met(self, signal: str, events: Columns) -> np.ndarray:
        """Whether a signal's condition holds, accounts x days."""
        if signal == "mid_market_fit":
            fits = np.nan_to_num(self.employees) >= _MID_MARKET_EMPLOYEES
            return np.broadcast_to(fits[:, None], self.shape)
        if signal == "inactive_14d":
            recent = self._measure(events, "session_started", "active_days", _INACTIVE_DAYS)
            ever = self._measure(events, "session_started", "events", None)
            return (recent == 0) & (ever > 0)
        name, measure, window, threshold = _WINDOW_SIGNALS[signal]
        if measure == "average_at_most":
            return self._has_low_average(events, name, window, threshold)
        return self._measure(events, name, measure, window) >= threshold

    def _has_low_average(
        self, events: Columns, name: str, window: int, threshold: int
    ) -> np.ndarray:
        events = _select(events, _is_named(events, name))
        start, stop = events["known_on"], events["at"] // _DAY + window
        count = self._level(events["account"], start, stop)
        total = self._level(events["account"], start, stop, events["value"])
        return (count > 0) & (total <= threshold * count)

    def _measure(self, events: Columns, name: str, measure: str, window: int | None) -> np.ndarray:
        events = _select(events, _is_named(events, name))
        account, known_on = events["account"], events["known_on"]
        occurred_on = events["at"] // _DAY
        length = DAY_COUNT if window is None else window
        if measure == "events":
            return self._level(account, known_on, occurred_on + length)
        if measure == "decayed_events":
            level = np.zeros(self.shape)
            for age in range(0, length, _DECAY_EVERY_DAYS):
                weight = max(0.0, 1 - _DECAY_RATE * (age // _DECAY_EVERY_DAYS))
                start = np.maximum(known_on, occurred_on + age)
                stop = occurred_on + min(age + _DECAY_EVERY_DAYS, length)
                level += weight * self._level(account, start, stop)
            return level
        key = account if measure == "active_days" else events["user"]
        order = np.lexsort((known_on, occurred_on, key))
        account, key = account[order], key[order]
        known_on, occurred_on = known_on[order], occurred_on[order]
        if measure == "active_days":
            # Of a day's events the one known first counts.
            is_first = np.r_[True, (np.diff(key) != 0) | (np.diff(occurred_on) != 0)][: len(key)]
            account, known_on, occurred_on = (
                values[is_first] for values in (account, known_on, occurred_on)
            )
            return self._level(account, known_on, occurred_on + length)
        return self._level(*_merge_intervals(account, key, known_on, occurred_on + length))

    def _level(
        self,
        account: np.ndarray,
        start: np.ndarray,
        stop: np.ndarray,
        amount: np.ndarray | None = None,
    ) -> np.ndarray:
        """Count (or sum) of the intervals `[start, stop)` that cover each day, accounts x days."""
        rows, days = self.shape
        stop = np.minimum(stop, days)
        covers = start < stop
        row = (account[covers] - self.first) * (days + 1)
        cells = rows * (days + 1)
        weight = None if amount is None else amount[covers]
        steps = np.bincount(row + start[covers], weight, cells).astype(np.int32)
        steps -= np.bincount(row + stop[covers], weight, cells).astype(np.int32)
        return steps.reshape(rows, days + 1)[:, :days].cumsum(axis=1, dtype=np.int32)


def _merge_intervals(
    account: np.ndarray, key: np.ndarray, start: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge the overlapping intervals of a key, so that the key counts once per day."""
    kept = np.flatnonzero(start < stop)
    order = kept[np.lexsort((start[kept], key[kept]))]
    account, key, start, stop = account[order], key[order], start[order], stop[order]
    if not len(order):
        return account, start, stop
    # Keys are spread so far apart that the running maximum never crosses from one to the next.
    reach = np.maximum.accumulate(key * 4 * DAY_COUNT + stop)
    opens = np.r_[True, key[1:] * 4 * DAY_COUNT + start[1:] > reach[:-1]]
    closes = np.r_[np.flatnonzero(opens)[1:] - 1, len(order) - 1]
    return account[opens], start[opens], reach[closes] - key[closes] * 4 * DAY_COUNT


def _is_named(events: Columns, name: str) -> np.ndarray:
    if name == "file_shared_externally":
        return (events["name"] == _NAME["file_shared"]) & (events["value"] % 2 == 1)
    if name == "basic_ticket_opened":
        is_ticket = events["name"] == _NAME["support_ticket_opened"]
        return is_ticket & (events["value"] == _TOPICS.index("basics"))
    return events["name"] == _NAME[name]


# 4. Customers, staff, sales -----------------------------------------------------------------------


def _subscribe(
    rng: np.random.Generator, world: Columns, users: Columns, conversions: Columns
) -> tuple[Columns, Columns]:
    """Subscriptions (free, first paid, upgrade) and until when each account is a customer."""
    count = len(world["kind"])
    account = np.flatnonzero(conversions["day"] < DAY_COUNT)
    day, started_at = conversions["day"][account], conversions["at"][account]
    active_seats = np.bincount(users["account"], minlength=count)[account]
    seats = np.maximum(active_seats, 2) + rng.poisson(1.0, len(account))
    plan = np.digitize(seats, [5, 12, 30]) + 1
    mrr = seats * np.array(_SEAT_PRICES)[plan]

    churns = rng.random(len(account)) < 0.35
    last_day = day + 40 + rng.exponential(110.0, len(account)).astype(np.int64)
    # A cancellation is known up to two months before it takes effect: an end may lie in the future.
    ends = churns & (last_day < DAY_COUNT + 60)
    ended_at = np.where(ends, last_day * _DAY + _time_of_day(rng, len(account), 0, 23), _NOT_A_TIME)
    upgrade_day = day + 30 + rng.exponential(80.0, len(account)).astype(np.int64)
    upgrades = ~churns & (rng.random(len(account)) < 0.35) & (upgrade_day < DAY_COUNT)
    upgraded_at = upgrade_day * _DAY + _time_of_day(rng, len(account), 8, 18)

    free = np.flatnonzero((world["kind"] == _PROSPECT) & world["has_row"])
    free_ended_at = np.where(conversions["day"] < DAY_COUNT, conversions["at"], _NOT_A_TIME)[free]
    # What is sold on the day of the signup has had no free plan.
    had_free = ~world["unreachable"][free]
    free, free_ended_at = free[had_free], free_ended_at[had_free]
    higher_plan = np.minimum(plan + 1, len(_PLANS) - 1)[upgrades]
    higher_seats = seats[upgrades] + rng.integers(1, 8, upgrades.sum())
    subscriptions = _concatenate(
        [
            {
                "account": free,
                "plan": np.zeros(len(free), dtype=np.int64),
                "mrr": np.zeros(len(free)),
                "started_at": world["created_at"][free],
                "ended_at": free_ended_at,
            },
            {
                "account": account,
                "plan": plan,
                "mrr": mrr,
                "started_at": started_at,
                "ended_at": np.where(upgrades, upgraded_at, ended_at),
            },
            {
                "account": account[upgrades],
                "plan": higher_plan,
                "mrr": higher_seats * np.array(_SEAT_PRICES)[higher_plan],
                "started_at": upgraded_at[upgrades],
                "ended_at": np.full(upgrades.sum(), _NOT_A_TIME),
            },
        ]
    )
    customer_until = np.zeros(count, dtype=np.int64)
    customer_until[account] = np.where(ends, np.minimum(last_day, DAY_COUNT), DAY_COUNT)
    is_cancelled = np.zeros(count, dtype=bool)
    is_cancelled[account] = ends & (last_day < DAY_COUNT)
    current_plan = np.zeros(count, dtype=np.int64)
    current_plan[account] = np.where(upgrades, np.minimum(plan + 1, len(_PLANS) - 1), plan)
    current_plan[is_cancelled] = 0
    return subscriptions, {"until": customer_until, "churns": is_cancelled, "plan": current_plan}


def _use_as_customers(
    rng: np.random.Generator,
    world: Columns,
    users: Columns,
    events: Columns,
    conversions: Columns,
    customers: Columns,
) -> tuple[Columns, Columns]:
    """Let customers go on: old users beyond their trial interest, and new colleagues.

    The use of those who will cancel fades over the six weeks before.
    """
    count = len(world["kind"])
    newcomers = np.where(conversions["day"] < DAY_COUNT, rng.poisson(0.25 * world["seats"]), 0)
    account = np.repeat(np.arange(count), np.minimum(newcomers, 40))
    joined = conversions["day"][account] + 1 + rng.exponential(60.0, len(account)).astype(np.int64)
    account, joined = (values[joined < customers["until"][account]] for values in (account, joined))
    later = {
        "account": account,
        "joined": joined,
        "created_at": joined * _DAY + _time_of_day(rng, len(account), 7, 17),
        "is_founder": np.zeros(len(account), dtype=bool),
        "is_internal": np.zeros(len(account), dtype=bool),
        "has_row": np.ones(len(account), dtype=bool),
    }
    first_newcomer = len(users["account"])
    users = _concatenate([users, later])
    account = users["account"]
    start = np.maximum(conversions["day"] + 1, np.maximum(world["leave"], world["first_use"]))
    start = np.where(np.arange(len(account)) < first_newcomer, start[account], users["joined"])
    stop = customers["until"][account]
    fading = np.where(customers["churns"][account], np.maximum(start, stop - 42), stop)
    pace = 0.28 * world["pace"][account]
    user = np.arange(len(account))
    spans = [
        _active_days(rng, user, start, fading, pace),
        _active_days(rng, user, fading, stop, 0.3 * pace),
    ]
    sessions = _sessions(rng, users, *map(np.concatenate, zip(*spans, strict=True)))
    happens = _happen_in_sessions(rng, world, sessions, is_customer=True)
    known_tools = _select(events, events["name"] == _NAME["integration_connected"])
    happens = _drop_known_tools(happens, known_tools)
    invited = _invite(rng, world, users, np.arange(first_newcomer, len(account)))
    return users, _concatenate([sessions, happens, invited])


def _drop_known_tools(happens: Columns, known: Columns) -> Columns:
    connected = known["account"] * len(_TOOLS) + known["value"]
    again = np.isin(happens["account"] * len(_TOOLS) + happens["value"], connected)
    return _select(happens, ~(again & (happens["name"] == _NAME["integration_connected"])))


def _visit_as_staff(
    rng: np.random.Generator, users: Columns, events: Columns
) -> tuple[Columns, Columns]:
    """Let support staff look into customers' accounts: internal users, foreign accounts."""
    staff_count = 3
    staff = {
        "account": np.full(staff_count, -1),
        "joined": np.zeros(staff_count, dtype=np.int64),
        "created_at": np.full(staff_count, 9 * _HOUR),
        "is_founder": np.zeros(staff_count, dtype=bool),
        "is_internal": np.ones(staff_count, dtype=bool),
        "has_row": np.ones(staff_count, dtype=bool),
    }
    may_visit = (events["name"] == _NAME["session_started"]) & (events["at"] > _DAY)
    visited = rng.choice(np.flatnonzero(may_visit), max(5, len(events["at"]) // 600), replace=False)
    visits = _select(events, np.sort(visited))
    first_staff = len(users["account"])
    visits["user"] = first_staff + rng.integers(0, staff_count, len(visited))
    return _concatenate([users, staff]), visits


def _address(rng: np.random.Generator, world: Columns, users: Columns, events: Columns) -> Columns:
    """Which ids an event carries: servers send the account, browsers the user and a visitor id."""
    count = len(events["at"])
    is_server_side = np.isin(events["name"], [_NAME[name] for name in _SERVER_SIDE_EVENTS])
    kind = np.where(events["account"] >= 0, world["kind"][events["account"]], _SOLO)
    must_carry = (users["account"][events["user"]] < 0) | ~users["has_row"][events["user"]]
    carries = is_server_side | must_carry | (rng.random(count) < 0.4)
    is_anonymous_system = (
        (events["name"] == _NAME["limit_reached"])
        & (kind == _PROSPECT)
        & ~must_carry
        & (rng.random(count) < 0.3)
    )
    from_browser = ~is_server_side & (rng.random(count) < 0.5)
    return events | {
        "account_id": np.where(carries & (kind != _SOLO), events["account"], -1),
        "user_id": np.where(is_anonymous_system, -1, events["user"]),
        "anonymous_id": np.where(from_browser, events["user"], -1),
    }


def _describe_properties(events: Columns) -> tuple[Columns, list[str | None]]:
    """Replace names and values by the code of a JSON text, each distinct text built once."""
    owns_object = np.isin(events["name"], [_NAME["project_created"], _NAME["project_edited"]])
    value = events["value"] + np.where(owns_object, events["account"] * 10_000, 0)
    order = np.lexsort((value, events["name"]))
    name, value = events["name"][order], value[order]
    is_first = np.r_[True, (np.diff(name) != 0) | (np.diff(value) != 0)]
    code = np.empty(len(order), dtype=np.int64)
    code[order] = np.cumsum(is_first) - 1
    name, value = name[is_first], value[is_first]
    text = np.full(len(name), None, dtype=object)

    def fill(event_name: str, build: Callable[[np.ndarray], np.ndarray]) -> None:
        rows = name == _NAME[event_name]
        text[rows] = build(value[rows])

    fill(
        "session_started",
        lambda v: _json_texts('"duration_minutes": ', np.char.mod("%.1f", v / 10)),
    )
    for event_name in ("project_created", "project_edited"):
        fill(event_name, lambda v: _json_texts('"project_id": "prj_', _digits(v, 10), '"'))
    tools, limits, topics = np.array(_TOOLS), np.array(_LIMITS), np.array(_TOPICS)
    fill("integration_connected", lambda v: _json_texts('"integration": "', tools[v], '"'))
    fill("limit_reached", lambda v: _json_texts('"limit": "', limits[v], '"'))
    fill("support_ticket_opened", lambda v: _json_texts('"topic": "', topics[v], '"'))
    is_file = name == _NAME["file_shared"]
    files = _digits(np.arange(is_file.sum()), 8)
    external = np.array(["false", "true"])[value[is_file] % 2]
    text[is_file] = _json_texts(
        '"external": ', np.char.add(np.char.add(external, ', "file_id": "file_'), files), '"'
    )
    text[name == _NAME["template_viewed"]] = "{}"
    text[name == _NAME["help_opened"]] = ""
    return events | {"properties": code}, text.tolist()


# 5. Dirt ------------------------------------------------------------------------------------------


def _soil(
    rng: np.random.Generator, users: Columns, events: Columns, first_broken_json: int
) -> tuple[Columns, dict[str, Any], dict[str, Any]]:
    """Add copies and broken rows to the clean events; no clean row is changed.

    Returns the rows in file order, where each of them ends, and the counts of the dirt.
    """
    clean = _select(events, np.argsort(events["at"], kind="stable"))
    count = len(clean["at"])
    clean["event_id"] = np.arange(count)
    parts, copy_counts, fault_counts = [], {}, {}
    for kind, share in _COPY_SHARES.items():
        row = rng.choice(count, max(3, round(share * count)), replace=False)
        copies = _select(clean, np.sort(row))
        copies["received"] = _copy_received(rng, kind, copies)
        parts.append(copies)
        copy_counts[kind] = len(row)
    next_id = count
    for fault, (share, _) in _FAULTS.items():
        row = rng.choice(count, max(3, round(share * count)), replace=False)
        broken = _select(clean, np.sort(row))
        broken["event_id"] = next_id + np.arange(len(row))
        next_id += len(row)
        parts.append(_break(rng, fault, broken, first_broken_json))
        fault_counts[fault] = len(row)

    is_set_aside = (clean["user_id"] >= 0) & users["is_internal"][clean["user_id"]]
    received_on = np.where(clean["received"] == _NOT_A_TIME, clean["at"], clean["received"]) // _DAY
    lag = received_on - clean["at"] // _DAY
    soiled = _concatenate([*parts, clean])
    soiled["is_used"] = np.r_[np.zeros(len(soiled["at"]) - count, dtype=bool), ~is_set_aside]
    quarantined = dict.fromkeys((reason for _, reason in _FAULTS.values()), 0)
    for fault, (_, reason) in _FAULTS.items():
        quarantined[reason] += fault_counts[fault]
    accounting = {
        "rows_in": len(soiled["at"]),
        "used": int((~is_set_aside).sum()),
        "duplicates": sum(copy_counts.values()),
        "quarantined": quarantined,
        "set_aside": int(is_set_aside.sum()),
    }
    dirt = {
        "events": {
            "late_by_1_to_30_days": int(((lag >= 1) & (lag <= _BACKFILL_LAG_DAYS)).sum()),
            "historical_load": int((lag > _BACKFILL_LAG_DAYS).sum()),
            "received_before_occurred": int(
                ((clean["received"] < clean["at"]) & (clean["received"] != _NOT_A_TIME)).sum()
            ),
            "received_at_missing": int((clean["received"] == _NOT_A_TIME).sum()),
            "copies": copy_counts,
            "faults": fault_counts,
        }
    }
    # Rows lie in the order of the day they arrived, copies before originals.
    arrived = np.where(soiled["received"] == _NOT_A_TIME, soiled["at"], soiled["received"])
    order = np.argsort(np.clip(arrived // _DAY, 0, DAY_COUNT), kind="stable")
    return _select(soiled, order), accounting, dirt


def _copy_received(rng: np.random.Generator, kind: str, copies: Columns) -> np.ndarray:
    """When a copy arrives: never before the original."""
    if kind == "exact":
        return copies["received"]
    count = len(copies["at"])
    original = np.where(copies["received"] == _NOT_A_TIME, copies["at"], copies["received"])
    last = np.maximum(original, DAY_COUNT * _DAY - _SECOND)
    seconds = np.minimum(original + rng.integers(1, 120, count) * _SECOND, last)
    if kind == "seconds_later":
        return seconds
    days = seconds + rng.integers(1, 6, count) * _DAY
    return np.where(days < DAY_COUNT * _DAY, days, seconds)


def _break(
    rng: np.random.Generator, fault: str, broken: Columns, first_broken_json: int
) -> Columns:
    """Give rows exactly one fault."""
    count = len(broken["at"])
    nobody = {"user_id": np.full(count, -1), "account_id": np.full(count, -1)}
    turn = np.arange(count)
    unset = np.full(count, _NOT_A_TIME)
    offset = (rng.uniform(0.0, 300.0, count) * _DAY).astype(np.int64)
    faults = {
        "missing_event_id": {"event_id": np.full(count, -1)},
        "missing_event_name": {
            "name": np.where(turn % 3 == 2, -1, len(_EVENT_NAMES) + turn % 3),
        },
        "missing_occurred_at": {"at": unset},
        "occurred_in_far_future": {
            "at": np.datetime64("2999-01-01", "us").astype(np.int64) - _EPOCH + offset,
            "received": unset,
        },
        "occurred_before_2000": {
            "at": np.datetime64("1999-01-01", "us").astype(np.int64) - _EPOCH + offset,
        },
        "occurred_after_received": {
            "received": broken["at"] - _DAY - rng.integers(1, 48 * 3_600, count) * _SECOND,
        },
        "nobody": nobody | {"anonymous_id": np.full(count, -1)},
        # Visitors who never sign in: ids that no user has.
        "only_anonymous": nobody | {"anonymous_id": -2 - turn},
        "invalid_json": {"properties": first_broken_json + turn % len(_BROKEN_JSON)},
    }
    return broken | faults[fault]


# Tables -------------------------------------------------------------------------------------------


def _events_table(events: Columns, vocabulary: list[str | None]) -> pd.DataFrame:
    event_id = _labels("evt_", np.maximum(events["event_id"], 0), 9)
    event_id[events["event_id"] < 0] = None
    names = [*_EVENT_NAMES, *_BLANK_NAMES]
    visitor = events["anonymous_id"]
    visitor_count = max(0, -1 - int(visitor.min()))
    user_count, account_count = int(events["user"].max()) + 1, int(events["account"].max()) + 1
    visitors = np.r_[
        _labels("anon_", np.arange(user_count), 7), _labels("visitor_", np.arange(visitor_count), 5)
    ]
    visitor_code = np.where(visitor < -1, user_count - 2 - visitor, visitor)
    return pd.DataFrame(
        {
            "event_id": pd.Series(event_id, dtype=object),
            "event_name": _take(np.array(names, dtype=object), events["name"]),
            "occurred_at": _times(events["at"]),
            "received_at": _times(events["received"]),
            "user_id": _take(_labels("usr_", np.arange(user_count), 7), events["user_id"]),
            "anonymous_id": _take(visitors, visitor_code),
            "account_id": _take(_labels("acc_", np.arange(account_count), 6), events["account_id"]),
            "properties": _take(np.array(vocabulary, dtype=object), events["properties"]),
        }
    )


def _users_table(rng: np.random.Generator, world: Columns, users: Columns) -> pd.DataFrame:
    count = len(users["account"])
    kind = np.where(users["account"] < 0, _INTERNAL, world["kind"][users["account"]])
    host = _labels("co", np.maximum(users["account"], 0), 6) + ".example.com"
    host = np.where(kind == _SOLO, "mail.example.net", host)
    host = np.where(kind == _INTERNAL, "demo-product.example.org", host)
    email = _labels("user", np.arange(count), 7) + "@" + host
    email[rng.random(count) < 0.02] = None
    table = pd.DataFrame(
        {
            "user_id": _labels("usr_", np.arange(count), 7),
            "account_id": _take(
                _labels("acc_", np.arange(len(world["kind"])), 6),
                np.where(kind == _SOLO, -1, users["account"]),
            ),
            "email": email,
            "created_at": _times(users["created_at"]),
            "is_internal": users["is_internal"],
        }
    )[users["has_row"]]
    broken = table.iloc[rng.choice(len(table), max(2, count // 2_000), replace=False)]
    broken = broken.assign(user_id=pd.Series(None, index=broken.index, dtype=object))
    return pd.concat([table, broken], ignore_index=True)


def _accounts_table(rng: np.random.Generator, world: Columns, customers: Columns) -> pd.DataFrame:
    count = len(world["kind"])
    number = np.arange(count)
    names = np.array(_NAME_FIRST, dtype=object)[number % len(_NAME_FIRST)] + " "
    names += np.array(_NAME_LAST, dtype=object)[number // len(_NAME_FIRST) % len(_NAME_LAST)]
    domain = _labels("co", number, 6) + ".example.com"
    names[-1], domain[-1] = "Demo Product Inc", "demo-product.example.org"
    channel = np.where(rng.random(count) < 0.03, -1, world["channel"])
    country = np.where(rng.random(count) < 0.02, -1, world["country"])
    identifiers = _labels("acc_", number, 6)
    return pd.DataFrame(
        {
            "account_id": identifiers,
            "account_name": names + _labels(" ", number, 6),
            "domain": domain,
            "created_at": _times(world["created_at"]),
            "plan": _take(np.array(_PLANS, dtype=object), customers["plan"]),
            "acquisition_channel": _take(np.array(_CHANNELS, dtype=object), channel),
            "country": _take(np.array(_COUNTRIES, dtype=object), country),
            "employee_count": pd.Series(world["employees"]).astype("Int64"),
            "parent_account_id": _take(identifiers, world["parent"]),
        }
    )[world["has_row"]].reset_index(drop=True)


def _subscriptions_table(
    rng: np.random.Generator, world: Columns, subscriptions: Columns
) -> pd.DataFrame:
    order = np.lexsort((subscriptions["account"], subscriptions["started_at"]))
    subscriptions = _select(subscriptions, order)
    count = len(order)
    started_at = subscriptions["started_at"]
    draw = rng.random(count)
    entered = started_at + (rng.uniform(0.5, 9.0, count) * 86_400).astype(np.int64) * _SECOND
    # Billing enters some contracts days after they start.
    is_late = (draw > 0.85) & (subscriptions["mrr"] > 0) & (entered < DAY_COUNT * _DAY)
    recorded_at = np.where(draw < 0.4, _NOT_A_TIME, np.where(is_late, entered, started_at))
    table = pd.DataFrame(
        {
            "subscription_id": _labels("sub_", np.arange(count), 6),
            "account_id": _take(
                _labels("acc_", np.arange(len(world["kind"])), 6), subscriptions["account"]
            ),
            "plan": _take(np.array(_PLANS, dtype=object), subscriptions["plan"]),
            "mrr_amount": subscriptions["mrr"],
            "currency": pd.Series("USD", index=range(count), dtype=object),
            "started_at": _times(started_at),
            "ended_at": _times(subscriptions["ended_at"]),
            "recorded_at": _times(recorded_at),
        }
    )
    broken = table[table["mrr_amount"] > 0].iloc[:2]
    broken = broken.assign(
        subscription_id=["sub_lost_1", "sub_lost_2"][: len(broken)],
        account_id=pd.Series(None, index=broken.index, dtype=object),
    )
    return pd.concat([table, broken], ignore_index=True)


def _leads_table(rng: np.random.Generator, world: Columns, touches: Columns) -> pd.DataFrame:
    """MQLs by size and chance around the signup, SQLs from touches that led to a meeting."""
    is_large = np.nan_to_num(world["employees"]) >= _MID_MARKET_EMPLOYEES
    is_mql = (world["kind"] == _PROSPECT) & (
        rng.random(len(is_large)) < np.where(is_large, 0.40, 0.25)
    )
    account = np.flatnonzero(is_mql)
    mql_at = world["created_at"][account]
    mql_at = mql_at + (rng.normal(-1.0, 6.0, len(account)) * 86_400).astype(np.int64) * _SECOND
    mql_at = np.clip(mql_at, 0, DAY_COUNT * _DAY - _SECOND)
    never_signed_up = rng.integers(0, DAY_COUNT * 86_400, max(3, len(account) // 6)) * _SECOND
    met = np.flatnonzero(touches["outcome"] == _OUTCOMES.index("meeting"))
    met = met[rng.random(len(met)) < 0.7]
    sql_at = np.minimum(touches["at"][met] + 2 * _HOUR, DAY_COUNT * _DAY - _SECOND)

    account = np.r_[account, np.full(len(never_signed_up), -1), touches["account"][met]]
    at = np.r_[mql_at, never_signed_up, sql_at]
    is_sql = np.arange(len(at)) >= len(at) - len(met)
    order = np.lexsort((account, at))
    account, at, is_sql = account[order], at[order], is_sql[order]
    host = np.where(
        account < 0, "mail.example.net", _labels("co", np.maximum(account, 0), 6) + ".example.com"
    )
    source = rng.integers(0, 3, len(at))
    return pd.DataFrame(
        {
            "lead_id": _labels("lead_", np.arange(len(at)), 6),
            "email": _labels("contact", np.arange(len(at)), 6) + "@" + host,
            "account_id": _take(_labels("acc_", np.arange(len(is_large)), 6), account),
            "kind": _take(np.array(["mql", "sql"], dtype=object), is_sql.astype(np.int64)),
            "created_at": _times(at),
            "source": _take(
                np.array(["webinar", "download", "contact_form", "sales"], dtype=object),
                np.where(is_sql, 3, source),
            ),
        }
    )


def _touches_table(rng: np.random.Generator, touches: Columns) -> pd.DataFrame:
    touches = _select(touches, np.lexsort((touches["account"], touches["at"])))
    count = len(touches["at"])
    owners = _labels("rep_", np.arange(6), 2) + "@demo-product.example.org"
    outcome = np.where(rng.random(count) < 0.05, -1, touches["outcome"])
    return pd.DataFrame(
        {
            "touch_id": _labels("tch_", np.arange(count), 6),
            "account_id": _labels("acc_", touches["account"], 6),
            "touched_at": _times(touches["at"]),
            "channel": _take(
                np.array(["email", "call", "linkedin"], dtype=object), touches["channel"]
            ),
            "owner": _take(owners, touches["owner"]),
            "outcome": _take(np.array(_OUTCOMES, dtype=object), outcome),
        }
    )


def _spend_table(rng: np.random.Generator, world: Columns) -> pd.DataFrame:
    """Daily spend per paid channel, in US dollars, in the rhythm of the working week."""
    paid = np.array([_CHANNELS.index(channel) for channel in _SPEND_PER_SIGNUP])
    signups = np.bincount(world["channel"][world["kind"] == _PROSPECT], minlength=len(_CHANNELS))
    total = signups[paid] * np.array(list(_SPEND_PER_SIGNUP.values()))
    share = rng.gamma(4.0, size=(DAY_COUNT, len(paid)))
    share *= (0.4 + 0.6 * _weekday_factor(np.arange(DAY_COUNT)))[:, None]
    amount = np.round(share / share.sum(axis=0) * total, 2)
    day = np.repeat(np.arange(DAY_COUNT), len(paid))
    return pd.DataFrame(
        {
            "acquisition_channel": np.tile(np.array(_CHANNELS, dtype=object)[paid], DAY_COUNT),
            "spent_on": _times(day * _DAY),
            "amount": amount.ravel(),
        }
    )


def _count_conversions(account_count: int, events: Columns, conversions: Columns) -> dict[str, Any]:
    """Count the conversions; unreachable is one before which no used event was known."""
    converted_on = conversions["day"]
    is_used = events["is_used"] & (events["account"] >= 0)
    first_known_on = np.full(len(converted_on), DAY_COUNT)
    np.minimum.at(first_known_on, events["account"][is_used], events["known_on"][is_used])
    converts = converted_on < DAY_COUNT
    total = int(converts.sum())
    return {
        "total": total,
        "base_rate": round(total / account_count, 4),
        "unreachable": int((converts & (first_known_on >= converted_on)).sum()),
    }


def _describe_drift(log_hazard: dict[str, dict[str, float]]) -> dict[str, Any]:
    before, after = log_hazard["before"], log_hazard["after"]
    return {
        "date": DRIFT_DAY.isoformat(),
        "changes": {
            signal: {"before": before[signal], "after": after[signal]}
            for signal in before
            if before[signal] != after[signal]
        },
    }


# Files --------------------------------------------------------------------------------------------

_FILES = {
    "events": (
        "events.parquet",
        "select event_id::varchar as event_id, event_name::varchar as event_name, occurred_at,"
        " received_at, user_id::varchar as user_id, anonymous_id::varchar as anonymous_id,"
        " account_id::varchar as account_id, properties::varchar as properties from data",
    ),
    "users": (
        "users.parquet",
        "select user_id::varchar as user_id, account_id::varchar as account_id,"
        " email::varchar as email, created_at, is_internal from data",
    ),
    "accounts": (
        "accounts.parquet",
        "select account_id::varchar as account_id, account_name::varchar as account_name,"
        " domain::varchar as domain, created_at, plan::varchar as plan,"
        " acquisition_channel::varchar as acquisition_channel, country::varchar as country,"
        " employee_count::integer as employee_count,"
        " parent_account_id::varchar as parent_account_id from data",
    ),
    "subscriptions": (
        "subscriptions.parquet",
        "select subscription_id::varchar as subscription_id, account_id::varchar as account_id,"
        " plan::varchar as plan, mrr_amount::decimal(18, 2) as mrr_amount,"
        " currency::varchar as currency, started_at, ended_at, recorded_at from data",
    ),
    "leads": (
        "leads.parquet",
        "select lead_id::varchar as lead_id, email::varchar as email,"
        " account_id::varchar as account_id, kind::varchar as kind, created_at,"
        " source::varchar as source from data",
    ),
    "touches": (
        "touches.parquet",
        "select touch_id::varchar as touch_id, account_id::varchar as account_id, touched_at,"
        " channel::varchar as channel, owner::varchar as owner, outcome::varchar as outcome"
        " from data",
    ),
    # One CSV file among the Parquet files: both are read.
    "spend": (
        "spend.csv",
        "select acquisition_channel::varchar as acquisition_channel, spent_on::date as spent_on,"
        " amount::decimal(18, 2) as amount from data",
    ),
}


def _refuse_foreign_files(raw_path: Path) -> None:
    if not raw_path.exists():
        return
    if not raw_path.is_dir():
        raise ValueError(f"raw_path {str(raw_path)!r} is a file: name a folder")
    own = {file_name for file_name, _ in _FILES.values()}
    foreign = sorted(path.name for path in raw_path.iterdir() if path.name not in own)
    if foreign:
        raise ValueError(
            f"raw_path {str(raw_path)!r} holds {foreign[0]!r}, which is not demo data and would be "
            "lost: name another folder or move the file"
        )


def _write_table(table: pd.DataFrame, query: str, path: Path) -> None:
    """Write one table with DuckDB and wait until it is on the disk."""
    # One thread keeps the rows, and so the bytes of the file, in order.
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("data", table)
        target = str(path).replace("'", "''")
        form = "format csv, header" if path.suffix == ".csv" else "format parquet"
        connection.execute(f"copy ({query}) to '{target}' ({form})")
    with path.open("rb") as file:
        os.fsync(file.fileno())


# Arrays -------------------------------------------------------------------------------------------


def _select(columns: Columns, rows: np.ndarray) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


def _concatenate(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _ordered(events: Columns) -> Columns:
    return _select(events, np.lexsort((events["user"], events["at"], events["account"])))


def _of_accounts(columns: Columns, first: int, last: int) -> Columns:
    """Rows of a range of accounts; the columns are ordered by account."""
    low, high = np.searchsorted(columns["account"], [first, last])
    return {name: values[low:high] for name, values in columns.items()}


def _running_count(account: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Sum up within each account, own row included; rows are ordered by account."""
    total = np.cumsum(amount)
    first = np.searchsorted(account, account)
    return total - (total[first] - amount[first])


def _draw_choice(rng: np.random.Generator, shares: np.ndarray, count: int) -> np.ndarray:
    edges = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(edges, rng.random(count), side="right"), len(shares) - 1)


def _time_of_day(rng: np.random.Generator, count: int, first: int, last: int) -> np.ndarray:
    """Microseconds since midnight, from hour `first` to hour `last`, in whole seconds."""
    return rng.integers(first * 3_600, last * 3_600, count) * _SECOND


def _weekday_factor(day: np.ndarray) -> np.ndarray:
    return _WORKDAY_FACTOR[(day + FIRST_DAY.weekday()) % 7]


def _times(microseconds: np.ndarray) -> np.ndarray:
    """Timestamps of microseconds since the first day."""
    is_set = microseconds != _NOT_A_TIME
    return np.where(is_set, microseconds + _EPOCH, _NOT_A_TIME).astype("datetime64[us]")


def _take(labels: np.ndarray, code: np.ndarray) -> pd.Series:
    """Texts by code; a code of -1 is null."""
    texts = np.r_[labels, np.array([None], dtype=object)][code]
    return pd.Series(texts, dtype=object)


def _digits(numbers: np.ndarray, width: int) -> np.ndarray:
    """Numbers as text of a fixed width with leading zeros, without a loop over rows."""
    digits = numbers[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10
    return (digits + ord("0")).astype(np.uint32).view(f"U{width}")[:, 0]


def _labels(prefix: str, numbers: np.ndarray, width: int) -> np.ndarray:
    return np.char.add(prefix, _digits(numbers, width)).astype(object)


def _json_texts(before: str, middle: np.ndarray, after: str = "") -> np.ndarray:
    text = np.char.add(np.char.add("{" + before, middle), after + "}")
    return text.astype(object)


if __name__ == "__main__":
    raise SystemExit(main())
