"""Crossing backtest: who would have reached each threshold, when, and did they convert."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from python_udfs.calibration import schemas
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    effective_clusters,
    percentile_interval,
    sum_matrix,
    wilson_interval,
)
from python_udfs.calibration.inputs import (
    NEVER,
    SCORE_DECIMALS,
    CalibrationError,
    Flags,
    Floats,
    Frame,
    Integers,
    InvalidValueError,
    Settings,
    cluster_codes,
    read_table,
    rows_by_definition,
    sorted_codes,
)
from python_udfs.calibration.periods import TENURE_EDGES, Periods, tenure_groups

MAX_THRESHOLDS = 60
"""Most candidate thresholds beside the one in force."""

_TENURES = len(TENURE_EDGES) + 1


@dataclass(frozen=True)
class History:
    """Entities of one definition and the records of their scores, in sorted order.

    Attributes
    ----------
    cluster : ndarray of int64, shape (entities,)
        Cluster of each entity.
    cluster_count : int
        Number of clusters.
    eligible_from, eligible_to, converted_on, first_scored_on : ndarray of int64, shape (entities,)
        Day numbers; ``NEVER`` when missing or, for conversions, after the as-of day.
    entity : ndarray of int64, shape (records,)
        Position of the entity of each record.
    reached_on : ndarray of int64, shape (records,)
        Day of each record.
    score, score_before : ndarray of float64, shape (records,)
        The record and the one before it (minus infinity: none), in points.
    missing_scores : int
        Records left out because they have no score.
    """

    cluster: Integers
    cluster_count: int
    eligible_from: Integers
    eligible_to: Integers
    converted_on: Integers
    first_scored_on: Integers
    entity: Integers
    reached_on: Integers
    score: Floats
    score_before: Floats
    missing_scores: int

    @property
    def is_reachable(self) -> Flags:
        """Whether each entity converted after the first day on which a score could flag it."""
        first_chance = np.maximum(self.first_scored_on, self.eligible_from)
        return (self.converted_on != NEVER) & (self.converted_on > first_chance)


def read_histories(
    crossings: Frame, entities: Frame, keys: list[str], as_of: int
) -> dict[str, History]:
    """Read entities and crossings of every definition.

    Parameters
    ----------
    crossings : pandas.DataFrame
        Columns of ``schemas.CROSSINGS``.
    entities : pandas.DataFrame
        Columns of ``schemas.ENTITIES``.
    keys : list of str
        The definitions.
    as_of : int
        Last known day; later rows are invisible.

    Returns
    -------
    dict of str to History
        One for each key.

    Raises
    ------
    CalibrationError
        If a table breaks its contract, an entity is repeated, or a crossing has no entity.
    """
    entity_rows = rows_by_definition(read_table(entities, schemas.ENTITIES, "entities"), keys)
    crossing_rows = rows_by_definition(read_table(crossings, schemas.CROSSINGS, "crossings"), keys)
    return {key: _read_history(crossing_rows[key], entity_rows[key], key, as_of) for key in keys}


def _read_history(crossings: Frame, entities: Frame, key: str, as_of: int) -> History:
    """Read one definition; arguments, result and errors as in `read_histories`."""
    repeated = entities["entity_id"][entities["entity_id"].duplicated()]
    if len(repeated):
        raise InvalidValueError(
            f"entities holds entity_id {repeated.iloc[0]!r} twice for definition {key!r}"
        )
    entities = entities.sort_values("entity_id", ignore_index=True)
    codes, _ = sorted_codes(entities["entity_id"])
    cluster, cluster_count = cluster_codes(entities["account_id"], codes)
    converted_on = entities["converted_on"].to_numpy()
    converted_on = np.where(converted_on <= as_of, converted_on, NEVER)

    position = entities["entity_id"].reset_index().set_index("entity_id")["index"]
    entity = position.reindex(crossings["entity_id"]).to_numpy(dtype="float64")
    if np.isnan(entity).any():
        unknown = crossings["entity_id"].iloc[int(np.argmax(np.isnan(entity)))]
        raise CalibrationError(
            f"crossings holds entity_id {unknown!r} for definition {key!r}, "
            "which is not in entities; both must hold every entity of the definition"
        )
    entity = entity.astype(np.int64)
    reached_on = crossings["reached_on"].to_numpy()
    score = np.round(crossings["score_reached"].to_numpy(), SCORE_DECIMALS)
    # What an entity reaches on the day it pays, or later, is not a lead.
    is_usable = ~np.isnan(score) & (reached_on <= as_of) & (reached_on < converted_on[entity])
    missing_scores = int(np.isnan(score).sum())
    entity, reached_on, score = entity[is_usable], reached_on[is_usable], score[is_usable]
    order = np.lexsort((score, reached_on, entity))
    entity, reached_on, score = entity[order], reached_on[order], score[order]
    return History(
        cluster=cluster,
        cluster_count=cluster_count,
        eligible_from=entities["eligible_from"].to_numpy(),
        eligible_to=entities["eligible_to"].to_numpy(),
        converted_on=converted_on,
        first_scored_on=entities["first_scored_on"].to_numpy(),
        entity=entity,
        reached_on=reached_on,
        score=score,
        score_before=_records_before(entity, score),
        missing_scores=missing_scores,
    )


def _records_before(entity: Integers, score: Floats) -> Floats:
    """Find the highest score of the same entity in the rows before; rows sorted by entity, day.

    The contract says that scores rise per entity; a repeated or lower one then covers no threshold.
    """
    if len(score) == 0:
        return score.copy()
    # Ranks make one running maximum serve all entities: those of a later entity are always higher.
    levels, rank = np.unique(score, return_inverse=True)
    running = np.maximum.accumulate(entity * len(levels) + rank)
    before = np.empty(len(score))
    before[0] = -np.inf
    is_same = entity[1:] == entity[:-1]
    before[1:] = np.where(is_same, levels[running[:-1] % len(levels)], -np.inf)
    return before


def candidate_thresholds(history: History, periods: Periods, current: float) -> Floats:
    """Choose the thresholds to look at.

    All levels above 0 that the best scores of the fit period reach; when there are more than
    ``MAX_THRESHOLDS``, quantiles of the entities' best scores, closer together at the selective
    end. Nothing after the fit period is looked at.

    Parameters
    ----------
    history : History
        Of one definition.
    periods : Periods
        The split.
    current : float
        Threshold in force, always included.

    Returns
    -------
    ndarray of float64, shape (t,)
        Rising.
    """
    is_seen = (history.reached_on <= periods.fit_until) & (history.score > 0)
    levels = np.unique(history.score[is_seen])
    if len(levels) > MAX_THRESHOLDS:
        best = np.full(len(history.cluster), -np.inf)
        np.maximum.at(best, history.entity[is_seen], history.score[is_seen])
        best = np.sort(best[np.isfinite(best)])
        even = np.linspace(0.0, 0.95, MAX_THRESHOLDS * 2 // 3)
        selective = 1 - np.geomspace(0.05, 0.002, MAX_THRESHOLDS - len(even) + 1)[1:]
        at = np.ceil(np.concatenate([even, selective]) * (len(best) - 1)).astype(np.int64)
        levels = np.unique(best[at])
    return np.union1d(levels, [current])


@dataclass(frozen=True)
class SplitFigures:
    """Figures of one split, by threshold.

    In the point estimate the arrays have the shape (t,); in the bootstrap (draws, t).

    Attributes
    ----------
    qualified, converted, flagged : ndarray of float64
        Entities that reached the threshold; of these converted; conversions that were flagged.
    converted_accounts : ndarray of float64
        Accounts of the converted: however many of its users were flagged, an account buys once.
    conversions : ndarray of float64, shape () or (draws, 1)
        Reachable conversions of the outcome period.
    precision, base_rate, lift, recall : ndarray of float64
        NaN where undefined.
    """

    qualified: Floats
    converted: Floats
    flagged: Floats
    converted_accounts: Floats
    conversions: Floats
    precision: Floats
    base_rate: Floats
    lift: Floats
    recall: Floats

    def expected_value(self, settings: Settings) -> Floats:
        """Value of the accounts won less the cost of touching every lead, in currency."""
        value = self.converted_accounts * settings.conversion_value
        return value - self.qualified * settings.touch_cost


@dataclass(frozen=True)
class SplitResult:
    """One split of the backtest.

    Attributes
    ----------
    figures : SplitFigures
        Point estimates, shape (t,).
    draws : SplitFigures
        The same in every bootstrap draw, shape (draws, t).
    clusters : ndarray of int64, shape (t,)
        Distinct accounts among the qualified entities.
    effective_clusters : ndarray of float64, shape (t,)
        How many accounts with equally many of them would say as much.
    conversion_clusters : int
        Distinct accounts among the reachable conversions.
    median_lead_days : ndarray of float64, shape (t,)
        Median days from the threshold to the conversion; NaN when none was flagged.
    eligible : int
        Entities that were eligible and not converted on some day of the period.
    weeks : float
        Length of the period.
    """

    figures: SplitFigures
    draws: SplitFigures
    clusters: Integers
    effective_clusters: Floats
    conversion_clusters: int
    median_lead_days: Floats
    eligible: int
    weeks: float

    def interval(self, figure: str, settings: Settings) -> tuple[Floats, Floats]:
        """Take the 95 % interval of a figure.

        Parameters
        ----------
        figure : str
            ``precision``, ``lift`` or ``expected_value``.
        settings : Settings
            For the expected value.

        Returns
        -------
        low, high : ndarray of float64, shape (t,)
            Expanded percentile interval; where none or all of the qualified converted, widened to
            the Wilson interval over accounts.
        """
        point = self.figures
        lowest, highest = wilson_interval(
            point.precision * self.clusters, self.clusters.astype(np.float64)
        )
        if figure == "expected_value":
            low, high = percentile_interval(
                self.draws.expected_value(settings), self.effective_clusters
            )
            cost = point.qualified * settings.touch_cost
            value = self.clusters * settings.conversion_value
            lowest, highest = (bound * value - cost for bound in (lowest, highest))
        else:
            low, high = percentile_interval(getattr(self.draws, figure), self.effective_clusters)
            if figure == "lift":
                with np.errstate(divide="ignore", invalid="ignore"):
                    lowest, highest = lowest / point.base_rate, highest / point.base_rate
        is_flat = (point.precision == 0) | (point.precision == 1)
        return (
            np.where(is_flat, np.fmin(low, lowest), low),
            np.where(is_flat, np.fmax(high, highest), high),
        )


def backtest(
    history: History,
    periods: Periods,
    thresholds: Floats,
    *,
    draws: int,
    generator: np.random.Generator,
) -> dict[str, SplitResult]:
    """Backtest every threshold in both splits.

    An entity counts in a split when the day on which it *first ever* reached the threshold lies in
    the crossing period. It converted when ``reached_on < converted_on <= reached_on + horizon``.

    The base rate is what the same number of entities would have shown had they been picked without
    the score: every eligible, not yet converted entity is looked at on every day of the same
    period, grouped by the days since it became eligible, and the groups are mixed as among those
    who reached the threshold (indirect standardisation). So a threshold gets no credit for being
    reached at an age at which everybody converts more often.

    Parameters
    ----------
    history : History
        Of one definition.
    periods : Periods
        The split.
    thresholds : ndarray of float64, shape (t,)
        Rising candidates.
    draws : int
        Bootstrap draws over clusters.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to SplitResult
        For ``fit`` and ``holdout``.
    """
    parts = {split: _features(history, periods, thresholds, split) for split in schemas.SPLITS}
    features = sparse.vstack([parts[split] for split in schemas.SPLITS]).tocsr()
    point = np.asarray(features.sum(axis=1)).reshape(1, -1)
    resampled = bootstrap_sums(features, draws, generator)
    width = parts["fit"].shape[0]
    results = {}
    for i, split in enumerate(schemas.SPLITS):
        own = slice(i * width, (i + 1) * width)
        results[split] = SplitResult(
            figures=_figures(point[:, own], len(thresholds), is_point=True),
            draws=_figures(resampled[:, own], len(thresholds), is_point=False),
            **_counts(history, periods, thresholds, split),
            weeks=periods.weeks(split),
        )
    return results


def _covered(history: History, thresholds: Floats) -> tuple[Integers, Integers]:
    """Find the thresholds that each record is the first of its entity to reach: [first, after)."""
    first = np.searchsorted(thresholds, history.score_before, side="right")
    after = np.searchsorted(thresholds, history.score, side="right")
    return first.astype(np.int64), np.maximum(after, first).astype(np.int64)


def _is_flag(history: History, periods: Periods, split: str) -> Flags:
    """Tell which records come before a reachable conversion of the outcome period."""
    first, last = periods.outcome_days(split)
    converted_on = history.converted_on[history.entity]
    return (
        history.is_reachable[history.entity]
        & (converted_on >= first)
        & (converted_on <= last)
        & (history.reached_on < converted_on)
    )


def _features(
    history: History, periods: Periods, thresholds: Floats, split: str
) -> sparse.csr_matrix:
    """Build what each cluster adds to the sums of a split.

    Rows: qualified by threshold and tenure, then converted, flagged and converted accounts by
    threshold (each as steps along the thresholds, to be summed up), entity-days at risk by tenure,
    entity-days followed by a conversion by tenure, reachable conversions.
    """
    steps = len(thresholds) + 1
    first_day, last_day = periods.crossing_days(split)
    first, after = _covered(history, thresholds)
    converted_on = history.converted_on[history.entity]
    is_in = (
        (first < after) & (history.reached_on >= first_day) & (history.reached_on <= last_day)
    ).astype(bool)
    wait = converted_on - history.reached_on
    is_converted = is_in & (wait > 0) & (wait <= periods.horizon_days)
    is_flagged = (first < after) & _is_flag(history, periods, split)
    tenure = tenure_groups(history.reached_on - history.eligible_from[history.entity], TENURE_EDGES)

    entries: list[tuple[Integers, Integers, Floats]] = []

    def add_steps(offset: int, mask: Flags, group: Integers, groups: int) -> None:
        cluster = history.cluster[history.entity[mask]]
        for at, sign in ((first, 1.0), (after, -1.0)):
            rows = offset + at[mask] * groups + group[mask]
            entries.append((rows, cluster, np.full(len(rows), sign)))

    zero = np.zeros_like(tenure)
    add_steps(0, is_in, tenure, _TENURES)
    add_steps(steps * _TENURES, is_converted, zero, 1)
    add_steps(steps * (_TENURES + 1), is_flagged, zero, 1)
    entries.append(_account_steps(history, is_converted, first, after, steps))
    entries[-1][0][:] += steps * (_TENURES + 2)
    offset = steps * (_TENURES + 3)

    from_day = np.maximum(history.eligible_from, first_day)
    until = np.minimum(last_day, np.minimum(history.converted_on, history.eligible_to) - 1)
    outcome_from = np.maximum(from_day, history.converted_on - periods.horizon_days)
    for start_day, base in ((from_day, offset), (outcome_from, offset + _TENURES)):
        for group in range(_TENURES):
            days = _days_in_group(history.eligible_from, start_day, until, group)
            some = np.flatnonzero(days)
            rows = np.full(len(some), base + group)
            entries.append((rows, history.cluster[some], days[some].astype(np.float64)))
    offset += 2 * _TENURES

    outcome_first, outcome_last = periods.outcome_days(split)
    is_outcome = (
        history.is_reachable
        & (history.converted_on >= outcome_first)
        & (history.converted_on <= outcome_last)
    )
    some = np.flatnonzero(is_outcome)
    entries.append((np.full(len(some), offset), history.cluster[some], np.ones(len(some))))

    rows, clusters, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    return sum_matrix(rows, clusters, values, (offset + 1, history.cluster_count))


def _account_steps(
    history: History, is_converted: Flags, first: Integers, after: Integers, steps: int
) -> tuple[Integers, Integers, Floats]:
    """Find the thresholds at which each account has a converted lead, once however many it has.

    Returns rows (steps along the thresholds), clusters and values.
    """
    accounts, account = np.unique(
        history.cluster[history.entity[is_converted]], return_inverse=True
    )
    covering = np.zeros((len(accounts), steps))
    np.add.at(covering, (account, first[is_converted]), 1.0)
    np.add.at(covering, (account, after[is_converted]), -1.0)
    is_covered = covering.cumsum(axis=1) > 0
    changes = np.diff(is_covered.astype(np.float64), axis=1, prepend=0.0)
    row, step = np.nonzero(changes)
    return step.astype(np.int64), accounts[row], changes[row, step]


def _days_in_group(
    eligible_from: Integers, first_day: Integers, last_day: Integers, group: int
) -> Integers:
    """Count each entity's days from first to last (both included) that lie in a tenure group."""
    edges = np.concatenate([[0], TENURE_EDGES, [NEVER]])
    from_day = np.maximum(first_day, eligible_from + edges[group])
    until = np.minimum(last_day, eligible_from + edges[group + 1] - 1)
    return np.maximum(until - from_day + 1, 0)


def _figures(sums: Floats, count: int, *, is_point: bool) -> SplitFigures:
    """Turn sums of features, shape (draws, features), into figures by threshold."""
    steps = count + 1
    cells = steps * _TENURES
    by_tenure = sums[:, :cells].reshape(-1, steps, _TENURES).cumsum(axis=1)[:, :count]
    converted = sums[:, cells : cells + steps].cumsum(axis=1)[:, :count]
    flagged = sums[:, cells + steps : cells + 2 * steps].cumsum(axis=1)[:, :count]
    accounts = sums[:, cells + 2 * steps : cells + 3 * steps].cumsum(axis=1)[:, :count]
    rest = sums[:, cells + 3 * steps :]
    at_risk, followed = rest[:, :_TENURES], rest[:, _TENURES : 2 * _TENURES]
    conversions = rest[:, -1:]
    qualified = by_tenure.sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        overall = followed.sum(axis=1, keepdims=True) / at_risk.sum(axis=1, keepdims=True)
        rates = np.where(at_risk > 0, followed / at_risk, overall)
        # NaN rates of groups that nobody reached must not spoil the sum.
        expected = np.where(by_tenure > 0, by_tenure * rates[:, None, :], 0.0).sum(axis=2)
        precision = converted / qualified
        base_rate = np.where(qualified > 0, expected / qualified, np.nan)
        lift = np.where(base_rate > 0, precision / base_rate, np.nan)
        recall = flagged / conversions
    arrays = {
        "qualified": qualified,
        "converted": converted,
        "flagged": flagged,
        "converted_accounts": accounts,
        "conversions": conversions,
        "precision": precision,
        "base_rate": base_rate,
        "lift": lift,
        "recall": recall,
    }
    if is_point:
        arrays = {name: array[0] for name, array in arrays.items()}
        arrays["conversions"] = arrays["conversions"][0]
    return SplitFigures(**arrays)


def _counts(
    history: History, periods: Periods, thresholds: Floats, split: str
) -> dict[str, Integers | Floats | int]:
    """Take the figures that are not sums: distinct accounts, medians; for the point estimate."""
    first_day, last_day = periods.crossing_days(split)
    first, after = _covered(history, thresholds)
    is_in = (history.reached_on >= first_day) & (history.reached_on <= last_day)
    is_flagged = _is_flag(history, periods, split)
    lead = history.converted_on[history.entity] - history.reached_on
    record_cluster = history.cluster[history.entity]
    clusters = np.zeros(len(thresholds), dtype=np.int64)
    effective = np.zeros(len(thresholds))
    median_lead = np.full(len(thresholds), np.nan)
    for i in range(len(thresholds)):
        is_first = (first <= i) & (i < after)
        leads_by_account = np.bincount(record_cluster[is_in & is_first])
        clusters[i] = np.count_nonzero(leads_by_account)
        effective[i] = effective_clusters(leads_by_account)
        leads = lead[is_flagged & is_first]
        if len(leads):
            median_lead[i] = np.median(leads)
    outcome_first, outcome_last = periods.outcome_days(split)
    is_outcome = (
        history.is_reachable
        & (history.converted_on >= outcome_first)
        & (history.converted_on <= outcome_last)
    )
    last_risk = np.minimum(history.converted_on, history.eligible_to)
    is_eligible = (history.eligible_from <= last_day) & (last_risk > first_day)
    return {
        "clusters": clusters,
        "effective_clusters": effective,
        "conversion_clusters": len(np.unique(history.cluster[is_outcome])),
        "median_lead_days": median_lead,
        "eligible": int(is_eligible.sum()),
    }
