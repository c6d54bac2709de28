"""Metrics are valid, and say what the raw rows say, grouped or not.

What is expected is counted from the raw files; of the models only the days of qualifying are taken,
which are tested elsewhere (``test_demo``, ``test_exactness``).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo import Demo
from harness import PROJECT_ROOT, query

HISTORIES = ("recomputed", "reported")
MONTH = "metric_time__month"
DEFINITION = "journey__definition_key"

PQL_METRICS = tuple(
    f"{name}_{history}"
    for history in HISTORIES
    for name in (
        "pqls", "touched_pqls", "pql_customers", "pql_rate", "pql_to_customer_rate",
        "touched_within_24_hours_rate", "median_days_to_qualify", "average_days_to_qualify",
        "median_days_to_convert", "average_days_to_convert",
    )
)  # fmt: skip
TOTALS = (
    "signups", "activated_accounts", "new_customers", "activation_rate", "signup_to_customer_rate",
    *PQL_METRICS,
    "new_mrr", "new_mrr_from_pqls_recomputed", "new_mrr_from_pqls_reported",
    "active_accounts", "active_users", "events", "qualified_accounts_now", "lapses_recomputed",
)  # fmt: skip
QUERIES: dict[str, dict[str, Any]] = {
    "totals": {"metrics": list(TOTALS)},
    "by_definition": {"metrics": ["signups", *PQL_METRICS], "group_by": [DEFINITION]},
    "funnel": {"saved_query": "pql_funnel_by_month"},
    "leads": {"saved_query": "reported_pqls_by_week"},
    "mrr": {"saved_query": "new_mrr_by_month"},
    "mrr_total": {"metrics": ["new_mrr", "new_mrr_from_pqls_recomputed"]},
    "mrr_by_currency": {"metrics": ["new_mrr"], "group_by": ["conversion__currency"]},
    "activity": {"saved_query": "activity_by_week"},
    "qualifying": {"metrics": ["pqls_recomputed"], "group_by": ["metric_time__week", DEFINITION]},
}


@pytest.fixture(scope="module")
def asked(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Rows and SQL of all queries; the metrics were validated against the demo before."""
    folder = tmp_path_factory.mktemp("metrics")
    # What `mf` looks for in the folder that it runs in.
    (folder / "dbt_project.yml").symlink_to(PROJECT_ROOT / "dbt_project.yml")
    (folder / "target").symlink_to(demo.environment["DBT_TARGET_PATH"])
    found = folder / "answers.json"
    done = subprocess.run(
        [sys.executable, str(PROJECT_ROOT / "tests" / "metric_queries.py"), str(found)],
        cwd=folder,
        env={
            **demo.environment,
            "DBT_PROFILES_DIR": str(PROJECT_ROOT / "profiles"),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(PROJECT_ROOT),
        },
        input=json.dumps(QUERIES),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0") == 6, done.stdout
    return json.loads(found.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers(asked: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of all queries."""
    return {name: answer["rows"] for name, answer in asked.items()}


@dataclass
class Lead:
    """The way of an account under a definition, in one history."""

    account_id: str
    definition_key: str
    signed_up_on: date
    qualified_on: date
    lead_at: datetime
    touched_at: datetime | None
    paid_on: date | None

    def is_answered_within_a_day(self) -> bool:
        return self.touched_at is not None and self.touched_at - self.lead_at <= timedelta(days=1)


class Expected:
    """What the metrics have to say, counted from the raw files."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.as_of: date = demo.query("select max(as_of_on) as day from marts.fct_account_scores")[
            0
        ]["day"]
        raw = demo.folder / "raw"
        self.channels: dict[str, str | None] = {}
        self.signed_up: dict[str, date] = {}
        with duckdb.connect() as connection:
            self.events = query(
                connection,
                f"""
                with events as (
                    select *
                    from '{raw}/events.parquet'
                    where
                        event_id <> '' and trim(event_name) <> ''
                        and occurred_at between '2000-01-01' and '{self.as_of + timedelta(days=1)}'
                        and (received_at is null or occurred_at <= received_at + interval 24 hour)
                        and (coalesce(properties, '') = '' or json_valid(properties))
                    qualify row_number() over (
                        partition by event_id order by coalesce(received_at, occurred_at)
                    ) = 1
                )
                select
                    events.user_id,
                    coalesce(events.account_id, users.account_id) as account_id,
                    cast(events.occurred_at as date) as day
                from events
                left join '{raw}/users.parquet' as users using (user_id)
                where
                    coalesce(events.user_id, events.account_id) is not null
                    and not coalesce(users.is_internal, false)
                """,
            )
            accounts = query(connection, f"from '{raw}/accounts.parquet'")
            subscriptions = query(connection, f"from '{raw}/subscriptions.parquet'")
            self.users = {
                row["user_id"]: row["account_id"]
                for row in query(connection, f"from '{raw}/users.parquet'")
            }
            self.touches: dict[str, list[datetime]] = defaultdict(list)
            for touch in query(connection, f"from '{raw}/touches.parquet'"):
                if touch["touched_at"].date() <= self.as_of:
                    self.touches[touch["account_id"]].append(touch["touched_at"])
        for event in self.events:
            account_id = event["account_id"]
            if account_id is not None:
                self.channels.setdefault(account_id, None)
                first = self.signed_up.get(account_id, event["day"])
                self.signed_up[account_id] = min(first, event["day"])
        for account in accounts:
            self.channels[account["account_id"]] = account["acquisition_channel"]
            self.signed_up[account["account_id"]] = account["created_at"].date()
        self.first_payments: dict[str, dict[str, Any]] = {}
        for subscription in sorted(subscriptions, key=lambda row: row["started_at"]):
            if subscription["mrr_amount"] > 0 and subscription["account_id"]:
                self.first_payments.setdefault(subscription["account_id"], subscription)
        self.leads = {history: list(self.leads_of(history)) for history in HISTORIES}

    def paid_on(self, account_id: str) -> date | None:
        payment = self.first_payments.get(account_id)
        return payment["started_at"].date() if payment else None

    def leads_of(self, history: str) -> Iterable[Lead]:
        """Prospects that qualified and had not paid; of a definition of users, the first user."""
        rows = self.demo.query(
            """
            select entity_type, entity_id, definition_key, transitioned_on as day, qualified_at
            from marts.fct_pql_transitions
            where transition = 'qualified'
            """
            if history == "recomputed"
            else """
            select entity_type, entity_id, definition_key, as_of_on as day, null as qualified_at
            from marts.fct_pql_reported
            where is_qualified
            """
        )
        first: dict[tuple[str, str], tuple[date, datetime]] = {}
        for row in rows:
            is_user = row["entity_type"] == "user"
            account_id = self.users.get(row["entity_id"]) if is_user else row["entity_id"]
            if account_id is None or row["definition_key"] == "expansion_ready":
                continue
            end_of_day = datetime.combine(row["day"] + timedelta(days=1), time())
            key = (account_id, row["definition_key"])
            found = (row["day"], row["qualified_at"] or end_of_day)
            first[key] = min(first.get(key, found), found)
        for (account_id, definition_key), (day, lead_at) in first.items():
            paid_on = self.paid_on(account_id)
            if paid_on is None or paid_on > day:
                last_on = paid_on or date.max
                touched = [
                    at for at in self.touches[account_id] if at >= lead_at and at.date() <= last_on
                ]
                yield Lead(
                    account_id, definition_key, self.signed_up[account_id], day, lead_at,
                    min(touched, default=None), paid_on,
                )  # fmt: skip

    def pql_metrics(self, history: str, definition_key: str | None = None) -> dict[str, Any]:
        """Metrics of the leads of one definition, or of all of them."""
        leads = [
            lead
            for lead in self.leads[history]
            if definition_key is None or lead.definition_key == definition_key
        ]
        as_of_end = datetime.combine(self.as_of + timedelta(days=1), time())
        due = [lead for lead in leads if lead.lead_at + timedelta(days=1) <= as_of_end]
        pqls = accounts_of(leads)
        customers = accounts_of(lead for lead in leads if lead.paid_on)
        to_qualify = [(lead.qualified_on - lead.signed_up_on).days for lead in leads]
        to_convert = [(lead.paid_on - lead.qualified_on).days for lead in leads if lead.paid_on]
        answered = accounts_of(lead for lead in due if lead.is_answered_within_a_day())
        found = {
            "pqls": len(pqls),
            "touched_pqls": len(accounts_of(lead for lead in leads if lead.touched_at)),
            "pql_customers": len(customers),
            "pql_rate": share(len(pqls), len(self.signed_up)),
            "pql_to_customer_rate": share(len(customers), len(pqls)),
            "touched_within_24_hours_rate": share(len(answered), len(accounts_of(due))),
            "median_days_to_qualify": statistics.median(to_qualify) if leads else None,
            "average_days_to_qualify": statistics.fmean(to_qualify) if leads else None,
            "median_days_to_convert": statistics.median(to_convert) if to_convert else None,
            "average_days_to_convert": statistics.fmean(to_convert) if to_convert else None,
        }
        return {f"{name}_{history}": value for name, value in found.items()}

    def new_mrr(self, accounts: Iterable[str]) -> Decimal | None:
        amounts = [self.first_payments[account_id]["mrr_amount"] for account_id in accounts]
        return sum(amounts) if amounts else None


def accounts_of(leads: Iterable[Lead]) -> set[str]:
    return {lead.account_id for lead in leads}


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def differences(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Metrics whose value is not the expected one."""
    return {
        name: (found[name], value)
        for name, value in expected.items()
        if (found[name] is None) != (value is None)
        or (value is not None and float(found[name]) != pytest.approx(float(value), rel=1e-9))
    }


def of_day(text: str | None) -> date | None:
    return None if text is None else datetime.fromisoformat(text).date()


@pytest.fixture(scope="module")
def expected(demo: Demo) -> Expected:
    return Expected(demo)


@pytest.fixture(scope="module")
def metrics(demo: Demo) -> dict[str, dict[str, Any]]:
    """The metrics of the manifest that people see."""
    manifest = json.loads(
        (Path(demo.environment["DBT_TARGET_PATH"]) / "manifest.json").read_text(encoding="utf-8")
    )
    return {
        metric["name"]: metric
        for metric in manifest["metrics"].values()
        if not metric["type_params"]["is_private"]
    }


def test_every_metric_is_asked_for_here_and_says_unit_and_history(metrics: dict[str, Any]) -> None:
    assert set(metrics) == set(TOTALS)
    for name, metric in metrics.items():
        assert metric["label"], name
        assert "Unit is" in metric["description"], name
        history = metric["config"]["meta"]["history"]
        assert metric["config"]["meta"]["unit"], name
        assert history in (*HISTORIES, "none"), name
        # The history that is read is the one that is named.
        if name.endswith(HISTORIES):
            assert name.endswith(history), name
            assert f"{history} history" in metric["description"], name


def test_the_page_names_every_metric(metrics: dict[str, Any]) -> None:
    page = (PROJECT_ROOT / "docs" / "semantic_layer.md").read_text(encoding="utf-8")
    for name in metrics:
        ending = next((history for history in HISTORIES if name.endswith(f"_{history}")), None)
        assert f"`{name}`" in page or f"`{name.removesuffix(ending or '')}*`" in page, name


def test_without_a_group_every_account_counts_once(
    answers: dict[str, Any], expected: Expected, demo: Demo
) -> None:
    assert len(answers["totals"]) == 1
    found = answers["totals"][0]
    signups, customers = len(expected.signed_up), len(expected.first_payments)
    active = [event for event in expected.events if event["account_id"] is not None]
    activations = activation_days(demo, expected)
    wanted: dict[str, Any] = {
        "signups": signups,
        "activated_accounts": len(activations),
        "activation_rate": share(len(activations), signups),
        "new_customers": customers,
        "signup_to_customer_rate": share(customers, signups),
        "new_mrr": expected.new_mrr(expected.first_payments),
        "active_accounts": len({event["account_id"] for event in active}),
        "active_users": len({event["user_id"] for event in expected.events} - {None}),
        "events": len(active),
    }
    for history in HISTORIES:
        wanted |= expected.pql_metrics(history)
        wanted[f"new_mrr_from_pqls_{history}"] = expected.new_mrr(
            accounts_of(lead for lead in expected.leads[history] if lead.paid_on)
        )
    assert not differences(found, wanted)
    # What the two histories say differs, and there is something to say.
    assert found["pqls_recomputed"] > found["pqls_reported"] > 0
    assert found["touched_within_24_hours_rate_recomputed"] > 0


def activation_days(demo: Demo, expected: Expected) -> dict[str, date]:
    """First day on which an account or one of its users met a signal of activation from use."""
    rows = demo.query(
        """
        select history.entity_type, history.entity_id, min(history.valid_from) as day
        from marts.fct_signal_history as history
        inner join definitions.pql_signals as signals using (signal_key)
        where
            history.is_met
            and signals.kind = 'activation'
            and signals.activity_key is not null
            and history.valid_from <= (select max(as_of_on) from marts.fct_account_scores)
        group by history.entity_type, history.entity_id
        """
    )
    days: dict[str, date] = {}
    for row in rows:
        is_user = row["entity_type"] == "user"
        account_id = expected.users.get(row["entity_id"]) if is_user else row["entity_id"]
        if account_id is not None:
            days[account_id] = min(days.get(account_id, row["day"]), row["day"])
    return days


def test_what_is_so_now_and_what_lapsed_is_what_the_marts_say(
    answers: dict[str, Any], demo: Demo
) -> None:
    found = answers["totals"][0]
    now = demo.query(
        """
        select count(distinct account_id) as accounts
        from marts.fct_account_scores
        where is_qualified
        """
    )
    lapses = demo.query(
        "select count(*) as lapses from marts.fct_pql_transitions where transition = 'lapsed'"
    )
    assert found["qualified_accounts_now"] == now[0]["accounts"] > 0
    assert found["lapses_recomputed"] == lapses[0]["lapses"] > 0


def test_by_definition_the_leads_are_those_of_the_definition(
    answers: dict[str, Any], expected: Expected
) -> None:
    rows = {row[DEFINITION]: row for row in answers["by_definition"]}
    assert set(rows) == {"product_qualified", "activated_team", "champion", "expansion_ready"}
    for definition_key, row in rows.items():
        wanted = {"signups": len(expected.signed_up)}
        # A definition of customers has no leads.
        for history in HISTORIES:
            wanted |= expected.pql_metrics(history, definition_key)
        # Where a group has nobody, MetricFlow leaves a count empty.
        assert not differences(
            row,
            {
                name: None if value == 0 and isinstance(value, int) else value
                for name, value in wanted.items()
            },
        ), definition_key


def test_the_funnel_is_of_the_accounts_that_signed_up_in_the_month(
    answers: dict[str, Any], expected: Expected
) -> None:
    groups: dict[tuple[date, str | None], set[str]] = defaultdict(set)
    for account_id, day in expected.signed_up.items():
        groups[day.replace(day=1), expected.channels[account_id]].add(account_id)
    found = {
        (of_day(row[MONTH]), row["account__acquisition_channel"]): row
        for row in answers["funnel"]
        if row[DEFINITION] == "product_qualified"
    }
    assert set(found) == set(groups)
    leads = accounts_of(
        lead for lead in expected.leads["recomputed"] if lead.definition_key == "product_qualified"
    )
    for key, accounts in groups.items():
        wanted = {
            "signups": len(accounts),
            "signup_to_customer_rate": len(accounts & set(expected.first_payments)) / len(accounts),
            "pql_rate_recomputed": len(accounts & leads) / len(accounts),
        }
        assert not differences(found[key], wanted), key


def test_the_leads_of_a_week_are_those_that_qualified_in_it(
    answers: dict[str, Any], expected: Expected
) -> None:
    def weekly(history: str) -> dict[tuple[date, str], int]:
        groups: dict[tuple[date, str], int] = defaultdict(int)
        for lead in expected.leads[history]:
            week = lead.qualified_on - timedelta(days=lead.qualified_on.weekday())
            groups[week, lead.definition_key] += 1
        return groups

    for name, metric, history in (
        ("qualifying", "pqls_recomputed", "recomputed"),
        ("leads", "pqls_reported", "reported"),
    ):
        found = {
            (of_day(row["metric_time__week"]), row[DEFINITION]): row[metric]
            for row in answers[name]
        }
        assert found == weekly(history)


def test_the_new_mrr_of_a_month_is_that_of_its_currency(
    answers: dict[str, Any], expected: Expected
) -> None:
    groups: dict[tuple[date, str], list[str]] = defaultdict(list)
    for account_id, payment in expected.first_payments.items():
        month = payment["started_at"].date().replace(day=1)
        groups[month, payment["currency"]].append(account_id)
    leads = accounts_of(lead for lead in expected.leads["recomputed"] if lead.paid_on)
    found = {(of_day(row[MONTH]), row["conversion__currency"]): row for row in answers["mrr"]}
    assert set(found) == set(groups)
    for key, accounts in groups.items():
        wanted = {
            "new_mrr": expected.new_mrr(accounts),
            "new_mrr_from_pqls_recomputed": expected.new_mrr(set(accounts) & leads),
        }
        assert not differences(found[key], wanted), key


@pytest.mark.parametrize(
    ("currencies", "total"), [(("EUR", "EUR"), 30), (("EUR", "USD"), None), ((), None)]
)
def test_currencies_are_never_added(
    asked: dict[str, Any], currencies: tuple[str, ...], total: int | None
) -> None:
    rows = [
        (f"a{number}", date(2024, 2, 1), 10 * number, currency, True, False)
        for number, currency in enumerate(currencies, start=1)
    ]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as demo; create schema demo.semantic")
        connection.execute(
            """
            create table demo.semantic.sem_conversions (
                account_id varchar, converted_on date, mrr_amount decimal(18, 4), currency varchar,
                was_pql_recomputed boolean, was_pql_reported boolean
            )
            """
        )
        if rows:
            connection.executemany(
                "insert into demo.semantic.sem_conversions values (?, ?, ?, ?, ?, ?)", rows
            )
        found = query(connection, asked["mrr_total"]["sql"])
        apart = query(connection, asked["mrr_by_currency"]["sql"])
    assert found == [{"new_mrr": total, "new_mrr_from_pqls_recomputed": total}]
    assert sum(row["new_mrr"] for row in apart) == sum(row[2] for row in rows)


def test_the_active_accounts_and_users_of_a_week_count_once(
    answers: dict[str, Any], expected: Expected
) -> None:
    accounts: dict[tuple[date, str | None], set[str]] = defaultdict(set)
    users: dict[tuple[date, str | None], set[str]] = defaultdict(set)
    events: dict[tuple[date, str | None], int] = defaultdict(int)
    for event in expected.events:
        account_id = event["account_id"]
        week = event["day"] - timedelta(days=event["day"].weekday())
        key = (week, expected.channels.get(account_id) if account_id else None)
        if account_id is not None:
            accounts[key].add(account_id)
            events[key] += 1
        if event["user_id"] is not None:
            users[key].add(event["user_id"])
    rows = {
        (of_day(row["metric_time__week"]), row["account__acquisition_channel"]): row
        for row in answers["activity"]
    }
    assert set(rows) == set(accounts) | set(users)
    for key, row in rows.items():
        wanted = (len(accounts[key]), len(users[key]), events[key])
        assert (row["active_accounts"], row["active_users"], row["events"]) == wanted
