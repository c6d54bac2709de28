"""The same facts give the same result, whichever vendor tracked them.

Random worlds stand side by side in one database per vendor. The plain contract's result is compared
with the oracle, that of each vendor with the plain contract's, row by row.

``PQL_VENDOR_SHAPES_SEED`` makes other worlds; a failure names the seed.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

import pytest
import vendor_shapes as shapes
from comparison import as_of_in, differences
from harness import Project, Rows, columns_of, write_parquet
from oracle import Oracle
from table_comparison import Cells, Table, assert_same, rows_of

SEED = int(os.environ.get("PQL_VENDOR_SHAPES_SEED", "1"))
WORLDS = 8
LATEST_PLAUSIBLE_ON = date(2024, 12, 31)
# What becomes known later no result may know.
AS_OF = shapes.at(shapes.LAST_OFFSET - 10).date()
VENDORS = [name for name in shapes.SHAPES if name != "raw"]

# The activity on `*` comes with a signal and a definition of its own: vendors differ in it.
EVERY_EVENT = "any_event"
ACTIVITIES = [
    {
        "activity_key": "project",
        "event_name": "Project Created",
        "object_property": "project_id",
        "value_property": "seats",
    },
    {
        "activity_key": "big_project",
        "event_name": "Project Created",
        "property": "seats",
        "operator": ">=",
        "property_value": "5",
    },
    {
        "activity_key": "mailed_report",
        "event_name": "Report Shared",
        "property": "channel",
        "operator": "=",
        "property_value": "email",
        "object_property": "report_no",
    },
    {
        "activity_key": "public_report",
        "event_name": "Report Shared",
        "property": "is_public",
        "operator": "=",
        "property_value": "true",
    },
    {"activity_key": "export", "event_name": "Export Run", "value_property": "amount"},
    {"activity_key": "message", "event_name": "Message Sent"},
    {
        "activity_key": "named_project",
        "event_name": "Project Created",
        "property": "project_id",
        "operator": "exists",
    },
    {"activity_key": EVERY_EVENT, "event_name": "*"},
]
SIGNALS = [
    {"signal_key": "projects_14d", "activity_key": "project", "measure": "events"}
    | {"window_days": "14", "threshold": "1"},
    {"signal_key": "different_projects", "activity_key": "project", "measure": "distinct_objects"}
    | {"window_days": "30", "threshold": "2"},
    {"signal_key": "seats", "activity_key": "project", "measure": "sum", "threshold": "5"},
    {"signal_key": "big_projects", "activity_key": "big_project", "measure": "active_days"}
    | {"window_days": "30", "threshold": "1"},
    {"signal_key": "mailed", "activity_key": "mailed_report", "measure": "events"}
    | {"decay_every_days": "7", "decay_rate": "0.25", "threshold": "0.5"},
    {"signal_key": "public_first_weeks", "activity_key": "public_report", "measure": "events"}
    | {"within_days_of_signup": "20", "threshold": "1"},
    {"signal_key": "amount", "activity_key": "export", "measure": "average"}
    | {"window_days": "30", "threshold": "1"},
    {"signal_key": "writers", "activity_key": "message", "measure": "active_users"}
    | {"window_days": "14", "threshold": "2"},
    {"signal_key": "silent", "activity_key": "message", "measure": "days_since_last"}
    | {"threshold": "14"},
    {"signal_key": "named", "activity_key": "named_project", "measure": "days_since_first"}
    | {"threshold": "3"},
    {"signal_key": "age", "measure": "days_since_signup", "threshold": "30"},
    {"signal_key": "large", "attribute": "employee_count", "measure": "attribute"}
    | {"threshold": "50"},
    {"signal_key": EVERY_EVENT, "activity_key": EVERY_EVENT, "measure": "events"}
    | {"window_days": "7", "threshold": "1"},
]
POINTS = {
    "projects_14d": "10",
    "different_projects": "8",
    "seats": "7",
    "big_projects": "6",
    "mailed": "5",
    "public_first_weeks": "5",
    "amount": "4",
    "writers": "12",
    "silent": "-9",
    "named": "3",
    "age": "2",
    "large": "6",
}
OF_USERS = [key for key in POINTS if key not in ("writers", "large")]
DEFINITIONS = {
    "new_team": ("account", "prospect", "20", "12", list(POINTS)),
    "paying_team": ("account", "customer", "15", "15", list(POINTS)),
    "maker": ("user", "all", "14", "8", OF_USERS),
    EVERY_EVENT: ("user", "all", "1", "1", [EVERY_EVENT]),
}
SEEDS: dict[str, Rows] = {
    "pql_activities": ACTIVITIES,
    "pql_signals": [{"kind": "depth", "operator": ">=", **signal} for signal in SIGNALS],
    "pql_definitions": [
        {
            "definition_key": key,
            "entity_type": entity_type,
            "audience": audience,
            "enter_threshold": enter,
            "exit_threshold": leave,
            "is_active": "true",
        }
        for key, (entity_type, audience, enter, leave, _) in DEFINITIONS.items()
    ],
    "pql_weights": [
        {
            "definition_key": key,
            "signal_key": signal_key,
            "points": POINTS.get(signal_key, "1"),
            "is_required": "false",
        }
        for key, (*_, signal_keys) in DEFINITIONS.items()
        for signal_key in signal_keys
    ],
    "pql_tiers": [],
    "pql_approved_thresholds": [],
}
# Compared whole, without what the activity on `*` adds.
MARTS = {
    "fct_user_activity_daily": "activity_key",
    "fct_signal_history": "signal_key",
    "fct_score_history": "definition_key",
    "fct_status_history": "definition_key",
    "fct_pql_transitions": "definition_key",
    "fct_score_explanations": "definition_key",
    "fct_conversions": None,
    "dim_users": None,
    "dim_accounts": None,
}
# Read to see what the facts hold.
OF_THE_FACTS = ("rpt_row_accounting", "fct_quarantined_rows", "rpt_identity_conflicts")


@dataclass(frozen=True)
class Built:
    """One project per vendor, run on the same facts."""

    facts: shapes.Facts
    tables: shapes.Tables
    projects: dict[str, Project]

    def marts(self, vendor: str) -> dict[str, Table]:
        """Return the compared marts of a vendor."""
        found = {}
        with self.projects[vendor].connect() as connection:
            for mart, key in MARTS.items():
                columns = connection.execute(f"describe marts.{mart}").fetchall()
                where = f" where {key} <> '{EVERY_EVENT}'" if key else ""
                found[mart] = Table(
                    tuple((name, data_type) for name, data_type, *_ in columns),
                    rows_of(connection, f"marts.{mart}{where}", [name for name, *_ in columns]),
                )
        return found

    def expected(self, vendor: str) -> dict[str, Table]:
        """Return what the marts of a vendor are to hold: those of the plain contract.

        That has every address from the start; vendors that tell it with each event have it once
        something of the user is known.
        """
        marts = self.marts("raw")
        if vendor in shapes.KEEP_CALLS_AS_EVENTS:
            told = {call.user_id for call in self.facts.identifies if call.known_on() <= AS_OF}
            told |= {
                event.user_id
                for event in self.facts.events
                for received_at in event.arrivals()
                if shapes.known_on(event.occurred_at, received_at) <= AS_OF
            }
            users = marts["dim_users"]
            names = [name for name, _ in users.columns]
            key, address = names.index("user_id"), names.index("email")
            rows: Counter[Cells] = Counter()
            for row, count in users.rows.items():
                is_told = row[key] in told
                rows[(*row[:address], row[address] if is_told else None, *row[address + 1 :])] += (
                    count
                )
            marts["dim_users"] = Table(users.columns, rows)
        return marts

    def counts(self, vendor: str, sql: str) -> Counter[str]:
        """Return what a query counts by its first column."""
        rows = (list(row.values()) for row in self.projects[vendor].query(sql))
        return Counter({key: int(count) for key, count in rows})


def built_project(
    folder: Path, vendor: str, tables: shapes.Tables, business: shapes.Tables
) -> Project:
    """Build the project on one vendor's tables and the rows of the business system."""
    project = Project(
        folder,
        raw_tables=business,
        seeds=SEEDS,
        variables={
            "pql_event_sources": [vendor],
            "pql_latest_plausible_on": LATEST_PLAUSIBLE_ON,
            "pql_as_of": AS_OF,
            "pql_internal_email_domains": [shapes.INTERNAL_DOMAIN],
        },
        has_calibration=False,
    )
    source_folder = project.raw_path / ("" if vendor == "raw" else vendor)
    source_folder.mkdir(exist_ok=True)
    for table, rows in tables.items():
        write_parquet(source_folder / f"{table}.parquet", rows, columns_of(rows))
    marts = [f"+{mart}" for mart in (*MARTS, *OF_THE_FACTS)]
    no_tests = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
    project.build("--select", *marts, *no_tests, "--threads", "1").check()
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    facts = shapes.joined(
        [
            shapes.random_facts(f"w{number}", Random(f"facts {SEED} {number}"))
            for number in range(WORLDS)
        ]
    )
    business = {"accounts": facts.accounts, "subscriptions": facts.subscriptions}
    tables = {
        vendor: write(facts, Random(f"{vendor} {SEED}")) for vendor, write in shapes.SHAPES.items()
    }
    projects = {
        vendor: built_project(tmp_path_factory.mktemp(vendor), vendor, tables[vendor], business)
        for vendor in shapes.SHAPES
    }
    return Built(facts, tables["raw"] | business, projects)


def test_the_facts_are_worth_comparing(built: Built) -> None:
    """Each kind of fact that the shapes tell in their own ways is there, and has consequences."""
    marts = built.marts("raw")
    assert all(table.rows.total() > 3 for name, table in marts.items() if name != "fct_conversions")
    counted = {
        "marts.fct_user_activity_daily": {
            "arrived late": "known_on > occurred_on",
            "is a historical load": "received_on > known_on",
            "has an account": "account_id is not null",
            "has no user": "user_id is null",
        },
        "intermediate.int_activities_identified": {"was anonymous": "is_stitched"},
        "marts.fct_quarantined_rows": {
            "is nobody's": "reason = 'no_user_or_account'",
            "arrived before it occurred": "reason = 'occurred_after_received'",
        },
        "marts.rpt_row_accounting": {
            "is a copy": "raw_table = 'events' and rows_duplicate > 0",
            "is an internal user's": "raw_table = 'events' and rows_set_aside > 0",
        },
        "marts.rpt_identity_conflicts": {"is a shared device": "true"},
    }
    for table, conditions in counted.items():
        for kind, condition in conditions.items():
            (found,) = built.projects["raw"].query(
                f"select count(*) as rows_found from {table} where {condition}"
            )
            assert found["rows_found"], f"nothing {kind}, seed {SEED}"


def test_the_plain_contract_agrees_with_the_oracle(built: Built) -> None:
    # The oracle is told who is internal; the models read it from the address.
    users = [
        {**user, "is_internal": user["email"].endswith("@" + shapes.INTERNAL_DOMAIN)}
        for user in built.tables["users"]
    ]
    oracle = Oracle(
        {**built.tables, "users": users},
        SEEDS,
        as_of=AS_OF,
        latest_plausible_on=LATEST_PLAUSIBLE_ON,
    )
    with built.projects["raw"].connect() as connection:
        assert as_of_in(connection) == oracle.as_of
        found = differences(connection, oracle, after_as_of=3)
    assert not found, f"seed {SEED}: {len(found)} differences, the first: {found[0]}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_gives_what_the_plain_contract_gives(built: Built, vendor: str) -> None:
    assert_same(built.marts(vendor), built.expected(vendor), f"vendor {vendor}, seed {SEED}")


@pytest.mark.parametrize("vendor", VENDORS)
def test_only_an_activity_on_every_event_sees_what_a_vendor_adds(built: Built, vendor: str) -> None:
    """Amplitude and PostHog keep identify calls as events; Segment keeps them apart."""
    per_user = (
        "select user_id, sum(event_count) from marts.fct_user_activity_daily"
        f" where activity_key = '{EVERY_EVENT}' and user_id is not null group by user_id"
    )
    expected = built.counts("raw", per_user)
    if vendor in shapes.KEEP_CALLS_AS_EVENTS:
        calls = Counter(call.user_id for call in built.facts.identifies if call.known_on() <= AS_OF)
        expected += Counter({user_id: calls[user_id] for user_id in expected})
    assert built.counts(vendor, per_user) == expected


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_same_rows_cannot_be_used(built: Built, vendor: str) -> None:
    per_reason = (
        "select reason, count(*) from marts.fct_quarantined_rows where raw_table = 'events'"
        " group by reason"
    )
    assert built.counts(vendor, per_reason) == built.counts("raw", per_reason)
    rows_in, duplicates = (
        f"select raw_table, {column} from marts.rpt_row_accounting where raw_table = 'events'"
        for column in ("rows_in", "rows_duplicate")
    )
    added = len(built.facts.identifies) if vendor in shapes.KEEP_CALLS_AS_EVENTS else 0
    assert built.counts(vendor, rows_in)["events"] == built.counts("raw", rows_in)["events"] + added
    assert built.counts(vendor, duplicates) == built.counts("raw", duplicates)
