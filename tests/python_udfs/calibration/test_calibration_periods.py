import numpy as np
import pandas as pd
import pytest
from calibration_cases import (
    AS_OF,
    FIT_UNTIL,
    HOLDOUT_UNTIL,
    HORIZON,
    SPLIT_ON,
    day,
    make_panel_days,
)

from python_udfs.calibration import InvalidValueError, MissingColumnError, time_split
from python_udfs.calibration.inputs import day_number


def split(panel_days, as_of=AS_OF, horizon=HORIZON):
    return time_split(panel_days, as_of=day(as_of), horizon_days=horizon)


def test_sixty_percent_of_the_usable_days_are_fit_and_a_horizon_lies_between():
    periods = split(make_panel_days())
    zero = day_number(day(0))
    assert periods.crossing_days("fit") == (zero, zero + FIT_UNTIL)
    assert periods.split_on == zero + SPLIT_ON == periods.fit_until + HORIZON
    assert periods.crossing_days("holdout") == (zero + SPLIT_ON + 1, zero + HOLDOUT_UNTIL)
    assert periods.outcome_days("holdout") == (zero + SPLIT_ON + 1, zero + AS_OF)
    assert periods.weeks("fit") == pytest.approx(108 / 7)
    assert periods.weeks("holdout") == pytest.approx(72 / 7)


def test_outcomes_of_the_fit_never_reach_into_the_holdout():
    for as_of in range(90, 400, 13):
        periods = split(make_panel_days(as_of - HORIZON), as_of)
        if periods is not None:
            assert periods.fit_until + HORIZON < periods.crossing_days("holdout")[0]
            assert periods.holdout_until + HORIZON == day_number(day(as_of))


def test_a_history_without_four_weeks_in_each_period_is_not_split():
    # 70 usable days give 42 to the fit and 28 to the hold-out; 68 leave 27 to the hold-out.
    assert split(make_panel_days(), as_of=2 * HORIZON + 69) is not None
    assert split(make_panel_days(), as_of=2 * HORIZON + 67) is None


def test_one_row_dated_years_early_does_not_stretch_the_fit():
    days = make_panel_days().assign(entity_count=1000)
    stray = pd.DataFrame({"panel_on": [pd.Timestamp("2004-01-01")], "entity_count": [1]})
    assert split(pd.concat([stray, days])) == split(days)


def test_immature_panel_days_do_not_count():
    late = make_panel_days(AS_OF + 50)
    assert split(late) == split(make_panel_days())


def test_no_panel_no_split():
    assert split(make_panel_days().iloc[:0]) is None


def test_a_missing_column_is_named():
    with pytest.raises(MissingColumnError, match="panel_days has no column 'entity_count'"):
        split(make_panel_days()[["panel_on"]])


@pytest.mark.parametrize("as_of", ["not a day", None, pd.NaT])
def test_an_as_of_that_is_no_day_is_refused(as_of):
    with pytest.raises(InvalidValueError, match="as_of"):
        time_split(make_panel_days(), as_of=as_of, horizon_days=HORIZON)


def test_days_may_be_dates_texts_or_timestamps():
    expected = day_number(np.datetime64("2024-03-01"))
    assert day_number("2024-03-01") == expected
    assert day_number(pd.Timestamp("2024-03-01 17:00")) == expected
    assert day_number(pd.Timestamp("2024-03-01").date()) == expected
