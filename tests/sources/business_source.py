"""Build the project on a billing system, a CRM or advertising, beside raw product data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from harness import Project, Rows, columns_of, write_csv, write_parquet

# Who uses the product: four accounts of one day; one event makes the as-of day.
SIGNED_UP = datetime(2024, 1, 1, 9, 0)
LAST_EVENT = datetime(2024, 8, 31, 12, 0)
ACCOUNTS = ("acme", "bolt", "cove", "dune")
PRODUCT: Mapping[str, Rows] = {
    "events": [
        {
            "event_id": "last",
            "event_name": "session_started",
            "occurred_at": LAST_EVENT,
            "user_id": "user-acme",
        }
    ],
    "users": [
        {"user_id": f"user-{account}", "account_id": account, "created_at": SIGNED_UP}
        for account in ACCOUNTS
    ],
    "accounts": [{"account_id": account, "created_at": SIGNED_UP} for account in ACCOUNTS],
}


# Where no other source says who pays, the plain contract does: one account that does not.
WITH_FREE_PLAN: Mapping[str, Rows] = {
    **PRODUCT,
    "subscriptions": [
        {
            "subscription_id": "free",
            "account_id": "acme",
            "started_at": SIGNED_UP,
            "mrr_amount": 0,
        }
    ],
}


def write_tables(
    project: Project, source: str, tables: Mapping[str, Rows], file_format: str = "parquet"
) -> None:
    """Write tables of a source into its folder, each with the columns that its rows name."""
    folder = project.raw_path / source
    folder.mkdir(exist_ok=True)
    for table, rows in tables.items():
        path = folder / f"{table}.{file_format}"
        columns = columns_of(rows)
        if file_format == "csv":
            write_csv(path, rows, columns)
        else:
            write_parquet(path, rows, columns)


def build_source(
    folder: Path,
    source: str,
    tables: Mapping[str, Rows],
    file_format: str = "parquet",
    product: Mapping[str, Rows] = PRODUCT,
    **variables: Any,
) -> Project:
    """Build a source up to conversions and row accounting."""
    project = Project(
        folder,
        raw_tables=product,
        variables={
            "pql_business_sources": ["raw", source],
            "pql_latest_plausible_on": "2024-12-31",
            **variables,
        },
        has_calibration=False,
    )
    write_tables(project, source, tables, file_format)
    project.build(
        "--select",
        "+fct_conversions",
        "+rpt_row_accounting",
        "+rpt_company_matches",
        "fct_quarantined_rows",
        "+path:models/intermediate/sources",
        f"path:models/staging/{source}",
        "--exclude-resource-type",
        "test",
    ).check()
    return project


def accounting(project: Project, table: str) -> tuple[int, int, int, int]:
    """Rows in, used, duplicate and quarantined of a table over all sources, which add up."""
    (row,) = project.query(
        "select sum(rows_in) as rows_in, sum(rows_used) as rows_used, "
        "sum(rows_duplicate) as rows_duplicate, sum(rows_quarantined) as rows_quarantined "
        f"from marts.rpt_row_accounting where raw_table = '{table}'"
    )
    counts = (
        row["rows_in"],
        row["rows_used"],
        row["rows_duplicate"],
        row["rows_quarantined"],
    )
    assert counts[0] == sum(counts[1:])
    return counts
