"""How well a score ranks those who convert before those who do not (area under the ROC curve)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from python_udfs.calibration.bootstrap import (
    cluster_weights,
    effective_clusters,
    percentile_interval,
    sum_matrix,
)
from python_udfs.calibration.inputs import Flags, Floats, Integers


@dataclass(frozen=True)
class RankingAreas:
    """The area under the ROC curve of one or more scores on the same rows.

    Attributes
    ----------
    value : ndarray of float64, shape (scores,)
        0.5 is chance.
    draws : ndarray of float64, shape (draws, scores)
        The same in every bootstrap draw.
    clusters : float
        Effective number of accounts, see `clusters_of_rarer_class`.
    """

    value: Floats
    draws: Floats
    clusters: float

    def is_beyond_chance(self, i: int) -> bool:
        """Tell whether the 95 % interval of one score lies above 0.5."""
        return bool(percentile_interval(self.draws[:, i], self.clusters)[0] > 0.5)

    def difference(self) -> tuple[float, float]:
        """Take the 95 % interval of the area of the second score less that of the first."""
        low, high = percentile_interval(self.draws[:, 1] - self.draws[:, 0], self.clusters)
        return float(low), float(high)


def ranking_areas(
    scores: list[Floats],
    labels: Flags,
    clusters: Integers,
    cluster_count: int,
    *,
    draws: int,
    generator: np.random.Generator,
) -> RankingAreas | None:
    """Take the area under the ROC curve of one or more scores, ties counted as halves.

    Parameters
    ----------
    scores : list of ndarray of float64, shape (n,)
        The scores to compare on the same rows.
    labels : ndarray of bool, shape (n,)
        Whether each row converted.
    clusters : ndarray of int64, shape (n,)
        Account of each row.
    cluster_count : int
        Number of accounts.
    draws : int
        Bootstrap draws over accounts, the same ones for every score.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    RankingAreas or None
        None when all rows have the same label.
    """
    if not labels.any() or labels.all():
        return None
    sums = [sums_by_level(score, labels, clusters, cluster_count) for score in scores]
    everyone = np.ones((1, cluster_count))
    areas = np.array([area_under_curve(level @ everyone.T)[0] for level in sums])
    most_levels = max(level.shape[0] for level in sums)
    drawn = [
        np.column_stack([area_under_curve(level @ weights.T) for level in sums])
        for weights in cluster_weights(cluster_count, draws, generator, result_count=most_levels)
    ]
    return RankingAreas(areas, np.concatenate(drawn), clusters_of_rarer_class(labels, clusters))


def clusters_of_rarer_class(labels: Flags, clusters: Integers) -> float:
    """Tell how many accounts of one size stand behind a comparison of converters with the others.

    Parameters
    ----------
    labels : ndarray of bool, shape (n,)
        Whether each row converted.
    clusters : ndarray of int64, shape (n,)
        Account of each row.

    Returns
    -------
    float
        `effective_clusters` of the converters or of the others, whichever are fewer: however many
        the others are, twenty converters place a ranking no better than twenty can.
    """
    return min(effective_clusters(np.bincount(clusters[is_side])) for is_side in (labels, ~labels))


def sums_by_level(
    score: Floats, labels: Flags, clusters: Integers, cluster_count: int
) -> sparse.csr_matrix:
    """Count negatives, then positives, by score level and cluster.

    Parameters
    ----------
    score : ndarray of float64, shape (n,)
        The score; equal scores form a level.
    labels : ndarray of bool, shape (n,)
        Whether each row converted.
    clusters : ndarray of int64, shape (n,)
        Account of each row.
    cluster_count : int
        Number of accounts.

    Returns
    -------
    scipy.sparse.csr_matrix of shape (2 * levels, clusters)
        Negatives of each level, the lowest score first, then positives.
    """
    levels, level = np.unique(score, return_inverse=True)
    return sum_matrix(
        level + len(levels) * labels.astype(np.int64),
        clusters,
        np.ones(len(score)),
        (2 * len(levels), cluster_count),
    )


def area_under_curve(sums: Floats) -> Floats:
    """Take the area under the ROC curve from counts by level.

    Parameters
    ----------
    sums : ndarray of float64, shape (2 * levels, draws)
        `sums_by_level` times the weights of the clusters.

    Returns
    -------
    ndarray of float64, shape (draws,)
        NaN with one class only.
    """
    levels = len(sums) // 2
    negatives, positives = sums[:levels], sums[levels:]
    below = np.cumsum(negatives, axis=0) - negatives / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (positives * below).sum(axis=0) / (positives.sum(axis=0) * negatives.sum(axis=0))


def lift_of_top(sums: Floats, share: float) -> Floats:
    """Take the rate among the highest scores over the rate of all.

    Of the level that the boundary cuts, the same part of negatives and positives belongs to the
    top: tied scores cannot be told apart.

    Parameters
    ----------
    sums : ndarray of float64, shape (2 * levels, draws)
        As in `area_under_curve`.
    share : float
        Share of the rows that are the top, above 0 and at most 1.

    Returns
    -------
    ndarray of float64, shape (draws,)
        NaN without a positive row.
    """
    levels = len(sums) // 2
    positives = sums[levels:][::-1]
    rows = positives + sums[:levels][::-1]
    total = rows.sum(axis=0)
    before = np.cumsum(rows, axis=0) - rows
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(rows > 0, np.clip((share * total - before) / rows, 0, 1), 0.0)
        rate = (part * positives).sum(axis=0) / (share * total)
        return rate / (positives.sum(axis=0) / total)
