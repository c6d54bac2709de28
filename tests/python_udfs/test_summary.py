"""The result of a build is printed as it is, whatever the names in the data look like."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from python_udfs.summary import print_summary

SMITH, ACME = "Smith [/Sons]", "Acme [beta] Inc"
BUILD = """
create schema marts;
create schema definitions;
create table definitions.def_definitions as
    select $name as definition_key, 'prospect' as audience, true as is_active;
create table marts.fct_account_scores as
    select
        'a1' as account_id, $name as definition_key, 40 as score, 0.5 as conversion_probability,
        true as is_in_audience, true as is_qualified, false as is_held_out,
        date '2026-01-05' as qualified_on, date '2026-01-20' as expires_on,
        date '2026-01-06' as as_of_on, $name as top_reasons, $name as next_best_action;
create table marts.fct_user_scores as
    select * replace (false as is_qualified), 'u1' as user_id from marts.fct_account_scores;
create table marts.dim_accounts as select 'a1' as account_id, $name as account_name;
create table marts.rpt_row_accounting as
    select
        $name as raw_table, 5 as rows_in, 4 as rows_used, 0 as rows_duplicate,
        1 as rows_quarantined, 0 as rows_set_aside;
create table marts.fct_quarantined_rows as select $name as raw_table, $name as reason;
create table marts.rpt_event_volume as
    select
        $name as source_name, $name as event_name, date '2026-01-05' as received_on,
        9 as event_count, 90.0 as expected_count, $name as reason, true as is_anomaly;
create table marts.rpt_calibration as
    select $name as definition_key, 'keep' as verdict, $name as reason;
create table marts.rpt_signal_lift as
    select
        $name as definition_key, $name as signal_key, 0.5 as lift,
        'no evidence: ' || $name as warning;
"""


@pytest.mark.parametrize("name", [SMITH, ACME, "Rocket :rocket: [red]", "C:\\[x]\\"])
def test_names_with_brackets_are_printed_as_they_are(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / "pql.duckdb")
    with duckdb.connect(path) as connection:
        for statement in filter(str.strip, BUILD.split(";")):
            connection.execute(statement, {"name": name} if "$name" in statement else None)
    console = Console(record=True, file=io.StringIO(), width=300, emoji=False)
    print_summary(console, path, {"files": name})
    said = console.export_text()
    for line in (
        f"Quarantined because of: {name} {name} 1",
        f"9 events '{name}' of source {name}, about 90 were expected; {name}",
        f"Latest leads ({name})",
        f"{name}: 40 points since 2026-01-05, 50% likely to convert",
        f"why  {name}",
        f"next {name}",
        f"{name} keep. {name}",
        f"{name} {name}: no evidence: {name}",
        f"files        {name}",
    ):
        assert line in said
    # The first cells of the tables: what came in, and who qualifies of accounts and users.
    cells = [line.strip().split("  ")[0] for line in said.splitlines()]
    assert cells.count(name) >= 3
