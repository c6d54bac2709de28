"""The event stream: who did what, known since when, recomputed from its files in pandas.

All rows were received on one day. What had happened more than 30 days before is a historical load,
and known from the day it happened; the rest is known from that day on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

NAME = "event_stream"
PROJECT = Path(__file__).resolve().parents[2]
IDENTITY = ["page_user", "occurred_on", "known_on"]
SAMPLED_DAYS = pd.date_range("2023-10-15", "2024-09-25", freq="15D")


def read(folder: Path, file: str) -> pd.DataFrame:
    """Read a file with the days on which its rows happened and were known, and the address."""
    rows = pd.read_csv(folder / file, dtype=str)
    for column, source in (("occurred_on", "EVENT_TIMESTAMP"), ("received_on", "RECEIVED_AT")):
        times = pd.to_datetime(rows[source], utc=True, format="mixed")
        rows[column] = times.dt.tz_localize(None).dt.normalize()
    is_historical_load = (rows["received_on"] - rows["occurred_on"]).dt.days > 30
    later = rows[["occurred_on", "received_on"]].max(axis=1)
    rows["known_on"] = rows["occurred_on"].where(is_historical_load, later)
    rows["address"] = rows["EMAIL"].str.lower()
    return rows


@pytest.fixture(scope="module")
def folder(find_data: Callable[[str], Path]) -> Path:
    return find_data(NAME)


@pytest.fixture(scope="module")
def marts(build_example):
    with build_example(NAME) as connection:
        yield connection


@pytest.fixture(scope="module")
def pages(folder) -> pd.DataFrame:
    return read(folder, "PAGES.csv")


@pytest.fixture(scope="module")
def tracks(folder) -> pd.DataFrame:
    return read(folder, "TRACKS.csv")


@pytest.fixture(scope="module")
def identifies(folder) -> pd.DataFrame:
    return read(folder, "IDENTIFIES.csv")


@pytest.fixture(scope="module")
def without_addresses(folder, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """The same, of pages that do not carry the address: only identify calls say whose they are."""
    out = tmp_path_factory.mktemp("without_addresses")
    raw = out / "raw" / "segment"
    raw.mkdir(parents=True)
    queries = PROJECT / "examples" / NAME / "raw" / "segment"
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{folder}'")
        for path in queries.glob("*.sql"):
            columns = "* exclude (email)" if path.stem == "pages" else "*"
            connection.execute(
                f"copy (select {columns} from (\n{path.read_text()}\n)) "
                f"to '{raw / path.stem}.parquet' (format parquet)"
            )
    environment = os.environ | {
        "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        "PQL_DEFINITIONS_PATH": f"examples/{NAME}/seeds",
        "PQL_RAW_PATH": str(out / "raw"),
        "PQL_DUCKDB_PATH": str(out / "pql.duckdb"),
    }
    marts = ("+fct_user_activity_daily", "+rpt_row_accounting")
    command = [
        *(str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--select", *marts),
        *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
        *("--vars", "{pql_event_sources: [segment], pql_business_sources: [raw]}"),
        *("--target-path", str(out / "target"), "--log-path", str(out / "logs")),
    ]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True)
    with duckdb.connect(out / "pql.duckdb", read_only=True) as connection:
        yield connection


def accounting(marts: duckdb.DuckDBPyConnection, table: str) -> tuple[int, ...]:
    """Rows in, used, duplicate, quarantined, set aside of one table."""
    (row,) = marts.execute(
        "select rows_in, rows_used, rows_duplicate, rows_quarantined, rows_set_aside "
        "from marts.rpt_row_accounting where raw_table = ? and source_name = 'segment'",
        [table],
    ).fetchall()
    assert row[0] == sum(row[1:])
    return row


def page_counts(marts: duckdb.DuckDBPyConnection) -> dict[tuple, int]:
    """Pages by user, day, and day from which they are known to be that user's."""
    rows = marts.execute(
        "select user_id, cast(occurred_on as timestamp), cast(known_on as timestamp), "
        "cast(sum(event_count) as integer) from marts.fct_user_activity_daily "
        "where activity_key = 'page_viewed' group by all"
    ).fetchall()
    return {(user, pd.Timestamp(day), pd.Timestamp(known)): n for user, day, known, n in rows}


def counted(pages: pd.DataFrame) -> dict[tuple, int]:
    """The same of pages in pandas."""
    return pages.groupby(IDENTITY).size().to_dict()


def merged_pages(pages: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Pages with the id that their address has become, from the first track that knows both."""
    merges = tracks.groupby("address").agg(user_id=("USER_ID", "first"), merge=("known_on", "min"))
    found = pages.merge(merges, left_on="address", right_index=True)
    found["known_on"] = found[["known_on", "merge"]].max(axis=1)
    return found


def test_every_row_is_accounted_for(marts, pages, tracks, identifies):
    nobodys = int(pages["address"].isna().sum())
    rows_in = len(pages) + len(tracks)
    assert accounting(marts, "events") == (rows_in, rows_in - nobodys, 0, nobodys, 0)
    assert accounting(marts, "identifies")[:2] == (len(identifies), len(identifies))
    assert accounting(marts, "merges")[:2] == (tracks["address"].nunique(),) * 2
    assert (rows_in, nobodys) == (4612, 768)


def test_what_nobody_can_be_named_for_is_quarantined(marts, pages):
    ids = pages.loc[pages["address"].isna(), "ID"]
    found = marts.execute(
        "select row_id, reason from marts.fct_quarantined_rows where raw_table = 'events'"
    ).fetchall()
    assert sorted(key for key, _ in found) == sorted("segment:" + ids)
    assert {reason for _, reason in found} == {"no_user_or_account"}


def test_a_page_that_carries_the_address_is_its_users(marts, pages):
    assert page_counts(marts) == counted(pages.rename(columns={"address": "page_user"}))


def test_a_page_is_its_users_from_the_day_the_identify_call_was_known(
    without_addresses, pages, identifies
):
    calls = identifies.set_index("ANONYMOUS_ID")
    is_known = pages["ANONYMOUS_ID"].isin(calls.index)
    stitched = pages[is_known].copy()
    of_page = calls.loc[stitched["ANONYMOUS_ID"]]
    stitched["page_user"] = of_page["address"].to_numpy()
    stitched["identified_on"] = of_page["known_on"].to_numpy()
    stitched["known_on"] = stitched[["known_on", "identified_on"]].max(axis=1)
    assert page_counts(without_addresses) == counted(stitched)
    assert (stitched["ANONYMOUS_ID"].nunique(), len(stitched)) == (171, 1342)
    assert accounting(without_addresses, "events")[3] == len(pages) - len(stitched) == 2110


def test_an_address_becomes_a_user_from_the_first_track_that_knows_both(marts, pages, tracks):
    """The signal of the user id, on many days, counts the pages of the address."""
    merged = merged_pages(pages, tracks)
    compared = 0
    for day in SAMPLED_DAYS:
        is_counted = (
            (merged["known_on"] <= day)
            & (merged["occurred_on"] > day - pd.Timedelta(days=30))
            & (merged["occurred_on"] <= day)
        )
        expected = merged[is_counted].groupby("user_id").size().to_dict()
        found = marts.execute(
            "select entity_id, cast(signal_value as integer) from marts.fct_signal_history "
            "where signal_key = 'pages_30d' and signal_value > 0 and entity_id not like '%@%' "
            "and valid_from <= ? and valid_to > ?",
            [day.date(), day.date()],
        ).fetchall()
        assert dict(found) == expected, day
        compared += len(expected)
    assert compared > 500


def test_a_merged_address_leaves_the_audience(marts, tracks):
    merge_days = tracks.groupby("address")["known_on"].min()
    found = marts.execute(
        "select entity_id, cast(valid_to as timestamp) from marts.fct_status_history "
        "where definition_key = 'warm_visitor' and ended_by = 'merged'"
    ).fetchall()
    assert found
    assert all(merge_days[address] == day for address, day in found)
    still_there = marts.execute(
        "select distinct statuses.entity_id from marts.fct_status_history as statuses "
        "where statuses.is_qualified and statuses.valid_to > ?",
        [merge_days.max().date()],
    ).fetchall()
    assert not {entity_id for (entity_id,) in still_there} & set(merge_days.index)
