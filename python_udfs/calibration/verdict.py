"""Recommend, keep or abstain: choose a threshold on the fit period, judge it on the hold-out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from python_udfs.calibration import schemas, wording
from python_udfs.calibration.backtest import (
    History,
    SplitResult,
    backtest,
    candidate_thresholds,
    read_histories,
)
from python_udfs.calibration.bootstrap import generator_for, percentile_interval
from python_udfs.calibration.exits import (
    FLAP_DAYS,
    ExitFigures,
    ScoreSpans,
    choose_exit,
    read_score_spans,
)
from python_udfs.calibration.folds import MIN_FOLDS, differences, walk_forward
from python_udfs.calibration.inputs import (
    NEVER,
    Day,
    Definition,
    Floats,
    Frame,
    Settings,
    check_arguments,
    day_number,
    read_definitions,
    seal,
)
from python_udfs.calibration.objectives import Objective, choose
from python_udfs.calibration.periods import MIN_PERIOD_DAYS, Periods, as_timestamp, time_split

_NEARLY_ALL = 0.9
"""Share of the eligible entities from which on a threshold separates nobody."""


def calibrate(
    crossings: Frame,
    entities: Frame,
    score_spans: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Give a verdict on the enter threshold of every definition.

    The threshold is chosen on the fit period alone: the best by the objective among those that at
    least ``min_entities`` accounts reached and that keep to the limit of the objective (capacity,
    precision floor); of equals the highest. It is then looked at once in the hold-out.

    * ``abstain``: the data cannot tell. Too little history, too few conversions or leads, scores
      missing, no threshold that pays, or a lift whose interval reaches down to 1 in the hold-out or
      in the fit period.
    * ``keep``: the threshold in force is the best of the fit period, or the best one was not better
      than it in the hold-out (or broke the limit of the objective there, and the one in force did
      not), or thresholds chosen like it did worse in every one of at least three walk-forward folds
      (`threshold_folds`).
    * ``recommend``: another one was better in both; the reason says whether the interval of the
      difference excludes 0. Its exit threshold is that of `choose_exit`.

    Objectives, as measured per split: ``expected_value`` in currency; ``capacity`` the conversions
    per week among the leads that sales can work, for thresholds with at most ``weekly_capacity``
    leads a week; ``precision`` the conversions per week, for thresholds of at least
    ``min_precision`` (the two thresholds are compared by precision where the one in force breaks
    the floor); ``f_beta`` of precision and recall.

    Parameters
    ----------
    crossings, entities, score_spans, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.CROSSINGS``, ``ENTITIES``, ``SCORE_SPANS``, ``DEFINITIONS``,
        ``SETTINGS``, ``PANEL_DAYS``.
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
        Columns of ``schemas.CALIBRATION``, one row for each definition.

    Raises
    ------
    CalibrationError
        If an input breaks its contract. Data that cannot be calibrated is no error: it abstains.
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    if not known:
        return seal([], schemas.CALIBRATION, ["definition_key"])
    today = day_number(as_of)
    keys = [one.key for one in known]
    histories = read_histories(crossings, entities, keys, today)
    spans = read_score_spans(score_spans, keys)
    periods = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
    rows = []
    for definition in known:
        case = _Case(definition, histories[definition.key], spans[definition.key], periods)
        row = _judge(case, draws, seed)
        row |= {
            "definition_key": definition.key,
            "definition_version": definition.version,
            "objective": definition.settings.objective,
            "current_threshold": definition.enter_threshold,
            "current_exit_threshold": definition.exit_threshold,
            "conversions_total": int((case.history.converted_on != NEVER).sum()),
            "conversions_unreachable": int(
                ((case.history.converted_on != NEVER) & ~case.history.is_reachable).sum()
            ),
            "horizon_days": horizon_days,
            "seed": seed,
            "draws": draws,
        }
        if row["verdict"] == "recommend":
            row["approval_row"] = _approval_row(row, as_timestamp(today))
        if periods is not None:
            for name in ("history_from", "fit_until", "split_on", "holdout_until"):
                row[name] = as_timestamp(getattr(periods, name))
        rows.append(row)
    return seal(rows, schemas.CALIBRATION, ["definition_key"])


@dataclass(frozen=True)
class _Case:
    """One definition with its history and split."""

    definition: Definition
    history: History
    spans: ScoreSpans
    periods: Periods | None


def _abstain(reason: str) -> dict[str, object]:
    """Write the verdict that the data cannot tell."""
    return {"verdict": "abstain", "reason": reason}


def _judge(case: _Case, draws: int, seed: int) -> dict[str, object]:
    """Go through the reasons to abstain, choose, compare; returns columns of the verdict row."""
    early = _too_little_to_start(case)
    if early is not None:
        return _abstain(early)
    definition, settings = case.definition, case.definition.settings
    thresholds = candidate_thresholds(case.history, case.periods, definition.enter_threshold)
    results = backtest(
        case.history,
        case.periods,
        thresholds,
        draws=draws,
        generator=generator_for(seed, definition.key),
    )
    fit, holdout = results["fit"], results["holdout"]
    current = int(np.flatnonzero(thresholds == definition.enter_threshold)[0])
    row: dict[str, object] = {
        "conversions_fit": int(fit.figures.conversions),
        "conversions_holdout": int(holdout.figures.conversions),
        **_figures_of("current", current, fit, holdout, settings),
    }
    thin = _too_few_conversions(definition, fit, holdout)
    if thin is not None:
        return row | _abstain(thin)

    objective = Objective.of(settings)
    chosen, why_none = choose(objective, fit, thresholds, definition)
    if chosen is None:
        return row | _abstain(why_none)
    objective = objective.between(fit, current)
    comparison = _compare(objective, fit, holdout, chosen, current)
    row |= {"chosen_threshold": float(thresholds[chosen]), **comparison}
    row |= _figures_of("chosen", chosen, fit, holdout, settings)
    doubt = _no_signal(case, thresholds, chosen, current, results)
    if doubt is not None:
        return row | _abstain(doubt)
    return row | _decide(case, objective, thresholds, chosen, current, holdout, comparison)


def _too_little_to_start(case: _Case) -> str | None:
    """Give the reason why a definition cannot be backtested at all, or None."""
    definition, history, periods = case.definition, case.history, case.periods
    if definition.audience == "customer":
        return (
            "The audience is customers, who have converted already: "
            "there is no conversion to calibrate against."
        )
    if len(history.cluster) == 0 or not (history.eligible_from < NEVER).any():
        return f"There are no {definition.plural} in the audience of this definition."
    if history.missing_scores:
        return (
            f"{history.missing_scores} scores are missing: the history cannot be trusted until "
            "they are computed."
        )
    if len(history.score) == 0 or not (history.score > 0).any():
        return (
            f"None of the {len(history.cluster)} {definition.plural} has had a score above 0 while "
            "it could qualify, that is in the audience, with all required signals, and not "
            "converted yet."
        )
    if periods is None:
        return (
            "The history is too short: choosing on an earlier and checking on a later period, "
            "each with its horizon of outcomes, needs at least "
            f"{MIN_PERIOD_DAYS} days in each period beside twice the horizon."
        )
    return None


def _too_few_conversions(
    definition: Definition, fit: SplitResult, holdout: SplitResult
) -> str | None:
    """Give the reason when either period has too few conversions, or only conversions."""
    floor = definition.settings.min_conversions
    for result, name in ((fit, "fit"), (holdout, "hold-out")):
        count = result.conversion_clusters
        if count == 0:
            return (
                f"There is no conversion in the {name} period that a score could have come before."
            )
        if count < floor:
            return (
                f"There are {count} {'conversion' if count == 1 else 'conversions'} by account in "
                f"the {name} period that a score could have come before; {floor} are needed."
            )
    return None


def _compare(
    objective: Objective, fit: SplitResult, holdout: SplitResult, chosen: int, current: int
) -> dict[str, object]:
    """Compare the chosen threshold with the one in force."""
    in_fit = objective.values(fit.figures, fit.weeks)
    in_holdout = objective.values(holdout.figures, holdout.weeks)
    in_draws = objective.values(holdout.draws, holdout.weeks)
    low, high = percentile_interval(
        in_draws[:, chosen] - in_draws[:, current],
        holdout.effective_clusters[[chosen, current]].min(),
    )
    return {
        "objective_measure": objective.measure,
        "fit_objective_chosen": in_fit[chosen],
        "fit_objective_current": in_fit[current],
        "holdout_objective_chosen": in_holdout[chosen],
        "holdout_objective_current": in_holdout[current],
        "holdout_objective_difference": in_holdout[chosen] - in_holdout[current],
        "holdout_objective_difference_low": float(low),
        "holdout_objective_difference_high": float(high),
    }


def _no_signal(
    case: _Case,
    thresholds: Floats,
    chosen: int,
    current: int,
    results: dict[str, SplitResult],
) -> str | None:
    """Give the reason when the two periods do not show that the chosen threshold separates."""
    definition, settings = case.definition, case.definition.settings
    holdout = results["holdout"]
    threshold = wording.points(thresholds[chosen])
    accounts = int(holdout.clusters[chosen])
    if accounts < settings.min_entities:
        return (
            f"The best threshold of the fit period, {threshold}, was reached by {accounts} "
            f"accounts in the hold-out; {settings.min_entities} are needed for a verdict."
        )
    low, high = (bound[chosen] for bound in holdout.interval("lift", settings))
    lift = holdout.figures.lift[chosen]
    fit_low, fit_high = (bound[chosen] for bound in results["fit"].interval("lift", settings))
    if low > 1 and fit_low > 1:
        return None
    if low > 1:
        # The hold-out alone is passed by chance in one of forty definitions without any signal.
        fit_lift = results["fit"].figures.lift[chosen]
        return (
            f"The hold-out shows a lift of {wording.ratio(lift)} at {threshold}, the best "
            f"threshold of the fit period, but the fit period itself does not bear it out: its "
            f"lift is "
            f"{wording.ratio(fit_lift)} (interval {wording.ratio(fit_low)} to "
            f"{wording.ratio(fit_high)})."
        )
    facts = _lift_facts(definition, holdout, chosen, settings, case.periods)
    if np.isnan(lift) or np.isnan(low):
        return f"The lift of the best threshold of the fit period, {threshold}, is not defined."
    share = results["fit"].figures.qualified[chosen] / max(results["fit"].eligible, 1)
    current_low = holdout.interval("lift", settings)[0][current]
    if share >= _NEARLY_ALL and chosen != current and current_low > 1:
        return (
            f"By this objective it pays to touch nearly everybody: the best threshold of the fit "
            f"period, {threshold}, is reached by {wording.percent(share)} of the eligible "
            f"{definition.plural} and so separates nobody. The score does carry a signal: at the "
            f"threshold in force the hold-out shows a lift of "
            f"{wording.ratio(holdout.figures.lift[current])}. Check the settings of the objective."
        )
    if high < 1:
        return f"The score points the wrong way at {threshold}. {facts}"
    levels = np.unique(case.history.score)
    if len(levels) == 1:
        only = wording.points(levels[0])
        return f"The score has one value only, {only}: it cannot separate. {facts}"
    return f"No signal could be shown at {threshold}, the best threshold of the fit period. {facts}"


def _decide(
    case: _Case,
    objective: Objective,
    thresholds: Floats,
    chosen: int,
    current: int,
    holdout: SplitResult,
    comparison: dict[str, object],
) -> dict[str, object]:
    """Decide between recommend and keep for a threshold that separates in the hold-out."""
    definition, settings = case.definition, case.definition.settings
    facts = _lift_facts(definition, holdout, chosen, settings, case.periods)
    best, now = wording.points(thresholds[chosen]), wording.points(thresholds[current])
    keep = {
        "verdict": "keep",
        "recommended_threshold": definition.enter_threshold,
        "recommended_exit_threshold": definition.exit_threshold,
    }
    if chosen == current:
        return keep | {"reason": f"{now} is the best threshold of the fit period as well. {facts}"}
    is_allowed = objective.is_allowed(holdout.figures, holdout.weeks)
    excess = ""
    if not is_allowed[chosen]:
        limits = [_limited(settings, holdout, at) for at in (chosen, current)]
        if is_allowed[current]:
            return keep | {
                "reason": f"{best} was the best threshold of the fit period, but in the hold-out "
                f"it {limits[0]}, beyond the limit of the objective. {facts}"
            }
        # The one in force is no refuge: the measure of the objective tells which is better.
        excess = (
            f" Both are beyond the limit of the objective there: {best} {limits[0]}, {now} "
            f"{limits[1]}."
        )
    difference = float(comparison["holdout_objective_difference"])
    low = float(comparison["holdout_objective_difference_low"])
    high = float(comparison["holdout_objective_difference_high"])
    measure = objective.measure.replace("_", " ")
    if np.isnan(difference):
        change = f"In the hold-out nobody reached {now}, so the two cannot be compared directly."
    else:
        change = (
            f"The {measure} of the hold-out changes by {wording.number(difference)} against {now} "
            f"(interval {wording.number(low)} to {wording.number(high)}"
        )
        change += "; chance could explain it)." if low <= 0 <= high else ")."
    change += excess
    if difference <= 0:
        return keep | {
            "reason": f"{best} was the best threshold of the fit period, but in the hold-out it "
            f"was not better than {now}. {change}"
        }
    folds = walk_forward(definition, case.history, case.periods)
    before = differences(folds)
    if len(before) >= MIN_FOLDS and (before < 0).all():
        return keep | {
            "reason": f"{best} was the best threshold of the fit period and better than {now} in "
            f"the hold-out, but in each of {len(before)} walk-forward folds the threshold chosen "
            f"like this was worse than {now} in the weeks after. {facts} {change}"
        }
    exit_, figures = choose_exit(case.spans, definition, float(thresholds[chosen]), case.periods)
    return {
        "verdict": "recommend",
        "recommended_threshold": float(thresholds[chosen]),
        "recommended_exit_threshold": exit_,
        "reason": f"{best} instead of {now}. {facts} {change}{_fold_facts(before, now)}"
        f"{_flap_facts(exit_, figures)}",
    }


def _limited(settings: Settings, holdout: SplitResult, at: int) -> str:
    """Say what the limit of the objective looks at, of one threshold in the hold-out."""
    if settings.objective == "capacity":
        per_week = wording.number(holdout.figures.qualified[at] / holdout.weeks)
        return f"brought {per_week} leads a week"
    return f"had a precision of {wording.percent(holdout.figures.precision[at])}"


def _fold_facts(before: Floats, now: str) -> str:
    """Say how often a choice on the past held up in the weeks after, if that can be said."""
    if not len(before):
        return ""
    return (
        f" Thresholds chosen like this on the past were at least as good as {now} in the weeks "
        f"after in {int((before >= 0).sum())} of {len(before)} walk-forward folds."
    )


def _flap_facts(exit_: float, figures: ExitFigures) -> str:
    """Say how calm the status is under the recommended exit threshold, if anybody gained it."""
    if not figures.qualifications:
        return ""
    return (
        f" With an exit threshold of {wording.points(exit_)}, {wording.percent(figures.flap_rate)} "
        f"of {figures.qualifications} qualifications of the fit period were lost and regained "
        f"within {FLAP_DAYS} days."
    )


def _approval_row(row: dict[str, object], as_of: pd.Timestamp) -> str:
    """Write the row of the seed that lets a recommendation take effect."""
    measure = str(row["objective_measure"]).replace("_", " ")
    change, low, high = (
        wording.number(float(str(row[f"holdout_objective_difference{bound}"]))).replace(",", "")
        for bound in ("", "_low", "_high")
    )
    return ",".join(
        [
            str(row["definition_key"]),
            wording.points(float(str(row["recommended_threshold"]))),
            wording.points(float(str(row["recommended_exit_threshold"]))),
            f"{as_of:%Y-%m-%d}",
            f"rpt_calibration as of {as_of:%Y-%m-%d}: {measure} of the hold-out {change} "
            f"({low} to {high}) against {wording.points(float(str(row['current_threshold'])))}",
        ]
    )


def _figures_of(
    which: str, at: int, fit: SplitResult, holdout: SplitResult, settings: Settings
) -> dict[str, object]:
    """Take the figures of one threshold as columns of the verdict row."""
    figures = holdout.figures
    row: dict[str, object] = {
        f"holdout_{which}_qualified_count": figures.qualified[at],
        f"holdout_{which}_converted_count": figures.converted[at],
        f"holdout_{which}_precision": figures.precision[at],
        f"holdout_{which}_base_rate": figures.base_rate[at],
        f"holdout_{which}_lift": figures.lift[at],
        f"holdout_{which}_recall": figures.recall[at],
        f"holdout_{which}_per_week": figures.qualified[at] / holdout.weeks,
        f"holdout_{which}_expected_value": figures.expected_value(settings)[at],
        f"fit_{which}_qualified_count": fit.figures.qualified[at],
        f"fit_{which}_precision": fit.figures.precision[at],
        f"fit_{which}_lift": fit.figures.lift[at],
        f"fit_{which}_recall": fit.figures.recall[at],
        f"fit_{which}_per_week": fit.figures.qualified[at] / fit.weeks,
    }
    for figure in ("precision", "lift", "expected_value"):
        low, high = holdout.interval(figure, settings)
        row[f"holdout_{which}_{figure}_low"] = low[at]
        row[f"holdout_{which}_{figure}_high"] = high[at]
    return row


def _lift_facts(
    definition: Definition,
    holdout: SplitResult,
    at: int,
    settings: Settings,
    periods: Periods | None,
) -> str:
    """Say what the hold-out shows at one threshold."""
    figures = holdout.figures
    low, high = (bound[at] for bound in holdout.interval("lift", settings))
    days = "" if periods is None else f" within {periods.horizon_days} days"
    return (
        f"In the hold-out {int(figures.qualified[at])} {definition.plural} reached it and "
        f"{int(figures.converted[at])} of them converted{days} "
        f"({wording.percent(figures.precision[at])}), {wording.ratio(figures.lift[at])} times as "
        f"often as all {definition.plural} equally long in the audience "
        f"(interval {wording.ratio(low)} to {wording.ratio(high)})."
    )
