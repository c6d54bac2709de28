import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    BANDS,
    GOOD_POINTS,
    NO_EFFECTS,
    day,
    make_definitions,
    make_settings,
    simulate,
    take,
)

from python_udfs.calibration import probability_map, schemas, score_bands
from python_udfs.calibration.bands import _expected_intervals, rising_rates
from python_udfs.calibration.periods import as_timestamp, time_split


def bands(case, **changes):
    result = score_bands(*take(case | changes, *BANDS), **case["arguments"])
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SCORE_BANDS.items()
    }
    return result


def mapping(case, **changes):
    result = probability_map(*take(case | changes, *BANDS), **case["arguments"])
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.PROBABILITY_MAP.items()
    }
    return result


@pytest.fixture(scope="module")
def good_case():
    return simulate(0, points_of=GOOD_POINTS)


def test_probabilities_never_fall_with_the_score(good_case):
    probability = mapping(good_case)["conversion_probability"]
    assert len(probability) > 2
    assert (probability.diff().dropna() > 0).all()
    assert probability.between(0, 1).all()


def test_the_map_covers_every_score_exactly_once(good_case):
    found = mapping(good_case)
    assert found["score_min"].iloc[0] == -schemas.OPEN_SCORE
    assert found["score_max"].iloc[-1] == schemas.OPEN_SCORE
    assert (found["score_min"].iloc[1:].to_numpy() == found["score_max"].iloc[:-1].to_numpy()).all()


def test_bands_report_the_holdout_beside_the_map_of_the_fit(good_case):
    found, steps = bands(good_case), mapping(good_case)
    assert found["band"].tolist() == list(range(1, len(found) + 1))
    assert (found["score_max"].iloc[:-1].to_numpy() < found["score_min"].iloc[1:].to_numpy()).all()
    assert (found["rate_low"] <= found["observed_rate"]).all()
    assert (found["observed_rate"] <= found["rate_high"]).all()
    assert np.allclose(found["observed_rate"], found["conversions"] / found["n"])
    assert found["is_used"].all()
    for row in found.itertuples():
        step = steps[(steps["score_min"] <= row.score_min) & (row.score_max < steps["score_max"])]
        assert step["conversion_probability"].tolist() == [row.calibrated_probability]
    # The simulated product does not change, so most bands hold up.
    assert found["is_within_interval"].mean() > 0.5


def test_every_band_of_the_fit_has_enough_accounts(good_case):
    thin = good_case["settings"].assign(min_entities=150)
    assert len(bands(good_case, settings=thin)) < len(bands(good_case))


def test_a_score_without_signal_gets_no_probability():
    case = simulate(2, effects=NO_EFFECTS)
    assert mapping(case).empty
    found = bands(case)
    assert len(found)
    assert not found["is_used"].any()


@pytest.mark.parametrize("is_early", [True, False])
def test_a_score_that_ranks_in_one_period_only_gets_no_probability(good_case, is_early):
    panel = good_case["panel"].copy()
    # The fit ends on day 178; the hold-out begins on day 239.
    is_gone = (panel["panel_on"] <= day(200)) == is_early
    rng = np.random.default_rng(3)
    panel.loc[is_gone, "score"] = rng.permutation(panel.loc[is_gone, "score"].to_numpy())
    case = good_case | {"panel": panel}
    assert mapping(case).empty
    assert not bands(case)["is_used"].any()


@pytest.mark.parametrize(
    "change",
    [
        {"definitions": make_definitions(audience="customer")},
        {"score": 5.0},
        {"score": np.nan},
        {"is_converted": False},
        {"rows": 0},
        {"days": 3},
    ],
    ids=["customers", "constant score", "missing score", "no conversion", "empty", "short"],
)
def test_without_a_base_there_is_no_map_and_no_error(good_case, change):
    case = dict(good_case)
    if "definitions" in change:
        case["definitions"] = change["definitions"]
    elif "rows" in change:
        case["panel"] = case["panel"].iloc[:0]
    elif "days" in change:
        case["panel_days"] = case["panel_days"].iloc[-3:]
    else:
        case["panel"] = case["panel"].assign(**change)
    assert mapping(case).empty
    assert bands(case).empty


def test_everybody_converting_is_no_reason_to_hand_out_a_map(good_case):
    assert mapping(good_case, panel=good_case["panel"].assign(is_converted=True)).empty


@pytest.mark.filterwarnings("error")
def test_a_band_that_nobody_has_in_the_holdout_has_no_rate(good_case):
    panel, given = good_case["panel"], good_case["arguments"]
    periods = time_split(
        good_case["panel_days"], as_of=given["as_of"], horizon_days=given["horizon_days"]
    )
    late = panel["panel_on"] > as_timestamp(periods.split_on)
    top = bands(good_case)["score_min"].iloc[-1]
    result = bands(good_case, panel=panel[~late | (panel["score"] < top)])
    assert result["n"].iloc[-1] == 0
    assert result["observed_rate"].isna().iloc[-1]
    assert result["is_within_interval"].isna().iloc[-1]


def test_the_result_does_not_depend_on_the_order_of_the_rows(good_case):
    shuffled = good_case["panel"].sample(frac=1, random_state=6)
    pd.testing.assert_frame_equal(bands(good_case, panel=shuffled), bands(good_case))
    pd.testing.assert_frame_equal(mapping(good_case, panel=shuffled), mapping(good_case))


def test_the_holdout_never_moves_the_map(good_case):
    panel = good_case["panel"]
    rng = np.random.default_rng(0)
    late = panel["panel_on"] > panel["panel_on"].quantile(0.7)
    mixed = panel.assign(
        is_converted=np.where(late, rng.permutation(panel["is_converted"]), panel["is_converted"])
    )
    before, after = bands(good_case), bands(good_case, panel=mixed)
    assert after["calibrated_probability"].equals(before["calibrated_probability"])
    assert not after["observed_rate"].equals(before["observed_rate"])


def test_the_observed_rate_lies_in_the_interval_of_the_probability_where_nothing_changes():
    # Nothing but the age of the product, which the map does not know: not quite 19 times in 20.
    found = pd.concat([bands(simulate(seed + 50, points_of=GOOD_POINTS)) for seed in range(12)])
    assert len(found) > 40
    assert found["is_within_interval"].mean() >= 0.8
    assert (found["probability_low"] <= found["calibrated_probability"]).mean() > 0.95
    assert (found["probability_high"] >= found["calibrated_probability"]).mean() > 0.95
    # Two sources of chance make more of it than one.
    given = found["probability_high"] - found["probability_low"]
    seen = found["rate_high"] - found["rate_low"]
    assert given.sum() > seen.sum()


def unchanging(seed, accounts=300, weeks=52):
    """A panel in which the map is right: scores and propensities of the accounts never change."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, 6, accounts)
    propensity = rng.beta(2 + level, 18 - level)
    is_converted = rng.random((accounts, weeks)) < propensity[:, None]
    account, week = np.divmod(np.arange(accounts * weeks), weeks)
    ids = np.array([f"a{number:03d}" for number in account])
    panel = pd.DataFrame(
        {
            "panel_row": np.arange(accounts * weeks),
            "definition_key": "d",
            "entity_id": ids,
            "account_id": ids,
            "eligible_from": day(0),
            "panel_on": pd.to_datetime([day(7 * number) for number in range(weeks)])[week],
            "score": 10.0 * level[account],
            "is_converted": is_converted.ravel(),
        }
    )
    return {
        "panel": panel,
        "definitions": make_definitions(),
        "settings": make_settings(min_conversions=20, min_entities=20),
        "panel_days": panel.groupby("panel_on").size().rename("entity_count").reset_index(),
        "arguments": {"as_of": day(7 * weeks + 53), "horizon_days": 60, "seed": 5, "draws": 300},
    }


def test_the_simultaneous_interval_holds_every_band_of_a_right_map():
    maps = [bands(unchanging(seed)) for seed in range(24)]
    assert all(len(found) >= 4 for found in maps)
    every = np.mean([found["is_within_simultaneous_interval"].all() for found in maps])
    each = np.mean([found["is_within_interval"].all() for found in maps])
    alone = pd.concat(maps)["is_within_interval"].mean()
    # A band alone is in its interval 19 times in 20, four to six at once far less often.
    assert alone >= 0.9
    assert each <= 0.85
    assert every >= 0.9


def test_the_simultaneous_interval_is_as_wide_as_the_number_of_bands_asks_for():
    rng = np.random.default_rng(3)
    one, other = (rng.normal(scale=0.01, size=(20_000, 6)) for _ in range(2))
    given = np.linspace(0.3, 0.6, 6)
    # Sidak: six independent bands at 1 - 0.95 ** (1 / 6) each.
    expected = _expected_intervals(given, given + one, given + other, np.full(6, np.inf))
    error = 0.01 * np.sqrt(2)
    assert given - expected.low == pytest.approx(1.96 * error, rel=0.05)
    assert expected.high - given == pytest.approx(1.96 * error, rel=0.05)
    assert given - expected.simultaneous_low == pytest.approx(2.63 * error, rel=0.05)
    assert expected.simultaneous_high - given == pytest.approx(2.63 * error, rel=0.05)
    # Bands that move together are one band.
    one[:], other[:] = one[:, :1], other[:, :1]
    expected = _expected_intervals(given, given + one, given + other, np.full(6, np.inf))
    assert expected.simultaneous_high == pytest.approx(expected.high, rel=0.01)
    # Few accounts widen both.
    fewer = _expected_intervals(given, given + one, given + other, np.full(6, 8.0))
    assert (fewer.low < expected.low).all()
    assert (fewer.simultaneous_high > expected.simultaneous_high).all()


def test_a_change_between_the_periods_leaves_the_interval(good_case):
    panel = good_case["panel"].copy()
    is_late = panel["panel_on"] > panel["panel_on"].quantile(0.6)
    # Hardly anybody converts any more.
    panel.loc[is_late, "is_converted"] &= panel.loc[is_late, "entity_id"].str[5] == "0"
    found = bands(good_case, panel=panel)
    assert not found["is_within_interval"].fillna(True).all()
    assert not found["is_within_simultaneous_interval"].fillna(True).all()


def test_rising_rates_pool_what_falls():
    successes = np.array([[1.0, 4.0, 2.0, 9.0], [2.0, 2.0, 0.0, 5.0]])
    trials = np.array([[10.0, 10.0, 10.0, 10.0], [10.0, 10.0, 0.0, 10.0]])
    rates = rising_rates(successes, trials)
    # Bands 2 and 3 of the first draw are pooled to 6 of 20; the empty band of the second follows
    # its neighbour.
    assert rates[0] == pytest.approx([0.1, 0.3, 0.3, 0.9])
    assert rates[1] == pytest.approx([0.2, 0.2, 0.2, 0.5], abs=1e-6)
