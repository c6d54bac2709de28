"""Published marts: whole or not at all, and never in the way of a build or of a reader."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo import Demo
from harness import PROJECT_ROOT, query
from published_builds import TABLES, StandIn

from python_udfs.publish import Publication, PublishError, publish, publishes_personal_data

BUILDS = 20

# What each table of the file says which build it is of; one number when all agree.
MARKERS = """
select distinct build_number from (
    select build_number from marts.dim_things
    union all select build_number from marts.fct_changes
    union all select build_number from marts.fct_scores
    union all select build_number from marts.published_build
)
"""
# Opens the file once, and reads it again and again until it is told to open it anew.
HOLDER = f"""
import sys, duckdb
read = lambda connection: connection.execute('''{MARKERS}''').fetchall()
held = duckdb.connect(sys.argv[1], read_only=True)
print(read(held), flush=True)
for line in sys.stdin:
    if line.strip() == "reopen":
        held.close()
        held = duckdb.connect(sys.argv[1], read_only=True)
    print(read(held), flush=True)
"""
# Opens, reads twice and closes as fast as it can, the file and the Parquet folder.
OPENER = f"""
import os, sys, time, duckdb
path, parquet, stop = sys.argv[1:]
seen = []
while not os.path.exists(stop):
    with duckdb.connect(path, read_only=True) as connection:
        first = connection.execute('''{MARKERS}''').fetchall()
        time.sleep(0.01)
        assert first == connection.execute('''{MARKERS}''').fetchall()
    assert len(first) == 1, first
    folder = os.path.realpath(parquet)
    numbers = duckdb.sql(f"select distinct build_number from read_parquet('{{folder}}/dim_things.parquet') "
        f"union select build_number from read_parquet('{{folder}}/published_build.parquet')").fetchall()
    assert len(numbers) == 1, numbers
    seen.append(first[0][0])
assert seen == sorted(seen), seen
print(len(seen), len(set(seen)))
"""  # noqa: E501


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


def run(stand_in: StandIn, **options: Any) -> Publication:
    return publish(stand_in.database, stand_in.published, stand_in.target, **options)


def state(stand_in: StandIn) -> tuple[Any, ...]:
    """Everything that readers can see."""
    folder = stand_in.published
    return (
        (folder / "pql_marts.duckdb").read_bytes(),
        (folder / "parquet/current").readlink(),
        sorted(
            (str(path.relative_to(folder)), path.read_bytes())
            for path in (folder / "parquet").glob("*/*")
        ),
    )


def marker(path: Path) -> list[tuple[int]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(MARKERS).fetchall()


def test_readers_and_twenty_builds_do_not_meet(stand_in: StandIn) -> None:
    stand_in.build(1)
    file = run(stand_in).duckdb_path
    stop = stand_in.folder / "stop"
    parquet = stand_in.published / "parquet/current"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    opener = subprocess.Popen(
        [sys.executable, "-c", OPENER, file, parquet, stop], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "[(1,)]\n"
        for number in range(2, BUILDS + 2):
            stand_in.build(number)
            assert run(stand_in).build_number == number
            holder.stdin.write("again\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "[(1,)]\n"
        holder.stdin.write("reopen\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == f"[({BUILDS + 1},)]\n"
    finally:
        stop.touch()
        holder.communicate(timeout=60)
        counts, _ = opener.communicate(timeout=60)
    assert holder.returncode == 0
    assert opener.returncode == 0
    opened, builds_seen = map(int, counts.split())
    assert opened > 5
    assert builds_seen > 2


def test_the_copy_says_what_it_is(stand_in: StandIn) -> None:
    stand_in.build(3)
    done = run(stand_in)
    assert done.row_counts == {"dim_things": 1003, "fct_changes": 2003, "fct_scores": 1003}
    with duckdb.connect(str(done.duckdb_path), read_only=True) as connection:
        tables = dict(
            connection.execute("select table_name, comment from duckdb_tables()").fetchall()
        )
        columns = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = 'dim_things'"
            ).fetchall()
        )
        builds = query(connection, "from marts.published_build order by table_name")
        views = connection.execute("select * from duckdb_views() where not internal").fetchall()
    assert tables["dim_things"] == (
        "What dim_things isn't. One row per thing_id. Not published: email (personal data)."
    )
    assert tables["fct_changes"] == "What fct_changes isn't. One row per change_id."
    assert columns == {"thing_id": "The thing's id.", "build_number": None}
    assert views == []
    assert [(row["table_name"], row["row_count"]) for row in builds] == [*done.row_counts.items()]
    assert {str(row["as_of_on"]) for row in builds} == {"2024-01-04"}
    assert [row["left_out_columns"] for row in builds] == ["email", None, None]
    manifest = json.loads((done.parquet_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["row_counts"] == done.row_counts
    assert manifest["as_of_on"] == "2024-01-04"


def test_personal_data_is_published_only_when_asked_for(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.build(1)
    columns = "select column_name from duckdb_columns() where table_name = 'dim_things'"
    for value, published in ((None, False), ("true", True), ("false", False)):
        if value is not None:
            monkeypatch.setenv("PQL_PUBLISH_PERSONAL_DATA", value)
        done = run(stand_in, with_personal_data=publishes_personal_data())
        with duckdb.connect(str(done.duckdb_path), read_only=True) as connection:
            assert (("email",) in connection.execute(columns).fetchall()) is published
        described = duckdb.sql(f"describe from '{done.parquet_path}/dim_things.parquet'")
        assert ("email" in {row[0] for row in described.fetchall()}) is published
    monkeypatch.setenv("PQL_PUBLISH_PERSONAL_DATA", "yes")
    with pytest.raises(PublishError, match="set it to true or to false"):
        publishes_personal_data()


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"statuses": {"model.pql.fct_changes": "error"}}, "the last dbt build failed: fct_change"),
        ({"statuses": {"test.pql.grain": "fail"}}, "the last dbt build failed: grain"),
        ({"statuses": {"model.pql.fct_scores": "skipped"}}, "failed: fct_scores"),
        ({"statuses": {"model.pql.dim_things": None}}, "the last dbt build left out dim_things"),
        ({"statuses": {"test.pql.grain": None}}, "the last dbt build left out grain"),
        ({"command": "run"}, "the last dbt command in .* was `dbt run`"),
        ({"is_empty": True}, "with --empty"),
        ({"results_of": "another"}, "come from different runs"),
    ],
)
def test_a_build_that_is_not_whole_publishes_nothing(
    stand_in: StandIn, results: dict[str, Any], message: str
) -> None:
    stand_in.build(1)
    run(stand_in)
    before = state(stand_in)
    stand_in.build(2, **results)
    with pytest.raises(PublishError, match=message):
        run(stand_in)
    assert state(stand_in) == before
    assert marker(stand_in.published / "pql_marts.duckdb") == [(1,)]


def test_a_file_with_a_second_dot_in_its_name_is_published(stand_in: StandIn) -> None:
    stand_in.build(1)
    # DuckDB calls the database `pql`.
    database = stand_in.database.rename(stand_in.folder / "pql.v1.duckdb")
    publish(database, stand_in.published, stand_in.target)
    assert marker(stand_in.published / "pql_marts.duckdb") == [(1,)]


def test_a_build_without_calibration_is_published_and_says_so(stand_in: StandIn) -> None:
    stand_in.build(1, statuses={"model.pql.fct_changes": None})
    with duckdb.connect(str(run(stand_in).duckdb_path), read_only=True) as connection:
        older = connection.execute(
            "select table_name from marts.published_build where is_older"
        ).fetchall()
    assert older == [("fct_changes",)]


def test_a_build_that_did_not_end_publishes_nothing(stand_in: StandIn) -> None:
    stand_in.build(1)
    run(stand_in)
    before = state(stand_in)
    with duckdb.connect(str(stand_in.database)) as connection:
        connection.execute("update intermediate.int_build_plan set build_number = 2")
    with pytest.raises(PublishError, match="half-way through a build"):
        run(stand_in)
    with duckdb.connect(str(stand_in.database)) as connection:
        connection.execute("delete from builds.last_build")
    with pytest.raises(PublishError, match="half-way through a build"):
        run(stand_in)
    assert state(stand_in) == before


def test_a_copy_with_other_rows_is_not_published(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.build(1)
    run(stand_in)
    before = state(stand_in)
    # A view whose rows differ from one look to the next.
    with duckdb.connect(str(stand_in.database)) as connection:
        connection.execute(
            "create or replace view marts.fct_scores as "
            "select 1 as thing_id, 2 as build_number from range(cast(1e6 * random() as bigint))"
        )
    with pytest.raises(PublishError, match=r"the copy of fct_scores has .* rows"):
        run(stand_in)
    assert state(stand_in) == before


@pytest.mark.parametrize("step", ["the folder", "the file", "the link"])
def test_a_killed_run_leaves_whole_copies_and_the_next_one_works(
    stand_in: StandIn, step: str
) -> None:
    stand_in.build(1)
    run(stand_in)
    stand_in.build(2)
    # Dies just before it puts the folder, the file or the link in its place.
    script = f"""
import os, pathlib, sys
calls = []
def dies(original, names):
    def call(self, *arguments):
        if self.name in names:
            os._exit(9)
        return original(self, *arguments)
    return call
pathlib.Path.rename = dies(pathlib.Path.rename, {["parquet"] if step == "the folder" else []})
pathlib.Path.replace = dies(pathlib.Path.replace, {
        {"the folder": [], "the file": ["pql_marts.duckdb"], "the link": ["current"]}[step]
    })
from python_udfs.publish import publish
publish(*sys.argv[1:])
"""
    arguments = [stand_in.database, stand_in.published, stand_in.target]
    killed = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=PROJECT_ROOT, check=False
    )
    assert killed.returncode == 9
    assert (stand_in.published / ".partial").exists()
    assert marker(stand_in.published / "pql_marts.duckdb") == [(2 if step == "the link" else 1,)]
    assert (stand_in.published / "parquet/current").readlink() == Path("1")
    assert run(stand_in).build_number == 2
    assert marker(stand_in.published / "pql_marts.duckdb") == [(2,)]
    assert {path.name for path in stand_in.published.iterdir()} == {
        ".lock", "parquet", "pql_marts.duckdb",
    }  # fmt: skip
    assert {path.name for path in (stand_in.published / "parquet").iterdir()} == {
        "1", "2", "current",
    }  # fmt: skip


def test_the_copy_before_is_kept_for_its_readers(stand_in: StandIn) -> None:
    for number in range(1, 5):
        stand_in.build(number)
        run(stand_in)
    folder = stand_in.published / "parquet"
    assert {path.name for path in folder.iterdir()} == {"3", "4", "current"}
    assert (folder / "current").readlink() == Path("4")
    assert {path.stem for path in (folder / "current").glob("*.parquet")} == {
        *TABLES,
        "published_build",
    }


def test_a_database_in_use_and_a_second_publisher_are_named(stand_in: StandIn) -> None:
    stand_in.build(1)
    run(stand_in)
    writer = subprocess.Popen(
        [sys.executable, "-c", f"import duckdb; c = duckdb.connect({str(stand_in.database)!r}); "
         "print(1, flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(PublishError, match="is being written"):
            run(stand_in)
    finally:
        writer.communicate("\n", timeout=60)
    lock = os.open(stand_in.published / ".lock", os.O_RDWR)
    import fcntl

    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(PublishError, match="another process publishes"):
            run(stand_in)
    finally:
        os.close(lock)
    run(stand_in)


def test_missing_files_are_named(stand_in: StandIn) -> None:
    with pytest.raises(PublishError, match="there is no database"):
        run(stand_in)
    stand_in.build(1)
    other = stand_in.database.rename(stand_in.folder / "other.duckdb")
    with pytest.raises(PublishError, match="built the database 'pql', not"):
        publish(other, stand_in.published, stand_in.target)
    (stand_in.target / "run_results.json").unlink()
    with pytest.raises(PublishError, match=r"there is no .*run_results\.json"):
        publish(other, stand_in.published, stand_in.target)
    assert not (stand_in.published / "pql_marts.duckdb").exists()


def test_addresses_in_the_copy_are_those_that_the_docs_name(demo: Demo) -> None:
    named = re.findall(
        r"`(\w+)` and `(\w+)` in `(fct_\w+)`",
        (PROJECT_ROOT / "docs/bi.md").read_text(encoding="utf-8"),
    )
    path = str(demo.folder / "published" / "pql_marts.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        texts = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'marts' and data_type = 'VARCHAR'"
        ).fetchall()
        found = {
            (table, column)
            for table, column in texts
            if connection.execute(
                f"select 1 from marts.{table} where contains({column}, '@') limit 1"
            ).fetchall()
        }
    assert found == {(table, column) for *columns, table in named for column in columns}


def test_the_demo_is_published_whole(demo: Demo) -> None:
    folder = demo.folder / "published"
    assert "Publishing the marts" in demo.output
    assert str(folder / "pql_marts.duckdb") in demo.output.replace("\n", "")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{demo.folder / 'demo.duckdb'}' as demo (read_only)")
        connection.execute(f"attach '{folder / 'pql_marts.duckdb'}' as published (read_only)")
        built, published = (
            {
                name
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables "
                    f"where table_catalog = '{catalog}' and table_schema = 'marts'"
                ).fetchall()
            }
            for catalog in ("demo", "published")
        )
        assert published == built | {"published_build"}
        for table in sorted(built):
            columns = [
                f'"{row[0]}"'
                for row in connection.execute(f"describe published.marts.{table}").fetchall()
            ]
            mart = f"select {', '.join(columns)} from demo.marts.{table}"
            for copy in (
                f"select {', '.join(columns)} from published.marts.{table}",
                f"select {', '.join(columns)} from '{folder}/parquet/current/{table}.parquet'",
            ):
                for one, other in ((mart, copy), (copy, mart)):
                    rows = connection.execute(f"{one} except all {other} limit 1").fetchall()
                    assert rows == [], (table, rows)
        assert connection.execute(
            "select count(*) from published.marts.published_build where is_older"
        ).fetchone() == (0,)
        left_out = connection.execute(
            "select table_name, left_out_columns from published.marts.published_build "
            "where left_out_columns is not null order by 1"
        ).fetchall()
        assert ("dim_users", "email") in left_out
        undescribed = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = 'published' and comment is null"
        ).fetchall()
        assert undescribed == []
        # Drivers of BI tools are built with an older DuckDB.
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() "
            "where database_name = 'published'"
        ).fetchone()
    assert re.match(r"v1\.0\.0", str(tags[0]))
