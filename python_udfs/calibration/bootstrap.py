"""Cluster bootstrap as weighted sums: clusters get random weights, rows are never resampled."""

import zlib
from collections.abc import Iterator

import numpy as np
from scipy import sparse, stats
from statsmodels.stats.proportion import proportion_confint
from tqdm import tqdm

from python_udfs.calibration.inputs import Floats, Integers

CONFIDENCE = 0.95
NORMAL_QUANTILE = float(stats.norm.isf((1 - CONFIDENCE) / 2))
"""Standard errors to the bounds of an interval of the normal distribution."""

_CELLS_AT_ONCE = 4_000_000
_PATIENCE = 3.0
"""Seconds after which a bootstrap shows how far it is."""


def generator_for(seed: int, definition_key: str) -> np.random.Generator:
    """Make the random numbers of one definition.

    Parameters
    ----------
    seed : int
        Seed of the run.
    definition_key : str
        The definition: adding another one must not change its intervals.

    Returns
    -------
    numpy.random.Generator
        The same for the same arguments, on every machine.
    """
    return np.random.default_rng([seed, zlib.crc32(definition_key.encode())])


def cluster_weights(
    cluster_count: int, draws: int, generator: np.random.Generator, *, result_count: int = 1
) -> Iterator[Floats]:
    """Draw how often each cluster counts, in chunks of bounded size.

    Independent Poisson(1) weights stand for resampling the clusters with replacement: for ratios
    the two agree closely, and the number of clusters may vary as it would in another period.

    Parameters
    ----------
    cluster_count : int
        Number of clusters.
    draws : int
        Number of draws in all.
    generator : numpy.random.Generator
        Source of randomness; the stream does not depend on the chunks.
    result_count : int
        Numbers that the caller computes from each draw; keeps the chunks small enough for these.

    Yields
    ------
    ndarray of float64, shape (draws in this chunk, cluster_count)
        Weights.

    References
    ----------
    Chamandy, Muralidharan, Najmi, Naidu (2012), Estimating uncertainty for massive data streams.
    """
    chunk = max(1, min(draws, _CELLS_AT_ONCE // max(cluster_count, result_count, 1)))
    # Shown, on stderr, only where it takes long enough for somebody to wonder.
    with tqdm(
        total=draws, desc="bootstrap", unit="draw", leave=False, delay=_PATIENCE, mininterval=1
    ) as progress:
        for start in range(0, draws, chunk):
            size = (min(chunk, draws - start), cluster_count)
            yield generator.poisson(1.0, size=size).astype(np.float64)
            progress.update(size[0])


def bootstrap_sums(
    features: sparse.csr_matrix, draws: int, generator: np.random.Generator
) -> Floats:
    """Sum features over resampled clusters.

    Parameters
    ----------
    features : scipy.sparse.csr_matrix of shape (features, clusters)
        What each cluster adds to each feature.
    draws : int
        Number of draws.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (draws, features)
        One row of sums per draw.
    """
    feature_count, cluster_count = features.shape
    sums = np.empty((draws, feature_count))
    done = 0
    for weights in cluster_weights(cluster_count, draws, generator, result_count=feature_count):
        sums[done : done + len(weights)] = (features @ weights.T).T
        done += len(weights)
    return sums


def effective_clusters(sizes: Floats) -> float:
    """Tell how many clusters of one size would say as much about the error of a rate.

    The rows of a cluster are taken to share their outcome, as the users of an account share its
    conversion. A few large clusters then decide how far the draws spread, however many small ones
    stand beside them.

    Parameters
    ----------
    sizes : ndarray of float64, shape (clusters,)
        Rows of each cluster.

    Returns
    -------
    float
        Between 1 and the number of clusters with rows, which it is when all are of one size; 0
        without rows.

    References
    ----------
    Carter, Schnepel and Steigerwald (2017), Asymptotic behavior of a t-test robust to cluster
    heterogeneity: their G*, for the mean, with clusters that share everything.
    """
    spread = np.square(sizes, dtype=np.float64)
    total = spread.sum()
    return float(total**2 / np.square(spread).sum()) if total > 0 else 0.0


def percentile_interval(draws: Floats, clusters: Floats | float = np.inf) -> tuple[Floats, Floats]:
    """Take the 95 % percentile interval of bootstrap draws.

    Draws spread less than estimates do when few clusters were seen, and their tails are those of
    the normal distribution. The expanded percentile interval takes further quantiles instead, those
    that make it as wide as a t interval of so many clusters; with many it is the plain one.

    Parameters
    ----------
    draws : ndarray of float64, shape (draws, ...)
        A figure in each draw; NaN where it is undefined.
    clusters : float or ndarray of float64, shape (...)
        Effective number of clusters behind each figure, see `effective_clusters`. With two or
        three the interval is the range of the draws.

    Returns
    -------
    low, high : ndarray of float64, shape (...)
        NaN where the figure is undefined in more than half of the draws.

    References
    ----------
    Hesterberg (2015), What teachers should know about the bootstrap: resampling in the
    undergraduate statistics curriculum (expanded percentile interval).
    """
    is_usable = np.isfinite(draws).mean(axis=0) > 0.5
    # Undefined draws would make numpy warn; they are masked where too many.
    filled = np.where(is_usable, np.where(np.isfinite(draws), draws, np.nan), 0.0)
    tails = np.broadcast_to(_expanded_tail(clusters), is_usable.shape)
    low, high = np.empty(is_usable.shape), np.empty(is_usable.shape)
    for tail in np.unique(tails):
        own = tails == tail
        low[own], high[own] = np.nanquantile(filled[:, own], [tail, 1 - tail], axis=0)
    return np.where(is_usable, low, np.nan), np.where(is_usable, high, np.nan)


def _expanded_tail(clusters: Floats | float) -> Floats:
    """Find the share of the draws to leave out on either side."""
    return np.asarray(stats.norm.sf(errors_to_bound(clusters)))


def errors_to_bound(clusters: Floats | float) -> Floats:
    """Tell how many standard errors away the bounds of a 95 % interval lie.

    Parameters
    ----------
    clusters : float or ndarray of float64
        Effective number of clusters behind each figure, see `effective_clusters`.

    Returns
    -------
    ndarray of float64
        That of a t interval, for an error whose squares were divided by the number of clusters.
    """
    count = _at_least_some(clusters)
    return np.asarray(stats.t.isf((1 - CONFIDENCE) / 2, count - 1) / np.sqrt(1 - 1 / count))


def two_sided_p_value(errors: Floats, clusters: Floats | float) -> Floats:
    """Take the p-value of an estimate, which is 0.05 where `errors_to_bound` has the bounds.

    Parameters
    ----------
    errors : ndarray of float64
        How many standard errors the estimate lies away from no effect, 0 or more.
    clusters : float or ndarray of float64
        Effective number of clusters behind each estimate.

    Returns
    -------
    ndarray of float64
        Between 0 and 1; NaN where ``errors`` is.
    """
    count = _at_least_some(clusters)
    return np.asarray(2 * stats.t.sf(errors * np.sqrt(1 - 1 / count), count - 1))


def _at_least_some(clusters: Floats | float) -> Floats:
    """Raise a number of clusters to where a t distribution has a use."""
    # Below two clusters the quantiles are off the draws anyway.
    return np.maximum(clusters, 1.5)


def wilson_interval(successes: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Take the 95 % Wilson score interval of a proportion.

    Used where the bootstrap has nothing to resample: when none or all of a group converted, every
    draw repeats the same rate and the interval would have no width.

    Parameters
    ----------
    successes, trials : ndarray of float64
        Counts, of the same shape.

    Returns
    -------
    low, high : ndarray of float64
        Between 0 and 1; NaN without trials.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = proportion_confint(successes, trials, alpha=1 - CONFIDENCE, method="wilson")
    return np.asarray(low), np.asarray(high)


def sum_matrix(
    rows: Integers, clusters: Integers, values: Floats, shape: tuple[int, int]
) -> sparse.csr_matrix:
    """Add values up by feature and cluster.

    Parameters
    ----------
    rows, clusters : ndarray of int64, shape (n,)
        Feature and cluster of each value.
    values : ndarray of float64, shape (n,)
        What is added.
    shape : tuple of int
        Number of features, number of clusters.

    Returns
    -------
    scipy.sparse.csr_matrix
        With sorted indices and without zeros, so that sums do not depend on row order.
    """
    matrix = sparse.coo_matrix((values, (rows, clusters)), shape=shape).tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix
