"""Amplitude: from the connector's table, or the lines of the Export API, to the marts."""

from __future__ import annotations

import json
from datetime import datetime
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

SOURCE = "amplitude"


def event(insert_id: str | None, name: str, occurred_at: datetime, **columns: Any) -> Row:
    row = {
        "_insert_id": insert_id,
        "event_type": name,
        "event_time": occurred_at,
        "server_upload_time": occurred_at,
        "processed_time": None,
        "device_id": "phone",
        "id": None,
        "uuid": f"uuid of {insert_id}",
        "amplitude_id": 75,
        "user_id": "ann",
        "user_creation_time": datetime(2024, 2, 28, 9, 0),
        "event_properties": '{"minutes": 3}',
        "user_properties": '{"email": "ann@acme.example"}',
        "groups": '{"company": ["acme"]}',
    }
    return {**row, **columns}


EVENTS = [
    event("i1", "opened", datetime(2024, 3, 1, 10)),
    # The same insert id: one event, whatever else differs.
    event("i1", "opened", datetime(2024, 3, 1, 10), uuid="other", amplitude_id=76),
    event("i1", "opened", datetime(2024, 3, 1, 10), device_id="tablet"),
    event("late", "opened", datetime(2024, 3, 2, 23), server_upload_time=datetime(2024, 3, 5, 8)),
    event("two", "opened", datetime(2024, 3, 3, 10), groups='{"company": ["acme", "bolt"]}'),
    event("text", "opened", datetime(2024, 3, 4, 10), user_id="ben", groups='{"company": "bolt"}'),
    event("server", "renewed", datetime(2024, 3, 4, 11), user_id=None, device_id=None),
    event("anonymous", "opened", datetime(2024, 3, 1, 9), user_id=None, groups=None),
    event("clock", "opened", datetime(2024, 3, 9), server_upload_time=datetime(2024, 3, 1)),
    event("json", "opened", datetime(2024, 3, 5, 9), event_properties='{"minutes"'),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp(SOURCE), SOURCE)
    write_source(project, SOURCE, {"event": EVENTS}, "parquet")
    build_marts(project, SOURCE)
    return project


def test_every_row_is_used_a_duplicate_or_quarantined(project: Project) -> None:
    assert accounting(project) == {"in": 10, "used": 7, "duplicate": 1, "quarantined": 2}
    assert quarantined(project) == {"occurred_after_received": 1, "invalid_json": 1}


def test_a_late_event_counts_from_the_day_it_was_uploaded(project: Project) -> None:
    rows = project.query(
        "select occurred_on, known_on, sum(event_count) as events"
        " from marts.fct_user_activity_daily"
        " where user_id = 'ann' and received_on > occurred_on group by all"
    )
    assert [(str(row["occurred_on"]), str(row["known_on"]), row["events"]) for row in rows] == [
        ("2024-03-02", "2024-03-05", 1)
    ]


def test_the_only_group_is_the_account(project: Project) -> None:
    # Two events of the insert id on two devices, the late one, and the server's.
    assert scores(project) == {"acme": 4, "bolt": 1}


def test_the_queries_of_the_page_run(project: Project) -> None:
    check_queries_of_the_page(project, SOURCE)


def test_the_models_are_portable(project: Project) -> None:
    check_portability(project, SOURCE)


def test_the_lines_of_the_export_api_give_the_same_events(project: Project) -> None:
    before = project.query("select * from staging.stg_amplitude__events order by all")
    nested = ("event_properties", "user_properties", "groups")

    def line(row: Row) -> Row:
        renamed = {("$insert_id" if name == "_insert_id" else name): row[name] for name in row}
        for name in nested:
            if row[name] is not None and row[name].endswith("}"):
                renamed[name] = json.loads(row[name])
        return renamed

    write_source(project, SOURCE, {"event": [line(row) for row in EVENTS]}, "jsonl")
    project.run("--select", "stg_amplitude__events").check()
    after = project.query("select * from staging.stg_amplitude__events order by all")
    exact = ("event_id", "user_id", "account_id", "event_name", "occurred_at", "known_on")
    assert [[row[name] for name in exact] for row in after] == [
        [row[name] for name in exact] for row in before
    ]
