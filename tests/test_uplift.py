"""What the alerts are worth: the interval of the uplift covers what was planted.

The compiled SQL of the models runs on made-up alerts, touches and conversions; every world is a
definition of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from harness import query
from sales_models import HOLDOUT_SHARE, HORIZON_DAYS, sales_models, warehouse
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

AS_OF = date(2024, 12, 31)
WORLDS = 200
# What sales reaches of those that it is to reach, and of the others.
TOUCHED, TOUCHED_ANYWAY = 0.8, 0.05


@pytest.fixture(scope="module")
def models() -> dict[str, str]:
    """Compiled SQL of the models by name."""
    return sales_models()


def without_definitions() -> duckdb.DuckDBPyConnection:
    """A database in which the only definitions are those of the outcomes."""
    connection = warehouse()
    connection.execute(
        "create table definitions.set_alert_rules (definition_key varchar, is_alerted boolean);"
        "create table definitions.def_definitions (definition_key varchar, audience varchar)"
    )
    return connection


@dataclass(frozen=True)
class Counts:
    treated_converted: int
    treated: int
    held_out_converted: int
    held_out: int

    @property
    def key(self) -> str:
        return f"{self.treated_converted}/{self.treated}-{self.held_out_converted}/{self.held_out}"


def grid() -> list[Counts]:
    sizes = (1, 2, 7, 50, 333)
    return [
        Counts(a, n, b, m)
        for n in sizes
        for m in sizes
        for a in sorted({0, 1, n // 3, n - 1, n})
        for b in sorted({0, 1, m // 2, m})
        if a <= n and b <= m
    ]


def test_the_intervals_are_those_of_statsmodels(models: dict[str, str]) -> None:
    rows = [
        (counts.key, held_out, number < converted)
        for counts in grid()
        for held_out, converted, trials in (
            (False, counts.treated_converted, counts.treated),
            (True, counts.held_out_converted, counts.held_out),
        )
        for number in range(trials)
    ]
    frame = pd.DataFrame(rows, columns=["definition_key", "is_held_out", "is_converted"])
    with without_definitions() as connection:
        connection.register("frame", frame)
        connection.execute(
            "create table intermediate.int_alert_outcomes as "
            f"select *, cast({HOLDOUT_SHARE} as decimal(9, 6)) as holdout_share, "
            "true as is_mature, false as is_converted_before, false as is_touched from frame"
        )
        found = {row["definition_key"]: row for row in query(connection, models["rpt_pql_uplift"])}
    assert len(found) == len(grid()) + 1
    for counts in grid():
        row = found[counts.key]
        for name, successes, trials in (
            ("treated", counts.treated_converted, counts.treated),
            ("held_out", counts.held_out_converted, counts.held_out),
        ):
            low, high = proportion_confint(successes, trials, alpha=0.05, method="wilson")
            assert row[f"{name}_rate_low"] == pytest.approx(low, abs=1e-12), counts
            assert row[f"{name}_rate_high"] == pytest.approx(high, abs=1e-12), counts
        low, high = confint_proportions_2indep(
            counts.treated_converted, counts.treated, counts.held_out_converted, counts.held_out,
            method="newcomb", compare="diff", alpha=0.05,
        )  # fmt: skip
        assert row["difference_low"] == pytest.approx(low, abs=1e-12), counts
        assert row["difference_high"] == pytest.approx(high, abs=1e-12), counts


def world(seed: int, effect: float) -> tuple[pd.DataFrame, float]:
    """Alerts of one definition, and the true difference that intending to touch makes.

    A touch adds its effect to the probability of converting, which stays one. Accounts differ in
    how likely they convert, and sales touches the likelier ones more; neither may matter, because
    chance alone holds accounts out.
    """
    rng = np.random.default_rng([seed, effect > 0, effect < 0])
    count = 1200
    base = rng.beta(2, 12, count)
    held_out = rng.random(count) < HOLDOUT_SHARE
    keenness = base / base.mean()
    touch_if_treated = np.minimum(TOUCHED * keenness, 1)
    touch_if_held_out = np.minimum(TOUCHED_ANYWAY * keenness, 1)
    touched = rng.random(count) < np.where(held_out, touch_if_held_out, touch_if_treated)
    if_touched = np.clip(base + effect, 0, 1)
    converted = rng.random(count) < np.where(touched, if_touched, base)
    truth = float(np.mean((touch_if_treated - touch_if_held_out) * (if_touched - base)))
    last_mature = pd.Timestamp(AS_OF - timedelta(days=HORIZON_DAYS))
    reported = last_mature - pd.to_timedelta(rng.integers(0, 90, count), "D")
    wait = pd.to_timedelta(rng.integers(1, HORIZON_DAYS + 1, count), "D")
    frame = pd.DataFrame(
        {
            "definition_key": f"world_{seed}",
            "account_id": [f"{seed}_{number}" for number in range(count)],
            "alert_status": np.where(held_out, "held_out", "sent"),
            "reported_on": reported,
            "converted_on": np.where(converted, reported + wait, np.datetime64("NaT")),
            "touched_on": np.where(touched, reported, np.datetime64("NaT")),
        }
    )
    return frame, truth


def report(models: dict[str, str], effect: float) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What the report says of many worlds, and what is true in each."""
    worlds = [world(seed, effect) for seed in range(WORLDS)]
    truths = {frame["definition_key"][0]: truth for frame, truth in worlds}
    alerts = pd.concat([frame for frame, _ in worlds])
    with without_definitions() as connection:
        connection.register("alerts", alerts)
        connection.execute(
            f"""
            create table intermediate.int_as_of as select date '{AS_OF}' as as_of_on;
            create table intermediate.int_merged_ids
                (entity_type varchar, merged_id varchar, canonical_id varchar);
            create table marts.fct_pql_alerts as
            select account_id as alert_id, account_id, definition_key, alert_status,
                cast({HOLDOUT_SHARE} as decimal(9, 6)) as holdout_share,
                cast(reported_on as date) as reported_on
            from alerts;
            create table marts.fct_conversions as
            select account_id, cast(converted_on as date) as converted_on
            from alerts where converted_on is not null;
            create table intermediate.int_account_touches as
            select account_id, cast(touched_on as date) as touched_on
            from alerts where touched_on is not null;
            """
        )
        outcomes = models["int_alert_outcomes"]
        connection.execute(f"create view intermediate.int_alert_outcomes as ({outcomes})")
        rows = query(connection, models["rpt_pql_uplift"])
    return [row for row in rows if row["definition_key"] in truths], truths


@pytest.mark.parametrize("effect", [0.1, -0.08])
def test_the_interval_covers_the_effect_that_was_planted(
    models: dict[str, str], effect: float
) -> None:
    rows, truths = report(models, effect)
    assert len(rows) == WORLDS
    covered = np.mean(
        [
            row["difference_low"] <= truths[row["definition_key"]] <= row["difference_high"]
            for row in rows
        ]
    )
    first = np.mean(
        [
            row["difference_low"] <= truths[row["definition_key"]] <= row["difference_high"]
            for row in rows
            if int(row["definition_key"].split("_")[1]) < 40
        ]
    )
    shown = np.mean([row["verdict"] == "effect" for row in rows])
    print(f"effect {effect}: {covered:.1%} covered, {first:.1%} of the first 40; {shown:.0%} shown")
    assert 0.90 <= covered <= 0.98
    mean = np.mean([row["difference"] for row in rows])
    planted = np.mean(list(truths.values()))
    # Intention to treat has no bias: the mean of all worlds is that of the truths.
    assert mean == pytest.approx(planted, abs=4 * 0.024 / math.sqrt(WORLDS))
    assert all(row["held_out_touched_share"] < row["treated_touched_share"] for row in rows)


def test_without_an_effect_none_is_shown(models: dict[str, str]) -> None:
    rows, _ = report(models, 0.0)
    shown = np.mean([row["verdict"] == "no_effect_shown" for row in rows])
    print(f"no effect: {shown:.1%} say that none is shown")
    assert {row["verdict"] for row in rows} <= {"no_effect_shown", "effect"}
    assert shown >= 0.93
