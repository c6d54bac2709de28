"""Which signals go with conversion, which do not, and which points the data would give them."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.bootstrap import (
    bootstrap_sums,
    effective_clusters,
    errors_to_bound,
    generator_for,
    percentile_interval,
    sum_matrix,
    two_sided_p_value,
)
from python_udfs.calibration.inputs import (
    Day,
    Definition,
    Flags,
    Floats,
    Frame,
    Integers,
    check_arguments,
    day_number,
    read_definitions,
    read_table,
    rows_by_definition,
    seal,
)
from python_udfs.calibration.logistic import cluster_robust_errors, fit_logistic, group_patterns
from python_udfs.calibration.panels import (
    MetSignals,
    Panel,
    read_flag,
    read_met_signals,
    read_panels,
)
from python_udfs.calibration.periods import WEEKLY_TENURE_EDGES, Periods, time_split
from python_udfs.calibration.points import design_with_tenure, fit_points, met_matrix
from python_udfs.calibration.ranking import ranking_areas
from python_udfs.calibration.significance import (
    CERTAINTY,
    LARGEST_UNSEEN_ERROR,
    MIN_EXPECTED_CONVERSIONS,
    SIGNIFICANCE,
    adjust_p_values,
)

SMALL_ODDS_RATIO = 1.5
"""When even the upper bound lies below this, a signal adds little to the others."""

MIN_COMPARABLE_SHARE = 0.5
"""Least share of the rows with a signal that have counterparts of the same tenure without it.
Below, the signal is a matter of tenure (such as "signed up lately"), which cannot be held equal:
neither a lift nor an odds ratio is given."""

PRIOR_DEVIATION_OF_ODDS = 2.5
"""Prior of the log-odds ratios that are reported: only keeps them finite."""

_ZERO_COUNT_BOUND = 3.689
"""Upper 97.5 % bound of a Poisson mean of which nothing was seen."""

_RANKING_COLUMNS = (
    "holdout_auc_current",
    "holdout_auc_suggested",
    "holdout_auc_difference_low",
    "holdout_auc_difference_high",
)

_TENURES = len(WEEKLY_TENURE_EDGES) + 1


def signal_lift(
    panel: Frame,
    signal_panel: Frame,
    weights: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Compare each signal of each definition with what happened.

    Rates, lift and odds ratios use all mature weeks; suggested points use the fit period only and
    are compared with the score in the hold-out.

    Two views stand side by side, because each errs where the other does not:

    * **lift**: conversion rate of the entity-weeks with the signal over that of those without it,
      the latter mixed to the same tenure (days since eligibility) as the former; of the tenures
      that have both. What a reader sees; it also credits a signal for going along with better
      ones. Interval and p-value from a bootstrap over accounts, since the weeks of one account are
      no independent evidence.
    * **odds ratio** from a logistic regression on all signals of the definition and tenure over the
      stacked weeks, with cluster-robust errors by account. It sees through good company, but knows
      little about signals that always come together.

    Both intervals and p-values are those of a t distribution with as many accounts as the smaller
    side of the signal is worth (`effective_clusters`): of users in a few large accounts there are
    fewer than the rows suggest.

    A signal *points the wrong way* when both say so beyond chance, or one does at a stricter level
    and the other does not contradict it (an odds ratio is not contradicted by a lift, which good
    company can raise). *No evidence* means that neither speaks for the signal although a doubling
    would have been seen; where it would not, there are *too few observations*. *No evidence of its
    own* means a lift that the other signals explain.

    Suggested points: logistic regression with a normal prior, every coefficient held to the sign of
    its hand-set points (what is required without any: to 0 or more), scaled so that the points
    share out the same total as the hand-set ones, rounded. It is fitted on who converts by the
    *next* day of the grid (pooled logistic regression: a hazard in discrete time), on the days
    whose next day the choice may look at. Over a whole horizon the signals of a day fade into those
    of later days, and one conversion counts on many rows; by the next day it counts once, after the
    signals that came before it. What the points are for is the horizon: there they are compared
    with today's score, in the hold-out. They are withheld when no signal is supported beyond
    chance, when the fit explains no more than chance would (likelihood-ratio test against tenure
    alone), or when in the hold-out they do not rank converters better than chance.

    Parameters
    ----------
    panel, signal_panel, weights, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL`` and ``NEXT_STEP``, ``SIGNAL_PANEL``, ``WEIGHTS``,
        ``DEFINITIONS``, ``SETTINGS``, ``PANEL_DAYS``.
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
        Columns of ``schemas.SIGNAL_LIFT``, one row for each weight of the definitions.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    van Houwelingen (2007), Dynamic prediction by landmarking in event history analysis (stacked
    landmark days with robust errors); Liang and Zeger (1986); Benjamini and Hochberg (1995);
    D'Agostino, Lee, Belanger, Cupples, Anderson and Kannel (1990), Relation of pooled logistic
    regression to time dependent Cox regression analysis (suggested points).
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.SIGNAL_LIFT, ["definition_key", "signal_key"])
    keys = [one.key for one in known]
    today = day_number(as_of)
    weight_rows = rows_by_definition(read_table(weights, schemas.WEIGHTS, "weights"), keys)
    panels = read_panels(panel, keys, today - horizon_days)
    met = read_met_signals(signal_panel, panel)
    converts_next = read_flag(panel, schemas.NEXT_STEP)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    rows: list[dict[str, object]] = []
    for definition in known:
        own_weights = weight_rows[definition.key].sort_values("signal_key", ignore_index=True)
        if own_weights.empty:
            continue
        rows.extend(
            _signal_rows(
                definition,
                own_weights,
                panels[definition.key],
                met,
                converts_next,
                periods,
                draws=draws,
                seed=seed,
            )
        )
    return seal(rows, schemas.SIGNAL_LIFT, ["definition_key", "signal_key"])


@dataclass(frozen=True)
class _Lift:
    """Marginal comparison by signal; arrays of shape (signals,)."""

    rate_with: Floats
    rate_without: Floats
    lift: Floats
    low: Floats
    high: Floats
    error: Floats
    p_value: Floats
    is_comparable: Flags


@dataclass(frozen=True)
class _Odds:
    """Comparison with the other signals held equal; arrays of shape (signals,)."""

    ratio: Floats
    low: Floats
    high: Floats
    error: Floats
    p_value: Floats


def _signal_rows(
    definition: Definition,
    weights: Frame,
    panel: Panel,
    met: MetSignals,
    converts_next: Flags,
    periods: Periods | None,
    *,
    draws: int,
    seed: int,
) -> list[dict[str, object]]:
    """Write the rows of one definition."""
    names = [str(name) for name in weights["signal_key"]]
    is_required = weights["is_required"].to_numpy(dtype=bool)
    is_met, points = met_matrix(definition, names, weights, panel, met)
    generator = generator_for(seed, definition.key)
    counts = _counts(panel, is_met)
    accounts = _effective_accounts(panel, is_met)
    lift = _compare_rates(panel, is_met, counts, accounts, draws, generator)
    odds = _hold_others_equal(panel, is_met, accounts, lift.is_comparable)
    is_enough = _has_enough(definition, panel, is_met)
    converts_next = converts_next[panel.row]
    suggested = fit_points(definition, weights, panel, is_met, converts_next, points, periods)
    ranking, is_useful = _compare_rankings(panel, is_met, suggested, periods, draws, generator)
    is_supported = [
        is_enough[i] and _direction(view, i, SIGNIFICANCE) * np.sign(points[i]) > 0
        for i in range(len(names))
        for view in (lift, odds)
    ]
    if not is_useful or not any(is_supported):
        suggested = None
    rows = []
    for i, name in enumerate(names):
        warning = _warning(definition, panel, points[i], counts, lift, odds, is_enough, i)
        row: dict[str, object] = {
            "definition_key": definition.key,
            "signal_key": name,
            **{column: values[i] for column, values in counts.items()},
            "conversion_rate_with": lift.rate_with[i],
            "conversion_rate_without": lift.rate_without[i],
            "lift": lift.lift[i],
            "lift_low": lift.low[i],
            "lift_high": lift.high[i],
            "p_value_adjusted": lift.p_value[i],
            "odds_ratio": odds.ratio[i],
            "odds_ratio_low": odds.low[i],
            "odds_ratio_high": odds.high[i],
            "odds_ratio_p_value_adjusted": odds.p_value[i],
            "current_points": points[i],
            "suggested_points": None if suggested is None else suggested[i],
            "warning": warning,
            "proposal": _proposal(warning, is_required=is_required[i]),
            **ranking,
        }
        rows.append(row)
    return rows


def _counts(panel: Panel, is_met: Flags) -> dict[str, Integers]:
    """Count entities, entity-weeks and conversions on both sides of each signal."""
    counts: dict[str, list[int]] = {
        name: []
        for name in (
            "entities_with",
            "entities_without",
            "conversions_with",
            "conversions_without",
            "entity_weeks_with",
            "entity_weeks_without",
        )
    }
    for column in is_met.T:
        for side, rows in (("with", column), ("without", ~column)):
            converted = rows & panel.is_converted
            counts[f"entities_{side}"].append(_distinct(panel.entity[rows], panel.entity_count))
            counts[f"conversions_{side}"].append(
                _distinct(panel.entity[converted], panel.entity_count)
            )
            counts[f"entity_weeks_{side}"].append(int(rows.sum()))
    return {name: np.array(values, dtype=np.int64) for name, values in counts.items()}


def _has_enough(definition: Definition, panel: Panel, is_met: Flags) -> Flags:
    """Tell for which signals the intervals, which need many accounts, can be relied on."""
    converting = panel.converting_clusters(np.ones(len(panel.row), dtype=bool))
    if converting < definition.settings.min_conversions:
        return np.zeros(is_met.shape[1], dtype=bool)
    share = converting / panel.cluster_count
    return np.array(
        [
            min(_distinct(panel.cluster[rows], panel.cluster_count) for rows in (column, ~column))
            * share
            >= MIN_EXPECTED_CONVERSIONS
            for column in is_met.T
        ],
        dtype=bool,
    )


def _distinct(codes: Integers, count: int) -> int:
    """Count the distinct codes, all below ``count``."""
    return int((np.bincount(codes, minlength=count) > 0).sum())


def _compare_rates(
    panel: Panel,
    is_met: Flags,
    counts: dict[str, Integers],
    accounts: Floats,
    draws: int,
    generator: np.random.Generator,
) -> _Lift:
    """Compare the rates with and without each signal at equal tenure, bootstrap by account."""
    signals = is_met.shape[1]
    columns = 2 + 2 * signals
    features = _sums_by_cluster(panel, is_met)

    def by_tenure(sums: Floats) -> Floats:
        return sums.reshape(-1, _TENURES, columns)

    point_sums = by_tenure(np.asarray(features.sum(axis=1)))
    with_rows = point_sums[0, :, 2 : 2 + signals]
    without_rows = point_sums[0, :, :1] - with_rows
    comparable = (with_rows * (without_rows > 0)).sum(axis=0)
    is_comparable = comparable >= MIN_COMPARABLE_SHARE * with_rows.sum(axis=0)

    rate_with, rate_without = (
        np.where(is_comparable, side[0], np.nan) for side in _rates(point_sums, signals)
    )
    draws_with, draws_without = _rates(
        by_tenure(bootstrap_sums(features, draws, generator)), signals
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = rate_with / rate_without
        draws_lift = draws_with / draws_without
        log_lift = np.log(draws_lift)
    low, high = (
        np.where(is_comparable, bound, np.nan)
        for bound in percentile_interval(draws_lift, accounts)
    )
    error = _deviation(log_lift)
    low, high = _bounds_without_conversions(lift, low, high, counts)
    difference_error = _deviation(draws_with - draws_without)
    p_value = _two_sided(rate_with - rate_without, difference_error, accounts)
    return _Lift(
        rate_with, rate_without, lift, low, high, error, adjust_p_values(p_value), is_comparable
    )


def _sums_by_cluster(panel: Panel, is_met: Flags) -> sparse.csr_matrix:
    """Sum up by cluster, tenure and column, shape (tenures * columns, clusters).

    Columns: rows, conversions, rows with each signal, conversions with each signal.
    """
    signals = is_met.shape[1]
    columns = 2 + 2 * signals
    group_key = panel.cluster * _TENURES + panel.tenure
    starts = np.flatnonzero(np.diff(group_key, prepend=-1))
    sums = np.zeros((len(starts), columns), dtype=np.int64)
    if len(starts):
        converted = panel.is_converted
        sums[:, 0] = np.diff(np.append(starts, len(group_key)))
        sums[:, 1] = np.add.reduceat(converted, starts, dtype=np.int64)
        sums[:, 2 : 2 + signals] = np.add.reduceat(is_met, starts, axis=0, dtype=np.int32)
        sums[:, 2 + signals :] = np.add.reduceat(
            is_met & converted[:, None], starts, axis=0, dtype=np.int32
        )
    group, column = np.nonzero(sums)
    return sum_matrix(
        panel.tenure[starts][group] * columns + column,
        panel.cluster[starts][group],
        sums[group, column].astype(np.float64),
        (_TENURES * columns, panel.cluster_count),
    )


def _rates(sums: Floats, signals: int) -> tuple[Floats, Floats]:
    """Turn sums, shape (draws, tenures, columns), into rates with and without, (draws, signals).

    Of the tenures that have rows on both sides, in the mix of those with the signal.
    """
    rows, conversions = sums[:, :, :1], sums[:, :, 1:2]
    rows_with, conversions_with = sums[:, :, 2 : 2 + signals], sums[:, :, 2 + signals :]
    rows_without, conversions_without = rows - rows_with, conversions - conversions_with
    has_both = (rows_with > 0) & (rows_without > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(has_both, rows_with, 0.0)
        total = weight.sum(axis=1)
        rate_with = np.where(has_both, conversions_with, 0.0).sum(axis=1) / total
        by_tenure = np.where(has_both, conversions_without / rows_without, 0.0)
        rate_without = (by_tenure * weight).sum(axis=1) / total
    return rate_with, rate_without


def _bounds_without_conversions(
    lift: Floats, low: Floats, high: Floats, counts: dict[str, Integers]
) -> tuple[Floats, Floats]:
    """Bound the lift where one side has no conversion and the bootstrap nothing to vary."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share_with = counts["conversions_with"] / counts["entities_with"]
        share_without = counts["conversions_without"] / counts["entities_without"]
        highest = _ZERO_COUNT_BOUND / counts["entities_with"] / share_without
        lowest = share_with / (_ZERO_COUNT_BOUND / counts["entities_without"])
    none_with = lift == 0
    none_without = np.isposinf(lift)
    low = np.where(none_with, 0.0, np.where(none_without, lowest, low))
    high = np.where(none_with, highest, np.where(none_without, np.inf, high))
    return low, high


def _deviation(draws: Floats) -> Floats:
    """Take the deviation over draws, shape (signals,); infinite where many are undefined."""
    is_finite = np.isfinite(draws)
    count = is_finite.sum(axis=0)
    filled = np.where(is_finite, draws, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    squares = np.where(is_finite, (draws - mean) ** 2, 0.0) if draws.size else filled
    deviation = np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1))
    return np.where(count >= 0.9 * len(draws), deviation, np.inf)


def _effective_accounts(panel: Panel, is_met: Flags) -> Floats:
    """Tell how many accounts of one size the smaller side of each signal is worth."""
    sides = [
        [np.bincount(panel.cluster[rows]) for rows in (column, ~column)] for column in is_met.T
    ]
    return np.array([min(map(effective_clusters, pair)) for pair in sides], dtype=np.float64)


def _two_sided(estimate: Floats, error: Floats, accounts: Floats) -> Floats:
    """P-value of a test of 0; NaN where the estimate is undefined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.where(error > 0, np.abs(estimate) / error, 0.0)
    return np.where(np.isfinite(estimate), two_sided_p_value(errors, accounts), np.nan)


def _hold_others_equal(
    panel: Panel, is_met: Flags, accounts: Floats, is_comparable: Flags
) -> _Odds:
    """Fit all signals together with tenure; odds ratios with errors by account."""
    signals = is_met.shape[1]
    undefined = np.full(signals, np.nan)
    if len(panel.row) == 0 or panel.is_converted.all() or not panel.is_converted.any():
        return _Odds(undefined, undefined, undefined, np.full(signals, np.inf), undefined)
    first, group = group_patterns(is_met, panel.tenure)
    trials = np.bincount(group, minlength=len(first)).astype(np.float64)
    successes = np.bincount(group, weights=panel.is_converted, minlength=len(first))
    design = design_with_tenure(is_met[first], panel.tenure[first])
    precision = np.full(design.shape[1], 1e-4)
    precision[:signals] = 1 / PRIOR_DEVIATION_OF_ODDS**2
    coefficients, information = fit_logistic(design, trials, successes, precision)
    fitted = special.expit(design @ coefficients)
    # Within a cluster the scores of equal rows add up: residuals by cluster and group suffice.
    residual = panel.is_converted - fitted[group]
    by_cluster = sparse.coo_matrix(
        (residual, (panel.cluster, group)), shape=(panel.cluster_count, len(first))
    ).tocsr()
    errors = cluster_robust_errors(np.asarray(by_cluster @ design), information)[:signals]
    log_odds = coefficients[:signals]
    varies = is_met.any(axis=0) & ~is_met.all(axis=0) & is_comparable
    log_odds = np.where(varies, log_odds, np.nan)
    half = errors_to_bound(accounts) * errors
    # Of one or two accounts the bounds are further away than a number reaches.
    with np.errstate(over="ignore"):
        low, high = np.exp(log_odds - half), np.exp(log_odds + half)
    return _Odds(
        ratio=np.exp(log_odds),
        low=low,
        high=high,
        error=np.where(varies, errors, np.inf),
        p_value=adjust_p_values(_two_sided(log_odds, errors, accounts)),
    )


def _compare_rankings(
    panel: Panel,
    is_met: Flags,
    suggested: Integers | None,
    periods: Periods | None,
    draws: int,
    generator: np.random.Generator,
) -> tuple[dict[str, float], bool]:
    """Compare how today's score and the suggested points rank converters in the hold-out.

    Returns the columns, and whether the suggested points rank better than chance.
    """
    nothing = dict.fromkeys(_RANKING_COLUMNS, np.nan)
    if periods is None:
        return nothing, False
    rows = panel.in_split(periods, "holdout") & ~np.isnan(panel.score)
    scores = [panel.score[rows]]
    if suggested is not None:
        scores.append(is_met[rows] @ suggested.astype(np.float64))
    compared = ranking_areas(
        scores,
        panel.is_converted[rows],
        panel.cluster[rows],
        panel.cluster_count,
        draws=draws,
        generator=generator,
    )
    if compared is None:
        return nothing, False
    if suggested is None:
        return nothing | {"holdout_auc_current": float(compared.value[0])}, False
    figures = [*map(float, compared.value), *compared.difference()]
    return dict(zip(_RANKING_COLUMNS, figures, strict=True)), compared.is_beyond_chance(1)


def _proposal(warning: str | None, *, is_required: bool) -> str | None:
    """Say what to do about a signal: keep or remove it, or None where the data cannot tell."""
    if warning is None:
        return "keep"
    # Without what is required more would qualify, of whom these rates say nothing.
    cannot_tell = is_required or warning.startswith("too few observations:")
    return None if cannot_tell else "remove"


def _warning(
    definition: Definition,
    panel: Panel,
    points: float,
    counts: dict[str, Integers],
    lift: _Lift,
    odds: _Odds,
    is_enough: Flags,
    i: int,
) -> str | None:
    """Say what is doubtful about a signal, or None."""
    who = definition.plural
    doubt = _one_class(definition, panel)
    if doubt is not None:
        return f"too few observations: {doubt}."
    for side, text in (("with", "had"), ("without", "was ever without")):
        if counts[f"entities_{side}"][i] == 0:
            return f"too few observations: none of the {who} {text} it."
    few = (
        f"too few observations: {int(counts['conversions_with'][i])} of "
        f"{int(counts['entities_with'][i])} {who} with it converted, and "
        f"{int(counts['conversions_without'][i])} of {int(counts['entities_without'][i])} without"
    )
    if not is_enough[i]:
        return f"{few}."
    if not lift.is_comparable[i]:
        return (
            "too few observations: in most weeks with it nobody without it was equally long in "
            "the product, so what it adds to mere time cannot be told."
        )
    facts = (
        f"{who} with it convert {wording.ratio(lift.lift[i])} times as often as others "
        f"equally long in the product "
        f"(interval {wording.ratio(lift.low[i])} to {wording.ratio(lift.high[i])})"
    )
    others = (
        f"with the other signals equal, the odds are {wording.ratio(odds.ratio[i])} times as high "
        f"(interval {wording.ratio(odds.low[i])} to {wording.ratio(odds.high[i])})"
    )
    # Only what is required may earn no points: it is asked for as something good.
    direction = np.sign(points) or 1.0
    seen, surely_seen = (direction * _direction(lift, i, p) for p in (SIGNIFICANCE, CERTAINTY))
    own, surely_own = (direction * _direction(odds, i, p) for p in (SIGNIFICANCE, CERTAINTY))
    is_contradicted = direction * np.nan_to_num(np.log(odds.ratio[i])) > 0
    earns = f"it earns {points:g} points" if points else "it is required"
    if own < 0 and (seen < 0 or surely_own < 0):
        return f"points the wrong way: {others}, yet {earns}. Compared alone, {facts}."
    if surely_seen < 0 and own == 0 and not is_contradicted:
        return f"points the wrong way: {facts}, yet {earns}."
    if seen <= 0 and own <= 0:
        has_odds = np.isfinite(odds.ratio[i])
        error = max(lift.error[i], odds.error[i]) if has_odds else lift.error[i]
        # What looks like a doubling was seen, if not beyond the chance of many comparisons.
        is_doubled = lift.lift[i] >= 2 if direction > 0 else lift.lift[i] <= 1 / 2
        if error <= LARGEST_UNSEEN_ERROR and not is_doubled:
            is_outside = lift.low[i] > 1 or lift.high[i] < 1
            chance = ", no more than chance brings when so many signals are compared"
            return (
                f"no evidence: {facts}{chance if is_outside else ''}; "
                "a doubling would have been seen."
            )
        return f"{few}; {facts}."
    outermost = odds.high[i] if direction > 0 else 1 / odds.low[i]
    if own <= 0 and outermost < SMALL_ODDS_RATIO:
        return f"no evidence of its own: {facts}, but {others}."
    return None


def _one_class(definition: Definition, panel: Panel) -> str | None:
    """Say why there is nothing to compare, or None."""
    if definition.audience == "customer":
        return "the audience is customers, who have converted already"
    if len(panel.row) == 0:
        return "there is no week with a fully observed outcome"
    if not panel.is_converted.any():
        return f"none of the {definition.plural} converted within the horizon of any week"
    if panel.is_converted.all():
        return f"all {definition.plural} converted within the horizon of every week"
    return None


def _direction(view: _Lift | _Odds, i: int, level: float) -> int:
    """Tell whether a ratio is beyond chance above (1) or below (-1) 1, or neither (0)."""
    if not view.p_value[i] < level:
        return 0
    return 1 if view.low[i] > 1 else -1 if view.high[i] < 1 else 0
