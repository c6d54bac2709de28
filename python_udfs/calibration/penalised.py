"""Penalised fits on the fit period: which rows, in which folds, of which penalty."""

from contextlib import AbstractContextManager

import numpy as np
import numpy.typing as npt
from scipy import special
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from python_udfs.calibration.inputs import Flags, Floats, Integers

MAX_FIT_ROWS = 200_000
"""More rows than this hardly change a model of a few dozen steps per factor; whole accounts are
drawn, always the same ones."""

FOLDS = 3
FOLD_SHARE = 0.6
"""Share of the days of the fit period that a fold may learn from; it is tried on the rest."""

STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Candidates of the inverse of the penalty, on the likelihood of one row per account."""


def one_thread() -> AbstractContextManager[object]:
    """Keep the numerical libraries to one thread.

    Their threads wait for each other in a busy loop: beside the other models of a build that costs
    far more than it brings. Sums come out the same on machines with other numbers of cores, too.
    """
    return threadpool_limits(limits=1)


def draw_accounts(mixed: npt.NDArray[np.uint64]) -> Flags:
    """Choose at most `MAX_FIT_ROWS` rows, whole accounts in order of their hash.

    Parameters
    ----------
    mixed : ndarray of uint64, shape (n,)
        A hash of the account.

    Returns
    -------
    ndarray of bool, shape (n,)
        Which rows to fit on.
    """
    _, account, rows = np.unique(mixed, return_inverse=True, return_counts=True)
    return (np.cumsum(rows) <= MAX_FIT_ROWS)[account]


def part_rows(panel_on: Integers, mixed: npt.NDArray[np.uint64]) -> list[tuple[Flags, Flags]]:
    """Part rows by time and account: the earlier days of some, the later days of the others.

    Days of one account overlap in their outcome, so the two parts share no account; then no gap is
    needed between them, which a short history could not spare.

    Parameters
    ----------
    panel_on : ndarray of int64, shape (n,)
        Day numbers.
    mixed : ndarray of uint64, shape (n,)
        A hash of the account.

    Returns
    -------
    list of (learnt, tried), each ndarray of bool, shape (n,)
        `FOLDS` pairs.
    """
    first, last = panel_on.min(), panel_on.max()
    is_early = panel_on < first + FOLD_SHARE * (last - first)
    fold = mixed % np.uint64(FOLDS)
    return [(is_early & (fold != i), ~is_early & (fold == i)) for i in range(FOLDS)]


def fit_directed(
    design: Floats, labels: Flags, clusters: Integers, strength: float
) -> tuple[float, Floats]:
    """Fit a logistic regression with weights of 0 or more: those below are left out until none is.

    Parameters
    ----------
    design : ndarray of float64, shape (n, columns)
        Columns that speak for the outcome.
    labels : ndarray of bool, shape (n,)
        Outcome.
    clusters : ndarray of int64, shape (n,)
        Account of each row.
    strength : float
        Inverse of the L2 penalty, on the likelihood of one row per account.

    Returns
    -------
    base : float
        Log-odds where all columns are 0.
    weights : ndarray of float64, shape (columns,)
        Log-odds per unit; 0 for what was left out.
    """
    weights = np.zeros(design.shape[1])
    # One row per account, so that the penalty means the same whatever the step of the grid.
    share = len(np.unique(clusters)) / len(clusters)
    left = np.flatnonzero(design.std(axis=0) > 0)
    base = float(special.logit(labels.mean()))
    while len(left):
        fitted = LogisticRegression(C=strength * share, solver="newton-cholesky", tol=1e-6).fit(
            design[:, left], labels
        )
        base, own = float(fitted.intercept_[0]), fitted.coef_[0]
        if (own >= 0).all():
            weights[left] = own
            break
        left = left[own >= 0]
        base = float(special.logit(labels.mean()))
    return base, weights


def mean_log_loss(labels: Flags, log_odds: Floats) -> float:
    """Take the mean log loss.

    Parameters
    ----------
    labels : ndarray of bool, shape (n,)
        Outcome.
    log_odds : ndarray of float64, shape (n,)
        Forecast.

    Returns
    -------
    float
        In nats.
    """
    return float(np.mean(np.logaddexp(0.0, log_odds) - labels * log_odds))
