import numpy as np
import pytest
from calibration_cases import (
    BACKTEST,
    GOOD_POINTS,
    arguments,
    day,
    make_crossings,
    make_definitions,
    make_entities,
    make_panel_days,
    make_score_spans,
    make_settings,
    simulate,
    take,
    undrawn,
)

from python_udfs.calibration import calibrate, schemas, threshold_curve, threshold_folds
from python_udfs.calibration.periods import Periods, time_split, walk_forward_periods


def test_folds_lie_in_the_fit_period_with_a_gap_of_the_horizon():
    periods = time_split(make_panel_days(), as_of=arguments()["as_of"], horizon_days=10)
    folds = walk_forward_periods(periods)
    # Fit: 108 days, less one gap 98; the later 49 are judged, too few for two blocks of 28 days.
    assert folds == []
    longer = Periods(
        history_from=0, fit_until=159, split_on=169, holdout_until=300, as_of=310, horizon_days=10
    )
    folds = walk_forward_periods(longer)
    # 160 days less the gap: 150; the later 75 are judged, in two blocks.
    assert [fold.crossing_days("holdout") for fold in folds] == [(85, 121), (122, 159)]
    assert [fold.crossing_days("fit") for fold in folds] == [(0, 74), (0, 111)]
    for fold in folds:
        assert fold.split_on - fold.fit_until == 10
        # Every outcome that a fold looks at is known by the day on which the hold-out begins.
        assert fold.as_of <= longer.split_on


def test_a_fold_is_what_the_curve_says_of_its_days():
    case = simulate(0, points_of=GOOD_POINTS, days=540)
    case["settings"] = case["settings"].assign(min_entities=5)
    folds = threshold_folds(*take(case, *BACKTEST), **undrawn(case["arguments"]))
    assert folds.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.THRESHOLD_FOLDS.items()
    }
    assert len(folds) >= 2
    assert folds["reason"].isna().all()
    assert (folds["best_objective"] >= folds["chosen_objective"]).all()
    # Counted again, without the package: who first reached the threshold in the judged weeks.
    crossings = case["crossings"]
    converted_on = case["entities"].set_index("entity_id")["converted_on"]
    for fold in folds.itertuples():
        reached = (
            crossings[crossings["score_reached"] >= fold.chosen_threshold]
            .groupby("entity_id")["reached_on"]
            .min()
        )
        reached = reached[(reached >= fold.judged_from) & (reached <= fold.judged_until)]
        wait = (converted_on.reindex(reached.index) - reached).dt.days
        converted = ((wait > 0) & (wait <= case["arguments"]["horizon_days"])).sum()
        assert fold.qualified_count == len(reached)
        assert fold.converted_count == converted
        assert fold.chosen_objective == 1000 * converted - 200 * len(reached)


def test_the_holdout_never_moves_a_fold():
    case = simulate(0, points_of=GOOD_POINTS, days=540)
    expected = threshold_folds(*take(case, *BACKTEST), **undrawn(case["arguments"]))
    split_on = calibrate(
        *take(case, "crossings", "entities", "score_spans", *BACKTEST[2:]), **case["arguments"]
    )["split_on"].iloc[0]
    entities = case["entities"].copy()
    entities["converted_on"] = entities["converted_on"].where(entities["converted_on"] <= split_on)
    found = threshold_folds(
        *take(case | {"entities": entities}, *BACKTEST), **undrawn(case["arguments"])
    )
    assert found.equals(expected)


def turning_case(*, is_turning):
    """Level 30 converts early in the fit period and in the hold-out, not in the judged weeks."""
    entities, crossings = [], []
    converting_starts = {10: True, 60: True, 280: True} | dict.fromkeys(
        (115, 145, 180), not is_turning
    )
    for start, is_good in converting_starts.items():
        for score in (30.0, 50.0):
            for i in range(40):
                name = f"{start}-{score:g}-{i:02d}"
                is_buyer = i < 20 and (is_good or score == 50)
                entities.append((name, start, start + 6 if is_buyer else None))
                crossings.append((name, start + 1, score))
    last = 359
    return {
        "crossings": make_crossings(crossings),
        # Others, so that the base rate is lower than the rate of those with a score.
        "entities": make_entities(entities + [(f"z{i:03d}", i, None) for i in range(300)]),
        "score_spans": make_score_spans([]),
        "definitions": make_definitions(enter_threshold=50),
        "settings": make_settings(conversion_value=100.0, touch_cost=15.0),
        "panel_days": make_panel_days(last - 10),
        "arguments": arguments(as_of=np.datetime64("2024-01-01") + last),
    }


@pytest.mark.parametrize(("is_turning", "verdict"), [(True, "keep"), (False, "recommend")])
def test_a_choice_that_failed_in_every_fold_is_not_recommended(is_turning, verdict):
    case = turning_case(is_turning=is_turning)
    folds = threshold_folds(*take(case, *BACKTEST), **undrawn(case["arguments"]))
    assert len(folds) == 3
    assert (folds["chosen_threshold"] == 30).all()
    is_worse = folds["chosen_objective"] < folds["current_objective"]
    assert is_worse.all() == is_turning
    names = ("crossings", "entities", "score_spans", "definitions", "settings", "panel_days")
    result = calibrate(*take(case, *names), **case["arguments"]).iloc[0]
    assert result["verdict"] == verdict, result["reason"]
    assert "3 walk-forward folds" in result["reason"]


def test_below_the_precision_floor_the_folds_are_compared_by_precision():
    """More leads bring more conversions in every fold; what is wrong with them is the precision."""
    entities, crossings = [], []
    for start in (10, 60, 115, 145, 180, 280):
        for score, buyers in ((10.0, 6), (50.0, 20)):
            for i in range(40):
                name = f"{start}-{score:g}-{i:02d}"
                entities.append((name, start, start + 6 if i < buyers else None))
                crossings.append((name, start + 1, score))
    case = turning_case(is_turning=False) | {
        "crossings": make_crossings(crossings),
        "entities": make_entities(entities + [(f"z{i:03d}", i, None) for i in range(300)]),
        "definitions": make_definitions(enter_threshold=10.0, exit_threshold=10.0),
        "settings": make_settings(objective="precision", min_precision=0.45),
    }
    folds = threshold_folds(*take(case, *BACKTEST), **undrawn(case["arguments"]))
    assert folds["objective_measure"].tolist() == ["precision"] * 3
    assert (folds["chosen_objective"] > folds["current_objective"]).all()
    names = ("crossings", "entities", "score_spans", "definitions", "settings", "panel_days")
    result = calibrate(*take(case, *names), **case["arguments"]).iloc[0]
    assert (result["verdict"], result["recommended_threshold"]) == ("recommend", 50.0)
    assert "in 3 of 3 walk-forward folds" in result["reason"]


def test_a_fold_that_no_score_could_serve_says_so():
    """Points for attributes come before any event: what converts then is no recall."""
    signups = np.arange(0, 380, 2)
    rows = [(f"e{i}", signup, signup + 5) for i, signup in enumerate(signups)]
    entities = make_entities(rows)
    entities["first_scored_on"] = entities["first_scored_on"].where(signups >= 150)
    result = threshold_folds(
        make_crossings([(entity, signup, 60.0) for entity, signup, _ in rows]),
        entities,
        make_definitions(),
        make_settings(objective="f_beta"),
        make_panel_days(390),
        **undrawn(arguments(as_of=day(400))),
    )
    assert "no recall" in result["reason"].iloc[0]
    assert result["chosen_threshold"].tolist()[-1] == 60


def test_there_are_no_folds_of_customers_or_of_a_short_history():
    case = simulate(1, accounts=200)
    customers = case | {"definitions": make_definitions(audience="customer")}
    assert threshold_folds(*take(customers, *BACKTEST), **undrawn(case["arguments"])).empty
    short = case | {"panel_days": case["panel_days"].tail(5)}
    assert threshold_folds(*take(short, *BACKTEST), **undrawn(case["arguments"])).empty
    assert threshold_curve(*take(short, *BACKTEST), **case["arguments"]).empty
