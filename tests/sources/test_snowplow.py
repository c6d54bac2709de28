"""Snowplow: from the canonical table of events, nested columns included, to the marts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from adapter_builds import (
    accounting,
    build_marts,
    check_portability,
    check_queries_of_the_page,
    new_project,
    quarantined,
    scores,
)
from harness import Project, Row, columns_of, write_parquet

SOURCE = "snowplow"
ACCOUNT_COLUMN = "contexts_com_example_account_1"
EVENT_COLUMN = "unstruct_event_com_example_export_1"
ACME = '[{"id": "acme", "plan": "free"}]'
BOTH = '[{"id": "acme", "plan": "free"}, {"id": "bolt", "plan": "free"}]'
NESTED = {
    ACCOUNT_COLUMN: '[{"id": "VARCHAR", "plan": "VARCHAR"}]',
    EVENT_COLUMN: '{"rows": "BIGINT"}',
}


def event(event_id: str, name: str, happened_at: datetime, **columns: Any) -> Row:
    row = {
        "app_id": "web",
        "event": "unstruct",
        "event_id": event_id,
        "event_fingerprint": f"print of {event_id}",
        "event_name": name,
        "collector_tstamp": happened_at,
        "dvce_created_tstamp": happened_at - timedelta(days=400),
        "derived_tstamp": happened_at,
        "etl_tstamp": happened_at + timedelta(minutes=1),
        "load_tstamp": happened_at + timedelta(minutes=5),
        "user_id": "ann",
        "domain_userid": "cookie",
        "network_userid": "00000000-0000-0000-0000-000000000000",
        "useragent": "Browser/1.0",
        "se_category": None,
        "se_action": None,
        "se_value": None,
        "page_url": "https://app.example/",
        "page_urlpath": "/",
        EVENT_COLUMN: None,
        ACCOUNT_COLUMN: ACME,
    }
    return {**row, **columns}


DAY = datetime(2024, 3, 1, 10)
EVENTS = [
    event("e1", "page_view", DAY, event="page_view"),
    event("e1", "page_view", DAY, event="page_view", load_tstamp=DAY + timedelta(days=1)),
    # The same id made up twice: another event.
    event("e1", "page_view", DAY, event="page_view", event_fingerprint="another"),
    event("export", "export", DAY, **{EVENT_COLUMN: '{"rows": 12}'}),
    event("struct", "event", DAY, event="struct", se_category="ad", se_action="play", se_value="2"),
    event("late", "export", DAY, load_tstamp=DAY + timedelta(days=4)),
    event("both", "export", DAY, **{ACCOUNT_COLUMN: BOTH}),
    event("anonymous", "page_view", DAY, user_id=None, **{ACCOUNT_COLUMN: None}),
    event("clock", "export", DAY, derived_tstamp=DAY + timedelta(days=30)),
]


def write_events(project: Project) -> None:
    """Entities and self-describing events stand in nested columns, as the loaders write them."""
    folder = project.raw_path / SOURCE
    folder.mkdir(exist_ok=True)
    write_parquet(project.folder / "flat.parquet", EVENTS, columns_of(EVENTS))
    casts = ", ".join(f"from_json({name}, '{shape}') as {name}" for name, shape in NESTED.items())
    duckdb.sql(
        f"copy (select * replace ({casts}) from read_parquet('{project.folder}/flat.parquet'))"
        f" to '{folder}/events.parquet' (format parquet)"
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(
        tmp_path_factory.mktemp(SOURCE),
        SOURCE,
        pql_snowplow_account_column=ACCOUNT_COLUMN,
        pql_snowplow_account_key="id",
        pql_snowplow_event_column=EVENT_COLUMN,
    )
    write_events(project)
    build_marts(project, SOURCE)
    return project


def test_every_row_is_used_a_duplicate_or_quarantined(project: Project) -> None:
    assert accounting(project) == {"in": 9, "used": 7, "duplicate": 1, "quarantined": 1}
    assert quarantined(project) == {"occurred_after_received": 1}


def test_a_late_event_counts_from_the_day_it_was_loaded(project: Project) -> None:
    rows = project.query(
        "select known_on from marts.fct_user_activity_daily where received_on > occurred_on"
    )
    assert [str(row["known_on"]) for row in rows] == ["2024-03-05"]


def test_the_only_entity_is_the_account(project: Project) -> None:
    assert scores(project) == {"acme": 5}


def test_names_and_properties_are_those_of_the_kind(project: Project) -> None:
    rows = project.query(
        "select event_name, properties from staging.stg_snowplow__events"
        " where event_id like 'snowplow:export%' or event_id like 'snowplow:struct%' order by 1"
    )
    assert rows == [
        {"event_name": "export", "properties": '{"rows":12}'},
        {
            "event_name": "play",
            "properties": '{"category":"ad","value":2.0}',
        },
    ]


def test_the_first_event_with_both_says_whose_the_cookie_is(project: Project) -> None:
    rows = project.query(
        "select user_id, anonymous_id, identified_at from staging.stg_snowplow__identifies"
    )
    assert rows == [{"user_id": "ann", "anonymous_id": "cookie", "identified_at": DAY}]


def test_the_queries_of_the_page_run(project: Project) -> None:
    check_queries_of_the_page(project, SOURCE)


def test_the_models_are_portable(project: Project) -> None:
    check_portability(project, SOURCE)
