import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    BACKTEST,
    GOOD_POINTS,
    NO_EFFECTS,
    VERDICT,
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
)

from python_udfs.calibration import calibrate, schemas, threshold_curve


def verdict(case, **changes):
    result = calibrate(*take(case | changes, *VERDICT), **case["arguments"])
    assert len(result) == 1
    assert result["reason"].notna().all()
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.CALIBRATION.items()
    }
    return result.iloc[0]


@pytest.fixture(scope="module")
def good_case():
    return simulate(0, points_of=GOOD_POINTS)


def hand_case(entities, crossings, **changes):
    return {
        "crossings": make_crossings(crossings),
        "entities": make_entities(entities),
        "score_spans": make_score_spans([]),
        "definitions": make_definitions(),
        "settings": make_settings(),
        "panel_days": make_panel_days(),
        "arguments": arguments(),
    } | changes


def periods_alike(count, levels):
    """In each period every level is reached by `count` entities, of which a share converts.

    `levels` maps a score to the number of the `count` that convert.
    """
    entities, crossings = [], []
    for start in (10, 130):
        for score, converting in levels.items():
            for i in range(count):
                name = f"{start}-{score}-{i:03d}"
                entities.append((name, start, start + 6 if i < converting else None))
                crossings.append((name, start + 1, float(score)))
    return entities, crossings


# ----------------------------------------------------------------------------- recommend and keep


def test_a_better_threshold_is_recommended_with_its_exit(good_case):
    result = verdict(good_case, definitions=make_definitions(enter_threshold=5, exit_threshold=4))
    assert result["verdict"] == "recommend"
    assert result["recommended_threshold"] == result["chosen_threshold"] > 5
    assert 0 < result["recommended_exit_threshold"] <= result["recommended_threshold"]
    assert result["holdout_objective_difference"] > 0
    assert result["fit_objective_chosen"] > result["fit_objective_current"]
    assert result["holdout_chosen_lift_low"] > 1
    assert f"{result['recommended_threshold']:g} instead of 5." in result["reason"]
    is_beyond_chance = result["holdout_objective_difference_low"] > 0
    assert ("chance could explain it" in result["reason"]) != is_beyond_chance


def test_the_best_threshold_of_the_fit_is_kept_when_it_is_in_force(good_case):
    chosen = verdict(good_case)["chosen_threshold"]
    now = make_definitions(enter_threshold=chosen, exit_threshold=chosen - 5)
    result = verdict(good_case, definitions=now)
    assert result["verdict"] == "keep"
    assert result["recommended_threshold"] == result["current_threshold"] == chosen
    assert result["recommended_exit_threshold"] == chosen - 5
    assert result["holdout_objective_difference"] == 0
    assert "is the best threshold of the fit period as well" in result["reason"]


def test_figures_are_those_of_the_curve(good_case):
    result = verdict(good_case)
    curve = threshold_curve(*take(good_case, *BACKTEST), **good_case["arguments"])
    for which in ("chosen", "current"):
        for split, names in (
            ("holdout", ("qualified_count", "precision_low", "lift_high", "expected_value_low")),
            ("fit", ("qualified_count", "precision", "lift", "recall", "per_week")),
        ):
            row = curve[
                (curve["split"] == split) & (curve["threshold"] == result[f"{which}_threshold"])
            ].iloc[0]
            for name in names:
                assert result[f"{split}_{which}_{name}"] == row[name]


def test_the_holdout_never_moves_the_choice(good_case):
    split_on = verdict(good_case)["split_on"]
    entities = good_case["entities"].copy()
    entities["converted_on"] = entities["converted_on"].where(entities["converted_on"] <= split_on)
    result = verdict(good_case, entities=entities)
    assert result["verdict"] == "abstain"
    assert "no conversion in the hold-out" in result["reason"]
    first = verdict(good_case)
    # Later conversions at random instead of none, so that a threshold is still chosen.
    later = good_case["entities"]["converted_on"] > split_on
    mixed = good_case["entities"].copy()
    mixed["converted_on"] = mixed["converted_on"].where(~later)
    rng = np.random.default_rng(1)
    lucky = mixed.index[mixed["converted_on"].isna()][
        rng.choice(mixed["converted_on"].isna().sum(), later.sum(), replace=False)
    ]
    mixed.loc[lucky, "converted_on"] = split_on + pd.to_timedelta(
        rng.integers(1, 100, len(lucky)), unit="D"
    )
    second = verdict(good_case, entities=mixed)
    assert second["chosen_threshold"] == first["chosen_threshold"]
    assert second["holdout_chosen_lift"] < first["holdout_chosen_lift"]


def test_of_equal_thresholds_the_highest_is_chosen():
    # 30 and 40 are reached by the same entities, so they are equal in every respect.
    entities, crossings = periods_alike(40, {10: 0, 30: 20})
    crossings += [(name, on, 40.0) for name, on, score in crossings if score == 30.0]
    crossings = [row for row in crossings if row[2] != 30.0] + [
        (name, on - 1, 30.0) for name, on, score in crossings if score == 30.0
    ]
    assert verdict(hand_case(entities, crossings))["chosen_threshold"] == 40.0


def test_a_better_fit_that_does_not_hold_up_is_not_recommended():
    # In the fit period level 30 pays, in the hold-out only level 50 does.
    entities, crossings = [], []
    for start, paying in ((10, (30, 50)), (130, (50,))):
        for score in (10, 30, 50):
            for i in range(40):
                name = f"{start}-{score}-{i:03d}"
                converts = score in paying and i < 20
                entities.append((name, start, start + 6 if converts else None))
                crossings.append((name, start + 1, float(score)))
    result = verdict(hand_case(entities, crossings))
    assert result["verdict"] == "keep"
    assert result["chosen_threshold"] == 30.0
    assert result["recommended_threshold"] == 50.0
    assert result["holdout_objective_difference"] == pytest.approx(-40 * 10)
    assert "was not better than 50" in result["reason"]


def test_a_difference_that_chance_explains_is_said_to_be():
    # One account more or less is all that parts the two thresholds.
    entities, crossings = periods_alike(40, {10: 0, 48: 5, 50: 30})
    result = verdict(hand_case(entities, crossings))
    assert result["verdict"] == "recommend"
    assert result["recommended_threshold"] == 48.0
    assert "chance could explain it" in result["reason"]


# ------------------------------------------------------------------------------------- objectives


def test_capacity_limits_the_leads_per_week():
    entities, crossings = periods_alike(40, {10: 4, 30: 12, 50: 20})
    # The fit period has 108 days: 80 leads at 30 are 5.19 a week, 40 at 50 are 2.59.
    for capacity, expected in ((5.2, 30.0), (5.1, 50.0)):
        settings = make_settings(objective="capacity", weekly_capacity=capacity)
        result = verdict(hand_case(entities, crossings, settings=settings))
        assert result["chosen_threshold"] == expected
        assert result["objective_measure"] == "worked_conversions_per_week"
    settings = make_settings(objective="capacity", weekly_capacity=2.0)
    result = verdict(hand_case(entities, crossings, settings=settings))
    assert result["verdict"] == "abstain"
    assert "No threshold keeps to 2 leads a week: even 50" in result["reason"]


@pytest.mark.parametrize(("in_force", "expected"), [(10.0, "recommend"), (50.0, "keep")])
def test_who_breaks_the_limit_in_the_holdout_is_not_replaced_by_who_breaks_it_more(
    in_force, expected
):
    # More leads come in the hold-out, so that 30 is beyond the capacity there, and 50 is not.
    entities, crossings = [], []
    for start, counts in ((10, (40, 40, 40)), (130, (80, 80, 40))):
        for score, share, count in zip((10, 30, 50), (0.1, 0.5, 0.5), counts, strict=True):
            for i in range(count):
                name = f"{start}-{score}-{i:03d}"
                entities.append((name, start, start + 6 if i < share * count else None))
                crossings.append((name, start + 1, float(score)))
    case = hand_case(
        entities,
        crossings,
        settings=make_settings(objective="capacity", weekly_capacity=5.3),
        definitions=make_definitions(enter_threshold=in_force, exit_threshold=in_force),
    )
    result = verdict(case)
    assert result["chosen_threshold"] == 30.0
    assert result["verdict"] == expected, result["reason"]
    told = {
        "recommend": "Both are beyond the limit of the objective there: 30 brought",
        "keep": "leads a week, beyond the limit of the objective",
    }
    assert told[expected] in result["reason"]


def test_a_precision_floor_takes_the_most_conversions_above_it():
    entities, crossings = periods_alike(40, {10: 4, 30: 12, 50: 20})
    # Precision: 36 of 120 at 10, 32 of 80 at 30, 20 of 40 at 50.
    for floor, expected in ((0.29, 10.0), (0.40, 30.0), (0.41, 50.0)):
        settings = make_settings(objective="precision", min_precision=floor)
        result = verdict(hand_case(entities, crossings, settings=settings))
        assert result["chosen_threshold"] == expected
    settings = make_settings(objective="precision", min_precision=0.51)
    result = verdict(hand_case(entities, crossings, settings=settings))
    assert result["verdict"] == "abstain"
    assert "the best one has 50 %" in result["reason"]


def test_below_the_precision_floor_the_comparison_is_of_precision():
    entities, crossings = periods_alike(40, {10: 4, 30: 12, 50: 20})
    case = hand_case(
        entities,
        crossings,
        settings=make_settings(objective="precision", min_precision=0.45),
        definitions=make_definitions(enter_threshold=10.0, exit_threshold=10.0),
    )
    result = verdict(case)
    assert result["verdict"] == "recommend"
    assert result["recommended_threshold"] == 50.0
    assert result["recommended_exit_threshold"] == 50.0
    assert result["objective_measure"] == "precision"
    assert result["holdout_objective_difference"] == pytest.approx(20 / 40 - 36 / 120)


def test_f_beta_leans_to_recall_or_precision():
    entities, crossings = periods_alike(40, {10: 4, 30: 12, 50: 20})
    chosen = {}
    for beta in (0.1, 10.0):
        settings = make_settings(objective="f_beta", beta=beta)
        chosen[beta] = verdict(hand_case(entities, crossings, settings=settings))[
            "chosen_threshold"
        ]
    assert chosen == {0.1: 50.0, 10.0: 10.0}


# -------------------------------------------------------------------------------------- abstention


def abstains(case, *texts, **changes):
    result = verdict(case, **changes)
    assert result["verdict"] == "abstain"
    assert pd.isna(result["recommended_threshold"])
    for text in texts:
        assert text in result["reason"]
    return result


def test_customers_have_no_conversion_to_calibrate_against(good_case):
    abstains(good_case, "customers", definitions=make_definitions(audience="customer"))


def test_empty_inputs_abstain(good_case):
    abstains(
        good_case,
        "no accounts in the audience",
        crossings=good_case["crossings"].iloc[:0],
        entities=good_case["entities"].iloc[:0],
        panel_days=good_case["panel_days"].iloc[:0],
    )


def test_no_score_above_zero_abstains(good_case):
    abstains(good_case, "has had a score above 0", crossings=good_case["crossings"].iloc[:0])


def test_a_short_history_abstains(good_case):
    abstains(good_case, "too short", panel_days=good_case["panel_days"].iloc[-3:])


def test_missing_scores_abstain(good_case):
    crossings = good_case["crossings"].copy()
    crossings.loc[[3, 7], "score_reached"] = np.nan
    abstains(good_case, "2 scores are missing", crossings=crossings)


def test_nobody_converted_abstains(good_case):
    entities = good_case["entities"].assign(converted_on=pd.NaT)
    abstains(good_case, "no conversion in the fit period", entities=entities)


def test_everybody_converted_abstains():
    entities = [(f"e{on}", on - 1, on + 5) for on in range(5, 185)]
    case = hand_case(entities, [(name, on + 1, 50.0) for name, on, _ in entities])
    abstains(case, "1.00 times as often")


def test_too_few_conversions_abstain(good_case):
    settings = good_case["settings"].assign(min_conversions=10_000)
    abstains(good_case, "10000 are needed", settings=settings)


def test_too_few_accounts_at_every_threshold_abstain(good_case):
    settings = good_case["settings"].assign(min_entities=10_000)
    abstains(good_case, "No threshold was reached by 10000 accounts", settings=settings)


def test_too_few_accounts_in_the_holdout_abstain():
    entities, crossings = periods_alike(40, {10: 0, 50: 20})
    kept = [row for row in crossings if not row[0].startswith("130-50")] + [
        row for row in crossings if row[0].startswith("130-50")
    ][:9]
    case = hand_case(entities, kept, settings=make_settings(min_entities=10))
    result = abstains(case, "was reached by 9 accounts in the hold-out; 10 are needed")
    assert result["chosen_threshold"] == 50.0


def test_touches_that_never_pay_abstain(good_case):
    settings = good_case["settings"].assign(touch_cost=5000.0)
    abstains(good_case, "At no threshold", "pay for the touches", settings=settings)


def test_a_constant_score_abstains():
    rng = np.random.default_rng(4)
    entities, crossings = [], []
    for i in range(400):
        joined = int(rng.integers(0, 180))
        wait = int(rng.integers(2, 60))
        converted = joined + wait if i % 4 == 0 and joined + wait < 200 else None
        entities.append((f"e{i:03d}", joined, converted))
        crossings.append((f"e{i:03d}", joined, 50.0))
    settings = make_settings(touch_cost=1.0)
    abstains(
        hand_case(entities, crossings, settings=settings),
        "one value only, 50",
    )


def test_a_rule_with_one_level_that_separates_is_kept():
    entities, crossings = periods_alike(40, {10: 2, 50: 20})
    crossings = [row for row in crossings if row[2] == 50.0]
    result = verdict(hand_case(entities, crossings))
    assert result["verdict"] == "keep"
    assert result["holdout_chosen_lift"] == pytest.approx((20 / 40) / (22 / 80))


def test_a_score_that_points_the_wrong_way_abstains():
    entities, crossings = periods_alike(60, {10: 40, 50: 6})
    crossings = [row for row in crossings if row[2] == 50.0]
    result = abstains(
        hand_case(entities, crossings, settings=make_settings(touch_cost=1.0)),
        "points the wrong way at 50",
    )
    assert result["holdout_chosen_lift_high"] < 1


def test_a_lift_that_only_the_holdout_shows_abstains():
    entities, crossings = [], []
    for start, converting in ((10, {10: 12, 50: 14}), (130, {10: 2, 50: 25})):
        for score, count in converting.items():
            for i in range(50):
                name = f"{start}-{score}-{i:03d}"
                entities.append((name, start, start + 6 if i < count else None))
                if score == 50:
                    crossings.append((name, start + 1, 50.0))
    case = hand_case(entities, crossings, settings=make_settings(touch_cost=1.0))
    result = abstains(case, "at 50, the best threshold of the fit period", "does not bear it out")
    assert result["holdout_chosen_lift_low"] > 1
    # In the fit period 28 % with it and 26 % of all convert.
    assert result["fit_chosen_lift"] == pytest.approx((14 / 50) / (26 / 100))
    assert "its lift is 1.08" in result["reason"]


def test_touching_nearly_everybody_is_no_threshold():
    entities, crossings = periods_alike(60, {10: 20, 50: 50})
    case = hand_case(entities, crossings, settings=make_settings(touch_cost=1.0))
    result = abstains(case, "it pays to touch nearly everybody", "does carry a signal")
    assert result["chosen_threshold"] == 10.0


@pytest.mark.parametrize("seed", range(6))
def test_data_without_any_effect_abstains(seed):
    case = simulate(seed, effects=NO_EFFECTS)
    settings = case["settings"].assign(touch_cost=20.0)
    assert verdict(case, settings=settings)["verdict"] == "abstain"


def test_every_definition_gets_a_row_and_its_own_settings(good_case):
    definitions = make_definitions(
        {"definition_key": "d"}, {"definition_key": "b", "definition_version": None}
    )
    settings = pd.concat(
        [good_case["settings"], make_settings(definition_key="b", objective="f_beta")]
    )
    result = calibrate(
        *take(good_case | {"definitions": definitions, "settings": settings}, *VERDICT),
        **good_case["arguments"],
    )
    assert result["definition_key"].tolist() == ["b", "d"]
    assert result["objective"].tolist() == ["f_beta", "expected_value"]
    assert result["definition_version"].isna().tolist() == [True, False]
    assert result.loc[0, "verdict"] == "abstain"


def test_unreachable_conversions_are_counted():
    entities = make_entities([("a", 10, 10), ("b", 10, 11), ("c", 10, 30), ("d", 10, None)])
    entities.loc[1, "first_scored_on"] = day(11)
    entities.loc[3, "first_scored_on"] = pd.NaT
    case = hand_case([], [("c", 11, 50.0)]) | {"entities": entities}
    result = verdict(case)
    assert result["conversions_total"] == 3
    assert result["conversions_unreachable"] == 2
    assert result["conversions_fit"] == 1


def test_the_verdict_does_not_depend_on_the_order_of_the_rows(good_case):
    shuffled = {name: good_case[name].sample(frac=1, random_state=1) for name in VERDICT}
    pd.testing.assert_series_equal(verdict(good_case, **shuffled), verdict(good_case))


def test_without_definitions_the_frame_is_empty_and_typed(good_case):
    empty = {name: good_case[name].iloc[:0] for name in VERDICT}
    result = calibrate(*take(empty, *VERDICT), **good_case["arguments"])
    assert result.empty
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.CALIBRATION.items()
    }
