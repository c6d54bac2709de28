"""Calibration of the definitions against the conversion history.

Five functions, each called by one thin dbt Python model. All are pure: they read no clock, and the
same data and seed give the same result whatever the order of the rows.

=====================  =====================================================================
function               inputs -> output (columns in :mod:`.schemas`)
=====================  =====================================================================
``threshold_curve``    crossings, entities, definitions, settings, panel_days
                       -> ``THRESHOLD_CURVE``
``calibrate``          crossings, entities, definitions, settings, panel_days -> ``CALIBRATION``
``signal_lift``        panel, signal_panel, weights, definitions, settings, panel_days
                       -> ``SIGNAL_LIFT``
``score_bands``        panel, definitions, settings, panel_days -> ``SCORE_BANDS``
``probability_map``    panel, definitions, settings, panel_days -> ``PROBABILITY_MAP``
=====================  =====================================================================

They take the keywords ``as_of`` (day), ``horizon_days`` (int), ``seed`` (int) and ``draws`` (int),
and give an empty, typed frame when there are no definitions.

Three more; the propensity models look at accounts, whatever the definitions are about:

=====================  =====================================================================
function               inputs -> output (columns in :mod:`.schemas`)
=====================  =====================================================================
``propensity_models``  propensity_days, propensity_factors, propensity_values, panel_days
                       -> ``PROPENSITY_STEPS``
``suggested_levels``   panel, signal_panel, signals, weights, definitions, settings, panel_days
                       -> ``SUGGESTED_LEVELS``
``model_comparison``   steps, those, and the inputs and outputs of the points
                       -> ``MODEL_COMPARISON``
=====================  =====================================================================
"""

from python_udfs.calibration.bands import probability_map, score_bands
from python_udfs.calibration.comparison import model_comparison
from python_udfs.calibration.curve import threshold_curve
from python_udfs.calibration.inputs import (
    CalibrationError,
    InvalidValueError,
    MissingColumnError,
)
from python_udfs.calibration.levels import suggested_levels
from python_udfs.calibration.periods import time_split
from python_udfs.calibration.propensity import propensity_models
from python_udfs.calibration.signals import signal_lift
from python_udfs.calibration.verdict import calibrate

__all__ = [
    "CalibrationError",
    "InvalidValueError",
    "MissingColumnError",
    "calibrate",
    "model_comparison",
    "probability_map",
    "propensity_models",
    "score_bands",
    "signal_lift",
    "suggested_levels",
    "threshold_curve",
    "time_split",
]
