import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    AS_OF,
    BACKTEST,
    FIT_UNTIL,
    HOLDOUT_UNTIL,
    HORIZON,
    SPLIT_ON,
    arguments,
    day,
    make_crossings,
    make_definitions,
    make_entities,
    make_panel_days,
    make_settings,
    simulate,
    take,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from python_udfs.calibration import (
    CalibrationError,
    InvalidValueError,
    MissingColumnError,
    schemas,
    threshold_curve,
)
from python_udfs.calibration.periods import TENURE_EDGES, tenure_groups


def curve(entities, crossings, **changes):
    return threshold_curve(
        make_crossings(crossings),
        make_entities(entities),
        make_definitions(),
        make_settings(),
        make_panel_days(),
        **arguments(**changes),
    )


def row(frame, threshold=50.0, split="holdout"):
    found = frame[(frame["threshold"] == threshold) & (frame["split"] == split)]
    assert len(found) == 1
    return found.iloc[0]


def test_a_conversion_counts_from_the_day_after_reaching_to_the_end_of_the_horizon():
    entities = [
        ("on the day", 0, 130),
        ("a day later", 0, 131),
        ("at the horizon", 0, 130 + HORIZON),
        ("a day too late", 0, 131 + HORIZON),
        ("never", 0, None),
    ]
    result = row(curve(entities, [(name, 130, 50.0) for name, _, _ in entities]))
    # Who reaches it on the day of paying was no lead before.
    assert result["qualified_count"] == 4
    assert result["converted_count"] == 2
    assert result["precision"] == pytest.approx(0.5)
    assert result["per_week"] == pytest.approx(4 / (72 / 7))
    assert result["expected_value"] == pytest.approx(2 * 100 - 4 * 10)


def test_each_crossing_falls_into_its_period_the_gap_or_the_immature_end():
    days = {
        "first fit day": 0,
        "last fit day": FIT_UNTIL,
        "gap": FIT_UNTIL + 1,
        "end of gap": SPLIT_ON,
        "first hold-out day": SPLIT_ON + 1,
        "last mature day": HOLDOUT_UNTIL,
        "immature": HOLDOUT_UNTIL + 1,
        "today": AS_OF,
    }
    entities = [(name, 0, None) for name in days]
    result = curve(entities, [(name, on, 50.0) for name, on in days.items()])
    assert row(result, split="fit")["qualified_count"] == 2
    assert row(result, split="holdout")["qualified_count"] == 2


def test_only_the_first_time_at_a_threshold_is_a_lead():
    # At 20 the lead was in the fit period; in the hold-out only 50 is new.
    result = curve([("a", 0, None)], [("a", 5, 20.0), ("a", 125, 50.0)])
    assert row(result, 20.0, "fit")["qualified_count"] == 1
    assert row(result, 20.0, "holdout")["qualified_count"] == 0
    assert row(result, 50.0, "fit")["qualified_count"] == 0
    assert row(result, 50.0, "holdout")["qualified_count"] == 1


def test_one_jump_reaches_all_thresholds_below_it_on_that_day():
    entities = [("a", 0, None), ("b", 0, None)]
    result = curve(entities, [("a", 4, 10.0), ("a", 6, 70.0), ("b", 8, 30.0)])
    counts = result[result["split"] == "fit"].set_index("threshold")["qualified_count"]
    assert counts.to_dict() == {10.0: 2, 30.0: 2, 50.0: 1, 70.0: 1}


def test_who_had_converted_before_is_no_lead():
    entities = [("customer", 0, 129), ("prospect", 0, None)]
    result = row(curve(entities, [("customer", 130, 50.0), ("prospect", 130, 50.0)]))
    assert result["qualified_count"] == 1


def test_an_account_buys_once_however_many_of_its_users_were_flagged():
    entities = make_entities([("u1", 0, 135), ("u2", 0, 135), ("u3", 0, 135), ("u4", 0, None)])
    entities["account_id"] = ["a", "a", "b", "c"]
    crossings = make_crossings(
        [("u1", 130, 50.0), ("u2", 131, 70.0), ("u3", 130, 50.0), ("u4", 130, 50.0)]
    )
    result = threshold_curve(
        crossings,
        entities,
        make_definitions(entity_type="user", enter_threshold=60),
        make_settings(),
        make_panel_days(),
        **arguments(),
    )
    # Thresholds come from the fit period, so 60, the one in force, is the only one.
    high = row(result, 60.0)
    assert high[["qualified_count", "converted_count", "converted_account_count"]].tolist() == [
        1,
        1,
        1,
    ]
    crossings["score_reached"] = 60.0
    low = row(
        threshold_curve(
            crossings,
            entities,
            make_definitions(entity_type="user", enter_threshold=60),
            make_settings(),
            make_panel_days(),
            **arguments(),
        ),
        60.0,
    )
    assert low["qualified_count"] == 4
    assert low["converted_count"] == 3
    assert low["converted_account_count"] == 2
    assert low["expected_value"] == pytest.approx(2 * 100 - 4 * 10)


def test_recall_and_lead_time_look_at_any_day_before_the_conversion():
    entities = [
        ("flagged long before", 0, 150),
        ("flagged the day before", 0, 150),
        ("flagged too late", 0, 150),
        ("never flagged", 0, 150),
        ("unreachable", 150, 150),
        ("before the hold-out", 0, SPLIT_ON),
    ]
    crossings = [
        ("flagged long before", 50, 50.0),
        ("flagged the day before", 149, 50.0),
        ("flagged too late", 150, 50.0),
        ("before the hold-out", 50, 50.0),
    ]
    result = row(curve(entities, crossings))
    assert result["conversions_count"] == 4
    assert result["flagged_count"] == 2
    assert result["recall"] == pytest.approx(0.5)
    assert result["median_lead_days"] == pytest.approx((100 + 1) / 2)


def test_the_base_rate_is_that_of_all_eligible_entities_at_the_same_tenure():
    # Both join on day 120 and reach 50 on the next day, at a tenure of one day. On that one day of
    # tenure two of four entities are within ten days of their conversion: base rate 1/2.
    entities = [("a", 120, 128), ("b", 120, None), ("c", 120, 126), ("d", 120, None)]
    result = row(curve(entities, [("a", 121, 50.0), ("b", 121, 50.0)]))
    assert result["precision"] == pytest.approx(0.5)
    assert result["base_rate"] == pytest.approx(0.5)
    assert result["lift"] == pytest.approx(1.0)


def test_who_has_left_the_audience_is_no_base():
    # As above, but d is there on its day of joining only: of three, two are within ten days.
    entities = make_entities([("a", 120, 128), ("b", 120, None), ("c", 120, 126), ("d", 120, None)])
    entities.loc[3, "eligible_to"] = day(121)
    crossings = make_crossings([("a", 121, 50.0), ("b", 121, 50.0)])
    shared = (make_definitions(), make_settings(), make_panel_days())
    result = row(threshold_curve(crossings, entities, *shared, **arguments()))
    assert result["base_rate"] == pytest.approx(2 / 3)
    assert result["lift"] == pytest.approx(3 / 4)


def test_a_lead_is_compared_at_its_own_tenure():
    # Everybody converts 5 days after joining or never; who is reached after day 31 can no longer
    # convert, and is compared with others of that age only.
    entities = [(f"early {i}", 120, 125) for i in range(5)] + [
        (f"stays {i}", 120, None) for i in range(5)
    ]
    young = row(curve(entities, [("early 0", 121, 50.0), ("stays 0", 121, 50.0)]))
    old = row(curve(entities, [("stays 0", 155, 50.0)]))
    assert young["base_rate"] == pytest.approx(0.5)
    assert old["base_rate"] == 0.0
    assert np.isnan(old["lift"])


def test_none_or_all_converted_still_has_an_interval_with_width():
    entities = [(f"e{i}", 0, 135) for i in range(4)] + [(f"n{i}", 0, None) for i in range(40)]
    result = row(curve(entities, [(f"e{i}", 130, 50.0) for i in range(4)]))
    assert result["precision"] == 1.0
    assert result["precision_low"] == pytest.approx(0.5101, abs=1e-4)  # Wilson, 4 of 4
    assert result["lift_low"] < result["lift"]


def test_what_nobody_reached_has_no_rates():
    result = row(curve([("a", 0, 130)], [("a", 125, 20.0)]))
    assert result["qualified_count"] == 0
    assert result["expected_value"] == 0.0
    for name in (
        "precision",
        "precision_low",
        "lift",
        "lift_high",
        "base_rate",
        "median_lead_days",
    ):
        assert np.isnan(result[name])
    assert result["recall"] == 0.0


def test_thresholds_are_levels_of_the_fit_period_and_the_one_in_force():
    entities = [("a", 0, None), ("b", 0, None)]
    crossings = [("a", 3, -5.0), ("a", 5, 20.0), ("a", 9, 35.5), ("b", 5, 20.0), ("b", 140, 90.0)]
    result = curve(entities, crossings)
    assert result["threshold"].unique().tolist() == [20.0, 35.5, 50.0]
    assert result.loc[result["is_current"], "threshold"].unique().tolist() == [50.0]


def test_many_levels_are_thinned_to_sixty_beside_the_one_in_force():
    entities = [(f"e{i:04d}", 0, None) for i in range(900)]
    crossings = [(f"e{i:04d}", i % 100, 1 + i / 7) for i in range(900)]
    thresholds = curve(entities, crossings)["threshold"].unique()
    assert 40 <= len(thresholds) <= 61
    assert 50.0 in thresholds


def test_float_noise_does_not_part_equal_scores():
    entities = [("a", 0, None), ("b", 0, None)]
    result = curve(entities, [("a", 5, 0.1 + 0.2), ("b", 5, 0.3)])
    assert row(result, 0.3, "fit")["qualified_count"] == 2


def test_rows_after_the_as_of_day_are_invisible():
    entities = [("a", 0, None), ("b", 0, AS_OF + 1)]
    seen = curve(entities, [("a", 130, 50.0), ("b", 195, 50.0)])
    later = curve(entities, [("a", 130, 50.0), ("b", 195, 50.0), ("a", AS_OF + 1, 90.0)])
    pd.testing.assert_frame_equal(seen, later)
    assert row(seen)["conversions_count"] == 0


def test_no_rows_without_a_split_for_customers_or_without_entities():
    entities, crossings = make_entities([("a", 0, None)]), make_crossings([("a", 5, 50.0)])
    rest = (make_settings(), make_panel_days())
    short = (make_settings(), make_panel_days().iloc[:0])
    customers = make_definitions(audience="customer")
    for result in (
        threshold_curve(crossings, entities, make_definitions(), *short, **arguments()),
        threshold_curve(crossings, entities, customers, *rest, **arguments()),
        threshold_curve(
            crossings.iloc[:0], entities.iloc[:0], make_definitions(), *rest, **arguments()
        ),
    ):
        assert result.empty
        assert result.dtypes.astype(str).to_dict() == {
            name: column.dtype for name, column in schemas.THRESHOLD_CURVE.items()
        }


def test_the_result_does_not_depend_on_the_order_of_the_rows():
    case = simulate(1, accounts=300)
    expected = threshold_curve(*take(case, *BACKTEST), **case["arguments"])
    shuffled = [
        table.sample(frac=1, random_state=2).reset_index(drop=True)
        for table in take(case, *BACKTEST)
    ]
    pd.testing.assert_frame_equal(threshold_curve(*shuffled, **case["arguments"]), expected)


def test_another_seed_changes_only_the_intervals():
    case = simulate(1, accounts=300)
    one = threshold_curve(*take(case, *BACKTEST), **case["arguments"])
    other = threshold_curve(*take(case, *BACKTEST), **case["arguments"] | {"seed": 99})
    bounds = [name for name in one if name.endswith(("_low", "_high"))]
    pd.testing.assert_frame_equal(one.drop(columns=bounds), other.drop(columns=bounds))
    assert not one[bounds].equals(other[bounds])


def test_another_definition_does_not_change_the_intervals():
    case = simulate(1, accounts=300)
    alone = threshold_curve(*take(case, *BACKTEST), **case["arguments"])
    both = {
        name: pd.concat([case[name], case[name].assign(definition_key="another")])
        for name in ("crossings", "entities", "definitions")
    }
    together = threshold_curve(*take(case | both, *BACKTEST), **case["arguments"])
    own = together[together["definition_key"] == "d"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone)


def test_users_of_one_account_widen_the_interval():
    # Four users who do and get the same carry the evidence of one.
    case = simulate(1, accounts=300, users_each=4)
    apart = case | {"entities": case["entities"].assign(account_id=None)}
    together = threshold_curve(*take(case, *BACKTEST), **case["arguments"])
    alone = threshold_curve(*take(apart, *BACKTEST), **case["arguments"])
    assert (together["lift"].dropna() == alone["lift"].dropna()).all()
    ratio = (together["lift_high"] - together["lift_low"]) / (
        alone["lift_high"] - alone["lift_low"]
    )
    assert 1.6 < ratio[together["qualified_count"] > 100].median() < 2.4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": make_entities([("a", 0, None), ("a", 0, None)])}, "'a' twice"),
        ({"crossings": make_crossings([("b", 5, 50.0)])}, "crossings holds entity_id 'b'"),
        ({"definitions": make_definitions(audience="nobody")}, "audience 'nobody'"),
        ({"definitions": make_definitions({}, {})}, "definition_key 'd' twice"),
        ({"settings": make_settings(objective="luck")}, "objective is 'luck'"),
        ({"settings": make_settings(definition_key="other")}, "no row for definition 'd'"),
        ({"settings": make_settings(touch_cost=np.nan)}, "needs a touch_cost"),
        ({"settings": make_settings(min_precision=1.5)}, "min_precision is 1.5"),
        ({"settings": make_settings(min_entities=0)}, "min_entities is 0"),
        ({"settings": make_settings(beta="much")}, "beta holds 'much'"),
        ({"definitions": make_definitions(enter_threshold=None)}, "enter_threshold is missing"),
    ],
)
def test_misuse_is_refused_with_the_offending_value(change, message):
    tables = {
        "crossings": make_crossings([("a", 5, 50.0)]),
        "entities": make_entities([("a", 0, None)]),
        "definitions": make_definitions(),
        "settings": make_settings(),
        "panel_days": make_panel_days(),
    }
    with pytest.raises(CalibrationError, match=message):
        threshold_curve(**tables | change, **arguments())


@pytest.mark.parametrize(
    "changes",
    [
        {"draws": 5},
        {"seed": -1},
        {"horizon_days": 0},
        {"horizon_days": 10.0},
        {"horizon_days": None},
        {"horizon_days": np.nan},
    ],
)
def test_arguments_out_of_range_are_refused(changes):
    with pytest.raises(InvalidValueError, match=next(iter(changes))):
        curve([("a", 0, None)], [("a", 5, 50.0)], **changes)


def test_every_missing_column_is_named():
    with pytest.raises(MissingColumnError, match="'reached_on', 'score_reached'"):
        threshold_curve(
            make_crossings([])[["definition_key", "entity_id"]],
            make_entities([]),
            make_definitions(),
            make_settings(),
            make_panel_days(),
            **arguments(),
        )


@st.composite
def histories(draw):
    """A few entities with rising records, and conversions that end them."""
    entities, crossings = [], []
    for i in range(draw(st.integers(1, 8))):
        eligible = draw(st.integers(0, 150))
        converted = draw(st.none() | st.integers(eligible, AS_OF))
        entities.append((f"e{i}", eligible, converted))
        days = sorted(draw(st.sets(st.integers(eligible, converted or AS_OF), max_size=4)))
        score = 0
        for on in days:
            score += draw(st.integers(1, 30))
            crossings.append((f"e{i}", on, float(score)))
    return entities, crossings


def brute_force(entities, crossings, threshold, split):
    """The definitions of the design, entity by entity and day by day."""
    first, last = (0, FIT_UNTIL) if split == "fit" else (SPLIT_ON + 1, HOLDOUT_UNTIL)
    outcome_first, outcome_last = (0, SPLIT_ON) if split == "fit" else (SPLIT_ON + 1, AS_OF)

    def converts(on, converted):
        return converted is not None and on < converted <= on + HORIZON

    def tenure(days):
        return int(tenure_groups(np.array([days]), TENURE_EDGES)[0])

    at_risk, followed = {}, {}
    for _, eligible, converted in entities:
        for on in range(max(eligible, first), last + 1):
            if converted is None or on < converted:
                group = tenure(on - eligible)
                at_risk[group] = at_risk.get(group, 0) + 1
                followed[group] = followed.get(group, 0) + converts(on, converted)
    overall = sum(followed.values()) / sum(at_risk.values()) if at_risk else np.nan
    qualified = converted_count = conversions = flagged = 0
    expected, leads = 0.0, []
    for name, eligible, converted in entities:
        days = [
            on
            for who, on, score in crossings
            if who == name and score >= threshold and (converted is None or on < converted)
        ]
        reached = min(days, default=None)
        is_outcome = converted is not None and outcome_first <= converted <= outcome_last
        if is_outcome and converted > eligible:
            conversions += 1
            if reached is not None and reached < converted:
                flagged += 1
                leads.append(converted - reached)
        if reached is not None and first <= reached <= last:
            qualified += 1
            converted_count += converts(reached, converted)
            group = tenure(reached - eligible)
            expected += followed[group] / at_risk[group] if group in at_risk else overall
    return {
        "qualified_count": qualified,
        "converted_count": converted_count,
        "conversions_count": conversions,
        "flagged_count": flagged,
        "base_rate": expected / qualified if qualified else np.nan,
        "median_lead_days": np.median(leads) if leads else np.nan,
    }


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(histories())
def test_the_curve_agrees_with_a_count_by_hand(history):
    entities, crossings = history
    result = curve(entities, crossings, draws=20)
    for _, found in result.iterrows():
        expected = brute_force(entities, crossings, found["threshold"], found["split"])
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, nan_ok=True), name


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(histories())
def test_figures_stay_within_their_bounds(history):
    result = curve(*history, draws=20)
    for name in ("precision", "precision_low", "precision_high", "recall"):
        values = result[name].dropna()
        assert ((values >= 0) & (values <= 1)).all(), name
    assert (result["lift"].dropna() >= 0).all()
    assert (result["converted_count"] <= result["qualified_count"]).all()
    for _, split in result.groupby("split"):
        assert split["threshold"].is_monotonic_increasing
        assert split["threshold"].is_unique
        recall = split["recall"].dropna()
        assert (recall.diff().dropna() <= 0).all()
