"""Build the project from files of a vendor's true shape."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlglot
from harness import PROJECT_ROOT, Project, Rows, columns_of, write_csv, write_parquet

LATEST_PLAUSIBLE = "2024-12-31"
MARTS = (
    "+fct_user_activity_daily",
    "+fct_score_history",
    "+rpt_row_accounting",
    "+fct_quarantined_rows",
)
ACTIVITIES = [
    {
        "activity_key": "any_event",
        "event_name": "*",
        "description": "Any tracked event",
    }
]
SIGNALS = [
    {
        "signal_key": "events_30d",
        "activity_key": "any_event",
        "measure": "events",
        "window_days": "30",
        "operator": ">=",
        "threshold": "1",
        "kind": "adoption",
        "reason_template": "{value} events in 30 days",
        "description": "Events in 30 days",
    }
]
DEFINITIONS = [
    {
        "definition_key": "busy",
        "entity_type": "account",
        "audience": "all",
        "enter_threshold": "2",
        "exit_threshold": "1",
        "is_active": "true",
        "description": "Accounts with events",
    }
]
WEIGHTS = [
    {
        "definition_key": "busy",
        "signal_key": "events_30d",
        "points_per_unit": "1",
        "max_points": "100",
        "is_required": "false",
    }
]


def write_source(project: Project, source: str, tables: Mapping[str, Rows], ending: str) -> None:
    """Write the tables of a source, each replacing the file that was there."""
    folder = project.raw_path / source
    folder.mkdir(exist_ok=True)
    for table, rows in tables.items():
        for path in folder.glob(f"{table}.*"):
            path.unlink()
        path = folder / f"{table}.{ending}"
        if ending == "jsonl":
            lines = (json.dumps(row, default=str) for row in rows)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        elif ending == "csv":
            write_csv(path, rows, columns_of(rows))
        else:
            write_parquet(path, rows, columns_of(rows))


def new_project(
    folder: Path, source: str, raw_tables: Mapping[str, Rows] | None = None, **variables: Any
) -> Project:
    """A project that takes its events from one vendor and scores accounts by their number."""
    return Project(
        folder,
        raw_tables=raw_tables,
        seeds={
            "pql_activities": ACTIVITIES,
            "pql_signals": SIGNALS,
            "pql_definitions": DEFINITIONS,
            "pql_weights": WEIGHTS,
            "pql_tiers": [],
        },
        variables={
            "pql_event_sources": [source],
            "pql_latest_plausible_on": LATEST_PLAUSIBLE,
            **variables,
        },
        has_calibration=False,
    )


def build_marts(project: Project, source: str) -> None:
    """Build the adapter and the marts."""
    adapter = f"path:models/staging/{source}"
    project.build("--select", adapter, *MARTS, "--exclude-resource-type", "test").check()


def accounting(project: Project, raw_table: str = "events") -> dict[str, int]:
    """Rows in, used, duplicate, quarantined, set aside; the sum is checked."""
    (row,) = project.query(
        f"select * from marts.rpt_row_accounting where raw_table = '{raw_table}'"
    )
    counts = {name: count for name, count in row.items() if name.startswith("rows_")}
    assert counts["rows_in"] == sum(counts.values()) - counts["rows_in"]
    return {name.removeprefix("rows_"): count for name, count in counts.items() if count}


def quarantined(project: Project) -> dict[str, int]:
    """Number of quarantined events by reason."""
    rows = project.query(
        "select reason, count(*) as row_count from marts.fct_quarantined_rows"
        " where raw_table = 'events' group by reason"
    )
    return {row["reason"]: row["row_count"] for row in rows}


def scores(project: Project) -> dict[str, int]:
    """Score by account as of the last day on which something became known."""
    rows = project.query(
        "select entity_id, score from marts.fct_score_history"
        " where entity_type = 'account' and valid_from <= ("
        "     select max(known_on) from marts.fct_user_activity_daily"
        " ) and valid_to > (select max(known_on) from marts.fct_user_activity_daily)"
    )
    return {row["entity_id"]: int(row["score"]) for row in rows}


def check_queries_of_the_page(project: Project, source: str) -> None:
    """Every query of the page of the source gives rows."""
    page = (PROJECT_ROOT / "docs" / "sources" / f"{source}.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", page, re.S)
    assert queries
    for sql in queries:
        assert project.query(sql), sql


def check_portability(project: Project, source: str) -> None:
    """The compiled models can be said in the other warehouses' dialects."""
    folder = project.folder / "target" / "compiled" / "pql" / "models" / "staging" / source
    models = sorted(folder.glob("*.sql"))
    assert models
    for path in models:
        for dialect in ("bigquery", "databricks", "postgres", "snowflake", "spark"):
            (said,) = sqlglot.transpile(path.read_text(), read="duckdb", write=dialect)
            sqlglot.parse_one(said, read=dialect)
