"""Fit what goes along with converting and with churning, on the fit period only."""

from dataclasses import replace

import numpy as np
from scipy import optimize, special
from sklearn.ensemble import HistGradientBoostingClassifier

from python_udfs.calibration import schemas
from python_udfs.calibration.factors import (
    CONTRIBUTION_DECIMALS,
    Codes,
    Population,
    StepModel,
    cut_factor,
    make_step_model,
    read_populations,
)
from python_udfs.calibration.inputs import (
    Day,
    Flags,
    Floats,
    Frame,
    check_arguments,
    day_number,
    read_table,
    seal,
)
from python_udfs.calibration.logistic import fit_logistic
from python_udfs.calibration.penalised import (
    STRENGTHS,
    draw_accounts,
    fit_directed,
    mean_log_loss,
    one_thread,
    part_rows,
)
from python_udfs.calibration.periods import Periods, time_split

SCORECARD_STEPS = 5
BOOSTING_STEPS = 24

MIN_ACCOUNTS_PER_FOLD = 5
"""Fewest accounts with the outcome, and without, in either part of a fold."""

PRIOR_ACCOUNTS = 20
"""Accounts of average rate that are added to each step: shrinks what few accounts were seen in."""

LEARNING_RATE = 0.1
MAX_ROUNDS = 100
"""Rounds of boosting that are tried; the folds choose how many are used."""

POINTS_TO_DOUBLE_THE_ODDS = 20
"""Scale of the readable points, as scorecards in credit scoring have it."""


def propensity_split(
    population: Population, panel_days: Frame, outcome: str, *, as_of: Day, horizon_days: int
) -> Periods | None:
    """Split the history of an outcome by time.

    Conversion is split like everything else in the calibration. Customers come later than
    prospects, so churn has a split of its own.

    Parameters
    ----------
    population : Population
        The mature rows of the outcome.
    panel_days : pandas.DataFrame
        Columns of ``schemas.PANEL_DAYS``.
    outcome : str
        One of ``schemas.OUTCOMES``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which the outcome counts.

    Returns
    -------
    Periods or None
        None when the history is too short.

    Raises
    ------
    CalibrationError
        If ``panel_days`` breaks its contract.
    """
    shared = read_table(panel_days, schemas.PANEL_DAYS, "panel_days")
    if outcome != "conversion" or shared.empty:
        days, counts = np.unique(population.panel_on, return_counts=True)
        panel_days = Frame({"panel_on": days.astype("datetime64[D]"), "entity_count": counts})
    return time_split(panel_days, as_of=as_of, horizon_days=horizon_days)


def propensity_models(
    propensity_days: Frame,
    propensity_factors: Frame,
    propensity_values: Frame,
    panel_days: Frame,
    *,
    as_of: Day,
    horizon_days: int,
) -> Frame:
    """Fit the propensity models of each outcome on its fit period.

    Two models, both additive in the factors, so that what each factor adds to the log-odds of an
    account is exact and both are tables of steps that a join can apply:

    * **scorecard**: each factor is cut into a few steps, each step valued by its log-odds against
      the average (weight of evidence, shrunk), and a logistic regression with an L2 penalty weighs
      the factors against each other. No factor may point against what it shows alone: those that
      would are left out.
    * **gradient_boosting**: trees that each use a single factor, so the model stays a sum of one
      step function per factor.

    The penalty and the number of rounds are chosen by folds within the fit period: learnt from its
    earlier days and tried on the later days of other accounts. Those trials also say how far the
    log-odds must be drawn to the average (slope); the intercept makes the mean probability of the
    fit period its rate. Later days are not looked at: `model_comparison` does, once. The models are
    not fitted again afterwards, so that what was judged is what scores.

    Parameters
    ----------
    propensity_days, propensity_factors, propensity_values, panel_days : pandas.DataFrame
        Columns of ``schemas.PROPENSITY_DAYS``, ``PROPENSITY_FACTORS``, ``PROPENSITY_VALUES``,
        ``PANEL_DAYS``.
    as_of : date
        Last day that is known.
    horizon_days : int
        Days within which the outcome counts.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schemas.PROPENSITY_STEPS``; nothing in the fit is random. No rows for an
        outcome whose history is too short, that has too few accounts of either kind in a fold, or
        of which no factor tells anything that holds on later days.

    Raises
    ------
    CalibrationError
        If an input breaks its contract.

    References
    ----------
    Siddiqi (2006), Credit risk scorecards; Lou, Caruana, Gehrke (2012), Intelligible models for
    classification and regression; Platt (1999), Probabilistic outputs for support vector machines.
    """
    check_arguments(horizon_days)
    populations = read_populations(
        propensity_days,
        propensity_factors,
        propensity_values,
        last_mature_day=day_number(as_of) - horizon_days,
    )
    rows: list[dict[str, object]] = []
    for outcome, population in populations.items():
        periods = propensity_split(
            population, panel_days, outcome, as_of=as_of, horizon_days=horizon_days
        )
        if periods is None:
            continue
        fit = population.between(*periods.crossing_days("fit"))
        fit = fit.take(draw_accounts(fit.mixed))
        with one_thread():
            models = _fit_models(fit)
        for name, model in models.items():
            rows.extend(_step_rows(outcome, name, model, fit))
    return seal(rows, schemas.PROPENSITY_STEPS, ["outcome", "model", "factor", "step"])


def read_step_models(steps: Frame) -> dict[tuple[str, str], StepModel]:
    """Read the models back from their steps.

    Parameters
    ----------
    steps : pandas.DataFrame
        Columns of ``schemas.PROPENSITY_STEPS``.

    Returns
    -------
    dict of (outcome, model) to StepModel
        Only those that have steps.

    Raises
    ------
    CalibrationError
        If ``steps`` breaks its contract.
    """
    table = read_table(steps, schemas.PROPENSITY_STEP_FIELDS, "propensity_models")
    models = {}
    for (outcome, name), own in table.sort_values("step").groupby(["outcome", "model"]):
        edges, contributions = {}, {}
        for factor, rows in own.groupby("factor"):
            is_step = ~rows["is_unknown"].to_numpy()
            edges[str(factor)] = rows["value_from"].to_numpy()[is_step][1:]
            own_steps = rows["contribution"].to_numpy()
            # A factor that is 0 when absent is never unknown.
            contributions[str(factor)] = np.append(own_steps, 0.0) if is_step.all() else own_steps
        first = own.iloc[0]
        models[str(outcome), str(name)] = StepModel(
            float(first["base_log_odds"]),
            edges,
            contributions,
            float(first["calibration_intercept"]),
            float(first["calibration_slope"]),
        )
    return models


def probabilities(model: StepModel, population: Population) -> Floats:
    """Give the calibrated probability of every row, shape (n,)."""
    return special.expit(model.intercept + model.slope * model.log_odds(population))


def _fit_models(population: Population) -> dict[str, StepModel]:
    """Choose, fit and calibrate both models; leaves out what cannot be fitted."""
    if population.row_count == 0:
        return {}
    folds = part_rows(population.panel_on, population.mixed)
    for part in (part for fold in folds for part in fold):
        own = population.cluster[part]
        with_outcome = population.cluster[part & population.has_outcome]
        few = min(len(np.unique(with_outcome)), len(np.unique(own)) - len(np.unique(with_outcome)))
        if few < MIN_ACCOUNTS_PER_FOLD:
            return {}
    found = {}
    for name, fit in (("scorecard", _fit_scorecard), ("gradient_boosting", _fit_boosting)):
        model = fit(population, folds)
        if model is not None:
            found[name] = model
    return found


def _cut(population: Population, max_steps: int) -> tuple[dict[str, Floats], dict[str, Codes]]:
    """Cut every factor that varies; gives edges and codes by factor."""
    edges, codes = {}, {}
    for factor in population.factors:
        own = cut_factor(factor, population.row_count, max_steps)
        numbers = factor.codes(own, population.row_count)
        if (numbers != numbers[0]).any():
            edges[factor.key], codes[factor.key] = own, numbers
    return edges, codes


def _fit_scorecard(population: Population, folds: list[tuple[Flags, Flags]]) -> StepModel | None:
    """Fit the scorecard; None where no factor is left."""
    edges, codes = _cut(population, SCORECARD_STEPS)
    labels = population.has_outcome

    def fit(
        rows: Flags, strength: float, evidence: dict[str, Floats]
    ) -> tuple[float, dict[str, Floats]]:
        design = np.column_stack([evidence[key][codes[key][rows]] for key in codes])
        base, weights = fit_directed(design, labels[rows], population.cluster[rows], strength)
        contributions = {
            key: weight * evidence[key] for key, weight in zip(codes, weights, strict=True)
        }
        return base, contributions

    def predict(rows: Flags, base: float, contributions: dict[str, Floats]) -> Floats:
        return base + np.sum([own[codes[key][rows]] for key, own in contributions.items()], axis=0)

    if not codes:
        return None
    losses = np.zeros(len(STRENGTHS))
    trials: list[list[Floats]] = []
    for learnt, tried in folds:
        evidence = _evidence(population, codes, edges, learnt)
        trials.append([predict(tried, *fit(learnt, one, evidence)) for one in STRENGTHS])
        losses += [tried.sum() * mean_log_loss(labels[tried], own) for own in trials[-1]]
    best = int(np.argmin(losses))
    everyone = np.ones(population.row_count, dtype=bool)
    base, contributions = fit(
        everyone, STRENGTHS[best], _evidence(population, codes, edges, everyone)
    )
    model = _centred(base, edges, contributions, codes)
    return _calibrated(model, population, folds, [own[best] for own in trials])


def _evidence(
    population: Population, codes: dict[str, Codes], edges: dict[str, Floats], rows: Flags
) -> dict[str, Floats]:
    """Log-odds of each step against the average, shrunk; shape (steps + 1,) by factor."""
    labels = population.has_outcome[rows]
    rate = labels.mean()
    # The weeks of one account are no independent evidence: the prior weighs as many as it has.
    prior = PRIOR_ACCOUNTS * len(labels) / len(np.unique(population.cluster[rows]))
    found = {}
    for key, own in codes.items():
        size = len(edges[key]) + 2
        total = np.bincount(own[rows], minlength=size) + prior
        positive = np.bincount(own[rows], weights=labels, minlength=size) + prior * rate
        found[key] = special.logit(positive / total) - special.logit(rate)
    return found


def _fit_boosting(population: Population, folds: list[tuple[Flags, Flags]]) -> StepModel | None:
    """Fit additive gradient boosting; None where no factor varies."""
    edges, codes = _cut(population, BOOSTING_STEPS)
    if not codes:
        return None
    labels = population.has_outcome
    design = np.column_stack([codes[key] for key in codes]).astype(np.float64)
    unknown = np.array([len(edges[key]) + 1 for key in codes])
    design[design == unknown] = np.nan
    leaf = int(np.ceil(PRIOR_ACCOUNTS * population.row_count / population.accounts))
    losses = np.zeros(MAX_ROUNDS + 1)
    staged: list[Floats] = []
    for learnt, tried in folds:
        fitted = _fit_trees(MAX_ROUNDS, leaf, design[learnt], labels[learnt])
        start = float(special.logit(labels[learnt].mean()))
        stages = [one.ravel() for one in fitted.staged_decision_function(design[tried])]
        by_round = np.vstack([np.full(int(tried.sum()), start), *stages])
        losses += [tried.sum() * mean_log_loss(labels[tried], own) for own in by_round]
        staged.append(by_round)
    best = int(np.argmin(losses))
    if best == 0:
        return None
    fitted = _fit_trees(best, leaf, design, labels)
    contributions = {}
    reference = np.zeros((1, design.shape[1]))
    base = float(fitted.decision_function(reference)[0])
    for column, key in enumerate(codes):
        # Trees of one factor each: what a step adds does not depend on the other factors.
        grid = np.repeat(reference, unknown[column] + 1, axis=0)
        grid[:, column] = np.append(np.arange(unknown[column]), np.nan)
        contributions[key] = fitted.decision_function(grid) - base
    model = _centred(base, edges, contributions, codes)
    return _calibrated(model, population, folds, [own[best] for own in staged])


def _fit_trees(
    rounds: int, leaf: int, design: Floats, labels: Flags
) -> HistGradientBoostingClassifier:
    """Fit trees that use one factor each."""
    model = HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE,
        max_iter=rounds,
        max_leaf_nodes=4,
        min_samples_leaf=leaf,
        interaction_cst="no_interactions",
        early_stopping=False,
        random_state=0,
    )
    return model.fit(design, labels)


def _centred(
    base: float, edges: dict[str, Floats], contributions: dict[str, Floats], codes: dict[str, Codes]
) -> StepModel:
    """Let every factor contribute 0 on average, and the base hold the average."""
    centred = {}
    for key, own in contributions.items():
        mean = float(own[codes[key]].mean())
        centred[key] = own - mean
        base += mean
        seen = np.bincount(codes[key], minlength=len(own))
        # Nobody was seen without a value: then a missing one says nothing.
        if seen[-1] == 0:
            centred[key][-1] = 0.0
    return make_step_model(base, edges, centred)


def _calibrated(
    model: StepModel,
    population: Population,
    folds: list[tuple[Flags, Flags]],
    trials: list[Floats],
) -> StepModel | None:
    """Draw the log-odds to the average as far as the trials say; None where they rank nothing."""
    if not model.edges:
        return None
    labels = np.concatenate([population.has_outcome[tried] for _, tried in folds])
    fold = np.repeat(np.arange(len(folds)), [len(own) for own in trials])
    # Every fold has its own level: accounts left out of a fold that learnt a low rate have a high
    # one, which would count against the model.
    design = np.column_stack(
        [
            np.concatenate([own - own.mean() for own in trials]),
            fold[:, None] == np.arange(len(folds)),
        ]
    )
    coefficients, _ = fit_logistic(
        design, np.ones(len(labels)), labels.astype(np.float64), np.full(design.shape[1], 1e-6)
    )
    slope = round(float(coefficients[0]), CONTRIBUTION_DECIMALS)
    if slope <= 0:
        return None
    own = slope * model.log_odds(population)
    rate = population.has_outcome.mean()
    intercept = optimize.brentq(
        lambda shift: special.expit(own + shift).mean() - rate, -50 - own.max(), 50 - own.min()
    )
    return replace(model, intercept=round(float(intercept), CONTRIBUTION_DECIMALS), slope=slope)


def _step_rows(
    outcome: str, name: str, model: StepModel, population: Population
) -> list[dict[str, object]]:
    """Write the steps of one model."""
    present = {factor.key: factor for factor in population.factors}
    rows: list[dict[str, object]] = []
    for key, edges in model.edges.items():
        codes = present[key].codes(edges, population.row_count)
        seen = np.bincount(codes, minlength=len(edges) + 2)
        positive = np.bincount(codes, weights=population.has_outcome, minlength=len(edges) + 2)
        lows, highs = np.append([np.nan], edges), np.append(edges, [np.nan])
        for step, contribution in enumerate(model.contributions[key]):
            is_unknown = step == len(lows)
            if is_unknown and present[key].is_zero_when_absent:
                continue
            rows.append(
                {
                    "outcome": outcome,
                    "model": name,
                    "factor": key,
                    "step": step,
                    "value_from": np.nan if is_unknown else lows[step],
                    "value_to": np.nan if is_unknown else highs[step],
                    "is_unknown": is_unknown,
                    "contribution": contribution,
                    "points": np.round(contribution * POINTS_TO_DOUBLE_THE_ODDS / np.log(2)),
                    "fit_rows": seen[step],
                    "fit_rate": positive[step] / seen[step] if seen[step] else np.nan,
                    "base_log_odds": model.base,
                    "calibration_intercept": model.intercept,
                    "calibration_slope": model.slope,
                }
            )
    return rows
