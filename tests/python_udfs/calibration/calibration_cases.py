"""Cases that the calibration tests share: a hand-worked calendar and a simulated product."""

import numpy as np
import pandas as pd

from python_udfs.calibration.periods import as_timestamp, time_split

DAY_ZERO = np.datetime64("2024-01-01", "D")
HORIZON = 10
AS_OF = 199
# Usable days: 199 - 2 * 10 - 0 + 1 = 180. Fit: 60 % of them, days 0 to 107; its outcomes are known
# by day 117; hold-out: days 118 to 189.
FIT_UNTIL, SPLIT_ON, HOLDOUT_UNTIL = 107, 117, 189


def day(number):
    """The date of a day number counted from day zero; None stays missing."""
    return pd.NaT if number is None else pd.Timestamp(DAY_ZERO + number)


def arguments(**changes):
    return {"as_of": day(AS_OF), "horizon_days": HORIZON, "seed": 3, "draws": 100} | changes


def undrawn(given):
    """The arguments of a function that draws nothing."""
    return {name: given[name] for name in ("as_of", "horizon_days")}


def make_definitions(*rows, **changes):
    base = {
        "definition_key": "d",
        "definition_version": "v1",
        "entity_type": "account",
        "audience": "prospect",
        "enter_threshold": 50.0,
        "exit_threshold": 40.0,
    }
    return pd.DataFrame([base | row for row in rows or ({},)]).assign(**changes)


def make_settings(**changes):
    base = {
        "definition_key": "*",
        "objective": "expected_value",
        "conversion_value": 100.0,
        "touch_cost": 10.0,
        "weekly_capacity": 5.0,
        "min_precision": 0.2,
        "beta": 1.0,
        "min_conversions": 1,
        "min_entities": 1,
    }
    return pd.DataFrame([base | changes])


def make_panel_days(last=HOLDOUT_UNTIL):
    days = range(0, last + 1, 7)
    return pd.DataFrame({"panel_on": [day(i) for i in days], "entity_count": 1})


def make_entities(rows, definition_key="d"):
    """Entities from (entity_id, eligible_from, converted_on), scored as soon as eligible."""
    return pd.DataFrame(
        {
            "definition_key": definition_key,
            "entity_id": [row[0] for row in rows],
            "account_id": [row[0] for row in rows],
            "eligible_from": pd.Series([day(row[1]) for row in rows], dtype="datetime64[us]"),
            "eligible_to": pd.Series([None] * len(rows), dtype="datetime64[us]"),
            "converted_on": pd.Series([day(row[2]) for row in rows], dtype="datetime64[us]"),
            "first_scored_on": pd.Series([day(row[1]) for row in rows], dtype="datetime64[us]"),
        }
    )


def make_score_spans(rows, definition_key="d"):
    """Score history from (entity_key, valid_from, score, can_qualify)."""
    return pd.DataFrame(
        {
            "definition_key": pd.Series([definition_key] * len(rows), dtype="str"),
            "entity_key": pd.Series([row[0] for row in rows], dtype="int64"),
            "valid_from": pd.Series([day(row[1]) for row in rows], dtype="datetime64[us]"),
            "score": pd.Series([row[2] for row in rows], dtype="float64"),
            "can_qualify": pd.Series([row[3] for row in rows], dtype="bool"),
        }
    )


def make_crossings(rows, definition_key="d"):
    """Crossings from (entity_id, reached_on, score_reached)."""
    return pd.DataFrame(
        {
            "definition_key": definition_key,
            "entity_id": pd.Series([row[0] for row in rows], dtype="str"),
            "reached_on": pd.Series([day(row[1]) for row in rows], dtype="datetime64[us]"),
            "score_reached": pd.Series([row[2] for row in rows], dtype="float64"),
        }
    )


POINTS = {"strong": 30.0, "good": 20.0, "companion": 10.0, "noise": 15.0, "harmful": 25.0}
EFFECTS = {"strong": 1.6, "good": 0.9, "companion": 0.0, "noise": 0.0, "harmful": -2.5}
GOOD_POINTS = POINTS | {"harmful": -25.0, "noise": 0.0}
NO_EFFECTS = dict.fromkeys(EFFECTS, 0.0)


def simulate(
    seed, *, effects=EFFECTS, points_of=POINTS, accounts=900, days=420, horizon=60, users_each=1
):
    """A product whose truth is known: accounts sign up over 300 days and are met by signals.

    ``good`` and ``companion`` both follow the hidden pace of the account, so ``companion``, which
    does nothing, still goes along with conversion. Returns the keyword inputs of all functions.
    """
    rng = np.random.default_rng(seed)
    pace = rng.random(accounts)
    signup = rng.integers(0, 300, accounts)
    calendar = np.arange(days)
    met = {}
    for name in POINTS:
        share = {"good": pace, "companion": pace, "strong": np.full(accounts, 0.25)}.get(
            name, np.full(accounts, 0.4)
        )
        start = signup + rng.integers(0, 60, accounts)
        stop = start + rng.integers(30, 120, accounts)
        has_it = rng.random(accounts) < share
        met[name] = has_it[:, None] & (calendar >= start[:, None]) & (calendar < stop[:, None])
    names = list(POINTS)
    state = np.stack([met[name] for name in names], axis=2)
    hazard = 0.0022 * np.exp(state @ np.array([effects[name] for name in names]))
    # The state of one day drives the conversion of the next.
    hazard = np.hstack([np.zeros((accounts, 1)), hazard[:, :-1]])
    hazard *= calendar > signup[:, None]
    happens = rng.random(hazard.shape) < hazard
    converted = np.where(happens.any(axis=1), happens.argmax(axis=1), days + 1)

    points = np.array([points_of[name] for name in names])
    account, user = np.divmod(np.arange(accounts * users_each), users_each)
    ids = np.array([f"e{a:05d}_{u}" for a, u in zip(account, user, strict=True)])
    account_ids = np.array([f"a{a:05d}" for a in account])
    score = (state @ points)[account]
    is_eligible = (calendar >= signup[account, None]) & (calendar < converted[account, None])
    record = np.maximum.accumulate(np.where(is_eligible, score, 0.0), axis=1)
    before = np.hstack([np.zeros((len(ids), 1)), record[:, :-1]])
    entity, at = np.nonzero(record > before)
    crossings = pd.DataFrame(
        {
            "definition_key": "d",
            "entity_id": ids[entity],
            "reached_on": DAY_ZERO + at,
            "score_reached": record[entity, at],
        }
    )
    can_qualify = is_eligible.astype(bool)
    is_change = np.diff(np.where(can_qualify, score, -1.0), axis=1, prepend=-2.0) != 0
    changed, on = np.nonzero(is_change)
    score_spans = pd.DataFrame(
        {
            "definition_key": "d",
            "entity_key": changed,
            "valid_from": DAY_ZERO + on,
            "score": score[changed, on],
            "can_qualify": can_qualify[changed, on],
        }
    )
    converted_on = pd.Series(DAY_ZERO + converted[account]).where(converted[account] < days)
    entities = pd.DataFrame(
        {
            "definition_key": "d",
            "entity_id": ids,
            "account_id": account_ids,
            "eligible_from": DAY_ZERO + signup[account],
            "eligible_to": converted_on,
            "converted_on": converted_on,
            "first_scored_on": DAY_ZERO + signup[account],
        }
    )
    grid = np.arange(0, days - horizon, 7)
    row, week = np.nonzero(is_eligible[:, grid])
    week = grid[week]
    panel = pd.DataFrame(
        {
            "panel_row": np.arange(len(row)),
            "definition_key": "d",
            "entity_id": ids[row],
            "account_id": account_ids[row],
            "eligible_from": DAY_ZERO + signup[account[row]],
            "panel_on": DAY_ZERO + week,
            "score": score[row, week],
            "is_required_met": True,
            "is_converted": converted[account[row]] <= week + horizon,
            "is_converted_next": converted[account[row]] <= week + 7,
        }
    )
    panel_row, signal = np.nonzero(state[account[row], week])
    signal_panel = pd.DataFrame(
        {
            "panel_row": panel_row,
            "signal_key": np.array(names)[signal],
            "points": points[signal],
        }
    )
    weights = pd.DataFrame(
        {
            "definition_key": "d",
            "signal_key": names,
            "points": points,
            "points_per_unit": np.nan,
            "is_required": False,
        }
    )
    return {
        "crossings": crossings,
        "entities": entities,
        "score_spans": score_spans,
        "panel": panel,
        "signal_panel": signal_panel,
        "weights": weights,
        "definitions": make_definitions(),
        "settings": make_settings(
            conversion_value=1000.0, touch_cost=200.0, min_conversions=20, min_entities=30
        ),
        "panel_days": panel.groupby("panel_on").size().rename("entity_count").reset_index(),
        "arguments": {
            "as_of": day(days - 1),
            "horizon_days": horizon,
            "seed": 5,
            "draws": 200,
        },
    }


def with_other_labels(case, after):
    """Turn the outcomes of all days after a period (``fit_until`` or ``split_on``) round."""
    periods = time_split(case["panel_days"], **undrawn(case["arguments"]))
    panel = case["panel"]
    is_later = panel["panel_on"] > as_timestamp(getattr(periods, after))
    turned = {name: panel[name] ^ is_later for name in ("is_converted", "is_converted_next")}
    assert is_later.any()
    return case | {"panel": panel.assign(**turned)}


def take(case, *names):
    return [case[name] for name in names]


VERDICT = (
    "crossings",
    "entities",
    "score_spans",
    "definitions",
    "settings",
    "panel_days",
)
BACKTEST = ("crossings", "entities", "definitions", "settings", "panel_days")
SIGNALS = ("panel", "signal_panel", "weights", "definitions", "settings", "panel_days")
BANDS = ("panel", "definitions", "settings", "panel_days")
