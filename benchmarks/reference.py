"""The score history of the default definitions, as fast as a hand-written DuckDB script gets.

What the dbt project computes for any definition files, this script computes for exactly the ones in
`seeds/`, written out as literals, from the same raw Parquet files: the yardstick of the benchmark,
not a part of the product. Its table equals `marts.fct_score_history` with adjacent rows of equal
score merged. It takes the liberties of somebody who knows the question and the data:

- entities are dense integers, days are integers since 2000, and a row that is to be sorted is one
  64-bit integer (entity, signal, day, change), because DuckDB sorts those fastest;
- a running total needs no partitions, because every signal of every entity ends at zero: what holds
  for ever is closed on the last day. Window functions without partition and order stream over the
  sorted rows;
- changes of one day are not merged before the running total: those that cancel out cancel out in
  the points as well;
- conditions are crossings of small levels, so points are one look-up per change of a level;
- the scores of all definitions of an entity type run in one integer;
- ids are compared by 64-bit hash (two different ids in 20 million share one with probability
  1e-5), values of up to 10^9 minutes fit, and the columns have the types of the generated files.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.database import open_database, remove_database

# What an event means here, by its name; the codes that are counted are signals as well.
SESSION, PROJECT_EDITED, PROJECT_CREATED = 0, 2, 3
INVITE, EXTERNAL_SHARE, PRICING, LIMIT, ENTERPRISE, EXPORT, TEMPLATE, TICKET = range(4, 12)
ONBOARDING, INTEGRATION, UNTRACKED, INTERNAL = 13, 14, 15, 16
EVENT_CODES = {
    "session_started": SESSION,
    "project_edited": PROJECT_EDITED,
    "project_created": PROJECT_CREATED,
    "teammate_invited": INVITE,
    "file_shared": EXTERNAL_SHARE,
    "pricing_viewed": PRICING,
    "limit_reached": LIMIT,
    "enterprise_requested": ENTERPRISE,
    "report_exported": EXPORT,
    "template_viewed": TEMPLATE,
    "support_ticket_opened": TICKET,
    "onboarding_completed": ONBOARDING,
    "integration_connected": INTEGRATION,
}
# A copy of an event that stands more than once has its code plus this until one copy has won.
COPY = 32

# Signals that are no plain count of an event; the others have the code of their event.
ACTIVE_DAYS, ACTIVE_USERS, DEPTH, PROJECTS, UNLISTED_FIRST_PROJECT = 0, 1, 2, 3, 12

# Points of the definitions when a signal reaches a level from below (and back when it falls).
# One page view is four quarters, of which it loses one every seven days.
ACCOUNT_DEFINITIONS = ("product_qualified", "expansion_ready", "activated_team")
USER_DEFINITIONS = ("champion",)
ACCOUNT_CROSSINGS = {
    # Above zero the account is not inactive.
    (ACTIVE_DAYS, 1): (30, 40, 0),
    (ACTIVE_DAYS, 4): (20, 0, 0),
    (ACTIVE_USERS, 3): (15, 20, 1),
    (DEPTH, 3): (10, 0, 0),
    (PROJECTS, 2): (5, 0, 0),
    (INVITE, 1): (5, 5, 0),
    (INVITE, 2): (5, 5, 0),
    (INVITE, 3): (5, 5, 0),
    (INVITE, 4): (0, 5, 0),
    (EXTERNAL_SHARE, 1): (10, 0, 0),
    (PRICING, 4): (15, 20, 0),
    (LIMIT, 1): (15, 30, 0),
    (ENTERPRISE, 1): (60, 0, 0),
    (EXPORT, 2): (10, 0, 0),
    (TEMPLATE, 2): (10, 0, 0),
    (TICKET, 2): (-10, 0, 0),
    (UNLISTED_FIRST_PROJECT, 1): (5, 0, 0),
}
USER_CROSSINGS = {
    (ACTIVE_DAYS, 4): (25,),
    (DEPTH, 3): (20,),
    (INVITE, 1): (10,),
    (INVITE, 2): (10,),
    (INVITE, 3): (10,),
    (EXTERNAL_SHARE, 1): (10,),
    (PRICING, 4): (15,),
}
ONBOARDING_POINTS = (10, 0, 1)
FIRST_PROJECT_POINTS = (5, 0, 0)
ACCOUNT_INTEGRATION_POINTS = (15, 0, 0)
INACTIVE_POINTS = (-30, -40, 0)
MID_MARKET_POINTS = (15, 0, 0)
USAGE_POINTS = 10
SHORT_SESSION_POINTS = -10
USER_INTEGRATION_POINTS = (15,)
SETTLED_IN_POINTS = (5,)
NEW_SIGNUP_POINTS = (5,)

# Day numbers count from 2000-01-01 in 14 bits; the last one stands for 9999-12-31.
DAY_BITS = 14
FOREVER = (1 << DAY_BITS) - 1
# Days between occurred and known: 0 to 30, because later loads are known when they occurred.
LAG_BITS = 5
BACKFILL_LAG_DAYS = 30
# entity | signal | day | change + 8
CHANGE_BITS = 4
SIGNAL_SHIFT = DAY_BITS + CHANGE_BITS
ENTITY_SHIFT = SIGNAL_SHIFT + 4
# entity | day | points + half of what fits; the points of each definition take 12 bits.
SCORE_BITS = 12
POINTS_BITS = 27
POINTS_BIAS = 1 << (POINTS_BITS - 1)
ENTITY_LIMIT = 1 << (63 - DAY_BITS - POINTS_BITS)
# (upper bits of an id's hash) | row number of the file
ROW_BITS = 27
DAY_MICROSECONDS = 86_400 * 10**6
# Minutes are counted in units of 10^-9.
MINUTE = 10**9


@dataclass(frozen=True)
class Step:
    """One statement of the script and what it is for."""

    name: str
    sql: str


@dataclass(frozen=True)
class EntityType:
    """What differs between the scores of accounts and of users."""

    name: str
    key: str
    definitions: tuple[str, ...]
    crossings: dict[tuple[int, int], tuple[int, ...]]
    counted: tuple[int, ...]


ACCOUNT = EntityType(
    "account",
    "account_key",
    ACCOUNT_DEFINITIONS,
    ACCOUNT_CROSSINGS,
    tuple(range(INVITE, TICKET + 1)),
)
USER = EntityType(
    "user", "user_key", USER_DEFINITIONS, USER_CROSSINGS, (INVITE, EXTERNAL_SHARE, PRICING)
)


def pack_points(points: Sequence[int]) -> int:
    """Return the points of several definitions as one integer."""
    return sum(value << (SCORE_BITS * position) for position, value in enumerate(points))


def _values(rows: Sequence[tuple[object, ...]]) -> str:
    """Return rows as an SQL `values` list; texts must hold no quotes."""
    return (
        "(values "
        + ", ".join(
            "("
            + ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in row)
            + ")"
            for row in rows
        )
        + ")"
    )


# Days and lags of a row of the table `events`.
_OCCURRED = f"(occurred_lag >> {LAG_BITS})"
_LAG = f"(occurred_lag & {(1 << LAG_BITS) - 1})"
_KNOWN = f"({_OCCURRED} + {_LAG})"


def _running_sum(value: str, data_type: str) -> str:
    """Return the sum up to the current row of sorted rows; unchecked, because that is fastest."""
    return (
        f"cast(sum_no_overflow({value}) over (rows between unbounded preceding and current row)"
        f" as {data_type})"
    )


def _change(entity: str, signal: int | str, day: str, change: int | str) -> str:
    """Return the packed change of a signal on a day."""
    return (
        f"(({entity})::bigint << {ENTITY_SHIFT}) | (({signal})::bigint << {SIGNAL_SHIFT})"
        f" | (({day})::bigint << {CHANGE_BITS}) | ({change} + 8)"
    )


def _points(entity: str, day: str, points: int | str) -> str:
    """Return the packed change of the points on a day."""
    return (
        f"(({entity})::bigint << {DAY_BITS + POINTS_BITS}) | (({day})::bigint << {POINTS_BITS})"
        f" | (({points})::bigint + {POINTS_BIAS})"
    )


def _lasting(entity: str, day: str, points: Sequence[int], source: str) -> str:
    """Return a query of points that are earned once and kept."""
    value = pack_points(points)
    begin, end = _points(entity, day, value), _points(entity, str(FOREVER), -value)
    return f"select unnest([{begin}, {end}]) as packed from {source}"


def _file(raw: Path, table: str) -> str:
    return f"read_parquet('{raw / table}.parquet')"


def _is_plausible(column: str) -> str:
    """Return the condition that a time lies between 2000 and the day after the run."""
    first = "timestamp '2000-01-01'"
    return f"{column} >= {first} and {column} < {first} + to_days(latest_day() + 1)"


def _entity_steps(raw: Path) -> Iterator[Step]:
    """Yield the dictionaries of accounts and users, listed or only seen in events."""
    yield Step(
        "accounts",
        f"""
        create temp table accounts as
        with ids as (
            select account_id from {_file(raw, "events")}
            union
            select account_id from {_file(raw, "accounts")}
            union
            select account_id from {_file(raw, "users")}
        ),
        listed as (
            select account_id, created_at, employee_count
            from {_file(raw, "accounts")}
            where {_is_plausible("created_at")}
            qualify row_number() over (
                partition by account_id
                order by
                    created_at, account_name, domain, plan, acquisition_channel, country,
                    employee_count, parent_account_id
            ) = 1
        )
        select
            account_id,
            cast(row_number() over () as integer) as account_key,
            listed.created_at is not null as is_listed,
            cast(listed.created_at as date) - date '2000-01-01' as created,
            listed.employee_count
        from ids
        left join listed using (account_id)
        where trim(account_id) <> ''
        """,
    )
    yield Step(
        "users",
        f"""
        create temp table users as
        with ids as (
            select user_id from {_file(raw, "events")}
            union
            select user_id from {_file(raw, "users")}
        ),
        listed as (
            select user_id, account_id, created_at, coalesce(is_internal, false) as is_internal
            from {_file(raw, "users")}
            where {_is_plausible("created_at")}
            qualify row_number() over (
                partition by user_id
                order by created_at, account_id, email, coalesce(is_internal, false)
            ) = 1
        )
        select
            user_id,
            cast(row_number() over () as integer) as user_key,
            accounts.account_key,
            accounts.is_listed as has_listed_account,
            listed.created_at is not null as is_listed,
            coalesce(listed.is_internal, false) as is_internal,
            cast(listed.created_at as date) - date '2000-01-01' as created
        from ids
        left join listed using (user_id)
        left join accounts on listed.account_id = accounts.account_id
        where trim(user_id) <> ''
        """,
    )


def _event_steps(raw: Path) -> Iterator[Step]:
    """Yield the usable events, each once, as codes and day numbers."""
    events = _file(raw, "events")
    yield Step(
        "limits",
        f"""
        select error('more rows or entities than fit into the packed integers')
        from (select count(*) as row_count from {events})
        cross join (select count(*) as entity_count from users)
        where row_count >= {1 << ROW_BITS} or entity_count >= {ENTITY_LIMIT}
        """,
    )
    # Row ids of the table are row numbers of the file. Below '!' an id is hardly ever but blank.
    yield Step(
        "event ids",
        f"""
        create temp table event_ids as
        select case when event_id >= '!' or trim(event_id) <> '' then hash(event_id) end as id_hash
        from {events}
        """,
    )
    # Ids are sorted as (37 bits of the hash, row number) and neighbours compared.
    yield Step(
        "repeated ids",
        f"""
        create temp table copies as
        with neighbours as (
            select
                packed,
                lag(packed) over () >> {ROW_BITS} as previous,
                lead(packed) over () >> {ROW_BITS} as next
            from (
                select (id_hash >> {ROW_BITS} << {ROW_BITS}) | rowid::ubigint as packed
                from event_ids
                where id_hash is not null
                order by packed
            )
        ),
        candidates as (
            select (packed & {(1 << ROW_BITS) - 1})::bigint as row_number
            from neighbours
            where packed >> {ROW_BITS} = previous or packed >> {ROW_BITS} = next
        ),
        repeated as (
            select
                event_ids.id_hash,
                candidates.row_number
            from candidates
            inner join event_ids on candidates.row_number = event_ids.rowid
            qualify count(*) over (partition by event_ids.id_hash) > 1
        )
        select
            repeated.id_hash,
            repeated.row_number,
            coalesce(events.received_at, events.occurred_at) as received_at,
            events.occurred_at
        from repeated
        inner join {events} as events on repeated.row_number = events.file_row_number
        union all
        select null, rowid, null, null
        from event_ids
        where id_hash is null
        """,
    )
    yield Step("event ids", "drop table event_ids")
    yield Step(
        "event codes",
        f"""
        create temp table event_codes as
        from {_values(list(EVENT_CODES.items()))} as codes (event_name, code)
        """,
    )
    found = "try(json_extract_string(properties, '$.{}'))".format
    # Blank texts are seldom: asked for last, because trim copies every text.
    is_json = """case
        when json_valid(properties) then true
        else properties is null or trim(properties) = ''
    end"""
    yield Step(
        "events",
        f"""
        create temp table events as
        with known as (
            select
                codes.code,
                coalesce(accounts.account_key, users.account_key) as account_key,
                users.user_key,
                coalesce(users.is_internal, false) as is_internal,
                copies.row_number as copy_row,
                cast(events.occurred_at as date) - date '2000-01-01' as occurred,
                cast(events.received_at as date) - cast(events.occurred_at as date) as days_late,
                events.properties
            from {events} as events
            left join event_codes as codes on events.event_name = codes.event_name
            left join accounts on events.account_id = accounts.account_id
            left join users on events.user_id = users.user_id
            left join copies on events.file_row_number = copies.row_number
            where
                {_is_plausible("events.occurred_at")}
                and coalesce({_is_plausible("events.received_at")}, true)
                and coalesce(
                    epoch_us(events.occurred_at) - epoch_us(events.received_at)
                    <= {DAY_MICROSECONDS},
                    true
                )
                and coalesce(accounts.account_key, users.user_key) is not null
                and (copies.row_number is null or copies.id_hash is not null)
                and (copies.row_number is not null or users.is_internal is distinct from true)
                and case
                    when codes.code is not null then {is_json}
                    -- What no signal counts matters to copies and to the creation of the unlisted.
                    when
                        copies.row_number is not null
                        or not accounts.is_listed
                        or not users.is_listed
                        or (accounts.account_key is null and not users.has_listed_account)
                        then case when trim(events.event_name) <> '' then {is_json} end
                end
        )
        select
            cast(case
                when is_internal then {INTERNAL}
                when code = {EXTERNAL_SHARE} and {found("external")} is distinct from 'true'
                    then {UNTRACKED}
                when code = {TICKET} and {found("topic")} is distinct from 'basics'
                    then {UNTRACKED}
                when code = {INTEGRATION} and {found("integration")} is null
                    then {UNTRACKED}
                else coalesce(code, {UNTRACKED})
            end + case when copy_row is null then 0 else {COPY} end as utinyint) as code,
            account_key,
            user_key,
            cast(occurred << {LAG_BITS} | case
                when days_late between 1 and {BACKFILL_LAG_DAYS} then days_late
                else 0
            end as integer) as occurred_lag,
            -- Other values are an error, not a missing value.
            case code
                when {SESSION}
                    then cast(
                        try_cast({found("duration_minutes")} as decimal(27, 9)) as decimal(18, 9)
                    )
            end as minutes,
            case
                when code = {PROJECT_CREATED} and {found("project_id")} is not null
                    then hash({found("project_id")})
            end as project,
            cast(copy_row as integer) as copy_row
        from known
        """,
    )

    # Of the usable copies the one received first counts. The texts order what came in one moment,
    # and are read only if such copies differ in what is counted.
    yield Step(
        "copies",
        f"""
        create temp table usable_copies as
        select
            copies.*,
            events.code - {COPY} as code,
            events.account_key,
            events.user_key,
            events.occurred_lag,
            events.minutes,
            events.project
        from events
        inner join copies on events.copy_row = copies.row_number
        where events.code >= {COPY}
        """,
    )
    yield Step(
        "copies",
        """
        create temp table tied_copies as
        select row_number
        from usable_copies
        qualify count(distinct (code, account_key, user_key, occurred_lag, minutes, project)) over (
            partition by id_hash, received_at, occurred_at
        ) > 1
        """,
    )
    yield Step(
        "copies",
        f"""
        insert into events
        with texts as (
            select
                tied_copies.row_number,
                row_number() over (
                    order by event_name, user_id, account_id, anonymous_id, properties
                ) as text_order
            from tied_copies
            inner join {events} as events on tied_copies.row_number = events.file_row_number
        )
        select
            code,
            account_key,
            user_key,
            occurred_lag,
            minutes,
            project,
            cast(null as integer) as copy_row
        from usable_copies
        left join texts on usable_copies.row_number = texts.row_number
        qualify row_number() over (
            partition by id_hash order by received_at, occurred_at, text_order
        ) = 1
        """,
    )


def _creation_steps() -> Iterator[Step]:
    """Yield since when an unlisted entity exists, as known from which day on."""
    for entity in (ACCOUNT, USER):
        yield Step(
            "creations",
            f"""
            create temp table {entity.name}_creations as
            with firsts as (
                select
                    events.{entity.key} as entity_key,
                    {_KNOWN} as known,
                    min({_OCCURRED}) as occurred
                from events
                inner join {entity.name}s as entities on events.{entity.key} = entities.{entity.key}
                where not entities.is_listed and events.code < {INTERNAL}
                group by all
            ),
            moved as (
                select
                    *,
                    min(occurred) over (
                        partition by entity_key
                        order by known
                        rows between unbounded preceding and 1 preceding
                    ) as occurred_before
                from firsts
            )
            select
                entity_key,
                occurred as created,
                known as valid_from,
                coalesce(
                    lead(known) over (partition by entity_key order by known), {FOREVER}
                ) as valid_to
            from moved
            where occurred_before is null or occurred < occurred_before
            """,
        )


def _session_steps() -> Iterator[Step]:
    """Yield what several signals read from sessions."""
    yield Step(
        "sessions",
        f"""
        create temp table account_sessions as
        select
            (account_key::bigint << {DAY_BITS + LAG_BITS}) | occurred_lag as packed,
            cast(sum(minutes) * {MINUTE} as bigint) as minutes,
            count(minutes) as value_count
        from events
        where code = {SESSION} and account_key is not null
        group by all
        """,
    )


def _active_days(entity: EntityType, code: int) -> str:
    """Return the changes of the number of days with an event in 14 days."""
    if entity is ACCOUNT and code == SESSION:
        source = f"""
            select packed >> {LAG_BITS} as entity_day, packed & {(1 << LAG_BITS) - 1} as lag
            from account_sessions
        """
    else:
        source = f"""
            select ({entity.key}::bigint << {DAY_BITS}) | {_OCCURRED} as entity_day, {_LAG} as lag
            from events
            where code = {code} and {entity.key} is not null
        """
    signal = ACTIVE_DAYS if code == SESSION else DEPTH
    return f"""
        select unnest([
            {_change("entity", signal, "day + lag", 1)},
            {_change("entity", signal, "day + greatest(lag, 14)", -1)}
        ]) as packed
        from (
            select
                entity_day >> {DAY_BITS} as entity,
                entity_day & {FOREVER} as day,
                min(lag) as lag
            from ({source})
            group by entity_day
        )
    """


def _counts(entity: EntityType) -> str:
    """Return the changes of the signals that count events in 30 days (or 90)."""
    codes = ", ".join(str(code) for code in entity.counted)
    counted = f"from events where code in ({codes}) and {entity.key} is not null"
    return f"""
        select {
        _change(entity.key, "code", _KNOWN, f"case code when {PRICING} then 4 else 1 end")
    } as packed
        {counted}
        union all
        select {
        _change(
            entity.key,
            "code",
            f"{_OCCURRED} + greatest({_LAG}, case code when {ENTERPRISE} then 90 else 30 end)",
            -1,
        )
    } as packed
        {counted} and code <> {PRICING}
        union all
        select {_change(entity.key, PRICING, f"{_OCCURRED} + greatest({_LAG}, age)", -1)} as packed
        from events
        cross join range(7, 29, 7) as ages (age)
        where code = {PRICING} and {entity.key} is not null
    """


def _active_users() -> str:
    """Return the changes of the number of users with a session in 14 days.

    The days that a user counts in are merged first: rows are sorted by account, user, day known
    and lag; one that begins after all earlier ones of its user have ended begins a period and ends
    the one before, which may be another user's.
    """
    user_bits, pair_shift = 22, DAY_BITS + LAG_BITS
    return f"""
        select unnest([
            case when packed is not null then {
        _change(
            f"packed >> {user_bits + pair_shift}",
            ACTIVE_USERS,
            f"(packed >> {LAG_BITS}) & {FOREVER}",
            1,
        )
    } end,
            case when ended is not null then {
        _change(f"ended >> {user_bits + DAY_BITS}", ACTIVE_USERS, f"ended & {FOREVER}", -1)
    } end
        ]) as packed
        from (
            select packed, lag(until) over () as ended
            from (
                select
                    packed,
                    max(
                        (packed >> {pair_shift} << {DAY_BITS})
                        | (((packed >> {LAG_BITS}) & {FOREVER}) - (packed & {
        (1 << LAG_BITS) - 1
    }) + 14)
                    ) over (rows between unbounded preceding and current row) as until
                from (
                    select
                        (account_key::bigint << {user_bits + pair_shift})
                        | (user_key::bigint << {pair_shift})
                        | ({_KNOWN} << {LAG_BITS})
                        | {_LAG} as packed
                    from events
                    where
                        code = {SESSION}
                        and account_key is not null
                        and user_key is not null
                        and {_LAG} < 14
                    union all
                    select null as packed
                    order by packed nulls last
                )
            )
        )
        where
            packed is null
            or ended is null
            or ended >> {DAY_BITS} <> packed >> {pair_shift}
            or ended & {FOREVER} < (packed >> {LAG_BITS}) & {FOREVER}
    """


def _projects() -> str:
    """Return the changes of the number of distinct projects created in 30 days."""
    return f"""
        select unnest([
            {_change("account_key", PROJECTS, "greatest(known, covered)", 1)},
            {_change("account_key", PROJECTS, "until", -1)}
        ]) as packed
        from (
            select
                account_key,
                {_KNOWN} as known,
                {_OCCURRED} + 30 as until,
                coalesce(max({_OCCURRED} + 30) over (
                    partition by account_key, project
                    order by {_KNOWN}
                    rows between unbounded preceding and 1 preceding
                ), 0) as covered
            from events
            where
                code = {PROJECT_CREATED}
                and account_key is not null
                and project is not null
        )
        where greatest(known, covered) < until
    """


def _unlisted_first_projects() -> str:
    """Return when unlisted accounts have a project of their first week, as the week is known."""
    return f"""
        select unnest([
            {_change("account_key", UNLISTED_FIRST_PROJECT, f"greatest({_KNOWN}, valid_from)", 1)},
            {_change("account_key", UNLISTED_FIRST_PROJECT, "valid_to", -1)}
        ]) as packed
        from events
        inner join account_creations as creations on events.account_key = creations.entity_key
        where
            code = {PROJECT_CREATED}
            and {_OCCURRED} < created + 7
            and greatest({_KNOWN}, valid_from) < valid_to
    """


def _crossing_points(entity: EntityType, changes: Sequence[str]) -> str:
    """Return the points at the days on which a signal reaches or leaves a level."""
    crossings = [
        ((signal << 3) | level, pack_points(points))
        for (signal, level), points in entity.crossings.items()
    ]
    signal_level = f"((packed >> {SIGNAL_SHIFT}) & 15) << 3"
    # Only a page view rises by more than one; then only the level of four quarters is of interest.
    return f"""
        select {
        _points(
            f"packed >> {ENTITY_SHIFT}",
            f"(packed >> {CHANGE_BITS}) & {FOREVER}",
            "case when change > 0 then points else -points end",
        )
    } as packed
        from (
            select
                packed,
                change,
                ({signal_level}) | least(7, greatest(0, case
                    when change > 1 and total - change < 4 then least(total, 4)
                    when change > 0 then total
                    else total - change
                end)) as crossed
            from (
                select
                    packed,
                    (packed & 15) - 8 as change,
                    {_running_sum("(packed & 15) - 8", "integer")} as total
                from ({" union all ".join(changes)} order by packed)
            )
        )
        inner join {_values(crossings)} as crossings (crossed, points) using (crossed)
    """


def _usage_points() -> str:
    """Return the points for minutes of use and for short sessions in 30 days."""
    limit = 60 * MINUTE

    def is_short(minutes: str, value_count: str) -> str:
        # At most 4 minutes on average, after rounding to nine decimals.
        return f"({value_count} > 0 and 2 * {minutes} < {8 * MINUTE + 1} * {value_count})::integer"

    return f"""
        select {_points(f"packed >> {DAY_BITS}", f"packed & {FOREVER}", "points")} as packed
        from (
            select
                packed,
                {USAGE_POINTS} * (
                    (total >= {limit})::integer - (total - minutes >= {limit})::integer
                ) + {SHORT_SESSION_POINTS} * (
                    {is_short("total", "total_count")}
                    - {is_short("(total - minutes)", "(total_count - value_count)")}
                ) as points
            from (
                select
                    *,
                    {_running_sum("minutes", "bigint")} as total,
                    {_running_sum("value_count", "bigint")} as total_count
                from (
                    select
                        (packed >> {LAG_BITS}) + (packed & {(1 << LAG_BITS) - 1}) as packed,
                        minutes,
                        value_count
                    from account_sessions
                    where value_count > 0
                    union all
                    select
                        (packed >> {LAG_BITS}) + greatest(packed & {(1 << LAG_BITS) - 1}, 30),
                        -minutes,
                        -value_count
                    from account_sessions
                    where value_count > 0
                    order by packed
                )
            )
        )
        where points <> 0
    """


def _first_known(entity: EntityType, code: int) -> str:
    """Return the first day on which an event of each entity was known."""
    return f"""(
        select {entity.key}, min({_KNOWN}) as day
        from events
        where code = {code} and {entity.key} is not null
        group by {entity.key}
    )"""


def _account_points() -> list[str]:
    key = ACCOUNT.key
    return [
        _crossing_points(
            ACCOUNT,
            [
                _active_days(ACCOUNT, SESSION),
                _active_days(ACCOUNT, PROJECT_EDITED),
                _counts(ACCOUNT),
                _projects(),
                _active_users(),
                _unlisted_first_projects(),
            ],
        ),
        _usage_points(),
        _lasting(key, "day", ONBOARDING_POINTS, _first_known(ACCOUNT, ONBOARDING)),
        _lasting(key, "day", ACCOUNT_INTEGRATION_POINTS, _first_known(ACCOUNT, INTEGRATION)),
        _lasting(key, "day", INACTIVE_POINTS, _first_known(ACCOUNT, SESSION)),
        _lasting(
            key,
            "day",
            FIRST_PROJECT_POINTS,
            f"""(
                select events.account_key, min({_KNOWN}) as day
                from events
                inner join accounts on events.account_key = accounts.account_key
                where code = {PROJECT_CREATED} and {_OCCURRED} < accounts.created + 7
                group by events.account_key
            )""",
        ),
        _lasting(
            key,
            "created",
            MID_MARKET_POINTS,
            "(select account_key, created from accounts where employee_count >= 50)",
        ),
    ]


def _user_points() -> list[str]:
    key = USER.key
    return [
        _crossing_points(
            USER, [_active_days(USER, SESSION), _active_days(USER, PROJECT_EDITED), _counts(USER)]
        ),
        _lasting(key, "day", USER_INTEGRATION_POINTS, _first_known(USER, INTEGRATION)),
        _lasting(
            key,
            "day",
            SETTLED_IN_POINTS,
            f"""(
                select user_key, min({_OCCURRED} + greatest({_LAG}, 7)) as day
                from events
                where code = {SESSION} and user_key is not null
                group by user_key
            )""",
        ),
        f"""
        select unnest([
            {_points(key, "valid_from", pack_points(NEW_SIGNUP_POINTS))},
            {_points(key, "valid_to", -pack_points(NEW_SIGNUP_POINTS))}
        ]) as packed
        from (
            select user_key, created as valid_from, created + 31 as valid_to
            from users
            where is_listed
            union all
            select entity_key, valid_from, least(valid_to, created + 31)
            from user_creations
        )
        where valid_from < valid_to
        """,
    ]


def _score_steps(entity: EntityType, points: Sequence[str]) -> Iterator[Step]:
    """Yield the score of an entity type at the end of every day on which a score changes."""
    yield Step(
        f"{entity.name} points",
        f"create temp table {entity.name}_points as {' union all '.join(points)}",
    )
    yield Step(
        f"{entity.name} scores",
        f"""
        create temp table {entity.name}_scores as
        select
            entity_day,
            total,
            lag(total, 1, 0) over () as previous
        from (
            select
                packed >> {POINTS_BITS} as entity_day,
                lead(packed) over () >> {POINTS_BITS} as next_entity_day,
                {_running_sum(f"(packed & {(1 << POINTS_BITS) - 1}) - {POINTS_BIAS}", "bigint")}
                    as total
            from (select packed from {entity.name}_points order by packed)
        )
        where next_entity_day is null or next_entity_day <> entity_day
        """,
    )


def _history(entity: EntityType, position: int) -> str:
    """Return the score history of one definition."""
    # Half of what fits is added to each score, so that none is negative while it is cut out.
    bias = pack_points([1 << (SCORE_BITS - 1)] * len(entity.definitions))

    def score(total: str) -> str:
        return (
            f"((({total} + {bias}) >> {SCORE_BITS * position}) & {(1 << SCORE_BITS) - 1})"
            f" - {1 << (SCORE_BITS - 1)}"
        )

    return f"""
        select
            '{entity.name}' as entity_type,
            entities.{entity.name}_id as entity_id,
            '{entity.definitions[position]}' as definition_key,
            date '2000-01-01' + cast(entity_day & {FOREVER} as integer) as valid_from,
            case
                when next >> {DAY_BITS} = entity_day >> {DAY_BITS} and next & {FOREVER} < {FOREVER}
                    then date '2000-01-01' + cast(next & {FOREVER} as integer)
                else date '9999-12-31'
            end as valid_to,
            cast(score as decimal(18, 4)) as score
        from (
            select entity_day, {score("total")} as score, lead(entity_day) over () as next
            from {entity.name}_scores
            where {score("total")} <> {score("previous")}
        )
        inner join {entity.name}s as entities on entity_day >> {DAY_BITS} = entities.{entity.key}
        where entity_day & {FOREVER} < {FOREVER}
    """


def script(raw: Path) -> Iterator[Step]:
    """Yield the statements of the whole script, in order.

    Parameters
    ----------
    raw
        Folder of the raw Parquet files.
    """
    yield Step(
        "settings",
        """
        create temp macro latest_day() as
            cast(now() at time zone 'UTC' as date) - date '2000-01-01' + 1
        """,
    )
    yield from _entity_steps(raw)
    yield from _event_steps(raw)
    yield from _creation_steps()
    yield from _session_steps()
    yield from _score_steps(ACCOUNT, _account_points())
    yield from _score_steps(USER, _user_points())
    histories = [
        _history(entity, position)
        for entity in (ACCOUNT, USER)
        for position in range(len(entity.definitions))
    ]
    yield Step("score history", f"create table score_history as {' union all '.join(histories)}")


def run(raw: Path, database: Path, scratch: Path) -> dict[str, float]:
    """Run the script on the raw files.

    Parameters
    ----------
    raw
        Folder of the raw Parquet files.
    database
        DuckDB file to write `score_history` to; overwritten.
    scratch
        Folder for what does not fit in memory.

    Returns
    -------
    dict of str to float
        Wall seconds by step, and the same as `<step> cpu` in CPU seconds.
    """
    remove_database(database)
    seconds: dict[str, float] = {}
    with open_database(scratch, database) as connection:
        for step in script(raw):
            started, cpu_started = time.perf_counter(), time.process_time()
            connection.execute(step.sql)
            for key, spent in (
                (step.name, time.perf_counter() - started),
                (f"{step.name} cpu", time.process_time() - cpu_started),
            ):
                seconds[key] = seconds.get(key, 0.0) + spent
    return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; print the seconds of each step as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reference", description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of the raw Parquet files")
    parser.add_argument("--out", type=Path, required=True, help="DuckDB file to write")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for spilled data")
    options = parser.parse_args(arguments)
    print(json.dumps(run(options.raw, options.out, options.scratch)))


if __name__ == "__main__":
    main()
