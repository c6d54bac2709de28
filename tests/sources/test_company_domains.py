"""Whose a company domain was on each day: what names a company by it stays where it belonged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from business_source import LAST_EVENT, build_source
from harness import Project, Row, Rows, compiled_project, query
from hypothesis import given, settings
from hypothesis import strategies as st

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


# ---------------------------------------------------------------------------------------------
# Random worlds, day by day
# ---------------------------------------------------------------------------------------------

FIRST_ON, DAYS = date(2024, 1, 1), 14
DOMAINS, ACCOUNT_KEYS, USER_KEYS = ("a.com", "b.com"), range(1, 6), range(11, 16)


def on(day: int) -> date:
    return FIRST_ON + timedelta(days=day)


@dataclass(frozen=True)
class World:
    listed: list[tuple[str, int, int]]
    """Domain, account, day of its creation."""
    users: list[tuple[int, str, int, bool]]
    """User, domain of its address, day of its creation, whether it is internal."""
    moves: dict[int, list[tuple[int, int | None]]]
    """Of each user the days from which it has an account, or none."""
    merges: dict[int, tuple[int, int]]
    """Of merged accounts what they became, and the day on which that was known."""

    def canonical(self, account_key: int, day: int) -> int:
        known_on = 0
        while account_key in self.merges:
            into, merged_on = self.merges[account_key]
            known_on = max(known_on, merged_on)
            if known_on > day:
                break
            account_key = into
        return account_key

    def candidates(self, domain: str, day: int) -> set[int]:
        listed = self.listed_accounts(domain, day)
        addressed = set()
        for user_key, name, created, is_internal in self.users:
            account_key = [key for since, key in self.moves[user_key] if since <= day][-1]
            if name == domain and created <= day and not is_internal and account_key is not None:
                addressed.add(account_key)
        return listed or {self.canonical(key, day) for key in addressed}

    def listed_accounts(self, domain: str, day: int) -> set[int]:
        return {
            self.canonical(key, day)
            for name, key, created in self.listed
            if name == domain and created <= day
        }

    def chains(self) -> list[tuple[int, int, int, int]]:
        """Every account that a merged one became on the way, as int_merges has them."""
        rows = []
        for merged_key in self.merges:
            account_key, known_on, step = merged_key, 0, 0
            while account_key in self.merges:
                account_key, merged_on = self.merges[account_key]
                known_on, step = max(known_on, merged_on), step + 1
                rows.append((merged_key, account_key, known_on, step))
        return rows


@st.composite
def worlds(draw: st.DrawFn) -> World:
    days = st.integers(0, DAYS - 1)
    accounts = st.sampled_from(ACCOUNT_KEYS)
    domains = st.sampled_from(DOMAINS)
    users = draw(st.lists(st.sampled_from(USER_KEYS), unique=True, max_size=5))
    moves = {}
    for user_key in users:
        since = sorted({0, *draw(st.lists(days, max_size=2))})
        moves[user_key] = [(day, draw(st.none() | accounts)) for day in since]
    # Each account becomes one with a higher key, so that there are no circles.
    merged = draw(st.lists(st.sampled_from(ACCOUNT_KEYS[:-1]), unique=True, max_size=3))
    return World(
        listed=[
            (draw(domains), key, draw(days))
            for key in draw(st.lists(accounts, unique=True, max_size=4))
        ],
        users=[(key, draw(domains), draw(days), draw(st.integers(0, 4)) == 0) for key in users],
        moves=moves,
        merges={key: (draw(st.sampled_from(range(key + 1, 6))), draw(days)) for key in merged},
    )


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(worlds())
def test_the_days_of_a_domain_agree_with_a_count_by_hand(world: World) -> None:
    candidates = {
        domain: {day: world.candidates(domain, day) for day in range(DAYS + 1)}
        for domain in DOMAINS
    }
    history = domain_history(world)
    assert set(history) == {domain for domain, counts in candidates.items() if any(counts.values())}
    for domain, found in history.items():
        counts = candidates[domain]
        for day in range(DAYS + 1):
            (row,) = [row for row in found if row["valid_from"] <= on(day) < row["valid_to"]]
            assert row["candidate_count"] == len(counts[day])
            settled = [later for later in counts if later >= day and len(counts[later]) == 1]
            if settled:
                assert max(row["settled_on"], on(day)) == on(settled[0])
                assert row["settled_account_id"] == f"account-{min(counts[settled[0]])}"
            else:
                assert row["settled_on"] is None
                assert row["settled_account_id"] is None
                most = max(len(counts[later]) for later in counts if later >= day)
                assert row["most_candidates"] == most


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(worlds())
def test_the_days_of_a_user_agree_with_a_count_by_hand(world: World) -> None:
    found = run_models(world, "int_email_domain_accounts")
    for user_key, domain, created, _ in world.users:
        own = [row for row in found if row["user_key"] == user_key]
        assert len({row["known_on"] for row in own}) == len(own)
        assert all(row["known_on"] >= on(created) for row in own)
        for day in range(created, DAYS + 1):
            listed = world.listed_accounts(domain, day)
            known = max(
                (row for row in own if row["known_on"] <= on(day)),
                key=lambda row: row["known_on"],
                default={"account_key": None},
            )
            assert known["account_key"] == (min(listed) if len(listed) == 1 else None)


def domain_history(world: World) -> dict[str, list[dict[str, Any]]]:
    """The rows of each domain that was claimed."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in run_models(world, "int_domain_account_history"):
        found.setdefault(row["domain"], []).append(row)
    return found


def run_models(world: World, model: str) -> list[dict[str, Any]]:
    """The rows of a model, computed from the tables of a world."""
    compiled = compiled_project(
        (
            "int_canonical_account_history",
            "int_domain_claims",
            "int_domain_account_history",
            "int_email_domain_accounts",
        ),
        (("pql_match_email_domains", True),),
    )
    keys = [("account", key, f"account-{key}") for key in ACCOUNT_KEYS]
    keys += [("user", key, f"user-{key}") for key in USER_KEYS]
    spans = []
    for user_key, moves in world.moves.items():
        ends = [since for since, _ in moves[1:]]
        for (since, account_key), end in zip(moves, [*ends, None], strict=True):
            valid_from = on(since) if since else date.min
            valid_to = date.max if end is None else on(end)
            spans.append((user_key, account_key, valid_from, valid_to))
    tables = {
        "int_entity_keys (entity_type varchar, entity_key integer, entity_id varchar)": keys,
        "int_domains (host varchar, domain varchar)": [(name, name) for name in DOMAINS],
        "int_listed_domains (domain varchar, account_key integer, created_on date)": [
            (domain, key, on(created)) for domain, key, created in world.listed
        ],
        "int_users (user_id varchar, email varchar, created_on date, is_internal boolean,"
        " account_id varchar)": [
            (f"user-{key}", f"x@{domain}", on(created), is_internal, None)
            for key, domain, created, is_internal in world.users
        ],
        "int_entity_account_history"
        " (entity_key integer, account_key integer, valid_from date, valid_to date)": spans,
        "int_merges (merged_key integer, canonical_key integer, known_on date, step_count integer,"
        " entity_type varchar)": [
            (merged, canonical, on(known), step, "account")
            for merged, canonical, known, step in world.chains()
        ],
    }
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as pql; use pql; create schema intermediate")
        for table, rows in tables.items():
            connection.execute(f"create table intermediate.{table}")
            marks = ", ".join("?" * (table.count(",") + 1))
            for row in rows:
                name = table.split(" ")[0]
                connection.execute(f"insert into intermediate.{name} values ({marks})", row)
        for each in compiled.models:
            connection.execute(f"create table intermediate.{each.alias} as ({each.sql})")
        return query(connection, f"from intermediate.{model}")
