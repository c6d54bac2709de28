import numpy as np
import pandas as pd
import pytest
from calibration_cases import DAY_ZERO, make_definitions, make_settings
from propensity_cases import FACTORS, simulate_propensity

from python_udfs.calibration import (
    CalibrationError,
    InvalidValueError,
    MissingColumnError,
    model_comparison,
    penalised,
    propensity,
    propensity_models,
    schemas,
)
from python_udfs.calibration.factors import Factor, cut_factor, make_step_model, read_populations
from python_udfs.calibration.propensity import read_step_models


def fit(case, **changes):
    given = case | changes
    result = propensity_models(
        given["days"], given["factors"], given["values"], given["panel_days"], **case["arguments"]
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.PROPENSITY_STEPS.items()
    }
    return result


NO_PANEL = pd.DataFrame({name: [] for name in schemas.PANEL})
NO_SIGNALS = pd.DataFrame({name: [] for name in schemas.MEASURED_SIGNALS})
NOTHING = {
    "suggestions": pd.DataFrame({name: [] for name in schemas.SUGGESTIONS}),
    "suggested_definitions": pd.DataFrame({name: [] for name in schemas.LEVEL_FIELDS}),
    "levels": pd.DataFrame({name: [] for name in schemas.LEVEL_FIELDS}),
    "signals": pd.DataFrame({name: [] for name in schemas.LEVEL_SIGNALS}),
    "probability_map": pd.DataFrame({name: [] for name in schemas.MAP_KEYS}),
}


def compare(case, steps=None, *, definitions=None, min_conversions=30, min_entities=50, **changes):
    given = case | changes
    result = model_comparison(
        fit(given) if steps is None else steps,
        given["days"],
        given["factors"],
        given["values"],
        panel=NO_PANEL,
        signal_panel=NO_SIGNALS,
        **NOTHING,
        definitions=make_definitions().iloc[:0] if definitions is None else definitions,
        settings=make_settings(min_conversions=min_conversions, min_entities=min_entities),
        panel_days=given["panel_days"],
        **case["arguments"],
        seed=3,
        draws=100,
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.MODEL_COMPARISON.items()
    }
    assert result["reason"].str.endswith(".").all()
    assert (result["is_used"] == (result["verdict"] == "used")).all()
    assert result.groupby(["outcome", "definition_key"])["is_used"].sum().max() <= 1
    return result.set_index(["outcome", "model"])


@pytest.fixture(scope="module")
def planted():
    return simulate_propensity(1)


@pytest.fixture(scope="module")
def planted_steps(planted):
    return fit(planted)


def spread(steps, model="scorecard"):
    own = steps[(steps["model"] == model) & ~steps["is_unknown"]]
    contributions = own.groupby("factor")["contribution"]
    return (contributions.max() - contributions.min()).reindex(FACTORS).fillna(0)


@pytest.mark.parametrize("model", ["scorecard", "gradient_boosting"])
def test_a_planted_cause_of_churn_is_found_with_its_direction_and_size(planted_steps, model):
    found = spread(planted_steps, model)
    assert found["drop"] == found.max()
    assert found[["level", "noise", "rarely"]].max() < 0.5 * found["drop"]
    own = planted_steps[(planted_steps["model"] == model) & (planted_steps["factor"] == "drop")]
    by_value = own[~own["is_unknown"]].sort_values("step")["contribution"]
    assert by_value.iloc[0] > 0.3
    assert by_value.iloc[-1] < -0.3


def test_a_model_that_foretells_the_holdout_is_used(planted, planted_steps):
    found = compare(planted, planted_steps)
    assert found["is_used"].xs("churn").sum() == 1
    chosen = found.xs("churn")[found.xs("churn")["is_used"]].iloc[0]
    assert chosen["reason"].startswith("Better than the base rate: ")
    assert chosen["auc_low"] > 0.55
    assert chosen["log_loss_skill_low"] > 0
    # Of conversion there is no history.
    assert set(found.xs("conversion").drop("base_rate")["verdict"]) == {"abstain"}


def test_the_probability_is_calibrated_on_later_days(planted, planted_steps):
    found = compare(planted, planted_steps).loc[("churn", "scorecard")]
    assert found["mean_probability"] == pytest.approx(found["base_rate"], rel=0.25)


def test_random_outcomes_make_both_models_abstain():
    used = 0
    for seed in range(6):
        case = simulate_propensity(seed, effect=0.0, accounts=500)
        used += compare(case)["is_used"].sum()
    assert used == 0


def test_boosting_is_used_only_where_it_is_clearly_better(planted, planted_steps):
    smooth = compare(planted, planted_steps)
    assert not smooth.loc[("churn", "gradient_boosting"), "is_used"]
    assert "Not clearly better" in smooth.loc[("churn", "gradient_boosting"), "reason"]
    # A narrow danger zone that a few wide steps cannot follow.
    case = simulate_propensity(
        2, accounts=2500, shape=lambda value: np.where(np.abs(value - 0.35) < 0.07, 3.5, 0.0)
    )
    found = compare(case)
    assert found.loc[("churn", "gradient_boosting"), "is_used"]
    assert found.loc[("churn", "scorecard"), "reason"].startswith("Gradient boosting is clearly")


def test_below_the_floors_both_models_abstain_and_say_the_numbers(planted, planted_steps):
    few = compare(planted, planted_steps, min_conversions=5000)
    assert set(few.xs("churn").loc[["scorecard", "gradient_boosting"], "verdict"]) == {"abstain"}
    assert "5000 are asked for (min_conversions)" in few.loc[("churn", "scorecard"), "reason"]
    small = compare(planted, planted_steps, min_entities=9000)
    assert "9000 are asked for (min_entities)" in small.loc[("churn", "scorecard"), "reason"]


def test_the_fit_does_not_look_at_the_holdout(planted, planted_steps):
    days = planted["days"]
    split = propensity.propensity_split(
        read_populations(days, planted["factors"], planted["values"], last_mature_day=10**6)[
            "churn"
        ],
        planted["panel_days"],
        "churn",
        **planted["arguments"],
    )
    is_late = days["panel_on"].to_numpy() > np.datetime64(split.fit_until, "D")
    assert is_late.any()
    turned = days.assign(has_outcome=np.where(is_late, ~days["has_outcome"], days["has_outcome"]))
    pd.testing.assert_frame_equal(fit(planted, days=turned), planted_steps)
    late_ids = set(days["entity_day"][is_late])
    values = planted["values"]
    blown = values.assign(
        factor_value=values["factor_value"].where(~values["entity_day"].isin(late_ids), 1e9)
    )
    pd.testing.assert_frame_equal(fit(planted, values=blown), planted_steps)


def test_row_order_does_not_matter(planted, planted_steps):
    shuffled = {
        name: planted[name].sample(frac=1, random_state=5)
        for name in ("days", "factors", "values", "panel_days")
    }
    pd.testing.assert_frame_equal(fit(planted, **shuffled), planted_steps)
    pd.testing.assert_frame_equal(
        compare(planted, planted_steps, **shuffled), compare(planted, planted_steps)
    )


def test_the_steps_of_boosting_are_the_trees_exactly(planted, monkeypatch):
    seen = []
    original = propensity._fit_trees

    def record(rounds, leaf, design, labels):
        seen.append((original(rounds, leaf, design, labels), design))
        return seen[-1][0]

    monkeypatch.setattr(propensity, "_fit_trees", record)
    steps = fit(planted)
    trees, design = seen[-1]
    case = {name: planted[name] for name in ("days", "factors", "values")}
    population = read_populations(*case.values(), last_mature_day=10**6)["churn"]
    split = propensity.propensity_split(
        population, planted["panel_days"], "churn", **planted["arguments"]
    )
    model = read_step_models(steps)["churn", "gradient_boosting"]
    own = model.log_odds(population.between(*split.crossing_days("fit")))
    # Rounding of a handful of contributions to six decimals is all that differs.
    assert np.abs(own - trees.decision_function(design)).max() < 1e-5


def test_contributions_are_0_on_average_and_whole_millionths(planted_steps):
    own = planted_steps[planted_steps["model"] == "scorecard"]
    weighted = (own["contribution"] * own["fit_rows"]).groupby(own["factor"]).sum()
    assert (weighted.abs() / own.groupby("factor")["fit_rows"].sum() < 1e-5).all()
    millionths = own["contribution"] * 1e6
    assert np.allclose(millionths, millionths.round(), atol=1e-4)
    assert (own["points"] == (own["contribution"] * 20 / np.log(2)).round()).all()


def test_steps_are_gap_free_and_only_what_can_be_unknown_has_such_a_step(planted_steps):
    for (_, factor), own in planted_steps.groupby(["model", "factor"]):
        known = own[~own["is_unknown"]].sort_values("step")
        assert np.isnan(known["value_from"].iloc[0])
        assert np.isnan(known["value_to"].iloc[-1])
        assert (known["value_from"].iloc[1:].to_numpy() == known["value_to"].iloc[:-1]).all()
        assert own["is_unknown"].sum() == (factor != "level")


def test_edges_begin_above_the_lowest_value_and_at_the_threshold():
    counts = Factor("f", True, 3.0, np.arange(6), np.array([1.0, 1.0, 2.0, 4.0, 4.0, 9.0]))
    # Ten rows: four are 0. Above: 1 1 2 4 4 9, in two halves 1 and 4; and the threshold 3.
    assert cut_factor(counts, 10, 2).tolist() == [1.0, 2.0, 3.0]
    assert counts.codes(np.array([1.0, 3.0]), 8).tolist() == [1, 1, 1, 2, 2, 2, 0, 0]
    ages = Factor("f", False, np.nan, np.arange(3), np.array([0.0, 5.0, 7.0]))
    assert ages.codes(np.array([5.0]), 4).tolist() == [0, 1, 1, 2]
    constant = Factor("f", False, np.nan, np.arange(3), np.array([5.0, 5.0, 5.0]))
    assert cut_factor(constant, 3, 5).tolist() == []


def test_equal_neighbouring_steps_are_joined_and_idle_factors_dropped():
    model = make_step_model(
        -1.0,
        {"f": np.array([1.0, 2.0, 3.0]), "idle": np.array([1.0])},
        {"f": np.array([0.1, 0.1, 0.4, 0.4, 0.0]), "idle": np.zeros(3)},
    )
    assert model.edges["f"].tolist() == [2.0]
    assert model.contributions["f"].tolist() == [0.1, 0.4, 0.0]
    assert list(model.edges) == ["f"]


EMPTY = {
    name: pd.DataFrame({column: [] for column in fields})
    for name, fields in (
        ("days", schemas.PROPENSITY_DAYS),
        ("factors", schemas.PROPENSITY_FACTORS),
        ("values", schemas.PROPENSITY_VALUES),
        ("panel_days", schemas.PANEL_DAYS),
    )
}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(lambda case: EMPTY, id="nothing at all"),
        pytest.param(lambda case: {"values": EMPTY["values"]}, id="no values"),
        pytest.param(
            lambda case: {"factors": EMPTY["factors"], "values": EMPTY["values"]}, id="no factors"
        ),
        pytest.param(
            lambda case: {"days": case["days"].assign(has_outcome=False)}, id="none has the outcome"
        ),
        pytest.param(
            lambda case: {"days": case["days"].assign(has_outcome=True)}, id="all have the outcome"
        ),
        pytest.param(
            lambda case: {"values": case["values"].assign(factor_value=4.0)}, id="constant values"
        ),
        pytest.param(lambda case: {"days": case["days"].head(40)}, id="a few days"),
        pytest.param(
            lambda case: {
                "days": case["days"].assign(account_id="one").drop_duplicates("panel_on")
            },
            id="one account",
        ),
    ],
)
def test_without_anything_to_learn_every_model_abstains(planted, changes):
    given = changes(planted)
    found = compare(planted, **given)
    assert set(found.drop("base_rate", level="model")["verdict"]) == {"abstain"}


def test_one_factor_is_enough(planted):
    one = planted["factors"][planted["factors"]["factor"] == "drop"]
    values = planted["values"][planted["values"]["factor_number"].isin(one["factor_number"])]
    found = compare(planted, factors=one, values=values)
    assert found.xs("churn")["is_used"].sum() == 1


def test_a_factor_that_vanishes_counts_as_unknown(planted, planted_steps):
    gone = planted["factors"][planted["factors"]["factor"] != "noise"]
    values = planted["values"][planted["values"]["factor_number"].isin(gone["factor_number"])]
    assert compare(planted, planted_steps, factors=gone, values=values)["is_used"].sum() == 1


def test_broken_inputs_are_named(planted):
    with pytest.raises(MissingColumnError, match="has_outcome"):
        fit(planted, days=planted["days"].drop(columns="has_outcome"))
    with pytest.raises(InvalidValueError, match=r"propensity_days\.has_outcome is missing"):
        fit(planted, days=planted["days"].assign(has_outcome=None))
    first = planted["values"][planted["values"]["factor_number"] == 1].head(1)
    with pytest.raises(InvalidValueError, match="two values of factor 'drop'"):
        fit(planted, values=pd.concat([planted["values"], first]))
    with pytest.raises(CalibrationError, match="factor_number 77"):
        fit(planted, values=planted["values"].assign(factor_number=77))
    with pytest.raises(InvalidValueError, match="entity_day 5 twice"):
        fit(planted, days=planted["days"].assign(entity_day=5))
    with pytest.raises(InvalidValueError, match="twice on one day"):
        fit(planted, days=planted["days"].assign(panel_on=DAY_ZERO))


def test_accounts_are_drawn_whole_as_long_as_all_their_rows_have_room(monkeypatch):
    monkeypatch.setattr(penalised, "MAX_FIT_ROWS", 3)
    mixed = np.array([7, 2, 9, 7, 2], dtype=np.uint64)
    assert penalised.draw_accounts(mixed[[0, 2, 3]]).all()
    assert penalised.draw_accounts(mixed).tolist() == [False, True, False, False, True]
    assert penalised.draw_accounts(mixed[:0]).tolist() == []


def test_large_histories_are_fitted_on_whole_accounts_always_the_same(planted, monkeypatch):
    monkeypatch.setattr(penalised, "MAX_FIT_ROWS", 3000)
    steps = fit(planted)
    sizes = steps[steps["model"] == "scorecard"].groupby("factor")["fit_rows"].sum()
    assert sizes.max() <= 3000
    assert sizes.max() > 2500
    shuffled = planted["days"].sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fit(planted, days=shuffled), steps)
