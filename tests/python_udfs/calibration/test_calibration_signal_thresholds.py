import numpy as np
import pandas as pd
import pytest
from calibration_cases import DAY_ZERO, day, make_definitions, make_settings, take
from scipy import stats

from python_udfs.calibration import CalibrationError, schemas, signal_thresholds
from python_udfs.calibration.counting_signals import CountingSignal
from python_udfs.calibration.signal_bins import signal_bins

NAMES = ("panel", "signal_panel", "signals", "definitions", "settings", "panel_days")
HORIZON = 60
SIGNAL = {
    "definition_key": "d",
    "signal_key": "projects",
    "measure": "events",
    "operator": ">=",
    "threshold": 2.0,
    "points": 20.0,
    "points_per_unit": np.nan,
    "max_points": np.nan,
    "is_zero_when_absent": True,
}


def make_case(
    seed=0, *, rate_of=lambda value: np.where(value >= 4, 0.4, 0.05), accounts=2000, **seed_row
):
    """Accounts with a count that never changes, and conversion that depends on it alone."""
    rng = np.random.default_rng(seed)
    value = rng.poisson(2.5, accounts)
    converts = rng.random(accounts) < rate_of(value)
    signup = rng.integers(0, 330, accounts)
    other = rng.choice([0.0, 5.0], accounts)
    row, week = np.divmod(np.arange(accounts * 4), 4)
    panel_on = 7 * (signup[row] // 7 + week)
    signal = SIGNAL | seed_row
    points = signal["points"]
    if not np.isnan(signal["points_per_unit"]):
        points = np.minimum(signal["points_per_unit"] * value, signal["max_points"])
    score = other + points * (value >= signal["threshold"])
    panel = pd.DataFrame(
        {
            "panel_row": np.arange(len(row)) + 10,
            "definition_key": "d",
            "entity_id": [f"e{i:05d}" for i in row],
            "account_id": [f"a{i:05d}" for i in row],
            "eligible_from": DAY_ZERO + signup[row],
            "panel_on": DAY_ZERO + panel_on,
            "score": score[row],
            "is_converted": converts[row],
        }
    )
    values = pd.DataFrame(
        {
            "panel_row": panel["panel_row"],
            "signal_key": "projects",
            "signal_value": value[row].astype(float),
            "is_met": value[row] >= signal["threshold"],
        }
    )
    return {
        "panel": panel,
        "signal_panel": values[values["signal_value"] > 0].reset_index(drop=True),
        "signals": pd.DataFrame([signal]),
        "definitions": make_definitions(),
        "settings": make_settings(min_conversions=20, min_entities=30),
        "panel_days": panel.groupby("panel_on").size().rename("entity_count").reset_index(),
        "arguments": {
            "as_of": day(420),
            "horizon_days": HORIZON,
            "seed": 3,
            "draws": 100,
        },
    }


def cut(case):
    return signal_bins(*take(case, *NAMES), **case["arguments"])


def propose_all(case, bins):
    *counted, definitions, settings, panel_days = take(case, *NAMES)
    return signal_thresholds(*counted, bins, definitions, settings, panel_days, **case["arguments"])


def propose(case):
    result = propose_all(case, cut(case))
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SIGNAL_THRESHOLDS.items()
    }
    assert result["reason"].notna().all()
    return result.iloc[0]


def test_the_value_at_which_conversion_rises_is_proposed():
    case = make_case()
    result = propose(case)
    assert result["verdict"] == "propose"
    assert result["proposed_threshold"] == 4
    assert result["holdout_auc_difference_low"] > 0
    assert result["holdout_proposed_rate_at_least"] == pytest.approx(0.4, abs=0.06)
    assert result["holdout_proposed_rate_below"] == pytest.approx(0.05, abs=0.03)
    assert result["reason"].startswith("4 instead of 2: ")


def fit_weeks(case):
    """Rows of the panel in the fit period and their values, taken from the tables once more."""
    # From the first week that is not in the first hundredth of the rows there are
    # 420 - 2 * 60 + 1 days less those before, 60 % of them are the fit period.
    seen = case["panel_days"]["entity_count"].cumsum()
    first = case["panel_days"]["panel_on"][seen > 0.01 * seen.max()].iloc[0]
    days = round(0.6 * ((day(420) - first).days - 2 * HORIZON + 1))
    panel_on = case["panel"]["panel_on"]
    fit = case["panel"][(panel_on >= first) & (panel_on < first + pd.Timedelta(days=days))]
    value = case["signal_panel"].set_index("panel_row")["signal_value"]
    return fit, value.reindex(fit["panel_row"], fill_value=0).to_numpy()


def test_the_bins_count_the_fit_period():
    case = make_case()
    bins = cut(case)
    assert bins.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SIGNAL_BINS.items()
    }
    fit, value = fit_weeks(case)
    assert bins["entity_weeks"].sum() == len(fit)
    for one in bins.itertuples():
        inside = (value >= one.value_min) & (value <= one.value_max)
        assert one.entity_weeks == inside.sum()
        assert one.conversions == fit["is_converted"].to_numpy()[inside].sum()
        assert one.rate_low <= one.conversion_rate <= one.rate_high
    assert bins["conversion_rate"].is_monotonic_increasing
    assert 4 in bins["value_min"].tolist()


def test_the_rate_of_a_bin_is_as_sure_as_its_few_accounts():
    case = make_case() | {"settings": make_settings(min_conversions=5, min_entities=5)}
    # The conversions are those of users, the accounts of one size.
    account = case["panel"]["entity_id"].str[1:].astype(int) % 5
    case["panel"]["account_id"] = "a" + account.astype(str)
    case["arguments"]["draws"] = 4000
    fit, value = fit_weeks(case)
    for one in cut(case).itertuples():
        inside = fit[(value >= one.value_min) & (value <= one.value_max)]
        rates = inside.groupby("account_id")["is_converted"].mean()
        half = stats.t.isf(0.025, 4) * rates.std() / np.sqrt(5)
        assert one.rate_high - one.rate_low == pytest.approx(2 * half, rel=0.25)


def test_the_threshold_of_the_seed_is_kept_when_it_is_the_best():
    result = propose(make_case(threshold=4.0))
    assert result["verdict"] == "keep"
    assert result["proposed_threshold"] == 4
    assert np.isnan(result["holdout_auc_difference_low"])


def test_a_signal_that_says_nothing_gets_no_proposal():
    proposals = [
        propose(make_case(seed, rate_of=lambda value: 0.15, accounts=800))["verdict"]
        for seed in range(12)
    ]
    # One in forty may be proposed by chance.
    assert proposals.count("propose") <= 1


def test_conversion_falls_with_a_negative_signal():
    falling = {"points": -20.0, "rate_of": lambda value: np.where(value >= 4, 0.02, 0.3)}
    result = propose(make_case(**falling))
    assert (result["verdict"], result["proposed_threshold"]) == ("propose", 4)
    rising = propose(make_case(points=-20.0))
    assert rising["verdict"] == "abstain"
    assert "falls" in rising["reason"]


def test_a_weight_per_unit_earns_its_units_from_the_proposed_value_on():
    result = propose(make_case(points=np.nan, points_per_unit=5.0, max_points=15.0))
    assert result["proposed_threshold"] == 4
    assert result["verdict"] == "propose"


def test_no_weight_earns_more_than_its_most_points():
    signal = CountingSignal("s", "sum", 2.0, 0.0, 1.0, 1e12, np.array([1.0, 3.0, 1e14]))
    changed = signal.change(np.full(3, True), 4e12)
    assert changed.tolist() == [0.0, -3.0, 0.0]
    assert signal.change(np.full(3, True), np.inf).tolist() == [0.0, -3.0, -1e12]


def test_the_holdout_never_moves_the_proposal():
    case = make_case()
    split_on = case["panel"]["panel_on"].max() - pd.Timedelta(days=60)
    panel = case["panel"].copy()
    panel.loc[panel["panel_on"] > split_on, "is_converted"] = False
    changed = propose(case | {"panel": panel})
    assert changed["proposed_threshold"] == propose(case)["proposed_threshold"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"definitions": make_definitions(audience="customer")}, "customers"),
        ({"settings": make_settings(min_conversions=5000)}, "5000 are needed"),
        ({"panel_days": lambda case: case["panel_days"].tail(2)}, "too short"),
        ({"panel": lambda case: case["panel"].assign(is_converted=False)}, "0 accounts converted"),
        ({"panel": lambda case: case["panel"].assign(is_converted=True)}, "Everybody"),
        ({"panel": lambda case: case["panel"].assign(score=np.nan)}, "Scores are missing"),
        ({"signal_panel": lambda case: case["signal_panel"].iloc[:0]}, "no value"),
        (
            {"signal_panel": lambda case: case["signal_panel"].assign(signal_value=np.nan)},
            "no value",
        ),
        (
            {
                "panel": lambda case: case["panel"].iloc[:0],
                "signal_panel": lambda case: case["signal_panel"].iloc[:0],
            },
            "0 accounts converted",
        ),
    ],
)
def test_what_cannot_be_told_is_said(changes, words):
    case = make_case()
    changes = {name: one(case) if callable(one) else one for name, one in changes.items()}
    result = propose(case | changes)
    assert result["verdict"] == "abstain"
    assert words in result["reason"]


def test_only_counting_signals_with_a_number_are_looked_at():
    case = make_case()
    others = [
        SIGNAL | {"signal_key": "staff", "measure": "attribute", "is_zero_when_absent": False},
        SIGNAL | {"signal_key": "idle", "measure": "days_since_last", "is_zero_when_absent": False},
        SIGNAL | {"signal_key": "unknown", "threshold": np.nan},
        SIGNAL | {"signal_key": "worthless", "points": 0.0},
    ]
    case["signals"] = pd.DataFrame([*others, SIGNAL])
    bins = cut(case)
    assert set(bins["signal_key"]) == {"projects"}
    assert propose_all(case, bins)["signal_key"].tolist() == ["projects"]


def test_the_order_of_the_rows_does_not_matter():
    case = make_case(accounts=600)
    shuffled = case | {name: case[name].sample(frac=1, random_state=1) for name in NAMES}
    bins = cut(case)
    pd.testing.assert_frame_equal(cut(shuffled), bins)
    proposed = propose_all(shuffled, bins.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(proposed, propose_all(case, bins))


def test_only_the_edges_of_the_bins_are_candidates():
    case = make_case()
    bins = cut(case).head(2).assign(value_min=[0.0, 3.0])
    assert propose_all(case, bins)["proposed_threshold"].tolist() == [3]


def test_a_value_of_an_unknown_row_is_refused():
    case = make_case(accounts=300)
    case["signal_panel"].loc[0, "panel_row"] = 999_999
    with pytest.raises(CalibrationError, match="999999, which is not in panel"):
        propose(case)


def test_without_definitions_there_are_no_rows():
    case = make_case(accounts=300)
    case["definitions"] = case["definitions"].iloc[:0]
    bins = cut(case)
    assert bins.empty
    assert propose_all(case, bins).empty
