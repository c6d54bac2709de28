import numpy as np
import pandas as pd
import pytest
from calibration_cases import NO_EFFECTS, POINTS, make_definitions, simulate, with_other_labels
from sklearn.metrics import roc_auc_score

from python_udfs.calibration import (
    CalibrationError,
    MissingColumnError,
    model_comparison,
    penalised,
    probability_map,
    schemas,
    signal_lift,
    suggested_levels,
)
from python_udfs.calibration.panels import read_measured

SIGNALS = pd.DataFrame(
    {
        "signal_key": list(POINTS),
        "measure": "events",
        "operator": ">=",
        "threshold": 1.0,
        "is_zero_when_absent": True,
    }
)


def with_values(case, seed=0):
    """Give every met signal a value of 1 to 10, which says nothing."""
    rng = np.random.default_rng(seed)
    panel = case["signal_panel"]
    value = rng.integers(1, 11, len(panel)).astype(float)
    return case | {
        "signal_panel": panel.assign(signal_value=value, is_met=True),
        "signals": SIGNALS,
    }


def levels(case, **changes):
    given = case | changes
    result = suggested_levels(
        *(
            given[name]
            for name in (
                "panel",
                "signal_panel",
                "signals",
                "weights",
                "definitions",
                "settings",
                "panel_days",
            )
        ),
        as_of=case["arguments"]["as_of"],
        horizon_days=case["arguments"]["horizon_days"],
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SUGGESTED_LEVELS.items()
    }
    return result


@pytest.fixture(scope="module")
def graded():
    """A product in which not a signal, but 7 and more of it, goes with conversion."""
    case = with_values(simulate(3, effects=NO_EFFECTS))
    rows = case["panel"].set_index("panel_row")
    panel = case["signal_panel"]
    converts = rows["is_converted"].reindex(panel["panel_row"]).to_numpy()
    rng = np.random.default_rng(1)
    high = rng.random(len(panel)) < np.where(converts, 0.8, 0.2)
    value = np.where(high, rng.integers(7, 11, len(panel)), rng.integers(1, 7, len(panel)))
    return case | {"signal_panel": panel.assign(signal_value=value.astype(float))}


def test_the_level_that_tells_is_found(graded):
    found = levels(graded)
    total = found["points"].sum()
    assert found.loc[found["threshold"] > 5, "points"].sum() > 0.8 * total


def test_every_level_keeps_the_direction_of_its_signal(graded):
    weights = graded["weights"].assign(
        points=np.where(graded["weights"]["signal_key"] == "strong", -30.0, 10.0)
    )
    found = levels(graded, weights=weights)
    is_strong = found["signal_key"] == "strong"
    assert (found.loc[~is_strong, "points"] > 0).all()
    assert (found.loc[is_strong, "points"] < 0).all()
    # It speaks for conversion, so hardly a level of it can be given points against.
    assert found.loc[is_strong, "points"].abs().sum() < 0.1 * found["points"].abs().sum()


def test_what_is_only_required_is_given_no_points_against(graded):
    # Who has it does not convert.
    is_strong = graded["weights"]["signal_key"] == "strong"
    weights = graded["weights"].assign(points=np.where(is_strong, 0.0, 10.0))
    values = graded["signal_panel"]
    converts = graded["panel"].set_index("panel_row")["is_converted"]
    has_lost = converts.reindex(values["panel_row"]).to_numpy()
    kept = values[(values["signal_key"] != "strong") | ~has_lost]

    def points(**changes):
        found = levels(graded, signal_panel=kept, weights=weights.assign(**changes))
        return found.loc[found["signal_key"] == "strong", "points"]

    assert (points() < 0).any()
    assert (points(is_required=is_strong) >= 0).all()


def test_points_share_out_the_total_of_the_hand_set_ones(graded):
    found = levels(graded)
    total = graded["weights"]["points"].abs().sum()
    assert found["points"].abs().sum() == pytest.approx(total, abs=len(found))


def test_a_weight_without_points_counts_as_one_of_0(graded):
    points = graded["weights"]["points"].where(graded["weights"]["signal_key"] != "strong")
    missing = levels(graded, weights=graded["weights"].assign(points=points))
    zero = levels(graded, weights=graded["weights"].assign(points=points.fillna(0.0)))
    pd.testing.assert_frame_equal(missing, zero)


def test_an_account_that_comes_later_changes_no_suggestion(graded, monkeypatch):
    # So few that some are left out: which, is a matter of the account alone.
    monkeypatch.setattr(penalised, "MAX_FIT_ROWS", 4000)
    panel = graded["panel"]
    # It comes first in the order of the ids, and last in time.
    last = panel.sort_values("panel_on").tail(1)
    later = last.assign(panel_row=-1, entity_id="e", account_id="a")
    more = pd.concat([later, panel], ignore_index=True)
    assert len(levels(graded)) > 0
    pd.testing.assert_frame_equal(levels(graded, panel=more), levels(graded))


def test_accounts_are_told_apart_by_their_entity_where_they_have_none(graded):
    panel = graded["panel"].assign(account_id=None, entity_id=graded["panel"]["account_id"])
    pd.testing.assert_frame_equal(levels(graded, panel=panel), levels(graded))


def test_nothing_after_the_fit_period_is_looked_at(graded):
    expected = levels(graded)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(levels(with_other_labels(graded, "fit_until")), expected)


def test_row_order_does_not_matter(graded):
    shuffled = {
        name: graded[name].sample(frac=1, random_state=4)
        for name in ("panel", "signal_panel", "signals", "weights")
    }
    pd.testing.assert_frame_equal(levels(graded, **shuffled), levels(graded))


def test_a_value_that_is_absent_is_0_of_a_count_and_unknown_of_an_age():
    panel = pd.DataFrame({"panel_row": [10, 20, 30]})
    signal_panel = pd.DataFrame(
        {"panel_row": [30, 10], "signal_key": "s", "signal_value": [5.0, 0.0], "is_met": [1, 0]}
    )
    measured = read_measured(signal_panel, panel)
    rows = np.arange(3)

    def reached(operator, threshold, *, is_zero):
        return measured.reached(
            "s", operator, threshold, rows, is_zero_when_absent=is_zero
        ).tolist()

    assert reached(">=", 5.0, is_zero=True) == [False, False, True]
    assert reached(">=", 0.0, is_zero=True) == [True, True, True]
    assert reached(">=", 0.0, is_zero=False) == [True, False, True]
    assert reached("<=", 4.0, is_zero=False) == [True, False, False]
    assert reached(None, np.nan, is_zero=False) == [False, False, True]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(lambda case: {"definitions": make_definitions().iloc[:0]}, id="none"),
        pytest.param(
            lambda case: {"definitions": make_definitions(audience="customer")}, id="cust"
        ),
        pytest.param(lambda case: {"weights": case["weights"].assign(is_required=True)}, id="rule"),
        pytest.param(lambda case: {"weights": case["weights"].iloc[:0]}, id="no weights"),
        pytest.param(
            lambda case: {"panel": case["panel"].assign(is_converted=False)}, id="no class"
        ),
        pytest.param(
            lambda case: {"panel": case["panel"].assign(is_converted=True)}, id="one class"
        ),
        pytest.param(
            lambda case: {
                "panel": case["panel"].iloc[:0],
                "signal_panel": case["signal_panel"][:0],
            },
            id="empty",
        ),
        pytest.param(lambda case: {"signal_panel": case["signal_panel"].iloc[:0]}, id="never met"),
    ],
)
def test_without_anything_to_learn_nothing_is_suggested(graded, changes):
    assert levels(graded, **changes(graded)).empty


def test_broken_inputs_are_named(graded):
    with pytest.raises(MissingColumnError, match="signal_value"):
        levels(graded, signal_panel=graded["signal_panel"].drop(columns="signal_value"))
    with pytest.raises(CalibrationError, match="not in panel"):
        levels(graded, signal_panel=graded["signal_panel"].assign(panel_row=10**9))
    with pytest.raises(CalibrationError, match="no row for signal"):
        levels(graded, signals=graded["signals"].iloc[:1])


EMPTY_DAYS = pd.DataFrame({name: [] for name in schemas.PROPENSITY_DAYS})
EMPTY_FACTORS = pd.DataFrame({name: [] for name in schemas.PROPENSITY_FACTORS})
EMPTY_VALUES = pd.DataFrame({name: [] for name in schemas.PROPENSITY_VALUES})
NOTHING_SUGGESTED = pd.DataFrame({name: [] for name in schemas.LEVEL_FIELDS})
EMPTY_STEPS = pd.DataFrame({name: [] for name in schemas.PROPENSITY_STEP_FIELDS})


def compare(case, **changes):
    given = case | changes
    lift = signal_lift(
        *(given[name] for name in ("panel", "signal_panel", "weights", "definitions", "settings")),
        given["panel_days"],
        **case["arguments"],
    )
    mapped = probability_map(
        *(given[name] for name in ("panel", "definitions", "settings", "panel_days")),
        **case["arguments"],
    )
    found = model_comparison(
        EMPTY_STEPS,
        EMPTY_DAYS,
        EMPTY_FACTORS,
        EMPTY_VALUES,
        given["panel"],
        given["signal_panel"],
        lift,
        given.get("suggested_definitions", NOTHING_SUGGESTED),
        levels(case, **changes),
        given["signals"],
        mapped,
        given["definitions"],
        given["settings"],
        given["panel_days"],
        **case["arguments"],
    )
    return found[found["definition_key"] != "*"].set_index("model")


def test_levels_beat_flat_points_where_the_amount_tells(graded):
    found = compare(graded)
    assert found.loc["suggested_levels", "auc"] > found.loc["points", "auc"] + 0.05
    assert found.loc["suggested_levels", "verdict"] == "not_used"
    assert found.loc["suggested_levels", "reason"].startswith("A proposal until the seeds hold it")


def test_a_suggested_definition_is_judged_as_a_whole(graded):
    suggested = pd.DataFrame(
        {
            "definition_key": "d",
            "signal_key": list(POINTS),
            "operator": [">="] * 4 + [None],
            "threshold": [7.0] * 4 + [np.nan],
            "points": [10.0] * 4 + [-5.0],
        }
    )
    found = compare(graded, suggested_definitions=suggested)
    # Counted again from the tables, in the hold-out.
    panel, values = graded["panel"], graded["signal_panel"]
    is_last = values["signal_key"] == list(POINTS)[-1]
    earned = np.where(is_last, -5, np.where(values["signal_value"] >= 7, 10, 0))
    score = pd.Series(earned).groupby(values["panel_row"]).sum()
    score = panel["panel_row"].map(score).fillna(0)
    row = found.loc["suggested_definition"]
    is_late = panel["panel_on"].between(row["holdout_from"], row["holdout_until"])
    assert row["auc"] == pytest.approx(
        roc_auc_score(panel.loc[is_late, "is_converted"], score[is_late])
    )
    assert row["verdict"] == "not_used"
    without = compare(graded).loc["suggested_definition"]
    assert (without["verdict"], without["reason"]) == ("abstain", "None are suggested.")


def test_the_probability_of_the_points_is_compared_with_the_base_rate():
    case = with_values(simulate(0, points_of=POINTS | {"harmful": -25.0, "noise": 0.0}))
    found = compare(case)
    points = found.loc["points"]
    assert points["verdict"] == "used"
    assert points["brier_skill"] > 0
    assert points["log_loss_skill_low"] > 0
    # The lift of the score agrees with that of the signals: the same rows, the same scores.
    lift = signal_lift(
        *(case[name] for name in ("panel", "signal_panel", "weights", "definitions", "settings")),
        case["panel_days"],
        **case["arguments"],
    )
    assert points["auc"] == pytest.approx(lift["holdout_auc_current"].iloc[0])
    assert found.loc["suggested_points", "auc"] == pytest.approx(
        lift["holdout_auc_suggested"].iloc[0]
    )
    assert (found["rows"] == found["rows"].iloc[0]).all()


def test_customers_have_no_comparison_but_a_reason(graded):
    found = compare(graded, definitions=make_definitions(audience="customer"))
    assert set(found["verdict"]) == {"abstain"}
    assert found["reason"].str.contains("have converted already").all()
