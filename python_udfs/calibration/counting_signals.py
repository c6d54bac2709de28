"""The signals of each definition that count something, on its panel."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import (
    SCORE_DECIMALS,
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    day_number,
    read_definitions,
    read_table,
    rows_by_definition,
)
from python_udfs.calibration.panels import Measured, Panel, read_measured, read_panels
from python_udfs.calibration.periods import Periods, time_split


@dataclass(frozen=True)
class CountingSignal:
    """A signal with the operator ``>=`` that counts something, and what it earns.

    Attributes
    ----------
    key, measure : str
        As in ``schemas.SIGNALS``.
    threshold, points, points_per_unit, max_points : float
        As in ``schemas.SIGNALS``; NaN where not given.
    value : ndarray of float64, shape (n,)
        Value on each row of the definition's panel.
    """

    key: str
    measure: str
    threshold: float
    points: float
    points_per_unit: float
    max_points: float
    value: Floats

    @property
    def direction(self) -> int:
        """1: conversion should rise with the value; -1: fall."""
        per_unit = self.points_per_unit
        return int(np.sign(self.points if np.isnan(per_unit) else per_unit))

    def change(self, rows: Flags, threshold: float) -> Floats:
        """Take what rows would earn with another threshold, beyond what they earn now.

        Parameters
        ----------
        rows : ndarray of bool, shape (n,)
            Rows of the panel.
        threshold : float
            The other threshold.

        Returns
        -------
        ndarray of float64, shape (rows that are true,)
            In points.
        """
        value = self.value[rows]
        earned = np.full(len(value), self.points)
        if not np.isnan(self.points_per_unit):
            limit = np.inf if np.isnan(self.max_points) else abs(self.max_points)
            earned = np.clip(self.points_per_unit * value, -limit, limit)
        gained = (value >= threshold).astype(np.float64) - (value >= self.threshold)
        return np.round(earned * gained, SCORE_DECIMALS)


@dataclass(frozen=True)
class CountingCase:
    """One definition with its counting signals.

    Attributes
    ----------
    definition : Definition
        The definition.
    panel : Panel
        Its rows.
    fit, holdout : ndarray of bool, shape (n,)
        Which rows lie in either split.
    doubt : str or None
        Why the fit period tells nothing about thresholds.
    signals : list of CountingSignal
        In order of their key.
    """

    definition: Definition
    panel: Panel
    fit: Flags
    holdout: Flags
    doubt: str | None
    signals: list[CountingSignal]


def read_counting_cases(
    panel: Frame,
    signal_panel: Frame,
    signals: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Iterator[CountingCase]:
    """Read each definition with its counting signals.

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

    Yields
    ------
    CountingCase
        One for each definition, in order of their key.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
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
        nothing = np.zeros(len(own.row), dtype=bool)
        fit, holdout = (
            nothing if periods is None else own.in_split(periods, split) for split in schemas.SPLITS
        )
        yield CountingCase(
            definition=definition,
            panel=own,
            fit=fit,
            holdout=holdout,
            doubt=_too_little(definition, own, periods, fit),
            signals=[
                _read_signal(row, own, measured)
                for row in _counting(signal_rows[definition.key]).to_dict("records")
            ],
        )


def _counting(signals: Frame) -> Frame:
    """Take the signals whose threshold is a number that a count has to reach."""
    is_counting = signals["is_zero_when_absent"] & (signals["operator"] == ">=")
    is_known = signals["threshold"].notna() & (
        signals["points_per_unit"].fillna(signals["points"]).fillna(0) != 0
    )
    return signals[is_counting & is_known].sort_values("signal_key")


def _read_signal(row: dict[Hashable, Any], panel: Panel, measured: Measured) -> CountingSignal:
    """Read one signal with its values."""
    key = str(row["signal_key"])
    return CountingSignal(
        key=key,
        measure=str(row["measure"]),
        threshold=float(row["threshold"]),
        points=float(np.nan_to_num(row["points"])),
        points_per_unit=float(row["points_per_unit"]),
        max_points=float(row["max_points"]),
        value=measured.values(key)[panel.row],
    )


def _too_little(
    definition: Definition, panel: Panel, periods: Periods | None, fit: Flags
) -> str | None:
    """Say why the fit period tells nothing about thresholds, or None."""
    if definition.audience == "customer":
        return "The audience is customers, who have converted already."
    if periods is None:
        return "The history is too short to choose on one part and to check on another."
    converting = panel.converting_clusters(fit)
    floor = definition.settings.min_conversions
    if converting < floor:
        return (
            f"{converting} accounts converted within the horizon of a week of the fit period; "
            f"{floor} are needed."
        )
    if np.isnan(panel.score).any():
        return "Scores are missing: the history cannot be trusted until they are computed."
    if panel.is_converted[fit].all():
        return "Everybody in the fit period converted: there is nothing to compare with."
    return None
