import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    GOOD_POINTS,
    POINTS,
    SIGNALS,
    make_settings,
    simulate,
    take,
    with_other_labels,
)

from python_udfs.calibration import (
    MissingColumnError,
    schemas,
    signal_lift,
    suggested_definitions,
)

NAMES = (
    "panel",
    "signal_panel",
    "thresholds",
    "weights",
    "definitions",
    "settings",
    "panel_days",
)


@pytest.fixture(scope="module")
def case():
    """A product whose signals count, with better thresholds for two of them."""
    simulated = simulate(0, points_of=GOOD_POINTS, accounts=2000)
    rng = np.random.default_rng(0)
    met = simulated["signal_panel"]
    thresholds = pd.DataFrame(
        {
            "definition_key": "d",
            "signal_key": list(POINTS),
            "current_threshold": 1.0,
            "proposed_threshold": [4.0 if name in ("strong", "good") else 1.0 for name in POINTS],
        }
    )
    return simulated | {
        "signal_panel": met.assign(
            signal_value=rng.integers(1, 7, len(met)).astype(float), is_met=True
        ),
        "thresholds": thresholds,
    }


def suggest(case, **changes):
    given = case["arguments"]
    result = suggested_definitions(
        *take(case | changes, *NAMES), as_of=given["as_of"], horizon_days=given["horizon_days"]
    )
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SUGGESTED_DEFINITIONS.items()
    }
    return result


def test_the_points_are_those_of_a_definition_that_has_these_thresholds(case):
    values = case["signal_panel"]
    has_moved = values["signal_key"].isin(["strong", "good"])
    moved = values[~has_moved | (values["signal_value"] >= 4)].reset_index(drop=True)
    lift = signal_lift(*take(case | {"signal_panel": moved}, *SIGNALS), **case["arguments"])
    found = suggest(case).set_index("signal_key")
    expected = lift.set_index("signal_key")["suggested_points"]
    assert expected.notna().all()
    assert found["points"].to_dict() == expected.to_dict()
    before = signal_lift(*take(case, *SIGNALS), **case["arguments"]).set_index("signal_key")
    assert found["points"].to_dict() != before["suggested_points"].to_dict()
    assert found["current_points"].to_dict() == before["current_points"].to_dict()
    is_moved = found.index.isin(["strong", "good"])
    assert (found["threshold"] == 4)[is_moved].all()
    assert (found["current_threshold"] == 1)[is_moved].all()
    assert (found["operator"] == ">=")[is_moved].all()
    unmoved = found.loc[~is_moved, ["threshold", "current_threshold", "operator"]]
    assert unmoved.isna().all(axis=None)


def test_nothing_of_the_holdout_is_looked_at(case):
    expected = suggest(case)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(suggest(with_other_labels(case, "split_on")), expected)


def test_nothing_is_suggested_where_the_thresholds_are_the_best_already(case):
    thresholds = case["thresholds"]
    assert suggest(case, thresholds=thresholds.assign(proposed_threshold=1.0)).empty
    assert suggest(case, thresholds=thresholds.assign(proposed_threshold=np.nan)).empty
    assert suggest(case, thresholds=thresholds.iloc[:0]).empty


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(lambda case: {"settings": make_settings(min_conversions=10**6)}, id="too few"),
        pytest.param(lambda case: {"panel_days": case["panel_days"].iloc[:0]}, id="too short"),
        pytest.param(lambda case: {"definitions": case["definitions"].iloc[:0]}, id="none"),
        pytest.param(
            lambda case: {"panel": case["panel"].assign(is_converted_next=False)}, id="nobody"
        ),
    ],
)
def test_without_anything_to_learn_nothing_is_suggested(case, changes):
    assert suggest(case, **changes(case)).empty


def test_flags_may_be_numbers(case):
    met = case["signal_panel"]
    numbers = met.assign(is_met=met["is_met"].astype("int64"))
    pd.testing.assert_frame_equal(suggest(case, signal_panel=numbers), suggest(case))


def test_the_order_of_the_rows_does_not_matter(case):
    shuffled = {
        name: case[name].sample(frac=1, random_state=4)
        for name in ("panel", "signal_panel", "thresholds", "weights")
    }
    pd.testing.assert_frame_equal(suggest(case, **shuffled), suggest(case))


def test_a_missing_column_is_named(case):
    with pytest.raises(MissingColumnError, match="proposed_threshold"):
        suggest(case, thresholds=case["thresholds"].drop(columns="proposed_threshold"))
