"""Points by level: finer thresholds for the signals of a definition, from the fit period."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import (
    CalibrationError,
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    Integers,
    check_arguments,
    day_number,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)
from python_udfs.calibration.panels import Measured, Panel, read_measured, read_panels
from python_udfs.calibration.penalised import (
    STRENGTHS,
    draw_accounts,
    fit_directed,
    mean_log_loss,
    one_thread,
    part_rows,
)
from python_udfs.calibration.periods import time_split

COUNT_SHARES = (0, 1 / 3, 2 / 3)
VALUE_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Where the values of a signal are cut, as shares of the days: of a count those above 0, of an age
or an average all, whose both ends tell. More cuts did not foretell the later days of a fit period
better, and nobody reads them."""


def suggested_levels(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    weights: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Frame:
    """Suggest points for several thresholds of each signal.

    One threshold per signal throws away how much of it there is: three weeks of silence and three
    months look the same. Here the values of a signal in the fit period are cut at a few
    further thresholds; a logistic regression with an L2 penalty, chosen by folds within the fit
    period as in `propensity_models`, weighs all levels of all signals together. Every level keeps
    the direction of the hand-set points of its signal, or is left out. Scaled so that the points
    share out the same total as the hand-set ones, rounded. Time is not held equal, as it is for the
    evidence in `signal_lift`: points are compared across accounts of any age.

    Parameters
    ----------
    panel, signal_panel, signals, weights, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL``, ``MEASURED_SIGNALS``, ``LEVEL_SIGNALS``, ``WEIGHTS``,
        ``DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.SUGGESTED_LEVELS``. No rows for a rule, a definition of customers, with
        fewer than ``min_conversions`` converting accounts in the fit period, or without a level
        that tells anything. Whether they hold up later is for `model_comparison` to say.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days)
    known = read_definitions(definitions, settings)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    sort_by = ["definition_key", "signal_key", "level"]
    if not known or periods is None:
        return seal([], schemas.SUGGESTED_LEVELS, sort_by)
    keys = [one.key for one in known]
    weight_rows = rows_by_definition(read_table(weights, schemas.WEIGHTS, "weights"), keys)
    catalogue = read_table(signals, schemas.LEVEL_SIGNALS, "signals").set_index("signal_key")
    panels = read_panels(panel, keys, day_number(as_of) - horizon_days)
    measured = read_measured(signal_panel, panel)
    rows: list[dict[str, object]] = []
    for definition in known:
        own_weights = weight_rows[definition.key].sort_values("signal_key", ignore_index=True)
        own = panels[definition.key]
        early = own.in_split(periods, "fit")
        if (
            own_weights.empty
            or own_weights["is_required"].all()
            or definition.audience == "customer"
            or own.converting_clusters(early) < definition.settings.min_conversions
            or own.is_converted[early].all()
        ):
            continue
        with one_thread():
            rows.extend(_level_rows(definition, own_weights, catalogue, own, measured, early))
    return seal(rows, schemas.SUGGESTED_LEVELS, sort_by)


def level_scores(levels: Frame, signals: Frame, measured: Measured, panel: Panel) -> Floats | None:
    """Score the rows of a panel with points by level.

    Parameters
    ----------
    levels : pandas.DataFrame
        Columns of ``schemas.LEVEL_FIELDS`` except the definition, of one definition.
    signals : pandas.DataFrame
        Columns of ``schemas.LEVEL_SIGNALS``, with ``signal_key`` as the index.
    measured : Measured
        Values of the signals.
    panel : Panel
        Rows of the definition.

    Returns
    -------
    ndarray of float64, shape (rows,)
        The score; None without levels.
    """
    if levels.empty:
        return None
    score = np.zeros(len(panel.row))
    for level in levels.to_dict("records"):
        key = str(level["signal_key"])
        operator = None if pd.isna(level["operator"]) else str(level["operator"])
        score += level["points"] * measured.reached(
            key,
            operator,
            level["threshold"],
            panel.row,
            is_zero_when_absent=bool(signals.loc[key, "is_zero_when_absent"]),
        )
    return score


@dataclass(frozen=True)
class _Level:
    """One condition that points may be given for."""

    signal_key: str
    operator: str | None
    threshold: float
    is_current: bool
    direction: float


def _level_rows(
    definition: Definition,
    weights: Frame,
    catalogue: Frame,
    panel: Panel,
    measured: Measured,
    early: Flags,
) -> list[dict[str, object]]:
    """Fit and write the levels of one definition."""
    rows = np.flatnonzero(early)
    rows = rows[draw_accounts(panel.mixed[rows])]
    labels, clusters = panel.is_converted[rows], panel.cluster[rows]
    candidates, columns = [], []
    for weight in weights.to_dict("records"):
        key = str(weight["signal_key"])
        if key not in catalogue.index:
            raise CalibrationError(f"signals has no row for signal {key!r}, which has a weight")
        for level in _candidates(key, weight, catalogue.loc[key], measured, panel.row[rows]):
            reached = measured.reached(
                key,
                level.operator,
                level.threshold,
                panel.row[rows],
                is_zero_when_absent=bool(catalogue.loc[key, "is_zero_when_absent"]),
            )
            sides = (len(np.unique(clusters[side])) for side in (reached, ~reached))
            if min(sides) >= definition.settings.min_entities:
                candidates.append(level)
                columns.append(reached)
    if not columns:
        return []
    design = np.column_stack(columns).astype(np.float64)
    directions = np.array([level.direction for level in candidates])
    undirected = directions == 0
    if undirected.any():
        shift = design[labels].mean(axis=0) - design[~labels].mean(axis=0)
        directions = np.where(undirected, np.where(shift >= 0, 1.0, -1.0), directions)
    design *= directions
    folds = part_rows(panel.panel_on[rows], panel.mixed[rows])
    if any(labels[part].all() or not labels[part].any() for fold in folds for part in fold):
        return []
    losses = []
    for strength in STRENGTHS:
        loss = 0.0
        for learnt, tried in folds:
            base, own = fit_directed(design[learnt], labels[learnt], clusters[learnt], strength)
            loss += tried.sum() * mean_log_loss(labels[tried], base + design[tried] @ own)
        losses.append(loss)
    best = STRENGTHS[int(np.argmin(losses))]
    _, log_odds = fit_directed(design, labels, clusters, best)
    total = log_odds.sum()
    if total < 1e-6:
        return []
    flat = np.abs(weights["points"].fillna(0).to_numpy()).sum()
    per_unit = weights["points_per_unit"].notna().sum()
    # A weight per unit has no total of its own; it counts like the mean of the others.
    flat_count = max(len(weights) - per_unit, 1)
    scale = max(flat * len(weights) / flat_count, len(weights))
    points = np.round(directions * log_odds / total * scale).astype(np.int64)
    result: list[dict[str, object]] = []
    for i in np.flatnonzero(points):
        level = candidates[i]
        reached = columns[i]
        number = 1 + sum(row["signal_key"] == level.signal_key for row in result)
        result.append(
            {
                "definition_key": definition.key,
                "signal_key": level.signal_key,
                "level": number,
                "operator": level.operator,
                "threshold": level.threshold,
                "is_current": level.is_current,
                "points": points[i],
                "entities": len(np.unique(panel.entity[rows][reached])),
                "fit_share": reached.mean(),
            }
        )
    return result


def _candidates(
    key: str, weight: dict, signal: pd.Series, measured: Measured, rows: Integers
) -> list[_Level]:
    """Name the levels of one signal that may be given points."""
    per_unit = weight["points_per_unit"]
    direction = float(np.sign(np.nan_to_num(weight["points"]) if np.isnan(per_unit) else per_unit))
    if direction == 0 and weight["is_required"]:
        # It is asked for as something good.
        direction = 1.0
    operator, threshold = signal["operator"], signal["threshold"]
    if signal["measure"] == "attribute" or operator not in (">=", "<=") or np.isnan(threshold):
        return [_Level(key, None, np.nan, True, direction)]
    own = np.zeros(measured.row_count, dtype=bool)
    own[rows] = True
    position = measured.position.get(key, np.empty(0, dtype=np.int64))
    is_own = own[position]
    values = measured.value.get(key, np.empty(0))[is_own]
    is_zero_when_absent = bool(signal["is_zero_when_absent"])
    above = values[values > (0.0 if is_zero_when_absent else -np.inf)]
    edges = {float(threshold)}
    if len(above):
        shares = COUNT_SHARES if is_zero_when_absent else VALUE_SHARES
        quantiles = np.quantile(above, shares, method="inverted_cdf")
        # Two digits: thresholds that a person would write.
        edges |= {float(f"{edge:.2g}") for edge in quantiles}
    return [
        _Level(key, str(operator), edge, edge == float(threshold), direction)
        for edge in sorted(edges)
    ]
