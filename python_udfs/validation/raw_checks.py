"""The raw suites: what a delivery must look like before a build is worth its time.

One suite for each table of the plain contract serves every source: a raw file and what the adapter
of a vendor gives have the same columns. ``source_checks`` adds what only vendors get wrong.

Rows that cannot be used are quarantined by the models, one by one, and a few of them are normal. So
the checks ask for shares: they fail an export that is broken, not a row that is.

Most checks follow from the contract (required columns are filled, values read as their type, times
are plausible); the others are named here.
"""

from datetime import date, timedelta

from python_udfs.validation.checks import Check, has_rows, no_rows, percent
from python_udfs.validation.contract import RawColumn, RawTable
from python_udfs.validation.raw_files import READABLE, DeliveredTable, reading

# Share of the rows of a table that must be usable, column by column ...
USABLE_SHARE = 0.99
# ... but so many broken rows never fail a table, however small, unless they are more than half.
TOLERATED_ROWS = 3
# Deliveries repeat events; more copies than this are a broken export.
DISTINCT_EVENTS_SHARE = 0.80
# Share of the raw events that must have a user or an account ...
IDENTIFIED_SHARE = 0.50
# ... and of the events of a vendor's tracker, which sees every visitor of the site.
IDENTIFIED_SHARE_OF_TRACKERS = 0.01
# Share of account ids that must stand in `accounts`; below it the ids are of another system.
LISTED_SHARE = 0.50

EARLIEST_PLAUSIBLE_ON = date(2000, 1, 1)
TABLES_WITH_ROWS = ("events", "users", "accounts")
TABLES_OF_ACCOUNTS = ("users", "subscriptions", "leads", "touches")
MAY_LIE_AHEAD = ("ended_at",)
NOT_NEGATIVE = ("mrr_amount", "amount", "employee_count")
DISTINCT_KEYS = {
    "events": ("event_id", DISTINCT_EVENTS_SHARE),
    "users": ("user_id", USABLE_SHARE),
    "accounts": ("account_id", USABLE_SHARE),
    "subscriptions": ("subscription_id", USABLE_SHARE),
    "leads": ("lead_id", USABLE_SHARE),
    "touches": ("touch_id", USABLE_SHARE),
    "companies": ("company_id", USABLE_SHARE),
}

# Of a large table, what needs a hash table is counted on the events of one id in 16.
_SAMPLED_IDS = 16
_IN_ORDER = "in order"
_NO_BLANKS = "no blanks at its ends"

_READING_NAMES = {
    "timestamp": "times",
    "date": "days",
    "boolean": "true or false",
    "bigint": "whole numbers",
    "decimal": "numbers",
}
_READING_REMEDIES = {
    "timestamp": "Write times as ISO text in UTC, such as 2026-01-31 14:05:00, or as timestamps.",
    "date": "Write days as ISO text, such as 2026-01-31, or as dates.",
    "boolean": "Write true or false.",
    "bigint": "Write whole numbers without units or separators, such as 250; unknown is empty.",
    "decimal": "Write plain numbers with a decimal point, such as 1250.00, without currency signs.",
}


def derived_columns(file: DeliveredTable) -> dict[str, str]:
    """Columns that the checks need beside those of the contract.

    Parameters
    ----------
    file : RawFile or StagedRows
        The file of the table.

    Returns
    -------
    dict of str to str
        SQL expression of each, over the columns of the contract.
    """
    derived = {
        f"{name}_ends": (
            f"case when {name} = trim({name}) then '{_NO_BLANKS}' "
            f"else '\"' || left({name}, 60) || '\"' end"
        )
        for name in _names_without_blanks(file)
    }
    if file.table.name == "events":
        return derived | {
            "user_or_account": "coalesce(user_id, account_id)",
            "properties_json": (
                "case when properties is null then null "
                "when json_valid(properties) and left(ltrim(properties), 1) in ('{', 'n') "
                f"then '{READABLE}' else left(properties, 60) end"
            ),
            "arrival": (
                "case when occurred_at <= received_at + interval '24' hour "
                f"then '{_IN_ORDER}' when occurred_at > received_at then "
                "'occurred ' || occurred_at || ', received ' || received_at end"
            ),
            "event_id_counted": _sampled(file, "event_id"),
        }
    if file.table.name == "subscriptions":
        derived["period"] = (
            f"case when started_at <= ended_at then '{_IN_ORDER}' when started_at > ended_at "
            "then 'started ' || started_at || ', ended ' || ended_at end"
        )
    if file.has("company_domain"):
        derived["account_or_domain"] = "coalesce(account_id, company_domain)"
    return derived


def checks_of_file(
    file: DeliveredTable, *, latest_plausible_on: date, usable_tables: frozenset[str]
) -> list[Check]:
    """List the checks of one raw file.

    Parameters
    ----------
    file : RawFile or StagedRows
        The file.
    latest_plausible_on : date
        Last day on which something may have happened.
    usable_tables : frozenset of str
        Tables with all required columns; only these are joined.

    Returns
    -------
    list of Check
        For the columns that the file has; a missing required one has one check, which fails.
    """
    table = file.table
    checks = [_exists(file, column) for column in table.columns if column.is_required]
    if table.name in TABLES_WITH_ROWS and file.source == "raw":
        checks.append(has_rows(table.name, f"Check the filters of the export of {table.name}."))
    if file.rows == 0:
        return checks
    for column in table.columns:
        if file.has(column.name):
            checks += _column_checks(file, column, latest_plausible_on)
    if has_required_columns(file):
        checks += _table_checks(file, usable_tables)
    return checks


def has_required_columns(file: DeliveredTable) -> bool:
    """Whether a file has every required column of its table.

    Parameters
    ----------
    file : RawFile or StagedRows
        The file.

    Returns
    -------
    bool
    """
    return all(file.has(column.name) for column in file.table.columns if column.is_required)


def _column_checks(
    file: DeliveredTable, column: RawColumn, latest_plausible_on: date
) -> list[Check]:
    checks = []
    if column.is_required and not _may_name_a_domain(file, column):
        checks.append(_filled(file, column))
    if column.data_type != "varchar":
        checks.append(_readable(file, column))
    if column.name in _names_without_blanks(file):
        checks.append(_without_blanks(file, column))
    if column.data_type in ("timestamp", "date"):
        may_lie_ahead = column.name in MAY_LIE_AHEAD
        checks.append(_plausible(file, column, None if may_lie_ahead else latest_plausible_on))
    if column.name in NOT_NEGATIVE:
        checks.append(_not_negative(file, column))
    key, share = DISTINCT_KEYS.get(file.table.name, (None, None))
    if column.name == key:
        checks.append(_distinct(file, column, share))
    return checks


def _table_checks(file: DeliveredTable, usable_tables: frozenset[str]) -> list[Check]:
    table = file.table.name
    checks = []
    if table == "events":
        checks += [_identified(file), _arrived_in_order(file)]
        if file.has("properties"):
            checks.append(_json_properties(file))
        # How the ids of several systems fit together is the work of the identity models.
        if file.source == "raw" and {"users", "accounts"} <= usable_tables:
            checks.append(_events_of_listed_accounts(file))
    if table in TABLES_OF_ACCOUNTS and file.has("account_id") and "accounts" in usable_tables:
        checks.append(_account_is_listed(file.table))
    if table == "users" and file.has("is_internal"):
        checks.append(_not_all_internal())
    if table == "subscriptions":
        checks += _subscription_checks(file)
    if table == "leads" and file.has("kind"):
        checks.append(_lead_kind(file))
    return checks


# Checks that follow from the contract -------------------------------------------------------------


def _exists(file: DeliveredTable, column: RawColumn) -> Check:
    return Check(
        file.table.name,
        column.name,
        "expect_column_to_exist",
        {"column": column.name},
        "the file has the column",
        f"Add the column to the export, or rename the one that holds it to {column.name}.",
        found=f"the columns {', '.join(file.types)}",
    )


def _filled(file: DeliveredTable, column: RawColumn) -> Check:
    return share_check(
        file,
        column.name,
        "expect_column_values_to_not_be_null",
        # What cannot be read is filled as well, and told by the check that says so.
        {} if column.data_type == "varchar" else {"column": reading(column.name)},
        "the column is filled",
        "of the rows",
        f"Export {column.name} for every row; rows without it cannot be used.",
    )


def _without_blanks(file: DeliveredTable, column: RawColumn) -> Check:
    return share_check(
        file,
        column.name,
        "expect_column_values_to_be_in_set",
        {"column": f"{column.name}_ends", "value_set": [_NO_BLANKS]},
        "no value begins or ends with a blank",
        "of the filled ones",
        "Trim the values in the export: they are compared as they stand, blanks included.",
    )


def _readable(file: DeliveredTable, column: RawColumn) -> Check:
    kind = column.data_type.split("(")[0]
    return share_check(
        file,
        column.name,
        "expect_column_values_to_be_in_set",
        {"column": reading(column.name), "value_set": [READABLE]},
        f"the values can be read as {_READING_NAMES[kind]}",
        "of the filled ones",
        _READING_REMEDIES[kind],
    )


def _plausible(file: DeliveredTable, column: RawColumn, latest_on: date | None) -> Check:
    limits: dict[str, object] = {"min_value": EARLIEST_PLAUSIBLE_ON.isoformat()}
    expected = f"the times are not before {EARLIEST_PLAUSIBLE_ON}"
    if latest_on is not None:
        limits |= {"max_value": (latest_on + timedelta(days=1)).isoformat(), "strict_max": True}
        expected += f" and not after {latest_on}"
    return share_check(
        file,
        column.name,
        "expect_column_values_to_be_between",
        limits,
        expected,
        "of the filled ones",
        "Check the unit (seconds, milliseconds) and the time zone of the export; leave unknown "
        "times empty instead of writing 1970 or 2999.",
    )


def _not_negative(file: DeliveredTable, column: RawColumn) -> Check:
    return share_check(
        file,
        column.name,
        "expect_column_values_to_be_between",
        {"min_value": 0},
        "the amounts are 0 or more",
        "of the filled ones",
        f"Export {column.name} as it is, never below 0; refunds and credits are no rows of "
        f"{file.table.name}.",
    )


def _distinct(file: DeliveredTable, column: RawColumn, share: float) -> Check:
    bound = share if file.rows == 0 else min(share, max(0.5, 1 - TOLERATED_ROWS / file.rows))
    name = "event_id_counted" if file.table.name == "events" else column.name
    return Check(
        file.table.name,
        column.name,
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": name, "min_value": bound},
        f"at least {percent(bound)} of the ids are distinct{_sample_note(file)}",
        f"Export each row once, and give {column.name} a value that is its own for each row.",
    )


# Checks of the business ---------------------------------------------------------------------------


def _identified(file: DeliveredTable) -> Check:
    return share_check(
        file,
        "user_id",
        "expect_column_values_to_not_be_null",
        {"column": "user_or_account"},
        "user_id or account_id is filled",
        "of the events",
        "Export the user_id or the account_id of an event; leave out events of visitors who never "
        "sign up.",
        share=IDENTIFIED_SHARE if file.source == "raw" else IDENTIFIED_SHARE_OF_TRACKERS,
    )


def _arrived_in_order(file: DeliveredTable) -> Check:
    return share_check(
        file,
        "received_at",
        "expect_column_values_to_be_in_set",
        {"column": "arrival", "value_set": [_IN_ORDER]},
        "received_at is at most 24 h before occurred_at",
        "of the events with both",
        "Check that both are in UTC and that the two columns are not swapped.",
    )


def _json_properties(file: DeliveredTable) -> Check:
    return share_check(
        file,
        "properties",
        "expect_column_values_to_be_in_set",
        {"column": "properties_json", "value_set": [READABLE]},
        "the properties are JSON objects",
        "of the filled ones",
        'Write properties as JSON text with double quotes, such as {"minutes": 12}, encoded once.',
    )


def _events_of_listed_accounts(file: DeliveredTable) -> Check:
    sample = "" if not _is_sampled(file) else " and event_id_counted is not null"
    # A file without the column does not show it: the typed view has every column.
    own_account, own_user = (
        f"events.{name}" if file.has(name) else "cast(null as varchar)"
        for name in ("account_id", "user_id")
    )
    return no_rows(
        "events",
        "account_id",
        f"the account of at least {percent(LISTED_SHARE)} of the events with a user or account "
        f"(their own, or that of their user) stands in accounts{_sample_note(file)}",
        f"""
        with placed as (
            select
                coalesce({own_account}, users.account_id) as account_id,
                accounts.account_id is not null as is_listed
            from batch as events
            left join (
                select user_id, max(account_id) as account_id from typed_users group by user_id
            ) as users on {own_user} = users.user_id
            left join (select distinct account_id from every_account) as accounts
                on coalesce({own_account}, users.account_id) = accounts.account_id
            where user_or_account is not null{sample}
        )
        select
            format('{{:,}} of {{:,}} events have one', count_if(is_listed), count(*))
            || case
                when min(account_id) filter (not is_listed) is not null then
                    ', the others such as ''' || min(account_id) filter (not is_listed) || ''''
                else ', the others have a user without an account or none that users lists'
            end as found
        from placed
        having count(*) > 0 and count_if(is_listed) < {LISTED_SHARE} * count(*)
        """,
        "Export the ids of events, users and accounts from one system, in one spelling: in a CSV, "
        "`7.0` is another id than `7`.",
    )


def _account_is_listed(table: RawTable) -> Check:
    return no_rows(
        table.name,
        "account_id",
        f"at least {percent(LISTED_SHARE)} of the filled ids stand in accounts",
        f"""
        select
            format('{{:,}} of {{:,}} do, the others such as ''', count_if(is_listed), count(*))
            || min(account_id) filter (not is_listed) || '''' as found
        from (
            select batch.account_id, accounts.account_id is not null as is_listed
            from batch
            left join (select distinct account_id from every_account) as accounts
                on batch.account_id = accounts.account_id
            where batch.account_id is not null
        )
        having count(*) > {TOLERATED_ROWS} and count_if(is_listed) < {LISTED_SHARE} * count(*)
        """,
        f"Export the account id of the product in {table.name}, not that of another system.",
    )


def _not_all_internal() -> Check:
    return no_rows(
        "users",
        "is_internal",
        "some users are not internal",
        """
        select format('all {:,} users are internal', count(*)) as found
        from batch
        having count(*) > 0 and count(*) = count_if(is_internal)
        """,
        "Set is_internal for own staff and test users only: events of internal users do not count.",
    )


def _subscription_checks(file: DeliveredTable) -> list[Check]:
    checks = []
    if file.has("ended_at"):
        checks.append(
            share_check(
                file,
                "ended_at",
                "expect_column_values_to_be_in_set",
                {"column": "period", "value_set": [_IN_ORDER]},
                "the end is not before the start",
                "of the ended subscriptions",
                "Check that started_at and ended_at are not swapped.",
            )
        )
    if file.has("currency"):
        checks.append(
            share_check(
                file,
                "currency",
                "expect_column_value_lengths_to_equal",
                {"value": 3},
                "the currency is an ISO 4217 code of three letters",
                "of the filled ones",
                "Write codes such as USD, not signs or names.",
            )
        )
    return checks


def _lead_kind(file: DeliveredTable) -> Check:
    return share_check(
        file,
        "kind",
        "expect_column_values_to_be_in_set",
        {"value_set": ["mql", "sql", "MQL", "SQL"]},
        "the kind is mql or sql",
        "of the filled ones",
        "Map the stages of the CRM to mql (marketing-qualified) and sql (sales-qualified).",
    )


# Shares -------------------------------------------------------------------------------------------


def share_check(
    file: DeliveredTable,
    column: str,
    expectation: str,
    arguments: dict[str, object],
    expected: str,
    whole: str,
    remedy: str,
    *,
    share: float = USABLE_SHARE,
) -> Check:
    """Check that a share of the rows keeps a rule; ``whole`` names what it is a share of."""
    return Check(
        file.table.name,
        column,
        expectation,
        {"column": column, **arguments, "mostly": share},
        f"{expected}, in at least {percent(share)} {whole} or all but {TOLERATED_ROWS}",
        remedy,
        tolerated_rows=TOLERATED_ROWS,
    )


def _names_without_blanks(file: DeliveredTable) -> list[str]:
    """Columns by which rows find each other and events their activity."""
    return [
        column.name
        for column in file.table.columns
        if file.has(column.name)
        and (column.name == "event_name" or column.name.endswith(("user_id", "account_id")))
    ]


def _may_name_a_domain(file: DeliveredTable, column: RawColumn) -> bool:
    """Whether a table names accounts by id or by domain; a check of its own looks at both."""
    return column.name == "account_id" and file.has("company_domain")


def _is_sampled(file: DeliveredTable) -> bool:
    return file.table.name == "events" and file.is_large


def _sample_note(file: DeliveredTable) -> str:
    return f" (counted on one id in {_SAMPLED_IDS})" if _is_sampled(file) else ""


def _sampled(file: DeliveredTable, column: str) -> str:
    if not _is_sampled(file):
        return column
    return f"case when hash({column}) % {_SAMPLED_IDS} = 0 then {column} end"
