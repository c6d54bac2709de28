"""A vendor's delivery is checked as its adapter gives it, by the suites of the plain contract."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest
from raw_cases import write_raw

from python_udfs import validation
from python_udfs.source_staging import SourceError, StagedSources, StagedTable, stage_sources
from python_udfs.validation import ValidationResult, validate_raw

LATEST_ON = date(2026, 3, 1)
VARIABLES = {"pql_event_sources": ["segment"], "pql_business_sources": ["hubspot"]}
ADAPTERS = {"events": "segment", "users": "segment", "accounts": "segment"}
# The rows of raw_cases often enough that what needs many rows is looked at.
MANY = """
    select * replace (event_id || '-' || copies.i as event_id)
    from valid cross join range(5) as copies (i)
"""
COMPANIES = """
    select
        'company-' || i as company_id, cast(null as varchar) as account_id,
        'https://company' || i || '.example' as company_domain, 10 as employee_count,
        timestamp '2025-12-01' as created_at, '2025-12-01' as raw_created_at,
        cast(null as varchar) as quarantine_reason, 1 as copy_number
    from range(10) as numbers (i)
"""

Validate = Callable[..., ValidationResult]


@pytest.fixture(scope="module")
def validate_delivery(tmp_path_factory: pytest.TempPathFactory) -> Validate:
    """Validate the export of raw_cases as if a tracker and a CRM had delivered it.

    The staging models of the raw source stand for those of the vendors: they end with the same
    macros.
    """
    root = tmp_path_factory.mktemp("sources")
    folder = write_raw(root / "raw", {"events": MANY})
    scratch = root / "scratch"
    scratch.mkdir()
    found = stage_sources(scratch, {"pql_latest_plausible_on": "2026-03-01"}, str(folder))
    staged = tuple(
        StagedTable(ADAPTERS.get(table.table, "hubspot"), table.table, table.relation)
        for table in found.staged
        if table.table in ("events", "users", "accounts", "subscriptions", "leads")
    )

    def validate(
        changed: Mapping[str, str] | None = None,
        companies: str = COMPANIES,
        docs: Path | None = None,
    ) -> ValidationResult:
        write_raw(folder, {"events": MANY, **(changed or {})})

        def stage(scratch: Path, *_: object) -> StagedSources:
            database = scratch / found.database.name
            shutil.copy(found.database, database)
            with duckdb.connect(str(database)) as connection:
                connection.execute(f"create table staging.companies as {companies}")
            companies_table = StagedTable("hubspot", "companies", "staging.companies")
            return dataclasses.replace(found, database=database, staged=(*staged, companies_table))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(validation, "stage_sources", stage)
            return validate_raw(folder, docs, latest_plausible_on=LATEST_ON, variables=VARIABLES)

    return validate


def messages(result: ValidationResult) -> str:
    return "\n".join(failure.message for failure in result.failures)


def test_a_valid_delivery_passes_table_by_table(validate_delivery, tmp_path):
    result = validate_delivery(docs=tmp_path / "docs")
    assert result.success, messages(result)
    assert {table.table: table.rows for table in result.tables} == {
        "segment_events": 2000,
        "segment_users": 40,
        "segment_accounts": 10,
        "hubspot_companies": 10,
        "hubspot_subscriptions": 10,
        "hubspot_leads": 10,
    }
    assert all(table.passed for table in result.tables)
    pages = {page.name for page in (tmp_path / "docs" / "raw").glob("*.html")}
    assert {"index.html", "segment_events.html", "hubspot_companies.html"} <= pages


@pytest.mark.parametrize(
    ("table", "change", "place", "column", "found", "remedy"),
    [
        (
            "events",
            f"select * replace ('soon' as occurred_at) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "occurred_at",
            "2,000 of 2,000 values",
            "ISO text in UTC",
        ),
        (
            "events",
            f"select * replace (received_at as occurred_at) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "occurred_at",
            "all 2,000 rows with both times have equal ones",
            "not that of its arrival",
        ),
        (
            "events",
            f"select * replace (timestamp '2026-02-01' as occurred_at) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "occurred_at",
            "all 2,000 rows have 2026-02-01",
            "not that of the load",
        ),
        (
            "events",
            f"select * replace (cast(null as varchar) as user_id) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "user_id",
            "2,000 of 2,000 rows are empty",
            "Export the user_id",
        ),
        (
            "events",
            "select * replace (case when user_id > 'user-2' then 'undefined' else user_id end"
            f" as user_id) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "user_id",
            "such as 'undefined'",
            "until the user is known",
        ),
        (
            "events",
            "select * replace (case when user_id > 'user-2' then 'worker' else user_id end"
            f" as user_id) from ({MANY})",
            "source segment, table events (stg_segment__events)",
            "user_id",
            "'worker' has",
            "A server, a test",
        ),
        (
            "events",
            "select * from valid limit 0",
            "source segment, table events (stg_segment__events)",
            None,
            "0 rows",
            "take segment out of the sources",
        ),
        (
            "users",
            "select * replace (cast(null as varchar) as user_id) from valid",
            "source segment, table users (stg_segment__users)",
            "user_id",
            "40 of 40 rows are empty",
            "Export user_id",
        ),
        (
            "subscriptions",
            "select * replace (0 * mrr_amount as mrr_amount) from valid",
            "source hubspot, table subscriptions (stg_hubspot__subscriptions)",
            "mrr_amount",
            "none of 10 has one",
            "which amount is exported",
        ),
        (
            "subscriptions",
            "select * replace ('deal-' || account_id as account_id) from valid",
            "source hubspot, table subscriptions (stg_hubspot__subscriptions)",
            "account_id",
            "0 of 10 do, the others such as 'deal-account-0'",
            "of the product",
        ),
        (
            "subscriptions",
            "select * replace (cast(null as varchar) as account_id) from valid",
            "source hubspot, table subscriptions (stg_hubspot__subscriptions)",
            "account_id",
            "10 of 10 rows are empty",
            "domain or website",
        ),
    ],
)
def test_a_broken_delivery_is_named_by_source_table_and_column(
    validate_delivery, table, change, place, column, found, remedy
):
    result = validate_delivery({table: change})
    told = [
        failure.message
        for failure in result.failures
        if failure.place == place and failure.column == column
    ]
    assert any(found in text and remedy in text for text in told), messages(result)


def test_companies_without_domain_and_account_cannot_be_found(validate_delivery):
    lost = COMPANIES.replace("'https://company' || i || '.example'", "cast(null as varchar)")
    told = messages(validate_delivery(companies=lost))
    assert "source hubspot, table companies (stg_hubspot__companies), column account_id" in told
    assert "10 of 10 rows are empty" in told


def test_what_dbt_says_of_a_missing_table_is_the_failure(tmp_path, monkeypatch):
    def stage(*_: object) -> StagedSources:
        raise SourceError("table 'segment.tracks': not there. Put the file there.")

    monkeypatch.setattr(validation, "stage_sources", stage)
    result = validate_raw(write_raw(tmp_path / "raw"), variables=VARIABLES)
    (failure,) = result.failures
    assert "segment.tracks" in failure.message
    assert "docs/sources" in failure.message


def test_beside_other_sources_only_the_events_of_the_raw_source_must_be_there(
    tmp_path, monkeypatch
):
    def stage(folder: Path, *_: object) -> StagedSources:
        return StagedSources(folder / "none.duckdb", {}, (), ())

    monkeypatch.setattr(validation, "stage_sources", stage)
    folder = write_raw(tmp_path / "raw")
    for table in ("users", "accounts", "subscriptions"):
        (folder / f"{table}.parquet").unlink()
    both = {"pql_event_sources": ["raw"], "pql_business_sources": ["raw", "hubspot"]}
    assert validate_raw(folder, latest_plausible_on=LATEST_ON, variables=both).success
    events_only = {"pql_event_sources": ["raw"], "pql_business_sources": ["hubspot"]}
    result = validate_raw(folder, latest_plausible_on=LATEST_ON, variables=events_only)
    assert {table.table for table in result.tables} == {
        "events",
        "identifies",
        "memberships",
        "merges",
    }


def test_a_table_may_be_a_folder_of_files(tmp_path):
    folder = write_raw(tmp_path / "raw")
    for part in ("2026-01", "2026-02"):
        (folder / "events" / part).mkdir(parents=True)
        shutil.copy(folder / "events.parquet", folder / "events" / part / "rows.parquet")
    result = validate_raw(folder, latest_plausible_on=LATEST_ON)
    assert "both exist" in messages(result)
    (folder / "events.parquet").unlink()
    result = validate_raw(folder, latest_plausible_on=LATEST_ON)
    assert {table.table: table.rows for table in result.tables}["events"] == 800
    assert "50 % of the ids are distinct" in messages(result)
