"""The models agree with the oracle on every entity, signal, definition and day of random worlds.

``PQL_EXACTNESS_EXAMPLES`` sets the number of worlds. The default run looks at the same worlds every
time; a run with another number looks at new ones.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from comparison import ONE_DAY, Difference, as_of_in, differences
from harness import PROJECT_ROOT, CompiledProject, Project, Row, compiled_project, query
from hypothesis import HealthCheck, Phase, example, given, note, settings
from oracle import Oracle
from strategies import LATEST_PLAUSIBLE_ON, World, minimise, random_world, world_seeds

DEFAULT_EXAMPLES = 45
EXAMPLES = int(os.environ.get("PQL_EXACTNESS_EXAMPLES", DEFAULT_EXAMPLES))
MODELS = (
    "+fct_signal_history",
    "+fct_score_history",
    "+fct_status_history",
    "+fct_pql_transitions",
    "+fct_score_explanations",
    "+fct_user_activity_daily",
    "+fct_conversions",
    "+rpt_row_accounting",
)
# Worlds in which an account that pays was merged into another.
WORLDS_WITH_DATA_TESTS = (21, 34, 71, 93, 129)
# A day that stands for the as-of day in the compiled SQL, so that one compilation serves them all.
AS_OF_PLACEHOLDER = date(2098, 7, 6)
SHORT_BACKFILL_LAG_DAYS = 5


def models_for(as_of: date | None, models: tuple[str, ...] = MODELS) -> tuple[CompiledProject, int]:
    """Compiled models and their backfill lag; with an as-of day, the lag is a short one."""
    plausible = ("pql_latest_plausible_on", LATEST_PLAUSIBLE_ON.isoformat())
    if as_of is None:
        return compiled_project(models, (plausible,)), 30
    compiled = compiled_project(
        models,
        (
            plausible,
            ("pql_as_of", AS_OF_PLACEHOLDER.isoformat()),
            ("pql_backfill_lag_days", SHORT_BACKFILL_LAG_DAYS),
            # The panel of the calibration looks at every day: more to compare.
            ("pql_panel_every_days", 1),
        ),
    )
    return (
        compiled.replacing(AS_OF_PLACEHOLDER.isoformat(), as_of.isoformat()),
        SHORT_BACKFILL_LAG_DAYS,
    )


# Every valid set of definitions has it; no number of the scoring hangs on it.
CALIBRATION = {
    "pql_calibration": [
        {
            "definition_key": "*",
            "objective": "f_beta",
            "beta": "1",
            "min_conversions": "30",
            "min_entities": "50",
        }
    ]
}


def differences_in(world: World) -> list[Difference]:
    """Where the models and the oracle disagree in a world."""
    models, backfill_lag_days = models_for(world.as_of)
    oracle = Oracle(
        world.raw_tables,
        world.definitions,
        as_of=world.as_of,
        backfill_lag_days=backfill_lag_days,
        latest_plausible_on=LATEST_PLAUSIBLE_ON,
    )
    with models.execute(world.raw_tables, world.definitions | CALIBRATION) as connection:
        errors = connection.execute("from definitions.definition_errors").fetchall()
        assert not errors, f"the world is not valid: {errors}"
        found = differences(connection, oracle)
        as_of = as_of_in(connection)
        if as_of != oracle.as_of:
            found.insert(0, Difference("int_as_of", (), None, "as_of_on", as_of, oracle.as_of))
    return found


def has_same_kind(world: World, wanted: Difference) -> bool:
    """Whether a world still shows a difference in the same column of the same table."""
    try:
        found = differences_in(world)
    except Exception:
        return False  # rows were removed that others name
    return any((d.table, d.column) == (wanted.table, wanted.column) for d in found)


@settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == DEFAULT_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # A seed has no smaller version of itself: worlds are made smaller by `minimise`.
    phases=[Phase.explicit, Phase.generate],
)
# A user that no table lists has the attributes of its membership once its first event is known.
@example(seed=5143)
@given(seed=world_seeds())
def test_every_day_agrees_with_the_oracle(seed: int) -> None:
    world = random_world(seed)
    found = differences_in(world)
    if found:
        first = found[0]
        small = minimise(world, lambda smaller: has_same_kind(smaller, first))
        shown = [str(difference) for difference in differences_in(small)[:10]]
        note(f"world {seed}, made smaller:\n{small}\n" + "\n".join(shown))
    assert not found, f"{len(found)} differences in world {seed}, the first: {found[0]}"


def own_settings() -> dict[str, list[dict[str, str]]]:
    """The settings of the project, which worlds have none of."""
    return {
        path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for path in (PROJECT_ROOT / "settings").glob("*.csv")
    }


def test_no_data_test_fails_in_a_world_that_is_valid() -> None:
    """What the models make of odd but usable rows must not end a build."""
    models = compiled_project(
        ("path:models", "path:seeds"),
        (("pql_latest_plausible_on", LATEST_PLAUSIBLE_ON.isoformat()),),
        has_data_tests=True,
    )
    assert len(models.data_tests) > 200
    for seed in WORLDS_WITH_DATA_TESTS:
        world = random_world(seed)
        rules = [
            {"definition_key": row["definition_key"], "is_alerted": "true", "priority": number}
            for number, row in enumerate(world.definitions["pql_definitions"], start=1)
        ]
        seeds = {**own_settings(), **world.definitions, "pql_alert_rules": rules}
        with models.execute(world.raw_tables, seeds) as connection:
            failed = [
                name
                for name, sql in models.data_tests.items()
                if connection.execute(f"select count(*) from ({sql}\n)").fetchone() != (0,)
            ]
        assert not failed, f"world {seed}: {failed}"


def test_a_build_by_dbt_from_csv_files_agrees_with_the_oracle(tmp_path: Path) -> None:
    world = random_world(2001)
    oracle = Oracle(world.raw_tables, world.definitions, latest_plausible_on=LATEST_PLAUSIBLE_ON)
    project = Project(
        tmp_path,
        seeds={"pql_tiers": [], **world.definitions},
        variables={"pql_latest_plausible_on": LATEST_PLAUSIBLE_ON},
    )
    project.write_raw(world.raw_tables, "csv")
    project.build("--exclude-resource-type", "unit_test").check()
    with project.connect() as connection:
        assert not differences(connection, oracle)


def test_the_first_and_the_last_plausible_times_are_used() -> None:
    times = (
        "1999-12-31 23:59:59",
        "2000-01-01 00:00:00",
        f"{LATEST_PLAUSIBLE_ON} 23:59:59",
        f"{LATEST_PLAUSIBLE_ON + ONE_DAY} 00:00:00",
    )
    events = [
        {"event_id": str(time), "event_name": "start", "occurred_at": time, "user_id": "u1"}
        for time in times
    ]
    models, _ = models_for(None)
    with models.execute({"events": events}, {}) as connection:
        (accounting,) = query(
            connection, "from marts.rpt_row_accounting where raw_table = 'events'"
        )
    assert (accounting["rows_used"], accounting["rows_quarantined"]) == (2, 2)


def test_an_entity_created_after_the_as_of_day_is_projected_from_its_creation() -> None:
    raw_tables = {
        "events": [
            {
                "event_id": "e1",
                "event_name": "start",
                "occurred_at": "2024-01-01 10:00:00",
                "account_id": "a1",
            }
        ],
        "accounts": [{"account_id": "a2", "created_at": "2024-01-05 10:00:00"}],
    }
    definitions = {
        "pql_signals": [
            {
                "signal_key": "new",
                "measure": "days_since_signup",
                "operator": "<=",
                "threshold": "30",
                "kind": "activation",
            }
        ],
        "pql_definitions": [
            {
                "definition_key": "fresh",
                "entity_type": "account",
                "audience": "all",
                "enter_threshold": "1",
                "is_active": "true",
            }
        ],
        "pql_weights": [{"definition_key": "fresh", "signal_key": "new", "points": "1"}],
    }
    models, _ = models_for(None)
    oracle = Oracle(raw_tables, definitions, latest_plausible_on=LATEST_PLAUSIBLE_ON)
    with models.execute(raw_tables, definitions) as connection:
        assert not differences(connection, oracle)


def points_of_minutes(
    minutes: tuple[tuple[int, str, int], ...], weights: Mapping[str, Row]
) -> dict[tuple[str, str], Decimal]:
    """Points by account and signal of a definition with a sum of minutes per weight.

    Each event is a day of January, an account and its minutes; the models agree with the oracle.
    """
    raw_tables = {
        "events": [
            {
                "event_id": f"{account}-{day}",
                "event_name": "start",
                "occurred_at": f"2024-01-0{day} 10:00:00",
                "account_id": account,
                "properties": f'{{"minutes": {value}}}',
            }
            for day, account, value in minutes
        ]
    }
    definitions = {
        "pql_activities": [
            {"activity_key": "start", "event_name": "start", "value_property": "minutes"}
        ],
        "pql_signals": [
            {
                "signal_key": key,
                "activity_key": "start",
                "measure": "sum",
                "threshold": "1",
                "window_days": "2",
                "kind": "depth",
            }
            for key in weights
        ],
        "pql_definitions": [
            {
                "definition_key": "minutes",
                "entity_type": "account",
                "audience": "all",
                "enter_threshold": "100",
                "is_active": "true",
            }
        ],
        "pql_weights": [
            {"definition_key": "minutes", "signal_key": key, **weight}
            for key, weight in weights.items()
        ],
        **CALIBRATION,
    }
    models, _ = models_for(None)
    oracle = Oracle(raw_tables, definitions, latest_plausible_on=LATEST_PLAUSIBLE_ON)
    with models.execute(raw_tables, definitions) as connection:
        assert not connection.execute("from definitions.definition_errors").fetchall()
        assert not differences(connection, oracle)
        rows = query(connection, "from marts.fct_score_explanations")
    return {(row["entity_id"], row["signal_key"]): row["points"] for row in rows}


def test_an_odd_value_gives_the_most_points_that_a_weight_may_give() -> None:
    points = points_of_minutes(
        (
            (1, "before", 5),
            (2, "before", 999_999_999_999_999_999),
            (3, "negative", -100_000_000_000_000),
            (4, "now", 7),
            (5, "now", 100_000_000_000_000),
        ),
        {
            "plain": {"points_per_unit": "1"},
            "steep": {"points_per_unit": "99999999999999"},
            "bad": {"points_per_unit": "-2.5"},
            "capped": {"points_per_unit": "-3", "max_points": "10"},
            "wide": {"points_per_unit": "2", "max_points": "99999999999999"},
            "fixed": {"points": "99999999999999"},
            "fixed_loss": {"points": "-99999999999999"},
        },
    )
    most = 10**12
    assert {key: value for (account, key), value in points.items() if account == "now"} == {
        "plain": most,
        "steep": most,
        "bad": -most,
        "capped": -10,
        "wide": most,
        "fixed": most,
        "fixed_loss": -most,
    }


def test_points_per_unit_count_where_points_stand_beside_them() -> None:
    points = points_of_minutes(
        ((1, "a", 7), (1, "b", 0)), {"both": {"points": "30", "points_per_unit": "2"}}
    )
    assert points == {("a", "both"): 14, ("b", "both"): 0}
