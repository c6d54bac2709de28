"""The demo as a new user runs it: it builds, agrees with the oracle and finds what was planted."""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from comparison import History, score_differences, signal_differences, status_differences
from demo import Demo
from harness import PROJECT_ROOT, query
from oracle import Oracle
from rich.console import Console

from python_udfs.summary import print_summary

ENTITIES = 12
TRANSITIONS = 25


@pytest.fixture(scope="module")
def raw_tables(demo: Demo) -> dict[str, list[dict[str, Any]]]:
    with duckdb.connect() as connection:
        return {
            table: query(connection, f"from '{demo.folder / 'raw' / table}.parquet'")
            for table in ("events", "users", "accounts", "subscriptions")
        }


@pytest.fixture(scope="module")
def definitions() -> dict[str, list[dict[str, Any]]]:
    with duckdb.connect() as connection:
        return {
            path.stem: query(
                connection, f"from read_csv('{path}', all_varchar = true, header = true)"
            )
            for path in sorted((PROJECT_ROOT / "seeds").glob("*.csv"))
        }


def test_the_result_says_what_was_found_and_where_to_look(demo: Demo) -> None:
    for heading in (
        "SIMULATED",
        "What came in",
        "Quarantined because of",
        "Who qualifies",
        "Latest leads (product_qualified)",
        "What the calibration says",
        "Where to look",
        "What to do next",
    ):
        assert heading in demo.output
    assert str(demo.folder / "demo.duckdb") in demo.output.replace("\n", "")


def test_the_result_names_nobody_of_the_hold_out(demo: Demo, tmp_path: Path) -> None:
    path = str(shutil.copy(demo.folder / "demo.duckdb", tmp_path))
    with duckdb.connect(path) as connection:
        connection.execute("create table marts.scores as from marts.fct_account_scores")
        connection.execute("drop view marts.fct_account_scores")
        connection.execute(
            "create view marts.fct_account_scores as "
            "select * replace (true as is_held_out) from marts.scores"
        )
    console = Console(record=True, file=io.StringIO(), width=200)
    print_summary(console, path, {})
    said = console.export_text()
    assert "Latest leads" not in said
    assert "none outside the hold-out" in said


def test_every_raw_event_is_where_the_generator_says(demo: Demo) -> None:
    planted = demo.truth["accounting"]["events"]
    found = demo.query("from marts.rpt_row_accounting where raw_table = 'events'")[0]
    reasons = demo.query(
        """
        select reason, count(*) as row_count
        from marts.fct_quarantined_rows
        where raw_table = 'events'
        group by reason
        """
    )
    assert found["rows_in"] == planted["rows_in"]
    assert found["rows_used"] == planted["used"]
    assert found["rows_duplicate"] == planted["duplicates"]
    assert found["rows_set_aside"] == planted["set_aside"]
    assert {row["reason"]: row["row_count"] for row in reasons} == planted["quarantined"]


def sample(demo: Demo, oracle: Oracle) -> list[tuple[str, str]]:
    """Some entities that qualified at some time, and some others."""
    qualified = {
        (row["entity_type"], row["entity_id"])
        for row in demo.query("from marts.fct_pql_transitions")
    }
    chosen = random.Random(7)
    entities = sorted(oracle.entities())
    others = [entity for entity in entities if entity not in qualified]
    return chosen.sample(sorted(qualified), ENTITIES) + chosen.sample(others, ENTITIES)


def test_histories_agree_with_the_oracle(
    demo: Demo, raw_tables: dict[str, Any], definitions: dict[str, Any]
) -> None:
    oracle = Oracle(raw_tables, definitions)
    entities = sample(demo, oracle)
    oracle.entities = lambda: entities
    first_on = min(day for entity in entities if (day := oracle.first_day(*entity)))
    days = [
        first_on + timedelta(days=number)
        for number in range(0, (oracle.as_of - first_on).days + 60, 5)
    ]
    names = ", ".join(f"('{entity_type}', '{entity_id}')" for entity_type, entity_id in entities)
    with duckdb.connect() as chosen:
        # Under the name that it was built with: views know their tables by it.
        chosen.execute(f"attach '{demo.folder / 'demo.duckdb'}' as demo (read_only)")
        chosen.execute("create schema marts")
        for table in ("fct_signal_history", "fct_score_history", "fct_status_history"):
            chosen.execute(
                f"create table marts.{table} as from demo.marts.{table} "
                f"where (entity_type, entity_id) in ({names})"
            )
        differences = [
            *signal_differences(History(chosen, "fct_signal_history"), oracle, days),
            *score_differences(History(chosen, "fct_score_history"), oracle, days),
            *status_differences(History(chosen, "fct_status_history"), oracle, days),
        ]
    assert not differences, "\n".join(str(difference) for difference in differences[:10])


def known_at(event: dict[str, Any]) -> datetime | None:
    """When an event that is no historical load became known."""
    if event["occurred_at"] is None:
        return None
    return max(event["occurred_at"], event["received_at"] or event["occurred_at"])


def entries(demo: Demo) -> Iterator[dict[str, Any]]:
    rows = demo.query(
        """
        select transitions.*, coalesce(users.account_id, transitions.entity_id) as account_id
        from marts.fct_pql_transitions as transitions
        left join marts.dim_users as users
            on transitions.entity_type = 'user' and transitions.entity_id = users.user_id
        where transition in ('qualified', 'requalified')
        order by transitions.entity_id, definition_key, transitioned_on
        """
    )
    chosen = random.Random(11)
    yield from chosen.sample([row for row in rows if row["qualified_at"] is not None], TRANSITIONS)
    yield from [row for row in rows if row["qualified_at"] is None][:5]


def test_the_entity_qualifies_at_that_second_and_not_before(
    demo: Demo, raw_tables: dict[str, Any], definitions: dict[str, Any]
) -> None:
    accounts = {user["user_id"]: user["account_id"] for user in raw_tables["users"]}
    events: dict[str | None, list[dict[str, Any]]] = {}
    for event in raw_tables["events"]:
        account_id = event["account_id"] or accounts.get(event["user_id"])
        events.setdefault(account_id or event["user_id"], []).append(event)

    def reaches(entry: dict[str, Any], until: datetime, *, included: bool) -> bool:
        """Whether the definition is reached on the day with the events known until a time."""
        day: date = entry["transitioned_on"]

        def is_in_time(event: dict[str, Any]) -> bool:
            at = known_at(event)
            if at is None or at.date() != day:
                return True
            return at <= until if included else at < until

        oracle = Oracle(
            {**raw_tables, "events": [e for e in events[entry["account_id"]] if is_in_time(e)]},
            definitions,
            as_of=day,
        )
        key = (entry["entity_type"], entry["entity_id"], entry["definition_key"])
        threshold = oracle.definitions[entry["definition_key"]].enter_threshold
        return oracle.score(*key, day) >= threshold and oracle.required_met(*key, day)

    checked = 0
    for entry in entries(demo):
        if entry["qualified_at"] is None:
            midnight = datetime.combine(entry["transitioned_on"], datetime.min.time())
            assert reaches(entry, midnight, included=False), entry
        else:
            assert reaches(entry, entry["qualified_at"], included=True), entry
            assert not reaches(entry, entry["qualified_at"], included=False), entry
        checked += 1
    assert checked >= TRANSITIONS


def test_the_calibration_names_the_meaningless_and_the_harmful_behaviour(demo: Demo) -> None:
    warnings = {
        row["signal_key"]: row["warning"] or ""
        for row in demo.query(
            "from marts.rpt_signal_lift where definition_key = 'product_qualified'"
        )
    }
    for signal in demo.truth["harmful_signals"]:
        assert warnings[signal].startswith("points the wrong way")
    for signal in demo.truth["meaningless_signals"]:
        assert warnings[signal].startswith("no evidence")


def test_the_recommended_threshold_beats_the_hand_set_one_out_of_time(demo: Demo) -> None:
    verdict = demo.query("from marts.rpt_calibration where definition_key = 'product_qualified'")[0]
    assert verdict["verdict"] == "recommend"
    assert verdict["holdout_objective_chosen"] > verdict["holdout_objective_current"]
    assert verdict["holdout_chosen_lift_low"] > 1


def test_nothing_is_written_outside_the_folders_named(demo: Demo) -> None:
    assert (demo.folder / "validation" / "index.html").exists()
    assert {path.name for path in demo.folder.iterdir()} == {
        "raw", "truth.json", "demo.duckdb", "validation", "target", "logs",
        "calibration_report.html", "dashboard.html", "published",
    }  # fmt: skip
