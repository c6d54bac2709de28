"""The usual way to score: a spine of accounts (or users) and days, joined to windows of facts.

What teams write first: daily facts, one row per entity and day, and for each signal a join of the
facts that lie in the window of each day. It is plain and right, but every event is read again for
every day of its window. It runs here on days spread evenly over the year, for as long as it is
given, first for accounts and then for users; the year is that time times 365 over the number of
days, which is an extrapolation and is called so. The scores of its days are compared with those of
the reference.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.database import open_database, remove_database
from benchmarks.generate import DAY_COUNT, FIRST_DAY

SEEDS = Path(__file__).parents[1] / "seeds"
# Days of one statement, so that the facts are read once for several days.
DAYS_PER_BATCH = 5


@dataclass(frozen=True)
class WindowSignal:
    """A measure over the facts that are known by a day and, with a window, not older than it."""

    key: str
    activity: str
    measure: str
    condition: str
    window_days: int | None = None


WINDOW_SIGNALS = (
    WindowSignal("onboarding_done", "onboarding_completed", "sum(event_count)", ">= 1"),
    WindowSignal("active_days_14d", "session", "count(distinct occurred_on)", ">= 4", 14),
    WindowSignal("active_users_14d", "session", "count(distinct user_id)", ">= 3", 14),
    WindowSignal("project_depth_14d", "project_edited", "count(distinct occurred_on)", ">= 3", 14),
    WindowSignal("projects_30d", "project_created", "count(distinct object_value)", ">= 2", 30),
    WindowSignal("invites_30d", "teammate_invited", "sum(event_count)", ">= 1", 30),
    WindowSignal("integrations", "integration_connected", "count(distinct object_value)", ">= 1"),
    WindowSignal("external_share_30d", "external_share", "sum(event_count)", ">= 1", 30),
    WindowSignal("usage_minutes_30d", "session", "sum(value_sum)", ">= 60", 30),
    WindowSignal(
        "pricing_interest_30d",
        "pricing_viewed",
        "sum(event_count * greatest(0, 1 - 0.25 * ((scored_on - occurred_on) // 7)))",
        ">= 1",
        30,
    ),
    WindowSignal("limit_reached_30d", "limit_reached", "sum(event_count)", ">= 1", 30),
    WindowSignal("enterprise_request_90d", "enterprise_requested", "sum(event_count)", ">= 1", 90),
    WindowSignal("exports_30d", "report_exported", "sum(event_count)", ">= 2", 30),
    WindowSignal("template_views_30d", "template_viewed", "sum(event_count)", ">= 2", 30),
    WindowSignal("basic_tickets_30d", "basic_ticket", "sum(event_count)", ">= 2", 30),
    WindowSignal(
        "short_sessions_30d",
        "session",
        "cast(sum(value_sum) / nullif(sum(value_count), 0) as decimal(38, 9))",
        "<= 4",
        30,
    ),
    WindowSignal("inactive_14d", "session", "scored_on - max(occurred_on)", ">= 14"),
    WindowSignal("settled_in", "session", "scored_on - min(occurred_on)", ">= 7"),
)
# Signals of what is known of an entity when it was created.
_OTHER_SIGNALS = {
    "first_project_in_week_one": """
        select spine.entity_id, spine.scored_on, '{key}' as signal_key,
            sum(event_count) as signal_value
        from spine
        inner join facts
            on
                spine.entity_id = facts.{entity_type}_id
                and facts.activity = 'project_created'
                and facts.known_on <= spine.scored_on
                and facts.occurred_on < spine.created_on + 7
        group by all
    """,
    "mid_market_fit": """
        select entity_id, scored_on, '{key}' as signal_key, employee_count as signal_value
        from spine
        where is_listed and created_on <= scored_on and employee_count >= 50
    """,
    "new_signup": """
        select entity_id, scored_on, '{key}' as signal_key, scored_on - created_on as signal_value
        from spine
        where scored_on - created_on between 0 and 30
    """,
}
# The points are read as they are written.
_WEIGHTS = """
create table weights as
select definitions.entity_type, weights.*
from read_csv('{seeds}/pql_weights.csv') as weights
inner join read_csv('{seeds}/pql_definitions.csv') as definitions using (definition_key)
where definitions.is_active
"""

_FACTS = """
create table facts as
with usable as (
    select *, cast(occurred_at as date) as occurred_on, cast(received_at as date) as received_on
    from (
        select * replace (coalesce(received_at, occurred_at) as received_at)
        from read_parquet('{raw}/events.parquet')
    )
    where
        trim(event_id) <> ''
        and trim(event_name) <> ''
        and occurred_at >= timestamp '2000-01-01'
        and received_at >= timestamp '2000-01-01'
        and occurred_at <= received_at + interval 24 hour
        and cast(greatest(occurred_at, received_at) as date) <= cast(now() as date) + 1
        and coalesce(json_valid(properties), true)
        and coalesce(user_id, account_id) is not null
),
once as (
    select *
    from usable
    qualify row_number() over (
        partition by event_id
        order by
            received_at, occurred_at, event_name, user_id, account_id, anonymous_id, properties
    ) = 1
),
attributed as (
    select
        once.* replace (coalesce(once.account_id, users.account_id) as account_id),
        case
            when received_on <= occurred_on or received_on - occurred_on > 30 then occurred_on
            else received_on
        end as known_on
    from once
    left join read_parquet('{raw}/users.parquet') as users on once.user_id = users.user_id
    where not coalesce(users.is_internal, false)
),
classified as (
    select
        account_id,
        user_id,
        occurred_on,
        known_on,
        case event_name
            when 'session_started' then 'session'
            when 'file_shared'
                then case when properties ->> '$.external' = 'true' then 'external_share' end
            when 'support_ticket_opened'
                then case when properties ->> '$.topic' = 'basics' then 'basic_ticket' end
            else event_name
        end as activity,
        case event_name
            when 'project_created' then properties ->> '$.project_id'
            when 'integration_connected' then properties ->> '$.integration'
        end as object_value,
        case event_name
            when 'session_started'
                then try_cast(properties ->> '$.duration_minutes' as decimal(27, 9))
        end as value
    from attributed
)
select
    account_id,
    user_id,
    activity,
    object_value,
    occurred_on,
    known_on,
    count(*) as event_count,
    count(value) as value_count,
    sum(value) as value_sum
from classified
group by all
"""

_ENTITIES = {
    "account": """
        select account_id as entity_id, cast(created_at as date) as created_on, employee_count
        from read_parquet('{raw}/accounts.parquet')
    """,
    "user": """
        select user_id as entity_id, cast(created_at as date) as created_on, null as employee_count
        from read_parquet('{raw}/users.parquet')
    """,
}
_LISTED_OR_SEEN = """
create table {entity_type}s as
with listed as ({listed}),
seen as (
    select distinct {entity_type}_id as entity_id
    from facts
    where {entity_type}_id is not null
)
select *, true as is_listed from listed
union all
select entity_id, null, null, false from seen anti join listed using (entity_id)
"""

_SCORES = """
insert into scores
with spine as materialized (
    select
        entities.entity_id,
        days.scored_on,
        -- An entity that no table lists exists since its first event known by the day.
        case
            when entities.is_listed then entities.created_on
            else (
                select min(facts.occurred_on)
                from facts
                where
                    facts.{entity_type}_id = entities.entity_id
                    and facts.known_on <= days.scored_on
            )
        end as created_on,
        entities.employee_count,
        entities.is_listed
    from {entity_type}s as entities
    cross join (values {days}) as days (scored_on)
),
signals as (
    {signals}
)
select
    signals.entity_id,
    weights.definition_key,
    signals.scored_on,
    cast(sum(case
        when weights.points_per_unit is null then weights.points
        else least(weights.points_per_unit * signals.signal_value, weights.max_points)
    end) as decimal(18, 4)) as score
from signals
inner join weights
    on signals.signal_key = weights.signal_key and weights.entity_type = '{entity_type}'
group by all
"""

_SIGNAL = """
select spine.entity_id, spine.scored_on, '{key}' as signal_key, {measure} as signal_value
from spine
inner join facts
    on
        spine.entity_id = facts.{entity_type}_id
        and facts.activity = '{activity}'
        and facts.known_on <= spine.scored_on
        {window}
group by spine.entity_id, spine.scored_on
having {measure} {condition}
"""

_DIFFERENCES = """
with expected as (
    select history.entity_id, history.definition_key, days.scored_on, history.score
    from reference.score_history as history
    inner join (values {days}) as days (scored_on)
        on history.valid_from <= days.scored_on and days.scored_on < history.valid_to
    where history.entity_type = '{entity_type}'
)
select
    count(*) as compared,
    count(*) filter (coalesce(scores.score, 0) <> coalesce(expected.score, 0)) as different
from scores
full join expected using (entity_id, definition_key, scored_on)
"""


@dataclass(frozen=True)
class Days:
    """What an entity type cost on the sampled days and, from that, in a year; if it was right."""

    entity_type: str
    day_count: int
    wall_seconds: float
    year_wall_seconds: float
    year_cpu_seconds: float
    compared_scores: int
    different_scores: int


@dataclass(frozen=True)
class UsualWayResult:
    """What the usual way cost."""

    facts_seconds: float
    facts_cpu_seconds: float
    peak_gigabytes: float
    days: Sequence[Days]


def sample_days(count: int) -> list[date]:
    """Return days spread evenly over the year, in an order of which every beginning is spread too.

    Parameters
    ----------
    count
        How many days, at most those of the year.
    """
    # Steps of the golden ratio fill a circle evenly, however many are taken.
    golden = 0.6180339887498949
    numbers: list[int] = []
    step = 0
    while len(numbers) < min(count, DAY_COUNT):
        number = int(DAY_COUNT * ((step + 1) * golden % 1))
        step += 1
        if number not in numbers:
            numbers.append(number)
    return [FIRST_DAY + timedelta(days=number) for number in numbers]


def _scores_sql(entity_type: str, signal_keys: Iterable[str], days: Sequence[date]) -> str:
    """Return the statement that scores all entities of a type on some days."""
    windows = {signal.key: signal for signal in WINDOW_SIGNALS}
    signals = [
        _signal_sql(entity_type, windows[key])
        if key in windows
        else _OTHER_SIGNALS[key].format(key=key, entity_type=entity_type)
        for key in signal_keys
    ]
    return _SCORES.format(
        entity_type=entity_type, days=_day_rows(days), signals="union all".join(signals)
    )


def _signal_sql(entity_type: str, signal: WindowSignal) -> str:
    window = signal.window_days
    return _SIGNAL.format(
        entity_type=entity_type,
        key=signal.key,
        activity=signal.activity,
        measure=signal.measure,
        condition=signal.condition,
        window=f"and spine.scored_on < facts.occurred_on + {window}" if window else "",
    )


def _day_rows(days: Sequence[date]) -> str:
    return ", ".join(f"(date '{day}')" for day in days)


def _score_days(connection: duckdb.DuckDBPyConnection, entity_type: str, seconds: float) -> Days:
    """Score all entities of a type day by day for a while, and compare with the reference."""
    connection.execute(
        "create or replace table scores"
        " (entity_id varchar, definition_key varchar, scored_on date, score decimal(18, 4))"
    )
    signal_keys = [
        key
        for (key,) in connection.execute(
            "select distinct signal_key from weights where entity_type = ? order by all",
            [entity_type],
        ).fetchall()
    ]
    done: list[date] = []
    started, cpu_started = time.perf_counter(), time.process_time()
    days = sample_days(DAY_COUNT)
    while len(done) < len(days) and (not done or time.perf_counter() - started < seconds):
        batch = days[len(done) : len(done) + DAYS_PER_BATCH]
        connection.execute(_scores_sql(entity_type, signal_keys, batch))
        done.extend(batch)
    wall_seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    compared, different = connection.execute(
        _DIFFERENCES.format(entity_type=entity_type, days=_day_rows(done))
    ).fetchall()[0]
    in_a_year = DAY_COUNT / len(done)
    return Days(
        entity_type=entity_type,
        day_count=len(done),
        wall_seconds=wall_seconds,
        year_wall_seconds=wall_seconds * in_a_year,
        year_cpu_seconds=cpu_seconds * in_a_year,
        compared_scores=compared,
        different_scores=different,
    )


def run(raw: Path, reference: Path, scratch: Path, seconds: float) -> UsualWayResult:
    """Score accounts, then users, day by day for a while.

    Parameters
    ----------
    raw
        Folder of the raw Parquet files.
    reference
        DuckDB file that the reference has written from them.
    scratch
        Folder for the database and for what does not fit in memory.
    seconds
        No batch of days of an entity type is begun later than this after its first.

    Returns
    -------
    UsualWayResult
        The time measured.
    """
    database = scratch / "usual_way.duckdb"
    remove_database(database)
    try:
        with open_database(scratch, database) as connection:
            started, cpu_started = time.perf_counter(), time.process_time()
            connection.execute(_FACTS.format(raw=raw))
            for entity_type, listed in _ENTITIES.items():
                connection.execute(
                    _LISTED_OR_SEEN.format(entity_type=entity_type, listed=listed.format(raw=raw))
                )
            facts_seconds = time.perf_counter() - started
            facts_cpu_seconds = time.process_time() - cpu_started
            connection.execute(_WEIGHTS.format(seeds=SEEDS))
            connection.execute(f"attach '{reference}' as reference (read_only)")
            days = [_score_days(connection, name, seconds) for name in _ENTITIES]
            peak_gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    finally:
        remove_database(database)
    return UsualWayResult(facts_seconds, facts_cpu_seconds, peak_gigabytes, days)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; print the result as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.usual_way", description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of the raw Parquet files")
    parser.add_argument("--reference", type=Path, required=True, help="file of the reference")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for spilled data")
    parser.add_argument(
        "--seconds", type=float, default=120, help="time for the days of each entity type"
    )
    options = parser.parse_args(arguments)
    result = run(options.raw, options.reference, options.scratch, options.seconds)
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
