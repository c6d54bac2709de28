"""Nurture audiences of the demo against a recomputation from raw rows."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import duckdb
from demo import Demo

RECENT_DAYS, BASELINE_DAYS = 14, 28
MAX_SHARE, MIN_ACTIVE_DAYS = 0.5, 8


def test_use_drops_where_the_raw_rows_say_so(demo: Demo) -> None:
    raw = demo.folder / "raw"
    as_of: date = demo.query("from intermediate.int_as_of")[0]["as_of_on"]
    first_on = as_of - timedelta(days=RECENT_DAYS + BASELINE_DAYS - 1)
    with duckdb.connect() as connection:
        users = {
            user: (account, internal)
            for user, account, internal in connection.execute(
                f"select user_id, account_id, is_internal from '{raw / 'users.parquet'}'"
            ).fetchall()
        }
        created = dict(
            connection.execute(
                f"select account_id, cast(created_at as date) from '{raw / 'accounts.parquet'}'"
            ).fetchall()
        )
        subscriptions = connection.execute(
            "select account_id, cast(started_at as date), cast(ended_at as date), "
            "cast(coalesce(recorded_at, started_at) as date) "
            f"from '{raw / 'subscriptions.parquet'}' where mrr_amount > 0"
        ).fetchall()
        # Rows with an account or a user, known by the as-of day, in the days that are compared.
        events = connection.execute(
            "select distinct coalesce(account_id, ''), coalesce(user_id, ''), "
            f"cast(occurred_at as date) from '{raw / 'events.parquet'}' "
            "where event_id is not null and occurred_at is not null "
            "and cast(occurred_at as date) between ? and ? "
            "and cast(coalesce(received_at, occurred_at) as date) <= ? "
            "and occurred_at <= coalesce(received_at, occurred_at) + interval 24 hour "
            "and json_valid(coalesce(properties, '{}'))",
            [first_on, as_of, as_of],
        ).fetchall()
    paying = {
        account
        for account, started, ended, recorded in subscriptions
        if max(started, recorded) <= as_of and (ended is None or ended > as_of)
    }
    active: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for account, user, day in events:
        of_user, internal = users.get(user, (None, False))
        if not internal and user and (account or of_user):
            active[account or of_user].add((user, day))
    expected = {}
    for account, user_days in active.items():
        recent = sum(day > as_of - timedelta(days=RECENT_DAYS) for _, day in user_days)
        baseline = len(user_days) - recent
        days = {day for _, day in user_days if day <= as_of - timedelta(days=RECENT_DAYS)}
        if (
            account in paying
            and created.get(account, date.max) <= first_on
            and len(days) >= MIN_ACTIVE_DAYS
            and recent / RECENT_DAYS <= MAX_SHARE * baseline / BASELINE_DAYS
        ):
            expected[account] = (recent, baseline)
    found = {
        row["account_id"]: (row["recent_user_days"], row["baseline_user_days"])
        for row in demo.query("from marts.fct_nurture_audiences where kind = 'usage_drop'")
    }
    assert found
    assert found == expected


def test_close_is_what_the_rule_says_of_every_account(demo: Demo) -> None:
    thresholds = {"product_qualified": 100, "activated_team": 2, "expansion_ready": 60}
    order = ["product_qualified", "expansion_ready", "activated_team"]
    expected: dict[str, str] = {}
    rows = demo.query("from marts.fct_account_scores")
    for definition in reversed(order):
        for row in rows:
            if (
                row["definition_key"] == definition
                and row["is_in_audience"]
                and not row["is_qualified"]
                and float(row["score"]) >= 0.7 * thresholds[definition]
            ):
                expected[row["account_id"]] = definition
    found = {
        row["account_id"]: row
        for row in demo.query("from marts.fct_nurture_audiences where kind = 'close_to_qualifying'")
    }
    assert {account: row["definition_key"] for account, row in found.items()} == expected
    steps = {
        (row["entity_id"], row["definition_key"], row["signal_key"]): row
        for row in demo.query("from marts.fct_score_explanations where entity_type = 'account'")
    }
    for account, row in found.items():
        step = row["step_signal_key"]
        if step is None:
            continue
        explained = steps[account, row["definition_key"], step]
        assert not explained["is_met"]
        assert row["step_value"] == explained["signal_value"] < row["step_needed_value"]
