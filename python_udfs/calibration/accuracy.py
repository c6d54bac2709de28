"""How well scores and probabilities foretold what happened, with intervals by account."""

from dataclasses import dataclass

import numpy as np

from python_udfs.calibration.bootstrap import cluster_weights, percentile_interval, sum_matrix
from python_udfs.calibration.inputs import Flags, Floats, Integers
from python_udfs.calibration.ranking import (
    area_under_curve,
    clusters_of_rarer_class,
    lift_of_top,
    sums_by_level,
)

TOP_SHARE = 0.1

MAX_LEVELS = 1000
"""Scores with more distinct values are grouped into so many for the bootstrap of the ranking; the
figure itself is exact."""

LEAST_PROBABILITY = 1e-6
"""Keeps one certain but wrong probability from an infinite log loss."""

FIGURES = ("auc", "top_decile_lift", "brier", "log_loss", "brier_skill", "log_loss_skill")


@dataclass(frozen=True)
class Forecast:
    """What a model said of each row of the hold-out.

    Attributes
    ----------
    score : ndarray of float64, shape (n,)
        Ranks the rows.
    probability : ndarray of float64, shape (n,), or None
        None: the score could not be mapped to a probability.
    """

    score: Floats
    probability: Floats | None


@dataclass(frozen=True)
class Accuracy:
    """The figures of one model.

    Attributes
    ----------
    value, low, high : dict of str to float
        By name from `FIGURES`; NaN where undefined.
    log_loss_draws : ndarray of float64, shape (draws,)
        Log loss in every draw, for differences between models.
    clusters : float
        Effective number of accounts, see `clusters_of_rarer_class`.
    """

    value: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]
    log_loss_draws: Floats
    clusters: float


def measure_forecasts(
    forecasts: dict[str, Forecast],
    reference: float,
    labels: Flags,
    clusters: Integers,
    cluster_count: int,
    *,
    draws: int,
    generator: np.random.Generator,
) -> dict[str, Accuracy]:
    """Measure forecasts of the same rows, all on the same bootstrap draws.

    Parameters
    ----------
    forecasts : dict of str to Forecast
        By name of the model.
    reference : float
        The constant probability that skill compares with.
    labels : ndarray of bool, shape (n,)
        Whether each row had the outcome.
    clusters : ndarray of int64, shape (n,)
        Account of each row.
    cluster_count : int
        Number of accounts.
    draws : int
        Bootstrap draws over accounts.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Accuracy
        For every forecast; all figures are NaN without rows, the ranking with one class only.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability; Murphy (1973), on
    skill against a constant forecast.
    """
    # Only the accounts that have a row are resampled.
    present, clusters = np.unique(clusters, return_inverse=True)
    cluster_count = len(present)
    levels = {
        name: sums_by_level(_grouped(one.score), labels, clusters, cluster_count)
        for name, one in forecasts.items()
    }
    errors = {"": np.full(len(labels), reference)} | {
        name: one.probability for name, one in forecasts.items() if one.probability is not None
    }
    kinds = list(errors)
    losses = np.vstack([_losses(errors[name], labels) for name in kinds])
    totals = sum_matrix(
        np.repeat(np.arange(len(losses) + 1), len(labels)),
        np.tile(clusters, len(losses) + 1),
        np.concatenate([np.ones(len(labels)), losses.ravel()]),
        (len(losses) + 1, cluster_count),
    )
    most = max((level.shape[0] for level in levels.values()), default=1)
    drawn: dict[str, list[Floats]] = {name: [] for name in forecasts}
    drawn_totals = []
    for weights in cluster_weights(cluster_count, draws, generator, result_count=2 * most):
        for name, level in levels.items():
            sums = level @ weights.T
            drawn[name].append(np.vstack([area_under_curve(sums), lift_of_top(sums, TOP_SHARE)]))
        drawn_totals.append(totals @ weights.T)
    totals_by_draw = np.concatenate(drawn_totals, axis=1)
    everyone = np.ones((cluster_count, 1))
    # Errors of rare outcomes are those of the few who had them, in a mean over all rows as well.
    effective = clusters_of_rarer_class(labels, clusters)
    result = {}
    for name, one in forecasts.items():
        exact = sums_by_level(one.score, labels, clusters, cluster_count) @ everyone
        ranking = np.array([area_under_curve(exact)[0], lift_of_top(exact, TOP_SHARE)[0]])
        own = kinds.index(name) if name in kinds else None
        value = np.append(ranking, _probability_figures(totals @ everyone, own)[:, 0])
        by_draw = np.vstack(
            [np.concatenate(drawn[name], axis=1), _probability_figures(totals_by_draw, own)]
        )
        low, high = percentile_interval(by_draw.T, effective)
        result[name] = Accuracy(
            value=dict(zip(FIGURES, map(float, value), strict=True)),
            low=dict(zip(FIGURES, map(float, low), strict=True)),
            high=dict(zip(FIGURES, map(float, high), strict=True)),
            log_loss_draws=by_draw[FIGURES.index("log_loss")],
            clusters=effective,
        )
    return result


def _losses(probability: Floats, labels: Flags) -> Floats:
    """Squared error and log loss of each row, shape (2, n)."""
    kept = np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.vstack(
        [(probability - labels) ** 2, -np.where(labels, np.log(kept), np.log1p(-kept))]
    )


def _probability_figures(totals: Floats, own: int | None) -> Floats:
    """Brier, log loss and their skills from sums of shape (1 + 2 * forecasts, draws)."""
    if own is None:
        return np.full((4, totals.shape[1]), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = totals[1 + 2 * own : 3 + 2 * own] / totals[0]
        references = totals[1:3] / totals[0]
        return np.vstack([means, 1 - means / references])


def _grouped(score: Floats) -> Floats:
    """Group scores with very many distinct values into `MAX_LEVELS` of similar size."""
    levels = np.unique(score)
    if len(levels) <= MAX_LEVELS:
        return score
    edges = np.unique(
        np.quantile(score, np.linspace(0, 1, MAX_LEVELS, endpoint=False), method="inverted_cdf")
    )
    return np.searchsorted(edges, score, side="right").astype(np.float64)
