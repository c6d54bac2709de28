"""What a user can do between builds (docs/operations.md) ends in the tables of a clean build."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

import duckdb
import pytest
from dbt import tracking
from harness import DbtOutcome, Row, Rows
from increments import NO_TESTS, QUICKLY, SELECTION, IncrementalProject
from strategies import LATEST_PLAUSIBLE_ON
from table_comparison import assert_same

from python_udfs.dbt_database import release_database

FORGOTTEN = "u_to_be_forgotten"

DEFINITIONS: dict[str, Rows] = {
    "pql_activities": [{"activity_key": "session", "event_name": "session"}],
    "pql_signals": [
        {
            "signal_key": "sessions",
            "activity_key": "session",
            "measure": "events",
            "window_days": "10",
            "operator": ">=",
            "threshold": "2",
            "kind": "frequency",
            "reason_template": "{value} sessions",
            "description": "Sessions",
        }
    ],
    "pql_definitions": [
        {
            "definition_key": f"engaged_{entity_type}",
            "entity_type": entity_type,
            "audience": "all",
            "enter_threshold": "10",
            "exit_threshold": "10",
            "is_active": "true",
            "description": "Engaged",
        }
        for entity_type in ("account", "user")
    ],
    "pql_weights": [
        {
            "definition_key": f"engaged_{entity_type}",
            "signal_key": "sessions",
            "points": "10",
            "is_required": "false",
        }
        for entity_type in ("account", "user")
    ],
    "pql_tiers": [],
    "pql_approved_thresholds": [],
}


def session(number: int, day: int, user: str) -> Row:
    """A session on a day of January 2024."""
    return {
        "event_id": f"e{number}",
        "event_name": "session",
        "occurred_at": f"2024-01-{day:02} 10:00:00",
        "received_at": f"2024-01-{day:02} 10:00:01",
        "user_id": user,
    }


def raw_tables(events: Rows, users: Mapping[str, str]) -> dict[str, Rows]:
    """Raw tables with these events, and users with their accounts."""
    return {
        "events": events,
        "users": [
            {"user_id": user, "account_id": account, "created_at": "2024-01-01 00:00:00"}
            for user, account in users.items()
        ],
        "accounts": [
            {"account_id": account, "created_at": "2024-01-01 00:00:00"}
            for account in sorted(set(users.values()))
        ],
        "subscriptions": [],
        "merges": [],
    }


USERS = {"u1": "a1", "u2": "a2", FORGOTTEN: "a2"}
EVENTS = [
    session(1, 2, "u1"),
    session(2, 3, "u1"),
    session(3, 3, FORGOTTEN),
    session(4, 4, FORGOTTEN),
    session(5, 5, "u2"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[IncrementalProject, Path]:
    """One copy of the project, built once, and its database to begin every test with."""
    project = IncrementalProject(tmp_path_factory.mktemp("operations"))
    project.write_raw(raw_tables(EVENTS, USERS), "csv")
    project.write_seeds(DEFINITIONS)
    build(project)
    database = project.folder / "built.duckdb"
    shutil.copy(project.database_path, database)
    return project, database


@pytest.fixture
def project(built: tuple[IncrementalProject, Path]) -> IncrementalProject:
    """A project that was built once."""
    project, database = built
    project.empty_database()
    project.write_raw(raw_tables(EVENTS, USERS), "csv")
    project.write_seeds(DEFINITIONS)
    shutil.copy(database, project.database_path)
    return project


def build(project: IncrementalProject, *arguments: str) -> None:
    """Build everything but the calibration, seeds included."""
    project.invoke_on(None, "build", *NO_TESTS, *arguments)


def operate(project: IncrementalProject, operation: str, arguments: str) -> DbtOutcome:
    """Run an operation with its arguments as YAML."""
    command = ("run-operation", operation, "--args", arguments)
    return project.dbt(*command)


def assert_equals_a_clean_build(project: IncrementalProject) -> None:
    """Compare every table with those of a build of the same files in a new database."""
    found = project.tables()
    project.empty_database()
    build(project)
    assert_same(found, project.tables(), "", with_logs=False)


def texts_anywhere(project: IncrementalProject, text: str) -> list[str]:
    """Names of the tables in which a text stands."""
    with project.connect() as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and database_name = current_database() and not internal"
        ).fetchall()
        return [
            f"{schema}.{table}"
            for schema, table, column in columns
            if connection.execute(
                f'select count(*) from "{schema}"."{table}" where "{column}" = ?', [text]
            ).fetchall()[0][0]
        ]


ALERTS = "select entity_id, alert_status, reported_on from marts.fct_pql_alerts order by all"
WAITING = "select external_id, sync_action from marts.fct_crm_account_sync order by all"


def test_a_day_adds_its_alerts_once_and_waits_for_the_crm_until_it_acknowledges(
    project: IncrementalProject,
) -> None:
    first_day, second_day = date(2024, 1, 5), date(2024, 1, 7)
    first = [
        {"entity_id": "a1", "alert_status": "sent", "reported_on": first_day},
        {"entity_id": "a2", "alert_status": "sent", "reported_on": first_day},
        # Users of accounts that are alerted themselves.
        {"entity_id": "u1", "alert_status": "cooldown", "reported_on": first_day},
        {"entity_id": FORGOTTEN, "alert_status": "cooldown", "reported_on": first_day},
    ]
    assert project.query(ALERTS) == first
    assert project.query(WAITING) == [
        {"external_id": account, "sync_action": "create"} for account in ("a1", "a2")
    ]

    operate(project, "acknowledge_crm_sync", "{object: account, external_ids: [a1]}").check()
    assert [row["external_id"] for row in project.query(WAITING)] == ["a2"]
    for arguments, error in (
        ("{object: lead}", "object is 'lead', which is neither account nor contact"),
        ("{object: account, external_ids: a2}", "external_ids is 'a2', which is no list"),
        ("{object: account, external_ids: [a2, a1]}", "'a1' does not wait in fct_crm_account_sync"),
    ):
        assert error in operate(project, "acknowledge_crm_sync", arguments).text
    assert [row["external_id"] for row in project.query(WAITING)] == ["a2"]
    operate(project, "acknowledge_crm_sync", "{object: account}").check()
    assert project.query(WAITING) == []

    build(project, "--full-refresh")
    assert project.query(WAITING) == []
    assert project.query(ALERTS) == first

    users = {**USERS, "u3": "a3"}
    events = [*EVENTS, session(6, 6, "u3"), session(7, 7, "u3"), session(8, 7, "u1")]
    project.write_raw(raw_tables(events, users), "csv")
    build(project)
    second = [
        {"entity_id": "a3", "alert_status": "sent", "reported_on": second_day},
        {"entity_id": "u3", "alert_status": "cooldown", "reported_on": second_day},
    ]
    assert project.query(ALERTS) == sorted([*first, *second], key=lambda row: row["entity_id"])
    assert project.query(WAITING) == [
        {"external_id": "a1", "sync_action": "update"},
        {"external_id": "a3", "sync_action": "create"},
    ]


def test_rows_corrected_in_place_count_after_a_replay(project: IncrementalProject) -> None:
    corrected = [{**EVENTS[0], "user_id": "u2"}, *EVENTS[1:]]
    project.write_raw(raw_tables(corrected, USERS), "csv")
    wrong = operate(project, "replay", "{arrived_from: January}")
    assert "arrived_from is 'January', which is no day" in wrong.text

    operate(project, "replay", "{arrived_from: 2024-01-02}").check()
    build(project)
    (row,) = project.query(
        "select event_count from marts.fct_account_activity_daily "
        "where account_id = 'a2' and activity_date = '2024-01-02'"
    )
    assert row == {"event_count": 1}
    assert_equals_a_clean_build(project)


def test_an_account_has_no_score_of_users_that_are_gone_and_whose_events_are_of_others_now(
    project: IncrementalProject,
) -> None:
    tables = raw_tables([{**event, "user_id": "u1"} for event in EVENTS], {"u1": "a1"})
    tables["accounts"] = raw_tables([], USERS)["accounts"]
    project.write_raw(tables, "csv")
    operate(project, "replay", "{arrived_from: 2024-01-02}").check()
    build(project)
    assert_equals_a_clean_build(project)


def test_a_forgotten_user_is_nowhere(project: IncrementalProject) -> None:
    """Nor does the next user, which did nothing, or a day with as many rows keep its past."""
    arguments = f"{{entity_type: user, entity_id: {FORGOTTEN}}}"
    refused = operate(project, "forget_entity", arguments)
    assert "still have rows" in refused.text
    assert "2 in events, 1 in users" in refused.text
    assert "marts.fct_pql_reported" in texts_anywhere(project, FORGOTTEN)

    events, users = without_forgotten("u1")
    project.write_raw(raw_tables(events, {**users, "zz_newest": "a2"}), "csv")
    operate(project, "forget_entity", arguments).check()
    build(project)
    assert texts_anywhere(project, FORGOTTEN) == []
    assert_equals_a_clean_build(project)


def without_forgotten(another: str) -> tuple[Rows, dict[str, str]]:
    """Events and users without the forgotten one; another user was active in its place."""
    events = [
        {**event, "event_id": f"other-{event['event_id']}", "user_id": another}
        if event["user_id"] == FORGOTTEN
        else event
        for event in EVENTS
    ]
    users = {user: account for user, account in USERS.items() if user != FORGOTTEN}
    return events, {**users, another: "a1"}


def test_forgetting_is_refused_where_it_would_not_be_what_was_meant(
    project: IncrementalProject,
) -> None:
    def refusal(entity: str) -> str:
        return operate(project, "forget_entity", f"{{entity_type: user, entity_id: {entity}}}").text

    assert "entity_id was read as 15, which is no text. Write it in quotes" in refusal("0017")
    assert "nothing is kept of a user 'u_typo'. Check the id." in refusal("u_typo")
    tables = raw_tables(*without_forgotten("u2"))
    merge = {"entity_type": "user", "merged_id": "x", "canonical_id": FORGOTTEN}
    tables["merges"] = [{**merge, "merged_at": "2024-01-02 00:00:00"}]
    project.write_raw(tables, "csv")
    project.run("--select", "stg_raw__merges").check()
    assert f"rows of user '{FORGOTTEN}': 1 in merges." in refusal(FORGOTTEN)
    project.empty_database()
    assert "forget_entity: nothing was built yet, so nothing is kept." in refusal(FORGOTTEN)


def test_the_crm_still_holds_the_account_of_a_forgotten_contact(
    project: IncrementalProject,
) -> None:
    operate(project, "acknowledge_crm_sync", "{object: account}").check()
    project.write_raw(raw_tables(*without_forgotten("u1")), "csv")
    operate(project, "forget_entity", f"{{entity_type: user, entity_id: {FORGOTTEN}}}").check()
    build(project)
    assert texts_anywhere(project, FORGOTTEN) == []
    # That it is no longer qualified is told; it is not made anew.
    assert {"external_id": "a2", "sync_action": "update"} in project.query(WAITING)


def test_a_run_of_a_part_that_is_undone_leaves_nothing(project: IncrementalProject) -> None:
    more = [*EVENTS, session(6, 5, "u1"), session(7, 5, "u1")]
    project.write_raw(raw_tables(more, USERS), "csv")
    project.run("--select", "int_event_activities+,tag:engine").check()
    project.write_raw(raw_tables(EVENTS, USERS), "csv")
    build(project)
    assert_equals_a_clean_build(project)


def test_what_was_reported_stays_when_a_definition_changes(project: IncrementalProject) -> None:
    def reports() -> list[tuple[str, str | None, bool]]:
        return [
            (row["transition"], row["ended_by"], row["is_qualified"])
            for row in project.query(
                "from marts.fct_pql_reported where entity_id = 'u1' order by report_number"
            )
        ]

    assert reports() == [("qualified", None, True)]
    build(project)
    assert reports() == [("qualified", None, True)]

    fewer_points = [{**row, "points": "9"} for row in DEFINITIONS["pql_weights"]]
    project.write_seeds({"pql_weights": fewer_points})
    build(project)
    assert project.query("from marts.fct_pql_transitions") == []
    assert reports() == [("qualified", None, True), ("lapsed", "revised", False)]

    project.write_seeds(DEFINITIONS)
    build(project, "--full-refresh")
    assert reports()[2:] == [("requalified", None, True)]


def test_a_full_refresh_of_a_part_of_the_engine_is_refused(project: IncrementalProject) -> None:
    before = project.query("from marts.fct_score_history order by all")
    command = ("run", "--full-refresh", "--select", "int_score_history")
    outcome = project.dbt(*command)
    assert "A full refresh of a part of the scoring engine is not possible" in outcome.text
    assert "--select +tag:engine" in outcome.text
    assert project.query("from marts.fct_score_history order by all") == before


def test_what_lands_while_a_build_runs_is_read_by_the_next(tmp_path: Path) -> None:
    project = IncrementalProject(tmp_path)
    project.write_raw(raw_tables([*EVENTS, session(6, 3, "u2")], USERS), "csv")
    events = project.raw_path / "events.csv"
    later = events.rename(tmp_path / "later.csv")
    project.write_raw(raw_tables(EVENTS, USERS), "csv")
    project.write_seeds(DEFINITIONS)
    # The events of the build were read when this model runs.
    with (project.root / "models/intermediate/events/int_as_of.sql").open("a") as model:
        model.write(
            f"""{{% if execute %}}{{% do run_query("copy (from read_csv('{later}',"
            ~ " all_varchar = true)) to '{events}' (header)") %}}{{% endif %}}\n"""
        )
    project.parse_once(pql_as_of=LATEST_PLAUSIBLE_ON)
    build(project)
    assert project.query("select count(*) as days from marts.fct_account_activity_daily") == [
        {"days": 5}
    ]
    build(project)
    (row,) = project.query(
        "select event_count from marts.fct_account_activity_daily "
        "where account_id = 'a2' and activity_date = '2024-01-03'"
    )
    assert row == {"event_count": 2}
    assert_equals_a_clean_build(project)


def test_a_build_without_rows_is_nothing_to_go_on_from(project: IncrementalProject) -> None:
    reports = project.query("from marts.fct_pql_reported order by all")
    build(project, "--empty")
    assert project.query("from marts.fct_score_history") == []
    build(project)
    assert project.query("from marts.fct_pql_reported order by all") == reports
    assert_equals_a_clean_build(project)


def test_what_a_run_that_did_not_come_to_its_end_had_made_of_a_change_that_was_undone_is_gone(
    project: IncrementalProject,
) -> None:
    before = project.tables()

    def run_half_way() -> None:
        project.dbt("build", *NO_TESTS, "--select", "+int_status_history").check()

    project.write_raw(raw_tables([*EVENTS, session(6, 4, "u1")], {**USERS, "u2": "a1"}), "csv")
    run_half_way()
    project.write_raw(raw_tables(EVENTS, USERS), "csv")
    build(project)
    assert_same(project.tables(), before, "a load that was undone", with_logs=False)

    fewer_points = [{**row, "points": "9"} for row in DEFINITIONS["pql_weights"]]
    project.write_seeds({"pql_weights": fewer_points})
    run_half_way()
    project.write_seeds(DEFINITIONS)
    build(project)
    assert_same(project.tables(), before, "a weight that was changed back", with_logs=False)


def test_users_follow_accounts_that_were_merged_into_theirs_and_what_is_not_listed_any_more_goes(
    project: IncrementalProject,
) -> None:
    of_customers = [{**row, "audience": "customer"} for row in DEFINITIONS["pql_definitions"]]
    project.write_seeds({"pql_definitions": of_customers})
    events = [
        *EVENTS,
        *(session(6 + n, 3, user) for n, user in enumerate(("u2", "u2", "u3", "u3"))),
    ]
    tables = raw_tables(events, {**USERS, "u3": "a3"})

    def deliver(
        listed: Sequence[str], payers: Sequence[str], merges: Mapping[tuple[str, str], int]
    ) -> None:
        accounts = [
            {"account_id": account, "created_at": "2024-01-01 00:00:00"} for account in listed
        ]
        subscriptions = [
            {"subscription_id": payer, "account_id": payer, "mrr_amount": "10"}
            | {"started_at": "2024-01-02 00:00:00"}
            for payer in payers
        ]
        merge_rows = [
            {"entity_type": "account", "merged_id": merged, "canonical_id": canonical}
            | {"merged_at": f"2024-01-{day:02} 00:00:00"}
            for (merged, canonical), day in merges.items()
        ]
        changed = {"accounts": accounts, "subscriptions": subscriptions, "merges": merge_rows}
        project.write_raw({**tables, **changed}, "csv")
        build(project)

    def qualified_on(user: str) -> list[int]:
        return [
            row["transitioned_on"].day
            for row in project.query(
                "from marts.fct_pql_transitions "
                f"where entity_id = '{user}' and transition = 'qualified'"
            )
        ]

    deliver(["a1", "a4", "a5"], ["a1"], {("a1", "a2"): 3, ("a4", "a3"): 3})
    assert (qualified_on("u2"), qualified_on("u3")) == ([3], [])
    deliver(["a1", "a4"], ["a1", "a4"], {("a1", "a2"): 5, ("a4", "a3"): 3})
    assert (qualified_on("u2"), qualified_on("u3")) == ([5], [3])
    became = "select account_id, merged_into_account_id as became from marts.dim_accounts"
    assert {row["account_id"]: row["became"] for row in project.query(became)} == {
        "a1": "a2",
        "a2": None,
        "a3": None,
        "a4": "a3",
    }


def test_nothing_is_said_of_days_after_an_as_of_day_that_moved_back(
    project: IncrementalProject,
) -> None:
    tables = raw_tables([*EVENTS, session(6, 20, "u3")], {**USERS, "u3": "a3"})
    project.write_raw(tables, "csv")
    build(project)
    lapsed = (
        "select distinct transitioned_on from marts.fct_pql_transitions where transition = 'lapsed'"
    )
    assert project.query(lapsed) != []

    internal = [{**row, "is_internal": row["user_id"] == "u3"} for row in tables["users"]]
    project.write_raw({"users": internal}, "csv")
    build(project)
    assert project.query("from intermediate.int_as_of") == [{"as_of_on": date(2024, 1, 5)}]
    assert project.query(lapsed) == []


def test_a_row_of_the_future_counts_once_its_day_has_come(
    project: IncrementalProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build_on(day: int) -> None:
        started_at = datetime(2024, 1, day, 12, tzinfo=timezone.utc)
        # A property stands before what dbt gives to the object.
        clock = property(lambda _: started_at, lambda *_: None)
        monkeypatch.setattr(tracking.User, "run_started_at", clock, raising=False)
        arguments = ("build", *NO_TESTS, *SELECTION, *QUICKLY)
        project.dbt(*arguments, pql_latest_plausible_on=None, pql_as_of=None).check()

    counted = (
        "select count(*) as n from intermediate.int_events_daily where occurred_on > '2024-01-05'"
    )
    of_the_future = {**session(6, 20, "u1"), "received_at": None}
    project.write_raw(raw_tables([*EVENTS, of_the_future], USERS), "csv")
    build_on(10)
    assert project.query(counted) == [{"n": 0}]
    build_on(19)
    assert project.query(counted) == [{"n": 1}]
    found = project.tables()
    project.empty_database()
    build_on(19)
    assert_same(found, project.tables(), "", with_logs=False)


def test_models_run_one_by_one_say_no_transition_twice(project: IncrementalProject) -> None:
    project.write_raw(raw_tables([*EVENTS, session(6, 20, "u2")], USERS), "csv")
    build(project)
    transitions = project.query("from marts.fct_pql_transitions order by all")
    for model in ("int_build_plan", "int_pql_transitions"):
        project.dbt("run", "--select", model).check()
    assert project.query("from marts.fct_pql_transitions order by all") == transitions


def test_a_build_that_did_not_come_to_its_end_is_begun_anew(project: IncrementalProject) -> None:
    project.empty_database()
    for command in (("seed",), ("run", "--select", "+int_entity_keys")):
        project.dbt(*command).check()
    build(project)
    assert_equals_a_clean_build(project)


def test_tables_of_another_version_are_built_anew_by_a_full_refresh(
    project: IncrementalProject,
) -> None:
    release_database()
    with duckdb.connect(str(project.database_path)) as connection:
        connection.execute("alter table builds.last_entity_rows drop column user_id")
    outcome = project.dbt("run")
    assert "were built by another version of the project: builds.last_entity_rows" in outcome.text
    assert "dbt build --full-refresh" in outcome.text
    build(project, "--full-refresh")
    assert_equals_a_clean_build(project)
