"""Stripe: what a subscription is worth a month, and when it was first paid."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from business_source import accounting, build_source
from harness import Project, Row

MARCH = datetime(2024, 3, 1, 8, 0)


def customer(key: str, account: str | None, **columns: object) -> Row:
    metadata = f'{{"account_id": "{account}"}}' if account else "{}"
    row = {
        "id": f"cus_{key}",
        "name": key.title(),
        "email": f"pay@{key}.example",
        "metadata": metadata,
        "livemode": True,
        "is_deleted": False,
        "created": MARCH,
    }
    return {**row, **columns}


def version(key: str, status: str, active: bool, start: datetime, **columns: object) -> Row:
    row = {
        "id": f"sub_{key}",
        "customer_id": f"cus_{key}",
        "status": status,
        "livemode": True,
        "created": MARCH,
        "start_date": MARCH,
        "trial_end": None,
        "canceled_at": None,
        "ended_at": None,
        "_fivetran_start": start,
        "_fivetran_active": active,
    }
    return {**row, **columns}


def invoice(key: str, number: int, amount: int, paid_at: datetime | None, **columns: object) -> Row:
    row = {
        "id": f"in_{key}_{number}",
        "subscription_id": f"sub_{key}",
        "currency": "usd",
        "amount_paid": amount,
        "status": "paid" if paid_at else "open",
        "livemode": True,
        "status_transitions_paid_at": paid_at,
    }
    return {**row, **columns}


def item(key: str, price: str, quantity: int) -> Row:
    return {
        "id": f"si_{key}",
        "subscription_id": f"sub_{key}",
        "plan_id": price,
        "quantity": quantity,
    }


TRIAL_END = datetime(2024, 3, 15, 8, 0)
TABLES = {
    "customer": [
        customer("acme", "acme"),
        customer("bolt", "bolt"),
        customer("cove", "cove"),
        customer("dune", "dune"),
        customer("test", "dune", livemode=False),
        customer("gone", None, is_deleted=True),
    ],
    "subscription_history": [
        # A trial that turned into a paid year.
        version("acme", "trialing", False, MARCH, trial_end=TRIAL_END),
        version("acme", "active", True, TRIAL_END, trial_end=TRIAL_END),
        # A trial that ended without payment.
        version("bolt", "trialing", False, MARCH, trial_end=TRIAL_END),
        version("bolt", "canceled", True, TRIAL_END, trial_end=TRIAL_END, ended_at=TRIAL_END),
        # Paid in yen and ended.
        version("cove", "active", False, MARCH),
        version("cove", "canceled", True, datetime(2024, 6, 1), ended_at=datetime(2024, 6, 1)),
        # Active, but the only invoice is not paid.
        version("dune", "active", True, MARCH),
        version("test", "active", True, MARCH, livemode=False),
    ],
    "subscription_item": [
        item("acme", "price_year", 2),
        item("bolt", "price_year", 1),
        item("cove", "price_yen", 1),
        item("dune", "price_year", 1),
        item("test", "price_year", 1),
    ],
    "price": [
        {
            "id": "price_year",
            "nickname": "Team",
            "currency": "usd",
            "unit_amount": 60000,
            "recurring_interval": "year",
            "recurring_interval_count": 1,
        },
        {
            "id": "price_yen",
            "nickname": "Tokyo",
            "currency": "jpy",
            "unit_amount": 9000,
            "recurring_interval": "month",
            "recurring_interval_count": 3,
        },
    ],
    "invoice": [
        invoice("acme", 1, 0, MARCH),
        invoice("acme", 2, 120000, datetime(2024, 3, 16, 10, 0)),
        invoice("bolt", 1, 0, MARCH),
        invoice("cove", 1, 9000, datetime(2024, 3, 2), currency="jpy"),
        invoice("dune", 1, 0, None),
        invoice("test", 1, 60000, MARCH, livemode=False),
    ],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return build_source(tmp_path_factory.mktemp("stripe"), "stripe", TABLES)


def test_an_account_converts_with_its_first_payment(project: Project) -> None:
    rows = project.query(
        "select account_id, plan, currency, mrr_amount, converted_on, known_on "
        "from marts.fct_conversions order by account_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("acme", "Team", "USD", Decimal(100), date(2024, 3, 16), date(2024, 3, 16)),
        ("cove", "Tokyo", "JPY", Decimal(3000), date(2024, 3, 2), date(2024, 3, 2)),
    ]


def test_every_subscription_of_the_live_mode_is_one_row(project: Project) -> None:
    assert accounting(project, "subscriptions") == (4, 4, 0, 0)
    rows = project.query(
        "select subscription_id, mrr_amount, ended_on "
        "from intermediate.int_subscriptions_unioned order by subscription_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("stripe:sub_acme", Decimal(100), None),
        ("stripe:sub_bolt", Decimal(0), date(2024, 3, 15)),
        ("stripe:sub_cove", Decimal(3000), date(2024, 6, 1)),
        ("stripe:sub_dune", Decimal(0), None),
    ]


def test_companies_are_the_live_customers(project: Project) -> None:
    rows = project.query(
        "select company_id, account_id, company_domain "
        "from intermediate.int_companies_unioned order by company_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (f"stripe:cus_{key}", key, f"pay@{key}.example") for key in ("acme", "bolt", "cove", "dune")
    ]


def test_without_invoices_an_active_subscription_is_paid(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """From CSV files, with the tables and columns that cannot be missing alone."""
    tables = {
        "customer": [
            {"id": "cus_a", "metadata": '{"account_id": "acme"}'},
            {"id": "cus_b", "metadata": '{"account_id": "bolt"}'},
        ],
        "subscription": [
            {"id": "sub_a", "customer_id": "cus_a", "status": "active", "created": MARCH},
            {"id": "sub_b", "customer_id": "cus_b", "status": "trialing", "created": MARCH},
        ],
        "subscription_item": [
            {"id": "si_a", "subscription_id": "sub_a", "plan_id": "plan_month"},
            {"id": "si_b", "subscription_id": "sub_b", "plan_id": "plan_month"},
        ],
        "plan": [{"id": "plan_month", "amount": 4900, "currency": "eur", "interval": "month"}],
    }
    project = build_source(tmp_path_factory.mktemp("stripe_csv"), "stripe", tables, "csv")
    rows = project.query("select account_id, mrr_amount, converted_on from marts.fct_conversions")
    assert [tuple(row.values()) for row in rows] == [("acme", Decimal(49), date(2024, 3, 1))]
