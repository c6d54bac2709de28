"""How well a score ranks those who convert before those who do not (area under the ROC curve)."""

import numpy as np
from scipy import sparse

from python_udfs.calibration.bootstrap import cluster_weights, sum_matrix
from python_udfs.calibration.inputs import Flags, Floats, Integers


def ranking_areas(
    scores: list[Floats],
    labels: Flags,
    clusters: Integers,
    cluster_count: int,
    *,
    draws: int,
    generator: np.random.Generator,
) -> tuple[Floats, Floats] | None:
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
    areas : ndarray of float64, shape (len(scores),)
        0.5 is chance.
    drawn : ndarray of float64, shape (draws, len(scores))
        The same in every draw.
    None
        Instead of both, when all rows have the same label.
    """
    if not labels.any() or labels.all():
        return None
    sums = [_sums_by_level(score, labels, clusters, cluster_count) for score in scores]
    everyone = np.ones((1, cluster_count))
    areas = np.array([_area(level @ everyone.T)[0] for level in sums])
    most_levels = max(level.shape[0] for level in sums)
    drawn = [
        np.column_stack([_area(level @ weights.T) for level in sums])
        for weights in cluster_weights(cluster_count, draws, generator, result_count=most_levels)
    ]
    return areas, np.concatenate(drawn)


def _sums_by_level(
    score: Floats, labels: Flags, clusters: Integers, cluster_count: int
) -> sparse.csr_matrix:
    """Count negatives, then positives, by score level and cluster; rows rise with the score."""
    levels, level = np.unique(score, return_inverse=True)
    return sum_matrix(
        level + len(levels) * labels.astype(np.int64),
        clusters,
        np.ones(len(score)),
        (2 * len(levels), cluster_count),
    )


def _area(sums: Floats) -> Floats:
    """Area per draw from counts of shape (2 * levels, draws); NaN with one class only."""
    levels = len(sums) // 2
    negatives, positives = sums[:levels], sums[levels:]
    below = np.cumsum(negatives, axis=0) - negatives / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return (positives * below).sum(axis=0) / (positives.sum(axis=0) * negatives.sum(axis=0))
