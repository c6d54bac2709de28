"""Walk-forward folds: how thresholds chosen on the past held up in the weeks after."""

from dataclasses import dataclass

import numpy as np

from python_udfs.calibration import schemas
from python_udfs.calibration.backtest import (
    History,
    SplitResult,
    backtest,
    candidate_thresholds,
    read_histories,
)
from python_udfs.calibration.bootstrap import generator_for
from python_udfs.calibration.inputs import (
    Day,
    Definition,
    Floats,
    Frame,
    check_arguments,
    day_number,
    read_definitions,
    seal,
)
from python_udfs.calibration.objectives import Objective, choose
from python_udfs.calibration.periods import (
    Periods,
    as_timestamp,
    time_split,
    walk_forward_periods,
)

MIN_FOLDS = 3
"""So many folds all against a choice speak against it; fewer are all against it by chance in one of
four cases or more."""


@dataclass(frozen=True)
class Fold:
    """A choice on an earlier part of the fit period and what it brought in the weeks after.

    Attributes
    ----------
    periods : Periods
        What the choice could see (fit) and where it was judged (hold-out of the fold).
    objective : Objective
        What the chosen threshold and the one in force are compared by.
    chosen : float
        Threshold chosen; NaN when none could be.
    reason : str
        Why none was chosen; empty otherwise.
    chosen_value, current_value, best_value : float
        Objective in the judged weeks: of the chosen threshold, of the one in force, and of the one
        that was best there in hindsight. NaN where undefined.
    qualified, converted : float
        Entities that reached the chosen threshold in the judged weeks, and those that converted.
    """

    periods: Periods
    objective: Objective
    chosen: float
    reason: str
    chosen_value: float
    current_value: float
    best_value: float
    qualified: float
    converted: float


def threshold_folds(
    crossings: Frame,
    entities: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Frame:
    """Choose the threshold again and again on the past, and judge each choice on what came next.

    The folds lie within the fit period: the hold-out stays unseen (see `walk_forward_periods`).

    Parameters
    ----------
    crossings, entities, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.CROSSINGS``, ``ENTITIES``, ``DEFINITIONS``, ``SETTINGS``,
        ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.THRESHOLD_FOLDS``, one row for each definition and fold; none for a
        customer audience or a history that is too short for folds.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Tashman (2000), Out-of-sample tests of forecasting accuracy (rolling origin).
    """
    check_arguments(horizon_days)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.THRESHOLD_FOLDS, ["definition_key", "fold"])
    histories = read_histories(crossings, entities, [one.key for one in known], day_number(as_of))
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    rows: list[dict[str, object]] = []
    for definition in known:
        if periods is None or definition.audience == "customer":
            continue
        for number, fold in enumerate(
            walk_forward(definition, histories[definition.key], periods), start=1
        ):
            rows.append(
                {
                    "definition_key": definition.key,
                    "fold": number,
                    "chosen_until": as_timestamp(fold.periods.fit_until),
                    "judged_from": as_timestamp(fold.periods.split_on + 1),
                    "judged_until": as_timestamp(fold.periods.holdout_until),
                    "objective_measure": fold.objective.measure,
                    "chosen_threshold": fold.chosen,
                    "reason": fold.reason or None,
                    "chosen_objective": fold.chosen_value,
                    "current_objective": fold.current_value,
                    "best_objective": fold.best_value,
                    "qualified_count": fold.qualified,
                    "converted_count": fold.converted,
                }
            )
    return seal(rows, schemas.THRESHOLD_FOLDS, ["definition_key", "fold"])


def walk_forward(definition: Definition, history: History, periods: Periods) -> list[Fold]:
    """Choose and judge in every fold of the fit period.

    Parameters
    ----------
    definition : Definition
        With the objective and the threshold in force.
    history : History
        Of the definition.
    periods : Periods
        The split whose fit period is folded.

    Returns
    -------
    list of Fold
        In order of time; empty when the fit period is too short or nobody has a score.
    """
    if len(history.score) == 0:
        return []
    # Compared by what the verdict compares by.
    in_force = np.array([definition.enter_threshold])
    fit = backtest(history, periods, in_force, draws=0, generator=generator_for(0, definition.key))
    compared = Objective.of(definition.settings).between(fit["fit"], 0)
    return [_judge(definition, history, one, compared) for one in walk_forward_periods(periods)]


def differences(folds: list[Fold]) -> Floats:
    """Take what the chosen thresholds brought beyond the one in force.

    Parameters
    ----------
    folds : list of Fold
        Of one definition.

    Returns
    -------
    ndarray of float64, shape (f,)
        In the unit of the objective, for the folds in which both are defined.
    """
    found = np.array([fold.chosen_value - fold.current_value for fold in folds])
    return found[np.isfinite(found)]


def _judge(definition: Definition, history: History, periods: Periods, compared: Objective) -> Fold:
    """Choose on the fit of a fold and compare with the one in force in the weeks after."""
    thresholds = candidate_thresholds(history, periods, definition.enter_threshold)
    results = backtest(
        history, periods, thresholds, draws=0, generator=generator_for(0, definition.key)
    )
    objective = Objective.of(definition.settings)
    values = compared.values(results["holdout"].figures, results["holdout"].weeks)
    current = int(np.flatnonzero(thresholds == definition.enter_threshold)[0])
    chosen, reason = choose(objective, results["fit"], thresholds, definition)
    figures = results["holdout"].figures
    return Fold(
        periods=periods,
        objective=compared,
        chosen=np.nan if chosen is None else float(thresholds[chosen]),
        reason=reason,
        chosen_value=np.nan if chosen is None else float(values[chosen]),
        current_value=float(values[current]),
        best_value=_best(values, results["holdout"]),
        qualified=np.nan if chosen is None else float(figures.qualified[chosen]),
        converted=np.nan if chosen is None else float(figures.converted[chosen]),
    )


def _best(values: Floats, result: SplitResult) -> float:
    """Take the best value among the thresholds that somebody reached."""
    reached = values[(result.figures.qualified > 0) & np.isfinite(values)]
    return float(reached.max()) if len(reached) else np.nan
