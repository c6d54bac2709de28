"""The draft of a tracking plan has the columns of the seeds and keys of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from python_udfs.source_inspection.conversions import EventLift
from python_udfs.source_inspection.tracking_plan import (
    draft_activities,
    draft_signals,
    seed_columns,
    snake_case,
    write_draft,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("project_created", "project_created"),
        ("Project Created", "project_created"),
        ("projectCreated", "project_created"),
        ("HTTPRequestSent", "http_request_sent"),
        ("$pageview", "pageview"),
        ("  Clicked: «Save» ", "clicked_save"),
        ("Créé", "cree"),
        ("2nd step", "event_2nd_step"),
        ("登録", "event"),
    ],
)
def test_a_key_is_the_name_in_snake_case(name, key):
    assert snake_case(name) == key


def test_names_that_give_the_same_key_get_keys_of_their_own():
    rows = draft_activities(["Any Event", "Page View", "page_view", "Page View", "登録", "購入"])
    assert [row["activity_key"] for row in rows] == [
        "any_event",
        "any_event_2",
        "page_view",
        "page_view_2",
        "event",
        "event_2",
    ]
    assert [row["event_name"] for row in rows][:2] == ["*", "Any Event"]


def lift(name: str, verdict: str) -> EventLift:
    return EventLift(name, 100, 200, 30, 20, 0.3, 0.2, 0.4, 0.1, 0.05, 0.2, 3.0, 0.01, verdict)


def test_only_events_that_differ_beyond_chance_become_signals():
    activities = draft_activities(["a", "b", "c"])
    lifts = [lift("a", "more"), lift("b", "less"), lift("c", "no difference")]
    signals = {row["signal_key"]: row for row in draft_signals(activities, lifts, 14)}
    assert {"a_30d", "b_30d"} == {key for key in signals if key.endswith("_30d")}
    assert signals["a_30d"]["kind"] == "adoption"
    assert signals["b_30d"]["kind"] == "negative"
    assert "30% of 100 accounts with it in their first 14 days" in signals["a_30d"]["description"]
    assert {"active_days_14d", "active_users_14d", "inactive_14d"} <= set(signals)


def test_without_conversions_every_event_becomes_a_signal_that_says_so():
    signals = draft_signals(draft_activities(["a", "b"]), [], 14)
    drafted = [row for row in signals if row["signal_key"] in ("a_30d", "b_30d")]
    assert len(drafted) == 2
    assert all("without conversions" in row["description"] for row in drafted)


def test_the_files_have_the_columns_of_the_seeds_and_hold_any_name(tmp_path):
    activities = draft_activities(['Clicked "Save", twice', "line\nbreak"])
    paths = write_draft(tmp_path / "plan", activities, draft_signals(activities, [], 14))
    for path, seed in zip(paths, ("pql_activities", "pql_signals"), strict=True):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == seed_columns(seed)
        if seed == "pql_activities":
            assert [row["event_name"] for row in rows[1:]] == [
                'Clicked "Save", twice',
                "line\nbreak",
            ]


def test_a_draft_is_never_written_over_the_definitions():
    with pytest.raises(ValueError, match="never written over them"):
        write_draft(Path("seeds"), [], [])
