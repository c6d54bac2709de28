"""Golden accounts: a few raw rows and, worked out by hand, what the shipped seeds make of them.

The numbers are literals on purpose. When somebody changes `seeds/pql_weights.csv` these tests say
what the change does to accounts that everybody can picture.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from harness import PROJECT_ROOT, Project, Row

AS_OF = datetime(2024, 6, 30, 12, 0)


@dataclass(frozen=True)
class Event:
    name: str
    days_ago: int
    user: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """An account with its events; `users` are those who signed up later than the account."""

    created_days_ago: int
    events: Sequence[Event]
    employee_count: int | None = None
    is_customer: bool = False
    users: Mapping[str, int] = field(default_factory=dict)


def did(name: str, *days_ago: int, user: str = "ann", **properties: Any) -> list[Event]:
    """One event for each of the days."""
    return [Event(name, day, user, properties) for day in days_ago]


def session(*days_ago: int, user: str = "ann", minutes: int = 15) -> list[Event]:
    return did("session_started", *days_ago, user=user, duration_minutes=minutes)


ACCOUNTS = {
    "all_round": Account(
        60,
        [
            *did("onboarding_completed", 50),
            *session(3, 2, 1, 0),
            *session(1, user="ben"),
            *session(0, user="cat"),
            *did("project_edited", 2, 1, 0, project_id="x1"),
            *did("project_created", 20, project_id="x1"),
            *did("project_created", 2, project_id="x2"),
            *did("teammate_invited", 9, 9, 8, 7),
            *did("integration_connected", 40, integration="slack"),
        ],
    ),
    # No session at all: inactivity is not measured, which is not the same as inactive.
    "hand_raiser": Account(60, did("enterprise_requested", 0), employee_count=200),
    # Ten days ago 80 points, 15 for the page view and 10 for editing, which have run out since.
    "cooling_down": Account(
        60,
        [
            *did("enterprise_requested", 20),
            *did("integration_connected", 50, integration="slack"),
            *did("project_created", 58, project_id="x1"),
            *did("project_edited", 17, 16, 15, project_id="x1"),
            *did("pricing_viewed", 10),
        ],
    ),
    "regular": Account(
        60,
        [
            *did("onboarding_completed", 58),
            *session(9, 6, 3, 0),
            *did("pricing_viewed", 8, 0),
        ],
    ),
    "connected": Account(
        60,
        [
            *did("integration_connected", 55, integration="slack"),
            *did("file_shared", 29, file_id="f1", external=True),
            *did("file_shared", 5, file_id="f2", external=False),
        ],
    ),
    "fresh": Account(3, did("project_created", 1, project_id="x1"), employee_count=50),
    "struggling": Account(
        60,
        [
            *session(20, minutes=3),
            *session(14, minutes=5),
            *did("support_ticket_opened", 20, 14, topic="basics"),
            *did("support_ticket_opened", 14, topic="api"),
        ],
    ),
    "wants_but_struggles": Account(
        60,
        [
            *did("enterprise_requested", 89),
            *did("limit_reached", 5, limit="seats"),
            *did("file_shared", 4, file_id="f1", external=True),
            *did("support_ticket_opened", 2, 1, topic="basics"),
            *did("integration_connected", 0, integration="slack"),
        ],
    ),
    "growing_customer": Account(
        90,
        [
            *session(0, minutes=20),
            *session(0, user="ben", minutes=20),
            *session(0, user="cat", minutes=20),
            *did("teammate_invited", 1, 1),
            *did("limit_reached", 1, limit="seats"),
            *did("pricing_viewed", 1),
            *did("enterprise_requested", 1),
        ],
        is_customer=True,
    ),
    "busy_customer": Account(
        90,
        [
            *session(13),
            *session(5, user="ben"),
            *session(0, user="cat"),
            *did("teammate_invited", 29, 1),
            *did("limit_reached", 29, limit="seats"),
        ],
        is_customer=True,
    ),
    "full_customer": Account(90, did("limit_reached", 3, limit="seats"), is_customer=True),
    "silent_customer": Account(
        90, [*session(14), *did("limit_reached", 14, limit="seats")], is_customer=True
    ),
    "crew": Account(
        60,
        [
            *session(3, 2, 1, 0, user="leader"),
            *did("teammate_invited", 2, 2, 1, 1, user="leader"),
            *did("integration_connected", 2, user="leader", integration="slack"),
            *did("file_shared", 1, user="leader", file_id="f1", external=True),
            *session(3, 2, 1, 0, user="maker"),
            *did("project_edited", 2, 1, 0, user="maker", project_id="x1"),
            *did("pricing_viewed", 6, user="maker"),
            *session(7, user="newcomer"),
            *did("project_edited", 2, 1, 0, user="newcomer", project_id="x1"),
            *session(3, 2, 1, 0, user="visitor"),
        ],
        users={"newcomer": 30, "visitor": 31},
    ),
}


@dataclass(frozen=True)
class Golden:
    """What one definition makes of one entity on the as-of day."""

    entity_id: str
    definition_key: str
    points: Mapping[str, int]
    score: int
    tier: str | None
    is_qualified: bool


GOLDEN = [
    Golden(
        "all_round",
        "product_qualified",
        {
            "onboarding_done": 10,
            "active_days_14d": 20,  # 4 days
            "active_users_14d": 15,  # 3 people
            "project_depth_14d": 10,  # 3 days of editing
            "projects_30d": 5,  # 2 projects; neither in the first week
            "invites_30d": 15,  # 4 invitations of 5 points, capped
            "integrations": 15,
            "usage_minutes_30d": 10,  # 6 x 15 = 90 minutes
        },
        100,  # 10 + 20 + 15 + 10 + 5 + 15 + 15 + 10: the minimum of tier A and the enter threshold
        "A",
        True,
    ),
    Golden(
        "hand_raiser",
        "product_qualified",
        {"enterprise_request_90d": 60, "mid_market_fit": 15},
        75,  # 60 + 15: the minimum of tier B
        "B",
        False,
    ),
    Golden(
        "cooling_down",
        "product_qualified",
        {"enterprise_request_90d": 60, "integrations": 15, "first_project_in_week_one": 5},
        80,  # 60 + 15 + 5: the exit threshold, so still qualified
        "B",
        True,
    ),
    Golden(
        "regular",
        "product_qualified",
        {
            "onboarding_done": 10,
            "active_days_14d": 20,  # 4 days
            "usage_minutes_30d": 10,  # 4 x 15 = 60 minutes
            "pricing_interest_30d": 15,  # 0.75 + 1 views
        },
        55,  # 10 + 20 + 10 + 15
        "C",
        False,
    ),
    Golden(
        "connected",
        "product_qualified",
        {"integrations": 15, "external_share_30d": 10},
        25,  # 15 + 10: the minimum of tier D; the internal share counts for nothing
        "D",
        False,
    ),
    Golden(
        "fresh",
        "product_qualified",
        {"first_project_in_week_one": 5, "mid_market_fit": 15},
        20,  # 5 + 15
        None,
        False,
    ),
    Golden(
        "struggling",
        "product_qualified",
        {
            "basic_tickets_30d": -10,  # 2 tickets about basics, the third is about something else
            "short_sessions_30d": -10,  # (3 + 5) / 2 = 4 minutes
            "inactive_14d": -30,  # 14 days
        },
        -50,  # - 10 - 10 - 30
        None,
        False,
    ),
    Golden(
        "wants_but_struggles",
        "product_qualified",
        {
            "enterprise_request_90d": 60,
            "integrations": 15,
            "limit_reached_30d": 15,
            "external_share_30d": 10,
            "basic_tickets_30d": -10,
        },
        90,  # 60 + 15 + 15 + 10 - 10: without the tickets it would enter at 100
        "B",
        False,
    ),
    Golden(
        "growing_customer",
        "product_qualified",
        {
            "active_users_14d": 15,  # 3 people, all on 1 day
            "invites_30d": 10,  # 2 invitations of 5 points
            "usage_minutes_30d": 10,  # 3 x 20 = 60 minutes
            "pricing_interest_30d": 15,
            "limit_reached_30d": 15,
            "enterprise_request_90d": 60,
        },
        125,  # 15 + 10 + 10 + 15 + 15 + 60, but not a prospect
        "A",
        False,
    ),
    Golden(
        "all_round",
        "activated_team",
        {"onboarding_done": 1, "active_users_14d": 1},
        2,  # 1 + 1: the minimum of tier A and the enter threshold
        "A",
        True,
    ),
    Golden("regular", "activated_team", {"onboarding_done": 1}, 1, None, False),
    Golden(
        "crew/leader",
        "champion",
        {
            "active_days_14d": 25,  # 4 days
            "invites_30d": 30,  # 4 invitations of 10 points, capped
            "integrations": 15,
            "external_share_30d": 10,
        },
        80,  # 25 + 30 + 15 + 10: the minimum of tier A
        "A",
        True,
    ),
    Golden(
        "crew/maker",
        "champion",
        {
            "active_days_14d": 25,  # 4 days
            "project_depth_14d": 20,  # 3 days of editing
            "pricing_interest_30d": 15,  # 6 days old: still at full weight
        },
        60,  # 25 + 20 + 15: the minimum of tier B and the enter threshold
        "B",
        True,
    ),
    Golden(
        "crew/newcomer",
        "champion",
        {
            "project_depth_14d": 20,  # 3 days of editing
            "settled_in": 5,  # first session 7 days ago
            "new_signup": 5,  # 30 days ago
        },
        30,  # 20 + 5 + 5: the minimum of tier C
        "C",
        False,
    ),
    Golden(
        "crew/visitor",
        "champion",
        {"active_days_14d": 25},  # 4 days; signed up 31 days ago
        25,
        None,
        False,
    ),
    Golden(
        "growing_customer",
        "expansion_ready",
        {
            "active_users_14d": 20,  # 3 people
            "invites_30d": 10,  # 2 invitations of 5 points
            "limit_reached_30d": 30,
            "pricing_interest_30d": 20,
        },
        80,  # 20 + 10 + 30 + 20: the minimum of tier A
        "A",
        True,
    ),
    Golden(
        "busy_customer",
        "expansion_ready",
        {
            "active_users_14d": 20,  # 3 people, the first 13 days ago
            "invites_30d": 10,  # 2 invitations of 5 points, the first 29 days ago
            "limit_reached_30d": 30,
        },
        60,  # 20 + 10 + 30: the minimum of tier B and the enter threshold
        "B",
        True,
    ),
    Golden("full_customer", "expansion_ready", {"limit_reached_30d": 30}, 30, "C", False),
    Golden(
        "silent_customer",
        "expansion_ready",
        {"limit_reached_30d": 30, "inactive_14d": -40},
        -10,  # 30 - 40
        None,
        False,
    ),
    Golden("hand_raiser", "expansion_ready", {}, 0, None, False),
]


def seed_rows(seed: str) -> list[dict[str, str]]:
    with (PROJECT_ROOT / "seeds" / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def raw_tables() -> dict[str, list[Row]]:
    def ago(days: int) -> datetime:
        return AS_OF - timedelta(days=days)

    members = {(name, event.user) for name, account in ACCOUNTS.items() for event in account.events}
    return {
        "events": [
            {
                "event_id": f"{name}/{number}",
                "event_name": event.name,
                "occurred_at": ago(event.days_ago),
                "user_id": f"{name}/{event.user}",
                "properties": json.dumps(event.properties) if event.properties else None,
            }
            for name, account in ACCOUNTS.items()
            for number, event in enumerate(account.events)
        ],
        "users": [
            {
                "user_id": f"{name}/{user}",
                "account_id": name,
                "created_at": ago(ACCOUNTS[name].users.get(user, ACCOUNTS[name].created_days_ago)),
            }
            for name, user in sorted(members)
        ],
        "accounts": [
            {
                "account_id": name,
                "created_at": ago(account.created_days_ago),
                "employee_count": account.employee_count,
            }
            for name, account in ACCOUNTS.items()
        ],
        "subscriptions": [
            {"subscription_id": name, "account_id": name, "mrr_amount": 99, "started_at": ago(80)}
            for name, account in ACCOUNTS.items()
            if account.is_customer
        ],
    }


@dataclass(frozen=True)
class Marts:
    scores: Mapping[tuple[str, str], Row]
    points: Mapping[tuple[str, str], Mapping[str, Decimal]]


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    """Scores and points of every signal, by entity and definition, on the shipped seeds."""
    project = Project(tmp_path_factory.mktemp("golden"), raw_tables(), has_calibration=False)
    project.build(
        *("--select", "+fct_account_scores", "+fct_user_scores", "+fct_score_explanations"),
        *("--exclude-resource-type", "test"),
    ).check()
    scores = project.query(
        """
        select account_id as entity_id, definition_key, score, tier, is_qualified, as_of_on
        from marts.fct_account_scores
        union all
        select user_id as entity_id, definition_key, score, tier, is_qualified, as_of_on
        from marts.fct_user_scores
        """
    )
    points: dict[tuple[str, str], dict[str, Decimal]] = {}
    for row in project.query(
        "select entity_id, definition_key, signal_key, points from marts.fct_score_explanations"
    ):
        entity = points.setdefault((row["entity_id"], row["definition_key"]), {})
        entity[row["signal_key"]] = row["points"]
    return Marts({(row["entity_id"], row["definition_key"]): row for row in scores}, points)


def weights_now(definition_key: str) -> str:
    """The weights that a golden account relies on, for the message of a failed test."""
    rows = [row for row in seed_rows("pql_weights") if row["definition_key"] == definition_key]
    texts = [f"{row['signal_key']} {row['points_per_unit'] or row['points']}" for row in rows]
    return f"seeds/pql_weights.csv now has for {definition_key}: {', '.join(texts)}"


@pytest.mark.parametrize(
    "golden", GOLDEN, ids=lambda golden: f"{golden.definition_key}: {golden.entity_id}"
)
def test_golden(golden: Golden, marts: Marts) -> None:
    key = (golden.entity_id, golden.definition_key)
    earned = {signal: points for signal, points in marts.points[key].items() if points != 0}
    assert earned == golden.points, weights_now(golden.definition_key)
    row = marts.scores[key]
    found = (row["score"], row["tier"], row["is_qualified"])
    assert found == (golden.score, golden.tier, golden.is_qualified)


def test_points_of_every_explanation_sum_to_the_score(marts: Marts) -> None:
    assert marts.points.keys() == marts.scores.keys()
    sums = {key: sum(points.values()) for key, points in marts.points.items()}
    assert sums == {key: row["score"] for key, row in marts.scores.items()}


def test_every_account_and_user_is_scored_by_every_active_definition(marts: Marts) -> None:
    entities = {
        "account": len(ACCOUNTS),
        "user": len(raw_tables()["users"]),
    }
    expected = sum(
        entities[row["entity_type"]]
        for row in seed_rows("pql_definitions")
        if row["is_active"] == "true"
    )
    assert len(marts.scores) == expected
    assert {row["as_of_on"] for row in marts.scores.values()} == {AS_OF.date()}


def test_every_tier_of_the_shipped_seeds_has_a_golden_account() -> None:
    active = {
        row["definition_key"] for row in seed_rows("pql_definitions") if row["is_active"] == "true"
    }
    tiers: set[tuple[str, str | None]] = {
        (row["definition_key"], row["tier"])
        for row in seed_rows("pql_tiers")
        if row["definition_key"] in active
    }
    tiers |= {(definition_key, None) for definition_key in active}
    assert {(golden.definition_key, golden.tier) for golden in GOLDEN} == tiers
