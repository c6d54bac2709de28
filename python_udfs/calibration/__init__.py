"""Calibration of the definitions against the conversion history.

Functions, each called by one thin dbt Python model. All are pure: they read no clock, and the
same data and seed give the same result whatever the order of the rows.

=====================  =====================================================================
function               inputs -> output (columns in :mod:`.schemas`)
=====================  =====================================================================
``threshold_curve``    crossings, entities, definitions, settings, panel_days
                       -> ``THRESHOLD_CURVE``
``threshold_folds``    crossings, entities, definitions, settings, panel_days
                       -> ``THRESHOLD_FOLDS``
``calibrate``          crossings, entities, score_spans, definitions, settings, panel_days
                       -> ``CALIBRATION``
``exit_thresholds``    score_spans, verdicts, definitions, settings, panel_days
                       -> ``EXIT_THRESHOLDS``
``signal_lift``        panel, signal_panel, weights, definitions, settings, panel_days
                       -> ``SIGNAL_LIFT``
``signal_thresholds``  panel, signal_panel, signals, bins, definitions, settings, panel_days
                       -> ``SIGNAL_THRESHOLDS``
``diagnose``           panel, signal_panel, lifts, verdicts, definitions, settings, panel_days
                       -> ``DIAGNOSIS``
``score_bands``        panel, definitions, settings, panel_days -> ``SCORE_BANDS``
``probability_map``    panel, definitions, settings, panel_days -> ``PROBABILITY_MAP``
``drift``              panel, signal_panel, weights, definitions, approvals, settings, panel_days
                       -> ``DRIFT``
``conversion_curve``   waits, definitions, settings -> ``CONVERSION_CURVE`` (no keywords)
``time_to_conversion`` waits, definitions, settings -> ``TIME_TO_CONVERSION`` (no keywords)
=====================  =====================================================================

All take the keywords ``as_of`` (day) and ``horizon_days`` (int), where anything is drawn also
``seed`` (int) and ``draws`` (int), and give an empty, typed frame when there are no definitions.

Four more; the propensity models look at accounts, whatever the definitions are about:

=====================  =====================================================================
function               inputs -> output (columns in :mod:`.schemas`)
=====================  =====================================================================
``propensity_models``  propensity_days, propensity_factors, propensity_values, panel_days
                       -> ``PROPENSITY_STEPS``
``suggested_definitions``
                       panel, signal_panel, thresholds, weights, definitions, settings,
                       panel_days -> ``SUGGESTED_DEFINITIONS``
``suggested_levels``   panel, signal_panel, signals, weights, definitions, settings, panel_days
                       -> ``SUGGESTED_LEVELS``
``model_comparison``   steps, those, and the inputs and outputs of the points
                       -> ``MODEL_COMPARISON``
=====================  =====================================================================

``signal_bins.signal_bins`` (panel, signal_panel, signals, definitions, settings, panel_days
-> ``SIGNAL_BINS``, the same keywords) makes the bins; it stands apart because the library that it
uses takes seconds to import.
"""

from python_udfs.calibration.bands import probability_map, score_bands
from python_udfs.calibration.comparison import model_comparison
from python_udfs.calibration.curve import threshold_curve
from python_udfs.calibration.diagnosis import diagnose
from python_udfs.calibration.drift import drift
from python_udfs.calibration.exits import exit_thresholds
from python_udfs.calibration.folds import threshold_folds
from python_udfs.calibration.inputs import (
    CalibrationError,
    InvalidValueError,
    MissingColumnError,
)
from python_udfs.calibration.levels import suggested_levels
from python_udfs.calibration.periods import time_split
from python_udfs.calibration.points import suggested_definitions
from python_udfs.calibration.propensity import propensity_models
from python_udfs.calibration.signal_thresholds import signal_thresholds
from python_udfs.calibration.signals import signal_lift
from python_udfs.calibration.survival import conversion_curve, time_to_conversion
from python_udfs.calibration.verdict import calibrate

__all__ = [
    "CalibrationError",
    "InvalidValueError",
    "MissingColumnError",
    "calibrate",
    "conversion_curve",
    "diagnose",
    "drift",
    "exit_thresholds",
    "model_comparison",
    "probability_map",
    "propensity_models",
    "score_bands",
    "signal_lift",
    "signal_thresholds",
    "suggested_definitions",
    "suggested_levels",
    "threshold_curve",
    "threshold_folds",
    "time_split",
    "time_to_conversion",
]
