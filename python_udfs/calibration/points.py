"""Points for the signals of a definition, at the thresholds they have or at better ones."""

import numpy as np
from scipy import stats

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
from python_udfs.calibration.logistic import (
    fit_logistic,
    fit_logistic_within_bounds,
    group_patterns,
    log_likelihood,
)
from python_udfs.calibration.panels import (
    MetSignals,
    Panel,
    read_flag,
    read_measured,
    read_met_signals,
    read_panels,
)
from python_udfs.calibration.periods import Periods, time_split
from python_udfs.calibration.significance import CERTAINTY

PRIOR_DEVIATION_OF_POINTS = 1.0
"""Prior of the log-odds behind suggested points: weakly informative, shrinks what few saw."""


def suggested_definitions(
    panel: Frame,
    signal_panel: Frame,
    thresholds: Frame,
    weights: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Frame:
    """Suggest definitions anew: thresholds and points that belong together.

    `signal_thresholds` moves one threshold with everything else as it is, `signal_lift` weighs the
    signals at the thresholds they have: taken together the two do not fit. Here every counting
    signal has the threshold that is best in the fit period, whatever the hold-out said about it
    alone, and the points are fitted as in `signal_lift` to these conditions. So nothing about the
    whole was chosen by the hold-out, where `model_comparison` judges it once.

    Parameters
    ----------
    panel, signal_panel, weights, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL`` and ``NEXT_STEP``, ``SIGNAL_PANEL`` and ``MEASURED_SIGNALS``,
        ``WEIGHTS``, ``DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
    thresholds : pandas.DataFrame
        Columns of ``schemas.PROPOSED_THRESHOLDS``, from `signal_thresholds`.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.SUGGESTED_DEFINITIONS``, one row for each weight of a definition. No
        rows for one whose thresholds are the best already (its points are in `signal_lift`), or
        for which no points can be fitted.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days)
    sort_by = ["definition_key", "signal_key"]
    known = read_definitions(definitions, settings)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    if not known or periods is None:
        return seal([], schemas.SUGGESTED_DEFINITIONS, sort_by)
    keys = [one.key for one in known]
    weight_rows = rows_by_definition(read_table(weights, schemas.WEIGHTS, "weights"), keys)
    proposals = rows_by_definition(
        read_table(thresholds, schemas.PROPOSED_THRESHOLDS, "signal_thresholds"), keys
    )
    panels = read_panels(panel, keys, day_number(as_of) - horizon_days)
    measured = read_measured(signal_panel, panel)
    is_met_row = read_table(
        signal_panel, {"is_met": schemas.MEASURED_SIGNALS["is_met"]}, "signal_panel"
    )["is_met"]
    met = read_met_signals(signal_panel[is_met_row.to_numpy()], panel)
    converts_next = read_flag(panel, schemas.NEXT_STEP)
    rows: list[dict[str, object]] = []
    for definition in known:
        moved = _moved_thresholds(proposals[definition.key])
        if not moved:
            continue
        own = panels[definition.key]
        own_weights = weight_rows[definition.key].sort_values("signal_key", ignore_index=True)
        names = [str(name) for name in own_weights["signal_key"]]
        is_met, current = met_matrix(definition, names, own_weights, own, met)
        for key, (_, threshold) in moved.items():
            is_met[:, names.index(key)] = measured.reached(
                key, ">=", threshold, own.row, is_zero_when_absent=True
            )
        fitted = fit_points(
            definition, own_weights, own, is_met, converts_next[own.row], current, periods
        )
        if fitted is None:
            continue
        for i, name in enumerate(names):
            before, after = moved.get(name, (np.nan, np.nan))
            rows.append(
                {
                    "definition_key": definition.key,
                    "signal_key": name,
                    "operator": ">=" if name in moved else None,
                    "current_threshold": before,
                    "threshold": after,
                    "current_points": current[i],
                    "points": fitted[i],
                }
            )
    return seal(rows, schemas.SUGGESTED_DEFINITIONS, sort_by)


def _moved_thresholds(proposals: Frame) -> dict[str, tuple[float, float]]:
    """Take the thresholds, now and best in the fit period, of the signals where they differ."""
    is_moved = proposals["proposed_threshold"].notna() & (
        proposals["proposed_threshold"] != proposals["current_threshold"]
    )
    return {
        str(row["signal_key"]): (row["current_threshold"], row["proposed_threshold"])
        for row in proposals[is_moved].to_dict("records")
    }


def met_matrix(
    definition: Definition, names: list[str], weights: Frame, panel: Panel, met: MetSignals
) -> tuple[Flags, Floats]:
    """Lay out which signals of a definition are met, and what they earn.

    Parameters
    ----------
    definition : Definition
        The definition.
    names : list of str
        Its signals.
    weights : pandas.DataFrame
        Its rows of ``schemas.WEIGHTS``, in the same order.
    panel : Panel
        Its rows of the panel.
    met : MetSignals
        The signals that are met, of all definitions.

    Returns
    -------
    is_met : ndarray of bool, shape (rows, signals)
        Whether the condition of each signal holds.
    points : ndarray of float64, shape (signals,)
        Hand-set points; of a weight per unit the mean of what it earns where it is met.

    Raises
    ------
    CalibrationError
        If a signal is met that the definition has no weight for.
    """
    place = np.full(met.row_count, -1)
    place[panel.row] = np.arange(len(panel.row))
    at = place[met.position]
    is_own = at >= 0
    column_of = np.array([names.index(name) if name in names else -1 for name in met.names])
    column = column_of[met.signal[is_own]] if len(column_of) else met.signal[is_own]
    if (column < 0).any():
        unknown = met.names[int(met.signal[is_own][int(np.argmin(column))])]
        raise CalibrationError(
            f"signal_panel holds the signal {unknown!r}, which definition {definition.key!r} "
            "has no weight for"
        )
    is_met = np.zeros((len(panel.row), len(names)), dtype=bool)
    is_met[at[is_own], column] = True
    observed = np.bincount(column, minlength=len(names))
    total = np.bincount(column, weights=met.points[is_own], minlength=len(names))
    flat = weights["points"].to_numpy()
    per_unit = weights["points_per_unit"].to_numpy()
    is_per_unit = ~np.isnan(per_unit)
    mean = np.where(observed > 0, total / np.maximum(observed, 1), per_unit)
    return is_met, np.round(np.where(is_per_unit, mean, np.nan_to_num(flat)), 4)


def design_with_tenure(is_met: Flags, tenure: Integers) -> Floats:
    """Lay out signals, then one indicator per tenure group that occurs.

    Parameters
    ----------
    is_met : ndarray of bool, shape (rows, signals)
        Whether the condition of each signal holds.
    tenure : ndarray of int64, shape (rows,)
        Tenure group of each row.

    Returns
    -------
    ndarray of float64, shape (rows, signals + groups)
        The design of a logistic regression without an intercept.
    """
    present = np.unique(tenure)
    return np.hstack([is_met, tenure[:, None] == present]).astype(np.float64)


def fit_points(
    definition: Definition,
    weights: Frame,
    panel: Panel,
    is_met: Flags,
    converts_next: Flags,
    points: Floats,
    periods: Periods | None,
) -> Integers | None:
    """Fit points before the hold-out, as described in `signal_lift`.

    Parameters
    ----------
    definition : Definition
        The definition.
    weights : pandas.DataFrame
        Its rows of ``schemas.WEIGHTS``.
    panel : Panel
        Its rows of the panel.
    is_met : ndarray of bool, shape (rows, signals)
        Whether the condition of each signal holds.
    converts_next : ndarray of bool, shape (rows,)
        Whether a conversion comes by the next day of the grid.
    points : ndarray of float64, shape (signals,)
        Hand-set points: their signs are kept, their total is shared out. What is required without
        any is held to points of 0 or more.
    periods : Periods or None
        The split by time.

    Returns
    -------
    ndarray of int64, shape (signals,)
        None where there is too little to fit, nothing to weigh, or no more than chance would give.
    """
    is_rule = bool(weights["is_required"].all())
    if periods is None or is_rule or definition.audience == "customer":
        return None
    rows = _known_before_holdout(panel, periods)
    label = converts_next[rows]
    converting = len(np.unique(panel.cluster[rows][label]))
    if converting < definition.settings.min_conversions or label.all():
        return None
    first, group = group_patterns(is_met[rows], panel.tenure[rows])
    # Users of one account convert together: the evidence counts once per converting account.
    effective = converting / label.sum()
    trials = effective * np.bincount(group, minlength=len(first))
    successes = effective * np.bincount(group, weights=label, minlength=len(first))
    design = design_with_tenure(is_met[rows][first], panel.tenure[rows][first])
    precision = np.full(design.shape[1], 1e-4)
    precision[: len(points)] = 1 / PRIOR_DEVIATION_OF_POINTS**2
    # Only what is required may earn no points: it is asked for as something good.
    directions = np.where(weights["is_required"] & (points == 0), 1.0, np.sign(points))
    bounds: list[tuple[float | None, float | None]] = [
        (0.0, None) if way > 0 else (None, 0.0) if way < 0 else (None, None) for way in directions
    ]
    bounds += [(None, None)] * (design.shape[1] - len(points))
    coefficients = fit_logistic_within_bounds(design, trials, successes, precision, bounds)
    # The hold-out alone would be passed by chance now and then: the fit has to say something too.
    tenure_only, _ = fit_logistic(
        design[:, len(points) :], trials, successes, precision[len(points) :]
    )
    gain = log_likelihood(design, trials, successes, coefficients) - log_likelihood(
        design[:, len(points) :], trials, successes, tenure_only
    )
    if stats.chi2.sf(2 * gain, len(points)) >= CERTAINTY:
        return None
    log_odds = coefficients[: len(points)]
    total = np.abs(log_odds).sum()
    if total < 1e-6:
        return None
    return np.round(log_odds / total * np.abs(points).sum()).astype(np.int64)


def _known_before_holdout(panel: Panel, periods: Periods) -> Flags:
    """Tell for which rows the next day of the grid is a day that the choice may look at."""
    rows = (panel.panel_on >= periods.history_from) & (panel.panel_on <= periods.split_on)
    last = panel.panel_on[rows].max(initial=periods.history_from)
    return rows & (panel.panel_on < last)
