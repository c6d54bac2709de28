"""Conversion by value of each counting signal, in bins: the candidates for its threshold.

Apart from the rest of the package, because optbinning takes seconds to import.
"""

import numpy as np
from optbinning import OptimalBinning

from python_udfs.calibration import schemas
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    effective_clusters,
    generator_for,
    percentile_interval,
    sum_matrix,
)
from python_udfs.calibration.counting_signals import (
    CountingCase,
    CountingSignal,
    read_counting_cases,
)
from python_udfs.calibration.inputs import Day, Flags, Floats, Frame, check_arguments, seal

MAX_BINS = 4
"""More bins than that are noise to a reader and mostly to the data."""

MIN_BIN_SHARE = 0.005
"""Least share of the rows of the fit period in a bin."""

_TREND = {1: "ascending", -1: "descending"}


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
    """Bin the values of each counting signal by conversion in the fit period.

    The values are cut into at most ``MAX_BINS`` bins of the largest information value among those
    whose conversion rate rises with the value (falls, for signals with negative points): monotone
    optimal binning. From the edges `signal_thresholds` takes its proposals.

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
        Columns of ``schemas.SIGNAL_BINS``; two bins or more, or no rows for a signal where there
        are too few conversions or values, or conversion does not go with the value.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Navas-Palencia (2020), Optimal binning: mathematical programming formulation (optbinning).
    """
    check_arguments(horizon_days, seed, draws)
    rows: list[dict[str, object]] = []
    for case in read_counting_cases(
        panel,
        signal_panel,
        signals,
        definitions,
        settings,
        panel_days,
        as_of=as_of,
        horizon_days=horizon_days,
    ):
        if case.doubt is None:
            rows.extend(_bin_rows(case, draws, seed))
    return seal(rows, schemas.SIGNAL_BINS, ["definition_key", "signal_key", "bin"])


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


def _bin_rows(case: CountingCase, draws: int, seed: int) -> list[dict[str, object]]:
    """Write the bins of the fit period with intervals, one bootstrap for all signals."""
    label = case.panel.is_converted[case.fit]
    binned: list[tuple[CountingSignal, Floats]] = []
    for signal in case.signals:
        edges = _edges(signal.value[case.fit], label, signal.direction)
        if len(edges):
            binned.append((signal, edges))
    if not binned:
        return []
    codes = [
        np.searchsorted(edges, signal.value[case.fit], side="right") for signal, edges in binned
    ]
    # Negatives and positives by bin, in turns, signal after signal.
    offsets = np.cumsum([0] + [2 * (len(edges) + 1) for _, edges in binned])
    sums = sum_matrix(
        np.concatenate(
            [offset + 2 * code + label for offset, code in zip(offsets[:-1], codes, strict=True)]
        ),
        np.tile(case.panel.cluster[case.fit], len(binned)),
        np.ones(len(label) * len(binned)),
        (int(offsets[-1]), case.panel.cluster_count),
    )
    point = np.asarray(sums.sum(axis=1)).ravel()
    accounts = np.array([effective_clusters(row.data) for row in sums[::2] + sums[1::2]])
    drawn = bootstrap_sums(sums, draws, generator_for(seed, case.definition.key))
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = drawn[:, 1::2] / (drawn[:, ::2] + drawn[:, 1::2])
        low, high = percentile_interval(rates, accounts)
    rows: list[dict[str, object]] = []
    for (signal, edges), code, offset in zip(binned, codes, offsets[:-1], strict=True):
        value = signal.value[case.fit]
        for i in range(len(edges) + 1):
            at = int(offset) // 2 + i
            negatives, positives = point[2 * at], point[2 * at + 1]
            rows.append(
                {
                    "definition_key": case.definition.key,
                    "signal_key": signal.key,
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
