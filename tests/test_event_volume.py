"""The volume of the events: planted outages and repeated loads are found, and little else is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from harness import DATABASE, compiled_project, load_rows, query

FIRST_DAY = date(2025, 1, 6)
DAY_COUNT = 26 * 7
# Mean number of events of a working day by name; every event is tracked.
MEANS = {"rare": 3, "small": 20, "middle": 80, "large": 500, "huge": 5000}
MODELS = ("int_event_volume_days", "int_event_volume_expected", "rpt_event_volume")
DEVIATIONS = 4
SEEDS = range(1, 21)
OUTAGE, REPEATED = FIRST_DAY + timedelta(days=120), FIRST_DAY + timedelta(days=150)

Counts = dict[tuple[str, date], int]


def generate_counts(seed: int) -> Counts:
    """Draw the counts of a growing product with quiet week-ends and users who come in bursts.

    A day varies by 15 % as a whole, growth is 1 % a week, and the variance of a name's count is
    three times that of independent events.
    """
    random = np.random.default_rng(seed)
    counts: Counts = {}
    for number in range(DAY_COUNT):
        day = FIRST_DAY + timedelta(days=number)
        level = 1.01 ** (number / 7) * (0.3 if day.weekday() >= 5 else 1.0)
        level *= random.lognormal(0, 0.15)
        for name, mean in MEANS.items():
            bursts = random.gamma(mean * level / 2, 2)
            counts[name, day] = int(random.poisson(bursts))
    return counts


def judge(counts: Counts) -> dict[tuple[str, date], dict]:
    """Run the models on counts per day."""
    models = {model.name: model for model in compiled_project(MODELS).models}
    rows = [
        {"source_name": "raw", "event_name": name, "received_on": day, "event_count": count}
        for (name, day), count in counts.items()
        if count > 0
    ]
    types = {
        "source_name": "varchar",
        "event_name": "varchar",
        "received_on": "date",
        "event_count": "bigint",
    }
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        connection.execute("create schema intermediate; create schema marts")
        table = "intermediate.int_event_volume_daily"
        load_rows(connection, table, rows, list(types), types)
        connection.execute(
            "create table intermediate.int_as_of as "
            f"select max(received_on) as as_of_on from {table}"
        )
        for name in MODELS:
            model = models[name]
            connection.execute(f"create table {model.schema}.{model.alias} as ({model.sql}\n)")
        found = query(connection, "from marts.rpt_event_volume")
    return {(row["event_name"], row["received_on"]): row for row in found}


def recompute(counts: Counts) -> Iterator[tuple[str, date, str]]:
    """Say of every day what the rule in docs/operations.md makes of it, without SQL."""
    first = {}
    for (name, day), count in sorted(counts.items(), key=lambda item: item[0][1]):
        if count:
            first.setdefault(name, day)
    last = max(day for (_, day), count in counts.items() if count)
    for name, first_day in first.items():
        distances: list[float] = []
        for number in range((last - first_day).days + 1):
            day = first_day + timedelta(days=number)
            past = [
                counts.get((name, day - timedelta(weeks=week)), 0)
                for week in range(1, 9)
                if day - timedelta(weeks=week) >= first_day
            ]
            if past:
                expected = statistics.median(past)
                root = math.sqrt(expected)
                distances.append(statistics.median(abs(math.sqrt(n) - root) for n in past))
            if len(past) < 4:
                yield name, day, "too_few_days"
                continue
            half = max(3.0, DEVIATIONS * 1.4826 * statistics.mean(distances[-7:]))
            count = counts.get((name, day), 0)
            if count > max(1.5 * expected, (root + half) ** 2):
                yield name, day, "too_many"
            elif count < min(0.5 * expected, max(0.0, root - half) ** 2):
                yield name, day, "unfinished" if day == last else "too_few"
            else:
                yield name, day, "usual"


def test_every_day_is_judged_as_the_rule_says():
    counts = generate_counts(1)
    for name in MEANS:
        counts[name, OUTAGE] = 0
    judged = judge(counts)
    expected = {(name, day): verdict for name, day, verdict in recompute(counts)}
    assert {key: row["verdict"] for key, row in judged.items() if key[0] != "*"} == expected
    total = {}
    for (_, day), count in counts.items():
        total["*", day] = total.get(("*", day), 0) + count
    assert {key: row["verdict"] for key, row in judged.items() if key[0] == "*"} == {
        (name, day): verdict for name, day, verdict in recompute(total)
    }


@pytest.fixture(scope="module")
def usual_and_planted() -> list[tuple[dict, dict]]:
    """For each seed what is said of its counts, and of those with an outage and a second load."""
    pairs = []
    for seed in SEEDS:
        counts = generate_counts(seed)
        planted = {
            (name, day): 0 if day == OUTAGE else 2 * count if day == REPEATED else count
            for (name, day), count in counts.items()
        }
        pairs.append((judge(counts), judge(planted)))
    return pairs


def test_outages_and_repeated_loads_are_found(usual_and_planted):
    for name in ("middle", "large", "huge", "*"):
        outages = [planted[name, OUTAGE]["verdict"] for _, planted in usual_and_planted]
        assert outages == ["too_few"] * len(SEEDS), name
    for name in ("large", "huge", "*"):
        repeated = [planted[name, REPEATED]["verdict"] for _, planted in usual_and_planted]
        # Days that vary by 15 % hide a second load now and then.
        assert repeated.count("too_many") >= 0.75 * len(SEEDS), (name, repeated.count("too_many"))


def test_there_are_few_false_alarms(usual_and_planted):
    judged = [row for usual, _ in usual_and_planted for row in usual.values()]
    judged = [row for row in judged if row["verdict"] != "too_few_days"]
    alarms = [row for row in judged if row["is_anomaly"]]
    assert len(alarms) < 0.0075 * len(judged), (len(alarms), len(judged))
