"""HubSpot: companies, won deals, leads and touches; merges, deletions, edited close dates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from business_source import WITH_FREE_PLAN, accounting, build_source
from harness import Project

FEBRUARY = datetime(2024, 2, 1, 8, 0)
STAGES = [
    {"stage_id": "open", "closed_won": False},
    {"stage_id": "won", "closed_won": True},
]
TABLES = {
    "company": [
        # The account's id stands in a property of the portal's own.
        {
            "id": 1,
            "property_workspace": "acme",
            "property_domain": "acme.example",
            "property_hs_merged_object_ids": "2",
            "is_deleted": False,
        },
        {"id": 2, "property_domain": "old-acme.example", "is_deleted": False},
        {"id": 3, "property_workspace": "bolt", "property_domain": "bolt.example"},
        {"id": 4, "property_domain": "gone.example", "is_deleted": True},
    ],
    "contact": [
        {
            "id": 50,
            "property_email": "eve@acme.example",
            "property_associatedcompanyid": 1,
            "property_hs_lifecyclestage_marketingqualifiedlead_date": datetime(2024, 3, 1),
            "property_hs_lifecyclestage_salesqualifiedlead_date": datetime(2024, 3, 8),
            "property_hs_merged_object_ids": "51",
        },
        {
            "id": 51,
            "property_email": "eve.old@acme.example",
            "property_hs_lifecyclestage_marketingqualifiedlead_date": datetime(2024, 2, 20),
        },
    ],
    "deal": [
        # Won on the 20th; the close date was set ahead.
        {
            "deal_id": 100,
            "deal_pipeline_stage_id": "won",
            "property_amount": 12000,
            "property_deal_currency_code": "EUR",
            "property_closedate": datetime(2024, 12, 24),
            "property_createdate": FEBRUARY,
        },
        # Closed on the 10th, entered on the 25th.
        {
            "deal_id": 101,
            "deal_pipeline_stage_id": "won",
            "property_amount": 6000,
            "property_deal_currency_code": "EUR",
            "property_closedate": datetime(2024, 3, 10),
            "property_createdate": FEBRUARY,
        },
        {"deal_id": 102, "deal_pipeline_stage_id": "open", "property_amount": 9000},
        {"deal_id": 103, "deal_pipeline_stage_id": "won", "property_amount": 9000},
    ],
    "deal_pipeline_stage": STAGES,
    "deal_company": [
        {"deal_id": 100, "company_id": 2, "type_id": 5},
        {"deal_id": 101, "company_id": 3, "type_id": 5},
        {"deal_id": 103, "company_id": 3, "type_id": 5},
    ],
    "deal_stage": [
        {"deal_id": 100, "value": "open", "date_entered": FEBRUARY},
        {"deal_id": 100, "value": "won", "date_entered": datetime(2024, 3, 20, 15, 0)},
        {"deal_id": 101, "value": "won", "date_entered": datetime(2024, 3, 25, 15, 0)},
    ],
    "merged_deal": [{"deal_id": 101, "merged_deal_id": 103}],
    "owner": [{"owner_id": 9, "email": "ann@us.example"}],
    "engagement": [
        {"id": 200, "type": "CALL"},
        {"id": 201, "type": "NOTE"},
        {"id": 202, "type": "MEETING"},
    ],
    "engagement_call": [
        {
            "engagement_id": 200,
            "property_hs_timestamp": datetime(2024, 3, 2, 10, 0),
            "property_hubspot_owner_id": 9,
        }
    ],
    "engagement_meeting": [
        {"engagement_id": 202, "property_hs_timestamp": datetime(2025, 3, 2, 10, 0)}
    ],
    "engagement_company": [
        {"engagement_id": 200, "company_id": 1},
        {"engagement_id": 200, "company_id": 2},
        {"engagement_id": 201, "company_id": 1},
        {"engagement_id": 202, "company_id": 1},
    ],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_source(
        tmp_path_factory.mktemp("hubspot"),
        "hubspot",
        TABLES,
        pql_hubspot_account_property="property_workspace",
    )


def rows(project: Project, sql: str) -> list[tuple]:
    return [tuple(row.values()) for row in project.query(sql)]


def test_an_account_converts_when_its_deal_was_won(project: Project) -> None:
    assert rows(
        project,
        "select account_id, currency, mrr_amount, converted_on, known_on "
        "from marts.fct_conversions order by account_id",
    ) == [
        ("acme", "EUR", Decimal(1000), date(2024, 3, 20), date(2024, 3, 20)),
        ("bolt", "EUR", Decimal(500), date(2024, 3, 10), date(2024, 3, 25)),
    ]
    assert accounting(project, "subscriptions") == (2, 2, 0, 0)


def test_merged_and_deleted_companies_are_none(project: Project) -> None:
    assert rows(
        project,
        "select company_id, account_id, company_domain "
        "from intermediate.int_companies_unioned order by company_id",
    ) == [("hubspot:1", "acme", "acme.example"), ("hubspot:3", "bolt", "bolt.example")]


def test_a_merged_contact_is_one_lead_of_each_kind(project: Project) -> None:
    assert rows(
        project,
        "select lead_id, account_id, email, kind, created_on "
        "from intermediate.int_leads_unioned order by lead_id",
    ) == [
        ("hubspot:50:mql", "acme", "eve@acme.example", "mql", date(2024, 2, 20)),
        ("hubspot:50:sql", "acme", "eve@acme.example", "sql", date(2024, 3, 8)),
    ]
    assert accounting(project, "leads") == (2, 2, 0, 0)


def test_a_call_touches_a_company_once(project: Project) -> None:
    assert rows(
        project,
        "select touch_id, account_id, channel, owner, touched_on "
        "from intermediate.int_touches_unioned",
    ) == [("hubspot:200:1", "acme", "call", "ann@us.example", date(2024, 3, 2))]


def test_without_optional_tables_the_later_of_close_date_and_creation_is_known(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """From CSV files, with the tables and columns that cannot be missing alone."""
    tables = {
        "company": [{"id": 1, "property_pql_account_id": "acme"}],
        "contact": [{"id": 50}],
        "deal": [
            {
                "deal_id": 100,
                "property_dealstage": "won",
                "property_amount": 1200,
                "property_closedate": datetime(2024, 3, 10),
                "property_createdate": datetime(2024, 4, 1),
            },
            {
                "deal_id": 101,
                "property_dealstage": "won",
                "property_amount": "a lot",
                "property_closedate": datetime(2024, 3, 1),
            },
        ],
        "deal_pipeline_stage": STAGES,
        "deal_company": [{"deal_id": 100, "company_id": 1}, {"deal_id": 101, "company_id": 1}],
    }
    project = build_source(tmp_path_factory.mktemp("hubspot_csv"), "hubspot", tables, "csv")
    assert rows(
        project, "select account_id, mrr_amount, converted_on, known_on from marts.fct_conversions"
    ) == [("acme", Decimal(100), date(2024, 3, 10), date(2024, 4, 1))]
    assert accounting(project, "subscriptions") == (2, 1, 0, 1)
    assert rows(project, "select reason from marts.fct_quarantined_rows") == [
        ("unreadable_mrr_amount",)
    ]


def test_deals_are_no_subscriptions_where_another_source_says_who_pays(tmp_path) -> None:
    project = build_source(
        tmp_path,
        "hubspot",
        TABLES,
        product=WITH_FREE_PLAN,
        pql_hubspot_account_property="property_workspace",
        pql_subscription_sources=["raw"],
    )
    assert rows(project, "select account_id from marts.fct_conversions") == []
    assert accounting(project, "subscriptions") == (1, 1, 0, 0)
    assert rows(project, "select count(*) from intermediate.int_companies_unioned") == [(2,)]
