"""What goes into the calibration functions and what comes out, column by column.

This is the contract with the SQL side. Input tables may hold more columns than are named here;
those are ignored. Output frames hold exactly the named columns, in this order and with these types,
also when they have no row.

Types of the inputs are kinds rather than dtypes, because decimals may arrive as ``float64`` or as
``Decimal`` objects, dates as any ``datetime64`` unit or ``date`` objects, and flags as ``bool`` or
``boolean``: ``text``, ``number``, ``integer``, ``flag``, ``date``.
"""

from typing import NamedTuple

EVERY_DEFINITION = "*"
"""The ``definition_key`` of the settings row that serves every definition without its own row."""

OBJECTIVES = ("expected_value", "capacity", "precision", "f_beta")
AUDIENCES = ("prospect", "customer", "all")
SPLITS = ("fit", "holdout")

OPEN_SCORE = 1e12
"""Stands for minus and plus infinity in the bounds of the probability map (fits decimal(18, 4))."""


class Field(NamedTuple):
    """One column of an input table.

    Attributes
    ----------
    kind : str
        ``text``, ``number``, ``integer``, ``flag`` or ``date``.
    is_nullable : bool
        Whether a missing value is allowed.
    description : str
        Meaning and unit.
    """

    kind: str
    is_nullable: bool
    description: str


class Column(NamedTuple):
    """One column of an output frame.

    Attributes
    ----------
    dtype : str
        The pandas dtype: ``string`` (varchar), ``float64`` (double), ``Int64`` (bigint),
        ``boolean``, ``datetime64[us]`` (a day; cast to date in SQL).
    description : str
        Meaning and unit.
    """

    dtype: str
    description: str


# ------------------------------------------------------------------------------------------ inputs

DEFINITIONS = {
    "definition_key": Field("text", False, "Key; one row per definition to calibrate"),
    "definition_version": Field("text", True, "Version that the scores were computed with"),
    "entity_type": Field("text", False, "account or user"),
    "audience": Field("text", False, "prospect, customer or all"),
    "enter_threshold": Field("number", False, "Threshold in force (approved or hand-set), above 0"),
    "exit_threshold": Field("number", False, "Exit threshold in force"),
}

SETTINGS = {
    "definition_key": Field("text", False, "Key; * serves every definition without its own row"),
    "objective": Field("text", False, "expected_value, capacity, precision or f_beta"),
    "conversion_value": Field(
        "number", True, "What it is worth to have touched an account that converts, in currency"
    ),
    "touch_cost": Field("number", True, "What one contact costs, in the same currency"),
    "weekly_capacity": Field("number", True, "Most new leads per week that sales can work"),
    "min_precision": Field("number", True, "Lowest share of leads that convert, 0 to 1"),
    "beta": Field("number", True, "Weight of recall against precision in F-beta, above 0"),
    "min_conversions": Field(
        "integer", False, "Fewest conversions in fit and in hold-out for a verdict"
    ),
    "min_entities": Field(
        "integer", False, "Fewest accounts at a threshold in fit and in hold-out to consider it"
    ),
}
"""Columns of the seed ``pql_calibration``. A number is needed where its objective uses it:
``conversion_value`` and ``touch_cost`` for ``expected_value`` (and for the column of that name on
the threshold curve), ``weekly_capacity`` for ``capacity``, ``min_precision`` for ``precision``,
``beta`` for ``f_beta``."""

PANEL_DAYS = {
    "panel_on": Field("date", False, "A mature day of the weekly grid; one row per day"),
    "entity_count": Field("integer", False, "Rows of the panel on this day, all definitions"),
}
"""``select panel_on, count(*) as entity_count from panel group by panel_on``: gives every function
the same split without reading the panel."""

ENTITIES = {
    "definition_key": Field("text", False, "Key"),
    "entity_id": Field("text", False, "Entity; unique within the definition"),
    "account_id": Field("text", True, "Cluster for the bootstrap; missing: the entity itself"),
    "eligible_from": Field(
        "date",
        True,
        "First day on which the entity exists, is in the audience and may convert; missing: never",
    ),
    "eligible_to": Field("date", True, "Day after the last such day; missing: none is the last"),
    "converted_on": Field("date", True, "Day of the conversion as known on the as-of day"),
    "first_scored_on": Field("date", True, "First day on which anything of it could be scored"),
}
"""All entities of each definition, whether they ever had a score or not: they are the base that
lift compares with."""

CROSSINGS = {
    "definition_key": Field("text", False, "Key"),
    "entity_id": Field("text", False, "Entity; must stand in the entities table"),
    "reached_on": Field("date", False, "Day of a new record of the entity's score while eligible"),
    "score_reached": Field(
        "number",
        True,
        "The record, strictly above all earlier ones; missing: the definition abstains",
    ),
}
"""One row per entity and new record of its score while it is eligible (exists, in the audience,
required signals met). The entity first reaches threshold t on its first row with
``score_reached >= t``."""

SCORE_SPANS = {
    "definition_key": Field("text", False, "Key"),
    "entity_key": Field("integer", False, "Number of the entity; only tells entities apart"),
    "valid_from": Field("date", False, "First day of an interval of the score history"),
    "score": Field("number", True, "Score from that day to the next interval of the entity"),
    "can_qualify": Field("flag", False, "Whether it is in the audience, required signals met"),
}
"""The score history of each definition up to the as-of day, gap-free per entity."""

PANEL = {
    "panel_row": Field("integer", False, "Any number unique in the panel; joins the signal panel"),
    "definition_key": Field("text", False, "Key"),
    "entity_id": Field("text", False, "Entity"),
    "account_id": Field("text", True, "Cluster for the bootstrap; missing: the entity itself"),
    "eligible_from": Field("date", False, "First day on which the entity was eligible"),
    "panel_on": Field("date", False, "Day of the weekly grid, horizon fully observed"),
    "score": Field("number", True, "Score on that day; missing: no probability is fitted"),
    "is_converted": Field("flag", False, "Converted after panel_on and by panel_on + horizon"),
}

NEXT_STEP = {
    "is_converted_next": Field(
        "flag", False, "Converted after panel_on and by the next day of the grid"
    ),
}
"""One more column of the panel, for `signal_lift`: the outcome of a hazard in discrete time."""

REQUIRED_MET = {
    "is_required_met": Field("flag", False, "Whether the required signals are met that day"),
}
"""One more column of the panel, for what looks at who is at the threshold: only who meets what is
required reaches it, whatever the score."""

SIGNAL_PANEL = {
    "panel_row": Field("integer", False, "Row of the panel"),
    "signal_key": Field("text", False, "A signal of the definition whose condition holds that day"),
    "points": Field("number", False, "Points that the signal contributes that day"),
}
"""Sparse: only signals that are met. Keep panel and signal panel as tables, so that ``panel_row``
is the same in both."""

SIGNALS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "A signal that the definition has a weight for"),
    "measure": Field("text", False, "What is measured, as in pql_signals"),
    "operator": Field("text", False, "How the value is compared"),
    "threshold": Field("number", True, "Threshold of the condition, where it is a number"),
    "points": Field("number", True, "Hand-set points when the condition holds"),
    "points_per_unit": Field("number", True, "Hand-set points per unit instead of flat points"),
    "max_points": Field("number", True, "Most points of a per-unit weight, as magnitude"),
    "is_zero_when_absent": Field("flag", False, "Whether it counts: no value is the value 0"),
}

SIGNAL_BIN_FIELDS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "Signal"),
    "bin": Field("integer", False, "1 (lowest values) upwards"),
    "value_min": Field("number", False, "Lowest value of the bin that was seen"),
}
"""Columns of ``SIGNAL_BINS`` that the thresholds of the signals are taken from."""

PROPOSED_THRESHOLDS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "Signal"),
    "current_threshold": Field("number", False, "Threshold in pql_signals"),
    "proposed_threshold": Field("number", True, "Best of the fit period; missing: none was found"),
}
"""Columns of ``SIGNAL_THRESHOLDS`` that the suggested definitions are made of."""

WEIGHTS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "Signal"),
    "points": Field("number", True, "Hand-set points when the condition holds"),
    "points_per_unit": Field("number", True, "Hand-set points per unit instead of flat points"),
    "is_required": Field("flag", False, "Whether the condition must hold to qualify"),
}

WAITS = {
    "definition_key": Field("text", False, "Key"),
    "clock": Field("text", False, "since_qualified or since_eligible: what day 0 is"),
    "status": Field("text", False, "qualified or (only since_eligible) not_qualified"),
    "from_day": Field("integer", False, "Looked at after this day of the clock, 0 or more"),
    "to_day": Field("integer", False, "Last day looked at; from_day: none was left"),
    "is_converted": Field("flag", False, "Converted on to_day; else not looked at any longer"),
    "account_count": Field("integer", False, "Accounts with this wait"),
}
"""Accounts of each definition whose audience is not customers, counted by their wait. One that had
converted when the clock started has ``to_day = from_day`` and ``is_converted``."""

DRIFT_PANEL = PANEL | {
    "is_converted": Field(
        "flag", True, "As in the panel; missing: the horizon is not observed yet"
    ),
    "is_case": Field("flag", False, "Whether the row is a conversion, on its day"),
}
"""The panel with the days whose outcome is not known yet, and the conversions as rows of their own,
whose signals are those of the day before and whose score is not looked at."""

APPROVALS = {
    "definition_key": Field("text", False, "Key"),
    "approved_on": Field("date", True, "Day of the latest approval; missing: never"),
}

OUTCOMES = ("conversion", "churn")
"""What may lie ahead of an account: of a prospect the conversion, of a customer the churn."""

PROPENSITY_DAYS = {
    "entity_day": Field("integer", False, "Any number unique in the table; joins the values"),
    "outcome": Field("text", False, "conversion or churn"),
    "account_id": Field("text", False, "Account"),
    "panel_on": Field("date", False, "Day of the weekly grid, horizon fully observed"),
    "has_outcome": Field("flag", False, "The outcome came after panel_on, by panel_on + horizon"),
}

PROPENSITY_FACTORS = {
    "factor_number": Field("integer", False, "Any number unique in the table; joins the values"),
    "factor": Field("text", False, "Key of the factor"),
    "threshold": Field("number", True, "Value at which a signal is met; missing: none"),
    "is_zero_when_absent": Field(
        "flag", False, "Whether a day without a value has the value 0; else it is unknown"
    ),
}

PROPENSITY_VALUES = {
    "entity_day": Field("integer", False, "Row of the propensity days"),
    "factor_number": Field("integer", False, "Row of the propensity factors"),
    "factor_value": Field("number", False, "Value as known on the day"),
}
"""Sparse: see ``is_zero_when_absent``. Rows of other days are left out."""

PROPENSITY_STEP_FIELDS = {
    "outcome": Field("text", False, "conversion or churn"),
    "model": Field("text", False, "scorecard or gradient_boosting"),
    "factor": Field("text", False, "Key of the factor"),
    "step": Field("integer", False, "0 upwards with the value, then the unknown"),
    "value_from": Field("number", True, "Lowest value; missing: no bound, or unknown"),
    "is_unknown": Field("flag", False, "Whether the step is that of an unknown value"),
    "contribution": Field("number", False, "Log-odds"),
    "base_log_odds": Field("number", False, "Log-odds of the average row"),
    "calibration_intercept": Field("number", False, "Log-odds"),
    "calibration_slope": Field("number", False, "Above 0"),
}

SUGGESTIONS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "Signal"),
    "suggested_points": Field("number", True, "Points from the fit period; missing: none"),
}
"""Columns of ``SIGNAL_LIFT`` that the comparison of models reads."""

LEVEL_SIGNALS = {
    "signal_key": Field("text", False, "Signal"),
    "measure": Field("text", False, "Measure"),
    "operator": Field("text", True, ">=, <=, =, != or in"),
    "threshold": Field("number", True, "Threshold of the condition; missing: it is a text"),
    "is_zero_when_absent": Field("flag", False, "Whether it counts: no value is the value 0"),
}
"""Columns of ``def_signals`` that the levels need."""

MEASURED_SIGNALS = {
    "panel_row": Field("integer", False, "Row of the panel"),
    "signal_key": Field("text", False, "A signal of the definition that has a value that day"),
    "signal_value": Field("number", True, "The value; missing: an attribute"),
    "is_met": Field("flag", False, "Whether the condition of the signal holds"),
}
"""The signal panel with its values. Sparse: a signal that counts something and is 0 has no row."""

LEVEL_FIELDS = {
    "definition_key": Field("text", False, "Key"),
    "signal_key": Field("text", False, "Signal"),
    "operator": Field("text", True, ">= or <=; missing: the condition of the signal"),
    "threshold": Field("number", True, "Threshold; missing: the condition of the signal"),
    "points": Field("number", False, "Points when the condition holds"),
}

MAP_KEYS = {"definition_key": Field("text", False, "Key")}
"""Columns of ``PROBABILITY_MAP`` that the comparison of models reads."""

# ----------------------------------------------------------------------------------------- outputs

TEXT, NUMBER, INTEGER, DAY = "string", "float64", "Int64", "datetime64[us]"

THRESHOLD_CURVE = {
    "definition_key": Column(TEXT, "Key"),
    "threshold": Column(NUMBER, "Candidate enter threshold, in points"),
    "split": Column(TEXT, "fit or holdout"),
    "is_current": Column("boolean", "Whether this is the enter threshold in force"),
    "qualified_count": Column(
        INTEGER, "Entities that first reached the threshold within the period of the split"
    ),
    "converted_count": Column(INTEGER, "Of these, converted within the horizon after that day"),
    "converted_account_count": Column(INTEGER, "Accounts of the converted; each buys once"),
    "precision": Column(NUMBER, "converted_count / qualified_count"),
    "precision_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "precision_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "base_rate": Column(
        NUMBER, "Conversion rate of all eligible entities at the same time since eligibility"
    ),
    "lift": Column(NUMBER, "precision / base_rate"),
    "lift_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "lift_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "conversions_count": Column(INTEGER, "Reachable conversions in the outcome period"),
    "flagged_count": Column(INTEGER, "Of these, with the threshold reached before the conversion"),
    "recall": Column(NUMBER, "flagged_count / conversions_count"),
    "per_week": Column(NUMBER, "qualified_count per week of the period"),
    "median_lead_days": Column(NUMBER, "Median days from threshold to conversion, flagged ones"),
    "expected_value": Column(
        NUMBER,
        "converted_account_count * conversion_value - qualified_count * touch_cost, in currency",
    ),
    "expected_value_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "expected_value_high": Column(NUMBER, "Upper bound of its 95 % interval"),
}
"""Grain: definition_key, threshold, split. No rows for a definition whose audience is customer, or
when the history is too short to split."""


def _holdout_figures(which: str, text: str) -> dict[str, Column]:
    """Name the hold-out figures of one threshold.

    Parameters
    ----------
    which : str
        Part of the column names: ``chosen`` or ``current``.
    text : str
        The threshold in words, for the descriptions.

    Returns
    -------
    dict of str to Column
        Columns named ``holdout_<which>_<figure>``.
    """
    figures = {
        "qualified_count": Column(INTEGER, f"Hold-out: entities that reached {text}"),
        "converted_count": Column(INTEGER, f"Hold-out: of these, converted ({text})"),
        "precision": Column(NUMBER, f"Hold-out: precision of {text}"),
        "precision_low": Column(NUMBER, "Lower bound of its 95 % interval"),
        "precision_high": Column(NUMBER, "Upper bound of its 95 % interval"),
        "base_rate": Column(NUMBER, f"Hold-out: base rate that {text} is compared with"),
        "lift": Column(NUMBER, f"Hold-out: lift of {text}"),
        "lift_low": Column(NUMBER, "Lower bound of its 95 % interval"),
        "lift_high": Column(NUMBER, "Upper bound of its 95 % interval"),
        "recall": Column(NUMBER, f"Hold-out: recall of {text}"),
        "per_week": Column(NUMBER, f"Hold-out: new leads per week at {text}"),
        "expected_value": Column(NUMBER, f"Hold-out: expected value of {text}, in currency"),
        "expected_value_low": Column(NUMBER, "Lower bound of its 95 % interval"),
        "expected_value_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    }
    return {f"holdout_{which}_{name}": column for name, column in figures.items()}


CALIBRATION = {
    "definition_key": Column(TEXT, "Key"),
    "definition_version": Column(TEXT, "Version of the definition that was calibrated"),
    "verdict": Column(TEXT, "recommend, keep or abstain"),
    "reason": Column(TEXT, "Why, in a sentence with numbers"),
    "objective": Column(TEXT, "Objective from the settings"),
    "current_threshold": Column(NUMBER, "Enter threshold in force"),
    "current_exit_threshold": Column(NUMBER, "Exit threshold in force"),
    "recommended_threshold": Column(
        NUMBER, "Enter threshold to use; the current one for keep, null for abstain"
    ),
    "recommended_exit_threshold": Column(NUMBER, "Exit threshold to use with it"),
    "approval_row": Column(
        TEXT, "The row to add to seeds/pql_approved_thresholds.csv; null unless recommended"
    ),
    "chosen_threshold": Column(
        NUMBER, "Best threshold of the fit period, whatever the hold-out says; null: none"
    ),
    "objective_measure": Column(
        TEXT,
        "What the objective columns measure: expected_value, converted_per_week, "
        "worked_conversions_per_week, precision or f_beta",
    ),
    "fit_objective_chosen": Column(NUMBER, "Objective of the chosen threshold in the fit period"),
    "fit_objective_current": Column(NUMBER, "Objective of the current threshold in the fit period"),
    "holdout_objective_chosen": Column(NUMBER, "Objective of the chosen threshold, hold-out"),
    "holdout_objective_current": Column(NUMBER, "Objective of the current threshold, hold-out"),
    "holdout_objective_difference": Column(NUMBER, "Chosen minus current, hold-out"),
    "holdout_objective_difference_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "holdout_objective_difference_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    **_holdout_figures("chosen", "the chosen threshold"),
    **_holdout_figures("current", "the current threshold"),
    "fit_chosen_qualified_count": Column(INTEGER, "Fit: entities that reached the chosen one"),
    "fit_chosen_precision": Column(NUMBER, "Fit: precision of the chosen threshold"),
    "fit_chosen_lift": Column(NUMBER, "Fit: lift of the chosen threshold"),
    "fit_chosen_recall": Column(NUMBER, "Fit: recall of the chosen threshold"),
    "fit_chosen_per_week": Column(NUMBER, "Fit: new leads per week at the chosen threshold"),
    "fit_current_qualified_count": Column(INTEGER, "Fit: entities that reached the current one"),
    "fit_current_precision": Column(NUMBER, "Fit: precision of the current threshold"),
    "fit_current_lift": Column(NUMBER, "Fit: lift of the current threshold"),
    "fit_current_recall": Column(NUMBER, "Fit: recall of the current threshold"),
    "fit_current_per_week": Column(NUMBER, "Fit: new leads per week at the current threshold"),
    "conversions_total": Column(INTEGER, "Entities that converted by the as-of day"),
    "conversions_unreachable": Column(
        INTEGER,
        "Of these, on or before the first eligible day with a score: nothing could flag them",
    ),
    "conversions_fit": Column(INTEGER, "Reachable conversions in the outcome period of the fit"),
    "conversions_holdout": Column(INTEGER, "Reachable conversions in that of the hold-out"),
    "history_from": Column(DAY, "First day of the fit period"),
    "fit_until": Column(DAY, "Last day of the fit period: split_on - horizon_days"),
    "split_on": Column(DAY, "Last day that the choice may look at; the hold-out begins after it"),
    "holdout_until": Column(DAY, "Last mature day: as_of - horizon_days"),
    "horizon_days": Column(INTEGER, "Days within which a conversion counts"),
    "seed": Column(INTEGER, "Seed of the bootstrap"),
    "draws": Column(INTEGER, "Draws of the bootstrap"),
}
"""Grain: definition_key, one row for each row of the definitions."""

THRESHOLD_FOLDS = {
    "definition_key": Column(TEXT, "Key"),
    "fold": Column(INTEGER, "1 (earliest) upwards"),
    "chosen_until": Column(DAY, "Last day on which reaching a threshold counts for the choice"),
    "judged_from": Column(DAY, "First day of the weeks in which the choice is judged"),
    "judged_until": Column(DAY, "Last day of these weeks"),
    "objective_measure": Column(TEXT, "What the objective columns measure, as in the calibration"),
    "chosen_threshold": Column(NUMBER, "Best threshold of the past; null: none could be chosen"),
    "reason": Column(TEXT, "Why none could be chosen; else null"),
    "chosen_objective": Column(NUMBER, "Objective of the chosen threshold in the judged weeks"),
    "current_objective": Column(NUMBER, "Objective of the threshold in force in these weeks"),
    "best_objective": Column(NUMBER, "Objective of the best threshold of these weeks in hindsight"),
    "qualified_count": Column(INTEGER, "Entities that reached the chosen threshold in these weeks"),
    "converted_count": Column(INTEGER, "Of these, converted within the horizon after that day"),
}
"""Grain: definition_key, fold. The folds lie within the fit period; no rows for a definition whose
audience is customer, or when the fit period is too short."""

EXIT_THRESHOLDS = {
    "definition_key": Column(TEXT, "Key"),
    "exit_threshold": Column(NUMBER, "Candidate exit threshold, in points"),
    "split": Column(TEXT, "fit or holdout"),
    "enter_threshold": Column(
        NUMBER, "Enter threshold that it is combined with: the recommended one, else that in force"
    ),
    "is_current": Column("boolean", "Whether this is the exit threshold in force"),
    "is_recommended": Column("boolean", "Whether this is the exit threshold of the recommendation"),
    "qualification_count": Column(INTEGER, "Times that an entity gained the status in the period"),
    "lapse_count": Column(INTEGER, "Times that it lost the status because of its score"),
    "flap_count": Column(INTEGER, "Of these, regained within 30 days"),
    "flap_rate": Column(NUMBER, "flap_count / qualification_count"),
    "qualified_days": Column(NUMBER, "Days with the status, summed over the entities"),
    "below_enter_share": Column(
        NUMBER, "Share of these days on which the score lay below the enter threshold"
    ),
}
"""Grain: definition_key, exit_threshold, split."""

SIGNAL_LIFT = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal"),
    "entities_with": Column(INTEGER, "Entities with the signal met on at least one panel day"),
    "entities_without": Column(INTEGER, "Entities without it on at least one panel day"),
    "conversions_with": Column(INTEGER, "Entities that converted in the horizon of a day with it"),
    "conversions_without": Column(INTEGER, "The same for a day without it"),
    "entity_weeks_with": Column(INTEGER, "Panel rows with the signal met"),
    "entity_weeks_without": Column(INTEGER, "Panel rows without it"),
    "conversion_rate_with": Column(
        NUMBER, "Share of entity-weeks with the signal that a conversion follows in the horizon"
    ),
    "conversion_rate_without": Column(
        NUMBER, "The same without it, at the same mix of time since eligibility as those with it"
    ),
    "lift": Column(NUMBER, "conversion_rate_with / conversion_rate_without"),
    "lift_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "lift_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "p_value_adjusted": Column(
        NUMBER, "P-value of equal rates, Benjamini-Hochberg over the signals of the definition"
    ),
    "odds_ratio": Column(
        NUMBER, "Odds ratio of converting with the other signals and time held equal"
    ),
    "odds_ratio_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "odds_ratio_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "odds_ratio_p_value_adjusted": Column(NUMBER, "Its p-value, Benjamini-Hochberg likewise"),
    "current_points": Column(NUMBER, "Hand-set points; per-unit weights: mean points when met"),
    "suggested_points": Column(
        INTEGER,
        "Flat points from the fit period; null when they cannot be fitted or do not hold up after",
    ),
    "warning": Column(
        TEXT,
        "Starts with 'points the wrong way:', 'no evidence:', 'no evidence of its own:' or "
        "'too few observations:'; null when there is nothing to warn of",
    ),
    "proposal": Column(
        TEXT,
        "keep, or remove where the data speak against the signal or, although they could, not for "
        "it; null: they cannot tell, as of what is required, without which others would qualify",
    ),
    "holdout_auc_current": Column(
        NUMBER, "Definition: how well today's score ranks converters in the hold-out (0.5: chance)"
    ),
    "holdout_auc_suggested": Column(NUMBER, "Definition: the same for the suggested points"),
    "holdout_auc_difference_low": Column(
        NUMBER, "Definition: lower bound of the 95 % interval of suggested minus current"
    ),
    "holdout_auc_difference_high": Column(NUMBER, "Definition: its upper bound"),
}
"""Grain: definition_key, signal_key, one row for each row of the weights."""

SIGNAL_THRESHOLDS = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal with a counting measure and the operator >="),
    "measure": Column(TEXT, "What is measured"),
    "current_threshold": Column(NUMBER, "Threshold in pql_signals, in units of the measure"),
    "proposed_threshold": Column(
        NUMBER, "Value with which the score ranks best in the fit period; null: none was found"
    ),
    "verdict": Column(TEXT, "propose, keep or abstain"),
    "reason": Column(TEXT, "Why, in a sentence with numbers"),
    "holdout_current_share_at_least": Column(
        NUMBER, "Hold-out: share of the entity-weeks at or above the current threshold"
    ),
    "holdout_current_rate_at_least": Column(NUMBER, "Hold-out: conversion rate of these"),
    "holdout_current_rate_below": Column(NUMBER, "Hold-out: conversion rate of the others"),
    "holdout_current_auc": Column(
        NUMBER, "Hold-out: how well the score ranks converters as it is (0.5: chance)"
    ),
    "holdout_proposed_share_at_least": Column(NUMBER, "The same for the proposed threshold"),
    "holdout_proposed_rate_at_least": Column(NUMBER, "The same for the proposed threshold"),
    "holdout_proposed_rate_below": Column(NUMBER, "The same for the proposed threshold"),
    "holdout_proposed_auc": Column(NUMBER, "The same with the proposed threshold"),
    "holdout_auc_difference_low": Column(
        NUMBER, "Lower bound of the 95 % interval of proposed minus current area"
    ),
    "holdout_auc_difference_high": Column(NUMBER, "Its upper bound"),
}
"""Grain: definition_key, signal_key."""

SIGNAL_BINS = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal"),
    "bin": Column(INTEGER, "1 (lowest values) upwards"),
    "value_min": Column(NUMBER, "Lowest value of the bin that was seen, in units of the measure"),
    "value_max": Column(NUMBER, "Highest value of the bin that was seen"),
    "entity_weeks": Column(INTEGER, "Panel rows of the fit period in the bin"),
    "conversions": Column(INTEGER, "Of these, followed by a conversion within the horizon"),
    "conversion_rate": Column(NUMBER, "conversions / entity_weeks"),
    "rate_low": Column(NUMBER, "Lower bound of its 95 % interval (by account)"),
    "rate_high": Column(NUMBER, "Upper bound of its 95 % interval (by account)"),
}
"""Grain: definition_key, signal_key, bin; only signals for which edges were found."""

DIAGNOSIS = {
    "definition_key": Column(TEXT, "Key"),
    "mistake": Column(TEXT, "too_broad, too_narrow, too_complex or wrong_way"),
    "is_found": Column("boolean", "Whether the definition makes it; null: cannot be told"),
    "finding": Column(TEXT, "What was seen, in a sentence with numbers"),
}
"""Grain: definition_key, mistake."""

SCORE_BANDS = {
    "definition_key": Column(TEXT, "Key"),
    "band": Column(INTEGER, "1 (lowest scores) upwards"),
    "score_min": Column(NUMBER, "Lowest score of the band that was seen"),
    "score_max": Column(NUMBER, "Highest score of the band that was seen"),
    "n": Column(INTEGER, "Entity-weeks of the hold-out in the band"),
    "entities": Column(INTEGER, "Distinct entities among them"),
    "conversions": Column(INTEGER, "Entity-weeks that a conversion follows within the horizon"),
    "observed_rate": Column(NUMBER, "conversions / n"),
    "rate_low": Column(NUMBER, "Lower bound of its 95 % interval (by account)"),
    "rate_high": Column(NUMBER, "Upper bound of its 95 % interval (by account)"),
    "calibrated_probability": Column(
        NUMBER, "Probability that the map of the fit period gives to this band"
    ),
    "probability_low": Column(
        NUMBER,
        "Lower bound of the 95 % interval in which the observed rate is to be expected, this band "
        "looked at alone: the map is an estimate, the hold-out a sample (both by account)",
    ),
    "probability_high": Column(NUMBER, "Its upper bound"),
    "is_within_interval": Column(
        "boolean",
        "Whether the observed rate lies from probability_low to probability_high; of several bands "
        "of a right map one may well not",
    ),
    "simultaneous_low": Column(
        NUMBER,
        "Lower bound of the same for all bands together: of 100 right maps 95 lie inside in every "
        "band",
    ),
    "simultaneous_high": Column(NUMBER, "Its upper bound"),
    "is_within_simultaneous_interval": Column(
        "boolean",
        "Whether the observed rate lies from simultaneous_low to simultaneous_high; one band that "
        "does not speaks against the map",
    ),
    "is_used": Column(
        "boolean", "Whether the map is handed out: the score ranks both periods beyond chance"
    ),
}
"""Grain: definition_key, band. No rows where no map could be fitted."""

PROBABILITY_MAP = {
    "definition_key": Column(TEXT, "Key"),
    "score_min": Column(NUMBER, "Lower bound, included; -1e12 stands for no bound"),
    "score_max": Column(NUMBER, "Upper bound, excluded; 1e12 stands for no bound"),
    "conversion_probability": Column(
        NUMBER, "Probability of a conversion within the horizon; never falls with the score"
    ),
}
"""Half-open intervals, gap-free per definition: join on
``score >= score_min and score < score_max``. No rows where the data do not support a
probability."""

CONVERSION_CURVE = {
    "definition_key": Column(TEXT, "Key"),
    "clock": Column(TEXT, "Day 0: since_qualified (first qualified) or since_eligible (audience)"),
    "status": Column(TEXT, "qualified (at least once by that day) or not_qualified (not yet)"),
    "day": Column(INTEGER, "Days since day 0 of the clock; the curve starts at its first row"),
    "at_risk": Column(INTEGER, "Accounts that had not converted before the day and were looked at"),
    "conversions": Column(INTEGER, "Of these, converted on the day"),
    "censored": Column(
        INTEGER, "Of these, not looked at after the day: the history ends, or they qualified"
    ),
    "converted_share": Column(
        NUMBER, "Share converted by the end of the day since the curve starts (Kaplan-Meier)"
    ),
    "converted_share_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "converted_share_high": Column(NUMBER, "Upper bound of its 95 % interval"),
}
"""Grain: definition_key, clock, status, day."""

TIME_TO_CONVERSION = {
    "definition_key": Column(TEXT, "Key"),
    "clock": Column(TEXT, "Day 0: since_qualified (first qualified) or since_eligible (audience)"),
    "status": Column(TEXT, "qualified (at least once by that day) or not_qualified (not yet)"),
    "verdict": Column(TEXT, "measured or too_few"),
    "reason": Column(TEXT, "The median in words, or why there is none"),
    "entities": Column(INTEGER, "Accounts looked at for a day or more"),
    "conversions": Column(INTEGER, "Of these, converted while looked at"),
    "censored": Column(INTEGER, "Of these, not seen to convert (yet)"),
    "already_converted": Column(
        INTEGER, "Accounts left out: converted on or before the first day of the clock"
    ),
    "curve_from_day": Column(INTEGER, "Day of the clock on which the curve starts"),
    "curve_to_day": Column(INTEGER, "Last day of the clock with enough accounts at risk"),
    "median_days": Column(
        NUMBER, "Day of the clock by which half have converted; null: not reached"
    ),
    "median_days_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "median_days_high": Column(NUMBER, "Upper bound of its 95 % interval; null: not reached"),
    **{
        f"converted_{days}d{bound}": Column(NUMBER, text)
        for days in (30, 60, 90)
        for bound, text in (
            ("", f"Share converted by day {days} since the curve starts; null: not looked at"),
            ("_low", "Lower bound of its 95 % interval"),
            ("_high", "Upper bound of its 95 % interval"),
        )
    },
}
"""Grain: definition_key, clock, status, three rows for each row of the definitions."""

DRIFT = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal; * is the score"),
    "verdict": Column(TEXT, "stable, watch, recalibrate or too_few (the data cannot tell)"),
    "reason": Column(TEXT, "Why, in sentences with numbers"),
    "fit_from": Column(DAY, "First day of the fit period"),
    "fit_until": Column(DAY, "Last day of the fit period"),
    "recent_from": Column(DAY, "First of the last days whose outcome is known"),
    "recent_until": Column(DAY, "Last day whose outcome is known"),
    "psi": Column(
        NUMBER, "Population stability index, last four weeks against fit period, at equal tenure"
    ),
    "psi_chance": Column(NUMBER, "What it reaches in 1 of 100 cases when nothing has changed"),
    "comparable_share": Column(
        NUMBER, "Share of the rows of the last four weeks with tenures that the fit period has"
    ),
    "share_fit": Column(
        NUMBER,
        "Share with the signal met (score: at the enter threshold, with what is required) in the "
        "fit period, at the tenures of the last four weeks",
    ),
    "share_now": Column(NUMBER, "The same in the last four weeks"),
    "accounts_fit": Column(INTEGER, "Accounts with the signal met in the fit period"),
    "accounts_recent": Column(INTEGER, "The same in the last days whose outcome is known"),
    "converted_accounts_fit": Column(INTEGER, "Accounts that converted with it, fit period"),
    "converted_accounts_recent": Column(INTEGER, "The same of accounts_recent"),
    "conversion_rate_fit": Column(
        NUMBER,
        "Fit period. Score: share of entity-weeks at the threshold that converted within the "
        "horizon; signal: conversions with it on the day before per entity-week with it",
    ),
    "conversion_rate_recent": Column(NUMBER, "The same in the last days whose outcome is known"),
    "conversion_ratio": Column(NUMBER, "Their ratio at equal tenure, recent over fit"),
    "conversion_ratio_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "conversion_ratio_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "lift_fit": Column(NUMBER, "Rate with over rate without at equal tenure, fit period"),
    "lift_recent": Column(NUMBER, "The same in the last days whose outcome is known"),
    "lift_ratio": Column(NUMBER, "lift_recent / lift_fit"),
    "lift_ratio_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "lift_ratio_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "p_value_adjusted": Column(
        NUMBER,
        "P-value of no change (score: conversion_ratio; signal: lift_ratio), Benjamini-Hochberg "
        "over the definition",
    ),
    "predicted_rate": Column(
        NUMBER, "Score: rate that the score bands of the fit period predict for the recent days"
    ),
    "observed_rate": Column(NUMBER, "Score: rate that was observed there"),
    "calibration_ratio": Column(NUMBER, "Score: observed_rate / predicted_rate"),
    "calibration_ratio_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "calibration_ratio_high": Column(NUMBER, "Upper bound of its 95 % interval"),
    "approved_on": Column(DAY, "Score: day on which the threshold was approved; null: never"),
    "approval_age_days": Column(INTEGER, "Score: days from then to the as-of day"),
}
"""Grain: definition_key, signal_key; for each definition ``*`` and one row for each weight."""
PROPENSITY_STEPS = {
    "outcome": Column(TEXT, "conversion or churn"),
    "model": Column(TEXT, "scorecard or gradient_boosting"),
    "factor": Column(TEXT, "Key of the factor"),
    "step": Column(INTEGER, "0 upwards with the value; where it can be unknown, that is last"),
    "value_from": Column(NUMBER, "Lowest value, included; null: no bound, or unknown"),
    "value_to": Column(NUMBER, "Upper bound, excluded; null: no bound, or unknown"),
    "is_unknown": Column("boolean", "Whether the step is that of an unknown value"),
    "contribution": Column(NUMBER, "What the step adds to the log-odds of the average account"),
    "points": Column(INTEGER, "The same on a scale on which 20 points double the odds"),
    "fit_rows": Column(INTEGER, "Account-weeks of the fit in the step"),
    "fit_rate": Column(NUMBER, "Share of them that the outcome followed"),
    "base_log_odds": Column(NUMBER, "Log-odds of the average account; the same on every row"),
    "calibration_intercept": Column(NUMBER, "Intercept of the calibration; likewise"),
    "calibration_slope": Column(NUMBER, "Slope of the calibration; likewise"),
}
"""Grain: outcome, model, factor, step. Log-odds of an account = base + the contributions of the
steps of its factors; probability = 1 / (1 + exp(-(intercept + slope * log-odds)))."""

SUGGESTED_LEVELS = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal"),
    "level": Column(INTEGER, "Number of the level within the signal, from 1 on"),
    "operator": Column(TEXT, ">= or <=; null: the condition of the signal as it is"),
    "threshold": Column(
        NUMBER, "Threshold of the level; null: the condition of the signal as it is"
    ),
    "is_current": Column("boolean", "Whether this is the threshold that the signal has"),
    "points": Column(INTEGER, "Points when the level is reached; those of all levels add up"),
    "entities": Column(INTEGER, "Entities that reached it on a day of the fit period"),
    "fit_share": Column(NUMBER, "Share of the entity-weeks of the fit period that reached it"),
}
"""Grain: definition_key, signal_key, level."""

SUGGESTED_DEFINITIONS = {
    "definition_key": Column(TEXT, "Key"),
    "signal_key": Column(TEXT, "Signal"),
    "operator": Column(TEXT, ">=; null: the condition of the signal as it is"),
    "current_threshold": Column(NUMBER, "Threshold in pql_signals, where another one is better"),
    "threshold": Column(NUMBER, "The better one; null: the condition of the signal as it is"),
    "current_points": Column(NUMBER, "Hand-set points; per-unit weights: mean points when met"),
    "points": Column(INTEGER, "Flat points from the fit period at these thresholds"),
}
"""Grain: definition_key, signal_key."""

MODEL_COMPARISON = {
    "outcome": Column(TEXT, "conversion or churn"),
    "definition_key": Column(TEXT, "Definition of the points; * for models of no definition"),
    "model": Column(
        TEXT,
        "base_rate, points, suggested_points, suggested_definition, suggested_levels, scorecard or "
        "gradient_boosting",
    ),
    "rows": Column(INTEGER, "Entity-weeks of the hold-out"),
    "entities": Column(INTEGER, "Accounts among them"),
    "positives": Column(INTEGER, "Entity-weeks that the outcome followed within the horizon"),
    "positive_entities": Column(INTEGER, "Accounts among those"),
    "base_rate": Column(NUMBER, "Share of the entity-weeks of the hold-out with the outcome"),
    "auc": Column(NUMBER, "How well it ranks those with the outcome before others; 0.5: chance"),
    "auc_low": Column(NUMBER, "Lower bound of its 95 % interval (by account)"),
    "auc_high": Column(NUMBER, "Upper bound"),
    "top_decile_lift": Column(NUMBER, "Rate in the top tenth of the weeks over the base rate"),
    "top_decile_lift_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "top_decile_lift_high": Column(NUMBER, "Upper bound"),
    "mean_probability": Column(NUMBER, "Mean probability that it gave"),
    "brier": Column(NUMBER, "Mean squared error of the probability"),
    "brier_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "brier_high": Column(NUMBER, "Upper bound"),
    "brier_skill": Column(NUMBER, "1 - brier / brier of the base rate of the fit period"),
    "brier_skill_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "brier_skill_high": Column(NUMBER, "Upper bound"),
    "log_loss": Column(NUMBER, "Mean of -log(probability of what happened)"),
    "log_loss_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "log_loss_high": Column(NUMBER, "Upper bound"),
    "log_loss_skill": Column(NUMBER, "1 - log loss / log loss of the base rate of the fit period"),
    "log_loss_skill_low": Column(NUMBER, "Lower bound of its 95 % interval"),
    "log_loss_skill_high": Column(NUMBER, "Upper bound"),
    "is_used": Column("boolean", "Whether its probabilities are handed out"),
    "verdict": Column(TEXT, "used, not_used or abstain"),
    "reason": Column(TEXT, "Why, in a sentence with numbers"),
    "fit_until": Column(DAY, "Last day that the models could learn from"),
    "holdout_from": Column(DAY, "First day of the hold-out"),
    "holdout_until": Column(DAY, "Last day of the hold-out"),
}
"""Grain: outcome, definition_key, model. Rows of every model, also of those that could not be
fitted."""
