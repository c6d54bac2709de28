import numpy as np
import pandas as pd
import pytest
from calibration_cases import make_definitions, make_settings

from python_udfs.calibration import (
    CalibrationError,
    conversion_curve,
    schemas,
    time_to_conversion,
)

QUALIFIED = ("since_qualified", "qualified")
WAITING = ("since_eligible", "not_qualified")
AFTERWARDS = ("since_eligible", "qualified")


def make_waits(*rows, definition_key="d"):
    """Waits from (clock and status, from_day, to_day, is_converted, account_count)."""
    return pd.DataFrame(
        {
            "definition_key": pd.Series([definition_key] * len(rows), dtype="str"),
            "clock": pd.Series([row[0][0] for row in rows], dtype="str"),
            "status": pd.Series([row[0][1] for row in rows], dtype="str"),
            "from_day": pd.Series([row[1] for row in rows], dtype="int64"),
            "to_day": pd.Series([row[2] for row in rows], dtype="int64"),
            "is_converted": pd.Series([row[3] for row in rows], dtype="bool"),
            "account_count": pd.Series([row[4] for row in rows], dtype="int64"),
        }
    )


def curve_of(waits, key=QUALIFIED, **settings):
    result = conversion_curve(waits, make_definitions(), make_settings(**settings))
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.CONVERSION_CURVE.items()
    }
    own = result[(result["clock"] == key[0]) & (result["status"] == key[1])]
    return own.set_index("day")


def summary_of(waits, key=QUALIFIED, **settings):
    definitions = settings.pop("definitions", make_definitions())
    result = time_to_conversion(waits, definitions, make_settings(**settings))
    assert result.dtypes.astype(str).to_dict() == {
        name: column.dtype for name, column in schemas.TIME_TO_CONVERSION.items()
    }
    return result.set_index(["clock", "status"]).loc[key]


# 100 accounts: 20 convert on day 2; 30 are not seen after day 3; 25 of 50 left convert on day 5.
BY_HAND = make_waits(
    (QUALIFIED, 0, 2, True, 20),
    (QUALIFIED, 0, 3, False, 30),
    (QUALIFIED, 0, 5, True, 25),
    (QUALIFIED, 0, 9, False, 25),
)


def test_the_curve_by_hand():
    curve = curve_of(BY_HAND)
    assert list(curve.index) == list(range(10))
    assert list(curve["at_risk"]) == [0, 100, 100, 80, 50, 50, 25, 25, 25, 25]
    assert list(curve["conversions"]) == [0, 0, 20, 0, 0, 25, 0, 0, 0, 0]
    assert list(curve["censored"]) == [0, 0, 0, 30, 0, 0, 0, 0, 0, 25]
    # 80 of 100 wait on, then 25 of 50.
    assert list(curve["converted_share"]) == pytest.approx([0, 0, *[0.2] * 3, *[0.6] * 5])
    # Greenwood by hand: var(log S) = 20 / (100 * 80) + 25 / (50 * 25).
    spread = np.exp(1.96 * np.sqrt(20 / 8000 + 25 / 1250) / abs(np.log(0.4)))
    assert curve.loc[5, "converted_share_low"] == pytest.approx(1 - 0.4 ** (1 / spread), abs=1e-4)
    assert curve.loc[5, "converted_share_high"] == pytest.approx(1 - 0.4**spread, abs=1e-4)


def test_the_median_is_the_first_day_with_half_converted():
    summary = summary_of(BY_HAND)
    assert summary["verdict"] == "measured"
    assert (summary["entities"], summary["conversions"], summary["censored"]) == (100, 45, 55)
    assert (summary["median_days"], summary["median_days_low"]) == (5, 5)
    assert "half had converted by day 5" in summary["reason"]


@pytest.mark.parametrize("accounts", range(20, 60, 2))
def test_exactly_half_is_half(accounts):
    """One account converts each day; half of them have at the end of day `accounts / 2`."""
    waits = make_waits(*((QUALIFIED, 0, on, True, 1) for on in range(1, accounts + 1)))
    assert summary_of(waits)["median_days"] == accounts / 2


def test_a_median_that_is_not_reached_is_null_and_says_how_far_the_curve_gets():
    summary = summary_of(make_waits((QUALIFIED, 0, 2, True, 20), (QUALIFIED, 0, 40, False, 80)))
    assert np.isnan(summary["median_days"])
    assert np.isnan(summary["median_days_high"])
    assert summary["converted_30d"] == pytest.approx(0.2)
    assert np.isnan(summary["converted_60d"])
    assert "Half is not reached" in summary["reason"]
    assert "20.0 % had converted by day 40" in summary["reason"]


def test_the_curve_ends_where_fewer_than_ten_are_left():
    curve = curve_of(make_waits((QUALIFIED, 0, 3, False, 91), (QUALIFIED, 0, 9, True, 9)))
    assert curve.index[-1] == 3


def test_the_curve_ends_after_a_year():
    assert curve_of(make_waits((QUALIFIED, 0, 500, False, 91))).index[-1] == 365


def test_an_account_is_at_risk_as_qualified_only_after_it_qualified():
    # All 40 that qualify do so on day 10, and convert on day 20; counted from day 0 on they
    # would have ten days as qualified in which they could not convert.
    curve = curve_of(
        make_waits(
            (WAITING, 0, 10, False, 40),
            (WAITING, 0, 15, True, 30),
            (WAITING, 0, 30, False, 30),
            (AFTERWARDS, 10, 20, True, 20),
            (AFTERWARDS, 10, 30, False, 20),
        ),
        AFTERWARDS,
        min_entities=20,
    )
    assert curve.index[0] == 10
    assert list(curve.loc[[11, 20, 21], "at_risk"]) == [40, 40, 20]
    assert curve.loc[30, "converted_share"] == pytest.approx(0.5)


def test_both_curves_start_when_both_have_enough_at_risk():
    waits = make_waits(
        (WAITING, 0, 3, True, 10),
        (WAITING, 0, 50, False, 90),
        (AFTERWARDS, 1, 2, True, 19),
        (AFTERWARDS, 5, 7, True, 10),
        (AFTERWARDS, 5, 50, False, 30),
    )
    waiting, afterwards = (curve_of(waits, key, min_entities=20) for key in (WAITING, AFTERWARDS))
    assert waiting.index[0] == afterwards.index[0] == 5
    # Those that converted before that day are in neither curve.
    assert waiting.loc[50, "converted_share"] == 0
    assert afterwards.loc[50, "converted_share"] == pytest.approx(10 / 40)


def test_what_had_converted_when_the_clock_started_is_counted_and_left_out():
    waits = make_waits(
        (QUALIFIED, 0, 0, True, 7), (QUALIFIED, 0, 0, False, 3), (QUALIFIED, 0, 5, False, 50)
    )
    summary = summary_of(waits)
    assert (summary["entities"], summary["already_converted"]) == (50, 7)
    assert curve_of(waits).loc[1, "at_risk"] == 50


def test_without_a_conversion_the_interval_is_that_of_a_share_of_none():
    curve = curve_of(make_waits((QUALIFIED, 0, 30, False, 100)))
    assert curve.loc[30, "converted_share_low"] == 0
    # Wilson: z^2 / (n + z^2).
    assert curve.loc[30, "converted_share_high"] == pytest.approx(3.8415 / 103.8415, abs=1e-4)


def test_when_all_have_converted_the_interval_is_that_of_a_share_of_all():
    curve = curve_of(make_waits((QUALIFIED, 0, 4, True, 100)))
    assert curve.loc[4, "converted_share"] == 1
    assert curve.loc[4, "converted_share_low"] == pytest.approx(1 - 3.8415 / 103.8415, abs=1e-4)
    assert curve.loc[4, "converted_share_high"] == 1


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        (make_waits(), "0 accounts have qualified; 50 are needed"),
        (make_waits((QUALIFIED, 0, 9, True, 49)), "49 accounts have qualified; 50 are needed"),
        (
            make_waits((QUALIFIED, 0, 9, True, 29), (QUALIFIED, 0, 9, False, 50)),
            "29 of the 79 accounts that have qualified have converted; 30 are needed",
        ),
    ],
)
def test_below_the_floors_there_are_counts_and_a_reason(waits, expected):
    summary = summary_of(waits, min_entities=50, min_conversions=30)
    assert summary["verdict"] == "too_few"
    assert expected in summary["reason"]
    assert np.isnan(summary["median_days"])
    assert np.isnan(summary["converted_30d"])


def test_delayed_entries_that_never_overlap_enough_are_too_few():
    rows = [(AFTERWARDS, day, day + 1, True, 5) for day in range(1, 20)]
    summary = summary_of(make_waits(*rows, (WAITING, 0, 30, False, 90)), AFTERWARDS, min_entities=9)
    assert summary["verdict"] == "too_few"
    assert "On no day of the clock were 9 accounts looked at at once" in summary["reason"]


def test_customers_have_nothing_to_wait_for():
    summary = summary_of(make_waits(), definitions=make_definitions(audience="customer"))
    assert "The audience is customers" in summary["reason"]


def test_without_definitions_there_are_no_rows():
    none = make_definitions().head(0)
    for function in (conversion_curve, time_to_conversion):
        assert function(make_waits(), none, make_settings()).empty


def test_row_order_does_not_matter():
    shuffled = BY_HAND.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(curve_of(BY_HAND), curve_of(shuffled))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": "not_qualified"}, "holds 'since_qualified not_qualified'"),
        ({"from_day": -1}, "waits.from_day holds '-1'"),
        ({"to_day": -1}, "waits.to_day holds '-1'"),
    ],
)
def test_waits_that_break_the_contract_are_refused(changes, message):
    with pytest.raises(CalibrationError, match=message):
        curve_of(BY_HAND.assign(**changes))


def test_a_missing_column_is_named():
    with pytest.raises(CalibrationError, match="waits has no column 'clock'"):
        curve_of(BY_HAND.drop(columns="clock"))


def test_the_curve_finds_the_hazard_that_made_the_data_despite_immortal_time():
    """Qualifying does nothing here: both curves must be those of the one hazard of 1 % a day."""
    rng = np.random.default_rng(3)
    accounts = 40_000
    converted, qualified = rng.geometric(0.01, accounts), rng.geometric(0.02, accounts)
    until = np.minimum(converted, 200)
    is_converted = converted <= 200
    waits_as_qualified = qualified < until
    data = pd.concat(
        [
            pd.DataFrame(
                {
                    "status": "not_qualified",
                    "from_day": 0,
                    "to_day": np.where(waits_as_qualified, qualified, until),
                    "is_converted": is_converted & ~waits_as_qualified,
                }
            ),
            pd.DataFrame(
                {
                    "status": "qualified",
                    "from_day": qualified,
                    "to_day": until,
                    "is_converted": is_converted,
                }
            )[waits_as_qualified],
        ]
    ).assign(definition_key="d", clock="since_eligible", account_count=1)
    for key in (WAITING, AFTERWARDS):
        curve = curve_of(data, key, min_entities=300)
        days = curve.index.to_numpy() - curve.index[0]
        assert np.abs(curve["converted_share"] - (1 - 0.99**days)).max() < 0.03
