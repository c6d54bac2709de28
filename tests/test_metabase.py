"""What Metabase gets: metadata of the marts, and the dashboard, brought to a stand-in server.

Nothing here ran against a live Metabase; the stand-in holds requests to the documented API.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from demo import Demo
from harness import PROJECT_ROOT
from metabase_server import API_KEY, MetabaseServer, metabase_server

from python_udfs.dbt_artifacts import mart_nodes
from python_udfs.metabase import (
    DEFAULT_FOLDER,
    Dashboard,
    Metabase,
    MetabaseError,
    bring,
    read_dashboard,
)

FOLDER = PROJECT_ROOT / DEFAULT_FOLDER
SEMANTIC_TYPES = {
    "type/PK", "type/FK", "type/Name", "type/Email", "type/Country", "type/Currency",
    "type/Category", "type/Percentage",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(demo: Demo) -> dict[str, Any]:
    return json.loads((demo.folder / "target/manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def dashboard(manifest: dict[str, Any]) -> Dashboard:
    return read_dashboard(FOLDER, manifest)


@pytest.fixture
def server() -> Iterator[MetabaseServer]:
    with metabase_server() as state:
        yield state


def bring_to(server: MetabaseServer, dashboard: Dashboard) -> dict[str, int]:
    return bring(dashboard, Metabase(server.url, API_KEY), "PQL")[1]


def test_keys_of_the_marts_are_marked_for_metabase(manifest: dict[str, Any]) -> None:
    marts = mart_nodes(manifest)
    for table, node in marts.items():
        for name, column in node["columns"].items():
            where = f"{table}.{name}"
            meta = {
                key.removeprefix("metabase."): value
                for key, value in column["meta"].items()
                if key.startswith("metabase.")
            }
            assert set(meta) <= {"semantic_type", "fk_target_table", "fk_target_field"}, where
            assert meta.get("semantic_type") in SEMANTIC_TYPES | {None}, where
            is_foreign_key = meta.get("semantic_type") == "type/FK"
            assert is_foreign_key == ("fk_target_table" in meta) == ("fk_target_field" in meta)
            if is_foreign_key:
                target = marts[meta["fk_target_table"]]
                key = target["columns"][meta["fk_target_field"]]
                assert key["meta"]["metabase.semantic_type"] == "type/PK", where
            if re.search("(^|_)account_id$", name) or name == "user_id":
                assert meta.get("semantic_type") in ("type/PK", "type/FK"), (
                    f"{where}: say in its yml what it leads to (docs/bi.md)"
                )


def test_every_question_is_on_the_dashboard(dashboard: Dashboard) -> None:
    assert {question.key for question in dashboard.questions} == {
        path.stem for path in FOLDER.glob("*.sql")
    }


def test_every_question_runs_on_the_published_marts(demo: Demo, dashboard: Dashboard) -> None:
    path = str(demo.folder / "published/pql_marts.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        for question in dashboard.questions:
            answer = connection.execute(question.sql)
            columns = {column[0] for column in answer.description}
            assert answer.fetchall(), question.key
            settings = question.settings
            named = {
                *settings.get("graph.dimensions", []),
                *settings.get("graph.metrics", []),
                *(json.loads(key)[1] for key in settings.get("column_settings", {})),
            }
            assert named <= columns, f"{question.key}: {named - columns}"
            assert question.display in ("table", "scalar") or {
                "graph.dimensions", "graph.metrics",
            } <= set(settings), question.key  # fmt: skip


def answer(dashboard: Dashboard, key: str, **marts: str) -> list[tuple[Any, ...]]:
    """Rows of a question on made-up marts."""
    (question,) = (one for one in dashboard.questions if one.key == key)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for table, sql in marts.items():
            connection.execute(f"create table marts.{table} as {sql}")
        return connection.execute(question.sql).fetchall()


def test_new_customers_count_once_and_are_leads_under_any_definition(dashboard: Dashboard) -> None:
    rows = answer(
        dashboard,
        "new_customers_per_week",
        fct_account_journeys="""
        select * from (values
            ('a', 'accounts', 'recomputed', false, date '2024-03-05'),
            ('a', 'users', 'recomputed', true, date '2024-03-05'),
            ('b', 'accounts', 'recomputed', false, date '2024-03-10'),
            ('b', 'accounts', 'reported', true, date '2024-03-10'),
            ('c', 'accounts', 'recomputed', true, date '2024-03-11'),
            ('d', 'accounts', 'recomputed', true, null)
        ) as journeys(account_id, definition_key, basis, is_pql, converted_on)
        """,
    )
    assert [(f"{week:%Y-%m-%d}", *counts) for week, *counts in rows] == [
        ("2024-03-04", 2, 1), ("2024-03-11", 1, 1),
    ]  # fmt: skip


def test_the_hold_out_is_not_listed(dashboard: Dashboard) -> None:
    rows = answer(
        dashboard,
        "qualified_accounts",
        dim_accounts="""
        select account_id, account_id as account_name
        from (values ('held'), ('other')) as accounts(account_id)
        """,
        fct_account_scores="""
        select
            account_id, definition_key, 'A' as tier, 120 as score, 0.5 as conversion_probability,
            true as is_qualified, account_id = 'held' as is_held_out,
            date '2024-03-05' as qualified_on, null as expires_on,
            'reasons' as top_reasons, 'a step' as next_best_action
        from (values ('held'), ('other')) as accounts(account_id)
        cross join (values ('one'), ('two')) as definitions(definition_key)
        """,
    )
    assert [row[:2] for row in rows] == [("one", "other"), ("two", "other")]


def test_prospects_of_every_definition_are_one_step_away(dashboard: Dashboard) -> None:
    rows = answer(
        dashboard,
        "close_to_qualifying",
        dim_accounts="""
        select
            'a' || i as account_id, 'a' || i as account_name, date '2024-03-05' as last_active_on,
            case when i < 20 then 'customer' else 'active_prospect' end as lifecycle_stage
        from range(80) as t(i)
        """,
        # Few points are missing to the threshold of 2; half of it. Customers are no prospects.
        fct_account_scores="""
        select
            'a' || i as account_id, definition_key, threshold - missing as score,
            cast(missing as decimal(18, 4)) as points_to_threshold, true as is_in_audience,
            false as is_qualified, 'a step' as next_best_action
        from range(80) as t(i)
        cross join (values ('rule', 2, 1), ('points', 100, 20), ('everybody', 10, 1))
            as definitions(definition_key, threshold, missing)
        where definition_key = 'everybody' or i >= 20
        """,
    )
    assert [row[0] for row in rows] == ["everybody"] * 25 + ["points"] * 25 + ["rule"] * 25
    assert {row[4] for row in rows} == {0.1, 0.2, 0.5}
    assert not {row[1] for row in rows} & {f"a{i}" for i in range(20)}


def test_the_second_run_changes_nothing(server: MetabaseServer, dashboard: Dashboard) -> None:
    count = len(dashboard.questions)
    assert bring_to(server, dashboard) == {"created": count + 1, "updated": 0, "archived": 0}
    (made,) = server.dashboards.values()
    before = json.dumps([server.cards, server.dashboards, server.collections], sort_keys=True)
    assert [tab["name"] for tab in made["tabs"]] == dashboard.tabs
    assert len(made["dashcards"]) == count
    assert {card["collection_id"] for card in server.cards.values()} == {made["collection_id"]}
    assert bring_to(server, dashboard) == {"created": 0, "updated": count + 1, "archived": 0}
    after = json.dumps([server.cards, server.dashboards, server.collections], sort_keys=True)
    assert after == before


def test_what_was_changed_in_metabase_is_put_right_and_what_is_not_ours_is_left(
    server: MetabaseServer, dashboard: Dashboard
) -> None:
    bring_to(server, dashboard)
    (made,) = server.dashboards.values()
    ours = next(iter(server.cards.values()))
    title = ours["name"]
    ours["name"] = "Renamed by somebody"
    collection = made["collection_id"]
    # Same title, in the same collection, but saved by a person.
    server.cards[1] = {
        **ours, "id": 1, "name": title, "description": "Mine.", "collection_id": collection,
    }  # fmt: skip
    others = dict(server.cards[1])
    assert bring_to(server, dashboard)["created"] == 0
    assert ours["name"] == title
    assert server.cards[1] == others


def test_a_question_that_is_gone_is_archived_and_a_moved_one_keeps_its_id(
    server: MetabaseServer, dashboard: Dashboard
) -> None:
    bring_to(server, dashboard)
    cards = {card["name"]: number for number, card in server.cards.items()}
    gone, *kept = dashboard.questions
    moved = [replace(question, row=question.row + 20) for question in kept]
    done = bring_to(server, replace(dashboard, questions=moved))
    assert done == {"created": 0, "updated": len(moved) + 1, "archived": 1}
    assert [card["name"] for card in server.cards.values() if card["archived"]] == [gone.title]
    (made,) = server.dashboards.values()
    assert {card["card_id"] for card in made["dashcards"]} == {cards[one.title] for one in moved}


def test_more_items_than_a_page_are_all_found(
    server: MetabaseServer, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("python_udfs.metabase._PAGE", 3)
    bring_to(server, dashboard)
    assert bring_to(server, dashboard)["created"] == 0


def test_what_cannot_be_decided_is_said(server: MetabaseServer, dashboard: Dashboard) -> None:
    with pytest.raises(MetabaseError, match=r"no database 'Warehouse' \(it has: PQL\)"):
        bring(dashboard, Metabase(server.url, API_KEY), "Warehouse")
    server.databases.append({"id": 8, "name": "PQL"})
    with pytest.raises(MetabaseError, match=r"2 databases are called 'PQL' \(ids 7, 8\)"):
        bring_to(server, dashboard)
    server.databases.pop()
    bring_to(server, dashboard)
    server.collections.append({**server.collections[0], "id": 2, "description": "Mine."})
    with pytest.raises(MetabaseError, match="2 collections are called 'Product-qualified leads'"):
        bring_to(server, dashboard)


def test_duplicates_that_people_made_are_theirs(
    server: MetabaseServer, dashboard: Dashboard
) -> None:
    bring_to(server, dashboard)
    (made,) = server.dashboards.values()
    question = next(iter(server.cards.values()))
    # Metabase copies the description, and so the mark.
    server.dashboards[9001] = {**made, "id": 9001, "name": "Mine", "dashcards": [], "tabs": []}
    server.cards[9002] = {**question, "id": 9002, "name": "Mine"}
    duplicates = json.dumps([server.dashboards[9001], server.cards[9002]])
    done = bring_to(server, dashboard)
    assert done == {"created": 0, "updated": len(dashboard.questions) + 1, "archived": 0}
    assert json.dumps([server.dashboards[9001], server.cards[9002]]) == duplicates


def test_a_renamed_collection_is_found_again(server: MetabaseServer, dashboard: Dashboard) -> None:
    bring_to(server, dashboard)
    server.collections[0]["name"] = "Leads"
    assert bring_to(server, dashboard)["created"] == 0
    assert [collection["name"] for collection in server.collections] == ["Leads"]


def test_a_passing_fault_is_waited_out_and_a_creation_is_not_repeated(
    server: MetabaseServer, dashboard: Dashboard
) -> None:
    server.failures = [503, 502]
    bring_to(server, dashboard)
    assert server.requests[:3] == [("GET", "/api/database")] * 3
    client = Metabase(server.url, API_KEY)
    server.failures = [503]
    server.requests.clear()
    with pytest.raises(MetabaseError, match="POST /api/collection: 503"):
        client.request("POST", "/api/collection", json={"name": "x"})
    assert server.requests == [("POST", "/api/collection")]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "check METABASE_API_KEY"),
        (403, "its group needs native queries"),
        (404, "404 Try later"),
        (200, "the answer is not JSON"),
    ],
)
def test_refusals_are_explained(server: MetabaseServer, status: int, message: str) -> None:
    server.failures = [status]
    with pytest.raises(MetabaseError, match=message):
        Metabase(server.url, API_KEY).database_id("PQL")


def test_an_address_without_a_server_is_named() -> None:
    with pytest.raises(MetabaseError, match="cannot be reached") as raised:
        Metabase("http://127.0.0.1:9", "mb_secret", timeout=1).database_id("PQL")
    assert "mb_secret" not in str(raised.value)
    with pytest.raises(MetabaseError, match=r"http://127\.0\.0\.1:9 cannot be reached") as raised:
        Metabase("http://admin:hidden@127.0.0.1:9", "mb_secret", timeout=1).database_id("PQL")
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("key", ["mb_secret\nx", "mb secret", "mb_schl\u00fcssel"])
def test_what_cannot_be_a_key_is_said_and_not_shown(key: str) -> None:
    with pytest.raises(MetabaseError, match="METABASE_API_KEY has blanks") as raised:
        Metabase("http://127.0.0.1:9", key)
    assert key not in str(raised.value)


def command(demo: Demo, **environment: str) -> subprocess.CompletedProcess[str]:
    unset = {name: value for name, value in os.environ.items() if "METABASE" not in name}
    return subprocess.run(
        [sys.executable, "-m", "python_udfs.metabase"],
        cwd=PROJECT_ROOT,
        env={**unset, **demo.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_takes_its_secrets_from_the_environment_and_shows_none(
    demo: Demo, server: MetabaseServer
) -> None:
    done = command(demo)
    assert done.returncode == 1
    assert "set METABASE_URL and METABASE_API_KEY" in done.stderr
    done = command(demo, METABASE_URL=server.url, METABASE_API_KEY=f"{API_KEY}\n")
    assert done.returncode == 0, done.stderr
    assert f"{server.url}/dashboard/" in done.stdout
    wrong = command(demo, METABASE_URL=server.url, METABASE_API_KEY="mb_wrong_secret")
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr
    for output in (done.stdout, done.stderr, wrong.stdout, wrong.stderr):
        assert API_KEY not in output
        assert "mb_wrong_secret" not in output


def test_mistakes_of_the_definition_are_named(manifest: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "metabase"
    shutil.copytree(FOLDER, folder)
    path = folder / "dashboard.yml"
    text = path.read_text(encoding="utf-8")

    def change(edit: Any) -> None:
        definition = yaml.safe_load(text)
        edit(definition)
        path.write_text(yaml.safe_dump(definition), encoding="utf-8")

    row = lambda definition: definition["tabs"][0]["rows"][0]  # noqa: E731
    change(lambda definition: row(definition)["questions"][0].update(width=20))
    with pytest.raises(MetabaseError, match="38 columns wide, a dashboard 24"):
        read_dashboard(folder, manifest)
    change(lambda definition: row(definition)["questions"][0].pop("title"))
    with pytest.raises(MetabaseError, match="the key 'title' is missing"):
        read_dashboard(folder, manifest)
    change(lambda definition: row(definition)["questions"][0].update(question="qualified_now"))
    with pytest.raises(MetabaseError, match="named twice: qualified_now"):
        read_dashboard(folder, manifest)
    path.write_text(text, encoding="utf-8")
    (folder / "as_of.sql").write_text("select 1 from {{ ref('fct_gone') }}", encoding="utf-8")
    with pytest.raises(MetabaseError, match=r"as_of\.sql refers to fct_gone, which is no mart"):
        read_dashboard(folder, manifest)
    (folder / "as_of.sql").unlink()
    with pytest.raises(MetabaseError, match=r"there is no .*as_of\.sql"):
        read_dashboard(folder, manifest)
