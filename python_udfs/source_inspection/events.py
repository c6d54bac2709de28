"""The events of the sources, counted.

One pass over the events makes small groups, from which almost everything is counted. Distinct
users, accounts and ids need a set of what was seen: above ``EXACT_ROWS`` rows they are counted on
the values of one hash in so many and scaled up, so that memory stays bounded whatever the size.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

EXACT_ROWS = 20_000_000


@dataclass(frozen=True)
class EventSource:
    """The events of one source.

    Parameters
    ----------
    source : str
        Name of the source.
    rows : int
        Delivered rows, copies and unusable ones included.
    first_on, last_on : date or None
        Days of the first and the last usable event.
    without_user, without_account, anonymous_only : int
        Rows that name no user; no account of their own; neither of both but an anonymous id.
    late : int
        Rows received more than a day after they occurred, historical loads left out.
    historical : int
        Rows received so long after they occurred that they are historical loads.
    duplicates : int
        Rows whose id another row has as well.
    quarantined : int
        Rows that cannot be used.
    is_estimated : bool
        Whether ``duplicates`` was counted on a sample of the ids.
    """

    source: str
    rows: int
    first_on: date | None
    last_on: date | None
    without_user: int
    without_account: int
    anonymous_only: int
    late: int
    historical: int
    duplicates: int
    quarantined: int
    is_estimated: bool


@dataclass(frozen=True)
class EventName:
    """The events of one name in one source.

    Parameters
    ----------
    source, event_name : str
        Both names.
    rows : int
        Delivered rows, copies and unusable ones included.
    share : float
        Share of the rows of the source.
    users, accounts : int
        Distinct users; distinct accounts, that of the user where the event names none.
    first_on, last_on : date or None
        Days of the first and the last usable event.
    is_estimated : bool
        Whether users and accounts were counted on a sample of them.
    """

    source: str
    event_name: str
    rows: int
    share: float
    users: int
    accounts: int
    first_on: date | None
    last_on: date | None
    is_estimated: bool


def create_event_groups(connection: duckdb.DuckDBPyConnection, backfill_lag_days: int) -> None:
    """Count the events by what the report asks for, in one pass.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views.
    backfill_lag_days : int
        Rows received more days later than this are historical loads.

    Notes
    -----
    Makes the table ``event_groups``: ``event_count`` by ``source_name``, ``event_name``,
    ``quarantine_reason``, ``has_user``, ``has_account``, ``has_anonymous_id`` and ``arrival``; and
    the view ``account_events``, the events with the account that they belong to.
    """
    connection.execute(
        f"""
        create temporary table event_groups as
        select
            source_name,
            event_name,
            quarantine_reason,
            user_id is not null as has_user,
            account_id is not null as has_account,
            anonymous_id is not null as has_anonymous_id,
            case
                when received_on - occurred_on > {backfill_lag_days} then 'historical'
                when received_at > occurred_at + interval 24 hour then 'late'
                else 'in time'
            end as arrival,
            count(*) as event_count,
            min(occurred_on) as first_on,
            max(occurred_on) as last_on,
            max(known_on) as last_known_on,
            min(event_id) as example_id,
            min(raw_occurred_at) as example_time
        from intermediate.int_events_unioned
        group by all
        """
    )
    connection.execute(
        """
        create temporary view account_events as
        select
            events.source_name,
            events.event_name,
            events.event_id,
            events.user_id,
            coalesce(events.account_id, users.account_id) as account_id,
            coalesce(users.is_internal, false) as is_internal,
            events.quarantine_reason,
            events.occurred_on,
            events.known_on
        from intermediate.int_events_unioned as events
        left join intermediate.int_users_unioned as users
            on events.user_id = users.user_id and users.copy_number = 1
        """
    )


def last_known_day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Find the last day on which a usable event became known.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database with the groups.

    Returns
    -------
    date or None
    """
    (day,) = connection.execute(
        "select max(last_known_on) from event_groups where quarantine_reason is null"
    ).fetchone()
    return day


def count_event_sources(connection: duckdb.DuckDBPyConnection) -> tuple[EventSource, ...]:
    """Count the events of each source.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database with the groups.

    Returns
    -------
    tuple of EventSource
        By name.
    """
    one_in = _one_in(connection)
    copies = dict(
        connection.execute(
            f"""
            select source_name, sum(copies - 1)
            from (
                select source_name, count(*) as copies
                from intermediate.int_events_unioned
                where event_id is not null {_sample("event_id", one_in)}
                group by source_name, event_id
            )
            group by source_name
            """
        ).fetchall()
    )
    return tuple(
        EventSource(
            source,
            *(int(count) if not isinstance(count, date) and count is not None else count
              for count in counts[:-1]),
            duplicates=int(copies.get(source, 0)) * one_in,
            quarantined=int(counts[-1]),
            is_estimated=one_in > 1,
        )
        for source, *counts in connection.execute(
            """
            select
                source_name,
                sum(event_count),
                min(first_on) filter (quarantine_reason is null),
                max(last_on) filter (quarantine_reason is null),
                coalesce(sum(event_count) filter (not has_user), 0),
                coalesce(sum(event_count) filter (not has_account), 0),
                coalesce(
                    sum(event_count) filter (not has_user and not has_account and has_anonymous_id),
                    0
                ),
                coalesce(sum(event_count) filter (arrival = 'late'), 0),
                coalesce(sum(event_count) filter (arrival = 'historical'), 0),
                coalesce(sum(event_count) filter (quarantine_reason is not null), 0)
            from event_groups
            group by source_name
            order by source_name
            """
        ).fetchall()
    )  # fmt: skip


def count_event_names(
    connection: duckdb.DuckDBPyConnection, limit: int
) -> tuple[tuple[EventName, ...], int]:
    """Count the most frequent names, with the users and accounts of each.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database with the groups.
    limit : int
        So many names at most.

    Returns
    -------
    names : tuple of EventName
        Most frequent first.
    name_count : int
        Number of names in all.
    """
    connection.execute(
        f"""
        create or replace temporary table top_names as
        select
            source_name,
            event_name,
            sum(event_count) as event_count,
            sum(event_count) / sum(sum(event_count)) over (partition by source_name) as share,
            min(first_on) filter (quarantine_reason is null) as first_on,
            max(last_on) filter (quarantine_reason is null) as last_on
        from event_groups
        group by source_name, event_name
        qualify event_name is not null
        order by event_count desc, source_name, event_name
        limit {int(limit)}
        """
    )
    (name_count,) = connection.execute(
        "select count(distinct (source_name, event_name)) from event_groups "
        "where event_name is not null"
    ).fetchone()
    one_in = _one_in(connection)
    users, accounts = (
        {
            (source, name): count * one_in
            for source, name, count in connection.execute(
                f"""
                select source_name, event_name, count(*)
                from (
                    select distinct source_name, event_name, {column}
                    from account_events
                    inner join top_names using (source_name, event_name)
                    where {column} is not null {_sample(column, one_in)}
                )
                group by source_name, event_name
                """
            ).fetchall()
        }
        for column in ("user_id", "account_id")
    )
    return tuple(
        EventName(
            source,
            name,
            int(rows),
            float(share),
            users.get((source, name), 0),
            accounts.get((source, name), 0),
            first_on,
            last_on,
            one_in > 1,
        )
        for source, name, rows, share, first_on, last_on in connection.execute(
            "from top_names order by event_count desc, source_name, event_name"
        ).fetchall()
    ), name_count


def _one_in(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many values stand for one that is counted: 1, or a power of two."""
    (rows,) = connection.execute(
        "select coalesce(sum(event_count), 0) from event_groups"
    ).fetchone()
    one_in = 1
    while rows > one_in * EXACT_ROWS:
        one_in *= 2
    return one_in


def _sample(column: str, one_in: int) -> str:
    return "" if one_in == 1 else f"and hash({column}) % {one_in} = 0"
