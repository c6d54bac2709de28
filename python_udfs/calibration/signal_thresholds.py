"""The value of each counting signal at which conversion rises, beside the threshold of the seed."""

import numpy as np
from sklearn.metrics import roc_auc_score

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.bootstrap import generator_for
from python_udfs.calibration.counting_signals import (
    CountingCase,
    CountingSignal,
    read_counting_cases,
)
from python_udfs.calibration.inputs import (
    Day,
    Flags,
    Floats,
    Frame,
    check_arguments,
    read_table,
    seal,
)
from python_udfs.calibration.ranking import ranking_areas

_TIE = 1e-9
"""Difference of areas below which two thresholds are a tie: the one in force stays."""


def signal_thresholds(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    bins: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Propose a threshold for each counting signal.

    The edges of the bins of the fit period are the candidates. What counts is not how well a
    signal separates alone (there, any sign of life does best) but what it adds to the others:
    proposed is the candidate with which the score of the definition ranks converters best in the
    fit period, everything else as it is. It is compared once, in the hold-out, with the threshold
    of the seed.

    * ``propose``: with it the score ranks better in the hold-out (area under the ROC curve), beyond
      the 95 % interval of the difference (bootstrap over accounts).
    * ``keep``: the threshold of the seed is the best, or the proposal was not better beyond chance.
    * ``abstain``: too few conversions or values, or conversion does not go with the value.

    Parameters
    ----------
    panel, signal_panel, signals, definitions, settings, panel_days : pandas.DataFrame
        As for `signal_bins`.
    bins : pandas.DataFrame
        Columns of ``schemas.SIGNAL_BIN_FIELDS``, from `signal_bins`.
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
    """
    check_arguments(horizon_days, seed, draws)
    cut = read_table(bins, schemas.SIGNAL_BIN_FIELDS, "signal_bins").sort_values("bin")
    edges = {
        key: own["value_min"].to_numpy()
        for key, own in cut[cut["bin"] >= 2].groupby(["definition_key", "signal_key"])
    }
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
        for signal in case.signals:
            own = edges.get((case.definition.key, signal.key), np.empty(0))
            rows.append(
                {
                    "definition_key": case.definition.key,
                    "signal_key": signal.key,
                    "measure": signal.measure,
                    "current_threshold": signal.threshold,
                }
                | _judge(case, signal, own, draws, seed)
            )
    return seal(rows, schemas.SIGNAL_THRESHOLDS, ["definition_key", "signal_key"])


def _judge(
    case: CountingCase, signal: CountingSignal, edges: Floats, draws: int, seed: int
) -> dict[str, object]:
    """Choose a threshold and give the verdict on it, with its figures."""
    if case.doubt is not None:
        return {"verdict": "abstain", "reason": case.doubt}
    if len(edges) == 0:
        way = "rises" if signal.direction > 0 else "falls"
        reason = f"There is no value from which on conversion {way} in the fit period."
        return {"verdict": "abstain", "reason": reason}
    proposed = _best(case, signal, edges)
    return {"proposed_threshold": proposed} | _compare(case, signal, proposed, draws, seed)


def _best(case: CountingCase, signal: CountingSignal, edges: Floats) -> float:
    """Take the edge, or the threshold in force, with which the score ranks the fit period best."""
    label, score = case.panel.is_converted[case.fit], case.panel.score[case.fit]
    best, chosen = roc_auc_score(label, score), signal.threshold
    for candidate in map(float, edges):
        area = roc_auc_score(label, score + signal.change(case.fit, candidate))
        if area > best + _TIE:
            best, chosen = area, candidate
    return chosen


def _compare(
    case: CountingCase, signal: CountingSignal, proposed: float, draws: int, seed: int
) -> dict[str, object]:
    """Compare the proposal with the threshold of the seed in the hold-out and decide."""
    value, label = signal.value[case.holdout], case.panel.is_converted[case.holdout]
    current = signal.threshold
    row: dict[str, object] = {}
    for which, threshold in (("current", current), ("proposed", proposed)):
        is_at_least = value >= threshold
        row[f"holdout_{which}_share_at_least"] = _share(is_at_least)
        row[f"holdout_{which}_rate_at_least"] = _share(label[is_at_least])
        row[f"holdout_{which}_rate_below"] = _share(label[~is_at_least])
    now, best = wording.least_value(current), wording.least_value(proposed)
    facts = (
        f"In the hold-out a conversion follows within the horizon of "
        f"{wording.percent(_share(label[value >= proposed]))} of the weeks with {best} or more, "
        f"and of {wording.percent(_share(label[value < proposed]))} of those below."
    )
    if proposed == current:
        row["verdict"] = "keep"
        row["reason"] = f"With {now} the score ranks best in the fit period as well. {facts}"
        return row
    score = case.panel.score[case.holdout]
    compared = ranking_areas(
        [score, score + signal.change(case.holdout, proposed)],
        label,
        case.panel.cluster[case.holdout],
        case.panel.cluster_count,
        draws=draws,
        generator=generator_for(seed, case.definition.key),
    )
    if compared is None:
        row["verdict"] = "abstain"
        row["reason"] = "In the hold-out all or none converted: nothing can be compared."
        return row
    areas = compared.value
    low, high = compared.difference()
    row["holdout_current_auc"], row["holdout_proposed_auc"] = map(float, areas)
    row["holdout_auc_difference_low"], row["holdout_auc_difference_high"] = low, high
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
    return row


def _share(flags: Flags) -> float:
    """Take the share of true flags; NaN without any flag."""
    return float(flags.mean()) if len(flags) else np.nan
