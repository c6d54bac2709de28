"""The preview of an approval says what the approval then does."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo import Demo, run
from harness import PROJECT_ROOT, query

DEFINITION = "product_qualified"


@dataclass(frozen=True)
class Copy:
    """A copy of the built demo with definitions of its own."""

    folder: Path
    demo: Demo

    def build(self, *selected: str) -> None:
        environment = {
            **self.demo.environment,
            "PQL_DUCKDB_PATH": str(self.folder / "demo.duckdb"),
            # Relative to the project: dbt writes the SQL of a seed to a path made of the target
            # folder and that of the seed, which for an absolute one is the seed file itself.
            "PQL_DEFINITIONS_PATH": os.path.relpath(self.folder / "seeds", PROJECT_ROOT),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        run(
            *("-m", "dbt.cli.main", "--quiet", "build", "--select", *selected),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            **environment,
        )

    def query(self, sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.folder / "demo.duckdb"), read_only=True) as connection:
            return query(connection, sql)

    def replace(self, seed: str, old: str, new: str) -> None:
        path = self.folder / "seeds" / f"{seed}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module", params=["lower", "higher"])
def approved(
    request: pytest.FixtureRequest, demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Copy]:
    """What was previewed, and the demo after the recommendation was approved.

    The recommendation of the demo lowers the threshold. For one that raises it, the demo is first
    built with a threshold that is far too low.
    """
    copy = Copy(tmp_path_factory.mktemp(f"approval_{request.param}"), demo)
    shutil.copy(demo.folder / "demo.duckdb", copy.folder / "demo.duckdb")
    shutil.copytree(PROJECT_ROOT / "seeds", copy.folder / "seeds")
    if request.param == "higher":
        copy.replace(
            "pql_definitions",
            f"{DEFINITION},account,prospect,100,80,",
            f"{DEFINITION},account,prospect,20,20,",
        )
        copy.build("+rpt_approval_effect", "+rpt_approval_preview")
    previewed = {
        "changes": copy.query(
            f"from marts.rpt_approval_preview where definition_key = '{DEFINITION}'"
        ),
        "effect": copy.query(
            f"from marts.rpt_approval_effect where definition_key = '{DEFINITION}'"
        )[0],
        "qualified": qualified(copy),
    }
    effect = previewed["effect"]
    assert effect["verdict"] == "recommend"
    is_lower = effect["recommended_threshold"] < effect["current_threshold"]
    assert is_lower == (request.param == "lower")
    approvals = copy.folder / "seeds" / "pql_approved_thresholds.csv"
    with approvals.open("a", encoding="utf-8") as file:
        file.write(
            f"{DEFINITION},{effect['recommended_threshold']},"
            f"{effect['recommended_exit_threshold']},{effect['as_of_on']},test\n"
        )
    # Without the calibration, which what is approved does not wait for.
    copy.build("+fct_status_history", "+fct_pql_transitions")
    return previewed, copy


def qualified(copy: Copy) -> dict[str, Any]:
    """Since when each account is qualified."""
    rows = copy.query(
        f"""
        select entity_id, max(transitioned_on) as qualified_on
        from marts.fct_status_history
        inner join marts.fct_pql_transitions using (entity_type, entity_id, definition_key)
        where
            definition_key = '{DEFINITION}'
            and is_qualified
            and transition in ('qualified', 'requalified')
            and (select max(as_of_on) from marts.rpt_approval_effect)
            between fct_status_history.valid_from and fct_status_history.valid_to - 1
        group by entity_id
        """
    )
    return {row["entity_id"]: row["qualified_on"] for row in rows}


def test_those_gain_and_lose_the_status_who_were_previewed(
    approved: tuple[dict[str, Any], Copy],
) -> None:
    previewed, copy = approved
    before, after = previewed["qualified"], qualified(copy)
    changes: dict[str, set[str]] = {"gains": set(), "loses": set()}
    for row in previewed["changes"]:
        changes[row["change"]].add(row["entity_id"])
    assert changes["gains"] == after.keys() - before.keys()
    assert changes["loses"] == before.keys() - after.keys()
    assert changes["gains"] or changes["loses"]


def test_they_qualified_on_the_day_that_was_previewed(
    approved: tuple[dict[str, Any], Copy],
) -> None:
    previewed, copy = approved
    after = qualified(copy)
    for row in previewed["changes"]:
        assert row["qualified_on"] == previewed["qualified"].get(row["entity_id"])
        assert row["would_qualify_on"] == after.get(row["entity_id"])


def test_the_effect_is_what_the_history_then_says(approved: tuple[dict[str, Any], Copy]) -> None:
    previewed, copy = approved
    effect, before, after = previewed["effect"], previewed["qualified"], qualified(copy)
    assert effect["qualified_now"] == len(before)
    assert effect["qualified_after"] == len(after)
    assert effect["stays"] == len(before.keys() & after.keys())
    entries = {
        row["transition"]: row["entry_count"]
        for row in copy.query(
            f"""
            select transition, count(*) as entry_count
            from marts.fct_pql_transitions
            where
                definition_key = '{DEFINITION}'
                and transitioned_on > date '{effect["as_of_on"]}' - 56
            group by transition
            """
        )
    }
    assert effect["new_leads_per_week_after"] == entries.get("qualified", 0) / 8
    assert effect["returns_per_week_after"] == entries.get("requalified", 0) / 8
