"""The compiled SQL of the models of sales, for running it on made-up tables."""

from __future__ import annotations

import duckdb
from harness import compiled_project

HORIZON_DAYS = 60
HOLDOUT_SHARE = 0.25
HOLDOUT_SALT = "a salt"
MODELS = (
    "fct_pql_alerts",
    "fct_account_scores",
    "fct_user_scores",
    "fct_crm_account_sync",
    "int_account_owners",
    "int_alert_outcomes",
    "rpt_pql_uplift",
)


def sales_models() -> dict[str, str]:
    """Compiled SQL by name; compiled once per process."""
    compiled = compiled_project(
        MODELS,
        (
            ("pql_holdout_share", HOLDOUT_SHARE),
            ("pql_holdout_salt", HOLDOUT_SALT),
            ("pql_horizon_days", HORIZON_DAYS),
        ),
    )
    return {model.name: model.sql for model in compiled.models}


def warehouse() -> duckdb.DuckDBPyConnection:
    """An empty database with the schemas of the project."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as pql; use pql")
    for schema in ("definitions", "intermediate", "marts", "crm_sync"):
        connection.execute(f"create schema {schema}")
    return connection
