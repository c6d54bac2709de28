"""The preview of an approval says what the approval then does."""

from __future__ import annotations

from typing import Any

import pytest
from demo import Demo, DemoCopy, copy_demo

DEFINITION = "product_qualified"


@pytest.fixture(scope="module", params=["lower", "higher"])
def approved(
    request: pytest.FixtureRequest, demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], DemoCopy]:
    """What was previewed, and the demo after the recommendation was approved.

    The recommendation of the demo lowers the threshold. For one that raises it, the demo is first
    built with a threshold that is far too low.
    """
    copy = copy_demo(demo, tmp_path_factory.mktemp(f"approval_{request.param}"))
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


def qualified(copy: DemoCopy) -> dict[str, Any]:
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
    approved: tuple[dict[str, Any], DemoCopy],
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
    approved: tuple[dict[str, Any], DemoCopy],
) -> None:
    previewed, copy = approved
    after = qualified(copy)
    for row in previewed["changes"]:
        assert row["qualified_on"] == previewed["qualified"].get(row["entity_id"])
        assert row["would_qualify_on"] == after.get(row["entity_id"])


def test_the_effect_is_what_the_history_then_says(
    approved: tuple[dict[str, Any], DemoCopy],
) -> None:
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
