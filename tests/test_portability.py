"""The models are portable SQL: what DuckDB runs can be said in the other warehouses' dialects.

A check of syntax only: that no model uses a construct for which a dialect has no words. sqlglot
says some of what a warehouse would refuse in another way; that is looked for by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import sqlglot
from demo import Demo, run
from harness import EVERY_SOURCE, PROJECT_ROOT
from sqlglot import exp


@pytest.fixture(scope="module")
def compiled_models(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Compiled SQL of every SQL model, those of every source too."""
    target = tmp_path_factory.mktemp("compiled")
    run(
        "-m",
        "dbt.cli.main",
        "--quiet",
        "compile",
        "--vars",
        json.dumps(EVERY_SOURCE),
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


# What some of the warehouses do not have, and sqlglot writes out or around.
NOT_EVERYWHERE: dict[str, Callable[[sqlglot.Expression], bool]] = {
    "a WINDOW clause": lambda node: bool(node.args.get("windows")),
    "QUALIFY": lambda node: isinstance(node, exp.Qualify),
    "FILTER of an aggregate": lambda node: isinstance(node, exp.Filter),
    "DISTINCT ON": lambda node: isinstance(node, exp.Distinct) and bool(node.args.get("on")),
    "* with EXCEPT or REPLACE": lambda node: (
        isinstance(node, exp.Star) and bool(node.args.get("except_") or node.args.get("replace"))
    ),
    "GROUP BY ALL": lambda node: isinstance(node, exp.Group) and bool(node.args.get("all")),
    "SEMI or ANTI JOIN": lambda node: (
        isinstance(node, exp.Join) and node.args.get("kind") in ("SEMI", "ANTI")
    ),
}


def test_no_model_has_what_some_warehouses_lack(compiled_models: dict[str, str]) -> None:
    found = {
        f"{name}: {construct}"
        for name, sql in compiled_models.items()
        for node in sqlglot.parse_one(sql, read="duckdb").walk()
        for construct, is_it in NOT_EVERYWHERE.items()
        if is_it(node)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("construct", "sql"),
    [
        ("a WINDOW clause", "select sum(a) over w from t window w as (order by a)"),
        ("QUALIFY", "select a from t qualify row_number() over (order by a) = 1"),
        ("FILTER of an aggregate", "select count(*) filter (where a) from t"),
        ("DISTINCT ON", "select distinct on (a) a, b from t order by a, b"),
        ("* with EXCEPT or REPLACE", "select * exclude (a) from t"),
        ("* with EXCEPT or REPLACE", "select * replace (1 as a) from t"),
        ("GROUP BY ALL", "select a, count(*) from t group by all"),
        ("SEMI or ANTI JOIN", "select a from t anti join u using (a)"),
    ],
)
def test_such_a_construct_is_seen(construct: str, sql: str) -> None:
    nodes = list(sqlglot.parse_one(sql, read="duckdb").walk())
    assert [name for name, is_it in NOT_EVERYWHERE.items() if any(map(is_it, nodes))] == [construct]


# Types whose names differ among warehouses: dbt.type_string() and type_double() say them.
TYPE_WITH_SEVERAL_NAMES = re.compile(
    r"""\bas\ (varchar|text|string|double|float\d?|real|hugeint|timestamptz)\b(?=\s*\))
    |["'](varchar|double|double\ precision)["']""",
    re.VERBOSE,
)
DISPATCHED = re.compile(r"(duckdb|postgres|spark|snowflake|bigquery)__")


def types_of_one_warehouse(sql: str) -> list[str]:
    """Types written by the name that some warehouse has for them, outside of macros for it."""
    return [
        found.group()
        for part in re.split(r"{%-? *macro +", sql)
        if not DISPATCHED.match(part)
        for found in TYPE_WITH_SEVERAL_NAMES.finditer(part)
    ]


def test_types_are_written_as_every_warehouse_names_them() -> None:
    files = [*PROJECT_ROOT.glob("models/**/*.sql"), *PROJECT_ROOT.glob("macros/**/*.sql")]
    found = {
        str(path.relative_to(PROJECT_ROOT)): types
        for path in files
        if path.stem != "type_double"
        and (types := types_of_one_warehouse(path.read_text(encoding="utf-8")))
    }
    assert files
    assert found == {}


def test_a_type_of_one_warehouse_is_seen() -> None:
    assert types_of_one_warehouse("select cast(a as varchar), cast(b as double )") == [
        "as varchar",
        "as double",
    ]
    assert types_of_one_warehouse("{% macro duckdb__m(a) %}cast(a as varchar){% endmacro %}") == []
    assert types_of_one_warehouse("select a as text, cast(b as date) from t") == []
