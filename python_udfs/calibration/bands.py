"""From score to probability: a monotone map, and how it held up afterwards."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.isotonic import IsotonicRegression

from python_udfs.calibration import schemas
from python_udfs.calibration.bootstrap import (
    CONFIDENCE,
    bootstrap_sums,
    effective_clusters,
    generator_for,
    percentile_interval,
    sum_matrix,
    wilson_interval,
)
from python_udfs.calibration.inputs import (
    Day,
    Definition,
    Floats,
    Frame,
    check_arguments,
    day_number,
    read_definitions,
    seal,
)
from python_udfs.calibration.panels import Panel, read_panels
from python_udfs.calibration.periods import Periods, time_split
from python_udfs.calibration.ranking import ranking_areas

MAX_BANDS = 10


def score_bands(
    panel: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Compare the probability map of the fit period with the rates of the hold-out, by band.

    Parameters
    ----------
    panel, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL``, ``DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.
    seed : int
        Seed of the bootstrap.
    draws : int
        Draws of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.SCORE_BANDS``. The unit is an entity-week of the hold-out, because the
        map is asked about a score on some day, not about a first crossing; the intervals resample
        accounts. No rows for a definition without a fitted map. A map that the two periods do not
        support is shown here with ``is_used`` false, and is not handed out by `probability_map`.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.
    """
    check_arguments(horizon_days, seed, draws)
    rows: list[dict[str, object]] = []
    for definition, own, periods, fitted in _maps(
        panel, definitions, settings, panel_days, as_of, horizon_days
    ):
        rows.extend(_band_rows(definition, own, periods, fitted, draws, seed))
    return seal(rows, schemas.SCORE_BANDS, ["definition_key", "band"])


def probability_map(
    panel: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Map scores to conversion probabilities, as intervals for a join.

    The scores of the fit period are cut into at most ``MAX_BANDS`` bands of similar size, tied
    scores together and each with at least ``min_entities`` accounts; the rates of the bands are
    made to rise with the score (isotonic regression by pool adjacent violators). Bands rather than
    single scores keep a handful of lucky accounts at the top from becoming a certainty.

    Parameters
    ----------
    panel, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL``, ``DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which a conversion counts.
    seed : int
        Seed of the bootstrap.
    draws : int
        Draws of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.PROBABILITY_MAP``. No rows for a definition whose audience is customer,
        with a missing score, with a single band, with fewer than ``min_conversions`` converting
        accounts in the fit period, when the history is too short to split, or when in the fit
        period or the hold-out the score does not rank converters better than chance: then nobody
        gets a probability.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Zadrozny and Elkan (2002), Transforming classifier scores into accurate multiclass probability
    estimates.
    """
    check_arguments(horizon_days, seed, draws)
    rows: list[dict[str, object]] = []
    for definition, own, periods, fitted in _maps(
        panel, definitions, settings, panel_days, as_of, horizon_days
    ):
        if not _ranks_better_than_chance(definition, own, periods, draws, seed):
            continue
        # Bands that share a probability become one interval.
        is_new = np.append(True, np.diff(fitted.probability) > 0)
        lows = np.append(-schemas.OPEN_SCORE, fitted.edges)[is_new]
        highs = np.append(lows[1:], schemas.OPEN_SCORE)
        rows.extend(
            {
                "definition_key": definition.key,
                "score_min": low,
                "score_max": high,
                "conversion_probability": probability,
            }
            for low, high, probability in zip(lows, highs, fitted.probability[is_new], strict=True)
        )
    return seal(rows, schemas.PROBABILITY_MAP, ["definition_key", "score_min"])


@dataclass(frozen=True)
class ProbabilityMap:
    """A rising step function.

    Attributes
    ----------
    edges : ndarray of float64, shape (bands - 1,)
        Lowest score of the second, third, ... band.
    probability : ndarray of float64, shape (bands,)
        Never falls.
    """

    edges: Floats
    probability: Floats


def _maps(
    panel: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    as_of: Day,
    horizon_days: int,
) -> list[tuple[Definition, Panel, Periods, ProbabilityMap]]:
    """Fit the map of every definition that supports one."""
    known = read_definitions(definitions, settings)
    if not known:
        return []
    last_mature_day = day_number(as_of) - horizon_days
    panels = read_panels(panel, [one.key for one in known], last_mature_day)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    found = []
    for definition in known:
        own = panels[definition.key]
        fitted = None if periods is None else fit_map(definition, own, periods)
        if periods is not None and fitted is not None:
            found.append((definition, own, periods, fitted))
    return found


def fit_map(definition: Definition, panel: Panel, periods: Periods) -> ProbabilityMap | None:
    """Fit the map on the fit period, or None where the data do not support one."""
    rows = panel.in_split(periods, "fit")
    if (
        definition.audience == "customer"
        or np.isnan(panel.score).any()
        or panel.converting_clusters(rows) < definition.settings.min_conversions
    ):
        return None
    score, cluster = panel.score[rows], panel.cluster[rows]
    label = panel.is_converted[rows].astype(np.float64)
    edges = _band_edges(score)
    while len(edges):
        # Merge the thinnest band with its lower neighbour until all have enough accounts.
        band = np.searchsorted(edges, score, side="right")
        pairs = np.unique(band * panel.cluster_count + cluster) // panel.cluster_count
        clusters = np.bincount(pairs, minlength=len(edges) + 1)
        thinnest = int(np.argmin(clusters))
        if clusters[thinnest] >= definition.settings.min_entities:
            break
        edges = np.delete(edges, max(thinnest - 1, 0))
    if len(edges) == 0:
        return None
    weeks = np.bincount(band, minlength=len(edges) + 1)
    rates = np.bincount(band, weights=label, minlength=len(edges) + 1) / weeks
    probability = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(
        np.arange(len(rates)), rates, sample_weight=weeks
    )
    return ProbabilityMap(edges=edges, probability=np.asarray(probability, dtype=np.float64))


def _ranks_better_than_chance(
    definition: Definition, panel: Panel, periods: Periods, draws: int, seed: int
) -> bool:
    """Tell whether the score ranks converters beyond the 95 % interval, in both periods.

    One period alone is passed by chance in one of forty cases, which over several definitions and
    builds is too often for a probability that people act on.
    """
    for split in schemas.SPLITS:
        rows = panel.in_split(periods, split)
        compared = ranking_areas(
            [panel.score[rows]],
            panel.is_converted[rows],
            panel.cluster[rows],
            panel.cluster_count,
            draws=draws,
            generator=generator_for(seed, definition.key),
        )
        if compared is None or not compared.is_beyond_chance(0):
            return False
    return True


def _band_edges(score: Floats) -> Floats:
    """Cut scores into bands of similar size; equal scores are never parted."""
    # Half of the bands share the lower 80 %, where most entities idle; half the upper 20 %.
    shares = np.concatenate(
        [
            np.linspace(0, 0.8, MAX_BANDS // 2, endpoint=False)[1:],
            np.linspace(0.8, 1, MAX_BANDS // 2, endpoint=False),
        ]
    )
    edges = np.unique(np.quantile(score, shares, method="inverted_cdf"))
    return edges[edges > score.min()]


def _band_rows(
    definition: Definition,
    panel: Panel,
    periods: Periods,
    fitted: ProbabilityMap,
    draws: int,
    seed: int,
) -> list[dict[str, object]]:
    """Write the rows of one definition."""
    rows = panel.in_split(periods, "holdout")
    fit = panel.in_split(periods, "fit")
    score, cluster, entity = panel.score[rows], panel.cluster[rows], panel.entity[rows]
    label = panel.is_converted[rows].astype(np.float64)
    bands = len(fitted.probability)
    band = np.searchsorted(fitted.edges, score, side="right").astype(np.int64)
    fit_band = np.searchsorted(fitted.edges, panel.score[fit], side="right").astype(np.int64)
    fit_label = panel.is_converted[fit].astype(np.float64)
    features = sum_matrix(
        np.concatenate([band, band + bands, fit_band + 2 * bands, fit_band + 3 * bands]),
        np.concatenate([cluster, cluster, panel.cluster[fit], panel.cluster[fit]]),
        np.concatenate([np.ones(len(band)), label, np.ones(len(fit_band)), fit_label]),
        (4 * bands, panel.cluster_count),
    )
    sums = bootstrap_sums(features, draws, generator_for(seed, definition.key))
    holdout_n, holdout_sum, fit_n, fit_sum = np.split(sums, 4, axis=1)
    accounts_of = np.array([effective_clusters(row.data) for row in features])
    holdout_accounts, _, fit_accounts, _ = np.split(accounts_of, 4)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = holdout_sum / holdout_n
        low, high = percentile_interval(observed, holdout_accounts)
    expected = _expected_intervals(
        fitted.probability,
        rising_rates(fit_sum, fit_n),
        observed,
        np.minimum(holdout_accounts, fit_accounts),
    )
    is_used = _ranks_better_than_chance(definition, panel, periods, draws, seed)
    n = np.bincount(band, minlength=bands)
    conversions = np.bincount(band, weights=label, minlength=bands)
    result: list[dict[str, object]] = []
    for i in range(bands):
        in_band = band == i
        rate = conversions[i] / n[i] if n[i] else np.nan
        accounts = float(len(np.unique(cluster[in_band])))
        if rate in (0.0, 1.0):
            lowest, highest = wilson_interval(np.array(rate * accounts), np.array(accounts))
            low[i], high[i] = np.fmin(low[i], lowest), np.fmax(high[i], highest)
        probability = fitted.probability[i]
        is_within = partial(_is_within, rate, given=probability, rate_low=low[i], rate_high=high[i])
        result.append(
            {
                "definition_key": definition.key,
                "band": i + 1,
                "score_min": score[in_band].min() if n[i] else np.nan,
                "score_max": score[in_band].max() if n[i] else np.nan,
                "n": n[i],
                "entities": len(np.unique(entity[in_band])),
                "conversions": conversions[i],
                "observed_rate": rate,
                "rate_low": low[i],
                "rate_high": high[i],
                "calibrated_probability": probability,
                "probability_low": expected.low[i],
                "probability_high": expected.high[i],
                "is_within_interval": is_within(expected.low[i], expected.high[i]),
                "simultaneous_low": expected.simultaneous_low[i],
                "simultaneous_high": expected.simultaneous_high[i],
                "is_within_simultaneous_interval": is_within(
                    expected.simultaneous_low[i], expected.simultaneous_high[i]
                ),
                "is_used": is_used,
            }
        )
    return result


def mapped_probabilities(definition: Definition, panel: Panel, periods: Periods) -> Floats | None:
    """Give every row of a panel the probability of the map of the fit period.

    Parameters
    ----------
    definition : Definition
        The definition, for its sample floors.
    panel : Panel
        Its rows, with the score to map.
    periods : Periods
        The split.

    Returns
    -------
    ndarray of float64, shape (rows,)
        Probabilities, or None where the data do not support a map (see `probability_map`).
    """
    fitted = fit_map(definition, panel, periods)
    if fitted is None:
        return None
    return fitted.probability[np.searchsorted(fitted.edges, panel.score, side="right")]


def rising_rates(successes: Floats, trials: Floats) -> Floats:
    """Make rates that never fall from band to band, in every draw.

    Parameters
    ----------
    successes, trials : ndarray of float64, shape (draws, bands)
        Sums; a band without trials takes the rate of its neighbours.

    Returns
    -------
    ndarray of float64, shape (draws, bands)
        Rates after pool adjacent violators, weighted by the trials.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.where(trials > 0, successes / trials, 0.0)
    weights = np.maximum(trials, 1e-9)
    model = IsotonicRegression(y_min=0.0, y_max=1.0)
    place = np.arange(rates.shape[1])
    return np.array(
        [
            model.fit_transform(place, rate, sample_weight=weight)
            for rate, weight in zip(rates, weights, strict=True)
        ]
    ).reshape(rates.shape)


@dataclass(frozen=True)
class _Expected:
    """Where the observed rate of each band is to be expected; arrays of shape (bands,).

    Attributes
    ----------
    low, high : ndarray of float64
        For one band looked at alone.
    simultaneous_low, simultaneous_high : ndarray of float64
        For all bands looked at together.
    """

    low: Floats
    high: Floats
    simultaneous_low: Floats
    simultaneous_high: Floats


def _expected_intervals(
    given: Floats, drawn: Floats, observed: Floats, clusters: Floats
) -> _Expected:
    """Take the intervals in which the observed rates are to be expected, given the map.

    The map is an estimate as well: its own uncertainty counts beside that of the hold-out.

    Of six independent bands of a right map, at least one lies outside its own interval in a quarter
    of the cases. For all bands together each interval is stretched, all by one factor: that at
    which 95 % of the draws lie inside in every band (sup-t; Montiel Olea and Plagborg-Møller, 2019,
    Simultaneous confidence bands).
    """
    is_seen = np.isfinite(observed)
    with np.errstate(invalid="ignore"):
        centre = np.where(is_seen, observed, 0.0).sum(axis=0) / is_seen.sum(axis=0)
    error = (observed - centre) - (drawn - given)
    plain_low, plain_high = percentile_interval(error)
    with np.errstate(divide="ignore", invalid="ignore"):
        # How far out each draw lies, as a share of the way to the bound on its side.
        way = np.where(error < 0, error / plain_low, error / plain_high)
    farthest = np.where(np.isfinite(way), way, 0.0).max(axis=1)
    stretch = max(1.0, float(np.quantile(farthest, CONFIDENCE)))
    low, high = percentile_interval(error, clusters)
    return _Expected(
        low=np.clip(given + low, 0.0, 1.0),
        high=np.clip(given + high, 0.0, 1.0),
        simultaneous_low=np.clip(given + stretch * low, 0.0, 1.0),
        simultaneous_high=np.clip(given + stretch * high, 0.0, 1.0),
    )


def _is_within(
    rate: float, low: float, high: float, given: float, rate_low: float, rate_high: float
) -> bool | None:
    """Tell whether the observed rate is what the map lets expect; None where nobody was seen."""
    if not np.isfinite(rate):
        return None
    if rate in (0.0, 1.0):
        # Resampling finds no spread where none or all converted; Wilson's interval has one.
        return bool(rate_low <= given <= rate_high)
    return bool(low <= rate <= high)
