"""The models are portable SQL: what DuckDB runs can be said in the other warehouses' dialects.

A check of syntax only: that no model uses a construct for which a dialect has no words. sqlglot
says some of what a warehouse would refuse in another way; that is looked for by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlglot
from demo import Demo, run
from harness import EVERY_SOURCE, PROJECT_ROOT, Project
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
DISPATCHED_OR_DEFAULT = re.compile(r"(default__|" + DISPATCHED.pattern + ")")


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


# What some of the warehouses do not have, or take for something else, and a macro says for each.
CONSTRUCTS = {
    "md5, which is bytes on BigQuery: dbt.hash": re.compile(r"\bmd5\("),
    "an interval: add_hours, add_days": re.compile(r"\binterval '"),
    "date_trunc, whose weeks begin on other days: start_of, dbt.date_trunc": re.compile(
        r"(?<!dbt\.)\bdate_trunc\("
    ),
    "position: dbt.position": re.compile(r"(?<!dbt\.)\bposition\("),
    "substring with from: substring(text, start)": re.compile(r"\bsubstring\([^)]*\bfrom\b"),
    "delete with using: delete_matched": re.compile(r"\bdelete from\b[^;]*\busing\b"),
    "where without from: no_rows": re.compile(
        r"(?<!from \()\bselect\b(?:(?!\b(?:from|select|delete|update)\b).)*\bwhere\b", re.DOTALL
    ),
    "a function of Python: the macro of its name": re.compile(
        r"(?<!^)(?<!{{ )\b(?:registrable_domain|is_free_mail)\("
    ),
}
COMMENT = re.compile(r"{#.*?#}|--[^\n]*", re.DOTALL)


def constructs_of_one_warehouse(sql: str) -> set[str]:
    """Constructs that some warehouse does not have, outside of macros for it."""
    return {
        construct
        for part in re.split(r"{%-? *macro +", COMMENT.sub("", sql))
        if not DISPATCHED_OR_DEFAULT.match(part)
        for construct, pattern in CONSTRUCTS.items()
        if pattern.search(part)
    }


def test_what_some_warehouses_lack_is_said_by_a_macro() -> None:
    found = {
        str(path.relative_to(PROJECT_ROOT)): constructs
        for folder in ("models", "macros")
        for path in (PROJECT_ROOT / folder).glob("**/*.sql")
        if (constructs := constructs_of_one_warehouse(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("construct", "sql"),
    [
        ("md5", "select md5(a) as a from t"),
        ("an interval", "select a + interval '24' hour from t"),
        ("date_trunc", "select {{ add_days(date_trunc('week', 'a'), 7) }} from t"),
        ("position", "{% macro m(a) %}position('@' in {{ a }}){% endmacro %}"),
        ("substring", "select substring(a from 2) from t"),
        ("delete", "delete from t as one\nusing u as other\nwhere one.a = other.a"),
        ("where", "select\n    cast(null as date) as a\nwhere false"),
        ("a function", "select registrable_domain(host) from t"),
    ],
)
def test_such_a_construct_is_seen_in_the_source(construct: str, sql: str) -> None:
    (found,) = constructs_of_one_warehouse(sql)
    assert found.startswith(construct)


def test_what_every_warehouse_has_is_let_pass() -> None:
    for sql in (
        "{% macro default__m(a) %}md5({{ a }}){% endmacro %}",
        "{% macro bigquery__m(a) %}to_hex(md5({{ a }})){% endmacro %}",
        "select {{ dbt.date_trunc('second', 'a') }} from t -- not md5(a)",
        "select a from (select 1 as a) as one where a > 1",
        "delete from t where a in (select a from u)",
        "select {{ registrable_domain('host') }} from t",
    ):
        assert constructs_of_one_warehouse(sql) == set()


@pytest.mark.parametrize("function", ["registrable_domain", "is_free_mail"])
def test_an_engine_without_a_function_of_python_is_told_what_to_make(
    function: str, tmp_path: Path
) -> None:
    """DuckDB stands for it here: the macro of an engine without one of its own is called."""
    arguments = json.dumps({"address" if function == "registrable_domain" else "domain": "host"})
    outcome = Project(tmp_path).dbt("run-operation", f"default__{function}", "--args", arguments)
    assert not outcome.success
    for said in (
        "pql_match_email_domains",
        "python_udfs/domains.py",
        f"duckdb__{function}",
        "macros/engine/registrable_domain.sql",
    ):
        assert said in outcome.text
