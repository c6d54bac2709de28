"""The suite of the marts: what must hold after a build, whatever built it.

The first part follows from the contracts in ``models/marts``: columns, keys, intervals, rules.
DuckDB enforces some of them at build; here they are checked on what stands in the database, which
may be a copy or have been changed since. The second part is what the marts mean together.
"""

import re
from collections.abc import Sequence

from python_udfs.validation.checks import Check, has_rows, no_rows, percent
from python_udfs.validation.contract import MartTable

# Share of the rows of a raw table that may be quarantined ...
QUARANTINED_SHARE = 0.05
# ... and of the events that may belong to no user or account.
ANONYMOUS_SHARE = 0.50

TABLES_WITH_ROWS = (
    "dim_accounts",
    "dim_users",
    "fct_user_activity_daily",
    "fct_account_activity_daily",
    "fct_signal_history",
    "fct_score_history",
    "fct_status_history",
    "fct_score_explanations",
    "rpt_row_accounting",
)
# Built by Python models, which not every dbt and engine runs: absent as a whole is fine.
FOLDER_THAT_MAY_BE_ABSENT = "calibration"

# Beside the sets that check constraints name.
ALLOWED_VALUES = {
    ("dim_users", "lifecycle_stage"): (
        "signed_up",
        "active_prospect",
        "customer",
        "former_customer",
    ),
    ("fct_status_history", "entity_type"): ("account", "user"),
    ("rpt_threshold_curve", "split"): ("fit", "holdout"),
}
RATES = {
    "fct_account_scores": ("conversion_probability",),
    "fct_user_scores": ("conversion_probability",),
    "rpt_threshold_curve": (
        "precision",
        "precision_low",
        "precision_high",
        "base_rate",
        "recall",
    ),
    "rpt_calibration": (
        "holdout_chosen_precision",
        "holdout_chosen_recall",
        "holdout_current_precision",
        "holdout_current_recall",
    ),
    "rpt_signal_lift": (
        "conversion_rate_with",
        "conversion_rate_without",
        "p_value_adjusted",
        "odds_ratio_p_value_adjusted",
        "holdout_auc_current",
        "holdout_auc_suggested",
    ),
    "rpt_score_bands": ("observed_rate", "rate_low", "rate_high", "calibrated_probability"),
}
# Pairs of columns of which the first is never above the second, where both are known.
ORDERED = {
    "dim_accounts": (("first_active_on", "last_active_on"),),
    "dim_users": (("first_active_on", "last_active_on"),),
    "fct_conversions": (("converted_on", "known_on"),),
    "fct_user_activity_daily": (
        ("first_occurred_at", "last_occurred_at"),
        ("occurred_on", "known_on"),
    ),
    "fct_account_activity_daily": (("active_users", "event_count"),),
    "fct_account_scores": (("qualified_on", "as_of_on"),),
    "fct_user_scores": (("qualified_on", "as_of_on"),),
    "rpt_threshold_curve": (
        ("converted_count", "qualified_count"),
        ("flagged_count", "conversions_count"),
        ("precision_low", "precision_high"),
        ("lift_low", "lift_high"),
        ("expected_value_low", "expected_value_high"),
    ),
    "rpt_signal_lift": (("lift_low", "lift_high"), ("conversions_with", "entities_with")),
    "rpt_score_bands": (
        ("conversions", "n"),
        ("score_min", "score_max"),
        ("rate_low", "rate_high"),
    ),
}

BUILD = "Run `dbt build`."
REBUILD = (
    "Run `dbt build --full-refresh`. If it stays, a model is wrong: look at the rows named here "
    "and report them."
)
FIT_AGAIN = "Run `dbt build --select +marts.calibration`. If it stays, report the rows named here."


def checks_of_mart(
    table: MartTable, present: frozenset[str], tables: frozenset[str]
) -> list[Check]:
    """List the checks of one mart.

    Parameters
    ----------
    table : MartTable
        Its contract.
    present : frozenset of str
        Columns that it has in the database.
    tables : frozenset of str
        Marts that have all columns of their contracts; only these are joined.

    Returns
    -------
    list of Check
    """
    checks = [
        Check(
            table.name,
            None,
            "expect_table_columns_to_match_set",
            {"column_set": list(table.columns), "exact_match": True},
            "the columns of the contract, no fewer and no more",
            f"{BUILD} The database is of another version of the project.",
        )
    ]
    if table.name in TABLES_WITH_ROWS:
        checks.append(has_rows(table.name, _remedy_without_rows(table.name)))
    checks += [
        Check(
            table.name,
            column,
            "expect_column_values_to_not_be_null",
            {"column": column},
            "the column is filled in every row",
            REBUILD,
        )
        for column in table.filled_columns
        if column in present
    ]
    checks += _value_checks(table, present)
    if table.name in tables:
        checks += _contract_rules(table)
        checks += [
            check
            for check, needed in _meaning()
            if check.table == table.name and tables.issuperset(needed)
        ]
    return checks


def _remedy_without_rows(table: str) -> str:
    if table in ("fct_signal_history", "fct_score_history", "fct_user_activity_daily"):
        return (
            "Check that the event names in seeds/pql_activities.csv are those of the events, and "
            "that a definition in seeds/pql_definitions.csv is active."
        )
    return f"{BUILD} Check rpt_row_accounting: are the raw rows used?"


def _value_checks(table: MartTable, present: frozenset[str]) -> list[Check]:
    checks = [
        _allowed(table, column, values)
        for (name, column), values in ALLOWED_VALUES.items()
        if name == table.name and column in present
    ]
    checks += [
        Check(
            table.name,
            column,
            "expect_column_values_to_be_between",
            {"column": column, "min_value": 0, "max_value": 1},
            "each value lies between 0 and 1",
            FIT_AGAIN,
        )
        for column in RATES.get(table.name, ())
        if column in present
    ]
    checks += [
        Check(
            table.name,
            high,
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": high,
                "column_B": low,
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            f"{high} is not below {low}",
            REBUILD,
        )
        for low, high in ORDERED.get(table.name, ())
        if {low, high} <= present
    ]
    return checks


def _contract_rules(table: MartTable) -> list[Check]:
    checks = []
    if len(table.grain) == 1:
        (column,) = table.grain
        checks.append(
            Check(
                table.name,
                column,
                "expect_column_values_to_be_unique",
                {"column": column},
                "no value occurs twice",
                REBUILD,
            )
        )
    elif table.grain:
        grain = ", ".join(table.grain)
        checks.append(
            no_rows(
                table.name,
                None,
                f"one row for each {grain}",
                f"""
                select {grain}, count(*) as copies
                from batch
                group by {grain}
                having count(*) > 1
                """,
                REBUILD,
            )
        )
    if table.interval_key:
        key = ", ".join(table.interval_key)
        checks.append(
            no_rows(
                table.name,
                "valid_to",
                f"the intervals of each {key} follow each other without gap or overlap, the last "
                "one ending 9999-12-31",
                f"""
                select {key}, valid_from, valid_to, next_valid_from
                from (
                    select
                        {key}, valid_from, valid_to,
                        coalesce(
                            lead(valid_from) over (
                                partition by {key} order by valid_from, valid_to
                            ),
                            date '9999-12-31'
                        ) as next_valid_from
                    from batch
                )
                where valid_to <> next_valid_from or valid_from >= valid_to
                """,
                REBUILD,
            )
        )
    return checks + [_rule(table, rule) for rule in table.rules]


def _allowed(table: MartTable, column: str, values: Sequence[str]) -> Check:
    return Check(
        table.name,
        column,
        "expect_column_values_to_be_in_set",
        {"column": column, "value_set": list(values)},
        f"each value is one of {', '.join(values)}",
        REBUILD,
    )


def _rule(table: MartTable, rule: str) -> Check:
    """Check a boolean expression of the contract; one that names a set tells the values found."""
    names_set = re.fullmatch(r"(\w+) in \(('[^']*'(?:, *'[^']*')*)\)", rule)
    if names_set:
        return _allowed(table, names_set[1], re.findall(r"'([^']*)'", names_set[2]))
    return no_rows(
        table.name,
        None,
        rule,
        f"select {', '.join(_named_in(rule, table))} from batch where not ({rule})",
        REBUILD,
    )


def _named_in(rule: str, table: MartTable) -> list[str]:
    """List the columns that tell which row breaks a rule, and how."""
    named = {*re.findall(r"\w+", rule), *table.grain, *table.interval_key}
    return [column for column in table.columns if column in named]


# What the marts mean together ---------------------------------------------------------------------


def _meaning() -> list[tuple[Check, tuple[str, ...]]]:
    """List the checks of the meaning, each with the further marts that it reads."""
    return [
        *(pair for entity in ("account", "user") for pair in _score_checks(entity)),
        *_history_checks(),
        *_entity_checks(),
        *_quality_checks(),
        *_calibration_checks(),
    ]


def _score_checks(entity: str) -> list[tuple[Check, tuple[str, ...]]]:
    scores, key = f"fct_{entity}_scores", f"{entity}_id"
    return [
        (
            no_rows(
                scores,
                "score",
                "the score is the sum of the points in fct_score_explanations",
                f"""
                select {key}, definition_key, score, explained
                from batch
                full join (
                    select entity_id as {key}, definition_key, sum(points) as explained
                    from marts.fct_score_explanations
                    where entity_type = '{entity}'
                    group by entity_id, definition_key
                ) as explanations using ({key}, definition_key)
                where score is distinct from explained
                """,
                REBUILD,
            ),
            ("fct_score_explanations",),
        ),
        (
            no_rows(
                scores,
                "score",
                "score and status are those of fct_status_history on the as-of day",
                f"""
                select
                    scores.{key}, scores.definition_key, scores.score, scores.is_qualified,
                    history.score as score_in_history, history.is_qualified as qualified_in_history
                from batch as scores
                left join marts.fct_status_history as history
                    on history.entity_type = '{entity}'
                    and history.entity_id = scores.{key}
                    and history.definition_key = scores.definition_key
                    and history.valid_from <= scores.as_of_on
                    and scores.as_of_on < history.valid_to
                where
                    scores.score <> coalesce(history.score, 0)
                    or scores.is_qualified <> coalesce(history.is_qualified, false)
                """,
                REBUILD,
            ),
            ("fct_status_history",),
        ),
        (
            no_rows(
                scores,
                "is_qualified",
                "only entities in the audience are qualified, or have a probability",
                f"""
                select {key}, definition_key, is_qualified, conversion_probability
                from batch
                where not is_in_audience and (is_qualified or conversion_probability is not null)
                """,
                REBUILD,
            ),
            (),
        ),
        (
            no_rows(
                scores,
                "qualified_on",
                "who is qualified has a first day of it, and an end that lies ahead, if any; the "
                "others have neither",
                f"""
                select {key}, definition_key, is_qualified, qualified_on, expires_on, as_of_on
                from batch
                where
                    is_qualified <> (qualified_on is not null)
                    or (expires_on is not null and (not is_qualified or expires_on <= as_of_on))
                """,
                REBUILD,
            ),
            (),
        ),
        (
            no_rows(
                scores,
                "top_reasons",
                "a score other than 0 has its reasons",
                f"""
                select {key}, definition_key, score
                from batch
                where score <> 0 and top_reasons is null
                """,
                REBUILD,
            ),
            (),
        ),
        (
            no_rows(
                scores,
                key,
                f"every scored {entity} stands in dim_{entity}s",
                f"""
                select distinct {key}
                from batch
                where {key} not in (select {key} from marts.dim_{entity}s)
                """,
                REBUILD,
            ),
            (f"dim_{entity}s",),
        ),
    ]


def _history_checks() -> list[tuple[Check, tuple[str, ...]]]:
    is_met_is_measured = [
        (
            no_rows(
                table,
                "is_met",
                "no condition holds where nothing was measured",
                """
                select entity_type, entity_id, signal_key
                from batch
                where is_met and not is_measured
                """,
                REBUILD,
            ),
            (),
        )
        for table in ("fct_signal_history", "fct_score_explanations")
    ]
    versioned = (
        "fct_status_history",
        "fct_pql_transitions",
        "fct_account_scores",
        "fct_user_scores",
    )
    return [
        *is_met_is_measured,
        (
            no_rows(
                "fct_score_history",
                "definition_version",
                f"one version of each definition, the same in {', '.join(versioned)}",
                "select definition_key, count(distinct definition_version) as versions from ("
                "select distinct definition_key, definition_version from batch "
                + " ".join(
                    "union all select distinct definition_key, definition_version "
                    f"from marts.{table}"
                    for table in versioned
                )
                + ") group by definition_key having count(distinct definition_version) > 1",
                f"{BUILD} Some tables were built before the definitions in seeds/ changed.",
            ),
            versioned,
        ),
        (
            no_rows(
                "fct_account_scores",
                "as_of_on",
                "one as-of day, the same in fct_user_scores",
                """
                select as_of_on, count(*) as rows_of_the_day
                from (
                    select as_of_on from batch
                    union all
                    select as_of_on from marts.fct_user_scores
                )
                group by as_of_on
                qualify count(*) over () > 1
                """,
                f"{BUILD} One of the two was left behind by a partial run.",
            ),
            ("fct_user_scores",),
        ),
        (
            no_rows(
                "fct_status_history",
                "ended_by",
                "only the last row of a qualified period says why it ends",
                """
                select entity_type, entity_id, definition_key, valid_from, is_qualified, ended_by
                from (
                    select
                        *,
                        lead(is_qualified, 1, true) over (
                            partition by entity_type, entity_id, definition_key order by valid_from
                        ) as is_qualified_next
                    from batch
                )
                where (is_qualified and not is_qualified_next) <> (ended_by is not null)
                """,
                REBUILD,
            ),
            (),
        ),
        (
            no_rows(
                "fct_pql_transitions",
                "transition",
                "an entity qualifies for the first time once, and a period that ends says by what",
                """
                select entity_type, entity_id, definition_key, transitioned_on, transition, ended_by
                from batch
                qualify
                    (transition = 'qualified' and count(*) over (
                        partition by entity_type, entity_id, definition_key, transition
                    ) > 1)
                    or (transition in ('lapsed', 'converted')) <> (ended_by is not null)
                """,
                REBUILD,
            ),
            (),
        ),
        (
            no_rows(
                "fct_pql_transitions",
                "qualified_at",
                "the second of a qualification lies on its day; other transitions have none",
                """
                select entity_id, definition_key, transitioned_on, transition, qualified_at
                from batch
                where
                    cast(qualified_at as date) <> transitioned_on
                    or (qualified_at is not null and transition in ('lapsed', 'converted'))
                """,
                REBUILD,
            ),
            (),
        ),
    ]


def _entity_checks() -> list[tuple[Check, tuple[str, ...]]]:
    return [
        (
            no_rows(
                "dim_accounts",
                "first_converted_on",
                "the day of the conversion is that of fct_conversions",
                """
                select account_id, first_converted_on, converted_on
                from batch
                left join marts.fct_conversions as conversions using (account_id)
                where first_converted_on is distinct from converted_on
                """,
                REBUILD,
            ),
            ("fct_conversions",),
        ),
        (
            no_rows(
                "fct_user_activity_daily",
                "known_on",
                "a row counts from the day it occurred or the day it arrived",
                """
                select account_id, user_id, activity_key, occurred_on, received_on, known_on
                from batch
                where known_on not in (occurred_on, received_on)
                """,
                REBUILD,
            ),
            (),
        ),
    ]


def _quality_checks() -> list[tuple[Check, tuple[str, ...]]]:
    return [
        (
            no_rows(
                "rpt_row_accounting",
                "rows_used",
                "some events are used",
                "select * from batch where raw_table = 'events' and rows_used = 0",
                "Look at the reasons in marts.fct_quarantined_rows and fix the export.",
            ),
            (),
        ),
        (
            no_rows(
                "rpt_row_accounting",
                "rows_quarantined",
                "as many rows as fct_quarantined_rows holds",
                """
                select source_name, raw_table, rows_quarantined, coalesce(held, 0) as rows_held
                from batch
                left join (
                    select source_name, raw_table, count(*) as held
                    from marts.fct_quarantined_rows
                    group by source_name, raw_table
                ) as quarantine using (source_name, raw_table)
                where rows_quarantined <> coalesce(held, 0)
                """,
                REBUILD,
            ),
            ("fct_quarantined_rows",),
        ),
        (
            no_rows(
                "fct_quarantined_rows",
                "reason",
                f"at most {percent(QUARANTINED_SHARE)} of the rows of a raw table are quarantined, "
                f"and at most {percent(ANONYMOUS_SHARE)} for having no user or account",
                f"""
                select
                    source_name,
                    raw_table,
                    rows_in,
                    count(*) filter (reason <> 'no_user_or_account') as rows_quarantined,
                    count(*) filter (reason = 'no_user_or_account') as rows_without_user_or_account,
                    mode(reason) as most_frequent_reason
                from batch
                inner join marts.rpt_row_accounting as accounting
                    using (source_name, raw_table)
                group by source_name, raw_table, rows_in
                having
                    count(*) filter (reason <> 'no_user_or_account')
                    > greatest({QUARANTINED_SHARE} * rows_in, 3)
                    or count(*) filter (reason = 'no_user_or_account') > {ANONYMOUS_SHARE} * rows_in
                """,
                "Look at the reasons in marts.fct_quarantined_rows and fix the export; "
                "docs/quarantine.md says what each one means.",
            ),
            ("rpt_row_accounting",),
        ),
    ]


def _calibration_checks() -> list[tuple[Check, tuple[str, ...]]]:
    return [
        (
            no_rows(
                "rpt_calibration",
                "recommended_threshold",
                "a verdict of recommend or keep names a threshold, an abstention does not",
                """
                select definition_key, verdict, recommended_threshold, current_threshold
                from batch
                where (verdict = 'abstain') <> (recommended_threshold is null)
                """,
                FIT_AGAIN,
            ),
            (),
        ),
        (
            no_rows(
                "rpt_calibration",
                "definition_version",
                "the version that was calibrated is the one that is scored",
                """
                select distinct
                    calibration.definition_key,
                    calibration.definition_version as calibrated_version,
                    scores.definition_version as scored_version
                from batch as calibration
                inner join (
                    select definition_key, definition_version from marts.fct_account_scores
                    union
                    select definition_key, definition_version from marts.fct_user_scores
                ) as scores using (definition_key)
                where calibration.definition_version <> scores.definition_version
                """,
                f"{BUILD} The calibration was left behind by a partial run.",
            ),
            ("fct_account_scores", "fct_user_scores"),
        ),
        (
            no_rows(
                "rpt_threshold_curve",
                "precision",
                "precision is converted_count / qualified_count, recall is flagged_count / "
                "conversions_count",
                """
                select definition_key, threshold, split, precision, recall
                from batch
                where
                    abs(precision - converted_count / nullif(qualified_count, 0)) > 0.000001
                    or abs(recall - flagged_count / nullif(conversions_count, 0)) > 0.000001
                """,
                FIT_AGAIN,
            ),
            (),
        ),
        (
            no_rows(
                "rpt_score_bands",
                "calibrated_probability",
                "a higher band has no lower probability",
                """
                select definition_key, band, calibrated_probability
                from batch
                qualify calibrated_probability < lag(calibrated_probability) over (
                    partition by definition_key order by band
                )
                """,
                FIT_AGAIN,
            ),
            (),
        ),
    ]
