"""Compare every way to foretell an outcome, once, on days that none of them has seen."""

from dataclasses import dataclass, replace

import numpy as np

from python_udfs.calibration import schemas
from python_udfs.calibration.accuracy import FIGURES, Accuracy, Forecast, measure_forecasts
from python_udfs.calibration.bands import mapped_probabilities
from python_udfs.calibration.bootstrap import generator_for, percentile_interval
from python_udfs.calibration.factors import Population, StepModel, read_populations
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
from python_udfs.calibration.levels import level_scores
from python_udfs.calibration.panels import Measured, Panel, read_measured, read_panels
from python_udfs.calibration.periods import Periods, as_timestamp, time_split
from python_udfs.calibration.propensity import probabilities, propensity_split, read_step_models

_HAPPENED = {"conversion": "converted", "churn": "churned"}
_STEP_MODELS = ("scorecard", "gradient_boosting")


def model_comparison(
    steps: Frame,
    propensity_days: Frame,
    propensity_factors: Frame,
    propensity_values: Frame,
    panel: Frame,
    signal_panel: Frame,
    suggestions: Frame,
    suggested_definitions: Frame,
    levels: Frame,
    signals: Frame,
    probability_map: Frame,
    definitions: Frame,
    settings: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
    seed: int,
    draws: int,
) -> Frame:
    """Compare the models of the fit period on the hold-out, and say which is used.

    All are asked about the same rows: the entity-weeks of the hold-out. Points become a
    probability by the monotone map of the fit period. The base rate is that of the fit period: what
    one knows without any model.

    Of the two propensity models the scorecard is used, unless gradient boosting is clearly better:
    the interval of the difference in log loss lies below 0, and its area under the curve is not
    smaller. Neither is used below the sample floors, or when its log loss is not below that of the
    base rate, or its area under the curve not above 0.5, beyond the 95 % interval.

    Parameters
    ----------
    steps : pandas.DataFrame
        Columns of ``schemas.PROPENSITY_STEPS``, from `propensity_models`.
    propensity_days, propensity_factors, propensity_values : pandas.DataFrame
        Columns of ``schemas.PROPENSITY_DAYS``, ``PROPENSITY_FACTORS``, ``PROPENSITY_VALUES``.
    panel, signal_panel, signals, definitions, settings, panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL``, ``MEASURED_SIGNALS``, ``LEVEL_SIGNALS``, ``DEFINITIONS``,
        ``SETTINGS``, ``PANEL_DAYS``.
    suggestions, suggested_definitions, levels, probability_map : pandas.DataFrame
        Columns of ``schemas.SUGGESTIONS``, ``LEVEL_FIELDS`` (twice) and ``MAP_KEYS``, from
        `signal_lift`, `suggested_definitions`, `suggested_levels` and `probability_map`.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which the outcome counts.
    seed : int
        Seed of the bootstrap.
    draws : int
        Draws of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.MODEL_COMPARISON``: the base rate and both propensity models of each
        outcome, and base rate, points and the three kinds of suggestion of each definition.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Hand (2006), Classifier technology and the illusion of progress (why the simple model has to be
    beaten clearly).
    """
    check_arguments(horizon_days, seed, draws)
    known = read_definitions(definitions, settings)
    floors = _read_floors(settings)
    last_mature_day = day_number(as_of) - horizon_days
    populations = read_populations(
        propensity_days, propensity_factors, propensity_values, last_mature_day=last_mature_day
    )
    models = read_step_models(steps)
    rows: list[dict[str, object]] = []
    for outcome, population in populations.items():
        periods = propensity_split(
            population, panel_days, outcome, as_of=as_of, horizon_days=horizon_days
        )
        own = {name: models[outcome, name] for name in _STEP_MODELS if (outcome, name) in models}
        rows.extend(
            _propensity_rows(outcome, population, own, periods, floors, seed=seed, draws=draws)
        )
    if known:
        keys = [one.key for one in known]
        panels = read_panels(panel, keys, last_mature_day)
        measured = read_measured(signal_panel, panel)
        catalogue = read_table(signals, schemas.LEVEL_SIGNALS, "signals").set_index("signal_key")
        definition_rows, level_rows = (
            rows_by_definition(read_table(given, schemas.LEVEL_FIELDS, name), keys)
            for given, name in (
                (suggested_definitions, "suggested_definitions"),
                (levels, "suggested_levels"),
            )
        )
        points = rows_by_definition(
            read_table(suggestions, schemas.SUGGESTIONS, "signal_lift"), keys
        )
        mapped = set(read_table(probability_map, schemas.MAP_KEYS, "probability_map").iloc[:, 0])
        split = time_split(panel_days, as_of=as_of, horizon_days=horizon_days)
        for definition in known:
            own = panels[definition.key]
            proposals = {
                "suggested_points": _suggested_scores(points[definition.key], own, measured),
                "suggested_definition": level_scores(
                    definition_rows[definition.key], catalogue, measured, own
                ),
                "suggested_levels": level_scores(
                    level_rows[definition.key], catalogue, measured, own
                ),
            }
            rows.extend(
                _points_rows(
                    definition,
                    own,
                    proposals,
                    split,
                    is_handed_out=definition.key in mapped,
                    seed=seed,
                    draws=draws,
                )
            )
    return seal(rows, schemas.MODEL_COMPARISON, ["outcome", "definition_key", "model"])


@dataclass(frozen=True)
class _Floors:
    """Sample floors of the propensity models."""

    min_conversions: int
    min_entities: int


def _read_floors(settings: Frame) -> _Floors:
    """Take the floors of the settings row ``*``; without one, the strictest of the rows."""
    rows = read_table(
        settings,
        {
            name: schemas.SETTINGS[name]
            for name in ("definition_key", "min_conversions", "min_entities")
        },
        "pql_calibration",
    )
    shared = rows[rows["definition_key"] == schemas.EVERY_DEFINITION]
    chosen = (shared if len(shared) else rows)[["min_conversions", "min_entities"]]
    conversions, entities = chosen.max().fillna(1)
    return _Floors(int(conversions), int(entities))


@dataclass(frozen=True)
class _Holdout:
    """What the figures of every model of a group are computed on."""

    labels: Flags
    clusters: Integers
    entities: Integers
    cluster_count: int
    reference: float
    periods: Periods

    def describe(self) -> dict[str, object]:
        """Count, for the columns that every model of the group shares."""
        first, last = self.periods.crossing_days("holdout")
        return {
            "rows": len(self.labels),
            "entities": len(np.unique(self.entities)),
            "positives": int(self.labels.sum()),
            "positive_entities": len(np.unique(self.entities[self.labels])),
            "base_rate": self.labels.mean() if len(self.labels) else np.nan,
            "fit_until": as_timestamp(self.periods.fit_until),
            "holdout_from": as_timestamp(first),
            "holdout_until": as_timestamp(last),
        }

    def measure(
        self, forecasts: dict[str, Forecast], key: str, *, seed: int, draws: int
    ) -> dict[str, Accuracy]:
        """Measure the base rate and some forecasts; nothing without rows."""
        if len(self.labels) == 0:
            return {}
        constant = np.full(len(self.labels), self.reference)
        return measure_forecasts(
            {"base_rate": Forecast(constant, constant), **forecasts},
            self.reference,
            self.labels,
            self.clusters,
            self.cluster_count,
            draws=draws,
            generator=generator_for(seed, key),
        )


def _row(
    outcome: str,
    definition_key: str,
    model: str,
    verdict: tuple[str, str],
    shared: dict[str, object],
    accuracy: Accuracy | None = None,
    probability: Floats | None = None,
) -> dict[str, object]:
    """Write one row."""
    row = {
        "outcome": outcome,
        "definition_key": definition_key,
        "model": model,
        "is_used": verdict[0] == "used",
        "verdict": verdict[0],
        "reason": verdict[1],
        **shared,
    }
    if accuracy is not None:
        for name in FIGURES:
            row[name] = accuracy.value[name]
            row[f"{name}_low"] = accuracy.low[name]
            row[f"{name}_high"] = accuracy.high[name]
    if probability is not None and len(probability):
        row["mean_probability"] = probability.mean()
    return row


# --------------------------------------------------------------------------- the propensity models


def _propensity_rows(
    outcome: str,
    population: Population,
    models: dict[str, StepModel],
    periods: Periods | None,
    floors: _Floors,
    *,
    seed: int,
    draws: int,
) -> list[dict[str, object]]:
    """Write the rows of one outcome that belong to no definition."""
    if periods is None:
        doubt = "The history is too short to learn from one part of it and to check on another."
        verdicts = dict.fromkeys(("base_rate", *_STEP_MODELS), ("abstain", doubt))
        return [
            _row(outcome, schemas.EVERY_DEFINITION, name, verdict, {})
            for name, verdict in verdicts.items()
        ]
    fit = population.between(*periods.crossing_days("fit"))
    late = population.between(*periods.crossing_days("holdout"))
    holdout = _Holdout(
        labels=late.has_outcome,
        clusters=late.cluster,
        entities=late.cluster,
        cluster_count=late.cluster_count,
        reference=float(fit.has_outcome.mean()) if fit.row_count else np.nan,
        periods=periods,
    )
    given = {name: probabilities(model, late) for name, model in models.items()}
    forecasts = {name: Forecast(models[name].log_odds(late), own) for name, own in given.items()}
    accuracy = holdout.measure(forecasts, f"{outcome} *", seed=seed, draws=draws)
    verdicts = _choose(outcome, fit, late, floors, accuracy)
    given["base_rate"] = np.full(late.row_count, holdout.reference)
    return [
        _row(
            outcome,
            schemas.EVERY_DEFINITION,
            name,
            verdicts[name],
            holdout.describe(),
            accuracy.get(name),
            given.get(name),
        )
        for name in ("base_rate", *_STEP_MODELS)
    ]


def _choose(
    outcome: str,
    fit: Population,
    late: Population,
    floors: _Floors,
    accuracy: dict[str, Accuracy],
) -> dict[str, tuple[str, str]]:
    """Give each model its verdict and the reason for it."""
    reference = {"base_rate": ("not_used", "The constant that the models are compared with.")}
    doubt = _too_few(outcome, fit, late, floors)
    if doubt is not None:
        return reference | dict.fromkeys(_STEP_MODELS, ("abstain", doubt))
    doubts = {name: _doubt(accuracy.get(name)) for name in _STEP_MODELS}
    scorecard, boosting = accuracy.get("scorecard"), accuracy.get("gradient_boosting")
    if boosting is None or doubts["gradient_boosting"] is not None:
        is_better, gap = False, None
    elif scorecard is None:
        is_better, gap = True, "there is no scorecard to compare with"
    else:
        difference = boosting.value["log_loss"] - scorecard.value["log_loss"]
        low, high = percentile_interval(
            boosting.log_loss_draws - scorecard.log_loss_draws, boosting.clusters
        )
        is_better = bool(high < 0) and boosting.value["auc"] >= scorecard.value["auc"]
        gap = (
            f"its log loss differs from that of the scorecard by {difference:+.5f} (interval "
            f"{low:+.5f} to {high:+.5f}), its AUC is {boosting.value['auc']:.3f} against "
            f"{scorecard.value['auc']:.3f}"
        )
    chosen = (
        "gradient_boosting" if is_better else "scorecard" if doubts["scorecard"] is None else None
    )
    verdicts = dict(reference)
    for name in _STEP_MODELS:
        own_doubt = doubts[name]
        if own_doubt is not None:
            verdicts[name] = ("abstain", own_doubt)
        elif name == chosen:
            better = f"; {gap}" if name == "gradient_boosting" else ""
            verdicts[name] = (
                "used",
                f"Better than the base rate: {_evidence(accuracy[name])}{better}.",
            )
        elif name == "gradient_boosting":
            verdicts[name] = ("not_used", f"Not clearly better than the simple model: {gap}.")
        else:
            verdicts[name] = ("not_used", f"Gradient boosting is clearly better: {gap}.")
    return verdicts


def _too_few(outcome: str, fit: Population, late: Population, floors: _Floors) -> str | None:
    """Say which sample floor is missed, or None."""
    for part, where in ((fit, "fit period"), (late, "hold-out")):
        accounts, positive = part.accounts, part.accounts_with_outcome
        if accounts < floors.min_entities:
            return (
                f"The {where} has {accounts} accounts; {floors.min_entities} are asked for "
                "(min_entities)."
            )
        if positive < floors.min_conversions:
            return (
                f"Of the {accounts} accounts of the {where}, {positive} {_HAPPENED[outcome]} "
                f"within the horizon; {floors.min_conversions} are asked for (min_conversions)."
            )
        if part.has_outcome.all():
            return f"All accounts of the {where} {_HAPPENED[outcome]}: there is nothing to compare."
    return None


def _doubt(accuracy: Accuracy | None) -> str | None:
    """Say why a model cannot be trusted, or None."""
    if accuracy is None:
        return (
            "It was not fitted: within the fit period, no factor told later outcomes of other "
            "accounts apart, or there were too few of them."
        )
    if accuracy.low["log_loss_skill"] > 0 and accuracy.low["auc"] > 0.5:
        return None
    return f"Not better than the base rate beyond chance: {_evidence(accuracy)}."


def _evidence(accuracy: Accuracy) -> str:
    """Say how much better than the base rate a model is."""
    value, low, high = accuracy.value, accuracy.low, accuracy.high
    return (
        f"the log loss is {100 * value['log_loss_skill']:.1f} % below that of the base rate "
        f"(interval {100 * low['log_loss_skill']:.1f} to {100 * high['log_loss_skill']:.1f}), the "
        f"AUC is {value['auc']:.3f} (interval {low['auc']:.3f} to {high['auc']:.3f})"
    )


# ----------------------------------------------------------------------------------------- points


def _suggested_scores(points: Frame, panel: Panel, measured: Measured) -> Floats | None:
    """Score the rows of a panel with the suggested points; None where there are none."""
    given = points.dropna(subset="suggested_points")
    if given.empty:
        return None
    score = np.zeros(len(panel.row))
    for key, own in zip(given["signal_key"], given["suggested_points"], strict=True):
        score += own * measured.reached(
            str(key), None, np.nan, panel.row, is_zero_when_absent=False
        )
    return score


def _points_rows(
    definition: Definition,
    panel: Panel,
    proposals: dict[str, Floats | None],
    periods: Periods | None,
    *,
    is_handed_out: bool,
    seed: int,
    draws: int,
) -> list[dict[str, object]]:
    """Write the rows of one definition: base rate, points, what is suggested instead."""
    names = ("base_rate", "points", *proposals)
    doubt = _no_holdout(definition, panel, periods)
    if doubt is not None or periods is None:
        verdict = ("abstain", str(doubt))
        return [_row("conversion", definition.key, name, verdict, {}) for name in names]
    early, late = panel.in_split(periods, "fit"), panel.in_split(periods, "holdout")
    holdout = _Holdout(
        labels=panel.is_converted[late],
        clusters=panel.cluster[late],
        entities=panel.entity[late],
        cluster_count=panel.cluster_count,
        reference=float(panel.is_converted[early].mean()) if early.any() else np.nan,
        periods=periods,
    )
    scores = {"points": panel.score} | {
        name: score for name, score in proposals.items() if score is not None
    }
    forecasts = {}
    for name, score in scores.items():
        if not np.isnan(score).any():
            given = mapped_probabilities(definition, replace(panel, score=score), periods)
            forecasts[name] = Forecast(score[late], None if given is None else given[late])
    accuracy = holdout.measure(forecasts, definition.key, seed=seed, draws=draws)
    reference = np.full(int(late.sum()), holdout.reference)
    given_by = {name: one.probability for name, one in forecasts.items()}
    given_by["base_rate"] = reference
    return [
        _row(
            "conversion",
            definition.key,
            name,
            _points_verdict(name, forecasts, accuracy, is_handed_out=is_handed_out),
            holdout.describe(),
            accuracy.get(name),
            given_by.get(name),
        )
        for name in names
    ]


def _no_holdout(definition: Definition, panel: Panel, periods: Periods | None) -> str | None:
    """Say why nothing can be compared, or None."""
    if definition.audience == "customer":
        return "The audience is customers, who have converted already."
    if len(panel.row) == 0:
        return f"There is no week of {definition.plural} with a fully observed outcome."
    if periods is None:
        return "The history is too short to learn from one part of it and to check on another."
    return None


def _points_verdict(
    name: str,
    forecasts: dict[str, Forecast],
    accuracy: dict[str, Accuracy],
    *,
    is_handed_out: bool,
) -> tuple[str, str]:
    """Give the verdict on one way to score a definition, and the reason."""
    if name == "base_rate":
        return "not_used", "The constant that the points are compared with."
    if name not in forecasts:
        missing = "A score is missing." if name == "points" else "None are suggested."
        return "abstain", missing
    if name not in accuracy:
        return "abstain", "There is no week in the hold-out."
    if forecasts[name].probability is None:
        return "abstain", "The fit period has too few conversions for a probability of the score."
    evidence = _evidence(accuracy[name])
    if name != "points" and accuracy[name].low["auc"] > 0.5:
        return "not_used", f"A proposal until the seeds hold it: {evidence}."
    if name != "points" or not is_handed_out:
        return "abstain", f"Not better than the base rate beyond chance: {evidence}."
    return "used", f"Gives conversion_probability: {evidence}."
