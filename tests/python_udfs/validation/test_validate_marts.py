"""The suite of the marts passes what dbt built, and names every row that was broken since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from harness import Project

from python_udfs import demo_data
from python_udfs.validation import ValidationResult, validate_marts
from python_udfs.validation.__main__ import main
from python_udfs.validation.contract import read_mart_contracts


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A small database, built by dbt from demo data."""
    project = Project(tmp_path_factory.mktemp("built"))
    demo_data.write(
        demo_data.generate(accounts=60), project.raw_path, project.folder / "truth.json"
    )
    project.build("--exclude-resource-type", "test", "unit_test").check()
    return project.database_path


@pytest.fixture
def changed(built, tmp_path) -> Callable[..., ValidationResult]:
    """Validates a copy of the database after statements were executed on it."""

    def validate(*statements: str) -> ValidationResult:
        copy = tmp_path / "pql.duckdb"
        shutil.copy(built, copy)
        with duckdb.connect(str(copy)) as connection:
            make_tables_of_views(connection)
            for statement in statements:
                connection.execute(statement)
        return validate_marts(copy)

    return validate


def make_tables_of_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Put tables in the place of the marts that are views, so that their rows can be broken."""
    views = connection.execute(
        "select view_name from duckdb_views() where schema_name = 'marts'"
    ).fetchall()
    for (view,) in views:
        connection.execute(f"create temp table held as from marts.{view}")
        connection.execute(f"drop view marts.{view}")
        connection.execute(f"create table marts.{view} as from held")
        connection.execute("drop table held")


def rewritten(table: str, columns: str, condition: str) -> str:
    """Return a statement that changes some rows; the new table lacks the constraints."""
    return (
        f"create or replace table marts.{table} as "
        f"select * replace ({columns}) from marts.{table} where {condition} "
        f"union all select * from marts.{table} where not ({condition})"
    )


def messages(result: ValidationResult) -> str:
    return "\n".join(failure.message for failure in result.failures)


def test_a_build_passes_and_the_database_is_let_go(built, tmp_path):
    result = validate_marts(built, tmp_path / "docs")
    assert result.success, messages(result)
    assert {table.table for table in result.tables} == {
        table.name for table in read_mart_contracts()
    }
    assert not any(table.note for table in result.tables)
    with duckdb.connect(str(built)) as connection:
        connection.execute("create table written as select 1 as one")
        connection.execute("drop table written")
    assert (tmp_path / "docs" / "marts" / "fct_account_scores.html").is_file()


BREAKAGES = {
    "score": (
        rewritten("fct_account_scores", "score + 1 as score", "account_id = 'acc_000001'"),
        ("fct_account_scores", "score", "sum of the points", "account_id 'acc_000001'"),
    ),
    "unknown version": (
        rewritten(
            "fct_score_history", "'old' as definition_version", "definition_key = 'champion'"
        ),
        ("fct_score_history", "definition_version", "one version", "definition_key 'champion'"),
    ),
    "gap": (
        rewritten("fct_status_history", "valid_to - 1 as valid_to", "valid_to = '9999-12-31'"),
        ("fct_status_history", "valid_to", "without gap or overlap", "valid_to 9999-12-30"),
    ),
    "empty interval": (
        rewritten("fct_signal_history", "valid_from as valid_to", "valid_to = '9999-12-31'"),
        ("fct_signal_history", None, "valid_from < valid_to", "signal_key '"),
    ),
    "probability": (
        rewritten("fct_user_scores", "1.5 as conversion_probability", "is_in_audience"),
        ("fct_user_scores", "conversion_probability", "between 0 and 1", "such as 1.5"),
    ),
    "verdict": (
        rewritten("rpt_calibration", "'maybe' as verdict", "definition_key = 'champion'"),
        ("rpt_calibration", "verdict", "recommend, keep, abstain", "such as 'maybe'"),
    ),
    "accounting": (
        rewritten("rpt_row_accounting", "rows_used - 1 as rows_used", "raw_table = 'users'"),
        ("rpt_row_accounting", None, "rows_in = rows_used", "raw_table 'users'"),
    ),
    "quarantine": (
        "insert into marts.fct_quarantined_rows "
        "select 'raw', 'events', event_id, 'invalid_json', null from "
        "(select unnest(generate_series(1, 2000)) as event_id)",
        ("fct_quarantined_rows", "reason", "at most 5 %", "most_frequent_reason 'invalid_json'"),
    ),
    "duplicate": (
        "create or replace table marts.dim_users as "
        "select * from marts.dim_users union all (select * from marts.dim_users limit 1)",
        ("dim_users", "user_id", "no value occurs twice", "2 of "),
    ),
    "null": (
        rewritten("dim_accounts", "null as created_on", "account_id = 'acc_000001'"),
        ("dim_accounts", "created_on", "filled in every row", "1 of "),
    ),
    "duplicate of a compound key": (
        "insert into marts.fct_score_explanations "
        "select * from marts.fct_score_explanations where entity_id = 'acc_000001' limit 1",
        ("fct_score_explanations", None, "one row for each entity_type", "copies 2"),
    ),
    "transition": (
        rewritten("fct_pql_transitions", "'gone' as transition", "transition = 'lapsed'"),
        ("fct_pql_transitions", "transition", "each value is one of", "such as 'gone'"),
    ),
    "conversion": (
        "delete from marts.fct_conversions",
        ("dim_accounts", "first_converted_on", "that of fct_conversions", "account_id 'acc_"),
    ),
    "empty table": (
        "delete from marts.fct_account_activity_daily",
        ("fct_account_activity_daily", None, "at least one row", "0 rows"),
    ),
    "column": (
        "alter table marts.fct_user_activity_daily drop column value_sum",
        ("fct_user_activity_daily", None, "the columns of the contract", "missing: value_sum"),
    ),
    "precision": (
        rewritten("rpt_threshold_curve", "converted_count + 1 as converted_count", "precision > 0"),
        ("rpt_threshold_curve", "precision", "converted_count / qualified_count", "precision 0."),
    ),
}


def test_every_broken_row_is_named_with_what_to_do(changed):
    result = changed(*(statement for statement, _ in BREAKAGES.values()))
    told = {
        name: [
            failure
            for failure in result.failures
            if (failure.place, failure.column) == (f"marts.{table}", column)
            and expected in failure.expected
            and found in failure.found
        ]
        for name, (_, (table, column, expected, found)) in BREAKAGES.items()
    }
    assert all(told.values()), (
        f"not told: {[name for name, failures in told.items() if not failures]}\n{messages(result)}"
    )
    assert all(failure.remedy for failure in result.failures)


def test_a_missing_table_is_named_and_tables_that_need_python_models_may_be_absent(changed):
    result = changed(
        "drop table marts.fct_score_explanations",
        *(
            f"drop table marts.{table.name}"
            for table in read_mart_contracts()
            if table.folder == "calibration"
        ),
    )
    (failure,) = result.failures
    assert failure.place == "marts.fct_score_explanations"
    assert "Run `dbt build`" in failure.remedy
    assert {table.note for table in result.tables if table.table.startswith("rpt_")} == {
        "",
        "not built here",
    }


def test_a_database_that_cannot_be_read_is_a_clear_failure(tmp_path, monkeypatch, capsys):
    text, empty, held = (tmp_path / f"{name}.duckdb" for name in ("text", "empty", "held"))
    text.write_text("no database at all, but long enough to have a header " * 100)
    duckdb.connect(str(empty)).close()
    with duckdb.connect(str(held)):
        told = [
            validate_marts(path).failures[0].message
            for path in (tmp_path / "none.duckdb", text, empty, held)
        ]
    assert "no such file" in told[0]
    assert "Run `dbt build`" in told[0]
    assert "not a valid DuckDB database" in told[1]
    assert "tables in schema marts" in told[2]
    assert "Close what holds it open" in told[3]
    monkeypatch.setenv("PQL_DUCKDB_PATH", str(tmp_path / "none.duckdb"))
    assert main(["marts", "--docs", str(tmp_path / "docs")]) == 1
    assert "point PQL_DUCKDB_PATH to the database" in capsys.readouterr().out
