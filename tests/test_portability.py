"""The models are portable SQL: what DuckDB runs can be said in the other warehouses' dialects.

A check of syntax only: that no model uses a construct for which a dialect has no words.
"""

from __future__ import annotations

import json

import pytest
import sqlglot
from demo import Demo


@pytest.mark.parametrize("dialect", ["bigquery", "databricks", "postgres", "snowflake", "spark"])
def test_every_model_can_be_said_in_the_dialect(dialect: str, demo: Demo) -> None:
    manifest = json.loads((demo.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "sql"
    ]
    assert models
    failures = []
    for model in models:
        try:
            (said,) = sqlglot.transpile(
                model["compiled_code"],
                read="duckdb",
                write=dialect,
                unsupported_level=sqlglot.ErrorLevel.IGNORE,
            )
            sqlglot.parse_one(said, read=dialect)
        except sqlglot.errors.SqlglotError as error:
            failures.append(f"{model['name']}: {error}")
    assert not failures, "\n".join(failures)
