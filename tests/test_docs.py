"""What the docs say can be run, no mart is left out, and the picture is the manifest's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from demo import Demo
from harness import PROJECT_ROOT

PAGES = sorted([PROJECT_ROOT / "README.md", PROJECT_ROOT / "CONTRIBUTING.md"]) + sorted(
    (PROJECT_ROOT / "docs").glob("*.md")
)


def test_the_lineage_is_drawn_from_the_manifest() -> None:
    done = subprocess.run(
        [sys.executable, "docs/draw_lineage.py", "--check"],
        cwd=PROJECT_ROOT,
        env={"DBT_PROFILES_DIR": "profiles", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_verb_of_the_readme_is_a_verb_of_the_makefile() -> None:
    verbs = set(re.findall(r"^([a-z]+):.*  ## ", (PROJECT_ROOT / "Makefile").read_text(), re.M))
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`|\S=\S+ )make ([a-z]+)", readme, re.M))
    assert named <= verbs
    assert {"demo", "test", "build", "docs"} <= named


def exposed(name: str) -> set[str]:
    """The marts that an exposure names."""
    content = yaml.safe_load((PROJECT_ROOT / "models/_exposures.yml").read_text(encoding="utf-8"))
    (found,) = [exposure for exposure in content["exposures"] if exposure["name"] == name]
    return {re.fullmatch(r"ref\('(\w+)'\)", mart)[1] for mart in found["depends_on"]}


@pytest.mark.parametrize(
    ("exposure", "files", "reads"),
    [
        ("metabase_dashboard", "analyses/metabase/*.sql", r"ref\(['\"](\w+)['\"]\)"),
        (
            "dashboard_page",
            "python_udfs/dashboard/*.py python_udfs/pages/*.py",
            r"\b((?:dim|fct|rpt)_\w+)",
        ),
        (
            "calibration_report",
            "python_udfs/calibration_report/*.py python_udfs/pages/*.py",
            r"\b((?:dim|fct|rpt)_\w+)",
        ),
    ],
)
def test_an_exposure_names_all_that_it_reads(exposure: str, files: str, reads: str) -> None:
    paths = [path for pattern in files.split() for path in PROJECT_ROOT.glob(pattern)]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert exposed(exposure) == {mart for text in texts for mart in re.findall(reads, text)}


def queries(page: Path) -> list[str]:
    """SQL of a page, what it shows that is no query has another language tag."""
    return re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_query_runs(page: Path, demo: Demo) -> None:
    for sql in queries(page):
        assert demo.query(sql), sql


def answer(page: str, words: str, **marts: str) -> list[tuple[Any, ...]]:
    """Rows of the query of a page that follows some words, on made-up marts."""
    text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
    sql = re.findall(r"```sql\n(.*?)```", text.split(words, 1)[1], re.S)[0]
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for table, rows in marts.items():
            connection.execute(f"create table marts.{table} as {rows}")
        return connection.execute(sql).fetchall()


def test_the_revenue_of_a_merged_account_is_asked_for_once() -> None:
    rows = answer(
        "for_growth.md",
        "How much new revenue",
        fct_conversions="""
        select account_id, 'EUR' as currency, 50 as mrr_amount, date '2024-03-05' as converted_on
        from (values ('merged'), ('what it became')) as accounts(account_id)
        """,
        dim_accounts="""
        from (values ('merged', 'what it became'), ('what it became', null))
            as accounts(account_id, merged_into_account_id)
        """,
    )
    assert [row[2:] for row in rows] == [(1, 50)]


@pytest.mark.parametrize(
    ("page", "words", "definition"),
    [
        ("for_sales.md", "Whom to call first?", "product_qualified"),
        ("for_sales.md", "Whom to speak to there?", "champion"),
        ("bi.md", "Who is qualified, and why, without", "product_qualified"),
    ],
)
def test_lists_of_leads_are_without_the_hold_out(page: str, words: str, definition: str) -> None:
    scores = f"""
    select
        entity as account_id, entity as user_id, entity as account_name, entity as email,
        '{definition}' as definition_key, 120 as score, 'A' as tier, 0.5 as conversion_probability,
        true as is_qualified, entity = 'held' as is_held_out,
        date '2024-03-05' as qualified_on, null as expires_on,
        'reasons' as top_reasons, 'a step' as next_best_action
    from (values ('held'), ('other')) as entities(entity)
    """
    rows = answer(
        page,
        words,
        fct_account_scores=scores,
        fct_user_scores=scores,
        dim_accounts=f"select account_id, account_name from ({scores})",
        dim_users=f"select account_id, user_id, email from ({scores})",
    )
    assert {row[0] for row in rows} == {"other"}


def test_every_public_mart_has_a_query(demo: Demo) -> None:
    manifest = json.loads((demo.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    marts = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["access"] == "public"
    }
    asked = re.findall(r"\bmarts\.(\w+)", "\n".join(sql for page in PAGES for sql in queries(page)))
    assert marts
    assert not marts - set(asked), "no page of docs/ shows how to query them"
