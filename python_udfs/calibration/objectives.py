"""What makes one threshold better than another, and the choice among the candidates."""

from dataclasses import dataclass, replace

import numpy as np

from python_udfs.calibration import wording
from python_udfs.calibration.backtest import SplitFigures, SplitResult
from python_udfs.calibration.inputs import Definition, Flags, Floats, Settings

_TIE = 1e-9
"""Relative difference below which two objectives are a tie."""

MEASURES = {
    "expected_value": "expected_value",
    "capacity": "worked_conversions_per_week",
    "precision": "converted_per_week",
    "f_beta": "f_beta",
}
"""What is measured for each objective of the settings."""


@dataclass(frozen=True)
class Objective:
    """What makes one threshold better than another.

    Attributes
    ----------
    settings : Settings
        The numbers it needs.
    measure : str
        One of the values of ``MEASURES``, or ``precision``.
    """

    settings: Settings
    measure: str

    @classmethod
    def of(cls, settings: Settings) -> "Objective":
        """Take the objective that the settings name."""
        return cls(settings, MEASURES[settings.objective])

    def between(self, fit: SplitResult, current: int) -> "Objective":
        """Take what a threshold is compared with the one in force by.

        Parameters
        ----------
        fit : SplitResult
            Backtest of the fit period.
        current : int
            Position of the threshold in force.

        Returns
        -------
        Objective
            This one; by precision where the one in force breaks a floor of precision: below it more
            conversions are no merit, what is wrong there is the precision.
        """
        if self.settings.objective != "precision":
            return self
        is_allowed = self.is_allowed(fit.figures, fit.weeks)[current]
        return self if is_allowed else replace(self, measure="precision")

    def values(self, figures: SplitFigures, weeks: float) -> Floats:
        """Measure every threshold; NaN where nobody reached it and a rate is undefined."""
        if self.measure == "expected_value":
            return figures.expected_value(self.settings)
        if self.measure == "converted_per_week":
            return figures.converted / weeks
        if self.measure == "precision":
            return figures.precision
        if self.measure == "worked_conversions_per_week":
            worked = np.minimum(figures.qualified / weeks, self.settings.weekly_capacity)
            return np.where(figures.qualified > 0, figures.precision, 0.0) * worked
        weight = self.settings.beta**2
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (1 + weight) * figures.precision * figures.recall
            mean = mean / (weight * figures.precision + figures.recall)
        return np.where(figures.converted > 0, mean, 0.0)

    def is_allowed(self, figures: SplitFigures, weeks: float) -> Flags:
        """Tell which thresholds keep to the limit of the objective."""
        if self.settings.objective == "capacity":
            return figures.qualified / weeks <= self.settings.weekly_capacity
        if self.settings.objective == "precision":
            return np.nan_to_num(figures.precision, nan=-1.0) >= self.settings.min_precision
        return np.ones(len(figures.qualified), dtype=bool)


def choose(
    objective: Objective, fit: SplitResult, thresholds: Floats, definition: Definition
) -> tuple[int | None, str]:
    """Choose the best threshold of a period; of equals the highest.

    Parameters
    ----------
    objective : Objective
        What is maximised, and its limit.
    fit : SplitResult
        Backtest of the period that the choice may look at.
    thresholds : ndarray of float64, shape (t,)
        The candidates.
    definition : Definition
        For its sample floors.

    Returns
    -------
    int or None
        Position of the best; None when none can be chosen.
    str
        Why none can be chosen, in a sentence; empty otherwise.
    """
    settings = definition.settings
    is_enough = fit.clusters >= settings.min_entities
    if not is_enough.any():
        most = int(fit.clusters.max())
        return None, (
            f"No threshold was reached by {settings.min_entities} accounts in the fit period; "
            f"the lowest was reached by {most}."
        )
    is_allowed = is_enough & objective.is_allowed(fit.figures, fit.weeks)
    if not is_allowed.any():
        if settings.objective == "capacity":
            per_week = fit.figures.qualified[is_enough][-1] / fit.weeks
            return None, (
                f"No threshold keeps to {wording.number(settings.weekly_capacity)} leads a week: "
                f"even {wording.points(thresholds[is_enough][-1])}, the highest that "
                f"{settings.min_entities} accounts reached, brings {wording.number(per_week)}."
            )
        best = np.nanmax(fit.figures.precision[is_enough])
        return None, (
            f"No threshold reaches a precision of {wording.percent(settings.min_precision)} in the "
            f"fit period; the best one has {wording.percent(best)}."
        )
    if objective.measure == "f_beta" and fit.figures.conversions == 0:
        return None, (
            "There is no conversion in the fit period that a score could have come before, and so "
            "no recall."
        )
    values = np.where(is_allowed, objective.values(fit.figures, fit.weeks), -np.inf)
    best = values.max()
    if best <= 0:
        if settings.objective == "expected_value":
            return None, (
                "At no threshold do the conversions of the fit period pay for the touches "
                f"(conversion worth {wording.number(settings.conversion_value)}, touch "
                f"{wording.number(settings.touch_cost)}); the best expected value is "
                f"{wording.number(best)}."
            )
        return None, "Nobody who reached a threshold in the fit period converted."
    is_best = values >= best - _TIE * abs(best)
    return int(np.flatnonzero(is_best)[-1]), ""
