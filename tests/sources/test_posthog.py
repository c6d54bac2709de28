"""PostHog's batch export, in the shapes in which it is written, from its files to the marts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import DbtOutcome, Project, Row, Rows, columns_of, write_csv, write_parquet

POSTHOG_ONLY = {
    "pql_event_sources": ["posthog"],
    "pql_business_sources": ["raw"],
    "pql_latest_plausible_on": "2024-12-31",
    "pql_posthog_group_type": "organization",
}
START = datetime(2024, 6, 1, 9, 0)
IN_ACME = {"$groups": {"organization": "acme"}}
BROWSER = {"$device_id": "device-1", "$raw_user_agent": "Mozilla/5.0 (invented)"}


def event(
    uuid: str | None,
    day: int,
    name: str,
    distinct_id: str,
    properties: dict[str, Any],
    person: dict[str, Any] | None = None,
    days_late: int = 0,
) -> Row:
    occurred_at = START + timedelta(days=day)
    came_in_at = occurred_at + timedelta(days=days_late, seconds=2)
    return {
        "uuid": uuid,
        "event": name,
        "distinct_id": distinct_id,
        "person_id": "0190-invented",
        "properties": json.dumps(properties),
        "person_properties": json.dumps(person or {}),
        "elements_chain": "",
        "timestamp": occurred_at,
        "created_at": came_in_at,
        "_inserted_at": came_in_at + timedelta(minutes=5),
    }


# The copy of a delivery that was repeated is written to a second file.
FIRST_FILE = [
    event("u1", 0, "$pageview", "device-1", {**BROWSER, "$is_identified": False}),
    event("u2", 0, "$identify", "ann", {**BROWSER, "$anon_distinct_id": "device-1"}),
    event(
        "u3",
        1,
        "session_started",
        "ann",
        {**BROWSER, **IN_ACME, "$user_id": "ann", "duration_minutes": 20},
        {"email": "ann@acme.example"},
    ),
    event(
        "u4",
        2,
        "session_started",
        "ann",
        {"$groups": json.dumps({"organization": "acme"}), "duration_minutes": 30},
        days_late=3,
    ),
    event(
        "u5",
        2,
        "$groupidentify",
        "$organization_acme",
        {
            "$group_type": "organization",
            "$group_key": "acme",
            "$group_set": {"name": "Acme", "website": "https://acme.example", "employees": 40},
        },
    ),
    event("u6", 3, "pricing_viewed", "ann", IN_ACME),
]
SECOND_FILE = [
    event("u6", 3, "pricing_viewed", "ann", IN_ACME, days_late=4),
    event("u7", 4, "$feature_flag_called", "ann", {**IN_ACME, "$feature_flag": "beta"}),
    {**event("u8", 4, "pricing_viewed", "ann", IN_ACME), "properties": '{"$groups": '},
    event(None, 4, "pricing_viewed", "ann", IN_ACME),
]
ROWS_IN = len(FIRST_FILE) + len(SECOND_FILE)


@dataclass(frozen=True)
class Built:
    """A project after a run."""

    project: Project
    outcome: DbtOutcome


def write_export(folder: Path, rows: Rows) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(folder, rows, columns_of(rows))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    project = Project(
        tmp_path_factory.mktemp("posthog"), variables=POSTHOG_ONLY, has_calibration=False
    )
    export = project.raw_path / "posthog" / "events"
    write_export(export / "2024-06-04" / "1.parquet", FIRST_FILE)
    write_export(export / "2024-06-08" / "1.parquet", SECOND_FILE)
    marts = ("+fct_account_scores", "+rpt_row_accounting", "+fct_quarantined_rows", "+dim_users")
    staging = "path:models/staging/posthog"
    outcome = project.build(
        *("--select", staging, "+fct_user_activity_daily", *marts),
        *("--exclude-resource-type", "test"),
    )
    return Built(project, outcome.check())


def test_every_event_is_used_or_accounted_for(built: Built) -> None:
    (events,) = built.project.query(
        "select * from marts.rpt_row_accounting where raw_table = 'events'"
    )
    counts = {name: count for name, count in events.items() if name.startswith("rows_")}
    assert counts.pop("rows_in") == ROWS_IN
    assert sum(counts.values()) == ROWS_IN
    assert counts["rows_duplicate"] == 1
    reasons = built.project.query(
        "select reason from marts.fct_quarantined_rows where raw_table = 'events'"
    )
    assert {row["reason"] for row in reasons} >= {"missing_event_id", "invalid_json"}


def test_activities_count_for_the_user_and_the_group(built: Built) -> None:
    rows = built.project.query(
        "select account_id, user_id, occurred_on, known_on, cast(sum(value_sum) as integer) as sum"
        " from marts.fct_user_activity_daily where activity_key = 'session'"
        " group by all order by all"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("acme", "ann", date(2024, 6, 2), date(2024, 6, 2), 20),
        ("acme", "ann", date(2024, 6, 3), date(2024, 6, 6), 30),
    ]


def test_users_accounts_and_identifies_come_from_the_events(built: Built) -> None:
    users = built.project.query("select user_id, email, created_on from staging.stg_posthog__users")
    assert [tuple(row.values()) for row in users] == [("ann", "ann@acme.example", date(2024, 6, 1))]
    accounts = built.project.query(
        "select account_id, account_name, domain, employee_count from staging.stg_posthog__accounts"
    )
    assert [tuple(row.values()) for row in accounts] == [
        ("acme", "Acme", "https://acme.example", 40)
    ]
    identified = built.project.query(
        "select anonymous_id, user_id from staging.stg_posthog__identifies"
    )
    assert [tuple(row.values()) for row in identified] == [("device-1", "ann")]


def test_the_accounts_of_the_groups_are_scored(built: Built) -> None:
    scored = built.project.query("select distinct account_id from marts.fct_account_scores")
    assert [row["account_id"] for row in scored] == ["acme"]


@pytest.mark.parametrize("shape", ["postgres", "bigquery", "jsonl"])
def test_the_other_shapes_of_the_export_are_read_too(
    built: Built, shape: str, tmp_path: Path
) -> None:
    occurred_at = "2024-06-01 23:30:00-05:00"
    row: dict[str, Any] = {
        "uuid": "w1",
        "event": "pricing_viewed",
        "distinct_id": "ann",
        "team_id": 1,
        "properties": json.dumps(IN_ACME),
        "set": json.dumps({"email": "ann@acme.example"}),
        "timestamp": occurred_at,
    }
    if shape == "bigquery":
        row["bq_ingested_timestamp"] = "2024-06-03 00:00:00+00:00"
    folder = tmp_path / "posthog"
    folder.mkdir()
    if shape == "jsonl":
        nested = {**row, "properties": IN_ACME, "set": {"email": "ann@acme.example"}}
        (folder / "events.jsonl").write_text(json.dumps(nested) + "\n", encoding="utf-8")
    else:
        write_csv(folder / "events.csv", [row], list(row))
    project = built.project
    kept = project.raw_path
    project.raw_path = tmp_path
    try:
        project.run("--select", "path:models/staging/posthog").check()
    finally:
        project.raw_path = kept
    (found,) = project.query(
        "select user_id, account_id, occurred_at, known_on, quarantine_reason"
        " from staging.stg_posthog__events"
    )
    known_on = date(2024, 6, 3) if shape == "bigquery" else date(2024, 6, 2)
    assert tuple(found.values()) == ("ann", "acme", datetime(2024, 6, 2, 4, 30), known_on, None)
    (user,) = project.query("select email from staging.stg_posthog__users")
    assert user["email"] == "ann@acme.example"


def test_without_the_source_there_is_no_trace_of_it(built: Built) -> None:
    listed = built.project.invoke(("ls",), {}).check()
    assert listed.result
    assert not [name for name in listed.result if "posthog" in name]
    assert not listed.messages
