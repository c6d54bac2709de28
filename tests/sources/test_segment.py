"""Segment, in the shape in which the vendor loads it, from its files to the marts."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import DbtOutcome, Project, Row, Rows, columns_of, write_csv, write_parquet

SEGMENT_ONLY = {
    "pql_event_sources": ["segment"],
    "pql_business_sources": ["raw"],
    "pql_latest_plausible_on": "2024-12-31",
}
START = datetime(2024, 6, 1, 9, 0)
# What the tracking plan is given beside its own rows: `Report Built` has no table of its own,
# `Never Tracked` no event.
ACTIVITIES = [
    {
        "activity_key": "big_project",
        "event_name": "Project Created",
        "property": "seat_count",
        "operator": ">=",
        "property_value": "5",
    },
    {
        "activity_key": "priced_page",
        "event_name": "Page Viewed",
        "property": "path",
        "operator": "=",
        "property_value": "/pricing",
    },
    {"activity_key": "report", "event_name": "Report Built", "object_property": "report_id"},
    {"activity_key": "never", "event_name": "Never Tracked", "object_property": "thing_id"},
    {"activity_key": "login", "event_name": "Logged In"},
]


def call(call_id: str | None, day: int, **columns: Any) -> Row:
    """Return a call of the day; the device's clock is a day ahead of the corrected time."""
    occurred_at = START + timedelta(days=day)
    return {
        "id": call_id,
        "anonymous_id": "device-1",
        "user_id": "ann",
        "received_at": occurred_at + timedelta(seconds=2),
        "sent_at": occurred_at + timedelta(days=1, seconds=1),
        "original_timestamp": occurred_at + timedelta(days=1),
        "timestamp": occurred_at,
        "context_user_agent": "Mozilla/5.0 (invented)",
        **columns,
    }


def track(call_id: str | None, day: int, name: str, **columns: Any) -> Row:
    return call(
        call_id, day, **{"event": name.lower().replace(" ", "_"), "event_text": name, **columns}
    )


TRACKS = [
    track("t1", 0, "Project Created"),
    track("t2", 1, "Project Created"),
    # Delivered twice, the second time four days later.
    track("t3", 2, "Project Created"),
    track("t3", 2, "Project Created", received_at=START + timedelta(days=6)),
    # Not in its event table.
    track("t4", 3, "Project Created"),
    track("t5", 3, "Report Built"),
    track("t6", 4, "Logged In", user_id="ben", context_group_id="bolt"),
    # A device that nobody has named, a time that is none, a call without a key.
    track("t7", 4, "Logged In", user_id=None, anonymous_id="device-9"),
    track("t8", 4, "Logged In", timestamp=None, original_timestamp=None),
    track(None, 4, "Logged In"),
]
PROJECT_CREATED = [
    {
        **row,
        "seat_count": seats,
        "plan_type": plan,
        "email": "someone.else@corp.example",
        "hours": hours,
    }
    # As pandas writes an empty cell of a column of numbers, and a division by zero.
    for row, seats, plan, hours in zip(
        TRACKS[:4],
        (3, 5, 8, 8),
        ("free", None, "team", "team"),
        (math.nan, math.inf, 1.5, 1.5),
        strict=True,
    )
]
TABLES = {
    "tracks": TRACKS,
    "project_created": PROJECT_CREATED,
    "pages": [
        call("p1", 5, url="https://app.example/pricing", path="/pricing", title="Prices"),
        call("p2", 5, url="https://app.example/docs", path="/docs", title=None),
    ],
    "screens": [call("s1", 5, name="Home")],
    "identifies": [
        call("i1", 0, email="Ann@Acme.example", created_at=datetime(2024, 5, 30, 8, 0)),
        call("i2", 1, email="ann@acme.example", created_at=None),
        call("i3", 1, user_id="ben", anonymous_id="device-2", email=None, created_at=None),
        call("i4", 1, user_id=None, anonymous_id="device-3", email=None, created_at=None),
    ],
    # The latest state, which is not read.
    "users": [{"id": "ann", "email": "later@acme.example", "received_at": START}],
    "groups": [
        call(
            "g1", 0, group_id="acme", name="Acme", website="acme.example", employees=40, plan="free"
        ),
        call("g2", 4, group_id="acme", name="Acme", website=None, employees=90, plan=None),
        call("g3", 4, group_id="bolt", user_id="ben", name="Bolt", website=None, employees=None),
        # The address is a trait of the group: nobody has it who uses the product.
        call("g4", 4, group_id="bolt", user_id=None, email="billing@bolt.example"),
    ],
    "aliases": [
        {
            "id": "a1",
            "previous_id": "device-2",
            "user_id": "ben",
            "received_at": START,
            "timestamp": START,
        }
    ],
}
ROWS_IN = sum(len(TABLES[table]) for table in ("tracks", "pages", "screens"))


def write_source(project: Project, source: str, tables: Mapping[str, Rows]) -> None:
    """Write the tables of a source as files in its folder."""
    folder = project.raw_path / source
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        write_parquet(folder / f"{table}.parquet", rows, columns_of(rows))


def add_activities(project: Project, activities: Rows) -> None:
    """Add rows to the tracking plan."""
    with (project.root / "seeds" / "pql_activities.csv").open(encoding="utf-8") as file:
        project.write_seeds({"pql_activities": [*csv.DictReader(file), *activities]})


@dataclass(frozen=True)
class Built:
    """A project after a run."""

    project: Project
    outcome: DbtOutcome


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    project = Project(
        tmp_path_factory.mktemp("segment"), variables=SEGMENT_ONLY, has_calibration=False
    )
    write_source(project, "segment", TABLES)
    add_activities(project, ACTIVITIES)
    staging = "path:models/staging/segment"
    marts = ("+fct_account_scores", "+rpt_row_accounting", "+fct_quarantined_rows", "+dim_users")
    outcome = project.build(
        *("--select", staging, "+fct_user_activity_daily", *marts),
        *("--exclude-resource-type", "test"),
    )
    return Built(project, outcome.check())


def events_of(built: Built, activity: str) -> int:
    (row,) = built.project.query(
        "select coalesce(sum(event_count), 0) as events from marts.fct_user_activity_daily"
        f" where activity_key = '{activity}'"
    )
    return int(row["events"])


def test_every_call_is_used_or_accounted_for(built: Built) -> None:
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
    assert {row["reason"] for row in reasons} >= {"missing_event_id", "missing_occurred_at"}


def test_the_properties_of_a_track_come_from_its_event_table(built: Built) -> None:
    assert events_of(built, "big_project") == 2
    rows = built.project.query(
        "select event_id, max(properties) as properties from staging.stg_segment__events"
        " where event_name = 'Project Created' group by event_id order by event_id"
    )
    assert [row["event_id"] for row in rows] == [f"segment:t{n}" for n in range(1, 5)]
    assert rows[0]["properties"] == (
        '{"seat_count":3,"plan_type":"free","email":"someone.else@corp.example"}'
    )
    assert rows[1]["properties"] == '{"seat_count":5,"email":"someone.else@corp.example"}'
    assert rows[2]["properties"] == (
        '{"seat_count":8,"plan_type":"team","email":"someone.else@corp.example","hours":1.5}'
    )
    assert rows[3]["properties"] is None


def test_a_page_has_its_properties(built: Built) -> None:
    assert events_of(built, "priced_page") == 1


def test_an_event_counts_on_the_day_of_the_corrected_clock(built: Built) -> None:
    (row,) = built.project.query(
        "select occurred_on as day from staging.stg_segment__events where event_id = 'segment:t1'"
    )
    assert row["day"] == START.date()


def test_a_tracked_event_without_table_is_named_once(built: Built) -> None:
    (warning,) = [text for text in built.outcome.messages if "event table" in text]
    assert "'Report Built'" in warning
    assert "Never Tracked" not in warning
    assert "Page Viewed" not in warning


def test_users_accounts_and_memberships_come_from_the_calls(built: Built) -> None:
    users = built.project.query(
        "select user_id, email, created_on from staging.stg_segment__users order by user_id"
    )
    assert users == [
        {"user_id": "ann", "email": "ann@acme.example", "created_on": date(2024, 5, 30)},
        {"user_id": "ben", "email": None, "created_on": date(2024, 6, 2)},
    ]
    accounts = built.project.query(
        "select account_id, domain, plan, employee_count, created_on"
        " from staging.stg_segment__accounts order by account_id"
    )
    assert [tuple(row.values()) for row in accounts] == [
        ("acme", "acme.example", "free", 90, date(2024, 6, 1)),
        ("bolt", None, None, None, date(2024, 6, 5)),
    ]
    members = built.project.query(
        "select distinct user_id, account_id from staging.stg_segment__memberships order by all"
    )
    assert [tuple(row.values()) for row in members] == [("ann", "acme"), ("ben", "bolt")]
    identified = built.project.query(
        "select distinct anonymous_id, user_id from staging.stg_segment__identifies order by all"
    )
    assert [tuple(row.values()) for row in identified] == [("device-1", "ann"), ("device-2", "ben")]


def test_the_accounts_of_the_calls_are_scored(built: Built) -> None:
    scored = built.project.query("select distinct account_id from marts.fct_account_scores")
    assert "bolt" in {row["account_id"] for row in scored}


def test_the_tables_of_rudderstack_are_read_too(built: Built, tmp_path: Path) -> None:
    """Upper-case names, times with an offset, people known by address; all of it text."""
    late, arrived = "2024-06-01 23:30:00-05:00", "2024-06-02 04:31:00+00:00"
    page: Row = {
        "ID": "rp",
        "ANONYMOUS_ID": "device-7",
        "EMAIL": "Dan@Corp.example",
        "EVENT_TIMESTAMP": late,
        "RECEIVED_AT": arrived,
    }
    named = {"EVENT": "report_built", "EVENT_TEXT": "Report Built", "USER_ID": "dan_1"}
    tables = {
        "PAGES": [page],
        "IDENTIFIES": [{**page, "ID": "ri"}],
        "TRACKS": [{**page, **named, "ID": "rt"}],
        "REPORT_BUILT": [
            {**page, **named, "ID": "rt", "REPORT_ID": "r1"},
            {**page, **named, "ID": "ru", "EVENT_TIMESTAMP": "2024-06-01 23:30:00 -0500"},
            {**page, **named, "ID": "rw", "EVENT_TIMESTAMP": "2024-06-02 04:30:00 PM"},
        ],
    }
    (tmp_path / "segment").mkdir()
    for table, rows in tables.items():
        write_csv(tmp_path / "segment" / f"{table}.csv", rows, columns_of(rows))
    project = built.project
    kept = project.raw_path
    project.raw_path = tmp_path
    try:
        outcome = project.run("--select", "path:models/staging/segment").check()
    finally:
        project.raw_path = kept
    (warning,) = outcome.messages
    assert "raw: no source that is on gives subscriptions, and" in warning
    events = project.query(
        "select event_id, user_id, occurred_at, properties, quarantine_reason"
        " from staging.stg_segment__events where event_id like 'segment:r%' order by event_id"
    )
    occurred_at = datetime(2024, 6, 2, 4, 30)
    assert [tuple(row.values()) for row in events] == [
        ("segment:rp", "dan@corp.example", occurred_at, "{}", None),
        (
            "segment:rt",
            "dan_1",
            occurred_at,
            '{"email":"Dan@Corp.example","report_id":"r1"}',
            None,
        ),
        ("segment:ru", "dan_1", occurred_at, '{"email":"Dan@Corp.example"}', None),
        ("segment:rw", "dan_1", None, '{"email":"Dan@Corp.example"}', "unreadable_occurred_at"),
    ]
    (identified,) = project.query(
        "select anonymous_id, user_id from staging.stg_segment__identifies"
    )
    assert tuple(identified.values()) == ("device-7", "dan@corp.example")
    (merged,) = project.query("select merged_id, canonical_id from staging.stg_segment__merges")
    assert tuple(merged.values()) == ("dan@corp.example", "dan_1")


def test_without_the_source_there_is_no_trace_of_it(built: Built) -> None:
    listed = built.project.invoke(("ls",), {}).check()
    assert listed.result
    assert not [name for name in listed.result if "segment" in name]
    assert not listed.messages
