"""Salesforce: accounts, won opportunities, leads and activities, with and without history mode."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from business_source import accounting, build_source
from harness import Project

FEBRUARY = datetime(2024, 2, 1, 8, 0)
# History mode: snake_case, versions with _fivetran_start.
HISTORY_MODE = {
    "account": [
        {
            "id": "001A",
            "pql_account_id_c": "acme",
            "name": "Acme",
            "website": "www.acme.example",
            "is_deleted": False,
            "master_record_id": None,
            "created_date": FEBRUARY,
            "_fivetran_active": True,
        },
        {
            "id": "001B",
            "name": "Acme old",
            "is_deleted": True,
            "master_record_id": "001A",
            "_fivetran_active": True,
        },
        {"id": "001C", "pql_account_id_c": "bolt", "is_deleted": False, "_fivetran_active": True},
    ],
    "opportunity": [
        {
            "id": "006A",
            "account_id": "001B",
            "amount": 12000,
            "close_date": date(2024, 12, 24),
            "created_date": FEBRUARY,
            "is_won": won,
            "is_deleted": False,
            "_fivetran_start": start,
            "_fivetran_active": won,
        }
        for won, start in ((False, FEBRUARY), (True, datetime(2024, 3, 20, 15, 0)))
    ]
    + [
        {
            "id": "006B",
            "account_id": "001C",
            "amount": 6000,
            "close_date": date(2024, 3, 10),
            "created_date": datetime(2024, 3, 15),
            "is_won": True,
            "is_deleted": False,
            "_fivetran_start": datetime(2024, 8, 1),
            "_fivetran_active": True,
        }
    ],
    "lead": [
        {
            "id": "00QA",
            "email": "eve@acme.example",
            "created_date": FEBRUARY,
            "is_converted": True,
            "converted_date": date(2024, 2, 20),
            "converted_account_id": "001B",
            "is_deleted": False,
        }
    ],
    "task": [
        {
            "id": "00TA",
            "account_id": "001A",
            "type": "Call",
            "is_closed": True,
            "completed_date_time": datetime(2024, 2, 5, 10, 0),
            "owner_id": "005A",
        },
        {"id": "00TB", "account_id": "001A", "type": "Call", "is_closed": False},
    ],
    "event": [
        {"id": "00UA", "account_id": "001A", "start_date_time": datetime(2024, 2, 8, 10, 0)},
        {"id": "00UB", "account_id": "001A", "start_date_time": datetime(2025, 2, 8, 10, 0)},
    ],
    "user": [{"id": "005A", "email": "ann@us.example"}],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_source(tmp_path_factory.mktemp("salesforce"), "salesforce", HISTORY_MODE)


def rows(project: Project, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in project.query(sql)]


def test_an_account_converts_when_its_opportunity_was_won(project: Project) -> None:
    assert rows(
        project,
        "select account_id, mrr_amount, converted_on, known_on "
        "from marts.fct_conversions order by account_id",
    ) == [
        ("acme", Decimal(1000), date(2024, 3, 20), date(2024, 3, 20)),
        ("bolt", Decimal(500), date(2024, 3, 10), date(2024, 3, 15)),
    ]
    assert accounting(project, "subscriptions") == (2, 2, 0, 0)


def test_merged_accounts_are_no_companies(project: Project) -> None:
    assert rows(
        project,
        "select company_id, account_id, company_domain "
        "from intermediate.int_companies_unioned order by company_id",
    ) == [("salesforce:001A", "acme", "www.acme.example"), ("salesforce:001C", "bolt", None)]


def test_leads_and_touches_follow_the_merge(project: Project) -> None:
    assert rows(
        project,
        "select lead_id, account_id, created_on "
        "from intermediate.int_leads_unioned order by lead_id",
    ) == [
        ("salesforce:00QA:mql", "acme", date(2024, 2, 1)),
        ("salesforce:00QA:sql", "acme", date(2024, 2, 20)),
    ]
    assert rows(
        project,
        "select touch_id, account_id, channel, owner "
        "from intermediate.int_touches_unioned order by touch_id",
    ) == [
        ("salesforce:00TA", "acme", "call", "ann@us.example"),
        ("salesforce:00UA", "acme", "meeting", None),
    ]
    assert accounting(project, "touches") == (2, 2, 0, 0)


def test_columns_may_be_written_in_camel_case(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From CSV files, with the tables and columns that cannot be missing alone."""
    tables = {
        "account": [{"Id": "001A", "Product_Account_Id__c": "acme"}],
        "opportunity": [
            {
                "Id": "006A",
                "AccountId": "001A",
                "Amount": "2400",
                "CloseDate": "2024-03-10",
                "CreatedDate": "2024-04-01T08:00:00+02:00",
                "IsWon": True,
            },
            {
                "Id": "006B",
                "AccountId": "001A",
                "Amount": "2400",
                "CloseDate": "soon",
                "IsWon": True,
            },
            {"Id": "006C", "AccountId": "001A", "Amount": "1", "CloseDate": "soon", "IsWon": False},
        ],
    }
    project = build_source(
        tmp_path_factory.mktemp("salesforce_csv"),
        "salesforce",
        tables,
        "csv",
        pql_crm_deal_months=24,
        pql_salesforce_account_field="product_account_id_c",
    )
    assert rows(
        project, "select account_id, mrr_amount, converted_on, known_on from marts.fct_conversions"
    ) == [("acme", Decimal(100), date(2024, 3, 10), date(2024, 4, 1))]
    assert accounting(project, "subscriptions") == (2, 1, 0, 1)
    assert rows(project, "select reason from marts.fct_quarantined_rows") == [
        ("unreadable_started_at",)
    ]
