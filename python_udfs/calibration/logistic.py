"""Logistic regression on grouped rows: with a prior, cluster-robust errors, or sign constraints."""

import numpy as np
from scipy import optimize, special

from python_udfs.calibration.inputs import Floats, Integers

_MAX_STEPS = 50
_TOLERANCE = 1e-8


def fit_logistic(
    design: Floats, trials: Floats, successes: Floats, prior_precision: Floats
) -> tuple[Floats, Floats]:
    """Fit a logistic regression with a normal prior around 0 by Newton's method.

    Parameters
    ----------
    design : ndarray of float64, shape (groups, columns)
        One row per group of equal observations.
    trials, successes : ndarray of float64, shape (groups,)
        Observations and positive ones in each group.
    prior_precision : ndarray of float64, shape (columns,)
        1 / variance of the prior of each coefficient; 0: none. It keeps coefficients finite where
        a column separates the classes.

    Returns
    -------
    coefficients : ndarray of float64, shape (columns,)
        Log-odds.
    information : ndarray of float64, shape (columns, columns)
        Second derivative of the penalised negative log-likelihood.
    """
    coefficients = np.zeros(design.shape[1])
    loss = _loss(coefficients, design, trials, successes, prior_precision)
    for _ in range(_MAX_STEPS):
        gradient = _gradient(coefficients, design, trials, successes, prior_precision)
        step = np.linalg.lstsq(
            _information(coefficients, design, trials, prior_precision), gradient, rcond=None
        )[0]
        # A full step may overshoot far from the optimum; halve it until the loss falls.
        scale = 1.0
        while scale > _TOLERANCE:
            candidate = coefficients - scale * step
            reduced = _loss(candidate, design, trials, successes, prior_precision)
            if reduced <= loss:
                break
            scale /= 2
        else:
            break
        coefficients, loss = candidate, reduced
        if np.max(np.abs(scale * step)) < _TOLERANCE:
            break
    return coefficients, _information(coefficients, design, trials, prior_precision)


def fit_logistic_within_bounds(
    design: Floats,
    trials: Floats,
    successes: Floats,
    prior_precision: Floats,
    bounds: list[tuple[float | None, float | None]],
) -> Floats:
    """Fit as `fit_logistic` does, with every coefficient held within its bounds (L-BFGS-B).

    Parameters
    ----------
    design, trials, successes, prior_precision
        As in `fit_logistic`.
    bounds : list of (low, high), length columns
        None for no bound.

    Returns
    -------
    ndarray of float64, shape (columns,)
        Log-odds.
    """
    scale = max(trials.sum(), 1.0)

    def loss_and_gradient(coefficients: Floats) -> tuple[float, Floats]:
        loss = _loss(coefficients, design, trials, successes, prior_precision)
        gradient = _gradient(coefficients, design, trials, successes, prior_precision)
        return loss / scale, gradient / scale

    result = optimize.minimize(
        loss_and_gradient,
        np.zeros(design.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-9},
    )
    return np.asarray(result.x)


def log_likelihood(
    design: Floats, trials: Floats, successes: Floats, coefficients: Floats
) -> float:
    """Take the log-likelihood of a logistic regression, without a prior.

    Parameters
    ----------
    design, trials, successes
        As in `fit_logistic`.
    coefficients : ndarray of float64, shape (columns,)
        Log-odds.

    Returns
    -------
    float
        Less the constant of the binomial coefficients.
    """
    return -_loss(coefficients, design, trials, successes, np.zeros(len(coefficients)))


def cluster_robust_errors(scores: Floats, information: Floats) -> Floats:
    """Take standard errors that allow for dependent rows within a cluster (sandwich estimator).

    Parameters
    ----------
    scores : ndarray of float64, shape (clusters, columns)
        Sum of (outcome - fitted probability) * design over the rows of each cluster.
    information : ndarray of float64, shape (columns, columns)
        From `fit_logistic`.

    Returns
    -------
    ndarray of float64, shape (columns,)
        Standard errors of the coefficients.

    References
    ----------
    Liang and Zeger (1986), Longitudinal data analysis using generalized linear models.
    """
    bread = np.linalg.pinv(information, hermitian=True)
    clusters = len(scores)
    meat = scores.T @ scores * (clusters / max(clusters - 1, 1))
    return np.sqrt(np.clip(np.diag(bread @ meat @ bread), 0.0, None))


def group_patterns(columns: Integers, extra: Integers) -> tuple[Integers, Integers]:
    """Find the rows that are equal, so that a fit needs only one of each.

    Parameters
    ----------
    columns : ndarray of 0/1 integers, shape (n, k)
        Binary columns.
    extra : ndarray of int64, shape (n,)
        One more column with small codes from 0 on.

    Returns
    -------
    first : ndarray of int64, shape (groups,)
        A row of each group.
    group : ndarray of int64, shape (n,)
        Group of each row.
    """
    first = np.zeros(min(len(extra), 1), dtype=np.int64)
    group = extra.astype(np.int64)
    bits = 30  # codes of groups stay below 2**31, so a block of 30 more bits fits into 64
    for start in range(0, max(columns.shape[1], 1), bits):
        block = columns[:, start : start + bits].astype(np.int64)
        packed = block @ (1 << np.arange(block.shape[1], dtype=np.int64))
        _, first, group = np.unique(
            (group << bits) | packed, return_index=True, return_inverse=True
        )
    return first.astype(np.int64), group.astype(np.int64)


def _loss(
    coefficients: Floats, design: Floats, trials: Floats, successes: Floats, precision: Floats
) -> float:
    """Penalised negative log-likelihood."""
    linear = design @ coefficients
    likelihood = trials @ np.logaddexp(0.0, linear) - successes @ linear
    return float(likelihood + 0.5 * precision @ coefficients**2)


def _gradient(
    coefficients: Floats, design: Floats, trials: Floats, successes: Floats, precision: Floats
) -> Floats:
    """First derivative of `_loss`."""
    fitted = trials * special.expit(design @ coefficients)
    return design.T @ (fitted - successes) + precision * coefficients


def _information(coefficients: Floats, design: Floats, trials: Floats, precision: Floats) -> Floats:
    """Second derivative of `_loss`."""
    probability = special.expit(design @ coefficients)
    weights = trials * probability * (1 - probability)
    return design.T @ (design * weights[:, None]) + np.diag(precision)
