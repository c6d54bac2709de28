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
``drift``              panel, signal_panel, weights, definitions, approvals, settings, panel_days
                       -> ``DRIFT``
``conversion_curve``   waits, definitions, settings -> ``CONVERSION_CURVE`` (no keywords)
``time_to_conversion`` waits, definitions, settings -> ``TIME_TO_CONVERSION`` (no keywords)
=====================  =====================================================================

All take the keywords ``as_of`` (day), ``horizon_days`` (int), ``seed`` (int) and ``draws`` (int),
and give an empty, typed frame when there are no definitions.
"""

from python_udfs.calibration.bands import probability_map, score_bands
from python_udfs.calibration.curve import threshold_curve
from python_udfs.calibration.drift import drift
from python_udfs.calibration.inputs import (
    CalibrationError,
    InvalidValueError,
    MissingColumnError,
)
from python_udfs.calibration.periods import time_split
from python_udfs.calibration.signals import signal_lift
from python_udfs.calibration.survival import conversion_curve, time_to_conversion
from python_udfs.calibration.verdict import calibrate

__all__ = [
    "CalibrationError",
    "InvalidValueError",
    "MissingColumnError",
    "calibrate",
    "conversion_curve",
    "drift",
    "probability_map",
    "score_bands",
    "signal_lift",
    "threshold_curve",
    "time_split",
    "time_to_conversion",
]
