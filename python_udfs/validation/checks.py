"""A check: one expectation on one table, with what a person needs when it fails.

Checks are plain data; ``great_expectations_runner`` evaluates them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

QUERY_EXPECTATION = "expect_query_to_find_no_rows"


@dataclass(frozen=True)
class Check:
    """One expectation on one table.

    Parameters
    ----------
    table : str
        The table.
    column : str or None
        The column that a person looks at; None where the whole table is meant.
    expectation : str
        Type of the expectation of Great Expectations, or ``QUERY_EXPECTATION``.
    arguments : mapping
        Its arguments. ``column`` may be a column that is derived from the one a person looks at.
    expected : str
        What holds, in words.
    remedy : str
        What to do when it does not hold.
    tolerated_rows : int
        So many rows never fail a check of a share, unless they are more than half of it.
    found : str
        Said of a failure instead of what the expectation observed, where that says too little.
    """

    table: str
    column: str | None
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""
    remedy: str = ""
    tolerated_rows: int = 0
    found: str = ""


def percent(share: float) -> str:
    """Text of a share.

    Parameters
    ----------
    share : float
        Between 0 and 1.

    Returns
    -------
    str
        With one digit after the point where it is needed: ``99 %``, ``16.2 %``.
    """
    if 0 < share < 0.001:
        return "below 0.1 %"
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def no_rows(table: str, column: str | None, expected: str, query: str, remedy: str) -> Check:
    """Check that a query finds no rows.

    Parameters
    ----------
    table, column, expected, remedy
        As in ``Check``.
    query : str
        Selects the rows that break the rule, with the columns that a report shows. The checked
        table is called ``batch`` in it. If it selects a column ``found``, a report shows that text.
        A colon before a word is not allowed: SQLAlchemy would read a parameter.

    Returns
    -------
    Check
    """
    return Check(
        table,
        column,
        QUERY_EXPECTATION,
        {"query": " ".join(query.split())},
        expected,
        remedy,
    )


def has_rows(table: str, remedy: str) -> Check:
    """Check that a table has at least one row.

    Parameters
    ----------
    table, remedy : str
        As in ``Check``.

    Returns
    -------
    Check
    """
    return Check(
        table,
        None,
        "expect_table_row_count_to_be_between",
        {"min_value": 1},
        "the table has at least one row",
        remedy,
    )
