"""Zendesk: from the connector's tables, as CSV files, to the marts."""

from __future__ import annotations

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

SOURCE = "zendesk"


def ticket(ticket_id: int | None, created_at: datetime, **columns: Any) -> Row:
    row = {
        "id": ticket_id,
        "_fivetran_synced": datetime(2024, 4, 1),
        "created_at": created_at,
        "organization_id": 21,
        "requester_id": 11,
        "priority": "urgent",
        "type": "incident",
        "status": "closed",
        "via_channel": "web",
        "merged_ticket_ids": "[]",
    }
    return {**row, **columns}


def change(ticket_id: int, field: str, updated: datetime, value: str) -> Row:
    return {"ticket_id": ticket_id, "field_name": field, "updated": updated, "value": value}


DAY = datetime(2024, 3, 1, 10)
SOLVED = datetime(2024, 3, 3, 10)
TABLES: dict[str, list[Row]] = {
    "ticket": [
        ticket(1, DAY),
        ticket(1, DAY),
        # Closed by a merge into the first one.
        ticket(2, datetime(2024, 3, 2, 10), requester_id=12),
        ticket(3, DAY, status="deleted"),
        ticket(4, DAY, organization_id=22, requester_id=13),
        ticket(5, DAY, organization_id=22, requester_id=99),
    ],
    "organization": [
        {"id": 21, "name": "Acme", "external_id": "acme"},
        {"id": 22, "name": "Bolt", "external_id": None},
    ],
    "user": [
        {"id": 11, "external_id": "ann", "email": "ann@acme.example"},
        {"id": 12, "external_id": None, "email": "Ben@Acme.Example"},
        {"id": 13, "external_id": "cat", "email": "cat@bolt.example"},
    ],
    "ticket_field_history": [
        change(1, "status", DAY, "new"),
        change(1, "priority", DAY, "low"),
        change(1, "status", SOLVED, "solved"),
        change(1, "status", SOLVED, "solved"),
        change(1, "status", datetime(2024, 3, 4, 10), "open"),
        change(1, "priority", datetime(2024, 3, 4, 10), "urgent"),
        change(1, "status", datetime(2024, 3, 5, 10), "solved"),
        change(2, "status", datetime(2024, 3, 2, 12), "closed"),
        change(3, "status", SOLVED, "solved"),
    ],
}
USERS = [{"user_id": "cat", "account_id": "bolt", "created_at": datetime(2024, 1, 1)}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp(SOURCE), SOURCE, {"users": USERS})
    write_source(project, SOURCE, TABLES, "csv")
    build_marts(project, SOURCE)
    return project


def test_every_event_is_used_a_duplicate_or_quarantined(project: Project) -> None:
    # Created five times (one a copy), solved twice, reopened once; the deleted ticket is not there.
    assert accounting(project) == {"in": 8, "used": 6, "duplicate": 1, "quarantined": 1}
    assert quarantined(project) == {"no_user_or_account": 1}


def test_the_account_is_the_organisations_or_the_users(project: Project) -> None:
    assert scores(project) == {"acme": 5, "bolt": 1}


def test_the_requester_is_the_user(project: Project) -> None:
    rows = project.query("select distinct user_id from marts.fct_user_activity_daily order by 1")
    assert [row["user_id"] for row in rows] == ["ann", "ben@acme.example", "cat"]


def test_the_priority_is_that_of_the_opening_where_the_history_knows_it(project: Project) -> None:
    rows = project.query(
        "select distinct event_id, properties from staging.stg_zendesk__events"
        " where event_name = 'Ticket Created' and event_id similar to '.*:(1|4):.*' order by 1"
    )
    assert [row["properties"] for row in rows] == [
        '{"priority":"low","via_channel":"web"}',
        '{"priority":"urgent","type":"incident","via_channel":"web"}',
    ]


def test_the_queries_of_the_page_run(project: Project) -> None:
    check_queries_of_the_page(project, SOURCE)


def test_the_models_are_portable(project: Project) -> None:
    check_portability(project, SOURCE)
