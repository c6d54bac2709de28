"""Alerts day by day, routing and what waits for the CRM, against a recomputation in Python.

The compiled SQL of the models runs on made-up tables; nothing is shared with the models.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import duckdb
import pytest
from harness import query
from sales_models import HOLDOUT_SALT, HOLDOUT_SHARE, sales_models, warehouse

FIRST_DAY = date(2024, 3, 1)
DAYS = 25
ACCOUNTS = [f"acc_{number}" for number in range(40)]
RULES = {
    # definition: entity type, alerted, hours, cooldown in days, greatest age in days, rank
    "top": ("account", True, 24, 7, 3, 1),
    "eager": ("account", True, 4, 0, 3, 2),
    "person": ("user", True, 8, 10, 5, 3),
    "mute": ("account", False, 24, 7, 3, 4),
}

TABLES = """
create table intermediate.int_entity_keys (entity_key integer, entity_type varchar,
    entity_id varchar);
create table intermediate.int_entities
    (entity_key integer, entity_type varchar, account_key integer, is_internal boolean);
create table intermediate.int_merged_ids (entity_type varchar, merged_id varchar,
    canonical_id varchar);
create table intermediate.int_as_of (as_of_on date);
create table intermediate.int_account_owners (account_id varchar, owner varchar,
    territory varchar);
create table intermediate.int_best_contacts (account_id varchar, user_id varchar);
create table definitions.set_alert_rules
    (definition_key varchar, entity_type varchar, is_alerted boolean,
     respond_within_hours integer,
     cooldown_days integer, max_age_days integer, definition_rank integer);
create table definitions.def_tiers
    (definition_key varchar, tier varchar, min_score decimal(18, 4), below_score decimal(18, 4));
create table marts.fct_pql_reported
    (entity_type varchar, entity_id varchar, definition_key varchar, definition_version varchar,
     report_number integer, is_qualified boolean, score decimal(18, 4), transitioned_on date,
         as_of_on date);
create table marts.fct_pql_transitions
    (entity_type varchar, entity_id varchar, definition_key varchar, transition varchar,
     transitioned_on date, qualified_at timestamp);
create table marts.fct_score_explanations
    (entity_type varchar, entity_id varchar, definition_key varchar, signal_key varchar,
     reason varchar,
     points decimal(18, 4), is_met boolean);
create table marts.fct_account_scores (account_id varchar, definition_key varchar,
    next_best_action varchar);
create table marts.fct_user_scores (user_id varchar, definition_key varchar,
    next_best_action varchar);
create table marts.dim_accounts (account_id varchar, account_name varchar);
"""


@pytest.fixture(scope="module")
def models() -> dict[str, str]:
    """Compiled SQL of the models by name."""
    return sales_models()


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({marks})", rows)


def of_itself(sql: str, table: str) -> str:
    """The SQL of an append-only model as it is in a run that finds its table."""
    start = sql.index("(select * from (select cast(null as ")
    end = sql.index("where false)", start) + len("where false)")
    return sql[:start] + f"(select * from {table})" + sql[end:]


def in_share(account: str) -> bool:
    digits = hashlib.md5(f"{HOLDOUT_SALT}:{account}".encode()).hexdigest()[:8]
    return int(digits, 16) / 16**8 < HOLDOUT_SHARE


class World:
    """Entities that cross, and what a run is to say of each crossing."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        users = {
            f"usr_{number}": self.random.choice([*ACCOUNTS, *[None] * 20]) for number in range(60)
        }
        self.account_of = {**{account: account for account in ACCOUNTS}, **users}
        self.internal = {user for user in users if self.random.random() < 0.1}
        self.became: dict[str, str] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.qualified: dict[tuple[str, str], bool] = {}
        self.reports: list[tuple[Any, ...]] = []
        self.times: list[tuple[Any, ...]] = []
        self.alerts: dict[tuple[str, str, int], tuple[Any, ...]] = {}

    def reorganise(self) -> None:
        """Merge accounts with all their users, and let users without an account join one."""
        for merged in self.random.sample(ACCOUNTS, 12):
            self.became[merged] = ""
        remaining = [account for account in ACCOUNTS if account not in self.became]
        self.became = {merged: self.random.choice(remaining) for merged in self.became}
        for entity, account in self.account_of.items():
            if entity in ACCOUNTS:
                continue
            if account is None and self.random.random() < 0.5:
                self.account_of[entity] = self.random.choice(remaining)
            elif account in self.became:
                self.account_of[entity] = self.became[account]

    def addressee_now(self, addressee: str) -> str:
        """Whom an alert was about, as it is now."""
        if addressee.startswith("user "):
            return self.account_of[addressee.removeprefix("user ")] or addressee
        return self.became.get(addressee, addressee)

    def cross(self, today: date) -> None:
        """Reports of one day: some entities qualify, some lose it."""
        for entity in self.account_of:
            entity_type = "account" if entity in ACCOUNTS else "user"
            for definition, rule in RULES.items():
                if rule[0] != entity_type or self.random.random() > 0.1:
                    continue
                key = (entity, definition)
                is_qualified = not self.qualified.get(key, False)
                self.qualified[key] = is_qualified
                self.numbers[key] = self.numbers.get(key, 0) + 1
                on = today - timedelta(days=self.random.choice([0, 0, 0, 1, 3, 4, 5, 6, 40]))
                score = self.random.choice([50, 50, 80, 120])
                number = self.numbers[key]
                self.reports.append(
                    (entity_type, entity, definition, "v", number, is_qualified, score, on, today)
                )
                at = datetime.combine(on, datetime.min.time()) + timedelta(minutes=630)
                time = (entity_type, entity, definition, "qualified", on, at)
                if is_qualified and time not in self.times and self.random.random() < 0.5:
                    self.times.append(time)

    def judge(self, today: date) -> None:
        """Say of every crossing that nothing was said of what becomes of it."""
        last = {(row[1], row[2]): row[4] for row in self.reports}
        due: dict[str, list[tuple[Any, ...]]] = {}
        before = dict(self.alerts)
        for _, entity, definition, _, number, is_qualified, score, on, _ in self.reports:
            if not is_qualified or (entity, definition, number) in before:
                continue
            if entity in self.internal or entity in self.became:
                continue
            _, is_alerted, hours, cooldown, max_age, rank = RULES[definition]
            addressee = self.account_of[entity] or f"user {entity}"
            sent_on = [
                alert[2]
                for alert in before.values()
                if self.addressee_now(alert[0]) == addressee and alert[1] in ("sent", "held_out")
            ]
            ats = [
                time[5]
                for time in self.times
                if time[1:3] == (entity, definition) and time[4] == on
            ]
            start = ats[0] if ats else datetime.combine(on, datetime.min.time()) + timedelta(days=1)
            due_at = start + timedelta(hours=hours)
            key = (entity, definition, number)
            if not is_alerted:
                status = "not_alerted"
            elif last[entity, definition] != number or (today - on).days > max_age:
                status = "stale"
            elif any((today - day).days < cooldown or day == today for day in sent_on):
                status = "cooldown"
            else:
                due.setdefault(addressee, []).append((rank, -score, entity, key))
                status = "cooldown"
            self.alerts[key] = (addressee, status, today, due_at)
        for addressee, candidates in due.items():
            key = min(candidates)[3]
            status = "held_out" if in_share(addressee) else "sent"
            self.alerts[key] = (addressee, status, today, self.alerts[key][3])

    def entity_rows(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        keys = {entity: number for number, entity in enumerate(self.account_of)}
        named = [
            (keys[entity], "account" if entity in ACCOUNTS else "user", entity) for entity in keys
        ]
        entities = [
            (keys[entity], entity_type, keys.get(self.account_of[entity]), entity in self.internal)
            for _, entity_type, entity in named
        ]
        return named, entities


def test_alerts_of_many_days_are_those_of_the_rules(models: dict[str, str]) -> None:
    world = World(5)
    named, entities = world.entity_rows()
    first = models["fct_pql_alerts"]
    later = of_itself(first, "marts.fct_pql_alerts")
    with warehouse() as connection:
        connection.execute(TABLES)
        insert(connection, "intermediate.int_entity_keys", named)
        insert(connection, "intermediate.int_entities", entities)
        insert(connection, "definitions.set_alert_rules", [(k, *rule) for k, rule in RULES.items()])
        for number in range(DAYS):
            today = FIRST_DAY + timedelta(days=number)
            if number == DAYS // 2:
                world.reorganise()
                connection.execute("delete from intermediate.int_entities")
                insert(connection, "intermediate.int_entities", world.entity_rows()[1])
                merged = [("account", *pair) for pair in sorted(world.became.items())]
                insert(connection, "intermediate.int_merged_ids", merged)
            known = len(world.reports), len(world.times)
            world.cross(today)
            insert(connection, "marts.fct_pql_reported", world.reports[known[0] :])
            insert(connection, "marts.fct_pql_transitions", world.times[known[1] :])
            connection.execute("delete from intermediate.int_as_of")
            insert(connection, "intermediate.int_as_of", [(today,)])
            if number % 6 == 4:
                continue  # A run that was killed between the report and the alerts.
            world.judge(today)
            if number == 0:
                connection.execute(f"create table marts.fct_pql_alerts as ({first})")
            else:
                connection.execute(f"insert into marts.fct_pql_alerts by name ({later})")
            # A repeated run says nothing again.
            assert query(connection, later) == []
        rows = query(connection, "from marts.fct_pql_alerts")
    found = {
        (row["entity_id"], row["definition_key"], row["report_number"]): (
            row["account_id"] or f"user {row['entity_id']}",
            row["alert_status"],
            row["reported_on"],
            row["due_at"],
        )
        for row in rows
    }
    assert len(found) == len(rows) == len({row["alert_id"] for row in rows})
    assert found == world.alerts
    assert {row["alert_status"] for row in rows} == {
        "sent", "held_out", "cooldown", "stale", "not_alerted",
    }  # fmt: skip
    assert all(
        row["is_held_out"] == in_share(row["account_id"] or f"user {row['entity_id']}")
        for row in rows
    )
    days = [
        (row["account_id"] or row["entity_id"], row["reported_on"])
        for row in rows
        if row["alert_status"] == "sent"
    ]
    assert len(days) == len(set(days))


def test_scores_say_who_belongs_to_the_hold_out(models: dict[str, str]) -> None:
    """An account with all its users, or a user without one, as in the alerts."""
    world = World(7)
    named, entities = world.entity_rows()
    with warehouse() as connection:
        connection.execute(TABLES)
        insert(connection, "intermediate.int_entity_keys", named)
        insert(connection, "intermediate.int_entities", entities)
        connection.execute(
            """
            create table intermediate.int_current_scores as
            select
                entity_key, entity_type, account_key, 'd' as definition_key,
                'v' as definition_version, 'A' as tier, '' as top_reasons,
                '' as next_best_action, 1 as score, 0 as points_to_threshold,
                0.5 as conversion_probability, true as is_in_audience, true as is_qualified,
                date '2024-03-01' as qualified_on, null as expires_on, date '2024-03-01' as as_of_on
            from intermediate.int_entities
            """
        )
        rows = query(connection, models["fct_account_scores"])
        rows += query(connection, models["fct_user_scores"])
    found = {row.get("user_id") or row["account_id"]: row["is_held_out"] for row in rows}
    assert found == {
        entity: in_share(account or f"user {entity}")
        for entity, account in world.account_of.items()
    }
    assert len(set(found.values())) == 2


def test_owners_are_those_of_the_first_rule_that_holds(models: dict[str, str]) -> None:
    random = Random(3)
    countries, channels = (
        ["DE", "D", "DEN", "US", None],
        ["paid_search", "paidXsearch", "web", None],
    )
    accounts = [
        (f"a{number}", random.choice(countries), random.choice(channels),
         random.choice([None, 1, 50, 51, 5000]))
        for number in range(300)
    ]  # fmt: skip
    rules = [
        (
            number,
            f"owner_{number}",
            random.choice([None, f"land_{number}"]),
            random.choice([None, ("DE", "US"), ("DEN",)]),
            random.choice([None, None, ("paid_search",), ("web", "paid_search")]),
            random.choice([None, 50]),
            random.choice([None, 50, 5000]),
        )
        for number in random.sample(range(100), 8)
    ]

    def listed(values: tuple[str, ...] | None) -> str | None:
        return None if values is None else f"|{'|'.join(values).lower()}|"

    def owner(country: str | None, channel: str | None, size: int | None) -> tuple[str, str]:
        for _, name, territory, in_countries, in_channels, low, high in sorted(
            rules, key=lambda rule: rule[0]
        ):
            holds = (
                (in_countries is None or country in in_countries)
                and (in_channels is None or channel in in_channels)
                and (low is None or (size is not None and size >= low))
                and (high is None or (size is not None and size <= high))
            )
            if holds:
                return name, territory or "unrouted"
        return "unrouted", "unrouted"

    with warehouse() as connection:
        connection.execute(
            "create table marts.dim_accounts (account_id varchar, country varchar, "
            "acquisition_channel varchar, employee_count integer);"
            "create table definitions.set_owner_rules (rule_number integer, owner varchar, "
            "territory varchar, countries varchar, acquisition_channels varchar, "
            "min_employees integer, max_employees integer)"
        )
        insert(connection, "marts.dim_accounts", accounts)
        stored = [(*rule[:3], listed(rule[3]), listed(rule[4]), *rule[5:]) for rule in rules]
        insert(connection, "definitions.set_owner_rules", stored)
        found = {
            row["account_id"]: (row["owner"], row["territory"])
            for row in query(connection, models["int_account_owners"])
        }
    expected = {name: owner(*attributes) for name, *attributes in accounts}
    assert found == expected
    assert len(set(found.values())) > 3


def test_the_crm_ends_with_the_last_value_of_every_field(models: dict[str, str]) -> None:
    """A CRM to which only some of what waits is written at a time, and acknowledged then."""
    random = Random(9)
    fields = {
        "domain": ["a.example", "b.example", None],
        "tier": ["A", "none"],
        "score": [10.5, 20.0],
        "is_qualified": [True, False],
        "qualified_on": ["2024-03-01", "2024-03-09", None],
    }
    names = [f"a{number}" for number in range(25)]
    values: dict[str, dict[str, Any]] = {name: {} for name in names}
    crm: dict[str, dict[str, Any]] = {}
    acknowledged: dict[str, dict[str, Any]] = {}
    sql = models["fct_crm_account_sync"]
    with warehouse() as connection:
        columns = sql[sql.index("end as sync_action,") :]
        columns = columns[columns.index(",") + 1 : columns.index("substring(changes")]
        others = [
            column.strip()
            for column in columns.split(",")
            if column.strip() and column.strip() not in fields
        ]
        connection.execute(
            "create table intermediate.int_as_of as select date '2024-03-31' as as_of_on;"
            "create table intermediate.int_crm_accounts (external_id varchar, is_wanted boolean, "
            "content varchar, domain varchar, tier varchar, score double, is_qualified boolean, "
            f"qualified_on varchar, {', '.join(f'{name} varchar' for name in others)});"
            "create table crm_sync.acknowledgements (object varchar, external_id varchar, "
            "content_hash varchar, content varchar, acknowledged_at timestamp)"
        )
        for step in range(30):
            for name in names:
                if step == 0 or random.random() < 0.3:
                    field = random.choice(list(fields))
                    chosen = list(fields) if step == 0 else [field]
                    values[name].update({key: random.choice(fields[key]) for key in chosen})
            connection.execute("delete from intermediate.int_crm_accounts")
            for name in names:
                content = {key: value for key, value in values[name].items() if value is not None}
                # In one order, as the macro writes them.
                ordered = {key: content[key] for key in fields if key in content}
                connection.execute(
                    "insert into intermediate.int_crm_accounts (external_id, is_wanted, content) "
                    "values (?, ?, ?)",
                    [name, name != "a0", json.dumps(ordered, separators=(",", ":"))],
                )
            waiting = {row["external_id"]: row for row in query(connection, sql)}
            expected = {
                name
                for name in names
                if (name in acknowledged or name != "a0")
                and any(
                    value is not None and acknowledged.get(name, {}).get(key) != value
                    for key, value in values[name].items()
                )
            }
            assert set(waiting) == expected
            for name, row in waiting.items():
                assert row["sync_action"] == ("update" if name in acknowledged else "create")
                if random.random() < 0.4:
                    continue  # Not written this time: it waits on.
                crm.setdefault(name, {}).update(json.loads(row["content"]))
                acknowledged[name] = json.loads(row["content"])
                at = datetime(2024, 4, 1) + timedelta(minutes=step)
                written = ("account", name, row["content_hash"], row["content"], at)
                insert(connection, "crm_sync.acknowledgements", [written])
            still_waiting = {row["external_id"] for row in query(connection, sql)}
            assert still_waiting == set(waiting) - {
                name
                for name in waiting
                if acknowledged.get(name) == json.loads(waiting[name]["content"])
            }
            # What does not wait is there: every value, and none was lost where there is none now.
            for name in set(crm) - still_waiting:
                for key, value in values[name].items():
                    if value is not None:
                        assert crm[name][key] == value, (name, key)
        assert "a0" not in crm
        assert any(
            value is None and key in crm[name]
            for name in crm
            for key, value in values[name].items()
        )
