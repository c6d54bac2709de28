"""The figures of drift: the fit period against later ones, resampled by account."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from python_udfs.calibration.bands import ProbabilityMap, fit_map
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    effective_clusters,
    errors_to_bound,
    generator_for,
    percentile_interval,
    sum_matrix,
    two_sided_p_value,
)
from python_udfs.calibration.inputs import Definition, Flags, Floats, Integers
from python_udfs.calibration.panels import Measured, Panel
from python_udfs.calibration.periods import WEEKLY_TENURE_EDGES, Periods
from python_udfs.calibration.significance import LARGEST_UNSEEN_ERROR, MIN_EXPECTED_CONVERSIONS

SCORE = "*"
"""The ``signal_key`` of the row about the score."""

NOW_DAYS = 28
"""Behaviour of now: the last four weeks, so that every weekday counts alike."""

RECENT_DAYS = 56
"""Conversion of late: the last eight weeks whose outcome is known."""

LATELY_DAYS = 84
"""Conversions by signal: the last twelve weeks. They are known on their day."""

CHANCE_QUANTILE = 0.99
"""A stability index counts when chance exceeds it in less than one case of a hundred."""

MIN_TENURE_ACCOUNTS = 20
"""Least number of accounts of a group of equal tenure, in the fit period and now, to be compared:
of a handful that stands for many, resampling does not show the chance."""

MIN_COMPARABLE_SHARE = 0.5
"""Least share of today's rows that have counterparts of the same tenure in the fit period."""

_SCORE_BINS = 10
_VALUE_BINS = 5
_TENURES = len(WEEKLY_TENURE_EDGES) + 1
FIT, RECENT, LATELY, NOW = 0, 1, 2, 3
"""Positions in `windows`."""


@dataclass(frozen=True)
class Case:
    """One definition with what is known about it.

    Attributes
    ----------
    definition : Definition
        The definition.
    panel : Panel
        Its rows of the drift panel, conversions included.
    periods : Periods or None
        The split by time.
    names : list of str
        Its signals.
    is_case, is_required_met : ndarray of bool, shape (n,)
        Which rows of the panel are conversions; which meet what is required.
    """

    definition: Definition
    panel: Panel
    periods: Periods | None
    names: list[str]
    is_case: Flags
    is_required_met: Flags


@dataclass(frozen=True)
class _Item:
    """The score or a signal on the rows of one panel.

    Attributes
    ----------
    bin : ndarray of int64, shape (n,)
        Bin of the value; 0 is the lowest or "nothing measured".
    bins : int
        Number of bins.
    is_met : ndarray of bool, shape (n,)
        Condition met; of the score: at or above the enter threshold, with what is required.
    """

    bin: Integers
    bins: int
    is_met: Flags


@dataclass(frozen=True)
class Change:
    """Ratio of a figure now to the figure of the fit period, with its interval.

    Attributes
    ----------
    ratio, low, high : float
        The ratio and its interval; NaN where undefined.
    tested : float
        The ratio with half a conversion added on all sides, so that none is a number, too.
    error : float
        Standard error of its logarithm; infinite where undefined.
    accounts : float
        How many accounts of one size stand behind it, see `effective_clusters`.
    """

    ratio: float
    low: float
    high: float
    tested: float
    error: float
    accounts: float

    @property
    def p_value(self) -> float:
        """P-value of no change, on the log scale; NaN where undefined."""
        if not (self.tested > 0 and np.isfinite(self.tested) and 0 < self.error < np.inf):
            return np.nan
        return float(two_sided_p_value(abs(np.log(self.tested)) / self.error, self.accounts))

    @property
    def would_be_seen(self) -> bool:
        """Whether a halving or doubling would have been seen."""
        return 0 < self.error <= LARGEST_UNSEEN_ERROR

    def is_beyond(self, ratio: float) -> bool:
        """Whether the change is as large as a ratio, up or down."""
        return self.ratio >= ratio or self.ratio <= 1 / ratio


def windows(periods: Periods) -> list[tuple[int, int]]:
    """Find the days that are compared.

    Parameters
    ----------
    periods : Periods
        The split by time.

    Returns
    -------
    list of tuple of int
        First and last day number, both included: of the fit period, of the last days whose outcome
        is known, of the last days whose conversions are known, of now.
    """
    return [
        periods.crossing_days("fit"),
        (
            max(periods.split_on + 1, periods.holdout_until - RECENT_DAYS + 1),
            periods.holdout_until,
        ),
        (
            max(periods.split_on + 1, periods.as_of - LATELY_DAYS + 1),
            periods.as_of,
        ),
        (periods.as_of - NOW_DAYS + 1, periods.as_of),
    ]


class Comparison:
    """The sums by account of one definition, resampled once for all figures.

    Item 0 is the score, the others are the signals.

    Parameters
    ----------
    case : Case
        The definition; it has a split and no missing score.
    measured : Measured
        Values of the signals.
    draws, seed : int
        Of the bootstrap.
    """

    def __init__(self, case: Case, measured: Measured, draws: int, seed: int) -> None:
        assert case.periods is not None
        self.case = case
        panel = case.panel
        self.inside, self.cases = (
            [
                np.flatnonzero((panel.panel_on >= first) & (panel.panel_on <= last) & kind)
                for first, last in windows(case.periods)
            ]
            for kind in (~case.is_case, case.is_case)
        )
        self.map = self._fit_map()
        self.is_comparable = np.all(
            [self._accounts_by_tenure(w) >= MIN_TENURE_ACCOUNTS for w in (FIT, NOW)], axis=0
        )
        parts = [self._base()]
        self.bins = []
        everybody = np.ones(len(panel.row), dtype=bool)
        self.converting = [
            [self._accounts(rows, everybody) for _, rows in self._periods(i)] for i in (0, 1)
        ]
        self.effective = [self._effective(0, everybody)]
        self.accounts: list[list[int]] = []
        self.converted: list[list[int]] = []
        for i, item in enumerate(self._items(measured)):
            parts.append(self._item(i, item))
            self.bins.append(item.bins)
            periods = self._periods(i)
            self.accounts.append([self._accounts(rows, item.is_met) for rows, _ in periods])
            self.converted.append([self._accounts(rows, item.is_met) for _, rows in periods])
            sides = (item.is_met, ~item.is_met) if i else (item.is_met,)
            self.effective.append(min(self._effective(i, side) for side in sides))
        if self.map is not None:
            parts.append(self._bands())
        features = sparse.vstack(parts, format="csr")
        self.starts = np.cumsum([0, *(part.shape[0] for part in parts)])
        generator = generator_for(seed, case.definition.key)
        # The first row of the sums is the data as they are.
        self.sums = np.vstack(
            [np.asarray(features.sum(axis=1)).T, bootstrap_sums(features, draws, generator)]
        )

    def _fit_map(self) -> ProbabilityMap | None:
        """Fit the map on the rows that are no conversions of their own."""
        assert self.case.periods is not None
        return fit_map(
            self.case.definition, self.case.panel.only(~self.case.is_case), self.case.periods
        )

    def _accounts_by_tenure(self, window: int) -> Integers:
        """Count the accounts in a window by tenure, shape (tenures,)."""
        panel, rows = self.case.panel, self.inside[window]
        pairs = np.unique(panel.cluster[rows] * _TENURES + panel.tenure[rows])
        return np.bincount(pairs % _TENURES, minlength=_TENURES)

    def _windows(self, i: int) -> tuple[int, int]:
        """Choose the windows that are compared."""
        return (FIT, RECENT) if i == 0 else (FIT, LATELY)

    def _periods(self, i: int) -> list[tuple[Integers, Integers]]:
        """Choose the rows that are compared, and those that count as their conversions."""
        return [
            (rows, rows[self.case.panel.is_converted[rows]] if i == 0 else self.cases[window])
            for window in self._windows(i)
            for rows in [self.inside[window]]
        ]

    def _accounts(self, rows: Integers, is_met: Flags) -> int:
        """Count the accounts with a condition met among some rows."""
        return len(np.unique(self.case.panel.cluster[rows[is_met[rows]]]))

    def _effective(self, i: int, is_met: Flags) -> float:
        """Tell how many accounts of one size the smaller period is worth, of rows that are met."""
        cluster = self.case.panel.cluster
        return min(
            effective_clusters(np.bincount(cluster[rows[is_met[rows]]]))
            for rows, _ in self._periods(i)
        )

    def _items(self, measured: Measured) -> Iterator[_Item]:
        """Lay out the score, then each signal, on the rows of the panel."""
        panel, definition = self.case.panel, self.case.definition
        shares = np.linspace(0, 1, _SCORE_BINS, endpoint=False)[1:]
        in_fit = panel.score[self.inside[FIT]]
        edges = np.unique(np.quantile(in_fit, shares, method="inverted_cdf"))
        yield _Item(
            bin=np.searchsorted(edges, panel.score, side="right").astype(np.int64),
            bins=len(edges) + 1,
            is_met=(panel.score >= definition.enter_threshold) & self.case.is_required_met,
        )
        is_fit = np.zeros(measured.row_count, dtype=bool)
        is_fit[panel.row[self.inside[FIT]]] = True
        shares = np.linspace(0, 1, _VALUE_BINS, endpoint=False)[1:]
        for name in self.case.names:
            bins, is_met = (np.zeros(measured.row_count, dtype=kind) for kind in (np.int64, bool))
            edges = np.empty(0)
            if name in measured.position:
                position, value = measured.position[name], measured.value[name]
                fitted = value[is_fit[position] & ~np.isnan(value)]
                if len(fitted):
                    edges = np.unique(np.quantile(fitted, shares, method="inverted_cdf"))
                code = 1 + np.searchsorted(edges, value, side="right")
                bins[position] = np.where(np.isnan(value), len(edges) + 2, code)
                is_met[position] = measured.is_met[name]
            yield _Item(bin=bins[panel.row], bins=len(edges) + 3, is_met=is_met[panel.row])

    def _sums(self, parts: list[tuple[Integers, Integers]], size: int) -> sparse.csr_matrix:
        """Count rows by feature and account from pairs of feature and row of the panel."""
        feature = np.concatenate([part[0] for part in parts])
        rows = np.concatenate([part[1] for part in parts])
        cluster = self.case.panel.cluster[rows]
        return sum_matrix(
            feature, cluster, np.ones(len(rows)), (size, self.case.panel.cluster_count)
        )

    def _base(self) -> sparse.csr_matrix:
        """Count rows by window and tenure; conversions of the score, then of the signals."""
        panel = self.case.panel
        parts = [
            (window * _TENURES + panel.tenure[rows], rows)
            for window, rows in enumerate(self.inside)
        ]
        for i in (0, 1):
            for side, (_, converted) in enumerate(self._periods(i)):
                key = (4 + 2 * i + side) * _TENURES + panel.tenure[converted]
                parts.append((key, converted))
        return self._sums(parts, 8 * _TENURES)

    def _everybody(self, i: int) -> Floats:
        """Take rows and conversions of all, shape (1 + draws, periods, 2, tenures)."""
        base = self._part(0).reshape(-1, 8, _TENURES)
        rows = base[:, list(self._windows(i))]
        start = 4 + 2 * min(i, 1)
        return np.stack([rows, base[:, start : start + 2]], axis=2)

    def _item(self, i: int, item: _Item) -> sparse.csr_matrix:
        """Count rows by bin (fit, now), and rows and conversions with it (fit, of late)."""
        panel, above = self.case.panel, item.bins - 1
        parts = []
        for side, window in enumerate((FIT, NOW)):
            rows = self.inside[window]
            rows = rows[item.bin[rows] > 0]
            key = (side * _TENURES + panel.tenure[rows]) * above + item.bin[rows] - 1
            parts.append((key, rows))
        start = 2 * _TENURES * above
        for side, period in enumerate(self._periods(i)):
            for kind, rows in enumerate(period):
                with_it = rows[item.is_met[rows]]
                key = start + (2 * side + kind) * _TENURES + panel.tenure[with_it]
                parts.append((key, with_it))
        # Whether the condition holds now, for the share that is shown.
        rows = self.inside[NOW]
        rows = rows[item.is_met[rows]]
        parts.append((start + 4 * _TENURES + panel.tenure[rows], rows))
        return self._sums(parts, start + 5 * _TENURES)

    def _bands(self) -> sparse.csr_matrix:
        """Count rows and conversions by band of the map of the fit period (fit, of late)."""
        assert self.map is not None
        panel, bands = self.case.panel, len(self.map.edges) + 1
        parts = []
        for side, window in enumerate((FIT, RECENT)):
            rows = self.inside[window]
            band = np.searchsorted(self.map.edges, panel.score[rows], side="right")
            key = (side * 2) * bands + band
            converted = panel.is_converted[rows]
            parts += [(key, rows), (key[converted] + bands, rows[converted])]
        return self._sums(parts, 4 * bands)

    def _part(self, number: int) -> Floats:
        """Take the sums of one part, shape (1 + draws, features)."""
        return self.sums[:, self.starts[number] : self.starts[number + 1]]

    def row(self, i: int) -> dict[str, object]:
        """Write the figures of the score (0) or of a signal."""
        base = self._part(0).reshape(-1, 8, _TENURES)[:, [FIT, NOW]]
        part, above = self._part(i + 1), self.bins[i] - 1
        bins = part[:, : 2 * _TENURES * above].reshape(-1, 2, _TENURES, above)
        met = self._met(i)[0]
        met_now = part[0, -_TENURES:]
        row: dict[str, object] = {
            "signal_key": (SCORE, *self.case.names)[i],
            **_stability(bins, base, self.is_comparable),
            **_shares(met[0, 0], met_now, base[:1], self.is_comparable),
        }
        for side, period in enumerate(("fit", "recent")):
            rows, conversions = met[side].sum(axis=1)
            row |= {
                f"accounts_{period}": self.accounts[i][side],
                f"converted_accounts_{period}": self.converted[i][side],
                f"conversion_rate_{period}": conversions / rows if rows else np.nan,
                f"lift_{period}": self._lift(i, side, half=0.0)[0],
            }
        row |= _interval("conversion_ratio", self._rate_change(i))
        row |= _interval("lift_ratio", self._lift_change(i))
        if i == 0 and self.map is not None:
            observed, predicted = self._predicted()
            row |= {"observed_rate": observed[0], "predicted_rate": predicted[0]}
            row |= _interval("calibration_ratio", self.calibration())
        return row

    def change(self, i: int) -> Change:
        """Take the change of conversion that is judged: rate of the score, lift of a signal."""
        return self._rate_change(i) if i == 0 else self._lift_change(i)

    def is_enough(self, i: int) -> bool:
        """Tell whether both periods have enough conversions, and enough with the condition met.

        Expected rather than seen ones of late: that they do not come may be what is looked for.
        """
        if min(self.converting[min(i, 1)]) < self.case.definition.settings.min_conversions:
            return False
        met = self._met(i)[0]
        rows, conversions = met[0].sum(axis=1)
        # In accounts: over a long horizon the weeks of an account count one conversion repeatedly.
        per_conversion = conversions / max(self.converted[i][0], 1)
        expected = conversions / rows * met[1, 0].sum() / per_conversion if conversions else 0.0
        return min(expected, self.converted[i][0]) >= MIN_EXPECTED_CONVERSIONS

    def calibration(self) -> Change:
        """Take observed against predicted conversions."""
        if self.map is None:
            return _change(np.full(len(self.sums), np.nan), self.effective[0])
        return _change(_ratio(*self._predicted()), self.effective[0])

    def _met(self, i: int) -> Floats:
        """Take rows and conversions with it met, shape (1 + draws, periods, 2, tenures)."""
        start = 2 * _TENURES * (self.bins[i] - 1)
        return self._part(i + 1)[:, start : start + 4 * _TENURES].reshape(-1, 2, 2, _TENURES)

    def _least_error(self, i: int) -> float:
        """Take the error of the log ratio if each account counted once (Poisson), the least it is.

        The bootstrap cannot vary conversions that are not there.
        """
        with_it = np.array(self.converted[i])
        without_it = np.maximum(np.array(self.converting[min(i, 1)]) - with_it, 0)
        error = 1 / (with_it + 0.5)
        return float(np.sqrt((error + 1 / (without_it + 0.5) if i else error).sum()))

    def _rate_change(self, i: int) -> Change:
        """Compare the rate with the condition met, of late against the fit period."""
        met = self._met(i)
        smoothed, plain = (_mantel_haenszel(met[:, 1], met[:, 0], half) for half in (0.5, 0.0))
        return _change(smoothed, self.effective[i + 1], plain[0], self._least_error(i))

    def _lift(self, i: int, side: int, half: float) -> Floats:
        """Compare with and without, shape (1 + draws,)."""
        met = self._met(i)[:, side]
        return _mantel_haenszel(met, self._everybody(i)[:, side] - met, half)

    def _lift_change(self, i: int) -> Change:
        """Compare the lift of late with that of the fit period."""
        smoothed, plain = (
            _ratio(self._lift(i, 1, half), self._lift(i, 0, half)) for half in (0.5, 0.0)
        )
        return _change(smoothed, self.effective[i + 1], plain[0], self._least_error(i))

    def _predicted(self) -> tuple[Floats, Floats]:
        """Observed and predicted rate of late, shape (1 + draws,)."""
        assert self.map is not None
        sums = self._part(len(self.bins) + 1).reshape(len(self.sums), 2, 2, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = sums[:, 0, 1] / sums[:, 0, 0]
            rows = sums[:, 1, 0].sum(axis=1)
            predicted = np.where(sums[:, 1, 0] > 0, sums[:, 1, 0] * rate, 0.0).sum(axis=1)
            return sums[:, 1, 1].sum(axis=1) / rows, predicted / rows


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide; NaN or infinite where undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return above / below


def _mantel_haenszel(one: Floats, other: Floats, half: float) -> Floats:
    """Take the ratio of two rates over strata.

    Parameters
    ----------
    one, other : ndarray of float64, shape (n, 2, strata)
        Rows and conversions of the two groups.
    half : float
        Conversions of average weight that are added to both groups.

    Returns
    -------
    ndarray of float64, shape (n,)
        Mantel-Haenszel rate ratio; strata with only one of the groups say nothing.
    """
    rows = one[:, 0] + other[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share_one, share_other = (
            np.where(rows > 0, group[:, 0] / rows, 0.0) for group in (one, other)
        )
        shared = (one[:, 0] * share_other).sum(axis=1)
        above = (one[:, 1] * share_other).sum(axis=1) + half * shared / one[:, 0].sum(axis=1)
        below = (other[:, 1] * share_one).sum(axis=1) + half * shared / other[:, 0].sum(axis=1)
        return above / below


def _change(
    ratios: Floats, accounts: float, plain: float | None = None, least_error: float = 0.0
) -> Change:
    """Take a ratio (first) and its draws as a change with interval.

    Parameters
    ----------
    ratios : ndarray of float64, shape (1 + draws,)
        The ratio that is tested, of the data and of each draw.
    accounts : float
        How many accounts of one size stand behind it, see `effective_clusters`.
    plain : float, optional
        The ratio that is shown, where it is another.
    least_error : float
        Least standard error of the logarithm.

    Returns
    -------
    Change
        Undefined where more than a tenth of the draws is.
    """
    shown = float(ratios[0] if plain is None else plain)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(ratios)
    drawn = logs[1:][np.isfinite(logs[1:])]
    if not np.isfinite(logs[0]) or len(drawn) < 0.9 * (len(logs) - 1):
        undefined = shown if np.isfinite(shown) else np.nan
        return Change(undefined, np.nan, np.nan, np.nan, np.inf, accounts)
    error = float(drawn.std(ddof=1))
    low, high = (float(bound) for bound in percentile_interval(ratios[1:], accounts))
    if error < least_error:
        half = errors_to_bound(accounts) * least_error
        # Of one or two accounts the bounds are further away than a number reaches.
        with np.errstate(over="ignore"):
            low, high = (float(np.exp(logs[0] + sign * half)) for sign in (-1, 1))
    return Change(shown, low, high, float(ratios[0]), max(error, least_error), accounts)


def _interval(name: str, change: Change) -> dict[str, object]:
    """Write a change as columns."""
    return {name: change.ratio, f"{name}_low": change.low, f"{name}_high": change.high}


def _mixes(rows: Floats, is_comparable: Flags) -> tuple[Floats, Floats]:
    """Weights that give the fit period the tenures of now, and now those that can be compared.

    Parameters
    ----------
    rows : ndarray of float64, shape (n, 2, tenures)
        Rows of the fit period and of now.
    is_comparable : ndarray of bool, shape (tenures,)
        Which groups have enough accounts.

    Returns
    -------
    per_row_fit, per_row_now : ndarray of float64, shape (n, tenures)
        What one row counts; NaN where nothing can be compared.
    """
    now = np.where(is_comparable & (rows[:, 0] > 0), rows[:, 1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = now.sum(axis=1, keepdims=True)
        per_row_fit = np.where(rows[:, 0] > 0, now / rows[:, 0], 0.0) / total
        return per_row_fit, np.where(now > 0, 1.0, 0.0) / total


def _stability(bins: Floats, rows: Floats, is_comparable: Flags) -> dict[str, object]:
    """Take the stability index at equal tenure, and what chance makes of it.

    Parameters
    ----------
    bins : ndarray of float64, shape (1 + draws, 2, tenures, bins - 1)
        Rows of the fit period and of now in all bins but the first.
    rows : ndarray of float64, shape (1 + draws, 2, tenures)
        Rows in all.
    is_comparable : ndarray of bool, shape (tenures,)
        Which groups have enough accounts.

    Returns
    -------
    dict
        ``psi``, ``psi_chance`` and ``comparable_share``; NaN where undefined.
    """
    comparable = rows[0, 1, is_comparable].sum() / max(rows[0, 1].sum(), 1)
    if comparable < MIN_COMPARABLE_SHARE:
        return {"psi": np.nan, "psi_chance": np.nan, "comparable_share": comparable}
    shares = [
        np.einsum("dt,dtk->dk", mix, bins[:, side])
        for side, mix in enumerate(_mixes(rows, is_comparable))
    ]
    fit, now = (
        np.hstack([1 - above.sum(axis=1, keepdims=True), above]).clip(0) for above in shares
    )
    # A bin that one side lacks counts as if half a row of it had been seen there.
    least = 0.5 / rows[0].sum(axis=1)
    psi = float(
        (
            (now[0] - fit[0]) * np.log(np.maximum(now[0], least[1]) / np.maximum(fit[0], least[0]))
        ).sum()
    )
    # Differences of the draws about that of the data: what the index, a chi-square distance to
    # first order, would be had nothing changed.
    difference = (now[1:] - fit[1:]) - (now[0] - fit[0])
    mean = (now[0] + fit[0]) / 2
    chance = np.divide(difference**2, mean, out=np.zeros_like(difference), where=mean > 0)
    chance = chance.sum(axis=1)
    chance = chance[np.isfinite(chance)]
    limit = float(np.quantile(chance, CHANCE_QUANTILE)) if len(chance) else np.nan
    return {"psi": max(psi, 0.0), "psi_chance": limit, "comparable_share": comparable}


def _shares(
    met_fit: Floats, met_now: Floats, rows: Floats, is_comparable: Flags
) -> dict[str, object]:
    """Take the share with the condition met, in the fit period at the tenures of now, and now."""
    per_row_fit, per_row_now = (mix[0] for mix in _mixes(rows, is_comparable))
    return {
        "share_fit": (per_row_fit * met_fit).sum(),
        "share_now": (per_row_now * met_now).sum(),
    }
