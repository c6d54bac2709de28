"""The inspection as a user runs it: its figures are those of the files, its draft can be built."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from demo import Demo, run
from harness import PROJECT_ROOT, Project

FIRST_DAYS, HORIZON, LAG = 14, 60, 30


@dataclass(frozen=True)
class Inspected:
    """What the command left behind."""

    folder: Path
    output: str

    @property
    def found(self) -> dict[str, Any]:
        return json.loads((self.folder / "inspection.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def inspected(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    folder = tmp_path_factory.mktemp("inspected")
    environment = {**demo.environment, "PQL_DUCKDB_PATH": str(folder / "pql.duckdb")}
    output = run(
        "-m",
        "python_udfs.source_inspection",
        "--json",
        str(folder / "inspection.json"),
        "--plan",
        str(folder / "plan"),
        **environment,
    )
    return Inspected(folder, output)


@pytest.fixture(scope="module")
def raw(demo: Demo) -> dict[str, pd.DataFrame]:
    folder = demo.folder / "raw"
    with duckdb.connect() as connection:
        return {
            name: connection.execute(f"from '{folder / name}.parquet'").df()
            for name in ("events", "users", "accounts", "subscriptions")
        }


def filled(column: pd.Series) -> pd.Series:
    return column.notna() & (column.astype("string").str.strip() != "")


def test_the_report_fits_a_terminal_and_says_what_was_looked_at(inspected: Inspected) -> None:
    assert max(len(line) for line in inspected.output.splitlines()) <= 100
    for heading in (
        "Events from raw; business data from raw",
        "Events of raw",
        "Event names: 16 of 16",
        "Business data",
        "Rows that cannot be used",
        "Conversions",
        "What to do next",
    ):
        assert heading in inspected.output
    # Tables that the project keeps itself are nothing that a user delivers.
    assert {table["source"] for table in inspected.found["tables"]} == {"raw"}


def test_nothing_is_left_behind_but_what_was_asked_for(inspected: Inspected) -> None:
    assert {path.name for path in inspected.folder.iterdir()} == {"inspection.json", "plan"}


def test_the_events_are_counted_as_the_files_hold_them(
    inspected: Inspected, raw: dict[str, pd.DataFrame], demo: Demo
) -> None:
    (found,) = inspected.found["events"]
    events = raw["events"]
    user, account = filled(events["user_id"]), filled(events["account_id"])
    lag = events["received_at"] - events["occurred_at"]
    days = events["received_at"].dt.normalize() - events["occurred_at"].dt.normalize()
    historical = days > pd.Timedelta(days=LAG)
    assert found["rows"] == len(events)
    assert found["without_user"] == (~user).sum()
    assert found["without_account"] == (~account).sum()
    assert found["anonymous_only"] == (~user & ~account & filled(events["anonymous_id"])).sum()
    assert found["historical"] == historical.sum()
    assert found["late"] == ((lag > pd.Timedelta(days=1)) & ~historical).sum()
    ids = events.loc[filled(events["event_id"]), "event_id"]
    assert found["duplicates"] == len(ids) - ids.nunique()
    # A row that names only an anonymous id can be used: who it was turns out later, or never.
    nobody = ~user & ~account & ~filled(events["anonymous_id"])
    planted = {
        **demo.truth["accounting"]["events"]["quarantined"],
        "no_user_or_account": nobody.sum(),
    }
    assert found["quarantined"] == sum(planted.values())
    reasons = {
        row["reason"]: row["rows"]
        for row in inspected.found["quarantine"]
        if row["table"] == "events"
    }
    assert reasons == planted


def test_an_example_of_a_reason_is_a_row_of_that_kind(
    inspected: Inspected, raw: dict[str, pd.DataFrame]
) -> None:
    examples = {row["reason"]: row for row in inspected.found["quarantine"]}
    events = raw["events"].set_index("event_id")
    nobody = events.loc[examples["no_user_or_account"]["example_id"]]
    assert not filled(nobody[["user_id", "account_id"]]).any()
    assert pd.isna(events.loc[examples["missing_occurred_at"]["example_id"], "occurred_at"])


def test_the_names_are_counted_by_row_user_and_account(
    inspected: Inspected, raw: dict[str, pd.DataFrame]
) -> None:
    users = raw["users"].dropna(subset="user_id").set_index("user_id")["account_id"]
    events = raw["events"].loc[filled(raw["events"]["event_name"])].copy()
    events["user_id"] = events["user_id"].where(filled(events["user_id"]))
    own = events["account_id"].where(filled(events["account_id"]))
    events["account"] = own.fillna(events["user_id"].map(users))
    expected = events.groupby("event_name").agg(
        rows=("event_name", "size"), users=("user_id", "nunique"), accounts=("account", "nunique")
    )
    found = pd.DataFrame(inspected.found["event_names"]).set_index("event_name")
    assert inspected.found["name_count"] == len(expected)
    pd.testing.assert_frame_equal(
        found[["rows", "users", "accounts"]].sort_index(), expected.sort_index(), check_dtype=False
    )


def test_the_comparison_agrees_with_one_account_at_a_time(
    inspected: Inspected, raw: dict[str, pd.DataFrame], demo: Demo
) -> None:
    events, users = raw["events"], raw["users"].dropna(subset="user_id").set_index("user_id")
    unusable = pd.DataFrame(
        demo.query("select row_id from marts.fct_quarantined_rows where raw_table = 'events'")
    )["row_id"]
    events = events[filled(events["event_id"]) & ~events["event_id"].isin(unusable)]
    events = events[~events["user_id"].map(users["is_internal"]).fillna(False).astype(bool)]
    account = events["account_id"].fillna(events["user_id"].map(users["account_id"]))
    occurred = events["occurred_at"].dt.normalize()
    received = events["received_at"].fillna(events["occurred_at"]).dt.normalize()
    is_historical = received - occurred > pd.Timedelta(days=LAG)
    known = received.where(~is_historical & (received > occurred), occurred)
    seen = pd.DataFrame({"account": account, "name": events["event_name"], "known": known}).dropna()
    as_of = known.max()
    paid = raw["subscriptions"]
    paid = paid[(paid["mrr_amount"] > 0) & filled(paid["account_id"])]
    converted = paid.groupby("account_id")["started_at"].min().dt.normalize()
    # An account that is not listed exists from its first event.
    created = occurred.groupby(account).min().to_dict()
    created |= raw["accounts"].set_index("account_id")["created_at"].dt.normalize().to_dict()
    first_known = seen.groupby(["account", "name"])["known"].min()
    with_it: dict[str, list[bool]] = {}
    compared: list[bool] = []
    done = {name: rows.droplevel(1) for name, rows in first_known.groupby(level="name")}
    for account_id, created_on in created.items():
        landmark = created_on + pd.Timedelta(days=FIRST_DAYS)
        end = landmark + pd.Timedelta(days=HORIZON)
        converted_on = converted.get(account_id)
        names = [
            name
            for name, firsts in done.items()
            if account_id in firsts.index and firsts[account_id] < landmark
        ]
        if created_on < occurred.min() or end > as_of + pd.Timedelta(days=1) or not names:
            continue
        if converted_on is not None and converted_on < landmark:
            continue
        is_positive = converted_on is not None and converted_on < end
        compared.append(is_positive)
        for name in names:
            with_it.setdefault(name, []).append(is_positive)
    conversions = inspected.found["conversions"]
    assert conversions["accounts"] == len(converted)
    assert conversions["accounts_compared"] == len(compared)
    assert conversions["accounts_converted"] == sum(compared)
    assert {
        lift["event_name"]: (lift["accounts_with"], lift["converted_with"])
        for lift in inspected.found["lifts"]
    } == {name: (len(rows), sum(rows)) for name, rows in with_it.items()}


def test_what_was_planted_is_seen(inspected: Inspected) -> None:
    verdicts = {lift["event_name"]: lift["verdict"] for lift in inspected.found["lifts"]}
    assert verdicts["integration_connected"] == "more"
    assert verdicts["report_exported"] == "less"
    assert verdicts["template_viewed"] == "no difference"


def test_the_draft_passes_the_checks_of_the_definitions(
    inspected: Inspected, demo: Demo, tmp_path: Path
) -> None:
    plan = inspected.folder / "plan"
    seeds: dict[str, list[dict[str, Any]]] = {}
    for path in plan.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            seeds[path.stem] = list(csv.DictReader(file))
    signals = [row["signal_key"] for row in seeds["pql_signals"]]
    assert len(signals) > 10
    seeds["pql_definitions"] = [
        {
            "definition_key": "drafted",
            "entity_type": "account",
            "audience": "prospect",
            "enter_threshold": 50,
            "exit_threshold": 40,
            "is_active": "true",
            "description": "Every drafted signal",
        }
    ]
    seeds["pql_weights"] = [
        {"definition_key": "drafted", "signal_key": key, "points": 10, "is_required": "false"}
        for key in signals
    ]
    seeds["pql_tiers"] = []
    seeds["pql_approved_thresholds"] = []
    project = Project(tmp_path, seeds=seeds)
    project.raw_path = demo.folder / "raw"
    # Not what also needs the settings, which are not selected.
    project.build("--select", "+def_scored_signals", "--indirect-selection", "buildable").check()
    scored = project.query("select signal_key from definitions.def_scored_signals")
    assert {row["signal_key"] for row in scored} == set(signals)


def inspect(folder: Path, demo: Demo, raw_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "python_udfs.source_inspection", "--plan", str(folder / "plan")],
        cwd=PROJECT_ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            **demo.environment,
            "PQL_DUCKDB_PATH": str(folder / "pql.duckdb"),
            "PQL_RAW_PATH": str(raw_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_without_the_tables_is_told_as_a_build_tells_it(
    tmp_path: Path, demo: Demo
) -> None:
    done = inspect(tmp_path, demo, tmp_path / "nowhere")
    assert done.returncode == 1
    assert "events.parquet nor" in done.stdout
    assert "point the environment variable PQL_RAW_PATH" in done.stdout
    assert not (tmp_path / "plan").exists()


REQUIRED_TABLES = {
    "users": "user_id,created_at\n",
    "accounts": "account_id,created_at\n",
    "subscriptions": "subscription_id,account_id,mrr_amount,started_at\n",
}
BROKEN_EVENTS = {
    "semicolons": (
        "event_id;event_name;occurred_at\n1;login;2026-01-01\n",
        "the header is one column: 'event_id;event_name;occurred_at'. Export the file with commas",
    ),
    "a value too many": (
        "event_id,event_name,occurred_at\n" + "1,login,2026-01-01\n" * 60_000 + "1,2,3,4\n",
        "events.csv: line 60002: Expected Number of Columns: 3 Found: 4 Export the file again",
    ),
    "Latin-1": (
        "event_id,event_name,occurred_at\n1,café,2026-01-01\n",
        "events.csv: line 2: Invalid unicode",
    ),
}


@pytest.mark.parametrize("broken", BROKEN_EVENTS)
def test_a_file_that_cannot_be_read_is_told_in_one_line(
    broken: str, tmp_path: Path, demo: Demo
) -> None:
    text, told = BROKEN_EVENTS[broken]
    for name, header in REQUIRED_TABLES.items():
        (tmp_path / f"{name}.csv").write_text(header, encoding="ascii")
    (tmp_path / "events.csv").write_text(text, encoding="latin-1")
    done = inspect(tmp_path, demo, tmp_path)
    assert done.returncode == 1
    assert told in done.stdout
    assert "Traceback" not in done.stderr
    assert "Possible Solution" not in done.stdout
