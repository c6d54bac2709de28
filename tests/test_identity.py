"""Users, accounts and companies that are found by domains, and the switches of the identity."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Project, Row

ACCOUNTS: list[Row] = [
    {"account_id": "acme", "domain": "https://www.acme.co.uk", "created_at": "2024-01-01"},
    {"account_id": "first", "domain": "twice.com", "created_at": "2024-01-01"},
    {"account_id": "second", "domain": "TWICE.com", "created_at": "2024-01-20"},
    {"account_id": "kept", "domain": "acquired.com", "created_at": "2024-01-01"},
    {"account_id": "copy", "domain": "acquired.com", "created_at": "2024-01-12"},
    {"account_id": "free", "domain": "gmail.com", "created_at": "2024-01-01"},
    {"account_id": "own_free", "domain": "mail.our-free.net", "created_at": "2024-01-01"},
]
USERS: list[Row] = [
    {"user_id": user_id, "email": email, "created_at": "2024-01-02", "account_id": account_id}
    for user_id, email, account_id in (
        ("subdomain", "jo@mail.acme.co.uk", None),
        ("has_account", "jo@acme.co.uk", "free"),
        ("early", "a@twice.com", None),
        ("there_before", "b@acquired.com", None),
        ("gmail", "b@gmail.com", None),
        ("own_free", "c@our-free.net", None),
        ("nobody", None, None),
        ("staff", "d@Staff.example", None),
        ("not_staff", "d@other-staff.example", None),
    )
]
USERS.append(
    {**USERS[0], "user_id": "came_after", "email": "c@acquired.com", "created_at": "2024-01-20"}
)
MERGES = [
    {
        "entity_type": "account",
        "merged_id": "copy",
        "canonical_id": "kept",
        "merged_at": "2024-01-18",
    }
]
MATCHING = {"pql_match_email_domains": True, "pql_free_mail_domains": ["our-free.net"]}
SELECT = ("--select", "+fct_user_activity_daily", "+rpt_identity_conflicts", "+rpt_row_accounting")


def event(
    number: int, user_id: str | None, occurred_at: str, anonymous_id: str | None = None
) -> Row:
    return {
        "event_id": f"e{number}",
        "event_name": "work",
        "occurred_at": occurred_at,
        "user_id": user_id,
        "anonymous_id": anonymous_id,
    }


EVENTS = [
    *(event(number, user["user_id"], "2024-01-10") for number, user in enumerate(USERS)),
    event(50, "early", "2024-01-25"),
    event(51, "there_before", "2024-01-14"),
    event(52, "there_before", "2024-01-19"),
    event(53, "came_after", "2024-01-21"),
    event(60, None, "2024-01-11", "device"),
]
IDENTIFIES = [{"user_id": "nobody", "anonymous_id": "device", "identified_at": "2024-01-15"}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    activity = {"activity_key": "work", "event_name": "work", "description": "Work"}
    project = Project(
        tmp_path_factory.mktemp("identity"),
        {
            "events": EVENTS,
            "users": USERS,
            "accounts": ACCOUNTS,
            "subscriptions": [],
            "identifies": IDENTIFIES,
            "merges": MERGES,
        },
        {
            "pql_activities": [activity],
            "pql_signals": [],
            "pql_definitions": [],
            "pql_weights": [],
            "pql_tiers": [],
            "pql_approved_thresholds": [],
        },
        {"pql_latest_plausible_on": "2024-12-31"},
        has_calibration=False,
    )
    project.parse_once(pql_as_of="2024-12-31")
    project.seed().check()
    return project


def facts(project: Project) -> dict[tuple[str, str], tuple[str | None, str]]:
    """Account and first day of knowledge by user and day."""
    return {
        (row["user_id"], str(row["occurred_on"])): (row["account_id"], str(row["known_on"]))
        for row in project.query("from marts.fct_user_activity_daily")
    }


def test_a_user_belongs_to_the_account_with_the_domain_of_its_address(project: Project) -> None:
    # Parsed anew: the switch decides which models there are.
    project.invoke(("run", *SELECT), {**project.variables, **MATCHING}).check()
    found = facts(project)
    assert found["subdomain", "2024-01-10"] == ("acme", "2024-01-10")
    assert found["has_account", "2024-01-10"] == ("free", "2024-01-10")
    # Two accounts have the domain from the 20th on; what was the first one's stays.
    assert found["early", "2024-01-10"] == ("first", "2024-01-10")
    assert found["early", "2024-01-25"] == (None, "2024-01-25")
    # While two accounts have the domain it is nobody's; once they are merged it is one's again.
    assert found["there_before", "2024-01-10"] == ("kept", "2024-01-10")
    assert found["there_before", "2024-01-14"] == (None, "2024-01-14")
    assert found["there_before", "2024-01-19"] == ("kept", "2024-01-19")
    assert found["came_after", "2024-01-21"] == ("kept", "2024-01-21")
    for user_id in ("gmail", "own_free", "nobody"):
        assert found[user_id, "2024-01-10"] == (None, "2024-01-10")
    conflicts = project.query(
        "select conflict_key, candidates from marts.rpt_identity_conflicts "
        "where conflict = 'domain_of_several_accounts'"
    )
    assert conflicts == [{"conflict_key": "twice.com", "candidates": "first, second"}]


def test_a_replay_takes_the_account_that_has_the_domain_now_and_guesses_none(
    project: Project,
) -> None:
    replay = {**project.variables, **MATCHING, "pql_replays_identity": True}
    project.invoke(("run", *SELECT), replay).check()
    found = facts(project)
    assert found["early", "2024-01-10"] == (None, "2024-01-10")
    assert found["there_before", "2024-01-14"] == ("kept", "2024-01-14")


def test_without_the_switch_domains_say_nothing(project: Project) -> None:
    project.run(*SELECT).check()
    found = facts(project)
    assert {account for account, _ in found.values()} == {None, "free"}
    assert project.query("from marts.rpt_identity_conflicts") == []


def test_a_visit_counts_from_the_day_on_which_its_user_was_known(project: Project) -> None:
    project.run(*SELECT).check()
    assert facts(project)["nobody", "2024-01-11"] == (None, "2024-01-15")
    project.run(*SELECT, pql_as_of="2024-01-14").check()
    assert ("nobody", "2024-01-11") not in facts(project)
    (events,) = project.query("from marts.rpt_row_accounting where raw_table = 'events'")
    assert (events["rows_used"], events["rows_quarantined"], events["rows_not_yet_known"]) == (
        11,
        1,
        3,
    )
    project.run(*SELECT, pql_replays_identity=True).check()
    assert facts(project)["nobody", "2024-01-11"] == (None, "2024-01-11")


def test_users_of_an_internal_domain_are_set_aside(project: Project) -> None:
    project.run(*SELECT, pql_internal_email_domains=["staff.example"]).check()
    users = {user_id for user_id, _ in facts(project)}
    assert "staff" not in users
    assert "not_staff" in users
    (events,) = project.query("from marts.rpt_row_accounting where raw_table = 'events'")
    assert events["rows_set_aside"] == 1


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    project = Project(tmp_path, variables={"pql_event_sources": ["segmnt"]})
    outcome = project.run("--select", "stg_raw__users")
    assert not outcome.success
    assert "'segmnt' is no event source. Use one of raw, segment" in outcome.text


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["stripe"], "'stripe' is no source that is on and knows subscriptions. Use raw"),
        ("raw", "'raw' is neither null nor a list of names"),
    ],
)
def test_a_wrong_source_of_subscriptions_is_named(
    tmp_path: Path, named: object, message: str
) -> None:
    project = Project(tmp_path, variables={"pql_subscription_sources": named})
    outcome = project.run("--select", "stg_raw__users")
    assert not outcome.success
    assert message in outcome.text
