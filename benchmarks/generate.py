"""Raw files of any size: a year of a B2B product's events, written in order of arrival.

The files follow the plain contract (docs/raw_contract.md) and hold what makes such data expensive
or awkward: accounts of very uneven size, busy days, days on which a team works together, rows that
arrive late or long after the fact, duplicates, rows that cannot be used, internal users, events
without an account, and entities that no table lists.

Everything about a row is a function of its number, so the same options give the same rows, a
day's rows do not depend on the days after it, and the files of one day more only add to those of
one day less. Half of the events come in team days (a few users of one account, several events
each), the other half are spread one by one over accounts and users: the latter is the harder half
for an engine that works with daily facts.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.database import remove_database

FIRST_DAY = date(2024, 1, 1)
DAY_COUNT = 365
LAST_DAY = FIRST_DAY + timedelta(days=DAY_COUNT - 1)
# Signups begin before the first event, so that the first day has accounts to pick from.
DAYS_BEFORE_EVENTS = 30
EVENTS_PER_ACCOUNT = 400
# With fewer some days would have no row.
MIN_EVENT_COUNT = 10_000
RAW_TABLES = ("events", "users", "accounts", "subscriptions")

_SETTINGS = ("set threads = 2", "set memory_limit = '4GB'", "set preserve_insertion_order = true")


@dataclass(frozen=True)
class Day:
    """What arrives on one day: rows `first_row` up to `first_row + row_count`."""

    number: int
    first_row: int
    row_count: int
    account_count: int


def plan_days(event_count: int) -> list[Day]:
    """Spread the events over the days: growth, quiet week-ends, and a burst now and then.

    Parameters
    ----------
    event_count
        Number of rows of the events file for the whole year.

    Returns
    -------
    list of Day
        One per arrival day, with the accounts that exist when it begins.
    """
    weights = []
    for number in range(DAY_COUNT):
        weekday = (FIRST_DAY + timedelta(days=number)).weekday()
        weight = (number + 90.0) * (0.35 if weekday >= 5 else 1.0)
        if number % 41 == 17:
            weight *= 3.0
        weights.append(weight)
    total = sum(weights)
    account_total = count_accounts(event_count)
    days = []
    passed = 0.0
    for number, weight in enumerate(weights):
        first_row = int(event_count * passed / total)
        passed += weight
        last_row = event_count if number == DAY_COUNT - 1 else int(event_count * passed / total)
        signed_up = account_total * (number + DAYS_BEFORE_EVENTS)
        days.append(
            Day(
                number=number,
                first_row=first_row,
                row_count=last_row - first_row,
                account_count=max(1, signed_up // (DAY_COUNT + DAYS_BEFORE_EVENTS)),
            )
        )
    return days


def count_accounts(event_count: int) -> int:
    """Return the number of accounts that belong to a number of events."""
    return max(20, event_count // EVENTS_PER_ACCOUNT)


def generate(event_count: int, folder: Path, arrived_before: date | None = None) -> None:
    """Write the raw files.

    Parameters
    ----------
    event_count
        Number of rows of the events file for the whole year.
    folder
        Where the files go; created if it is missing.
    arrived_before
        Write only what had arrived before this day; None for everything.
    """
    if event_count < MIN_EVENT_COUNT:
        raise ValueError(f"at least {MIN_EVENT_COUNT} events, not {event_count}")
    cutoff = arrived_before or LAST_DAY + timedelta(days=1)
    days = plan_days(event_count)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / ".generate.duckdb"
    remove_database(scratch)
    try:
        with duckdb.connect(str(scratch)) as connection:
            for setting in _SETTINGS:
                connection.execute(setting)
            _create_macros(connection, count_accounts(event_count))
            _create_arrivals(connection, days, (cutoff - FIRST_DAY).days)
            for table in RAW_TABLES:
                # Written beside and renamed: a file that is there is whole.
                written = folder / f".{table}.parquet"
                query = _QUERIES[table].format(cutoff=cutoff.isoformat())
                connection.execute(f"copy ({query}) to '{written}' (format parquet)")
                os.replace(written, folder / f"{table}.parquet")
    finally:
        remove_database(scratch)


def _create_arrivals(
    connection: duckdb.DuckDBPyConnection, days: Sequence[Day], day_count: int
) -> None:
    """Create the days, and a row per event: as a table, because only its scan is parallel."""
    connection.execute(
        "create table days (day integer, first_row bigint, row_count bigint, account_count bigint)"
    )
    connection.executemany(
        "insert into days values (?, ?, ?, ?)",
        [(day.number, day.first_row, day.row_count, day.account_count) for day in days],
    )
    connection.execute("create table arrivals (number bigint, day integer)")
    for day in days[:day_count]:
        connection.execute(
            "insert into arrivals select range, ? from range(?, ?)",
            [day.number, day.first_row, day.first_row + day.row_count],
        )


def _create_macros(connection: duckdb.DuckDBPyConnection, account_count: int) -> None:
    """Create the functions of an account's rank in order of signup and of a user's rank in it."""
    span = DAY_COUNT + DAYS_BEFORE_EVENTS
    seconds_per_account = span * 86400 / account_count
    first_signup = FIRST_DAY - timedelta(days=DAYS_BEFORE_EVENTS)
    for statement in (
        # Number in [0, 1) from one of three groups of 20 bits of a hash.
        "chance(bits, part) as ((bits >> (20 * part)) & 1048575) / 1048576.0",
        f"account_total() as {account_count}",
        f"""account_created_at(account) as timestamp '{first_signup}'
            + to_seconds(cast(floor(account * {seconds_per_account!r}) as bigint))""",
        # Ones at the end of the rank in binary: 0 for half of the accounts, 1 for a quarter, ...
        "account_size(account) as bit_count(xor(account, account + 1)) - 1",
        # The account of at least this size that follows: three quarters as likely per size, but
        # half as many accounts, so that events per account have a heavy tail.
        "next_of_size(account, size) as (((account >> size) + 1) << size) - 1",
        "size_drawn(chance) as cast(least(20, floor(ln(1 - chance) / ln(0.75))) as bigint)",
        "account_users(account) as cast(floor(3 * pow(1.5, account_size(account))) as bigint)",
        # A team joins over four months, faster at first.
        """user_created_at(account, member) as account_created_at(account)
            + to_seconds(cast(120 * 86400 * pow(member / account_users(account), 2) as bigint))""",
        "account_text(account) as 'acc_' || to_hex(hash(account, 11))",
        """user_text(account, member) as
            'usr_' || to_hex(hash(account, member, 12)) || to_hex(account)""",
        "is_listed_account(account) as hash(account, 13) % 200 <> 0",
        "is_listed_user(account, member) as hash(account, member, 14) % 200 <> 0",
        "has_account(account, member) as hash(account, member, 15) % 200 <> 0",
    ):
        connection.execute(f"create temporary macro {statement}")


# Rows of which one in so many is ... ; the faults are numbers of one die, so a row has at most one.
_ONE_IN_REPEATED = 200
_ONE_IN_FAULTY = 10_000

# A duplicate repeats the row `source` that came up to three days before; all else of a row depends
# on `source`. A team is a dozen events of a day that share an account and three of its users.
_EVENTS = f"""
with sources as (
    select
        number,
        day,
        hash(number, 2) % {_ONE_IN_REPEATED} = 0 as is_repeat,
        case
            when hash(number, 2) % {_ONE_IN_REPEATED} = 0
                then day - least(day, cast(hash(number, 3) % 4 as integer))
            else day
        end as source_day
    from arrivals
),
located as (
    select
        sources.number,
        sources.day + (sources.number - today.first_row + 0.5) / today.row_count as arrived,
        origin.day as source_day,
        origin.account_count,
        origin.first_row as source_first_row,
        origin.row_count as source_row_count,
        case
            when sources.is_repeat
                then origin.first_row + cast(floor(
                    (sources.number - today.first_row) * (origin.row_count / today.row_count)
                    * chance(hash(sources.number, 1), 0)
                ) as bigint)
            else sources.number
        end as source
    from sources
    inner join days as today on sources.day = today.day
    inner join days as origin on sources.source_day = origin.day
),
drawn as (
    select
        *,
        source_day + (source - source_first_row + 0.5) / source_row_count as source_arrived,
        hash(source, 4) as dice,
        hash(source, 5) as name_dice,
        hash(source, 6) as dirt,
        -- The team of the day that the event belongs to; null for an event by itself.
        case
            when hash(source, 4) % 2 = 0 then hash(source, 7) % (source_row_count // 24 + 1)
        end as team
    from located
),
grouped as (
    select
        *,
        case when team is null then hash(source, 8) else hash(source_day, team) end
            as account_dice,
        case when team is null then hash(source, 10) else hash(source_day, team, dice % 3) end
            as user_dice
    from drawn
),
picked as (
    select
        *,
        -- 40 % go to the accounts of the last five weeks, more to the newest.
        greatest(0, account_count - 1 - cast(floor(case
            when chance(account_dice, 0) < 0.4
                then account_total() * 35 / 395 * pow(chance(account_dice, 1), 2)
            else account_count * chance(account_dice, 1)
        end) as bigint)) as pick,
        size_drawn(chance(account_dice, 2)) as size
    from grouped
),
placed as (
    select
        *,
        case
            when next_of_size(pick, size) < account_count then next_of_size(pick, size)
            else pick
        end as account
    from picked
),
staffed as (
    select
        *,
        epoch(timestamp '{FIRST_DAY}' + to_days(source_day) - account_created_at(account))
            / (120 * 86400) as joined_share
    from placed
),
named as (
    select
        *,
        cast(floor(
            pow(chance(user_dice, 2), 1.6)
            * greatest(1, account_users(account) * least(1, sqrt(greatest(0, joined_share))))
        ) as bigint) as member,
        cast(name_dice % 1000003 as integer) as digits,
        case
            when dirt % 500 = 1 then 0
            when dirt % 1000 = 2 then 31 * 86400 + (dirt >> 20) % (270 * 86400)
            when dirt % 1000 < 33 then 86400 + (dirt >> 20) % (19 * 86400)
            else (dirt >> 20) % 240
        end as lag_seconds,
        case
            when chance(name_dice, 0) < 0.220 then 'session_started'
            when chance(name_dice, 0) < 0.420 then 'project_edited'
            when chance(name_dice, 0) < 0.510 then 'file_shared'
            when chance(name_dice, 0) < 0.570 then 'report_exported'
            when chance(name_dice, 0) < 0.620 then 'project_created'
            when chance(name_dice, 0) < 0.670 then 'template_viewed'
            when chance(name_dice, 0) < 0.710 then 'teammate_invited'
            when chance(name_dice, 0) < 0.735 then 'pricing_viewed'
            when chance(name_dice, 0) < 0.755 then 'support_ticket_opened'
            when chance(name_dice, 0) < 0.770 then 'integration_connected'
            when chance(name_dice, 0) < 0.785 then 'limit_reached'
            when chance(name_dice, 0) < 0.7995 then 'onboarding_completed'
            when chance(name_dice, 0) < 0.800 then 'enterprise_requested'
            when chance(name_dice, 0) < 0.900 then 'page_viewed'
            when chance(name_dice, 0) < 0.950 then 'search_performed'
            when chance(name_dice, 0) < 0.980 then 'notification_clicked'
            else 'settings_opened'
        end as event_name
    from staffed
),
described as (
    select
        *,
        case event_name
            when 'session_started' then case
                when digits % 97 = 0 then '"duration_minutes": null'
                when digits % 89 = 0 then '"duration_minutes": "' || (digits % 50) || '"'
                when digits % 5 = 0 then '"duration_minutes": ' || (digits % 40) || '.5'
                else '"duration_minutes": ' || (1 + digits % 12 + digits % 9)
            end || ', "locale": "en-GB"'
            when 'project_created'
                then '"project_id": "prj_' || to_hex(hash(source, 21)) || '", "template": "blank"'
            when 'project_edited'
                then '"project_id": "prj_' || to_hex(hash(account, digits % 7)) || '", "changes": '
                    || (digits % 60)
            when 'file_shared'
                then '"file_id": "file_' || to_hex(hash(account, digits % 500)) || '", "external": '
                    || case when digits % 3 = 0 then 'true' else 'false' end
            when 'integration_connected' then '"integration": "' || case digits % 6
                when 0 then 'slack'
                when 1 then 'github'
                when 2 then 'jira'
                when 3 then 'drive'
                when 4 then 'salesforce'
                else 'zapier'
            end || '", "scope": "team"'
            when 'limit_reached' then '"limit": "' || case digits % 3
                when 0 then 'seats'
                when 1 then 'storage'
                else 'projects'
            end || '"'
            when 'support_ticket_opened' then '"topic": "' || case digits % 3
                when 0 then 'basics'
                when 1 then 'billing'
                else 'bug'
            end || '", "priority": 3'
            when 'teammate_invited' then '"role": "member", "channel": "email"'
            when 'report_exported' then '"format": "csv", "rows": ' || digits
            when 'template_viewed' then '"template": "tpl_' || (digits % 80) || '"'
            else '"screen": "screen_' || (digits % 40) || '", "referrer": "in_app"'
        end as details,
        dirt % {_ONE_IN_FAULTY} as fault
    from named
)
select
    case when fault <> 1900 then cast(cast(md5_number(cast(source as varchar)) as uuid) as varchar)
        end as event_id,
    case when fault = 2900 then ' ' else event_name end as event_name,
    timestamp '{FIRST_DAY}' + to_seconds(cast(source_arrived * 86400 as bigint) + case
        when fault = 3900 then 2 * 86400
        else -cast(lag_seconds as bigint)
    end) as occurred_at,
    case
        when number <> source or dirt % 500 <> 1
            then timestamp '{FIRST_DAY}' + to_seconds(cast(arrived * 86400 as bigint))
    end as received_at,
    case when fault <> 4900 and dirt % 50 <> 5 then user_text(account, member) end as user_id,
    case when name_dice % 20 = 3 then 'anon_' || to_hex(dice) end as anonymous_id,
    case
        when fault = 4900 or not has_account(account, member) then null
        when dirt % 50 <> 5 and name_dice % 10 = 7 then null
        else account_text(account)
    end as account_id,
    case
        when fault = 5900 then '{{{{"platform": "web", ' || details
        when dirt % 100 = 77 then null
        else '{{{{"platform": "' || case digits % 4
            when 0 then 'ios'
            when 1 then 'android'
            else 'web'
        end || '", "app_version": "5.' || (digits % 30) || '.' || (digits % 7) || '", '
        || details || '}}}}'
    end as properties
from described
"""

_USERS = """
select
    user_text(account, member) as user_id,
    case when has_account(account, member) then account_text(account) end as account_id,
    'person' || member || '@company' || account || '.example' as email,
    user_created_at(account, member) as created_at,
    hash(account, member, 16) % 300 = 0 as is_internal
from range(account_total()) as accounts(account), range(account_users(account)) as members(member)
where is_listed_user(account, member) and user_created_at(account, member) < timestamp '{cutoff}'
"""

_ACCOUNTS = """
select
    account_text(account) as account_id,
    'Company ' || account as account_name,
    'company' || account || '.example' as domain,
    account_created_at(account) as created_at,
    'free' as plan,
    case hash(account, 17) % 4
        when 0 then 'organic'
        when 1 then 'paid'
        when 2 then 'referral'
        else 'partner'
    end as acquisition_channel,
    case hash(account, 18) % 5
        when 0 then 'DE'
        when 1 then 'GB'
        when 2 then 'FR'
        else 'US'
    end as country,
    case
        when hash(account, 19) % 20 = 0 then null
        else cast(account_users(account) * (1 + hash(account, 20) % 40) as bigint)
    end as employee_count,
    cast(null as varchar) as parent_account_id
from range(account_total()) as accounts(account)
where is_listed_account(account) and account_created_at(account) < timestamp '{cutoff}'
"""

# 3 % of the accounts pay, another 2 % have a trial that costs nothing; every eighth paid one ends.
_SUBSCRIPTIONS = """
with started as (
    select
        account,
        hash(account, 31) as dice,
        account_created_at(account)
            + to_seconds(cast(86400 * (3 + 90 * chance(hash(account, 32), 0)) as bigint))
            as started_at
    from range(account_total()) as accounts(account)
    where hash(account, 30) % 100 < 5
),
dated as (
    select
        *,
        hash(account, 30) % 100 < 3 as is_paid,
        case when dice % 5 = 0 then started_at + to_hours(cast(dice % 100 as integer)) end
            as recorded_at,
        case when dice % 8 = 0 then started_at + to_days(cast(30 + dice % 60 as integer)) end
            as ended_at
    from started
)
select
    'sub_' || to_hex(hash(account, 33)) as subscription_id,
    account_text(account) as account_id,
    case when is_paid then 'pro' else 'trial' end as plan,
    cast(case when is_paid then 20 + dice % 400 else 0 end as decimal(18, 2)) as mrr_amount,
    'USD' as currency,
    started_at,
    case when ended_at < timestamp '{cutoff}' then ended_at end as ended_at,
    recorded_at
from dated
where coalesce(recorded_at, started_at) < timestamp '{cutoff}'
"""

_QUERIES = {
    "events": _EVENTS,
    "users": _USERS,
    "accounts": _ACCOUNTS,
    "subscriptions": _SUBSCRIPTIONS,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__)
    parser.add_argument("--events", type=int, required=True, help="rows of events.parquet")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files")
    parser.add_argument(
        "--arrived-before", type=date.fromisoformat, help="only what arrived before this day"
    )
    options = parser.parse_args(arguments)
    generate(options.events, options.out, options.arrived_before)


if __name__ == "__main__":
    main()
