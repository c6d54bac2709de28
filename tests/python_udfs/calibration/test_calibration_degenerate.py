"""Whatever the data are like, every function answers: with a reason or with no rows."""

import numpy as np
import pandas as pd
import pytest
from calibration_cases import BACKTEST, BANDS, SIGNALS, VERDICT, make_definitions, simulate, take

from python_udfs.calibration import (
    calibrate,
    probability_map,
    schemas,
    score_bands,
    signal_lift,
    threshold_curve,
)


@pytest.fixture(scope="module")
def case():
    return simulate(0, accounts=400)


def no_rows(case):
    return {name: case[name].iloc[:0] for name in {*VERDICT, *SIGNALS} - {"definitions"}} | {
        "settings": case["settings"],
        "weights": case["weights"],
    }


def nobody_converts(case):
    never = {"is_converted": False, "is_converted_next": False}
    return {
        "panel": case["panel"].assign(**never),
        "entities": case["entities"].assign(converted_on=pd.NaT),
    }


def everybody_converts(case):
    always = {"is_converted": True, "is_converted_next": True}
    wait = pd.to_timedelta(np.arange(len(case["entities"])) % 30 + 1, unit="D")
    return {
        "panel": case["panel"].assign(**always),
        "entities": case["entities"].assign(converted_on=case["entities"]["eligible_from"] + wait),
    }


def constant_score(case):
    return {
        "panel": case["panel"].assign(score=50.0),
        "crossings": case["crossings"].drop_duplicates("entity_id").assign(score_reached=50.0),
    }


def missing_scores(case):
    return {
        "panel": case["panel"].assign(score=np.nan),
        "crossings": case["crossings"].assign(score_reached=np.nan),
    }


def some_scores_missing(case):
    some = np.arange(len(case["panel"])) % 7 == 0
    others = np.arange(len(case["crossings"])) % 7 == 0
    return {
        "panel": case["panel"].assign(score=case["panel"]["score"].mask(some)),
        "crossings": case["crossings"].assign(
            score_reached=case["crossings"]["score_reached"].mask(others)
        ),
    }


def one_signal(case):
    return {
        "weights": case["weights"].query("signal_key == 'strong'"),
        "signal_panel": case["signal_panel"].query("signal_key == 'strong'"),
    }


def no_signal_is_ever_met(case):
    return {"signal_panel": case["signal_panel"].iloc[:0]}


def every_signal_is_always_met(case):
    rows = case["panel"][["panel_row"]].merge(case["weights"][["signal_key", "points"]], "cross")
    return {"signal_panel": rows}


def twin_signals(case):
    twins = case["signal_panel"].query("signal_key == 'strong'").assign(signal_key="good")
    others = case["signal_panel"].query("signal_key != 'good'")
    return {"signal_panel": pd.concat([others, twins], ignore_index=True)}


def no_points(case):
    return {
        "weights": case["weights"].assign(points=np.nan),
        "signal_panel": case["signal_panel"].assign(points=0.0),
    }


def one_account(case):
    one = case["panel"]["entity_id"].iloc[0]
    kept = {
        name: case[name][case[name]["entity_id"] == one]
        for name in ("entities", "crossings", "panel")
    }
    return kept | {"signal_panel": case["signal_panel"].iloc[:0]}


def all_of_one_account(case):
    return {
        "entities": case["entities"].assign(account_id="a"),
        "panel": case["panel"].assign(account_id="a"),
    }


def one_day(case):
    panel, days, met = case["panel"], case["panel_days"], case["signal_panel"]
    panel = panel[panel["panel_on"] == panel["panel_on"].max()]
    return {
        "panel": panel,
        "signal_panel": met[met["panel_row"].isin(panel["panel_row"])],
        "panel_days": days[days["panel_on"] == days["panel_on"].max()],
    }


def customers(case):
    return {"definitions": make_definitions(audience="customer")}


CASES = [
    no_rows,
    nobody_converts,
    everybody_converts,
    constant_score,
    missing_scores,
    some_scores_missing,
    one_signal,
    no_signal_is_ever_met,
    every_signal_is_always_met,
    twin_signals,
    no_points,
    one_account,
    all_of_one_account,
    one_day,
    customers,
]
# What can be calibrated all the same: the score, or the signals, are as they were.
SOUND_SCORE = {
    one_signal,
    no_signal_is_ever_met,
    every_signal_is_always_met,
    twin_signals,
    no_points,
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_every_function_answers(case, change):
    changed = case | change(case)
    keywords = case["arguments"]

    verdict = calibrate(*take(changed, *VERDICT), **keywords).iloc[0]
    assert isinstance(verdict["reason"], str)
    assert verdict["reason"].endswith(".")
    assert "nan" not in verdict["reason"]
    if change not in SOUND_SCORE | {one_day}:
        assert verdict["verdict"] == "abstain"
        assert pd.isna(verdict["recommended_threshold"])

    threshold_curve(*take(changed, *BACKTEST), **keywords)

    lift = signal_lift(*take(changed, *SIGNALS), **keywords)
    assert sorted(lift["signal_key"]) == sorted(changed["weights"]["signal_key"])
    doubted = lift["warning"].dropna()
    assert doubted.str.endswith(".").all()
    assert not doubted.str.contains("nan").any()
    if change in (no_rows, nobody_converts, everybody_converts, one_account, all_of_one_account):
        assert doubted.str.startswith("too few observations: ").all()
        assert len(doubted) == len(lift)
    if change not in (
        constant_score,
        missing_scores,
        some_scores_missing,
        one_signal,
        twin_signals,
    ):
        assert lift["suggested_points"].isna().all()

    bands = score_bands(*take(changed, *BANDS), **keywords)
    given = probability_map(*take(changed, *BANDS), **keywords)
    assert given["conversion_probability"].between(0, 1).all()
    if change not in SOUND_SCORE:
        assert given.empty
        assert not bands["is_used"].any()
    for table in (lift, bands, given):
        numbers = table.select_dtypes("float64").to_numpy(dtype="float64")
        assert not np.isinf(numbers).any()
    assert list(lift.columns) == list(schemas.SIGNAL_LIFT)


def test_a_lone_signal_gets_the_points_that_it_has():
    case = simulate(0)
    result = signal_lift(*take(case | one_signal(case), *SIGNALS), **case["arguments"])
    assert result["suggested_points"].tolist() == result["current_points"].tolist() == [30]


def test_signals_that_always_come_together_share_their_points():
    case = simulate(0)
    result = signal_lift(*take(case | twin_signals(case), *SIGNALS), **case["arguments"])
    points = result.set_index("signal_key")["suggested_points"]
    assert abs(points["strong"] - points["good"]) <= 1
