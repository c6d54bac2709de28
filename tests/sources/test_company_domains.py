"""Whose a company domain was on each day: what names a company by it stays where it belonged."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from business_source import LAST_EVENT, build_source
from harness import Project, Row, Rows

NEW_YEAR = datetime(2024, 1, 1, 9, 0)
MAY, JUNE, JULY = datetime(2024, 5, 1), datetime(2024, 6, 1), datetime(2024, 7, 1)
AS_OF = date(2024, 5, 15)


def account(key: str, created_at: datetime, domain: str | None = None) -> Row:
    return {"account_id": key, "created_at": created_at, "domain": domain}


def user(key: str, account_id: str, created_at: datetime, domain: str) -> Row:
    email = f"{key}@{domain}"
    return {"user_id": key, "account_id": account_id, "created_at": created_at, "email": email}


PRODUCT: dict[str, Rows] = {
    "events": [
        {
            "event_id": "last",
            "event_name": "session_started",
            "occurred_at": LAST_EVENT,
            "account_id": "acme",
        }
    ],
    "accounts": [
        account("acme", NEW_YEAR, "acme-team.com"),
        account("acme-eu", JUNE, "acme-team.com"),
        account("bolt", NEW_YEAR, "bolt-team.com"),
        account("bolt-copy", NEW_YEAR, "bolt-team.com"),
        account("cove", MAY, "cove-team.com"),
        account("dune", NEW_YEAR),
        account("dune-lab", NEW_YEAR),
        account("elm", NEW_YEAR),
    ],
    "users": [
        user("dora", "dune", NEW_YEAR, "dune-team.com"),
        user("dan", "dune-lab", JUNE, "dune-team.com"),
        # An address says less than the list of accounts.
        user("ann", "elm", NEW_YEAR, "acme-team.com"),
    ],
    "merges": [
        {
            "entity_type": "account",
            "merged_id": "bolt-copy",
            "canonical_id": "bolt",
            "merged_at": JULY,
        }
    ],
}


def crm(deals: dict[int, tuple[str, datetime]]) -> dict[str, Rows]:
    """Won deals, by their id: domain of the company, and the day on which they closed."""
    return {
        "company": [{"id": key, "property_domain": domain} for key, (domain, _) in deals.items()],
        "contact": [{"id": 1, "property_email": "nobody@gmail.com"}],
        "deal": [
            {
                "deal_id": key,
                "deal_pipeline_stage_id": "won",
                "property_amount": 1200,
                "property_createdate": closed_at,
                "property_closedate": closed_at,
            }
            for key, (_, closed_at) in deals.items()
        ],
        "deal_pipeline_stage": [{"stage_id": "won", "closed_won": True}],
        "deal_company": [{"deal_id": key, "company_id": key, "type_id": 5} for key in deals],
    }


DEALS = crm(
    {
        1: ("acme-team.com", datetime(2024, 2, 1)),
        2: ("acme-team.com", datetime(2024, 6, 2)),
        3: ("bolt-team.com", datetime(2024, 2, 1)),
        4: ("cove-team.com", datetime(2024, 2, 1)),
        5: ("dune-team.com", datetime(2024, 5, 31)),
        6: ("dune-team.com", datetime(2024, 6, 1)),
        7: ("nobody-team.com", datetime(2024, 2, 1)),
    }
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_source(tmp_path_factory.mktemp("domains"), "hubspot", DEALS, product=PRODUCT)


def subscriptions(project: Project) -> dict[str, tuple]:
    found = project.query(
        "select subscription_id, account_id, known_on, quarantine_reason "
        "from intermediate.int_subscriptions_unioned"
    )
    return {row.pop("subscription_id").split(":")[1]: tuple(row.values()) for row in found}


def test_a_deal_is_that_of_the_account_whose_the_domain_was(project: Project) -> None:
    assert subscriptions(project) == {
        # What a second account lists later takes nothing from the first,
        "1": ("acme", date(2024, 2, 1), None),
        # but from then on nobody knows whose it is.
        "2": (None, date(2024, 6, 2), "several_accounts_match"),
        # Two accounts from the start: known from the day on which one had become the other.
        "3": ("bolt", date(2024, 7, 1), None),
        # Paid before the account was there.
        "4": ("cove", date(2024, 5, 1), None),
        # By the addresses of users, the second of whom has another account.
        "5": ("dune", date(2024, 5, 31), None),
        "6": (None, date(2024, 6, 1), "several_accounts_match"),
        "7": (None, date(2024, 2, 1), "no_account_matches"),
    }


def test_companies_are_matched_as_on_the_as_of_day(project: Project) -> None:
    found = project.query(
        "select company_id, account_id, matched_by from marts.rpt_company_matches"
    )
    assert {row["company_id"]: (row["account_id"], row["matched_by"]) for row in found} == {
        "hubspot:1": (None, "several_accounts"),
        "hubspot:2": (None, "several_accounts"),
        "hubspot:3": ("bolt", "domain"),
        "hubspot:4": ("cove", "domain"),
        "hubspot:5": (None, "several_accounts"),
        "hubspot:6": (None, "several_accounts"),
        "hubspot:7": (None, "no_account"),
    }


def test_what_becomes_known_later_changes_nothing_as_of_an_earlier_day(
    project: Project, tmp_path: Path
) -> None:
    """An earlier build from all rows says what it says from those that were there."""
    early: dict[str, Rows] = {
        table: [row for row in rows if row.get("created_at", NEW_YEAR).date() <= AS_OF]
        for table, rows in PRODUCT.items()
        if table != "merges"
    }
    builds = [
        build_source(
            tmp_path / name, "hubspot", DEALS, product=product, pql_as_of=AS_OF.isoformat()
        )
        for name, product in (("all", PRODUCT), ("early", early))
    ]
    conversions = "select * from marts.fct_conversions order by all"
    matches = "select * from marts.rpt_company_matches order by all"
    for sql in (conversions, matches):
        assert builds[0].query(sql) == builds[1].query(sql)
    found = builds[0].query(conversions)
    assert [row["account_id"] for row in found] == ["acme", "cove"]
    known = f"select * from marts.fct_conversions where known_on <= '{AS_OF}' order by all"
    assert project.query(known) == found


def test_a_replay_knows_from_the_first_day_what_is_known_now(tmp_path: Path) -> None:
    replay = build_source(tmp_path, "hubspot", DEALS, product=PRODUCT, pql_replays_identity=True)
    assert {
        key: (account_id, reason) for key, (account_id, _, reason) in subscriptions(replay).items()
    } == {
        "1": (None, "several_accounts_match"),
        "2": (None, "several_accounts_match"),
        "3": ("bolt", None),
        "4": ("cove", None),
        "5": (None, "several_accounts_match"),
        "6": (None, "several_accounts_match"),
        "7": (None, "no_account_matches"),
    }
