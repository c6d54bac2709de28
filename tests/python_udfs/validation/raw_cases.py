"""A small valid export, and ways to break it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

# 400 events of 40 users in 10 accounts; each table as SQL, so that a case changes one of them.
TABLES = {
    "events": """
        select
            'event-' || i as event_id,
            'session_started' as event_name,
            timestamp '2026-01-01' + to_hours(i) as occurred_at,
            timestamp '2026-01-01' + to_hours(i) + interval 5 second as received_at,
            'user-' || (i % 40) as user_id,
            'anonymous-' || (i % 40) as anonymous_id,
            cast(null as varchar) as account_id,
            '{"minutes": ' || (i % 60) || '}' as properties
        from range(400) as numbers (i)
    """,
    "users": """
        select
            'user-' || i as user_id,
            'account-' || (i % 10) as account_id,
            'person-' || i || '@example.com' as email,
            timestamp '2025-12-01' + to_days(i) as created_at,
            i = 0 as is_internal
        from range(40) as numbers (i)
    """,
    "accounts": """
        select
            'account-' || i as account_id,
            timestamp '2025-12-01' + to_days(i) as created_at,
            10 * i as employee_count
        from range(10) as numbers (i)
    """,
    "subscriptions": """
        select
            'subscription-' || i as subscription_id,
            'account-' || i as account_id,
            49.0 * (i % 2) as mrr_amount,
            'USD' as currency,
            timestamp '2026-01-01' + to_days(i) as started_at,
            timestamp '2026-02-01' + to_days(i) as ended_at
        from range(10) as numbers (i)
    """,
    "leads": """
        select 'lead-' || i as lead_id, 'account-' || i as account_id, 'mql' as kind,
            timestamp '2026-01-01' as created_at
        from range(10) as numbers (i)
    """,
}


def write_raw(
    folder: Path, changed: Mapping[str, str] | None = None, file_format: str = "parquet"
) -> Path:
    """Write the export, with some tables changed.

    Parameters
    ----------
    folder
        Where to write.
    changed
        SQL of the tables that differ, in which ``valid`` stands for the valid rows.
    file_format
        ``parquet`` or ``csv``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    options = "format csv, header" if file_format == "csv" else "format parquet"
    with duckdb.connect() as connection:
        for table, valid in TABLES.items():
            rows = (changed or {}).get(table, "select * from valid")
            connection.execute(
                f"copy (with valid as ({valid}) {rows}) "
                f"to '{folder}/{table}.{file_format}' ({options})"
            )
    return folder
