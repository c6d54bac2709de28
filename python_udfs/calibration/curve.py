"""The threshold curve: what every candidate threshold would have brought."""

import numpy as np

from python_udfs.calibration import schemas
from python_udfs.calibration.backtest import (
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
from python_udfs.calibration.periods import time_split


def threshold_curve(
    crossings: Frame,
    entities: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Backtest every candidate threshold of every definition.

    See `backtest` for what counts as a lead, a conversion and the base rate, and `time_split` for
    the split. Recall and lead time look at the conversions of the outcome period, and at whether
    the threshold was reached on any day before them; precision looks at the leads of the crossing
    period and the horizon after them.

    Parameters
    ----------
    crossings, entities, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.CROSSINGS``, ``ENTITIES``, ``DEFINITIONS``, ``SETTINGS``,
        ``PANEL_DAYS``.
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
        Columns of ``schemas.THRESHOLD_CURVE``, one row for each definition, threshold and split;
        none for a customer audience or a history that is too short to split.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.THRESHOLD_CURVE, ["definition_key", "threshold", "split"])
    today = day_number(as_of)
    histories = read_histories(crossings, entities, [one.key for one in known], today)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    rows: list[dict[str, object]] = []
    for definition in known:
        history = histories[definition.key]
        if periods is None or definition.audience == "customer" or len(history.cluster) == 0:
            continue
        thresholds = candidate_thresholds(history, periods, definition.enter_threshold)
        results = backtest(
            history,
            periods,
            thresholds,
            draws=draws,
            generator=generator_for(seed, definition.key),
        )
        for split, result in results.items():
            rows.extend(_rows(definition, thresholds, split, result))
    return seal(rows, schemas.THRESHOLD_CURVE, ["definition_key", "threshold", "split"])


def _rows(
    definition: Definition, thresholds: Floats, split: str, result: SplitResult
) -> list[dict[str, object]]:
    """Write the rows of one definition and split."""
    figures = result.figures
    count = len(thresholds)
    columns: dict[str, object] = {
        "definition_key": [definition.key] * count,
        "threshold": thresholds,
        "split": [split] * count,
        "is_current": thresholds == definition.enter_threshold,
        "qualified_count": figures.qualified,
        "converted_count": figures.converted,
        "converted_account_count": figures.converted_accounts,
        "precision": figures.precision,
        "base_rate": figures.base_rate,
        "lift": figures.lift,
        "conversions_count": np.full(count, figures.conversions),
        "flagged_count": figures.flagged,
        "recall": figures.recall,
        "per_week": figures.qualified / result.weeks,
        "median_lead_days": result.median_lead_days,
        "expected_value": figures.expected_value(definition.settings),
    }
    for figure in ("precision", "lift", "expected_value"):
        low, high = result.interval(figure, definition.settings)
        columns[f"{figure}_low"], columns[f"{figure}_high"] = low, high
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
