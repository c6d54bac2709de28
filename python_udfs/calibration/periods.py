"""Split the history by time: choose on the earlier part, report on the later one."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import Day, Frame, Integers, day_number, read_table

FIT_SHARE = 0.6
"""Share of the usable days that the choice may look at."""

MIN_PERIOD_DAYS = 28
"""A fit or hold-out period shorter than four weeks says little about the weeks to come."""

MAX_FOLDS = 4
"""Most walk-forward folds."""

IGNORED_START_SHARE = 0.01
"""Share of the panel that may lie before the start: one row dated years too early must not stretch
the fit period over years without data."""

TENURE_EDGES = np.array([1, 2, 4, 7, 11, 15, 22, 31, 46, 61, 91, 121, 181, 271, 366, 731])
"""Days since eligibility at which a new group of equal tenure begins; narrow where conversion
rates change fast."""

WEEKLY_TENURE_EDGES = np.array([7, 14, 28, 56, 91, 181, 366])
"""The same for the weekly panel, whose days cannot tell more apart."""


@dataclass(frozen=True)
class Periods:
    """Days of the split, as day numbers, all included.

    Attributes
    ----------
    history_from, fit_until : int
        First and last day on which an entity may reach a threshold to count in the fit.
    split_on : int
        ``fit_until`` + horizon: every outcome of the fit is known by then.
    holdout_until : int
        Last mature day; the hold-out begins on the day after ``split_on``.
    as_of : int
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.
    """

    history_from: int
    fit_until: int
    split_on: int
    holdout_until: int
    as_of: int
    horizon_days: int

    def crossing_days(self, split: str) -> tuple[int, int]:
        """First and last day on which reaching a threshold counts for a split."""
        if split == "fit":
            return self.history_from, self.fit_until
        return self.split_on + 1, self.holdout_until

    def outcome_days(self, split: str) -> tuple[int, int]:
        """First and last day on which a conversion counts for the recall of a split."""
        if split == "fit":
            return self.history_from, self.split_on
        return self.split_on + 1, self.as_of

    def weeks(self, split: str) -> float:
        """Length of the crossing period in weeks."""
        first, last = self.crossing_days(split)
        return (last - first + 1) / 7


def time_split(panel_days: Frame, *, as_of: Day, horizon_days: int) -> Periods | None:
    """Split the history into fit and hold-out with a gap of the horizon.

    The usable days are the mature ones (``history_from`` to ``as_of - horizon_days``) less the gap.
    The first 60 % of them are the fit period; then come ``horizon_days`` days in which the outcomes
    of the fit ripen and that belong to neither; the rest is the hold-out.

    Parameters
    ----------
    panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.

    Returns
    -------
    Periods or None
        None when either period would be shorter than ``MIN_PERIOD_DAYS``.

    Raises
    ------
    CalibrationError
        If ``panel_days`` breaks its contract or ``as_of`` is not a day.
    """
    days = read_table(panel_days, schemas.PANEL_DAYS, "panel_days")
    today = day_number(as_of)
    days = days[(days["entity_count"] > 0) & (days["panel_on"] <= today - horizon_days)]
    if days.empty:
        return None
    days = days.groupby("panel_on", as_index=False)["entity_count"].sum()
    seen = days["entity_count"].cumsum().to_numpy()
    history_from = int(days["panel_on"].iloc[np.argmax(seen > IGNORED_START_SHARE * seen[-1])])
    usable = today - 2 * horizon_days - history_from + 1
    fit_days = round(FIT_SHARE * usable)
    if min(fit_days, usable - fit_days) < MIN_PERIOD_DAYS:
        return None
    fit_until = history_from + fit_days - 1
    return Periods(
        history_from=history_from,
        fit_until=fit_until,
        split_on=fit_until + horizon_days,
        holdout_until=today - horizon_days,
        as_of=today,
        horizon_days=horizon_days,
    )


def walk_forward_periods(periods: Periods) -> list[Periods]:
    """Cut the fit period into walk-forward folds with the gap of the horizon.

    The later half of the days that are left beside one gap is judged, in blocks of equal length and
    at least ``MIN_PERIOD_DAYS``. The choice of each fold sees everything from the start of the
    history to one horizon before its block.

    Parameters
    ----------
    periods : Periods
        The split whose fit period is folded.

    Returns
    -------
    list of Periods
        At most ``MAX_FOLDS``, in order of time; ``fit_until`` ends what the choice sees, the
        hold-out is the judged block. Empty when the fit period is too short for two blocks.
    """
    usable = periods.fit_until - periods.history_from + 1 - periods.horizon_days
    judged = usable // 2
    count = min(MAX_FOLDS, judged // MIN_PERIOD_DAYS)
    if count < 2:
        return []
    starts = periods.fit_until + 1 - judged + np.arange(count + 1) * judged // count
    return [
        Periods(
            history_from=periods.history_from,
            fit_until=int(first) - 1 - periods.horizon_days,
            split_on=int(first) - 1,
            holdout_until=int(after) - 1,
            as_of=int(after) - 1 + periods.horizon_days,
            horizon_days=periods.horizon_days,
        )
        for first, after in pairwise(starts)
    ]


def tenure_groups(days_since: Integers, edges: Integers) -> Integers:
    """Group days since eligibility.

    Parameters
    ----------
    days_since : ndarray of int64, shape (n,)
        Days since eligibility; negative ones count as 0.
    edges : ndarray of int64, shape (g,)
        First day of the second, third, ... group.

    Returns
    -------
    ndarray of int64, shape (n,)
        Group from 0 to g.
    """
    return np.searchsorted(edges, days_since, side="right").astype(np.int64)


def as_timestamp(day: int) -> pd.Timestamp:
    """Turn a day number back into a date for output."""
    return pd.Timestamp(np.datetime64(day, "D"))
