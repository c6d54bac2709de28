"""Bad input: wrong files, wrong definitions, wrong rows; and runs on nothing, and runs repeated.

A wrong file or definition fails the run with a message that says what to do, and leaves the marts
of the last good run as they were. A wrong row goes to quarantine, and the scores are those of the
data without it.

One copy of the project serves all tests; each leaves the good raw files and seeds behind.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan
from pathlib import Path
from typing import Any

import pytest
from harness import RAW_COLUMNS, DbtOutcome, Project, Row, environment_variables, query
from table_comparison import HISTORY, LOGS, NOT_COMPARED, REPORTED

Tables = Mapping[str, list[str]]
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test", "--exclude", "path:tests/macros")
NO_TESTS = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
SIGNED_UP = datetime(2024, 6, 1, 8, 0)
LAST_DAY = datetime(2024, 6, 20, 12, 0)


# ---------------------------------------------------------------------------------------------
# Good input
# ---------------------------------------------------------------------------------------------


def event(event_id: str, name: str, days_ago: int, user: str, **columns: Any) -> Row:
    row = {
        "event_id": event_id,
        "event_name": name,
        "occurred_at": LAST_DAY - timedelta(days=days_ago),
        "received_at": None,
        "user_id": user,
        "anonymous_id": None,
        "account_id": None,
        "properties": None,
    }
    return {**row, **columns}


GOOD_EVENTS = [
    *(
        event(f"session-{days_ago}", "session_started", days_ago, "ann", properties=minutes)
        for days_ago, minutes in enumerate(('{"duration_minutes": 20}',) * 5)
    ),
    event("onboarding", "onboarding_completed", 15, "ann"),
    event("request", "enterprise_requested", 3, "ann"),
    event("invite", "teammate_invited", 2, "ann"),
    event("invite", "teammate_invited", 2, "ann", received_at=LAST_DAY),
    event("other", "session_started", 2, "cat", properties='{"duration_minutes": 2}'),
    event("ours", "session_started", 1, "staff"),
    # Exactly 24 hours before it happened: the clock of the device may be wrong by so much.
    event("early", "limit_reached", 1, "ben", received_at=LAST_DAY - timedelta(days=2)),
    event("abroad", "pricing_viewed", 0, "ben", occurred_at=datetime(2024, 6, 19, 23, 30)),
]
GOOD_RAW: dict[str, list[Row]] = {
    "events": GOOD_EVENTS,
    "users": [
        {"user_id": user, "account_id": account, "created_at": SIGNED_UP, "is_internal": internal}
        for user, account, internal in (
            ("ann", "acme", False),
            ("ben", "acme", False),
            ("cat", "bolt", False),
            ("staff", "acme", True),
        )
    ],
    "accounts": [
        {"account_id": "acme", "created_at": SIGNED_UP, "employee_count": 80},
        {"account_id": "bolt", "created_at": SIGNED_UP, "employee_count": None},
    ],
    "subscriptions": [
        {
            "subscription_id": "bolt-pro",
            "account_id": "bolt",
            "mrr_amount": 99,
            "started_at": datetime(2024, 6, 18),
            "ended_at": None,
            "recorded_at": None,
        }
    ],
    "leads": [{"lead_id": "lead", "account_id": "acme", "kind": "mql", "created_at": SIGNED_UP}],
    "touches": [{"touch_id": "call", "account_id": "acme", "touched_at": LAST_DAY}],
    "spend": [{"acquisition_channel": "ads", "spent_on": "2024-06-01", "amount": "10.00"}],
}


def shipped_seeds(project: Project) -> Path:
    """Where the fixture keeps the seeds as they were copied."""
    return project.folder / "shipped_seeds"


def seed_rows(project: Project, seed: str) -> list[dict[str, str]]:
    with (shipped_seeds(project) / f"{seed}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def restore(project: Project) -> None:
    """Write the good raw files and the shipped seeds."""
    project.write_raw(GOOD_RAW)
    shutil.copytree(shipped_seeds(project), project.root / "seeds", dirs_exist_ok=True)


def tables_of(project: Project, *schemas: str) -> Tables:
    """Every row of every table and mart as text, by name; of all schemas when none is named."""
    with project.connect() as connection:
        names = [
            f"{row['table_schema']}.{row['table_name']}"
            for row in query(
                connection,
                "select table_schema, table_name from information_schema.tables"
                " where table_type = 'BASE TABLE' or table_schema = 'marts' order by all",
            )
            if not schemas or row["table_schema"] in schemas
        ]
        return {
            name: [
                text
                for (text,) in connection.execute(
                    f"select cast(rows as varchar) from {name} as rows order by all"
                ).fetchall()
            ]
            for name in names
        }


@dataclass(frozen=True)
class FailedRun:
    """A run on bad input, with the marts before and after it."""

    outcome: DbtOutcome
    marts_before: Tables
    marts_after: Tables


def run_on_bad_input(project: Project) -> FailedRun:
    before = tables_of(project, "marts")
    outcome = project.build(*NO_TESTS)
    return FailedRun(outcome, before, tables_of(project, "marts"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with good input, built once."""
    project = Project(tmp_path_factory.mktemp("bad_input"), GOOD_RAW)
    shutil.copytree(project.root / "seeds", shipped_seeds(project))
    project.parse_once()
    project.build(*NO_TESTS).check()
    return project


@pytest.fixture(scope="module")
def good_tables(project: Project) -> Tables:
    """All tables of the first build."""
    return tables_of(project)


@pytest.fixture
def own_input(project: Project, good_tables: Tables) -> Iterator[Project]:
    """The project for a test that writes its own input, once its good tables were looked at."""
    assert good_tables
    yield project
    restore(project)


# ---------------------------------------------------------------------------------------------
# Wrong files
# ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wrong_files(project: Project, good_tables: Tables) -> FailedRun:
    """One run on a folder in which every file has another fault."""
    raw = project.raw_path
    project.remove_raw("users")
    project.write_raw({"accounts": [{"account_id": "acme", "employee_count": 80}]})
    project.write_raw({"subscriptions": [{"subscription_id": "s", "account_id": "acme"}]}, "csv")
    (raw / "events.csv").write_text("event_id,event_name,occurred_at\n", encoding="utf-8")
    project.remove_raw("leads")
    (raw / "leads.csv").write_bytes(b"")
    project.write_raw({"touches": [{"touched_at": LAST_DAY, "channel": "call"}]}, "csv")
    failed = run_on_bad_input(project)
    restore(project)
    return failed


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            "raw table 'users': neither {raw}/users.parquet nor {raw}/users.csv exists. Put the"
            " file there, or point the environment variable PQL_RAW_PATH to the folder that has it"
            " (`make demo` writes demo data).",
            id="required file missing",
        ),
        pytest.param(
            "raw table 'accounts' ({raw}/accounts.parquet): required column 'created_at' is"
            " missing; found: account_id, employee_count. Add the column, or rename the one that"
            " holds it.",
            id="required column missing in parquet",
        ),
        pytest.param(
            "raw table 'subscriptions' ({raw}/subscriptions.csv): required column 'mrr_amount' is"
            " missing; found: subscription_id, account_id. Add the column, or rename the one that"
            " holds it.",
            id="required column missing in csv",
        ),
        pytest.param(
            "raw table 'subscriptions' ({raw}/subscriptions.csv): required column 'started_at' is"
            " missing; found: subscription_id, account_id. Add the column, or rename the one that"
            " holds it.",
            id="second required column missing in csv",
        ),
        pytest.param(
            "raw table 'events': both {raw}/events.parquet and {raw}/events.csv exist. Remove the"
            " one that is not meant.",
            id="csv beside parquet",
        ),
        pytest.param(
            "raw table 'leads': {raw}/leads.csv is empty (0 bytes). Export it again; a table"
            " without rows still needs its header.",
            id="empty file",
        ),
        pytest.param(
            "raw table 'touches' ({raw}/touches.csv): required column 'touch_id' is missing; found:"
            " touched_at, channel. Add the column, or rename the one that holds it.",
            id="required column missing in an optional table",
        ),
    ],
)
def test_wrong_file_is_named_with_its_remedy(
    message: str, project: Project, wrong_files: FailedRun
) -> None:
    assert message.format(raw=project.raw_path) in wrong_files.outcome.text


def test_wrong_files_end_the_run_before_anything_is_built(wrong_files: FailedRun) -> None:
    assert not wrong_files.outcome.success
    assert not set(wrong_files.outcome.statuses.values()) & {"success", "pass"}
    assert wrong_files.marts_before == wrong_files.marts_after


def test_empty_folder_names_every_required_table_and_no_optional_one(own_input: Project) -> None:
    for table in GOOD_RAW:
        own_input.remove_raw(table)
    failed = run_on_bad_input(own_input)
    assert not failed.outcome.success
    named = {table for table in GOOD_RAW if f"raw table '{table}'" in failed.outcome.text}
    assert named == {"events", "users", "accounts", "subscriptions"}
    assert failed.marts_before == failed.marts_after


def test_file_that_is_no_parquet_is_named(own_input: Project) -> None:
    file = own_input.raw_path / "events.parquet"
    file.write_text("event_id,event_name,occurred_at\n", encoding="utf-8")
    failed = run_on_bad_input(own_input)
    assert not failed.outcome.success
    assert str(file) in failed.outcome.text
    assert failed.marts_before == failed.marts_after


# ---------------------------------------------------------------------------------------------
# Wrong definitions
# ---------------------------------------------------------------------------------------------

ROW_KEYS = {
    "pql_activities": ("activity_key",),
    "pql_signals": ("signal_key",),
    "pql_definitions": ("definition_key",),
    "pql_weights": ("definition_key", "signal_key"),
    "pql_tiers": ("definition_key", "tier"),
    "pql_approved_thresholds": ("definition_key", "approved_on"),
    "pql_calibration": ("definition_key",),
}
USUAL = {
    "pql_activities": {"event_name": "clicked"},
    "pql_signals": {
        "activity_key": "session",
        "measure": "events",
        "threshold": "1",
        "kind": "depth",
    },
    "pql_definitions": {
        "entity_type": "account",
        "audience": "all",
        "enter_threshold": "10",
        "exit_threshold": "5",
        "is_active": "true",
    },
    "pql_weights": {"definition_key": "ready_made_points", "points": "1"},
    "pql_tiers": {"min_score": "7"},
    "pql_approved_thresholds": {"definition_key": "champion", "enter_threshold": "70"},
    "pql_calibration": {
        "objective": "f_beta",
        "beta": "1",
        "min_conversions": "5",
        "min_entities": "5",
    },
}


@dataclass(frozen=True)
class WrongRow:
    """A row of a seed that has one fault, in one column."""

    seed: str
    row: Mapping[str, str]
    column: str
    problem: str
    remedy: str

    @property
    def cells(self) -> dict[str, str]:
        return {**USUAL[self.seed], **self.row}

    @property
    def found(self) -> str:
        return self.cells.get(self.column, "")

    @property
    def message(self) -> str:
        key = ", ".join(f"{column}={self.cells.get(column, '')}" for column in ROW_KEYS[self.seed])
        return (
            f"seeds/{self.seed}.csv, row {key}: {self.column} is '{self.found}', which"
            f" {self.problem}. {self.remedy}"
        )

    @property
    def title(self) -> str:
        return f"{self.seed}: {self.column} '{self.found}' {self.problem}"


FOUR_DECIMALS = ("has more than four decimals", "Round it to four decimals.")
A_NUMBER = "Write a number such as 10 or 2.5."
ABOVE_NOTHING = "Write a number such as 0.5 or 100."
DAYS = "Write a number of days such as 30, or leave it empty."
TRUE_OR_FALSE = ("is neither true nor false", "Write true or false.")
LOWER = ("is above the enter_threshold", "Make it equal to the enter threshold, or lower.")
ATTRIBUTES = (
    "Use one of: plan, acquisition_channel, country, employee_count, account_name, domain,"
    " parent_account_id."
)


def not_in(seed: str) -> tuple[str, str]:
    return f"is not in seeds/{seed}.csv", "Add it there, or correct the key."


def activity(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    return WrongRow("pql_activities", {"activity_key": key, **cells}, column, problem, remedy)


def signal(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    return WrongRow("pql_signals", {"signal_key": key, **cells}, column, problem, remedy)


def definition(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    return WrongRow("pql_definitions", {"definition_key": key, **cells}, column, problem, remedy)


def weight(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    return WrongRow("pql_weights", {"signal_key": key, **cells}, column, problem, remedy)


def tier(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    row = {"definition_key": "champion", "tier": key, **cells}
    return WrongRow("pql_tiers", row, column, problem, remedy)


def approval(day: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    row = {"approved_on": day, **cells}
    return WrongRow("pql_approved_thresholds", row, column, problem, remedy)


def calibration(key: str, column: str, problem: str, remedy: str, **cells: str) -> WrongRow:
    return WrongRow("pql_calibration", {"definition_key": key, **cells}, column, problem, remedy)


WRONG_ROWS = [
    activity("no_event", "event_name", "is required", "Fill it in.", event_name=""),
    activity(
        "odd_operator",
        "operator",
        "is not known",
        "Use one of: =, !=, >=, >, <=, <, exists.",
        property="size",
        operator="~",
        property_value="1",
    ),
    activity(
        "no_operator",
        "operator",
        "is missing for the property condition",
        "Name the operator, or empty the property.",
        property="size",
    ),
    activity(
        "no_property",
        "property",
        "is missing for the operator",
        "Name the event property that the operator looks at.",
        operator="exists",
    ),
    activity(
        "no_value",
        "property_value",
        "is missing for the operator",
        "Name the value to compare with.",
        property="size",
        operator=">=",
    ),
    *(
        activity(
            f"odd_{column}",
            column,
            "is no name of one property",
            "Write its plain name, without a double quote.",
            **{"operator": "exists", "property": "size", column: name},
        )
        for column, name in (
            ("property", "*"),
            ("object_property", 'the "size"'),
            ("value_property", "*"),
        )
    ),
    signal(
        "odd_activity", "activity_key", *not_in("pql_activities"), activity_key="no_such_activity"
    ),
    signal(
        "no_activity",
        "activity_key",
        "is required for this measure",
        "Name an activity of seeds/pql_activities.csv.",
        activity_key="",
    ),
    signal(
        "idle_activity",
        "activity_key",
        "has no meaning for this measure",
        "Empty it: attribute and days_since_signup look at no activity.",
        measure="days_since_signup",
    ),
    signal(
        "odd_measure",
        "measure",
        "is not known",
        "Use one of: events, active_days, active_users, distinct_objects, sum, average,"
        " days_since_last, days_since_first, days_since_signup, attribute.",
        measure="clicks",
    ),
    signal(
        "odd_signal_operator",
        "operator",
        "is not known",
        "Use one of: >=, <=, =, !=, in.",
        operator="~",
    ),
    signal(
        "equal_events",
        "operator",
        "works only for measure attribute",
        "Use >= for this measure.",
        operator="=",
    ),
    signal(
        "few_events",
        "operator",
        "works only for average, days_since_first, days_since_signup and attribute",
        "Use >= for this measure.",
        operator="<=",
    ),
    signal(
        "text_threshold",
        "threshold",
        "is not a number",
        "Write a number; text thresholds work only for measure attribute with =, != or in.",
        threshold="many",
    ),
    signal(
        "no_threshold_left",
        "threshold",
        "is not above 0",
        "A count of nothing is 0 for everybody: use a threshold above 0.",
        threshold="0",
    ),
    signal("empty_threshold", "threshold", "is required", "Fill it in.", threshold=""),
    signal(
        "odd_attribute",
        "attribute",
        "is not known",
        ATTRIBUTES,
        activity_key="",
        measure="attribute",
        attribute="shoe_size",
    ),
    signal(
        "no_attribute",
        "attribute",
        "is required for measure attribute",
        ATTRIBUTES,
        activity_key="",
        measure="attribute",
    ),
    signal(
        "idle_attribute",
        "attribute",
        "has no meaning for this measure",
        "Empty it, or use measure attribute.",
        attribute="plan",
    ),
    signal(
        "text_window", "window_days", "is not a whole number above 0", DAYS, window_days="month"
    ),
    signal("no_window", "window_days", "is not a whole number above 0", DAYS, window_days="0"),
    signal(
        "half_window",
        "window_days",
        "is not a whole number of days",
        "Round it to whole days.",
        window_days="7.5",
    ),
    signal(
        "idle_window",
        "window_days",
        "has no meaning for this measure",
        "Empty it.",
        measure="days_since_last",
        window_days="14",
    ),
    signal(
        "text_within",
        "within_days_of_signup",
        "is not a whole number above 0",
        DAYS,
        within_days_of_signup="week",
    ),
    signal(
        "half_decay",
        "decay_rate",
        "must stand together with decay_every_days",
        "Fill in both or neither.",
        decay_rate="0.5",
    ),
    signal(
        "endless_silence",
        "threshold",
        "is more than 36500 days",
        "Write at most a hundred years of days.",
        measure="days_since_last",
        threshold="1e12",
        window_days="",
    ),
    signal(
        "endless_window",
        "window_days",
        "is more than 36500 days",
        "Write at most a hundred years of days, or leave it empty: for ever.",
        window_days="2147483647",
    ),
    signal(
        "endless_start",
        "within_days_of_signup",
        "is more than 36500 days",
        "Write at most a hundred years of days, or leave it empty: for ever.",
        within_days_of_signup="36501",
    ),
    signal(
        "blank_values",
        "threshold",
        "has blanks around its values",
        "Write them as a|b, without blanks.",
        measure="attribute",
        activity_key="",
        attribute="plan",
        operator="in",
        threshold="free |  team",
        window_days="",
    ),
    signal(
        "endless_decay",
        "decay_every_days",
        "is more than 36500 days",
        "Write at most a hundred years of days.",
        decay_rate="0.5",
        decay_every_days="2000000000",
    ),
    signal(
        "steep_decay",
        "decay_rate",
        "is not a number above 0 and at most 1",
        "Write the share lost at each step, such as 0.25.",
        decay_rate="1.5",
        decay_every_days="7",
    ),
    signal(
        "idle_decay",
        "decay_rate",
        "works only for the measures events and sum",
        "Empty decay_rate and decay_every_days.",
        measure="average",
        decay_rate="0.5",
        decay_every_days="7",
    ),
    signal(
        "odd_kind",
        "kind",
        "is not known",
        "Use one of: activation, adoption, collaboration, frequency, depth, intent, fit, negative.",
        kind="sticky",
    ),
    definition(
        "odd_entity",
        "entity_type",
        "is not known",
        "Use one of: account, user.",
        entity_type="team",
    ),
    definition(
        "odd_audience",
        "audience",
        "is not known",
        "Use one of: prospect, customer, all.",
        audience="everyone",
    ),
    definition(
        "no_enter",
        "enter_threshold",
        "is not above 0",
        "An entity without any activity has score 0 and must not qualify: use a threshold above 0.",
        enter_threshold="-0.5",
        exit_threshold="-1",
    ),
    definition("fine_enter", "enter_threshold", *FOUR_DECIMALS, enter_threshold="10.00001"),
    definition("fine_exit", "exit_threshold", *FOUR_DECIMALS, exit_threshold="0.12345"),
    definition("text_enter", "enter_threshold", "is not a number", A_NUMBER, enter_threshold="ten"),
    definition(
        "enter_at_nothing",
        "enter_threshold",
        "is not above 0",
        "An entity without any activity has score 0 and must not qualify: use a threshold above 0.",
        enter_threshold="0",
        exit_threshold="0",
    ),
    definition("text_exit", "exit_threshold", "is not a number", A_NUMBER, exit_threshold="low"),
    definition("exit_above_enter", "exit_threshold", *LOWER, exit_threshold="10.5"),
    definition("odd_boolean", "is_active", *TRUE_OR_FALSE, is_active="maybe"),
    weight("no_such_signal", "signal_key", *not_in("pql_signals")),
    weight("session", "signal_key", *not_in("pql_signals")),  # an activity, where a signal belongs
    weight(
        "settled_in",
        "definition_key",
        *not_in("pql_definitions"),
        definition_key="no_such_definition",
    ),
    weight("exports_30d", "points", "is not a number", A_NUMBER, points="ten"),
    weight("team_messages", "points", *FOUR_DECIMALS, points="2.00005"),
    weight(
        "pages_created",
        "points_per_unit",
        "has more than nine decimals",
        "Round it, or sum a larger unit.",
        points="",
        points_per_unit="0.0000000005",
    ),
    weight(
        "onboarding_done",
        "points_per_unit",
        "is not a number",
        A_NUMBER,
        points="",
        points_per_unit="x",
    ),
    weight(
        "integrations",
        "max_points",
        "is not a number",
        A_NUMBER,
        points="",
        points_per_unit="1",
        max_points="lots",
    ),
    weight(
        "projects_30d",
        "points",
        "is missing",
        "Give points or points_per_unit; a signal that is only required may have 0 points.",
        points="",
    ),
    weight(
        "active_days_14d",
        "max_points",
        "has no meaning without points_per_unit",
        "Empty it.",
        max_points="50",
    ),
    weight(
        "short_sessions_30d",
        "points_per_unit",
        "works only for the measures events, active_days, active_users, distinct_objects and sum",
        "Use points.",
        points="",
        points_per_unit="5",
    ),
    weight(
        "active_users_14d",
        "signal_key",
        "counts active users, which only an account has",
        "Use another signal in a definition for users.",
        definition_key="champion",
    ),
    weight("new_signup", "is_required", *TRUE_OR_FALSE, is_required="perhaps"),
    tier("Q", "definition_key", *not_in("pql_definitions"), definition_key="no_such_definition"),
    tier("T", "min_score", "is not a number", A_NUMBER, min_score="high"),
    approval(
        "2026-01-01",
        "definition_key",
        *not_in("pql_definitions"),
        definition_key="no_such_definition",
    ),
    approval("someday", "approved_on", "is not a date", "Write it as 2026-01-31."),
    approval("2026-01-02", "enter_threshold", "is not a number", A_NUMBER, enter_threshold="high"),
    approval(
        "2026-01-03",
        "enter_threshold",
        "is not above 0",
        "Use a threshold above 0.",
        enter_threshold="0",
    ),
    approval("2026-01-04", "exit_threshold", *LOWER, exit_threshold="71"),
    approval("2026-01-05", "exit_threshold", "is not a number", A_NUMBER, exit_threshold="low"),
    calibration(
        "no_such_definition",
        "definition_key",
        "is not in seeds/pql_definitions.csv",
        "Add it there, correct the key, or write * for all definitions.",
    ),
    calibration(
        "champion",
        "objective",
        "is not known",
        "Use one of: expected_value, capacity, precision, f_beta.",
        objective="profit",
    ),
    calibration(
        "activated_team",
        "weekly_capacity",
        "is required for the objective capacity",
        "Fill it in.",
        objective="capacity",
    ),
    calibration(
        "product_qualified",
        "conversion_value",
        "is not a number above 0",
        ABOVE_NOTHING,
        conversion_value="-1",
    ),
    calibration(
        "expansion_ready",
        "min_precision",
        "is above 1",
        "Write a share such as 0.25.",
        min_precision="25",
    ),
    calibration(
        "ready_made_points",
        "min_conversions",
        "is not a whole number above 0",
        "Write a number such as 30.",
        min_conversions="few",
    ),
]
TWICE = ("stands in more than one row with this key", "Keep one of the rows.")
SAME_MINIMUM = ("is the minimum of two tiers of this definition", "Give each tier its own minimum.")
# No approval is shipped.
FIRST_APPROVAL = approval("2026-01-06", "", "", "").cells
# Each of these stands in the file beside a row that it cannot stand beside.
REPEATED_ROWS = [
    activity("session", "activity_key", *TWICE),
    signal("settled_in", "signal_key", *TWICE),
    definition("champion", "definition_key", *TWICE),
    weight("settled_in", "signal_key", *TWICE, definition_key="champion"),
    tier("A", "tier", *TWICE),
    approval("2026-01-06", "approved_on", *TWICE),
    calibration("*", "definition_key", *TWICE),
    tier("same", "min_score", *SAME_MINIMUM, min_score="60"),
]
# What the checks overlook so far.
OVERLOOKED_ROWS = [
    weight("limit_reached_30d", "points", "is not a number", A_NUMBER, points="1e17"),
    tier("written_otherwise", "min_score", *SAME_MINIMUM, min_score="30.0"),
    approval("2026-1-6", "approved_on", *TWICE),
]


@pytest.fixture(scope="module")
def wrong_definitions(project: Project, good_tables: Tables) -> FailedRun:
    """One run with all wrong rows added to the shipped seeds."""
    added: dict[str, list[Row]] = {seed: [] for seed in USUAL}
    added["pql_approved_thresholds"].append(FIRST_APPROVAL)
    for wrong in WRONG_ROWS + REPEATED_ROWS + OVERLOOKED_ROWS:
        added[wrong.seed].append(wrong.cells)
    project.write_seeds({seed: [*seed_rows(project, seed), *rows] for seed, rows in added.items()})
    failed = run_on_bad_input(project)
    restore(project)
    return failed


SCORED = (
    "def_weights",
    "fct_signal_history",
    "fct_score_history",
    "fct_status_history",
    "fct_pql_transitions",
    "fct_account_scores",
    "fct_user_scores",
    "fct_score_explanations",
    "rpt_calibration",
)


def message_of(outcome: DbtOutcome, node: str) -> str:
    """What dbt says about a node."""
    results = outcome.result.results
    return next(result.message for result in results if result.node.name == node)


def listed(failed: FailedRun) -> list[str]:
    """The errors that the message of a run on wrong definitions lists."""
    message = message_of(failed.outcome, "definition_errors")
    lines = (line.strip() for line in message.splitlines())
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]


@pytest.mark.parametrize("wrong", WRONG_ROWS, ids=lambda wrong: wrong.title)
def test_wrong_definition_row_is_named_with_its_remedy(
    wrong: WrongRow, wrong_definitions: FailedRun
) -> None:
    assert listed(wrong_definitions).count(wrong.message) == 1


@pytest.mark.parametrize("wrong", REPEATED_ROWS, ids=lambda wrong: wrong.title)
def test_repeated_definition_row_is_named_with_its_remedy(
    wrong: WrongRow, wrong_definitions: FailedRun
) -> None:
    assert wrong.message in listed(wrong_definitions)


@pytest.mark.parametrize("wrong", OVERLOOKED_ROWS, ids=lambda wrong: wrong.title)
def test_wrong_definition_row_written_otherwise_is_named(
    wrong: WrongRow, wrong_definitions: FailedRun
) -> None:
    assert wrong.message in listed(wrong_definitions)


def test_a_key_in_two_rows_is_tried_in_every_seed() -> None:
    assert {wrong.seed for wrong in REPEATED_ROWS if wrong.remedy == TWICE[1]} == set(USUAL)


def test_only_wrong_definition_rows_are_named(wrong_definitions: FailedRun) -> None:
    expected = {wrong.message for wrong in WRONG_ROWS + REPEATED_ROWS + OVERLOOKED_ROWS}
    # The shipped rows that the added tiers share their minimum with.
    expected.add(tier("B", "min_score", *SAME_MINIMUM, min_score="60").message)
    expected.add(tier("C", "min_score", *SAME_MINIMUM, min_score="30").message)
    assert set(listed(wrong_definitions)) - expected == set()


def test_wrong_definitions_score_nothing_and_leave_the_marts(wrong_definitions: FailedRun) -> None:
    statuses = wrong_definitions.outcome.statuses
    assert not wrong_definitions.outcome.success
    assert statuses["definition_errors"] == "error"
    assert {statuses[name] for name in SCORED} == {"skipped"}
    assert wrong_definitions.marts_before == wrong_definitions.marts_after


def test_an_absolute_folder_of_definitions_is_refused_before_dbt_overwrites_it(
    project: Project, tmp_path: Path
) -> None:
    folder = shutil.copytree(project.root / "seeds", tmp_path / "seeds")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with environment_variables({"PQL_DEFINITIONS_PATH": str(folder)}):
        outcome = project.invoke(("seed",), project.variables)  # parsed anew
    assert not outcome.success
    assert f"PQL_DEFINITIONS_PATH is '{folder}', an absolute path" in outcome.text
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("day", ["01.02.2026", "2026-13-01", "2026-01-31 10:00"])
def test_a_var_that_is_no_day_is_refused_before_anything_is_read(
    project: Project, day: str
) -> None:
    outcome = project.run("--select", "int_calibration_days", pql_as_of=day)
    assert not outcome.success
    assert f"var pql_as_of: '{day}' is no day. Write it as 2026-01-31" in outcome.text


def test_an_activity_that_no_event_has_ever_been_is_named(own_input: Project) -> None:
    activities = [dict(row) for row in seed_rows(own_input, "pql_activities")]
    (changed,) = [row for row in activities if row["activity_key"] == "onboarding_completed"]
    changed["event_name"] = "onboarding_complete"
    own_input.write_seeds({"pql_activities": activities})
    outcome = own_input.build("--select", "+assert_activities_that_count_have_happened")
    assert outcome.success
    assert (
        "seeds/pql_activities.csv: no event has ever been the activity 'onboarding_completed' "
        "(event_name 'onboarding_complete')" in outcome.text
    )


def test_a_threshold_that_no_entity_can_reach_is_named(own_input: Project) -> None:
    definitions = [dict(row) for row in seed_rows(own_input, "pql_definitions")]
    unreachable = next(row for row in definitions if row["definition_key"] == "product_qualified")
    empty = {**unreachable, "definition_key": "without_weights"}
    weights = seed_rows(own_input, "pql_weights")
    most = sum(
        max(Decimal(row["points"] or row["max_points"]), Decimal(0))
        for row in weights
        if row["definition_key"] == "product_qualified"
    )
    unreachable["enter_threshold"] = str(most + 1)
    unreachable["exit_threshold"] = ""
    own_input.write_seeds({"pql_definitions": [*definitions, empty]})
    outcome = own_input.build("--select", "+assert_thresholds_can_be_reached")
    assert outcome.success
    assert (
        "seeds/pql_definitions.csv: nobody can qualify under the definition"
        f" 'product_qualified': its threshold is {most + 1}, and all its signals together give at"
        f" most {most} points."
    ) in outcome.text
    assert "'without_weights'" in outcome.text
    assert outcome.text.count("nobody can qualify") == 2  # none of the definitions that can
    assert "at most 0 points" in outcome.text


def test_an_object_that_is_an_address_is_warned_of(own_input: Project) -> None:
    activities = [dict(row) for row in seed_rows(own_input, "pql_activities")]
    activities[0]["object_property"] = "invitee_email"
    own_input.write_seeds({"pql_activities": activities})
    outcome = own_input.build("--select", "+assert_objects_are_no_addresses")
    assert outcome.success
    assert "seeds/pql_activities.csv: the object_property 'invitee_email' of" in outcome.text


def test_a_definition_file_with_semicolons_is_told_to_use_commas(own_input: Project) -> None:
    path = own_input.root / "seeds" / "pql_tiers.csv"
    path.write_text("definition_key;tier;min_score\n", encoding="utf-8")
    outcome = own_input.seed("--select", "pql_tiers")
    assert not outcome.success
    assert "found: definition_key;tier;min_score. Separate the columns by commas." in outcome.text


def test_a_grid_that_never_ends_is_refused(project: Project) -> None:
    outcome = project.run("--select", "int_calibration_days", pql_panel_every_days=0)
    assert not outcome.success
    assert "the var pql_panel_every_days is '0'; it must be a whole number" in outcome.text


@pytest.mark.parametrize("days", [0, 30.5])
def test_a_horizon_without_a_day_is_refused(project: Project, days: float) -> None:
    outcome = project.run("--select", "int_calibration_days", pql_horizon_days=days)
    assert not outcome.success
    assert f"the var pql_horizon_days is '{days}'; it must be a whole number" in outcome.text


def test_a_definition_that_nothing_says_how_to_calibrate_is_named(own_input: Project) -> None:
    every, *_ = seed_rows(own_input, "pql_calibration")
    assert every["definition_key"] == "*"
    own_input.write_seeds({"pql_calibration": [{**every, "definition_key": "champion"}]})
    outcome = own_input.build("--select", "+definition_errors")
    assert not outcome.success
    assert (
        "seeds/pql_definitions.csv, row definition_key=product_qualified: definition_key is"
        " 'product_qualified', which has no row in seeds/pql_calibration.csv, where there is none"
        " with definition_key * either."
    ) in outcome.text
    assert "row definition_key=champion" not in outcome.text


def test_message_of_one_wrong_row_in_full(own_input: Project) -> None:
    rows = [
        {**row, "points": "ten"}
        if (row["definition_key"], row["signal_key"]) == ("champion", "settled_in")
        else row
        for row in seed_rows(own_input, "pql_weights")
    ]
    own_input.write_seeds({"pql_weights": rows})
    outcome = own_input.build("--select", "+definition_errors")
    assert not outcome.success
    assert (
        "The definition files have 1 error(s):\n"
        "    - seeds/pql_weights.csv, row definition_key=champion, signal_key=settled_in: points is"
        " 'ten', which is not a number. Write a number such as 10 or 2.5.\n"
    ) in outcome.text


def test_missing_column_of_a_definition_file_is_named(own_input: Project) -> None:
    file = own_input.root / "seeds" / "pql_weights.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line.rpartition(",")[0] for line in lines), encoding="utf-8")
    outcome = own_input.build("--select", "+definition_errors")
    assert not outcome.success
    message = message_of(outcome, "pql_weights")
    assert "seeds/pql_weights.csv" in message
    assert "is_required" in message


def test_a_definition_file_is_read_as_it_stands(own_input: Project) -> None:
    """An apostrophe is no quote; a blank line, or what is empty at the end of a row, is nothing."""
    rows = ["definition_key,tier,min_score", "champion,'A,80", "champion,B',60", "champion,'C',40"]
    rows += ["", ",,"]
    file = own_input.root / "seeds" / "pql_tiers.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    weights = own_input.root / "seeds" / "pql_weights.csv"
    weights.write_text(
        weights.read_text(encoding="utf-8").replace(",,,false", ""), encoding="utf-8"
    )
    outcome = own_input.build("--select", "+definition_errors")
    assert outcome.success, outcome.text
    with own_input.connect() as connection:
        loaded = connection.execute("from definitions.pql_tiers order by all").fetchall()
    assert loaded == [("champion", "'A", "80"), ("champion", "'C'", "40"), ("champion", "B'", "60")]


# ---------------------------------------------------------------------------------------------
# Wrong rows
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BadRow:
    """A raw row that cannot be used; its key is the title, unless the fault is in the key."""

    table: str
    title: str
    columns: Mapping[str, str | None]
    reason: str

    @property
    def key_column(self) -> str:
        return next(iter(GOOD_RAW[self.table][0]))

    @property
    def row(self) -> Row:
        return {**ELSE_GOOD[self.table], self.key_column: self.title, **self.columns}

    @property
    def quarantined(self) -> tuple[str, str | None, str]:
        key = self.row[self.key_column] or ""
        return (self.table, key if key.strip() else None, self.reason)


# Rows that would move the as-of day and the scores if they were used.
ELSE_GOOD: Mapping[str, Row] = {
    "events": {
        "event_name": "enterprise_requested",
        "occurred_at": "2024-06-21 10:00:00",
        "user_id": "cat",
        "account_id": "bolt",
    },
    "users": {"account_id": "acme", "created_at": "2024-06-05 10:00:00", "is_internal": "true"},
    "accounts": {"created_at": "2024-06-05 10:00:00", "employee_count": "500"},
    "subscriptions": {
        "account_id": "acme",
        "mrr_amount": "10",
        "started_at": "2024-06-05 10:00:00",
    },
    "leads": {"account_id": "acme", "kind": "sql", "created_at": "2024-06-05 10:00:00"},
    "touches": {"account_id": "acme", "touched_at": "2024-06-05 10:00:00"},
    "spend": {"spent_on": "2024-06-05", "amount": "5"},
}
BAD_ROWS = [
    BadRow("events", "no id", {"event_id": None}, "missing_event_id"),
    BadRow("events", "blank id", {"event_id": "   "}, "missing_event_id"),
    BadRow("events", "blank name", {"event_name": " "}, "missing_event_name"),
    BadRow("events", "no time", {"occurred_at": None}, "missing_occurred_at"),
    BadRow("events", "time in words", {"occurred_at": "yesterday"}, "unreadable_occurred_at"),
    BadRow(
        "events",
        "word behind the time",
        {"occurred_at": "2024-06-21 10:00:00 PM"},
        "unreadable_occurred_at",
    ),
    BadRow(
        "events",
        "word behind the arrival",
        {"received_at": "2024-06-21 10:00:00 oops"},
        "unreadable_received_at",
    ),
    BadRow("events", "month 13", {"occurred_at": "2024-13-01 10:00:00"}, "unreadable_occurred_at"),
    BadRow("events", "epoch seconds", {"occurred_at": "1718880000"}, "unreadable_occurred_at"),
    BadRow(
        "events", "year 2999", {"occurred_at": "2999-01-01 00:00:00"}, "implausible_occurred_at"
    ),
    BadRow(
        "events", "year 1999", {"occurred_at": "1999-12-31 23:59:59"}, "implausible_occurred_at"
    ),
    BadRow("events", "arrival in words", {"received_at": "later"}, "unreadable_received_at"),
    BadRow("events", "arrival in 2999", {"received_at": "2999-01-01"}, "implausible_received_at"),
    BadRow(
        "events",
        "24 h and a second early",
        {"occurred_at": "2024-06-20 12:00:01", "received_at": "2024-06-19 12:00:00"},
        "occurred_after_received",
    ),
    BadRow("events", "half a JSON", {"properties": '{"external": tr'}, "invalid_json"),
    BadRow("events", "no JSON", {"properties": "external=true"}, "invalid_json"),
    BadRow(
        "events",
        "nobody",
        {"user_id": None, "account_id": None, "anonymous_id": "cookie"},
        "no_user_or_account",
    ),
    BadRow("events", "blank ids", {"user_id": " ", "account_id": "  "}, "no_user_or_account"),
    BadRow("users", "no id", {"user_id": None}, "missing_user_id"),
    BadRow("users", "blank id", {"user_id": "  "}, "missing_user_id"),
    BadRow("users", "no time", {"created_at": None}, "missing_created_at"),
    BadRow("users", "time in words", {"created_at": "in spring"}, "unreadable_created_at"),
    BadRow("users", "year 2999", {"created_at": "2999-01-01"}, "implausible_created_at"),
    BadRow("users", "half internal", {"is_internal": "partly"}, "unreadable_is_internal"),
    BadRow(
        "users",
        "word behind the time",
        {"created_at": "2024-06-05 10:00:00 garbage"},
        "unreadable_created_at",
    ),
    BadRow("accounts", "no id", {"account_id": None}, "missing_account_id"),
    BadRow("accounts", "no time", {"created_at": None}, "missing_created_at"),
    BadRow("accounts", "time in words", {"created_at": "soon"}, "unreadable_created_at"),
    BadRow("accounts", "year 1970", {"created_at": "1970-01-01"}, "implausible_created_at"),
    BadRow("subscriptions", "no id", {"subscription_id": None}, "missing_subscription_id"),
    BadRow("subscriptions", "no account", {"account_id": None}, "missing_account_id"),
    BadRow("subscriptions", "no amount", {"mrr_amount": None}, "missing_mrr_amount"),
    BadRow("subscriptions", "amount in words", {"mrr_amount": "free"}, "unreadable_mrr_amount"),
    BadRow("subscriptions", "no start", {"started_at": None}, "missing_started_at"),
    BadRow("subscriptions", "start in words", {"started_at": "now"}, "unreadable_started_at"),
    BadRow(
        "subscriptions",
        "word behind the start",
        {"started_at": "2024-06-05 10:00:00 oops"},
        "unreadable_started_at",
    ),
    BadRow("subscriptions", "end in words", {"ended_at": "never"}, "unreadable_ended_at"),
    BadRow(
        "subscriptions", "known in 2999", {"recorded_at": "2999-01-01"}, "implausible_recorded_at"
    ),
    BadRow("leads", "no id", {"lead_id": None}, "missing_lead_id"),
    BadRow("leads", "no kind", {"kind": None}, "missing_kind"),
    BadRow("leads", "odd kind", {"kind": "pql"}, "unknown_kind"),
    BadRow("touches", "no id", {"touch_id": None}, "missing_touch_id"),
    BadRow("touches", "no account", {"account_id": None}, "missing_account_id"),
    BadRow("touches", "time in words", {"touched_at": "noon"}, "unreadable_touched_at"),
    BadRow("spend", "no channel", {"acquisition_channel": None}, "missing_acquisition_channel"),
    BadRow("spend", "amount in words", {"amount": "much"}, "unreadable_amount"),
    BadRow("spend", "day in words", {"spent_on": "May"}, "unreadable_spent_on"),
    BadRow(
        "spend",
        "word behind the day",
        {"spent_on": "2024-06-05 10:00:00 PM"},
        "unreadable_spent_on",
    ),
]


@dataclass(frozen=True)
class DirtyRun:
    """A run on good and bad rows together."""

    quarantined: Counter[tuple[str, str | None, str]]
    accounting: Mapping[str, Row]
    occurred_at: Mapping[str, datetime]
    marts: Tables


@pytest.fixture(scope="module")
def dirty(project: Project, good_tables: Tables) -> DirtyRun:
    """One run on CSV files that hold the good rows and the bad ones."""
    tables: dict[str, list[Row]] = {table: list(rows) for table, rows in GOOD_RAW.items()}
    tables["events"] = [
        {**row, "occurred_at": "2024-06-20T01:30:00+02:00"} if row["event_id"] == "abroad" else row
        for row in tables["events"]
    ]
    for bad in BAD_ROWS:
        tables[bad.table].append(bad.row)
    project.write_raw(tables, "csv")
    project.build(*NO_TESTS).check()
    run = DirtyRun(
        quarantined=Counter(
            (row["raw_table"], row["row_id"], row["reason"])
            for row in project.query(
                "select raw_table, row_id, reason from marts.fct_quarantined_rows"
            )
        ),
        accounting={
            row["raw_table"]: row for row in project.query("from marts.rpt_row_accounting")
        },
        occurred_at={
            row["event_id"]: row["occurred_at"]
            for row in project.query("select event_id, occurred_at from staging.stg_raw__events")
        },
        marts=tables_of(project, "marts"),
    )
    restore(project)
    return run


@pytest.mark.parametrize("bad", BAD_ROWS, ids=lambda bad: f"{bad.table}: {bad.title}")
def test_bad_row_is_quarantined_with_its_reason(bad: BadRow, dirty: DirtyRun) -> None:
    assert dirty.quarantined[bad.quarantined] >= 1


def test_only_bad_rows_are_quarantined(dirty: DirtyRun, good_tables: Tables) -> None:
    assert dirty.quarantined == Counter(bad.quarantined for bad in BAD_ROWS)
    assert good_tables["marts.fct_quarantined_rows"] == []


@pytest.mark.parametrize("table", GOOD_RAW)
def test_every_raw_row_is_accounted_for(table: str, dirty: DirtyRun) -> None:
    bad = sum(row.table == table for row in BAD_ROWS)
    good = len(GOOD_RAW[table])
    # One event is delivered twice, one is of an internal user.
    duplicate, set_aside = (1, 1) if table == "events" else (0, 0)
    assert dirty.accounting[table] == {
        "source_name": "raw",
        "raw_table": table,
        "rows_in": good + bad,
        "rows_used": good - duplicate - set_aside,
        "rows_duplicate": duplicate,
        "rows_quarantined": bad,
        "rows_set_aside": set_aside,
        "rows_not_yet_known": 0,
    }


# What arrived is counted whether it can be used or not.
QUALITY_MARTS = ("fct_quarantined_rows", "rpt_row_accounting", "rpt_event_volume")


def test_bad_rows_change_no_mart_besides_the_quality_ones(
    dirty: DirtyRun, good_tables: Tables
) -> None:
    quality = {f"marts.{name}" for name in QUALITY_MARTS}
    compared = [name for name in dirty.marts if name not in quality]
    changed = [name for name in compared if dirty.marts[name] != good_tables[name]]
    assert changed == []
    assert all(
        dirty.marts[f"marts.{name}"]
        for name in ("fct_account_scores", "fct_user_scores", "fct_conversions", "dim_accounts")
    )


def test_time_with_an_offset_is_turned_to_utc(dirty: DirtyRun) -> None:
    assert dirty.occurred_at["abroad"] == datetime(2024, 6, 19, 23, 30)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_text_behind_a_time_is_an_offset_or_makes_it_unreadable(
    own_input: Project, file_format: str
) -> None:
    own_input.write_raw(
        {
            "events": [
                event("offset", "clicked", 0, "ann", occurred_at="2024-03-01 23:30:00 -0500"),
                event("word", "clicked", 0, "ann", occurred_at="2024-03-01 10:00:00 garbage"),
            ],
            "subscriptions": [
                {
                    "subscription_id": "pro",
                    "account_id": "bolt",
                    "mrr_amount": 99,
                    "started_at": "2024-02-01 23:00:00 -0500",
                }
            ],
        },
        file_format,
    )
    own_input.run("--select", "stg_raw__events", "stg_raw__subscriptions").check()
    events = own_input.query(
        "select event_id, occurred_at, quarantine_reason, raw_occurred_at"
        " from staging.stg_raw__events order by event_id"
    )
    word = "2024-03-01 10:00:00 garbage"
    # In quotation marks where the engine passes over the word, as DuckDB does from 2 on.
    (cast,) = own_input.query(f"select try_cast('{word}' as timestamp) as passed_over")
    written = word if cast["passed_over"] is None else f'"{word}"'
    assert [tuple(row.values()) for row in events] == [
        ("offset", datetime(2024, 3, 2, 4, 30), None, None),
        ("word", None, "unreadable_occurred_at", written),
    ]
    (subscription,) = own_input.query("select started_at from staging.stg_raw__subscriptions")
    assert subscription["started_at"] == datetime(2024, 2, 2, 4)


def test_csv_is_read_as_it_stands(own_input: Project) -> None:
    rows = [
        {"account_id": account_id, "account_name": name, "created_at": SIGNED_UP}
        for account_id, name in (("1", "'Acme'"), ("#2", "Bolt"))
    ]
    own_input.write_raw({"accounts": rows}, "csv")
    own_input.run("--select", "stg_raw__accounts").check()
    found = own_input.query("select account_id, account_name from staging.stg_raw__accounts")
    assert {row["account_id"]: row["account_name"] for row in found} == {
        "1": "'Acme'",
        "#2": "Bolt",
    }


def test_an_id_in_floating_point_is_the_whole_number(own_input: Project) -> None:
    """An export of whole numbers with missing ones among them holds them as `7.0`."""
    ids = {"one": 7.0, "large": 123456789012.0, "none": None, "nan": nan, "half": 7.5}
    rows = [
        {"user_id": name, "account_id": number, "created_at": SIGNED_UP}
        for name, number in ids.items()
    ]
    own_input.write_raw({"users": rows}, "parquet")
    own_input.run("--select", "stg_raw__users").check()
    found = own_input.query("select user_id, account_id from staging.stg_raw__users")
    assert {row["user_id"]: row["account_id"] for row in found} == {
        "one": "7",
        "large": "123456789012",
        "none": None,
        "nan": None,
        "half": "7.5",
    }


# ---------------------------------------------------------------------------------------------
# Nothing, and again
# ---------------------------------------------------------------------------------------------


def rows_about_entities(project: Project) -> dict[str, int]:
    """Row count of each mart of entities that has rows; the logs of earlier runs keep theirs."""
    marts = tables_of(project, "marts")
    return {
        name: len(rows)
        for name, rows in marts.items()
        if rows and name.startswith(("marts.dim_", "marts.fct_")) and name not in LOGS
    }


def test_csv_files_with_only_a_header_build_empty_marts(own_input: Project) -> None:
    for table in GOOD_RAW:
        own_input.remove_raw(table)
    own_input.write_raw({table: [] for table in RAW_COLUMNS}, "csv")
    own_input.build(*NO_UNIT_TESTS).check()
    assert rows_about_entities(own_input) == {}
    accounting = own_input.query("from marts.rpt_row_accounting")
    counts = {count for row in accounting for count in row.values()}
    assert counts == {0, "raw", *GOOD_RAW, *RAW_COLUMNS}


def test_dbt_build_with_empty_inputs_builds_everything(own_input: Project) -> None:
    outcome = own_input.build("--empty", *NO_UNIT_TESTS).check()
    # Saved queries and exposures are nothing to build.
    assert set(outcome.statuses.values()) <= {"success", "pass", "no-op"}
    assert rows_about_entities(own_input) == {}


def test_building_again_gives_the_same_tables(project: Project, good_tables: Tables) -> None:
    project.build(*NO_TESTS).check()
    again = tables_of(project)
    assert again.keys() == good_tables.keys()
    # What earlier runs of the database have reported goes on from there.
    reported = f"'{HISTORY}': {REPORTED}"
    changed = {
        name
        for name in again
        if [row for row in again[name] if reported not in str(row)]
        != [row for row in good_tables[name] if reported not in str(row)]
    }
    # What the second run had to do is another matter: nothing.
    assert changed <= {
        "builds.last_build",
        *LOGS,
        *(f"intermediate.{name}" for name in NOT_COMPARED),
    }
