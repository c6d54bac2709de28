"""The raw suite passes a usable export, and says of a broken one what, where and what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest
from raw_cases import TABLES, write_raw

from python_udfs.validation import ValidationResult, raw_files, validate_raw
from python_udfs.validation.__main__ import main
from python_udfs.validation.contract import read_raw_contract

LATEST_ON = date(2026, 3, 1)


def validate(folder: Path, docs: Path | None = None) -> ValidationResult:
    return validate_raw(folder, docs, latest_plausible_on=LATEST_ON)


def messages(result: ValidationResult) -> str:
    return "\n".join(failure.message for failure in result.failures)


def test_a_valid_export_passes_and_its_pages_need_no_network(tmp_path):
    result = validate(write_raw(tmp_path / "raw"), tmp_path / "docs")
    assert result.success, messages(result)
    absent = [table.table for table in result.tables if table.note]
    assert absent == ["touches", "spend", "identifies", "memberships", "merges"]
    assert {table.table: table.rows for table in result.tables}["events"] == 400
    pages = {
        page.relative_to(tmp_path / "docs").as_posix(): page.read_text()
        for page in (tmp_path / "docs").rglob("*.html")
    }
    assert set(pages) == {"index.html", "raw/index.html", *(f"raw/{name}.html" for name in TABLES)}
    assert not re.findall(r"""(?:src|href)=.https?://|url\(.?http""", "".join(pages.values()))
    assert "the properties are JSON objects, in at least 99 %" in pages["raw/events.html"]
    assert result.docs_page == tmp_path / "docs" / "raw" / "index.html"


@pytest.mark.parametrize("time", ["%H:%M:%S+02:00", "%H:%M:%S +0200", "%H:%M +02"])
def test_a_valid_csv_export_passes_with_times_that_carry_an_offset(tmp_path, time):
    folder = write_raw(
        tmp_path / "raw",
        {
            "events": f"""
                select * replace (
                    strftime(occurred_at + interval 2 hour, '%Y-%m-%dT{time}')
                        as occurred_at,
                    case when event_id <> 'event-1' then received_at end as received_at
                ) from valid
            """,
            "users": "select user_id as USER_ID, * exclude (user_id), 1 as extra from valid",
        },
        file_format="csv",
    )
    result = validate(folder)
    assert result.success, messages(result)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_times_with_a_word_behind_them_are_unreadable_as_in_the_models(tmp_path, file_format):
    words = (
        "select * replace (strftime(created_at, '%Y-%m-%d %I:%M:%S %p') as created_at) from valid"
    )
    result = validate(write_raw(tmp_path / "raw", {"users": words}, file_format=file_format))
    (told,) = [failure.message for failure in result.failures]
    assert "created_at" in told
    assert "such as '2025-12-01 12:00:00 AM'" in told


def test_nested_properties_are_read_as_json_as_the_models_read_them(tmp_path):
    nested = "select * replace ({'minutes': 12, 'plan': {'name': 'pro'}} as properties) from valid"
    result = validate(write_raw(tmp_path / "parquet", {"events": nested}))
    assert result.success, messages(result)
    folder = write_raw(tmp_path / "jsonl")
    (folder / "events.parquet").unlink()
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (with valid as ({TABLES['events']}) {nested}) "
            f"to '{folder}/events.jsonl' (format json)"
        )
    result = validate(folder)
    assert result.success, messages(result)


def test_ids_in_floating_point_are_matched_as_the_models_match_them(tmp_path):
    types = {"users": "double", "accounts": "bigint", "subscriptions": "varchar", "leads": "double"}
    changed = {
        table: f"""
            select * replace (cast(regexp_extract(account_id, '[0-9]+') as {kind}) as account_id)
            from valid
        """
        for table, kind in types.items()
    }
    result = validate(write_raw(tmp_path / "raw", changed))
    assert result.success, messages(result)


def test_a_csv_with_another_separator_fails_as_it_does_in_the_build(tmp_path):
    folder = write_raw(tmp_path / "raw", file_format="csv")
    users = folder / "users.csv"
    users.write_text(users.read_text().replace(",", ";"))
    (failure,) = [one for one in validate(folder).failures if one.place.endswith("users.csv")]
    assert failure.expected == "columns separated by commas"
    assert failure.found.startswith("one column: user_id;")


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (b"e4,a\n", "has 2 values, its header"),
        (b'"never closed,a\n', "is no CSV: "),
        ("u9,M\u00fcller\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_the_line_that_breaks_a_csv_is_named(tmp_path, added, told):
    folder = write_raw(tmp_path / "raw", file_format="csv")
    users = folder / "users.csv"
    rows = users.read_bytes()
    users.write_bytes(rows + added)
    (failure,) = [one for one in validate(folder).failures if one.place.endswith("users.csv")]
    line = len(rows.splitlines()) + 1
    assert failure.found.startswith(f"line {line} of users.csv {told}")


def test_a_line_below_a_long_value_is_named(tmp_path):
    folder = write_raw(tmp_path / "raw", file_format="csv")
    events = folder / "events.csv"
    columns = events.read_text(encoding="utf-8").splitlines()[0].split(",")
    values = [
        '"{""a"": ""' + "x" * 200_000 + '""}"' if name == "properties" else "" for name in columns
    ]
    events.write_text("\n".join([",".join(columns), ",".join(values), "e3,a\n"]), encoding="utf-8")
    (failure,) = [one for one in validate(folder).failures if one.place.endswith("events.csv")]
    assert failure.found.startswith("line 3 of events.csv has 2 values, its header")


def test_a_line_that_is_broken_far_below_is_named_once(tmp_path):
    folder = write_raw(tmp_path / "raw", file_format="csv")
    events = folder / "events.csv"
    header, first, *_ = events.read_bytes().splitlines(keepends=True)
    broken = first.replace(b"event-", b"\xe9vent-", 1)
    events.write_bytes(header + first * 60_000 + broken)
    told = [one for one in validate(folder).failures if one.place.endswith("events.csv")]
    (found,) = [one.found for one in told if one.expected == "a file that can be read to its end"]
    assert found == "line 60002 of events.csv is not UTF-8"


def test_blanks_around_ids_and_names_are_told(tmp_path):
    changed = {
        "events": """
            select * replace (
                event_name || ' ' as event_name,
                case when event_id not like '%1' then user_id else ' ' || user_id end as user_id
            )
            from valid
        """
    }
    result = validate(write_raw(tmp_path / "raw", changed))
    assert [failure.column for failure in result.failures] == ["event_name", "user_id"]
    told = messages(result)
    assert "no value begins or ends with a blank, in at least 99 % of the filled ones" in told
    assert '" user-' in told


def test_a_few_broken_rows_pass_because_the_models_quarantine_them(tmp_path):
    folder = write_raw(
        tmp_path / "raw",
        {
            "events": """
                select * replace (
                    case when event_id in ('event-1', 'event-2') then '{' else properties end
                        as properties,
                    case when event_id = 'event-3' then timestamp '2999-01-01' else occurred_at end
                        as occurred_at
                ) from valid
                union all by name
                select * from valid limit 40
            """,
            "accounts": "select * replace (case when account_id <> 'account-9' then created_at end"
            " as created_at) from valid",
            "subscriptions": "select * replace (case when account_id = 'account-9' then -1 else"
            " mrr_amount end as mrr_amount) from valid",
        },
    )
    result = validate(folder)
    assert result.success, messages(result)


def test_a_large_file_is_sampled_by_id_and_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_files, "LARGE_BYTES", 0)
    assert validate(write_raw(tmp_path / "valid")).success
    folder = write_raw(tmp_path / "broken", {"events": BROKEN_CSV["events"]})
    told = messages(validate(folder))
    assert "10 % of the ids are distinct" in told
    assert told.count("(counted on one id in 16)") == 2


BROKEN_PARQUET = {
    "events": "select * exclude (occurred_at) rename (event_name as name) from valid",
    "users": """
        select * replace (
            case when user_id < 'user-2' then user_id else '  ' end as user_id,
            timestamp '57000-01-01' as created_at
        ) from valid
    """,
    "accounts": """
        select * replace ('<b>soon' as created_at, employee_count || ' people' as employee_count)
        from valid
    """,
    "subscriptions": """
        select * replace (
            -mrr_amount - 1 as mrr_amount, 'crm-' || account_id as account_id, '$' as currency,
            ended_at as started_at, started_at as ended_at
        ) from valid
    """,
    "leads": "select * replace ('customer' as kind) from valid",
}
BROKEN_CSV = {
    "events": """
        select * replace (
            'event-' || (cast(substr(event_id, 7) as integer) % 40) as event_id,
            occurred_at + interval 3 day as occurred_at,
            'minutes=' || event_id as properties,
            'visitor-' || user_id as user_id
        ) from valid
    """,
    "users": "select * replace (true as is_internal) from valid",
    "accounts": "select * replace ('account-1' as account_id, 'few' as employee_count) from valid",
    "subscriptions": "select * replace ('12,50 EUR' as mrr_amount) from valid",
    "leads": "select * from valid limit 0",
}
UNIDENTIFIED = {"events": "select * replace (cast(null as varchar) as user_id) from valid"}


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> dict[str, ValidationResult]:
    """Results of the broken exports, each looked at once."""
    root = tmp_path_factory.mktemp("broken")
    return {
        "parquet": validate(write_raw(root / "parquet", BROKEN_PARQUET), root / "docs"),
        "csv": validate(write_raw(root / "csv", BROKEN_CSV, file_format="csv")),
        "unidentified": validate(write_raw(root / "unidentified", UNIDENTIFIED)),
    }


@pytest.mark.parametrize(
    ("export", "file", "column", "found", "remedy"),
    [
        (
            "parquet",
            "events.parquet",
            "occurred_at",
            "the columns event_id, name",
            "rename the one",
        ),
        ("parquet", "events.parquet", "event_name", "the columns event_id, name", "rename the one"),
        ("parquet", "users.parquet", "user_id", "28 of 40 rows are empty (70 %)", "Export user_id"),
        ("parquet", "users.parquet", "created_at", "40 of 40 values", "Check the unit"),
        ("parquet", "accounts.parquet", "created_at", "such as '<b>soon'", "ISO text in UTC"),
        ("parquet", "accounts.parquet", "employee_count", "'10 people'", "whole numbers"),
        ("parquet", "subscriptions.parquet", "mrr_amount", "such as -1.0000, -50.0000", "refunds"),
        ("parquet", "subscriptions.parquet", "account_id", "'crm-account-0'", "of the product"),
        ("parquet", "subscriptions.parquet", "currency", "such as '$'", "USD"),
        ("parquet", "subscriptions.parquet", "ended_at", "'started 2026-02-01", "not swapped"),
        ("parquet", "leads.parquet", "kind", "such as 'customer'", "Map the stages"),
        ("csv", "events.csv", "event_id", "10 % of the ids are distinct", "each row once"),
        ("csv", "events.csv", "received_at", "'occurred 2026-01-04", "both are in UTC"),
        ("csv", "events.csv", "properties", "such as 'minutes=event-", "JSON text"),
        ("csv", "events.csv", "account_id", "0 of 400 events", "from one system"),
        ("csv", "users.csv", "is_internal", "all 40 users are internal", "own staff"),
        ("csv", "accounts.csv", "account_id", "10 % of the ids are distinct", "each row once"),
        ("csv", "subscriptions.csv", "mrr_amount", "such as '12,50 EUR'", "decimal point"),
        ("unidentified", "events.parquet", "user_id", "400 of 400 rows are empty", "never sign up"),
    ],
)
def test_a_broken_export_fails_with_place_finding_and_remedy(
    broken, export, file, column, found, remedy
):
    told = [
        failure.message
        for failure in broken[export].failures
        if failure.place.endswith(f"/{file}") and failure.column == column
    ]
    assert any(found in text and remedy in text for text in told), told
    assert not broken[export].success


def test_a_broken_export_fails_for_nothing_else(broken):
    assert len(broken["parquet"].failures) == 11, messages(broken["parquet"])
    assert len(broken["csv"].failures) == 10, messages(broken["csv"])
    assert len(broken["unidentified"].failures) == 1, messages(broken["unidentified"])


def test_the_page_of_a_broken_table_says_what_to_do_and_shows_values_as_text(broken):
    page = (broken["parquet"].docs_page.parent / "accounts.html").read_text()
    assert "To do: Write times as ISO text in UTC" in page
    assert "&lt;b&gt;soon" in page
    assert "<b>soon" not in page


def test_an_empty_optional_table_passes_and_an_empty_table_of_events_fails(tmp_path, broken):
    assert {table.table: table.failures for table in broken["csv"].tables}["leads"] == ()
    folder = write_raw(tmp_path / "raw", {"events": "select * from valid limit 0"}, "csv")
    (told,) = [failure.message for failure in validate(folder).failures]
    assert "events.csv" in told
    assert "0 rows" in told
    assert "filters of the export" in told


def test_files_that_cannot_be_read_are_named_each_once(tmp_path):
    folder = write_raw(tmp_path / "raw")
    (folder / "users.csv").write_text("user_id,created_at\n")
    (folder / "accounts.parquet").write_bytes(b"")
    (folder / "subscriptions.parquet").unlink()
    (folder / "leads.parquet").write_bytes(b"no parquet at all")
    # The footer of the file is whole, what it points to is not.
    content = (folder / "events.parquet").read_bytes()
    (folder / "events.parquet").write_bytes(content[:4] + b"\xff" * 2000 + content[2004:])
    told = {Path(failure.place).name: failure.message for failure in validate(folder).failures}
    assert len(told) == 5
    assert "both exist" in told["users.csv"]
    assert "0 bytes" in told["accounts.parquet"]
    assert "neither exists" in told["subscriptions.csv"]
    assert "Export the file again" in told["leads.parquet"]
    assert "Export the file again" in told["events.parquet"]


def test_what_is_required_is_read_from_the_contract():
    required = {
        (table.name, column.name)
        for table in read_raw_contract()
        for column in table.columns
        if column.is_required
    }
    assert {("events", "occurred_at"), ("subscriptions", "mrr_amount")} <= required
    assert ("events", "properties") not in required
    assert {table.name for table in read_raw_contract() if table.is_optional} == {
        "leads",
        "touches",
        "spend",
        "identifies",
        "memberships",
        "merges",
    }


def test_the_command_exits_1_on_a_broken_export_and_0_on_a_valid_one(tmp_path, monkeypatch, capsys):
    arguments = ["raw", "--latest-plausible-on", "2026-03-01"]
    monkeypatch.setenv("PQL_VALIDATION_PATH", str(tmp_path / "docs"))
    monkeypatch.setenv("PQL_RAW_PATH", str(tmp_path / "nowhere"))
    assert main(arguments) == 1
    assert "Point PQL_RAW_PATH to the folder" in capsys.readouterr().out
    monkeypatch.setenv("PQL_RAW_PATH", str(write_raw(tmp_path / "raw")))
    assert main(arguments) == 0
    assert "expectations hold" in capsys.readouterr().out
    (tmp_path / "docs" / "raw" / "index.html").unlink()
    shutil.rmtree(tmp_path / "docs")
    (tmp_path / "docs").write_text("")
    assert main(arguments) == 2
    assert "is a file: name a folder" in capsys.readouterr().err


def test_the_package_imports_without_great_expectations():
    code = "import sys, python_udfs.validation; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
