"""The CRM example: matches and deals recomputed from its files in pandas, without the models."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

NAME = "crm_workspaces"


@pytest.fixture(scope="module")
def folder(find_data) -> Path:
    return find_data(NAME)


@pytest.fixture(scope="module")
def marts(build_example):
    with build_example(NAME) as connection:
        yield connection


@pytest.fixture(scope="module")
def events(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "backend_events.csv.gz")


@pytest.fixture(scope="module")
def companies(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "hubspot_companies.csv")


@pytest.fixture(scope="module")
def deals(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "hubspot_deals.csv")


@pytest.fixture(scope="module")
def domains(events) -> pd.Series:
    """Organisation by the domain of its users' addresses: each has one of its own here."""
    created = events[events["event_name"] == "UserCreated"]
    addresses = created["event_properties"].map(lambda text: json.loads(text)["user"]["email"])
    pairs = pd.DataFrame(
        {"domain": addresses.str.split("@").str[1], "account_id": created["organization_id"]}
    ).drop_duplicates()
    assert pairs["domain"].is_unique
    return pairs.set_index("domain")["account_id"]


def test_every_row_is_accounted_for(marts, events, companies, deals):
    rows = {
        (source, table): counts
        for source, table, *counts in marts.execute(
            "select source_name, raw_table, rows_in, rows_used, rows_duplicate, rows_quarantined, "
            "rows_set_aside from marts.rpt_row_accounting"
        ).fetchall()
    }
    assert all(counts[0] == sum(counts[1:]) for counts in rows.values())
    assert rows["raw", "events"][:2] == [len(events), len(events)]
    assert rows["hubspot", "companies"][:2] == [len(companies), len(companies)]
    assert rows["hubspot", "subscriptions"][0] == deals["is_closed_won"].sum()


def test_every_organisation_is_matched_with_its_companies(marts, companies, domains):
    expected = {
        (f"hubspot:{company_id}", account_id)
        for company_id, account_id in zip(
            companies["company_id"], companies["domain"].map(domains), strict=True
        )
        if isinstance(account_id, str)
    }
    found = set(
        marts.execute(
            "select company_id, account_id from marts.rpt_company_matches "
            "where account_id is not null"
        ).fetchall()
    )
    assert found == expected
    assert len({account_id for _, account_id in found}) == domains.nunique() == 37


def test_every_domain_of_several_companies_is_listed(marts, companies):
    counts = companies["domain"].value_counts()
    found = dict(
        marts.execute(
            "select conflict_key, candidate_count from marts.rpt_identity_conflicts "
            "where conflict = 'domain_of_several_companies'"
        ).fetchall()
    )
    assert found == counts[counts > 1].to_dict()
    assert len(found) == 15


def test_an_organisation_has_the_name_of_its_company_unless_there_are_several(
    marts, companies, domains
):
    alone = companies[~companies["domain"].duplicated(keep=False)]
    names = dict(zip(alone["domain"].map(domains), alone["company_name"], strict=True))
    found = marts.execute("select account_id, account_name from marts.dim_accounts").fetchall()
    assert dict(found) == {account_id: names.get(account_id) for account_id in domains}


def test_a_won_deal_is_the_conversion_of_its_organisation(marts, companies, deals, domains):
    won = deals[deals["is_closed_won"]].merge(
        companies, left_on="hubspot_company_id", right_on="company_id"
    )
    won["account_id"] = won["domain"].map(domains)
    entered = pd.to_datetime(won["date_entered_closed_won"]).dt.normalize()
    closed = pd.to_datetime(won["close_date"]).dt.normalize()
    won["started_on"] = pd.concat([entered, closed], axis=1).min(axis=1)
    won["known_on"] = entered
    (as_of,) = marts.execute("select as_of_on from intermediate.int_as_of").fetchone()
    known = won[won["account_id"].notna() & (won["known_on"] <= pd.Timestamp(as_of))]
    expected = known.groupby("account_id")["started_on"].min()
    found = marts.execute(
        "select account_id, cast(converted_on as timestamp) from marts.fct_conversions"
    ).fetchall()
    assert dict(found) == expected.to_dict()
