"""The models are portable SQL: what DuckDB runs can be said in the other warehouses' dialects.

A check of syntax only: that no model uses a construct for which a dialect has no words.
"""

from __future__ import annotations

import json

import pytest
import sqlglot
from demo import Demo, run


@pytest.fixture(scope="module")
def compiled_models(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Compiled SQL of every SQL model."""
    target = tmp_path_factory.mktemp("compiled")
    run(
        "-m",
        "dbt.cli.main",
        "--quiet",
        "compile",
        **{**demo.environment, "DBT_TARGET_PATH": str(target)},
    )
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }


@pytest.mark.parametrize("dialect", ["bigquery", "databricks", "postgres", "snowflake", "spark"])
def test_every_model_can_be_said_in_the_dialect(
    dialect: str, compiled_models: dict[str, str]
) -> None:
    failures = []
    for name, sql in compiled_models.items():
        try:
            (said,) = sqlglot.transpile(sql, read="duckdb", write=dialect)
            sqlglot.parse_one(said, read=dialect)
        except sqlglot.errors.SqlglotError as error:
            failures.append(f"{name}: {error}")
    assert compiled_models
    assert not failures, "\n".join(failures)
