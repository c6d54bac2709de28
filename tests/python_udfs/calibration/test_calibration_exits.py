import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    GOOD_POINTS,
    arguments,
    day,
    make_definitions,
    make_panel_days,
    make_score_spans,
    make_settings,
    simulate,
    take,
    undrawn,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from python_udfs.calibration import calibrate, exit_thresholds, schemas
from python_udfs.calibration.exits import (
    FLAP_DAYS,
    candidate_exits,
    choose_exit,
    flapping,
    read_score_spans,
)
from python_udfs.calibration.inputs import read_definitions
from python_udfs.calibration.periods import time_split

LAST = 120


def spans_of(rows):
    return read_score_spans(make_score_spans(rows), ["d"])["d"]


def first_day():
    return int(np.datetime64(day(0), "D").astype(int))


def by_hand(rows, enter, exit_, first, last):
    """Walk through every day of every entity, as DESIGN section 4 says it."""
    qualifications = lapses = flaps = days = below = 0
    for entity in {row[0] for row in rows}:
        own = sorted(row[1:] for row in rows if row[0] == entity)
        was, gained_on, lost_on = False, [], []
        for on in range(min(row[0] for row in own), LAST + 1):
            _, score, can = [row for row in own if row[0] <= on][-1]
            now = can and (score >= enter or (was and score >= exit_))
            if first <= on <= last and now:
                days += 1
                below += score < enter
            if now and not was:
                gained_on.append(on)
            if was and not now and can:
                lost_on.append(on)
            was = now
        qualifications += sum(first <= on <= last for on in gained_on)
        for on in lost_on:
            if first <= on <= last:
                lapses += 1
                is_seen = on + FLAP_DAYS <= last
                flaps += is_seen and any(0 < again - on <= FLAP_DAYS for again in gained_on)
    return qualifications, lapses, flaps, days, below


@st.composite
def histories(draw):
    rows = []
    for entity in range(draw(st.integers(1, 3))):
        days = draw(st.lists(st.integers(0, LAST), min_size=1, max_size=12, unique=True))
        for on in days:
            score = draw(st.sampled_from([-10.0, 0.0, 30.0, 40.0, 50.0, 60.0]))
            rows.append((entity, on, score, draw(st.booleans())))
    return rows


@settings(max_examples=300, deadline=None)
@given(
    histories(),
    st.sampled_from([30.0, 40.0, 50.0]),
    st.integers(0, 60),
    st.integers(60, LAST),
)
def test_the_status_is_that_of_a_walk_through_every_day(rows, exit_, first, last):
    figures = flapping(spans_of(rows), 50.0, exit_, first_day() + first, first_day() + last)
    assert (
        figures.qualifications,
        figures.lapses,
        figures.flaps,
        figures.qualified_days,
        figures.days_below_enter,
    ) == by_hand(rows, 50.0, exit_, first, last)


def flapping_history(entities):
    """Scores that reach 50 and dip to 42 for a week, twice, in the fit period and after it."""
    rows = []
    for entity in range(entities):
        for start in (10, 130):
            for on, score in ((0, 50.0), (7, 42.0), (14, 50.0), (21, 42.0), (28, 50.0), (35, 10.0)):
                rows.append((entity, start + on, score, True))
    return rows


def verdicts_of(enter, exit_):
    return pd.DataFrame(
        {
            "definition_key": ["d"],
            "recommended_threshold": [enter],
            "recommended_exit_threshold": [exit_],
        }
    )


def test_the_curve_of_the_exits_counts_what_flaps():
    result = exit_thresholds(
        make_score_spans(flapping_history(4)),
        verdicts_of(50.0, 42.0),
        make_definitions(),
        make_settings(),
        make_panel_days(),
        **undrawn(arguments()),
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.EXIT_THRESHOLDS.items()
    }
    fit = result[result["split"] == "fit"].set_index("exit_threshold")
    assert fit.index.tolist() == [40.0, 42.0, 50.0]
    assert fit["is_current"].tolist() == [True, False, False]
    assert fit["is_recommended"].tolist() == [False, True, False]
    # With an exit at 50 every entity qualifies three times and loses the status three times; two
    # of these are regained. Below 42 it keeps the status for its 35 days.
    assert fit.loc[50.0, ["qualification_count", "lapse_count", "flap_count"]].tolist() == [
        12,
        12,
        8,
    ]
    assert fit.loc[42.0, ["qualification_count", "lapse_count", "flap_count"]].tolist() == [4, 4, 0]
    assert fit.loc[50.0, "qualified_days"] == 4 * 21
    assert fit.loc[42.0, "qualified_days"] == 4 * 35
    assert fit.loc[42.0, "below_enter_share"] == pytest.approx(14 / 35)
    assert (result[result["split"] == "holdout"]["qualification_count"] > 0).all()


def test_without_a_verdict_the_thresholds_in_force_are_shown():
    result = exit_thresholds(
        make_score_spans(flapping_history(2)),
        verdicts_of(None, None),
        make_definitions(),
        make_settings(),
        make_panel_days(),
        **undrawn(arguments()),
    )
    assert (result["enter_threshold"] == 50).all()
    assert not result["is_recommended"].any()


@pytest.mark.parametrize("rows", [[], [(1, 0, None, True)], [(1, 0, 10.0, False)]])
def test_nothing_to_follow_gives_zeros(rows):
    result = exit_thresholds(
        make_score_spans(rows),
        verdicts_of(50.0, 40.0),
        make_definitions(),
        make_settings(),
        make_panel_days(),
        **undrawn(arguments()),
    )
    assert (result["qualification_count"] == 0).all()
    assert result["flap_rate"].isna().all()


@pytest.fixture(scope="module")
def case():
    changed = make_definitions(enter_threshold=5, exit_threshold=4)
    return simulate(0, points_of=GOOD_POINTS) | {"definitions": changed}


VERDICT = ("crossings", "entities", "score_spans", "definitions", "settings", "panel_days")


def test_the_recommended_exit_is_the_highest_that_is_calm_in_the_fit_period(case):
    verdicts = calibrate(*take(case, *VERDICT), **case["arguments"])
    assert verdicts["verdict"].tolist() == ["recommend"]
    result = exit_thresholds(
        case["score_spans"],
        verdicts,
        *take(case, "definitions", "settings", "panel_days"),
        **undrawn(case["arguments"]),
    )
    fit = result[result["split"] == "fit"]
    chosen = fit[fit["is_recommended"]].iloc[0]
    assert chosen["exit_threshold"] == verdicts["recommended_exit_threshold"].iloc[0]
    above = fit[fit["exit_threshold"] > chosen["exit_threshold"]]
    assert chosen["flap_rate"] <= 0.1
    assert (above["flap_rate"] > 0.1).all()


def test_the_exit_is_chosen_without_the_holdout(case):
    first = calibrate(*take(case, *VERDICT), **case["arguments"]).iloc[0]
    spans = case["score_spans"]
    cut = spans[spans["valid_from"] <= first["split_on"]]
    second = calibrate(*take(case | {"score_spans": cut}, *VERDICT), **case["arguments"]).iloc[0]
    assert first["recommended_exit_threshold"] == second["recommended_exit_threshold"]


def test_scores_that_only_the_holdout_has_are_no_exit_thresholds():
    # Everybody falls from 60 to 45 and is back within a week: only 45 and less is calm.
    early = [(i, on, score, True) for i in range(40) for on, score in ((5, 60), (20, 45), (25, 60))]
    # More scores than there may be candidates.
    late = [(i, 150 + i, 30 + i / 2 + 0.25, True) for i in range(40)]
    for rows in (early, early + late):
        exit_, _ = choose_exit(
            spans_of(rows),
            read_definitions(make_definitions(), make_settings())[0],
            50.0,
            time_split(make_panel_days(), as_of=day(199), horizon_days=10),
        )
        assert exit_ == 45


def test_an_exit_in_force_below_half_of_the_enter_threshold_is_shown_but_not_chosen():
    # Everybody falls to 30, later to 10, and is back within a week: only an exit below 10 is calm.
    rows = [(i, on, score, True) for i in range(40) for on, score in ((5, 60), (20, 30), (25, 60))]
    rows += [(i, on, score, True) for i in range(40) for on, score in ((60, 10), (65, 60))]
    definition = read_definitions(make_definitions(exit_threshold=-100), make_settings())[0]
    periods = time_split(make_panel_days(), as_of=day(199), horizon_days=10)
    exit_, _ = choose_exit(spans_of(rows), definition, 50.0, periods)
    assert exit_ == 30
    assert -100 in candidate_exits(spans_of(rows), definition, 50.0, periods)


def test_with_few_qualifications_the_distance_of_the_thresholds_is_kept(case):
    thin = case | {"score_spans": case["score_spans"].iloc[:0]}
    result = calibrate(*take(thin, *VERDICT), **case["arguments"]).iloc[0]
    assert result["recommended_exit_threshold"] == np.floor(result["recommended_threshold"] * 0.8)


def test_the_approval_row_is_a_row_of_the_seed(case):
    result = calibrate(*take(case, *VERDICT), **case["arguments"]).iloc[0]
    parts = result["approval_row"].split(",")
    assert len(parts) == 5
    assert parts[0] == "d"
    assert float(parts[1]) == result["recommended_threshold"]
    assert float(parts[2]) == result["recommended_exit_threshold"]
    assert parts[3] == "2025-02-23"
    assert "expected value" in parts[4]
