import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    NO_EFFECTS,
    SIGNALS,
    arguments,
    day,
    make_definitions,
    make_panel_days,
    make_settings,
    simulate,
    take,
    undrawn,
)

from python_udfs.calibration import (
    CalibrationError,
    InvalidValueError,
    schemas,
    signal_lift,
    suggested_definitions,
)
from python_udfs.calibration import signals as signals_module
from python_udfs.calibration.logistic import log_likelihood


def lifts(case, **changes):
    result = signal_lift(*take(case | changes, *SIGNALS), **case["arguments"])
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.SIGNAL_LIFT.items()
    }
    return result.set_index("signal_key")


def warnings(result):
    return {
        name: None if pd.isna(text) else text.split(":")[0]
        for name, text in result["warning"].items()
    }


@pytest.fixture(scope="module")
def planted():
    return simulate(0)


def hand_panel(rows):
    """Panel from (entity_id, eligible_from, panel_on, is_converted), all scores 0."""
    return pd.DataFrame(
        {
            "panel_row": range(len(rows)),
            "definition_key": "d",
            "entity_id": [row[0] for row in rows],
            "account_id": None,
            "eligible_from": [day(row[1]) for row in rows],
            "panel_on": [day(row[2]) for row in rows],
            "score": 0.0,
            "is_converted": [row[3] for row in rows],
            "is_converted_next": False,
        }
    )


def hand_case(rows, met, points=10.0):
    return {
        "panel": hand_panel(rows),
        "signal_panel": pd.DataFrame(
            {"panel_row": pd.Series(met, dtype="int64"), "signal_key": "s", "points": points}
        ),
        "weights": pd.DataFrame(
            {
                "definition_key": ["d"],
                "signal_key": ["s"],
                "points": [points],
                "points_per_unit": [np.nan],
                "is_required": [False],
            }
        ),
        "definitions": make_definitions(),
        "settings": make_settings(),
        "panel_days": make_panel_days(),
        "arguments": arguments(),
    }


def test_the_proposal_follows_the_warning():
    result = lifts(simulate(0, accounts=1500))
    has_doubt = result["warning"].notna()
    cannot_tell = result["warning"].fillna("").str.startswith("too few observations:")
    assert (result.loc[~has_doubt, "proposal"] == "keep").all()
    assert (result.loc[has_doubt & ~cannot_tell, "proposal"] == "remove").all()
    assert result.loc[["strong", "harmful"], "proposal"].tolist() == ["keep", "remove"]
    # Two accounts tell nothing.
    few = lifts(hand_case([("a", 0, 7, True), ("b", 0, 7, False)], [0]))
    assert few["proposal"].isna().all()


def test_counts_and_rates_of_a_small_panel():
    rows = [
        ("a", 0, 7, True),  # with
        ("a", 0, 14, True),  # with
        ("b", 0, 7, False),  # with
        ("b", 0, 14, False),
        ("c", 0, 7, True),
        ("d", 0, 7, False),
        ("d", 0, 14, False),
    ]
    result = lifts(hand_case(rows, [0, 1, 2])).loc["s"]
    assert result["entities_with"] == 2
    assert result["entities_without"] == 3
    assert result["conversions_with"] == 1
    assert result["conversions_without"] == 1
    assert result["entity_weeks_with"] == 3
    assert result["entity_weeks_without"] == 4
    assert result["conversion_rate_with"] == pytest.approx(2 / 3)
    # By tenure: days 7 to 13 have 1 of 2 without, days 14 to 27 have 0 of 2; mixed 2 to 1 as with.
    assert result["conversion_rate_without"] == pytest.approx(2 / 3 * 1 / 2)
    assert result["lift"] == pytest.approx(2.0)


def test_a_signal_that_is_a_matter_of_tenure_is_not_compared():
    # Everybody has it in the first week, half of a few in the second: those weeks alone say little.
    rows = [(f"e{i}", 0, 7, i % 2 == 0) for i in range(200)]
    rows += [(f"f{i}", 0, 14, i % 4 < 2) for i in range(40)]
    met = [i for i, row in enumerate(rows) if row[2] == 7 or i % 2]
    result = lifts(hand_case(rows, met)).loc["s"]
    assert "nobody without it was equally long" in result["warning"]
    rates = ("conversion_rate_with", "conversion_rate_without")
    for column in (*rates, "lift", "lift_low", "lift_high", "odds_ratio"):
        assert np.isnan(result[column])


def test_a_signal_that_comes_with_age_is_not_accused_of_what_age_does():
    # Conversion falls with age from a half to a tenth. With the signal it is a fifth above that,
    # but almost only the old have it.
    rows, met = [], []
    for i in range(400):
        converts_young, converts_old = i % 10 < 5, i % 10 < 1
        rows.append((f"e{i}", 0, 7, converts_young))
        met += [len(rows) - 1] if i % 40 < 2 else []
        rows.append((f"e{i}", 0, 70, converts_old))
        met += [len(rows) - 1]
    result = lifts(hand_case(rows, met)).loc["s"]
    assert np.isnan(result["lift"])
    assert result["warning"].startswith("too few observations: in most weeks with it nobody ")
    assert pd.isna(result["proposal"])


def test_only_tenures_with_both_sides_are_compared():
    # Of the old nobody is without the signal: they say nothing about it.
    rows = [
        ("a", 0, 7, True),  # with
        ("b", 0, 7, False),  # with
        ("c", 0, 7, True),
        ("d", 0, 7, False),
        ("e", 0, 7, False),
        ("f", 0, 7, False),
        ("g", 0, 70, False),  # with
    ]
    result = lifts(hand_case(rows, [0, 1, 6])).loc["s"]
    assert result["conversion_rate_with"] == pytest.approx(1 / 2)
    assert result["conversion_rate_without"] == pytest.approx(1 / 4)
    assert result["lift"] == pytest.approx(2.0)


def test_immature_weeks_are_left_out():
    rows = [("a", 0, 189, True), ("b", 0, 189, False), ("c", 0, 190, True)]
    result = lifts(hand_case(rows, [0, 2])).loc["s"]
    assert result["entity_weeks_with"] == 1


def test_the_planted_wrong_way_signal_is_named_and_loses_its_points(planted):
    result = lifts(planted)
    harmful = result.loc["harmful"]
    assert harmful["warning"].startswith("points the wrong way: ")
    assert harmful["proposal"] == "remove"
    assert "yet it earns 25 points" in harmful["warning"]
    assert harmful["lift_high"] < 1
    assert harmful["odds_ratio_high"] < 1
    assert harmful["suggested_points"] == 0


def test_the_noise_is_named_and_the_good_ones_are_not(planted):
    result = lifts(planted)
    assert warnings(result)["noise"] == "no evidence"
    for name in ("strong", "good"):
        assert pd.isna(result.loc[name, "warning"])
        assert result.loc[name, "lift_low"] > 1
        assert result.loc[name, "suggested_points"] > 0


def test_a_doubling_that_was_seen_is_not_called_one_that_would_have_been(planted, monkeypatch):
    # As if so many signals were compared that nothing is beyond their chance.
    monkeypatch.setattr(signals_module, "adjust_p_values", np.ones_like)
    strong = lifts(planted).loc["strong"]
    assert strong["lift"] > 2
    assert strong["warning"].startswith("too few observations: ")
    assert pd.isna(strong["proposal"])


def test_suggested_points_share_out_the_same_total_and_rank_better(planted):
    result = lifts(planted)
    total = result["current_points"].abs().sum()
    assert abs(result["suggested_points"].abs().sum() - total) <= len(result) / 2
    assert result["holdout_auc_suggested"].iloc[0] > result["holdout_auc_current"].iloc[0]
    assert result["suggested_points"]["strong"] > result["suggested_points"]["good"]


@pytest.mark.parametrize("seed", range(4))
def test_good_signals_are_never_called_wrong_and_harmful_ones_always(seed):
    found = warnings(lifts(simulate(seed + 20)))
    assert found["harmful"] == "points the wrong way"
    for name in ("strong", "good", "companion", "noise"):
        assert found[name] != "points the wrong way"


def test_a_companion_with_a_lift_but_nothing_of_its_own_is_told_apart():
    # Both follow from the same hidden trait; only one of them drives conversion.
    rng = np.random.default_rng(8)
    count = 4000
    driver = rng.random(count) < 0.5
    companion = np.where(rng.random(count) < 0.85, driver, ~driver)
    converts = rng.random(count) < np.where(driver, 0.4, 0.1)
    rows = [(f"e{i:04d}", 0, 70, bool(converts[i])) for i in range(count)]
    case = hand_case(rows, [])
    case["signal_panel"] = pd.DataFrame(
        {
            "panel_row": np.concatenate([np.flatnonzero(driver), np.flatnonzero(companion)]),
            "signal_key": ["driver"] * driver.sum() + ["companion"] * companion.sum(),
            "points": 10.0,
        }
    )
    case["weights"] = pd.concat(
        [case["weights"].assign(signal_key=name) for name in ("driver", "companion")]
    )
    result = lifts(case)
    assert warnings(result) == {"companion": "no evidence of its own", "driver": None}
    assert result.loc["companion", "lift_low"] > 1.5
    assert (
        result.loc["companion", "odds_ratio_low"] < 1 < result.loc["companion", "odds_ratio_high"]
    )


def test_a_harmful_signal_in_good_company_is_still_named():
    rng = np.random.default_rng(9)
    count = 6000
    driver = rng.random(count) < 0.5
    harmful = rng.random(count) < np.where(driver, 0.6, 0.1)
    converts = rng.random(count) < np.where(driver, 0.5, 0.08) * np.where(harmful, 0.6, 1.0)
    rows = [(f"e{i:04d}", 0, 70, bool(converts[i])) for i in range(count)]
    case = hand_case(rows, [])
    case["signal_panel"] = pd.DataFrame(
        {
            "panel_row": np.concatenate([np.flatnonzero(driver), np.flatnonzero(harmful)]),
            "signal_key": ["driver"] * driver.sum() + ["harmful"] * harmful.sum(),
            "points": 10.0,
        }
    )
    case["weights"] = pd.concat(
        [case["weights"].assign(signal_key=name) for name in ("driver", "harmful")]
    )
    result = lifts(case)
    assert result.loc["harmful", "lift_low"] > 1
    assert warnings(result)["harmful"] == "points the wrong way"


def test_negative_points_on_a_signal_that_helps_point_the_wrong_way(planted):
    weights = planted["weights"].copy()
    weights["points"] = weights["points"].where(weights["signal_key"] != "strong", -30.0)
    found = warnings(lifts(planted, weights=weights))
    assert found["strong"] == "points the wrong way"
    weights["points"] = weights["points"].where(weights["signal_key"] != "harmful", -25.0)
    assert warnings(lifts(planted, weights=weights))["harmful"] is None


def test_what_is_only_required_is_judged_as_what_is_asked_for(planted):
    weights = planted["weights"].copy()
    is_required = weights["signal_key"].isin(["strong", "harmful"])
    weights["points"] = weights["points"].mask(is_required, 0.0)
    result = lifts(planted, weights=weights)
    assert result.loc["strong", "proposal"] == "keep"
    assert warnings(result)["harmful"] == "points the wrong way"
    assert "yet it is required" in result.loc["harmful", "warning"]


def test_what_is_required_is_warned_of_but_not_proposed_for_removal(planted):
    weights = planted["weights"].copy()
    weights["is_required"] = weights["signal_key"] == "harmful"
    result = lifts(planted, weights=weights)
    assert warnings(result)["harmful"] == "points the wrong way"
    assert pd.isna(result.loc["harmful", "proposal"])


def test_what_is_only_required_is_never_suggested_negative_points(planted):
    weights = planted["weights"].copy()
    weights["points"] = weights["points"].where(weights["signal_key"] != "harmful", 0.0)
    # What is neither required nor worth points hand-set may point either way.
    assert lifts(planted, weights=weights).loc["harmful", "suggested_points"] < 0
    weights["is_required"] = weights["signal_key"] == "harmful"
    suggested = lifts(planted, weights=weights)["suggested_points"]
    assert suggested["harmful"] == 0
    assert suggested["strong"] > 0


@pytest.mark.parametrize("seed", range(4))
def test_without_any_effect_nothing_is_claimed(seed):
    result = lifts(simulate(seed, effects=NO_EFFECTS))
    assert set(warnings(result).values()) <= {"no evidence", "too few observations"}
    assert result["suggested_points"].isna().all()


def test_few_observations_are_called_few():
    rng = np.random.default_rng(3)
    rows = [(f"e{i:02d}", 0, 70, bool(rng.random() < 0.2)) for i in range(40)]
    result = lifts(hand_case(rows, [0, 1, 2, 3]))
    assert warnings(result)["s"] == "too few observations"


def test_a_handful_of_accounts_accuses_no_signal():
    # Nobody of four with it converted and all of five without it did: nine accounts, no evidence.
    rows = [(f"e{i}", 0, 63 + 7 * week, i >= 4) for i in range(9) for week in range(3)]
    case = hand_case(rows, range(12))
    assert warnings(lifts(case))["s"] == "too few observations"
    many = [(f"e{i:03d}", 0, 63 + 7 * week, i >= 40) for i in range(90) for week in range(3)]
    assert warnings(lifts(hand_case(many, range(120))))["s"] == "points the wrong way"
    floor = make_settings(min_conversions=51)
    assert (
        warnings(lifts(hand_case(many, range(120)), settings=floor))["s"] == "too few observations"
    )


def test_the_weeks_of_one_account_are_one_piece_of_evidence():
    rng = np.random.default_rng(3)
    converts = rng.random(120) < 0.3
    once = [(f"e{i:03d}", 0, 70, bool(converts[i])) for i in range(120)]
    often = [(row[0], 0, 70 + 7 * week, row[3]) for row in once for week in range(4)]
    one = lifts(hand_case(once, list(range(60)))).loc["s"]
    many = lifts(hand_case(often, list(range(240)))).loc["s"]
    assert many["lift"] == pytest.approx(one["lift"])
    assert many["lift_low"] == pytest.approx(one["lift_low"])
    assert many["odds_ratio_low"] == pytest.approx(one["odds_ratio_low"], rel=0.1)


def test_users_of_few_large_accounts_show_no_signal_where_there_is_none():
    sizes = np.ceil(60 / np.arange(1, 81) ** 1.2).astype(int)
    account = np.repeat(np.arange(80), sizes)
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        converts, has_it = rng.random(80) < 0.4, rng.random(80) < 0.4
        rows = [(f"u{i:03d}", 0, 70, bool(converts[a])) for i, a in enumerate(account)]
        case = hand_case(rows, np.flatnonzero(has_it[account]))
        case["panel"]["account_id"] = [f"a{a}" for a in account]
        found.append(lifts(case).loc["s"])
    found = pd.DataFrame(found)
    outside = (found["lift_low"] > 1) | (found["lift_high"] < 1)
    # At 5 % so many or more are outside in one of a hundred cases.
    assert outside.sum() < 15
    assert ((found["odds_ratio_low"] > 1) | (found["odds_ratio_high"] < 1)).sum() < 15
    accused = found["warning"].str.startswith("points the wrong way", na=False)
    assert accused.sum() < 5


def test_no_conversion_with_a_signal_still_has_an_upper_bound():
    rows = [(f"e{i:03d}", 0, 70, i >= 100 and i % 2 == 0) for i in range(200)]
    result = lifts(hand_case(rows, list(range(100))))
    row = result.loc["s"]
    assert row["lift"] == 0.0
    assert row["lift_high"] == pytest.approx(3.689 / (100 * 0.5))
    assert warnings(result)["s"] == "points the wrong way"


@pytest.mark.parametrize(
    ("converts", "met", "text"),
    [
        ([False] * 6, [0, 1], "none of the accounts converted"),
        ([True] * 6, [0, 1], "all accounts converted"),
        ([True, False] * 3, [], "none of the accounts had it"),
        ([True, False] * 3, range(6), "none of the accounts was ever without it"),
    ],
)
def test_one_class_or_a_constant_signal_is_a_row_with_a_reason(converts, met, text):
    rows = [(f"e{i}", 0, 70, value) for i, value in enumerate(converts)]
    result = lifts(hand_case(rows, list(met)))
    assert result.loc["s", "warning"].startswith("too few observations: ")
    assert text in result.loc["s", "warning"]
    assert pd.isna(result.loc["s", "suggested_points"])


def test_an_empty_panel_gives_a_row_for_each_weight(planted):
    result = lifts(
        planted, panel=planted["panel"].iloc[:0], signal_panel=planted["signal_panel"].iloc[:0]
    )
    assert len(result) == len(planted["weights"])
    assert result["warning"].str.contains("no week with a fully observed outcome").all()
    assert result["entities_with"].eq(0).all()


def test_customers_have_nothing_to_compare(planted):
    result = lifts(planted, definitions=make_definitions(audience="customer"))
    assert result["warning"].str.contains("the audience is customers").all()
    assert result["suggested_points"].isna().all()


def test_points_per_unit_are_shown_as_their_mean_when_met():
    case = hand_case([(f"e{i}", 0, 70, i % 2 == 0) for i in range(8)], [0, 1, 2, 3])
    case["weights"] = case["weights"].assign(points=np.nan, points_per_unit=5.0)
    case["signal_panel"]["points"] = [5.0, 5.0, 10.0, 15.0]
    assert lifts(case).loc["s", "current_points"] == pytest.approx(8.75)


def test_a_rule_whose_signals_are_all_required_gets_no_points(planted):
    result = lifts(planted, weights=planted["weights"].assign(is_required=True))
    assert result["suggested_points"].isna().all()
    assert warnings(result)["harmful"] == "points the wrong way"


def test_panel_rows_may_have_any_numbers_and_order(planted):
    rng = np.random.default_rng(0)
    numbers = rng.permutation(10 * len(planted["panel"]))[: len(planted["panel"])]
    panel = planted["panel"].assign(panel_row=numbers).sample(frac=1, random_state=1)
    signals = planted["signal_panel"].sample(frac=1, random_state=2)
    signals = signals.assign(panel_row=numbers[signals["panel_row"]])
    weights = planted["weights"].sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        lifts(planted, panel=panel, signal_panel=signals, weights=weights), lifts(planted)
    )


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"panel_row": 99}, CalibrationError, "panel_row 99, which is not in panel"),
        ({"signal_key": "other"}, CalibrationError, "the signal 'other'"),
        ({"points": "many"}, InvalidValueError, "signal_panel.points holds 'many'"),
    ],
)
def test_a_signal_panel_that_does_not_fit_is_refused(change, error, message):
    case = hand_case([("a", 0, 7, True), ("b", 0, 7, False)], [0])
    case["signal_panel"] = case["signal_panel"].assign(**change)
    with pytest.raises(error, match=message):
        lifts(case)


def test_a_repeated_panel_row_or_day_is_refused():
    case = hand_case([("a", 0, 7, True), ("b", 0, 7, False)], [0])
    with pytest.raises(InvalidValueError, match="panel_row 0 more than once"):
        lifts(case, panel=case["panel"].assign(panel_row=0))
    with pytest.raises(InvalidValueError, match="entity_id 'a' twice on one day"):
        lifts(case, panel=case["panel"].assign(entity_id="a"))


# -------------------------------------------------------------------------------- suggested points


def step_case(next_step_until):
    """Two signals on half of 200 accounts each, all looked at every week.

    ``soon`` makes it likelier to convert by the next day of the grid, on days up to
    ``next_step_until``; ``later`` to convert in the rest of the horizon.
    """
    rng = np.random.default_rng(1)
    weeks = np.arange(0, 190, 7)
    number, on = (part.ravel() for part in np.meshgrid(np.arange(200), weeks, indexing="ij"))
    soon, later = (rng.random((2, 200)) < 0.5)[:, number]
    luck = rng.random(len(number))
    converts_next = (luck < 0.02 + 0.2 * soon) & (on <= next_step_until)
    panel = pd.DataFrame(
        {
            "panel_row": np.arange(len(number)),
            "definition_key": "d",
            "entity_id": np.char.add("e", number.astype(str)),
            "account_id": None,
            "eligible_from": day(0),
            "panel_on": [day(int(value)) for value in on],
            "score": 0.0,
            "is_converted": converts_next | (later & (luck > 0.5)),
            "is_converted_next": converts_next,
        }
    )
    row, signal = np.nonzero(np.column_stack([later, soon]))
    names = np.array(["later", "soon"])
    return {
        "panel": panel,
        "signal_panel": pd.DataFrame(
            {"panel_row": row, "signal_key": names[signal], "points": 10.0}
        ),
        "weights": pd.DataFrame(
            {
                "definition_key": "d",
                "signal_key": names,
                "points": 10.0,
                "points_per_unit": np.nan,
                "is_required": False,
            }
        ),
        "definitions": make_definitions(),
        "settings": make_settings(),
        "panel_days": make_panel_days(),
        "arguments": arguments(),
    }


def fitted_points(case):
    """Points of the fit period, before it is asked whether they hold up; None without any."""
    # What is met is met with the better threshold as well.
    thresholds = case["weights"][["definition_key", "signal_key"]].assign(
        current_threshold=2.0, proposed_threshold=1.0
    )
    values = case["signal_panel"].assign(signal_value=1.0, is_met=True)
    found = suggested_definitions(
        case["panel"],
        values,
        thresholds,
        *take(case, "weights", "definitions", "settings", "panel_days"),
        **undrawn(case["arguments"]),
    )
    return found["points"].tolist() or None


def test_points_go_to_what_comes_right_before_a_conversion():
    # Over the horizon ``later`` goes with most conversions, by the next day with none of them.
    later, soon = fitted_points(step_case(10_000))
    assert soon >= 18
    assert later + soon == 20


def test_points_look_at_days_whose_next_day_lies_before_the_holdout():
    case = step_case(10_000)
    expected = fitted_points(case)
    on = (case["panel"]["panel_on"] - day(0)).dt.days

    def without_labels(days):
        flags = case["panel"]["is_converted_next"] & ~days
        return fitted_points(case | {"panel": case["panel"].assign(is_converted_next=flags)})

    # The split is on day 117; the grid has days 105, 112 and 119: the next day of 105 is the last
    # one that may be looked at.
    assert without_labels(on >= 112) == expected
    assert without_labels(on < 112) is None
    assert without_labels(on < 105) is not None


def test_no_conversion_by_the_next_day_gives_no_points_and_no_error():
    assert fitted_points(step_case(-1)) is None


def test_suggested_points_rank_the_planted_effects():
    result = lifts(simulate(5, accounts=4000))
    points = result["suggested_points"].astype(float)
    assert points["strong"] > points["good"] > points[["companion", "noise"]].max()
    assert points["harmful"] == 0
    # 1.6 and 0.9 were planted.
    assert points["strong"] / points["good"] == pytest.approx(1.6 / 0.9, rel=0.25)


@pytest.mark.parametrize("seed", [51, 59])
def test_a_lucky_signal_and_a_lucky_holdout_are_not_enough_for_points(seed):
    # Of 120 seeds without any effect the two in which both happen.
    result = lifts(simulate(seed, effects=NO_EFFECTS))
    assert result["suggested_points"].isna().all()


def test_the_likelihood_is_that_of_the_outcomes():
    # Two groups: 3 of 4 at even odds, 1 of 5 at odds of 1 to 3.
    found = log_likelihood(
        np.array([[1.0, 0.0], [1.0, 1.0]]),
        np.array([4.0, 5.0]),
        np.array([3.0, 1.0]),
        np.array([0.0, -np.log(3)]),
    )
    assert found == pytest.approx(4 * np.log(1 / 2) + np.log(1 / 4) + 4 * np.log(3 / 4))


def test_the_panel_needs_the_outcome_of_the_next_step(planted):
    with pytest.raises(CalibrationError, match="panel has no column 'is_converted_next'"):
        lifts(planted, panel=planted["panel"].drop(columns="is_converted_next"))
    flags = planted["panel"]["is_converted_next"].astype("boolean")
    flags.iloc[0] = pd.NA
    with pytest.raises(InvalidValueError, match=r"panel.is_converted_next is missing in 1 of"):
        lifts(planted, panel=planted["panel"].assign(is_converted_next=flags))
