"""Deliveries, each followed by an incremental run, end in the tables of one clean build.

Every mart and every relation of the intermediate schema is compared, whole: on the last delivery,
and before each run that rebuilds everything and would so hide what went wrong before.

- ``PQL_INCREMENTAL_EXAMPLES``: number of sequences of deliveries. The first is the same every time,
  the others are new ones.
- ``PQL_INCREMENTAL_SEED``: run the sequence of this seed only, as a failure names it.
- ``PQL_INCREMENTAL_WORLDS``: with these worlds only, such as ``2`` or ``0,3``; rows that differ
  show the number of their world at the end of their ids and keys (``u1~2``, ``definition_0_w2``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from deliveries import Delivery, Plan, daily_plan, deliveries_of, random_plan
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from increments import IncrementalProject
from strategies import at, world_seeds
from table_comparison import assert_same

EXAMPLES = int(os.environ.get("PQL_INCREMENTAL_EXAMPLES", "1"))
SEED = os.environ.get("PQL_INCREMENTAL_SEED")
WORLDS = tuple(
    int(number) for number in os.environ.get("PQL_INCREMENTAL_WORLDS", "0,1,2,3,4,5").split(",")
)
DAILY_INCREMENTS = 20
# In the twenty days neither definitions nor what these views say change; a third of the time. What
# every run makes anew is asked for only where tables are compared: two minutes instead of three.
UNCHANGED = (
    "--exclude",
    *("path:models/definitions", "path:models/staging", "path:models/intermediate/sources"),
    *("path:models/marts/activity", "path:models/marts/scoring,config.materialized:view"),
)
MADE_ANEW = (
    "path:models/settings",
    *(f"path:models/intermediate/{name}" for name in ("nurture", "programme", "sales")),
    *(f"path:models/marts/{name}" for name in ("identity", "nurture", "programme", "sales")),
)

# The sequence of the default run. Its as-of days run behind and ahead of what has arrived.
FIRST_PLAN = Plan(
    cuts=(
        at(12, timedelta(hours=11)),
        at(25, timedelta(hours=9, minutes=30)),
        at(34, timedelta(hours=20)),
        datetime.max,
    ),
    as_of_days=(at(11).date(), at(25).date(), at(36).date(), at(62).date()),
    file_format="csv",
    changed_at=2,
    repeated_at=1,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> IncrementalProject:
    """One copy of the project, parsed once; each test starts with an empty database."""
    return IncrementalProject(tmp_path_factory.mktemp("incremental"))


def play(
    project: IncrementalProject,
    deliveries: Sequence[Delivery],
    hint: str,
    left_out: Sequence[str] = (),
    left_out_between: Sequence[str] = (),
) -> None:
    """Run each delivery on top of the ones before it, and compare with clean builds.

    Parameters
    ----------
    project
        Project to run.
    deliveries
        Deliveries in the order in which they come.
    hint
        What a failure says on how to see it again.
    left_out
        Arguments of dbt that leave models out of all runs but the first and the clean builds.
    left_out_between
        What they leave out besides of the runs after which nothing is compared.
    """
    project.empty_database()
    played: list[str] = []
    before: Delivery | None = None
    for delivery, following in zip(deliveries, (*deliveries[1:], None), strict=True):
        is_compared = following is None or following.rebuilds_after(delivery)
        between = () if is_compared else left_out_between
        project.deliver(delivery, before, (*left_out, *between))
        played.append(f"  {delivery}")
        if is_compared:
            clean = project.clean_tables(delivery)
            assert_same(project.tables(), clean, hint, *played, with_logs=False)
        before = delivery


@settings(
    max_examples=max(EXAMPLES - 1, 1),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate] if EXAMPLES > 1 else [Phase.explicit],
)
@example(seed=0 if SEED is None else int(SEED), plan=FIRST_PLAN if SEED is None else None)
@given(seed=world_seeds(), plan=st.none())
def test_increments_end_in_the_tables_of_a_clean_build(
    project: IncrementalProject, seed: int, plan: Plan | None
) -> None:
    again = "again: " + (f"PQL_INCREMENTAL_SEED={seed} " if plan is None else "")
    deliveries = deliveries_of(seed, WORLDS, plan or random_plan(Random(seed)))
    play(project, deliveries, f"{again}pytest tests/test_incremental.py -k test_increments")


def test_twenty_daily_increments_end_in_the_tables_of_a_clean_build(
    project: IncrementalProject,
) -> None:
    plan = replace(daily_plan(Random(0), DAILY_INCREMENTS), refreshed_at=DAILY_INCREMENTS // 2)
    deliveries = deliveries_of(0, WORLDS[:1], plan)
    again = "again: pytest tests/test_incremental.py -k twenty"
    play(project, deliveries, again, UNCHANGED, MADE_ANEW)
