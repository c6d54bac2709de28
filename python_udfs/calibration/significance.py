"""When a difference counts as beyond chance, and when nothing found means nothing."""

import numpy as np
from statsmodels.stats.multitest import multipletests

from python_udfs.calibration.inputs import Floats

SIGNIFICANCE = 0.05
"""Adjusted p-value below which a difference counts as beyond chance."""

CERTAINTY = 0.01
"""The level at which one view alone may say that a signal points the wrong way, and at which the
fit behind suggested points has to be beyond chance as a whole."""

LARGEST_UNSEEN_ERROR = np.log(2) / 2.8
"""Standard error of a log ratio up to which a doubling or halving would have been seen: there, a
test at 5 % has 80 % power against it (1.96 + 0.84 standard errors)."""

MIN_EXPECTED_CONVERSIONS = 5
"""Least number of converting accounts to expect on either side of a comparison, were there no
difference; with fewer no comparison is made."""


def adjust_p_values(p_value: Floats) -> Floats:
    """Adjust p-values for their number (Benjamini-Hochberg).

    Parameters
    ----------
    p_value : ndarray of float64, shape (n,)
        NaN where nothing was tested.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN likewise.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate.
    """
    adjusted = np.full(len(p_value), np.nan)
    is_given = np.isfinite(p_value)
    if is_given.any():
        adjusted[is_given] = multipletests(p_value[is_given], method="fdr_bh")[1]
    return adjusted
