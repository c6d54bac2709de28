import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    DAY_ZERO,
    arguments,
    day,
    make_definitions,
    make_panel_days,
    make_settings,
)

from python_udfs.calibration import CalibrationError, drift, schemas

INPUTS = (
    "panel",
    "signal_panel",
    "weights",
    "definitions",
    "approvals",
    "settings",
    "panel_days",
)
ACTED_ON = {"watch", "recalibrate"}


def drift_of(case, **changes):
    case = case | changes
    result = drift(*(case[name] for name in INPUTS), **case["arguments"])
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.DRIFT.items()
    }
    return result.set_index("signal_key")


def make_weights(*names):
    return pd.DataFrame(
        {
            "definition_key": "d",
            "signal_key": list(names),
            "points": 10.0,
            "points_per_unit": np.nan,
            "is_required": False,
        }
    )


def make_approvals(approved_on=None):
    return pd.DataFrame({"definition_key": ["d"], "approved_on": [day(approved_on)]})


# ------------------------------------------------------------------------------- worked by hand
# The calendar of calibration_cases: fit period day 0 to 107; outcomes known (10 days) from day 118
# to 189, of which the last 56 days are 134 to 189; the last twelve weeks after the split are day
# 118 to 199, the last four weeks 172 to 199.
FIT, RECENT, NOW = 7, 150, 195


def hand_case(rows, met=(), values=None, **changes):
    """A case from rows (day, score, is_converted, is_case), every one an account of tenure 0."""
    panel = pd.DataFrame(
        {
            "panel_row": range(len(rows)),
            "definition_key": "d",
            "entity_id": [f"e{i:04d}" for i in range(len(rows))],
            "account_id": [f"e{i:04d}" for i in range(len(rows))],
            "eligible_from": [day(row[0]) for row in rows],
            "panel_on": [day(row[0]) for row in rows],
            "score": [float(row[1]) for row in rows],
            "is_required_met": True,
            "is_converted": pd.Series([row[2] for row in rows], dtype="object"),
            "is_case": [row[3] for row in rows],
        }
    )
    return {
        "panel": panel,
        "signal_panel": pd.DataFrame(
            {
                "panel_row": pd.Series(list(met), dtype="int64"),
                "signal_key": "s",
                "signal_value": 1.0 if values is None else values,
                "is_met": True,
            }
        ),
        "weights": make_weights("s"),
        "definitions": make_definitions(),
        "approvals": make_approvals(),
        "settings": make_settings(),
        "panel_days": make_panel_days(),
        "arguments": arguments(),
    } | changes


def week(on, count, score=0, converted=0, case=False):
    """Rows of one day, the first of them converted."""
    is_known = on <= 189
    return [(on, score, i < converted if is_known else None, case) for i in range(count)]


def test_the_stability_index_by_hand():
    case = hand_case(
        week(FIT, 50, 0, 10)
        + week(FIT, 50, 60, 25)
        + week(RECENT, 100, 60, 50)
        + week(NOW, 80, 0)
        + week(NOW, 20, 60)
    )
    row = drift_of(case, arguments=arguments(draws=2000)).loc["*"]
    # Halves became 80 % and 20 %: 0.3 ln(0.8 / 0.5) - 0.3 ln(0.2 / 0.5).
    assert row["psi"] == pytest.approx(0.3 * np.log(1.6) + 0.3 * np.log(2.5))
    # Chance: the variance of the difference is 0.25 / 100 + 0.16 / 100, over two bins of which the
    # means are 0.65 and 0.35; the 99 % quantile of a chi-square is 6.63.
    expected = 6.63 * (0.0025 + 0.0016) * (1 / 0.65 + 1 / 0.35)
    assert row["psi_chance"] == pytest.approx(expected, rel=0.3)
    assert (row["share_fit"], row["share_now"]) == (0.5, pytest.approx(0.2))
    assert row["verdict"] == "recalibrate"
    assert "Behaviour has changed: a stability index of 0.42" in row["reason"]


def test_the_change_of_conversion_by_hand():
    case = hand_case(
        week(FIT, 300, 60, 150)
        + week(FIT, 300, 0, 30)
        + week(RECENT, 300, 60, 60)
        + week(RECENT, 300, 0, 30)
        + week(NOW, 100, 60)
        + week(NOW, 100, 0)
    )
    row = drift_of(case).loc["*"]
    assert row["conversion_rate_fit"] == pytest.approx(0.5)
    assert row["conversion_rate_recent"] == pytest.approx(0.2)
    assert row["conversion_ratio"] == pytest.approx(0.4)
    assert row["lift_fit"] == pytest.approx(5)
    assert row["lift_recent"] == pytest.approx(2)
    assert row["lift_ratio"] == pytest.approx(0.4)
    assert row["conversion_ratio_low"] < 0.4 < row["conversion_ratio_high"] < 1
    # Delta method: the variance of the log ratio is (1 - p) / (n p) on both sides.
    error = np.sqrt(0.5 / 150 + 0.8 / 60)
    width = np.log(row["conversion_ratio_high"] / row["conversion_ratio_low"])
    assert width == pytest.approx(2 * 1.96 * error, rel=0.35)
    assert row["verdict"] == "recalibrate"
    assert row["converted_accounts_fit"] == 150
    assert row["observed_rate"] == pytest.approx(90 / 600)
    assert row["predicted_rate"] == pytest.approx(180 / 600)
    assert row["calibration_ratio"] == pytest.approx(0.5)


def test_who_lacks_what_is_required_is_not_at_the_threshold():
    rows = week(FIT, 300, 60, 150) + week(FIT, 300, 0, 30) + week(RECENT, 300, 60, 60)
    rows += week(RECENT, 300, 0, 30) + week(NOW, 100, 60) + week(NOW, 100, 0)
    expected = drift_of(hand_case(rows)).loc["*"]
    # As many again with a score at the threshold, of which the fit period converts and later none.
    without = week(FIT, 100, 60, 100) + week(RECENT, 100, 60) + week(NOW, 50, 60)
    case = hand_case(rows + without)
    is_required_met = np.arange(len(case["panel"])) < len(rows)
    found = drift_of(case, panel=case["panel"].assign(is_required_met=is_required_met)).loc["*"]
    for name in ("conversion_rate_fit", "conversion_rate_recent", "conversion_ratio"):
        assert found[name] == pytest.approx(expected[name])
    assert found["share_now"] == pytest.approx(100 / 250)


def test_the_lift_of_a_signal_counts_conversions_by_the_signals_of_the_day_before():
    rows = (
        week(FIT, 100)  # the first 50 with the signal
        + week(FIT + 2, 40, case=True)  # the first 30 with it
        + week(RECENT, 100)  # the first 50 with it
        + week(RECENT + 2, 40, case=True)  # the first 20 with it
        + week(NOW, 100)
    )
    met = [*range(50), *range(100, 130), *range(140, 190), *range(240, 260), *range(280, 330)]
    row = drift_of(hand_case(rows, met)).loc["s"]
    assert row["lift_fit"] == pytest.approx(3)
    # The rows of now are days at risk as well: 20 conversions on 100 rows with and without.
    assert row["lift_recent"] == pytest.approx(1)
    assert row["lift_ratio"] == pytest.approx(1 / 3)
    assert row["conversion_rate_fit"] == pytest.approx(30 / 50)
    assert (row["converted_accounts_fit"], row["converted_accounts_recent"]) == (30, 20)


def test_outcomes_that_are_not_known_yet_are_not_read():
    rows = week(FIT, 100, 60, 30) + week(RECENT, 100, 60, 30) + week(NOW, 100, 60)
    known = hand_case(rows)
    unknown = hand_case(rows)
    unknown["panel"] = known["panel"].assign(
        is_converted=known["panel"]["is_converted"].where(known["panel"]["is_converted"].notna(), 1)
    )
    columns = ["conversion_rate_recent", "conversion_ratio"]
    pd.testing.assert_frame_equal(drift_of(known)[columns], drift_of(unknown)[columns])


def test_signals_are_binned_by_their_values():
    rows = week(FIT, 100) + week(RECENT, 100) + week(NOW, 100)
    values = np.append(np.repeat([1.0, 9.0], 50), np.repeat([1.0, 9.0], [80, 20]))
    met = [*range(100), *range(200, 300)]
    row = drift_of(hand_case(rows, met, values)).loc["s"]
    assert row["psi"] == pytest.approx(0.3 * np.log(1.6) + 0.3 * np.log(2.5))
    assert row["share_fit"] == row["share_now"] == 1


def test_values_that_are_no_number_have_a_bin_of_their_own():
    rows = week(FIT, 100) + week(RECENT, 100) + week(NOW, 100)
    row = drift_of(hand_case(rows, [*range(50), *range(200, 250)], np.nan)).loc["s"]
    assert row["psi"] == pytest.approx(0, abs=1e-9)


def test_a_population_that_grew_older_is_no_drift():
    # Whoever came today has a score of 0, the others 60; in the fit period half came today.
    old = week(FIT, 50, 60, 25) + week(RECENT, 100, 60, 50) + week(NOW, 180, 60)
    new = week(FIT, 50, 0, 5) + week(RECENT, 100, 0, 10) + week(NOW, 20, 0)
    case = hand_case(old + new)
    is_old = np.arange(len(old) + len(new)) < len(old)
    panel = case["panel"]
    panel["eligible_from"] = panel["panel_on"] - pd.to_timedelta(np.where(is_old, 40, 0), unit="D")
    row = drift_of(case).loc["*"]
    assert row["psi"] == pytest.approx(0, abs=1e-9)
    assert (row["share_fit"], row["share_now"]) == (pytest.approx(0.9), pytest.approx(0.9))


def test_tenures_that_the_fit_period_does_not_know_cannot_be_compared():
    case = hand_case(week(FIT, 100) + week(RECENT, 100) + week(NOW, 100))
    panel = case["panel"]
    is_now = panel["panel_on"] == day(NOW)
    panel.loc[is_now, "eligible_from"] = day(NOW - 150)
    row = drift_of(case).loc["*"]
    assert np.isnan(row["psi"])
    assert row["comparable_share"] == 0
    assert "Only 0 % of today's rows have counterparts" in row["reason"]


def test_a_signal_whose_conversions_ceased_is_called_though_the_bootstrap_cannot_vary_none():
    rows = (
        week(FIT, 400)  # the first 200 with the signal
        + week(FIT + 2, 80, case=True)  # the first 60 with it
        + week(RECENT, 400)  # the first 200 with it
        + week(RECENT + 2, 60, case=True)  # none with it
        + week(NOW, 100)
    )
    row = drift_of(hand_case(rows, [*range(200), *range(400, 460), *range(480, 680)])).loc["s"]
    assert row["lift_recent"] == 0
    assert row["p_value_adjusted"] < 0.05
    assert row["verdict"] == "recalibrate"
    assert "The lift has changed: 0.00 against" in row["reason"]


def test_a_handful_of_expected_conversions_that_did_not_come_is_not_called():
    rows = (
        week(FIT, 400)
        + week(FIT + 2, 80, case=True)
        + week(RECENT, 400)  # the first 4 with the signal: one conversion to expect
        + week(RECENT + 2, 60, case=True)
        + week(NOW, 100)
    )
    row = drift_of(hand_case(rows, [*range(200), *range(400, 460), *range(480, 484)])).loc["s"]
    assert np.isnan(row["p_value_adjusted"])
    assert "The lift cannot be compared" in row["reason"]


def test_a_few_large_accounts_that_convert_by_chance_are_no_change():
    account = np.concatenate([np.repeat(np.arange(6), 50), np.arange(6, 206)])
    called = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        rows, accounts = [], []
        for on in (FIT, RECENT):
            converts = (rng.random(206) < 0.3)[account]
            rows += [(on, 60, bool(one), False) for one in converts]
            accounts += [f"{on} {one}" for one in account]
        rows += week(NOW, 100, 60)
        case = hand_case(rows)
        case["panel"]["account_id"] = accounts + [f"now {i}" for i in range(100)]
        called += drift_of(case).loc["*", "verdict"] in ACTED_ON
    # At 5 % so many or more are called in one of a hundred cases.
    assert called < 11


# -------------------------------------------------------------------------------- simulated truth
DAYS, HORIZON = 420, 60
# Usable: 420 - 120 days, fit period the first 180; the split is on day 239.
CHANGE_ON = 245


def simulate(seed, *, accounts=3000, effect_after=4.0, base_after=0.006, behaviour_after=0.25):
    """A product in which `strong` quadruples the weekly hazard; three things may change."""
    rng = np.random.default_rng(seed)
    grid = np.arange(0, DAYS, 7)
    is_late = grid >= CHANGE_ON
    signup = rng.integers(-150, 400, accounts)
    taste = rng.normal(size=(accounts, 1))
    draws = taste + rng.normal(size=(accounts, len(grid)))
    marks = np.sqrt(2) * np.array([0.6745, -np.inf])  # a quarter of the weeks
    marks[1] = np.sqrt(2) * {0.25: 0.6745, 0.5: 0.0}[behaviour_after]
    strong = draws > np.where(is_late, marks[1], marks[0])
    noise = rng.normal(size=(accounts, 1)) + rng.normal(size=(accounts, len(grid))) > 0
    effect = np.where(is_late, effect_after, 4.0)
    hazard = np.where(is_late, base_after, 0.006) * np.where(strong, effect, 1.0)
    # Looked at for 150 days, as those who fall silent are; every week has the same tenures.
    there = (grid >= signup[:, None]) & (grid < signup[:, None] + 150)
    happens = there & (rng.random(hazard.shape) < hazard)
    last = np.where(happens.any(axis=1), happens.argmax(axis=1), len(grid))
    converted = np.where(last < len(grid), grid[np.minimum(last, len(grid) - 1)] + 3, DAYS * 9)
    is_seen = there & (np.arange(len(grid)) <= last[:, None])
    entity, at = np.nonzero(is_seen)
    is_case = np.repeat([False, True], [len(entity), (converted < DAYS).sum()])
    cases = np.flatnonzero(converted < DAYS)
    entity, at = np.append(entity, cases), np.append(at, last[cases])
    on = np.where(is_case, converted[entity], grid[at])
    outcome = (converted[entity] <= on + HORIZON).astype(object)
    outcome[on > DAYS - 1 - HORIZON] = None
    ids = np.array([f"a{i:05d}" for i in range(accounts)])
    panel = pd.DataFrame(
        {
            "panel_row": np.arange(len(on)),
            "definition_key": "d",
            "entity_id": ids[entity],
            "account_id": ids[entity],
            "eligible_from": DAY_ZERO + signup[entity],
            "panel_on": DAY_ZERO + on,
            "score": np.where(strong[entity, at], 60.0, 0.0) + 10.0 * noise[entity, at],
            "is_required_met": True,
            "is_converted": outcome,
            "is_case": is_case,
        }
    )
    met = [np.flatnonzero(state[entity, at]) for state in (strong, noise)]
    mature = panel[~panel["is_case"] & (on <= DAYS - 1 - HORIZON)]
    return {
        "panel": panel,
        "signal_panel": pd.DataFrame(
            {
                "panel_row": np.concatenate(met),
                "signal_key": np.repeat(["strong", "noise"], [len(rows) for rows in met]),
                "signal_value": 1.0,
                "is_met": True,
            }
        ),
        "weights": make_weights("strong", "noise"),
        "definitions": make_definitions(),
        "approvals": make_approvals(),
        "settings": make_settings(min_conversions=30, min_entities=50),
        "panel_days": mature.groupby("panel_on").size().rename("entity_count").reset_index(),
        "arguments": {"as_of": day(DAYS - 1), "horizon_days": HORIZON, "seed": 5, "draws": 200},
    }


def test_where_nothing_changes_nothing_is_called():
    called = [
        (seed, key, row["reason"])
        for seed in range(6)
        for key, row in drift_of(simulate(seed)).iterrows()
        if row["verdict"] in ACTED_ON
    ]
    assert not called


def test_where_nothing_changes_and_much_was_seen_the_signals_are_stable():
    result = drift_of(simulate(0, accounts=12_000))
    assert list(result["verdict"]) == ["stable"] * 3
    assert result.loc["strong", "lift_fit"] == pytest.approx(4, rel=0.15)
    assert result.loc["noise", "lift_fit"] == pytest.approx(1, rel=0.15)
    assert result.loc["*", "calibration_ratio"] == pytest.approx(1, abs=0.12)


def test_a_change_beyond_chance_that_is_small_is_not_called():
    row = drift_of(
        hand_case(
            week(FIT, 30_000, 60, 15_000) + week(RECENT, 30_000, 60, 13_500) + week(NOW, 100, 60)
        )
    ).loc["*"]
    assert row["conversion_ratio_high"] < 1
    assert row["p_value_adjusted"] < 0.05
    assert row["verdict"] not in ACTED_ON
    assert "beyond chance, but too small a change to matter" in row["reason"]


def test_a_signal_that_lost_its_merit_is_called_and_named_in_the_row_of_the_score():
    result = drift_of(simulate(0, effect_after=1.0))
    assert result.loc["strong", "verdict"] == "recalibrate"
    assert result.loc["strong", "lift_recent"] < 2
    assert result.loc["noise", "verdict"] not in ACTED_ON
    assert result.loc["*", "verdict"] in ACTED_ON
    assert "Signals that have changed: strong." in result.loc["*", "reason"]
    assert result["psi"].max() < 0.1


def test_a_change_that_meets_everybody_is_one_of_the_score_and_not_of_the_signals():
    result = drift_of(simulate(0, base_after=0.002))
    assert result.loc["*", "verdict"] == "recalibrate"
    assert result.loc["*", "calibration_ratio_high"] < 1
    assert result.loc["strong", "verdict"] not in ACTED_ON
    assert result.loc["noise", "verdict"] not in ACTED_ON


def test_a_change_of_behaviour_is_called_where_it_happened():
    result = drift_of(simulate(0, behaviour_after=0.5))
    assert result.loc["strong", "verdict"] in ACTED_ON
    assert result.loc["strong", "psi"] > max(0.1, result.loc["strong", "psi_chance"])
    assert result.loc["strong", "share_fit"] == pytest.approx(0.23, abs=0.05)
    assert result.loc["strong", "share_now"] == pytest.approx(0.46, abs=0.05)
    assert result.loc["noise", "verdict"] not in ACTED_ON


def test_the_index_of_few_accounts_is_mostly_chance_and_is_not_called():
    rows = pd.concat([drift_of(simulate(seed, accounts=400)) for seed in range(8)])
    rows = rows[rows["psi"].notna()]
    assert len(rows) >= 12
    assert rows["psi_chance"].max() > 0.1
    assert (rows["psi"] <= rows["psi_chance"]).mean() >= 0.9
    assert not rows["verdict"].isin(ACTED_ON).any()


def test_row_order_does_not_matter_and_draws_repeat():
    case = simulate(1, accounts=400)
    shuffled = {
        name: case[name].sample(frac=1, random_state=1) for name in ("panel", "signal_panel")
    }
    pd.testing.assert_frame_equal(drift_of(case), drift_of(case, **shuffled))


# ------------------------------------------------------------------------------------- abstention
@pytest.fixture(scope="module")
def small():
    return simulate(2, accounts=400)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (lambda case: {"definitions": make_definitions(audience="customer")}, "customers"),
        (
            lambda case: {
                "panel": case["panel"].head(0),
                "signal_panel": case["signal_panel"].head(0),
                "panel_days": case["panel_days"].head(0),
            },
            "The history is too short",
        ),
        (lambda case: {"panel": case["panel"].assign(score=np.nan)}, "scores are missing"),
        (
            lambda case: {"settings": make_settings(min_entities=500)},
            "accounts were active in the fit period; 500 are needed",
        ),
    ],
)
def test_what_cannot_be_compared_says_why(small, changes, expected):
    result = drift_of(small, **changes(small))
    assert set(result.index) == {"*", "strong", "noise"}
    assert set(result["verdict"]) == {"too_few"}
    assert result["reason"].str.contains(expected).all()


@pytest.mark.parametrize("outcome", [True, False])
def test_one_class_only_and_a_constant_score_are_no_error(small, outcome):
    panel = small["panel"].assign(is_converted=outcome, score=7.0)
    result = drift_of(small, panel=panel)
    assert result.loc["*", "psi"] == pytest.approx(0, abs=1e-9)
    assert result.loc["*", "verdict"] not in {"recalibrate"}


def test_a_signal_that_was_never_met_and_a_definition_with_one_signal(small):
    result = drift_of(
        small, weights=make_weights("never"), signal_panel=small["signal_panel"].head(0)
    )
    assert result.loc["never", "verdict"] == "too_few"
    assert result.loc["never", "share_now"] == 0
    assert drift_of(small, weights=make_weights("strong")).shape[0] == 2


def test_a_definition_without_weights_has_the_row_of_its_score(small):
    assert list(drift_of(small, weights=make_weights("x").head(0)).index) == ["*"]


def test_without_definitions_there_are_no_rows(small):
    assert drift_of(small, definitions=make_definitions().head(0)).empty


def test_an_old_approval_is_one_to_look_at_again(small):
    today = DAYS - 1
    fresh, old, never = (
        drift_of(small, approvals=make_approvals(on)).loc["*"]
        for on in (today - 180, today - 181, None)
    )
    assert (fresh["approval_age_days"], old["approval_age_days"]) == (180, 181)
    assert pd.isna(never["approval_age_days"])
    assert fresh["verdict"] == never["verdict"] != "watch"
    assert old["verdict"] == "watch"
    assert "The threshold was approved 181 days ago" in old["reason"]


def test_an_old_approval_of_what_cannot_be_compared_is_said_as_well(small):
    result = drift_of(
        small,
        definitions=make_definitions(audience="customer"),
        approvals=make_approvals(0),
    )
    assert result.loc["*", "verdict"] == "watch"
    assert "The audience is customers" in result.loc["*", "reason"]


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("panel", lambda frame: frame.drop(columns="is_case"), "panel has no column 'is_case'"),
        ("panel", lambda frame: frame.drop(columns="is_converted"), "no column 'is_converted'"),
        ("approvals", lambda frame: frame.drop(columns="approved_on"), "no column 'approved_on'"),
        (
            "signal_panel",
            lambda frame: frame.assign(panel_row=-1),
            "signal_panel holds panel_row -1, which is not in panel",
        ),
    ],
)
def test_inputs_that_break_the_contract_are_refused(small, table, change, message):
    with pytest.raises(CalibrationError, match=message):
        drift_of(small, **{table: change(small[table])})
