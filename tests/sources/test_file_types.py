"""What the files of a source hold in another way than the vendor meant is read as it was meant."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from adapter_builds import ACTIVITIES, new_project, write_source
from business_source import WITH_FREE_PLAN
from harness import DbtOutcome, Project, Row, Rows

NAN = float("nan")
MARCH, APRIL = datetime(2024, 3, 1), datetime(2024, 4, 1)


def project_on(
    folder: Path, source: str, tables: dict[str, Rows], ending: str = "parquet", **variables: object
) -> Project:
    project = Project(
        folder, raw_tables=WITH_FREE_PLAN, variables=dict(variables), has_calibration=False
    )
    write_source(project, source, tables, ending)
    return project


def hubspot(number: type) -> dict[str, Rows]:
    """A portal whose numbers are of a type; a float column has NaN where nothing is."""
    missing = NAN if number is float else None
    return {
        "company": [
            {"id": number(9), "property_domain": "nine.com", "property_hubspot_owner_id": number(7)}
            | {"property_hs_parent_company_id": number(10)},
            {"id": number(10), "property_domain": "ten.com", "property_hubspot_owner_id": missing}
            | {"property_hs_parent_company_id": missing},
        ],
        "contact": [
            # Either of the two properties of the date may be the one that is filled.
            {"id": number(1), "property_email": "a@nine.com"}
            | {"property_hs_lifecyclestage_marketingqualifiedlead_date": None}
            | {"property_hs_v2_date_entered_marketingqualifiedlead": MARCH},
            {"id": number(2), "property_email": "b@ten.com"}
            | {"property_hs_lifecyclestage_marketingqualifiedlead_date": APRIL}
            | {"property_hs_v2_date_entered_marketingqualifiedlead": None},
        ],
        "deal": [
            {"deal_id": number(1), "deal_pipeline_stage_id": "won", "property_amount": 1200}
            | {"property_closedate": MARCH, "property_createdate": MARCH}
        ],
        "deal_pipeline_stage": [{"stage_id": "won", "closed_won": True}],
        # None is the primary one: that with the lowest number.
        "deal_company": [
            {"deal_id": number(1), "company_id": number(10), "type_id": missing},
            {"deal_id": number(1), "company_id": number(9), "type_id": missing},
        ],
        "owner": [{"owner_id": number(7), "email": "rep@us.com"}],
    }


@pytest.mark.parametrize(("number", "ending"), [(float, "parquet"), (int, "csv")])
def test_a_portal_is_the_same_whatever_its_numbers_are_held_in(
    number: type, ending: str, tmp_path: Path
) -> None:
    project = project_on(
        tmp_path, "hubspot", hubspot(number), ending, pql_business_sources=["raw", "hubspot"]
    )
    project.run("--select", "+path:models/staging/hubspot").check()

    def rows(columns: str, model: str) -> list[tuple]:
        found = project.query(f"select {columns} from staging.stg_hubspot__{model} order by 1")
        return [tuple(row.values()) for row in found]

    assert rows("company_id, company_domain, owner, parent_company_id", "companies") == [
        ("hubspot:10", "ten.com", None, None),
        ("hubspot:9", "nine.com", "rep@us.com", "hubspot:10"),
    ]
    assert rows("subscription_id, company_domain", "subscriptions") == [("hubspot:1", "nine.com")]
    assert rows("lead_id, created_at", "leads") == [
        ("hubspot:1:mql", MARCH),
        ("hubspot:2:mql", APRIL),
    ]


def build_events(project: Project) -> DbtOutcome:
    tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    return project.build("--select", "+stg_segment__events", *tests)


def tracks(**columns: object) -> dict[str, Rows]:
    row: Row = {"id": "t1", "user_id": "u", "event": "start", "event_text": "Start"}
    row["received_at"] = MARCH
    return {"tracks": [row | columns, row | columns | {"id": "t2"}]}


def test_times_of_several_types_stand_in_for_each_other(tmp_path: Path) -> None:
    """Each table has its times in other types: NaN, text with an offset, a number."""
    times: dict[str, Row] = {
        "tracks": {"timestamp": MARCH, "original_timestamp": NAN},
        "pages": {"timestamp": NAN, "original_timestamp": "2024-03-01T01:00:00+01:00"},
        "screens": {"timestamp": 1709251200},
        "start": {"timestamp": MARCH, "original_timestamp": "2024-04-01T00:00:00Z"},
    }
    tables: dict[str, Rows] = {
        name: [{**row, **columns, "id": f"{name}-{row['id']}"} for row in tracks()["tracks"]]
        for name, columns in times.items()
    }
    project = new_project(tmp_path, "segment")
    write_source(project, "segment", tables, "parquet")
    # A property is read, so that the table of the event is.
    size = {"activity_key": "size", "event_name": "Start", "value_property": "size"}
    project.write_seeds({"pql_activities": [*ACTIVITIES, size]})
    build_events(project).check()
    found = project.query(
        "select split_part(event_id, '-', 1) as name, occurred_at, quarantine_reason"
        " from staging.stg_segment__events"
    )
    right, wrong = (MARCH, None), (None, "unreadable_occurred_at")
    expected = {"tracks": right, "pages": right, "screens": wrong, "start": right}
    assert sorted(map(str, (tuple(row.values()) for row in found))) == sorted(
        2 * [str((f"segment:{name}", *times)) for name, times in expected.items()]
    )


def test_a_file_that_is_gone_is_not_read_on(tmp_path: Path) -> None:
    project = project_on(
        tmp_path,
        "segment",
        {**tracks(timestamp=MARCH), "start": tracks(timestamp=MARCH)["tracks"]},
        pql_event_sources=["segment"],
    )
    views = "select view_name from duckdb_views() where schema_name = 'segment'"
    build_events(project).check()
    assert {"view_name": "start"} in project.query(views)

    folder = project.raw_path / "segment"
    (folder / "start.csv").write_text("id,event\n", encoding="utf-8")
    failed = build_events(project)
    assert f"segment table 'start': both {folder}/start.parquet and {folder}/start.csv" in (
        failed.text
    )
    (folder / "start.parquet").unlink()
    (folder / "start.csv").write_bytes(b"")
    failed = build_events(project)
    assert f"segment table 'start': {folder}/start.csv is empty (0 bytes)" in failed.text

    (folder / "start.csv").unlink()
    build_events(project).check()
    assert {"view_name": "start"} not in project.query(views)
    assert {"view_name": "tracks"} in project.query(views)


@pytest.mark.parametrize(
    ("variables", "absent", "is_built"),
    [
        ({"pql_business_sources": ["raw", "hubspot"]}, "users", False),
        ({"pql_business_sources": ["raw", "hubspot"]}, "subscriptions", True),
        ({"pql_event_sources": ["segment"]}, "subscriptions", True),
    ],
)
def test_a_table_may_be_absent_where_another_source_gives_it_or_it_is_said(
    variables: dict[str, list[str]], absent: str, is_built: bool, tmp_path: Path
) -> None:
    source = "segment" if "pql_event_sources" in variables else "hubspot"
    tables = tracks(timestamp=MARCH) if source == "segment" else hubspot(int)
    project = project_on(tmp_path, source, tables, **variables)
    project.remove_raw(absent)
    outcome = project.run("--select", "stg_raw__accounts")
    assert outcome.success == is_built
    is_named = f"raw table '{absent}'" in outcome.text
    is_said = f"raw: no source that is on gives {absent}, and" in outcome.text
    assert (is_named, is_said) == (not is_built, is_built and source == "segment")


@pytest.mark.parametrize("written", ["{raw}/", "{parent}/./{name}", "{parent}//{name}/../{name}"])
def test_a_table_of_many_files_is_found_however_the_folder_is_written(
    written: str, tmp_path: Path
) -> None:
    project = project_on(tmp_path, "segment", {})
    folder = project.raw_path / "touches" / "year=2024"
    folder.mkdir(parents=True)
    for number in (1, 2):
        (folder / f"{number}.csv").write_text(f"touch_id\nt{number}\n", encoding="utf-8")
    raw = project.raw_path
    project.raw_path = written.format(raw=raw, parent=raw.parent, name=raw.name)
    project.run("--select", "stg_raw__touches").check()
    found = project.query("select touch_id from staging.stg_raw__touches order by touch_id")
    assert found == [{"touch_id": "t1"}, {"touch_id": "t2"}]


def test_a_folder_that_duckdb_takes_for_a_pattern_is_refused(tmp_path: Path) -> None:
    project = project_on(tmp_path, "segment", {})
    project.raw_path = project.raw_path.rename(tmp_path / "raw[1]")
    outcome = project.run("--select", "stg_raw__touches")
    assert f"PQL_RAW_PATH is '{tmp_path}/raw[1]'. DuckDB takes" in outcome.text


def test_the_demo_and_own_files_do_not_meet_in_one_database(tmp_path: Path) -> None:
    project = project_on(tmp_path, "segment", {})
    own = project.raw_path
    demo = tmp_path / "local" / "demo_raw"
    shutil.copytree(own, demo)

    def run_on(folder: Path) -> DbtOutcome:
        project.raw_path = folder
        return project.run("--select", "stg_raw__touches")

    run_on(own).check()
    assert "Name the folder of your files with the environment variable" in run_on(demo).text
    run_on(own).check()
    project.database_path.unlink()
    run_on(demo).check()
    assert "holds the demo, whose simulated leads" in run_on(own).text
    run_on(demo).check()


def test_a_database_with_the_name_of_a_schema_is_refused(tmp_path: Path) -> None:
    # What is parsed holds the name of the database: a var that no other test has parses it anew.
    project = project_on(tmp_path, "segment", {}, pql_horizon_days=59)
    project.database_path = tmp_path / "marts.duckdb"
    outcome = project.run("--select", "stg_raw__touches")
    assert "the database would be called 'marts' like one of its schemas" in outcome.text
