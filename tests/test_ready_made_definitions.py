"""Every ready-made definition, switched on in the shipped seeds: just below its line and at it.

All cases share one build. A case is an account of its own with the users ``ann``, ``ben`` and
``cat``; a definition for users is asked about ``ann``. The account is created on day 0.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from harness import PROJECT_ROOT, Project, Row

CREATED_AT = datetime(2024, 3, 1, 15, 0)
USERS = ("ann", "ben", "cat")
# The products of the domain's list of known definitions, and what this project calls theirs.
KNOWN_PRODUCTS = {
    "Slack": "ready_made_team_chat",
    "Dropbox": "ready_made_file_storage",
    "Notion": "ready_made_workspace",
    "Canva": "ready_made_graphics",
    "Zoom": "ready_made_meetings",
    "project-management tool": "ready_made_project_management",
    "marketing-automation tool": "ready_made_marketing_automation",
    "design tool": "ready_made_design_tool",
    "points: collaboration 50, project 10": "ready_made_points",
    "points: 30 + 40 + 50": "ready_made_milestone_points",
}


@dataclass(frozen=True)
class Action:
    """An event of a case."""

    name: str
    user: str = "ann"
    day: int = 1
    event_id: str | None = None
    properties: Row | None = None


def did(name: str, user: str = "ann", day: int = 1, **properties: Any) -> Action:
    return Action(name, user, day, None, properties)


def each(name: str, key: str, values: Iterable[str], **more: Any) -> list[Action]:
    """One event per value of a property."""
    return [did(name, **{key: value}, **more) for value in values]


def messages(user: str, count: int) -> list[Action]:
    return [Action("message_sent", user, event_id=f"{user}-{number}") for number in range(count)]


def meetings(count: int, participants: Any = 5) -> list[Action]:
    return [
        did(
            "meeting_hosted",
            meeting_id=f"meeting-{participants}-{number}",
            participants=participants,
        )
        for number in range(count)
    ]


@dataclass(frozen=True)
class Case:
    definition: str
    title: str
    actions: Sequence[Action]
    is_qualified: bool
    has_paid: bool = False

    @property
    def account_id(self) -> str:
        return f"{self.definition}: {self.title}"


PAGES = each("page_created", "page_id", ("p1", "p2", "p3"))
COLLABORATORS = each("collaborator_added", "collaborator_id", ("c1", "c2"))
DESIGNS = each("design_published", "design_id", ("d1", "d2"))
SHARED_EXTERNALLY = [did("design_shared", design_id="d1", external=True)]
PROJECTS = each("project_created", "project_id", ("x1", "x2", "x3"))
INVITED = did("teammate_invited")
ONBOARDED = did("onboarding_completed")
UPLOADED = did("asset_uploaded", asset_id="a1")
SHARED = did("asset_shared", asset_id="a1")
MESSAGES = [*messages("ann", 1000), *messages("ben", 999)]

CASES = [
    # Slack: 2,000 messages by a team.
    Case("ready_made_team_chat", "1999 messages of a team", MESSAGES, False),
    Case("ready_made_team_chat", "2000 messages of a team", MESSAGES + messages("cat", 1), True),
    Case("ready_made_team_chat", "a message delivered twice", MESSAGES + MESSAGES[-1:], False),
    # Dropbox: files from several devices.
    Case("ready_made_file_storage", "1 device", [did("file_stored", device_id="laptop")], False),
    Case(
        "ready_made_file_storage",
        "2 devices",
        each("file_stored", "device_id", ("laptop", "phone")),
        True,
    ),
    Case(
        "ready_made_file_storage",
        "the same device twice",
        each("file_stored", "device_id", ("laptop", "laptop")),
        False,
    ),
    Case(
        "ready_made_file_storage",
        "a second file without a device",
        [did("file_stored", device_id="laptop"), did("file_stored")],
        False,
    ),
    Case(
        "ready_made_file_storage",
        "the second device is a colleague's",
        [
            did("file_stored", device_id="laptop"),
            did("file_stored", device_id="phone", user="ben"),
        ],
        False,
    ),
    # Notion: 3+ pages, 2+ collaborators.
    Case("ready_made_workspace", "2 pages", PAGES[:2] + COLLABORATORS, False),
    Case("ready_made_workspace", "1 collaborator", PAGES + COLLABORATORS[:1], False),
    Case("ready_made_workspace", "3 pages and 2 collaborators", PAGES + COLLABORATORS, True),
    Case(
        "ready_made_workspace",
        "the same page twice",
        PAGES[:2] + PAGES[:1] + COLLABORATORS,
        False,
    ),
    Case(
        "ready_made_workspace",
        "the same collaborator twice",
        PAGES + COLLABORATORS[:1] * 2,
        False,
    ),
    # Canva: 2+ designs published and shared externally.
    Case("ready_made_graphics", "1 design published", DESIGNS[:1] + SHARED_EXTERNALLY, False),
    Case("ready_made_graphics", "2 designs and no share", DESIGNS, False),
    Case(
        "ready_made_graphics",
        "2 designs published and 1 shared externally",
        DESIGNS + SHARED_EXTERNALLY,
        True,
    ),
    Case(
        "ready_made_graphics",
        "shared inside the account",
        [*DESIGNS, did("design_shared", design_id="d1", external=False)],
        False,
    ),
    Case(
        "ready_made_graphics",
        "shared without saying with whom",
        [*DESIGNS, did("design_shared", design_id="d1")],
        False,
    ),
    # Zoom: 3+ meetings hosted with 5+ participants.
    Case("ready_made_meetings", "2 meetings of 5", meetings(2), False),
    Case("ready_made_meetings", "3 meetings of 5", meetings(3), True),
    Case("ready_made_meetings", "a third meeting of 4", meetings(2) + meetings(1, 4), False),
    Case("ready_made_meetings", "participants as text", meetings(2) + meetings(1, "12"), True),
    Case("ready_made_meetings", "the same meeting 3 times", meetings(1) * 3, False),
    Case(
        "ready_made_meetings",
        "the third meeting is a colleague's",
        [*meetings(2), did("meeting_hosted", user="ben", meeting_id="ben", participants=5)],
        False,
    ),
    # Project management: 3 projects and 2 invites in the first 7 days (days 0 to 6).
    Case("ready_made_project_management", "2 projects", PROJECTS[:2] + [INVITED] * 2, False),
    Case("ready_made_project_management", "1 invite", [*PROJECTS, INVITED], False),
    Case(
        "ready_made_project_management",
        "3 projects and 2 invites",
        PROJECTS + [INVITED] * 2,
        True,
    ),
    Case(
        "ready_made_project_management",
        "the third project on day 6",
        [*PROJECTS[:2], did("project_created", day=6, project_id="x3"), INVITED, INVITED],
        True,
    ),
    Case(
        "ready_made_project_management",
        "the third project on day 7",
        [*PROJECTS[:2], did("project_created", day=7, project_id="x3"), INVITED, INVITED],
        False,
    ),
    Case(
        "ready_made_project_management",
        "the second invite on day 7",
        [*PROJECTS, INVITED, did("teammate_invited", day=7)],
        False,
    ),
    # Marketing automation: 5+ campaigns.
    Case(
        "ready_made_marketing_automation",
        "4 campaigns",
        each("campaign_sent", "campaign_id", "abcd"),
        False,
    ),
    Case(
        "ready_made_marketing_automation",
        "5 campaigns",
        each("campaign_sent", "campaign_id", "abcde"),
        True,
    ),
    Case(
        "ready_made_marketing_automation",
        "one of 4 campaigns sent twice",
        each("campaign_sent", "campaign_id", "abcda"),
        False,
    ),
    Case(
        "ready_made_marketing_automation",
        "5 campaigns of a customer",
        each("campaign_sent", "campaign_id", "abcde"),
        False,
        has_paid=True,
    ),
    # Design tool: assets uploaded and shared.
    Case("ready_made_design_tool", "an asset uploaded", [UPLOADED], False),
    Case("ready_made_design_tool", "an asset shared", [SHARED], False),
    Case("ready_made_design_tool", "an asset uploaded and shared", [UPLOADED, SHARED], True),
    # Points: 50 for collaboration, 10 for each project and at most 50 for projects; 100 qualifies.
    Case(
        "ready_made_points",
        "collaboration and 4 projects: 90",
        [INVITED, *each("project_created", "project_id", "abcd")],
        False,
    ),
    Case(
        "ready_made_points",
        "collaboration and 5 projects: 100",
        [INVITED, *each("project_created", "project_id", "abcde")],
        True,
    ),
    Case(
        "ready_made_points",
        "one of 4 projects twice: 90",
        [INVITED, *each("project_created", "project_id", "abcda")],
        False,
    ),
    Case(
        "ready_made_points",
        "12 projects without collaboration: 50",
        each("project_created", "project_id", "abcdefghijkl"),
        False,
    ),
    # Milestones of 30 (onboarding), 40 (a project), 50 (collaboration): below 100 are all sums of
    # two, the highest 90; from 100 on is only the sum of all three, 120.
    Case("ready_made_milestone_points", "40 + 50", [*PROJECTS[:1], INVITED], False),
    Case(
        "ready_made_milestone_points",
        "30 + 40 + 50",
        [ONBOARDED, *PROJECTS[:1], INVITED],
        True,
    ),
    Case(
        "ready_made_milestone_points",
        "the same milestone again",
        [ONBOARDED, ONBOARDED, *PROJECTS, ONBOARDED],
        False,
    ),
]


def seed_rows(seed: str) -> list[dict[str, str]]:
    with (PROJECT_ROOT / "seeds" / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def event_row(case: Case, number: int, action: Action) -> Row:
    return {
        "event_id": f"{case.account_id}/{action.event_id or number}",
        "event_name": action.name,
        "occurred_at": CREATED_AT + timedelta(days=action.day),
        "user_id": f"{case.account_id}/{action.user}",
        "properties": json.dumps(action.properties) if action.properties else None,
    }


def raw_tables() -> dict[str, list[Row]]:
    return {
        "events": [
            event_row(case, number, action)
            for case in CASES
            for number, action in enumerate(case.actions)
        ],
        "users": [
            {
                "user_id": f"{case.account_id}/{user}",
                "account_id": case.account_id,
                "created_at": CREATED_AT,
            }
            for case in CASES
            for user in USERS
        ],
        "accounts": [{"account_id": case.account_id, "created_at": CREATED_AT} for case in CASES],
        "subscriptions": [
            {
                "subscription_id": case.account_id,
                "account_id": case.account_id,
                "mrr_amount": 99,
                "started_at": CREATED_AT + timedelta(days=2),
            }
            for case in CASES
            if case.has_paid
        ],
    }


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Row]:
    """Rows of the score marts by definition and entity, with the ready-made definitions on."""
    switched_on = [{**row, "is_active": "true"} for row in seed_rows("pql_definitions")]
    project = Project(
        tmp_path_factory.mktemp("ready_made"),
        raw_tables(),
        {"pql_definitions": switched_on},
        has_calibration=False,
    )
    project.build(
        *("--select", "+fct_account_scores", "+fct_user_scores"),
        *("--exclude-resource-type", "test"),
    ).check()
    rows = project.query(
        """
        select definition_key, account_id as entity_id, score, is_qualified
        from marts.fct_account_scores
        union all
        select definition_key, user_id as entity_id, score, is_qualified
        from marts.fct_user_scores
        """
    )
    return {(row["definition_key"], row["entity_id"]): row for row in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.account_id)
def test_definition_draws_its_line_where_it_says(
    case: Case, scores: dict[tuple[str, str], Row]
) -> None:
    for_user = case.definition in ("ready_made_file_storage", "ready_made_meetings")
    entity_id = f"{case.account_id}/ann" if for_user else case.account_id
    row = scores[case.definition, entity_id]
    assert row["is_qualified"] is case.is_qualified, f"score {row['score']}"


def test_every_ready_made_definition_has_a_case_on_either_side() -> None:
    shipped = {
        row["definition_key"]
        for row in seed_rows("pql_definitions")
        if row["definition_key"].startswith("ready_made_")
    }
    for is_qualified in (True, False):
        assert shipped == {case.definition for case in CASES if case.is_qualified is is_qualified}


def test_every_known_product_of_the_domain_has_a_definition() -> None:
    documented = (PROJECT_ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert {case.definition for case in CASES} == set(KNOWN_PRODUCTS.values())
    assert [key for key in KNOWN_PRODUCTS.values() if f"`{key}`" not in documented] == []


def test_ready_made_definitions_are_shipped_switched_off() -> None:
    active = {
        row["definition_key"] for row in seed_rows("pql_definitions") if row["is_active"] == "true"
    }
    assert not active & set(KNOWN_PRODUCTS.values())
