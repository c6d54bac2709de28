"""Advertising spend: every row of the unified table is used or quarantined."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from business_source import WITH_FREE_PLAN, accounting, build_source
from harness import Project

REPORT = {
    "ad_reporting__account_report": [
        {
            "source_relation": None,
            "date_day": day,
            "platform": platform,
            "account_id": "1",
            "account_name": "Ours",
            "clicks": 10,
            "impressions": 1000,
            "spend": spend,
        }
        for day, platform, spend in (
            (date(2024, 3, 1), "google_ads", Decimal("12.50")),
            (date(2024, 3, 2), "google_ads", Decimal("7.50")),
            (date(2024, 3, 1), "linkedin_ads", Decimal(40)),
            (date(2024, 3, 1), "linkedin_ads", None),
        )
    ]
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("ad_reporting")
    return build_source(folder, "ad_reporting", REPORT, product=WITH_FREE_PLAN)


def test_spend_is_that_of_the_platform(project: Project) -> None:
    found = project.query(
        "select acquisition_channel, sum(amount) as amount "
        "from intermediate.int_spend_unioned where quarantine_reason is null "
        "group by acquisition_channel order by acquisition_channel"
    )
    assert [tuple(row.values()) for row in found] == [
        ("google_ads", Decimal(20)),
        ("linkedin_ads", Decimal(40)),
    ]
    assert accounting(project, "spend") == (4, 3, 0, 1)


def test_spend_converts_nobody(project: Project) -> None:
    assert project.query("select * from marts.fct_conversions") == []
