"""How long it takes to convert: Kaplan-Meier curves by status, those still waiting censored."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

from python_udfs.calibration import schemas
from python_udfs.calibration.bootstrap import NORMAL_QUANTILE, wilson_interval
from python_udfs.calibration.inputs import (
    Definition,
    Flags,
    Floats,
    Frame,
    Integers,
    InvalidValueError,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)

LAST_DAY = 365
"""Curves are written for a year: what comes later is another sales cycle."""

MIN_AT_RISK = 10
"""A curve ends before fewer accounts than these are looked at: each conversion would move it by
more than a tenth, and the interval from a large-sample formula would be a fiction."""

MILESTONES = (30, 60, 90)
"""Days for which the share of converted accounts is written out."""

_HALF = 0.5
_SHARE_DECIMALS = 12

_SERIES = (
    ("since_qualified", "qualified"),
    ("since_eligible", "not_qualified"),
    ("since_eligible", "qualified"),
)

_CLOCK_KEYS = ["definition_key", "clock", "status"]


def conversion_curve(waits: Frame, definitions: Frame, settings: Frame) -> Frame:
    """Estimate the share of accounts that have converted by each day of a clock.

    Kaplan-Meier, with 95 % pointwise intervals on the log-log scale (Greenwood's variance). The two
    curves of ``since_eligible`` allow for the time that passes before an account qualifies: it is
    at risk as ``not_qualified`` until then and as ``qualified`` afterwards (delayed entry). That
    keeps the comparison free of immortal time. Both start on the first day after which
    ``min_entities`` accounts are at risk in each: a curve with delayed entry that starts on
    a handful never recovers from the first of them that converts.

    Parameters
    ----------
    waits, definitions, settings : pandas.DataFrame
        Columns of ``schemas.WAITS``, ``DEFINITIONS``, ``SETTINGS``.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.CONVERSION_CURVE``: a row for each day from the start of the curve to
        ``LAST_DAY``, or to the last day with ``MIN_AT_RISK`` accounts at risk. No rows where a
        curve never has enough at risk, and for definitions of customers.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Kaplan and Meier (1958); Kalbfleisch and Prentice (2002), The statistical analysis of failure
    time data, 1.4 (log-log intervals); Simon and Makuch (1984), A non-parametric graphical
    representation of the relationship between survival and the occurrence of an event; Pocock,
    Clayton and Altman (2002), Survival plots of time-to-event outcomes (where to end a curve).
    """
    rows: list[dict[str, object]] = []
    for definition, clock, status, _, curve in _curves(waits, definitions, settings):
        if curve is None:
            continue
        shown = curve.days <= LAST_DAY
        rows.extend(
            {
                "definition_key": definition.key,
                "clock": clock,
                "status": status,
                "day": day,
                "at_risk": at_risk,
                "conversions": conversions,
                "censored": censored,
                "converted_share": share,
                "converted_share_low": low,
                "converted_share_high": high,
            }
            for day, at_risk, conversions, censored, share, low, high in zip(
                curve.days[shown],
                curve.at_risk[shown],
                curve.conversions[shown],
                curve.censored[shown],
                curve.share[shown],
                curve.low[shown],
                curve.high[shown],
                strict=True,
            )
        )
    return seal(rows, schemas.CONVERSION_CURVE, [*_CLOCK_KEYS, "day"])


def time_to_conversion(waits: Frame, definitions: Frame, settings: Frame) -> Frame:
    """Sum up the curves: median days to the conversion and the shares after 30, 60 and 90 days.

    The median is the first day by which half of the accounts have converted; its interval is the
    days on which the pointwise interval of the curve holds a half (Brookmeyer and Crowley).
    It is null where the curve does not get that far, and the reason says how far it gets.

    Parameters
    ----------
    waits, definitions, settings : pandas.DataFrame
        Columns of ``schemas.WAITS``, ``DEFINITIONS``, ``SETTINGS``.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.TIME_TO_CONVERSION``, three rows for each definition. Below the sample
        floors (``min_entities`` accounts, ``min_conversions`` conversions) there are counts and
        a reason only.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Brookmeyer and Crowley (1982), A confidence interval for the median survival time.
    """
    rows = [
        {
            "definition_key": definition.key,
            "clock": clock,
            "status": status,
            **_summary(definition, clock, status, waiting, curve),
        }
        for definition, clock, status, waiting, curve in _curves(waits, definitions, settings)
    ]
    return seal(rows, schemas.TIME_TO_CONVERSION, _CLOCK_KEYS)


@dataclass(frozen=True)
class _Waiting:
    """The waits of one curve, one element for each distinct wait.

    Attributes
    ----------
    first, last : ndarray of int64, shape (n,)
        Looked at after the day ``first`` and up to the day ``last`` of the clock.
    is_converted : ndarray of bool, shape (n,)
        Whether the wait ended in a conversion.
    accounts : ndarray of int64, shape (n,)
        Accounts with this wait.
    already_converted : int
        Accounts whose conversion came on or before the first day of the clock.
    """

    first: Integers
    last: Integers
    is_converted: Flags
    accounts: Integers
    already_converted: int

    @property
    def entity_count(self) -> int:
        """Accounts that were looked at for a day or more."""
        return int(self.accounts.sum())

    @property
    def conversion_count(self) -> int:
        """Conversions among them."""
        return int(self.accounts[self.is_converted].sum())

    def at_risk(self) -> Integers:
        """Count the accounts looked at on each day; index 0 is day 0, on which nobody is yet."""
        length = int(self.last.max(initial=0)) + 2
        change = _totals(self.first + 1, self.accounts, length)
        change -= _totals(self.last + 1, self.accounts, length)
        return np.cumsum(change)

    def after(self, day: int) -> "_Waiting":
        """Take those who still wait at the end of a day, looked at from there on."""
        still = self.last > day
        return _Waiting(
            first=np.maximum(self.first[still], day),
            last=self.last[still],
            is_converted=self.is_converted[still],
            accounts=self.accounts[still],
            already_converted=self.already_converted,
        )


@dataclass(frozen=True)
class _Curve:
    """One Kaplan-Meier curve by day, the first element being the day on which it starts.

    Attributes
    ----------
    days : ndarray of int64, shape (d,)
        Days of the clock, without gaps.
    at_risk, conversions, censored : ndarray of int64, shape (d,)
        Accounts looked at on the day; of these, converted on it, and not looked at after it.
    share, low, high : ndarray of float64, shape (d,)
        Share converted by the end of the day since the curve starts, with interval.
    """

    days: Integers
    at_risk: Integers
    conversions: Integers
    censored: Integers
    share: Floats
    low: Floats
    high: Floats

    def median(self) -> tuple[float, float, float]:
        """Take the first day with half converted and the days between which it may lie; or NaN."""
        return tuple(  # type: ignore[return-value]
            float(self.days[np.argmax(reached)]) if reached.any() else np.nan
            for reached in (self.share >= _HALF, self.high >= _HALF, self.low >= _HALF)
        )


def _curves(
    waits: Frame, definitions: Frame, settings: Frame
) -> Iterator[tuple[Definition, str, str, _Waiting, _Curve | None]]:
    """Estimate the three curves of every definition; None where too few are at risk."""
    known = read_definitions(definitions, settings)
    by_definition = rows_by_definition(_read_waits(waits), [definition.key for definition in known])
    for definition in known:
        own = by_definition[definition.key]
        series = {
            key: _take(own[(own["clock"] == key[0]) & (own["status"] == key[1])]) for key in _SERIES
        }
        start = _common_start(
            [series[key] for key in _SERIES if key[0] == "since_eligible"],
            definition.settings.min_entities,
        )
        for (clock, status), waiting in series.items():
            if clock == "since_qualified":
                curve = _estimate(waiting, 0)
            else:
                # Without a common day the curve of those not qualified stands alone, from day 0.
                alone = 0 if status == "not_qualified" else None
                from_day = alone if start is None else start
                curve = None if from_day is None else _estimate(waiting, from_day)
            yield definition, clock, status, waiting, curve


def _read_waits(waits: Frame) -> Frame:
    """Read the waits; raises `CalibrationError` where the contract is broken."""
    rows = read_table(waits, schemas.WAITS, "waits")
    pairs = rows["clock"].astype(str) + " " + rows["status"].astype(str)
    allowed = [" ".join(key) for key in _SERIES]
    for name, is_wrong, wanted in (
        ("clock and status", ~pairs.isin(allowed), " or ".join(allowed)),
        ("from_day", rows["from_day"] < 0, "0 or more"),
        ("to_day", rows["to_day"] < rows["from_day"], "from_day or more"),
        ("account_count", rows["account_count"] < 0, "0 or more"),
    ):
        if is_wrong.any():
            found = pairs if name == "clock and status" else rows[name]
            raise InvalidValueError(
                f"waits.{name} holds '{found[is_wrong].iloc[0]}'; allowed is {wanted}"
            )
    return rows


def _take(rows: Frame) -> _Waiting:
    """Sort out the waits of one curve: those who had converted at the start wait for nothing."""
    first, last = rows["from_day"].to_numpy(), rows["to_day"].to_numpy()
    is_converted, accounts = rows["is_converted"].to_numpy(), rows["account_count"].to_numpy()
    waits = last > first
    return _Waiting(
        first=first[waits],
        last=last[waits],
        is_converted=is_converted[waits],
        accounts=accounts[waits],
        already_converted=int(accounts[~waits & is_converted].sum()),
    )


def _totals(day: Integers, accounts: Integers, length: int) -> Integers:
    """Add accounts up by day, shape (length,)."""
    return np.rint(np.bincount(day, weights=accounts, minlength=length)).astype(np.int64)


def _common_start(series: list[_Waiting], floor: int) -> int | None:
    """Find the first day after which all curves have enough at risk, or None."""
    at_risk = [waiting.at_risk() for waiting in series]
    length = min(len(counts) for counts in at_risk)
    is_enough = np.all([counts[:length] >= floor for counts in at_risk], axis=0)
    return int(np.argmax(is_enough)) - 1 if is_enough.any() else None


def _estimate(waiting: _Waiting, start: int) -> _Curve | None:
    """Estimate the curve of those who wait after a day, or None where too few do."""
    left = waiting.after(start)
    at_risk = left.at_risk()
    is_thin = at_risk[start + 1 :] < MIN_AT_RISK
    end = start + int(np.argmax(is_thin)) if is_thin.any() else len(at_risk) - 1
    if end <= start:
        return None
    days = np.arange(start, end + 1)
    conversions = _totals(left.last, left.accounts * left.is_converted, len(at_risk))
    censored = _totals(left.last, left.accounts * ~left.is_converted, len(at_risk))
    # Repeated rather than weighted: with weights statsmodels gives another variance.
    fitted = SurvfuncRight(
        np.repeat(left.last, left.accounts),
        np.repeat(left.is_converted, left.accounts).astype(np.int64),
        entry=np.repeat(left.first, left.accounts),
    )
    at = np.searchsorted(fitted.surv_times, days, side="right") - 1
    waits = np.where(at >= 0, np.append(fitted.surv_prob, 1.0)[at], 1.0)
    error = np.where(at >= 0, np.append(fitted.surv_prob_se, 0.0)[at], 0.0)
    low, high = _log_log_interval(waits, error, at_risk[np.maximum(days, start + 1)])
    return _Curve(
        days=days,
        at_risk=np.where(days > start, at_risk[days], 0),
        conversions=np.where(days > start, conversions[days], 0),
        censored=np.where(days > start, censored[days], 0),
        # Products by logarithms miss by a rounding error; a half is to be a half.
        share=np.round(1 - waits, _SHARE_DECIMALS),
        low=np.where(days > start, 1 - high, 0.0),
        high=np.where(days > start, 1 - low, 0.0),
    )


def _log_log_interval(waits: Floats, error: Floats, at_risk: Integers) -> tuple[Floats, Floats]:
    """Take the interval of the share that still waits; Wilson's where nobody or all converted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_waits = np.log(waits)
        spread = np.exp(NORMAL_QUANTILE * error / (waits * np.abs(log_waits)))
        low, high = waits**spread, waits ** (1 / spread)
    is_end = (waits <= 0) | (waits >= 1)
    lowest, highest = wilson_interval(waits * at_risk, at_risk.astype(np.float64))
    return np.where(is_end, lowest, low), np.where(is_end, highest, high)


def _summary(
    definition: Definition, clock: str, status: str, waiting: _Waiting, curve: _Curve | None
) -> dict[str, object]:
    """Write the figures of one curve, or why there are none."""
    floors = definition.settings
    row: dict[str, object] = {
        "entities": waiting.entity_count,
        "conversions": waiting.conversion_count,
        "censored": waiting.entity_count - waiting.conversion_count,
        "already_converted": waiting.already_converted,
        "verdict": "too_few",
    }
    if definition.audience == "customer":
        return row | {
            "reason": "The audience is customers, who have converted already: "
            "there is no conversion to wait for."
        }
    who = _WHO[clock, status]
    if waiting.entity_count < floors.min_entities:
        return row | {
            "reason": f"{waiting.entity_count} accounts {who}; {floors.min_entities} are needed."
        }
    if waiting.conversion_count < floors.min_conversions:
        return row | {
            "reason": f"{waiting.conversion_count} of the {waiting.entity_count} accounts that "
            f"{who} have converted; {floors.min_conversions} are needed."
        }
    if curve is None:
        needed = floors.min_entities if clock == "since_eligible" else MIN_AT_RISK
        return row | {
            "reason": f"On no day of the clock were {needed} accounts looked at at once that {who}."
        }
    median, median_low, median_high = curve.median()
    row |= {
        "verdict": "measured",
        "curve_from_day": curve.days[0],
        "curve_to_day": curve.days[-1],
        "median_days": median,
        "median_days_low": median_low,
        "median_days_high": median_high if np.isfinite(median) else np.nan,
    }
    for day in MILESTONES:
        if curve.days[0] < day <= curve.days[-1]:
            at = day - int(curve.days[0])
            row[f"converted_{day}d"] = curve.share[at]
            row[f"converted_{day}d_low"] = curve.low[at]
            row[f"converted_{day}d_high"] = curve.high[at]
    return row | {"reason": _say_median(curve, median, median_low, median_high, who)}


_WHO = {
    ("since_qualified", "qualified"): "have qualified",
    ("since_eligible", "not_qualified"): "were in the audience without having qualified",
    ("since_eligible", "qualified"): "were in the audience after having qualified",
}


def _say_median(curve: _Curve, median: float, low: float, high: float, who: str) -> str:
    """Say the median in words, or how far the curve gets without it."""
    if not np.isfinite(median):
        return (
            f"Half is not reached: of the accounts that {who}, {100 * curve.share[-1]:.1f} % had "
            f"converted by day {curve.days[-1]}, the last with at least {MIN_AT_RISK} to look at."
        )
    upper = f"{high:.0f}" if np.isfinite(high) else "beyond the end of the curve"
    return (
        f"Of the accounts that {who}, half had converted by day {median:.0f} "
        f"(interval {low:.0f} to {upper})."
    )
