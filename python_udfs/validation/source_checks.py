"""What only vendors get wrong, beside the suites of the plain contract.

A tracker that lost its identify call, an export with the time of the load in the place of that of
the event, a CRM whose companies cannot be found in the product: rows that each look fine.
"""

from collections.abc import Callable, Mapping, Sequence

from python_udfs.validation.checks import Check, has_rows, no_rows, percent
from python_udfs.validation.raw_checks import TOLERATED_ROWS, share_check
from python_udfs.validation.raw_files import StagedRows

# Ids that a broken tracking call sends for everybody.
PLACEHOLDER_IDS = (
    "null", "none", "nil", "nan", "undefined", "unknown", "anonymous", "guest", "0", "-1",
    "[object object]", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
PLACEHOLDER_SHARE = 0.01
# Below so many rows it is no wonder that they belong to one user or to one moment.
MIN_ROWS = 1000
BUSIEST_USER_SHARE = 0.50
# Share of the companies, subscriptions, ... that can be found in the product.
NAMED_SHARE = 0.50


def checks_of_source(rows: StagedRows) -> list[Check]:
    """List the checks that the rows of a vendor get beside those of the contract.

    Parameters
    ----------
    rows : StagedRows
        What the adapter gives.

    Returns
    -------
    list of Check
    """
    return [check for check_of in CHECKS.get(rows.table.name, ()) for check in check_of(rows)]


def _has_rows(rows: StagedRows) -> Sequence[Check]:
    remedy = (
        f"Check the filters of the export of {rows.source}, and that it was loaded at all; or take "
        f"{rows.source} out of the sources in dbt_project.yml."
    )
    return [has_rows(rows.view, remedy)]


def _users_are_no_placeholders(rows: StagedRows) -> Sequence[Check]:
    ids = ", ".join(f"'{name}'" for name in PLACEHOLDER_IDS)
    return [
        no_rows(
            rows.view,
            "user_id",
            f"at most {percent(PLACEHOLDER_SHARE)} of the user ids are placeholders",
            f"""
            select
                format('{{:,}} of {{:,}} are, such as ''', count_if(is_placeholder), count(*))
                || min(user_id) filter (is_placeholder) || '''' as found
            from (
                select user_id, lower(trim(user_id)) in ({ids}) as is_placeholder
                from batch
                where user_id is not null
            )
            having
                count_if(is_placeholder) > {TOLERATED_ROWS}
                and count_if(is_placeholder) > {PLACEHOLDER_SHARE} * count(*)
            """,
            "Send no user id until the user is known: all who share one would be one user.",
        )
    ]


def _no_user_has_most_events(rows: StagedRows) -> Sequence[Check]:
    return [
        no_rows(
            rows.view,
            "user_id",
            f"no user has more than {percent(BUSIEST_USER_SHARE)} of the events with a user",
            f"""
            select format('''{{}}'' has {{:,}} of {{:,}}', user_id, events, whole) as found
            from (
                select user_id, count(*) as events, sum(count(*)) over () as whole
                from batch
                where user_id is not null
                group by user_id
            )
            where whole >= {MIN_ROWS} and events > {BUSIEST_USER_SHARE} * whole
            """,
            "A server, a test or a shared id: send the id of the person, or mark it as internal.",
        )
    ]


def _times_are_of_the_events(rows: StagedRows) -> Sequence[Check]:
    return [
        no_rows(
            rows.view,
            "occurred_at",
            "the events did not all occur at the time at which they were received",
            f"""
            select format('all {{:,}} rows with both times have equal ones', count(*)) as found
            from batch
            where occurred_at is not null and received_at is not null
            having count(*) >= {MIN_ROWS} and count(*) = count_if(occurred_at = received_at)
            """,
            "Export the time of the event, not that of its arrival or load.",
        ),
        no_rows(
            rows.view,
            "occurred_at",
            "the events occurred at different times",
            f"""
            select format('all {{:,}} rows have {{}}', count(*), min(occurred_at)) as found
            from batch
            where occurred_at is not null
            having count(*) >= {MIN_ROWS} and min(occurred_at) = max(occurred_at)
            """,
            "Export the time of the event, not that of the load.",
        ),
    ]


def _can_be_found_in_the_product(rows: StagedRows) -> Sequence[Check]:
    return [
        share_check(
            rows,
            "account_id",
            "expect_column_values_to_not_be_null",
            {"column": "account_or_domain"},
            "the account of the product or a domain is filled",
            "of the rows",
            "Give the account id of the product to the rows of "
            f"{rows.source} (docs/sources), or fill in the domain or website of the company.",
            share=NAMED_SHARE,
        )
    ]


def _some_are_paid(rows: StagedRows) -> Sequence[Check]:
    return [
        no_rows(
            rows.view,
            "mrr_amount",
            "some subscriptions have an amount above 0",
            """
            select format('none of {:,} has one', count(*)) as found
            from batch
            having count(*) > 0 and count_if(mrr_amount > 0) = 0
            """,
            "Without a paid subscription there is no conversion: check which amount is exported.",
        )
    ]


CHECKS: Mapping[str, Sequence[Callable[[StagedRows], Sequence[Check]]]] = {
    "events": (
        _has_rows,
        _users_are_no_placeholders,
        _no_user_has_most_events,
        _times_are_of_the_events,
    ),
    "companies": (_has_rows, _can_be_found_in_the_product),
    "subscriptions": (_can_be_found_in_the_product, _some_are_paid),
    "touches": (_can_be_found_in_the_product,),
}
"""By table of the contract."""
