"""The value of each counting signal at which conversion rises, beside the threshold of the seed."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from optbinning import OptimalBinning
from sklearn.metrics import roc_auc_score

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    generator_for,
    percentile_interval,
    sum_matrix,
)
from python_udfs.calibration.inputs import (
    SCORE_DECIMALS,
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    check_arguments,
    day_number,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)
from python_udfs.calibration.panels import Measured, Panel, read_measured, read_panels
from python_udfs.calibration.periods import Periods, time_split
from python_udfs.calibration.ranking import ranking_areas

COUNTING_MEASURES = ("events", "active_days", "active_users", "distinct_objects", "sum")
"""Measures whose value is 0 before anything happens and grows with use."""

MAX_BINS = 4
"""More bins than that are noise to a reader and mostly to the data."""

MIN_BIN_SHARE = 0.005
"""Least share of the rows of the fit period in a bin."""

_TIE = 1e-9
"""Difference of areas below which two thresholds are a tie: the one in force stays."""

_TREND = {1: "ascending", -1: "descending"}


def signal_thresholds(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Bin the values of each counting signal by conversion and propose a threshold.

    On the fit period the values are cut into at most ``MAX_BINS`` bins of the largest information
    value among those whose conversion rate rises with the value (falls, for signals with negative
    points): monotone optimal binning. The edges of the bins are the candidates. What counts is not
    how well a signal separates alone (there, any sign of life does best) but what it adds to the
    others: proposed is the candidate with which the score of the definition ranks converters best
    in the fit period, everything else as it is. It is compared once, in the hold-out, with the
    threshold of the seed.

    * ``propose``: with it the score ranks better in the hold-out (area under the ROC curve), beyond
      the 95 % interval of the difference (bootstrap over accounts).
    * ``keep``: the threshold of the seed is the best, or the proposal was not better beyond chance.
    * ``abstain``: too few conversions or values, or conversion does not go with the value.

    Parameters
    ----------
    panel, signal_panel, signals, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL``, ``MEASURED_SIGNALS``, ``SIGNALS``, ``DEFINITIONS``,
        ``SETTINGS``, ``PANEL_DAYS``. A row of the panel without a row in ``signal_panel`` has the
        value 0.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.
    seed : int
        Seed of the bootstrap.
    draws : int
        Draws of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.SIGNAL_THRESHOLDS``, one row for each counting signal of each
        definition.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Navas-Palencia (2020), Optimal binning: mathematical programming formulation (optbinning).
    """
    check_arguments(horizon_days, seed, draws)
    rows = []
    for case in _binned(
        panel,
        signal_panel,
        signals,
        definitions,
        settings,
        panel_days,
        as_of=as_of,
        horizon_days=horizon_days,
    ):
        for result in case.results:
            if case.periods is not None and len(result.edges):
                _propose(case, case.periods, result)
                _compare(case, case.periods, result, draws, seed)
            rows.append(result.row)
    return seal(rows, schemas.SIGNAL_THRESHOLDS, ["definition_key", "signal_key"])


def signal_bins(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Show the bins that the proposals of `signal_thresholds` are taken from.

    Parameters
    ----------
    panel, signal_panel, signals, definitions, settings, panel_days : pandas.DataFrame
        As for `signal_thresholds`.
    as_of, horizon_days, seed, draws
        As for `signal_thresholds`.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.SIGNAL_BINS``, conversion by bin in the fit period; no rows for a
        signal without edges.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days, seed, draws)
    rows: list[dict[str, object]] = []
    for case in _binned(
        panel,
        signal_panel,
        signals,
        definitions,
        settings,
        panel_days,
        as_of=as_of,
        horizon_days=horizon_days,
    ):
        if case.periods is not None:
            rows.extend(_bin_rows(case, case.periods, draws, seed))
    return seal(rows, schemas.SIGNAL_BINS, ["definition_key", "signal_key", "bin"])


def _binned(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> "Iterator[_Case]":
    """Bin the counting signals of each definition; arguments and errors as `signal_thresholds`."""
    known = read_definitions(definitions, settings)
    if not known:
        return
    keys = [one.key for one in known]
    signal_rows = rows_by_definition(read_table(signals, schemas.SIGNALS, "signals"), keys)
    measured = read_measured(signal_panel, panel)
    panels = read_panels(panel, keys, day_number(as_of) - horizon_days)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    for definition in known:
        own = panels[definition.key]
        results = [
            _bin(definition, own, periods, signal, measured)
            for signal in _counting(signal_rows[definition.key]).to_dict("records")
        ]
        yield _Case(definition, own, periods, results)


def _counting(signals: Frame) -> Frame:
    """Take the signals whose threshold is a number that a count has to reach."""
    is_counting = signals["measure"].isin(COUNTING_MEASURES) & (signals["operator"] == ">=")
    is_known = signals["threshold"].notna() & (
        signals["points_per_unit"].fillna(signals["points"]).fillna(0) != 0
    )
    return signals[is_counting & is_known].sort_values("signal_key")


@dataclass(frozen=True)
class _Weight:
    """What a signal earns; numbers as in ``schemas.SIGNALS``, NaN where not given."""

    threshold: float
    points: float
    points_per_unit: float
    max_points: float

    @property
    def direction(self) -> int:
        """1: conversion should rise with the value; -1: fall."""
        per_unit = self.points_per_unit
        return int(np.sign(self.points if np.isnan(per_unit) else per_unit))

    def change(self, value: Floats, threshold: float) -> Floats:
        """Take what each row would earn with another threshold, beyond what it earns now."""
        earned = np.full(len(value), self.points)
        if not np.isnan(self.points_per_unit):
            limit = np.inf if np.isnan(self.max_points) else abs(self.max_points)
            earned = np.clip(self.points_per_unit * value, -limit, limit)
        gained = (value >= threshold).astype(np.float64) - (value >= self.threshold)
        return np.round(earned * gained, SCORE_DECIMALS)


@dataclass
class _Result:
    """What was found for one signal.

    Attributes
    ----------
    row : dict
        Columns of ``schemas.SIGNAL_THRESHOLDS``.
    edges : ndarray of float64
        Lowest value of the second, third, ... bin.
    value : ndarray of float64, shape (n,)
        Value on each row of the definition's panel.
    weight : _Weight
        What the signal earns.
    proposed : float
        Best threshold of the fit period; NaN: none.
    """

    row: dict[str, object]
    edges: Floats
    value: Floats
    weight: _Weight
    proposed: float


@dataclass(frozen=True)
class _Case:
    """One definition with its counting signals."""

    definition: Definition
    panel: Panel
    periods: Periods | None
    results: list[_Result]


def _bin(
    definition: Definition,
    panel: Panel,
    periods: Periods | None,
    signal: dict[Hashable, Any],
    measured: Measured,
) -> _Result:
    """Bin one signal on the fit period."""
    result = _Result(
        row={
            "definition_key": definition.key,
            "signal_key": str(signal["signal_key"]),
            "measure": signal["measure"],
            "current_threshold": float(signal["threshold"]),
            "verdict": "abstain",
        },
        edges=np.empty(0),
        value=measured.values(str(signal["signal_key"]))[panel.row],
        weight=_Weight(
            threshold=float(signal["threshold"]),
            points=float(np.nan_to_num(signal["points"])),
            points_per_unit=float(signal["points_per_unit"]),
            max_points=float(signal["max_points"]),
        ),
        proposed=np.nan,
    )
    result.row["reason"] = _too_little(definition, panel, periods)
    if periods is None or result.row["reason"] is not None:
        return result
    rows = panel.in_split(periods, "fit")
    value, label = result.value[rows], panel.is_converted[rows]
    result.edges = _edges(value, label, result.weight.direction)
    if len(result.edges) == 0:
        way = "rises" if result.weight.direction > 0 else "falls"
        result.row["reason"] = (
            f"There is no value from which on conversion {way} in the fit period."
        )
        return result
    return result


def _propose(case: _Case, periods: Periods, result: _Result) -> None:
    """Take the edge, or the threshold in force, with which the score ranks the fit period best."""
    rows = case.panel.in_split(periods, "fit")
    value, label, score = result.value[rows], case.panel.is_converted[rows], case.panel.score[rows]
    weight = result.weight
    best = roc_auc_score(label, score)
    result.proposed = weight.threshold
    for candidate in result.edges:
        area = roc_auc_score(label, score + weight.change(value, float(candidate)))
        if area > best + _TIE:
            best, result.proposed = area, float(candidate)
    result.row["proposed_threshold"] = result.proposed


def _too_little(definition: Definition, panel: Panel, periods: Periods | None) -> str | None:
    """Say why the fit period cannot be binned, or None."""
    if definition.audience == "customer":
        return "The audience is customers, who have converted already."
    if periods is None:
        return "The history is too short to choose on one part and to check on another."
    rows = panel.in_split(periods, "fit")
    converting = panel.converting_clusters(rows)
    floor = definition.settings.min_conversions
    if converting < floor:
        return (
            f"{converting} accounts converted within the horizon of a week of the fit period; "
            f"{floor} are needed."
        )
    if np.isnan(panel.score).any():
        return "Scores are missing: the history cannot be trusted until they are computed."
    if panel.is_converted[rows].all():
        return "Everybody in the fit period converted: there is nothing to compare with."
    return None


def _edges(value: Floats, label: Flags, direction: int) -> Floats:
    """Cut values by monotone optimal binning; the lowest values of the second, third, ... bin."""
    distinct, code = np.unique(value, return_inverse=True)
    if len(distinct) < 2:
        return np.empty(0)
    # One weighted row for each value and outcome: the panel has millions of rows, few are distinct.
    counts = np.bincount(2 * code + label, minlength=2 * len(distinct)).astype(np.float64)
    some = np.flatnonzero(counts)
    binning = OptimalBinning(
        dtype="numerical",
        # Branch and bound gives the same bins on every machine; the constraint solver searches in
        # parallel.
        solver="mip",
        monotonic_trend=_TREND[direction],
        max_n_bins=MAX_BINS,
        min_bin_size=MIN_BIN_SHARE,
        min_prebin_size=MIN_BIN_SHARE,
    )
    binning.fit(distinct[some // 2], some % 2, sample_weight=counts[some])
    # The solver cuts halfway between two values; a threshold is a value that somebody has.
    above = np.searchsorted(distinct, np.asarray(binning.splits, dtype=np.float64))
    return np.unique(distinct[above[above > 0]])


def _bin_rows(case: _Case, periods: Periods, draws: int, seed: int) -> list[dict[str, object]]:
    """Write the bins of the fit period with intervals, one bootstrap for all signals."""
    binned = [result for result in case.results if len(result.edges)]
    if not binned:
        return []
    fit = case.panel.in_split(periods, "fit")
    label = case.panel.is_converted[fit].astype(np.int64)
    codes = [np.searchsorted(result.edges, result.value[fit], side="right") for result in binned]
    # Negatives and positives by bin, in turns, signal after signal.
    offsets = np.cumsum([0] + [2 * (len(result.edges) + 1) for result in binned])
    sums = sum_matrix(
        np.concatenate(
            [offset + 2 * code + label for offset, code in zip(offsets[:-1], codes, strict=True)]
        ),
        np.tile(case.panel.cluster[fit], len(binned)),
        np.ones(len(label) * len(binned)),
        (int(offsets[-1]), case.panel.cluster_count),
    )
    point = np.asarray(sums.sum(axis=1)).ravel()
    drawn = bootstrap_sums(sums, draws, generator_for(seed, case.definition.key))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = percentile_interval(drawn[:, 1::2] / (drawn[:, ::2] + drawn[:, 1::2]))
    rows: list[dict[str, object]] = []
    for result, code, offset in zip(binned, codes, offsets[:-1], strict=True):
        value = result.value[fit]
        for i in range(len(result.edges) + 1):
            at = int(offset) // 2 + i
            negatives, positives = point[2 * at], point[2 * at + 1]
            rows.append(
                {
                    "definition_key": case.definition.key,
                    "signal_key": result.row["signal_key"],
                    "bin": i + 1,
                    "value_min": value[code == i].min(),
                    "value_max": value[code == i].max(),
                    "entity_weeks": negatives + positives,
                    "conversions": positives,
                    "conversion_rate": positives / (negatives + positives),
                    "rate_low": low[at],
                    "rate_high": high[at],
                }
            )
    return rows


def _compare(case: _Case, periods: Periods, result: _Result, draws: int, seed: int) -> None:
    """Compare the proposal with the threshold of the seed in the hold-out and decide."""
    panel, row = case.panel, result.row
    holdout = panel.in_split(periods, "holdout")
    value, label = result.value[holdout], panel.is_converted[holdout]
    current = result.weight.threshold
    for which, threshold in (("current", current), ("proposed", result.proposed)):
        is_at_least = value >= threshold
        row[f"holdout_{which}_share_at_least"] = _share(is_at_least)
        row[f"holdout_{which}_rate_at_least"] = _share(label[is_at_least])
        row[f"holdout_{which}_rate_below"] = _share(label[~is_at_least])
    now, best = wording.points(current), wording.points(result.proposed)
    facts = (
        f"In the hold-out a conversion follows within the horizon of "
        f"{wording.percent(float(str(row['holdout_proposed_rate_at_least'])))} of the weeks with "
        f"{best} or more, and of {wording.percent(float(str(row['holdout_proposed_rate_below'])))} "
        "of those below."
    )
    if result.proposed == current:
        row["verdict"] = "keep"
        row["reason"] = f"With {now} the score ranks best in the fit period as well. {facts}"
        return
    score = panel.score[holdout]
    compared = ranking_areas(
        [score, score + result.weight.change(value, result.proposed)],
        label,
        panel.cluster[holdout],
        panel.cluster_count,
        draws=draws,
        generator=generator_for(seed, case.definition.key),
    )
    if compared is None:
        row["reason"] = "In the hold-out all or none converted: nothing can be compared."
        return
    areas, drawn = compared
    low, high = percentile_interval(drawn[:, 1] - drawn[:, 0])
    row["holdout_current_auc"], row["holdout_proposed_auc"] = map(float, areas)
    row["holdout_auc_difference_low"], row["holdout_auc_difference_high"] = float(low), float(high)
    change = (
        f"the area under the ROC curve of the score changes by {areas[1] - areas[0]:+.3f} in the "
        f"hold-out (interval {low:+.3f} to {high:+.3f})"
    )
    if low > 0:
        row["verdict"] = "propose"
        row["reason"] = f"{best} instead of {now}: {change}. {facts}"
    else:
        row["verdict"] = "keep"
        row["reason"] = (
            f"{best} was the best of the fit period, but not better than {now} beyond chance: "
            f"{change}. {facts}"
        )


def _share(flags: Flags) -> float:
    """Take the share of true flags; NaN without any flag."""
    return float(flags.mean()) if len(flags) else np.nan
