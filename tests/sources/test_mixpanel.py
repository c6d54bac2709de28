"""Mixpanel: from the connector's table and the raw export together to the marts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from adapter_builds import (
    accounting,
    build_marts,
    check_portability,
    check_queries_of_the_page,
    new_project,
    quarantined,
    scores,
    write_source,
)
from harness import Project, Row

SOURCE = "mixpanel"
# The project's clock is three hours ahead of UTC all year.
TIME_ZONE = "Europe/Istanbul"
AHEAD = timedelta(hours=3)


def milliseconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


def synced(insert_id: str | None, name: str, happened_at: datetime, **columns: Any) -> Row:
    """A row of the connector's table; times are given in UTC."""
    row = {
        "_fivetran_id": f"hash of {insert_id}",
        "name": name,
        "time": happened_at + AHEAD,
        "distinct_id": "ann",
        "distinct_id_before_identity": None,
        "device_id": None,
        "insert_id": insert_id,
        "mp_processing_time_ms": milliseconds(happened_at) + 2000,
        "properties": '{"company_id": "acme", "$user_id": "ann"}',
        "_fivetran_synced": happened_at + timedelta(days=3),
    }
    return {**row, **columns}


def exported(insert_id: str, name: str, happened_at: datetime, **properties: Any) -> Row:
    """A line of the raw export; times are given in UTC."""
    return {
        "event": name,
        "properties": {
            "time": milliseconds(happened_at + AHEAD) // 1000,
            "distinct_id": "ann",
            "$user_id": "ann",
            "$insert_id": insert_id,
            "mp_processing_time_ms": milliseconds(happened_at) + 2000,
            "company_id": ["acme"],
            **properties,
        },
    }


MORNING = datetime(2024, 3, 1, 10)
# 23:30 in UTC, after midnight by the project's clock.
NIGHT = datetime(2024, 3, 1, 23, 30)
SYNCED = [
    synced("i1", "opened", MORNING),
    # Processed again: the insert id is the same, the connector's id is not.
    synced("i1", "opened", MORNING, _fivetran_id="x", mp_processing_time_ms=milliseconds(NIGHT)),
    synced("i1", "closed", MORNING),
    synced("night", "opened", NIGHT),
    synced("duration", "opened", datetime(2024, 3, 2, 10), mp_processing_time_ms=406572),
    synced(
        "device",
        "opened",
        MORNING,
        distinct_id="$device:d1",
        device_id="d1",
        properties='{"plan": "free"}',
    ),
    # Delivered again after the ids were merged: the same event under another person.
    synced(
        "device",
        "opened",
        MORNING,
        distinct_id="ann",
        distinct_id_before_identity="$device:d1",
        device_id="d1",
        properties='{"plan": "free"}',
    ),
]
EXPORTED = [
    # In both shapes: one event.
    exported("i1", "opened", MORNING),
    exported("milliseconds", "opened", MORNING, time=milliseconds(MORNING + AHEAD) + 250),
    exported("login", "logged in", NIGHT, **{"$device_id": "d1"}),
    exported("two", "opened", MORNING, company_id=["acme", "bolt"]),
    exported("words", "opened", MORNING, time="soon"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp(SOURCE), SOURCE, pql_mixpanel_time_zone=TIME_ZONE)
    write_source(project, SOURCE, {"event": SYNCED}, "parquet")
    write_source(project, SOURCE, {"export": EXPORTED}, "jsonl")
    build_marts(project, SOURCE)
    return project


def test_every_row_is_used_a_duplicate_or_quarantined(project: Project) -> None:
    assert accounting(project) == {"in": 12, "used": 8, "duplicate": 3, "quarantined": 1}
    assert quarantined(project) == {"unreadable_occurred_at": 1}


def test_an_event_is_named_as_it_was_before_ids_were_merged(project: Project) -> None:
    rows = project.query(
        "select distinct event_id from staging.stg_mixpanel__events where anonymous_id = 'd1'"
        " and user_id is null"
    )
    assert len(rows) == 1


def test_times_are_turned_to_utc(project: Project) -> None:
    rows = project.query(
        "select distinct occurred_at, received_at from staging.stg_mixpanel__events"
        " where event_id like '%5:night' or event_id like '%5:login'"
    )
    assert rows == [{"occurred_at": NIGHT, "received_at": NIGHT + timedelta(seconds=2)}]


def test_an_implausible_processing_time_gives_way_to_the_sync(project: Project) -> None:
    rows = project.query(
        "select known_on from staging.stg_mixpanel__events where event_id like '%8:duration'"
    )
    assert [str(row["known_on"]) for row in rows] == ["2024-03-05"]


def test_the_only_group_is_the_account(project: Project) -> None:
    # i1 twice by name, night, duration, milliseconds, login.
    assert scores(project) == {"acme": 6}


def test_the_login_says_whose_the_device_is(project: Project) -> None:
    rows = project.query(
        "select user_id, anonymous_id, identified_at from staging.stg_mixpanel__identifies"
    )
    assert rows == [{"user_id": "ann", "anonymous_id": "d1", "identified_at": NIGHT}]


def test_the_queries_of_the_page_run(project: Project) -> None:
    check_queries_of_the_page(project, SOURCE)


def test_the_models_are_portable(project: Project) -> None:
    check_portability(project, SOURCE)
