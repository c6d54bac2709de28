"""Events of three vendors as one stream against the same events in the plain contract.

    python -m benchmarks.sources --events 15000000

The events of the generator are split over three shapes, a third each by user: Segment (with its
event tables), Amplitude and PostHog. The scoring engine is built on both; the ratio of the two is
what reading vendors' shapes costs. The activity of both builds is compared.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.__main__ import LOGS, WORK, ensure_raw
from benchmarks.dbt_runs import SCORING_ENGINE, build

# The generator's users are known from the table `users`, not from identify calls.
VARIABLES = "{pql_event_sources: [segment, amplitude, posthog], pql_business_sources: [raw]}"
_PART = "hash(coalesce(user_id, account_id, event_id)) % 3"
# A slug as Segment makes it of the generator's names, which are in snake case already.
_QUERIES = {
    "segment/tracks": """
        select
            event_id as id, user_id, anonymous_id, event_name as event, event_name as event_text,
            occurred_at as "timestamp", occurred_at as original_timestamp, received_at,
            account_id as context_group_id
        from events where part = 0
    """,
    "amplitude/event": """
        select
            event_id as _insert_id, user_id, anonymous_id as device_id, event_name as event_type,
            occurred_at as event_time, coalesce(received_at, occurred_at) as server_upload_time,
            properties as event_properties,
            case when account_id is not null
                then cast(json_object('company', account_id) as varchar) end as "groups"
        from events where part = 1
    """,
    "posthog/events": """
        select
            event_id as uuid, event_name as event, coalesce(user_id, anonymous_id) as distinct_id,
            occurred_at as "timestamp", coalesce(received_at, occurred_at) as created_at,
            case
                when account_id is null then properties
                else cast(json_merge_patch(
                    coalesce(properties, '{}'),
                    json_object('$groups', json_object('company', account_id))
                ) as varchar)
            end as properties
        from events where part = 2
    """,
}


def write_vendors(raw: Path, out: Path) -> None:
    """Write the plain events of a folder in the shapes of three vendors.

    Only events that every vendor can carry are kept, on both sides: with an id, a name, a user,
    readable times and a JSON body. The other tables are those of the plain contract.

    Parameters
    ----------
    raw
        Folder of the plain contract.
    out
        Folder to write to: ``plain`` and ``vendors``.
    """
    with duckdb.connect() as connection:
        connection.execute("set threads = 2; set memory_limit = '6GB'")
        connection.execute(
            f"create view events as select *, {_PART} as part from '{raw}/events.parquet' "
            "where event_id is not null and event_name is not null and user_id is not null "
            "and occurred_at is not null and json_valid(coalesce(properties, '{}'))"
        )
        for folder in ("plain", "vendors"):
            (out / folder).mkdir(parents=True, exist_ok=True)
            for table in ("users", "accounts", "subscriptions"):
                target = out / folder / f"{table}.parquet"
                target.unlink(missing_ok=True)
                target.symlink_to(raw / f"{table}.parquet")
        connection.execute(
            "copy (select * exclude (part) from events) "
            f"to '{out}/plain/events.parquet' (format parquet)"
        )
        for name, query in _QUERIES.items():
            target = out / "vendors" / f"{name}.parquet"
            target.parent.mkdir(exist_ok=True)
            connection.execute(f"copy ({query}) to '{target}' (format parquet)")
        _write_event_tables(connection, out / "vendors" / "segment")


def _write_event_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write Segment's table of each event, with a column for each of its properties."""
    names = connection.execute(
        "select event_name, list(distinct key) from ("
        "select event_name, unnest(json_keys(properties)) as key from events "
        "where part = 0 and properties is not null) group by event_name"
    ).fetchall()
    for name, keys in names:
        columns = ", ".join(
            f"""json_extract_string(properties, '$."{key}"') as "{key}\"""" for key in sorted(keys)
        )
        connection.execute(
            "copy (select event_id as id, user_id, anonymous_id, event_name as event, "
            'event_name as event_text, occurred_at as "timestamp", '
            "occurred_at as original_timestamp, received_at, account_id as context_group_id, "
            f"{columns} from events where part = 0 and event_name = '{name}') "
            f"to '{folder}/{name}.parquet' (format parquet)"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where the two builds disagree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=15_000_000)
    options = parser.parse_args(arguments)
    folder = WORK / f"sources_{options.events}"
    write_vendors(ensure_raw(options.events).resolve(), folder)
    runs = {}
    for name, extra in (("plain", ()), ("vendors", ("--vars", VARIABLES))):
        runs[name] = build(
            f"sources_{name}",
            (*SCORING_ENGINE, *extra),
            folder / name,
            folder / f"{name}.duckdb",
            LOGS,
        )
        print(
            f"{name}: {runs[name].cost.wall_seconds:.0f} s, SQL {runs[name].sql_seconds:.0f} s, "
            f"peak {runs[name].cost.peak_gigabytes:.1f} GB; slowest {runs[name].slowest}",
            flush=True,
        )
    ratio = runs["vendors"].sql_seconds / runs["plain"].sql_seconds
    print(f"three vendors / plain contract: {ratio:.2f} of the time of the SQL")
    with duckdb.connect() as connection:
        for name in runs:
            connection.execute(f"attach '{folder / name}.duckdb' as {name} (read_only)")
        totals = [
            connection.execute(
                "select count(*), sum(event_count), sum(value_sum), count(distinct account_id) "
                f"from {name}.marts.fct_user_activity_daily"
            ).fetchone()
            for name in runs
        ]
    print(f"activity: {totals}")
    return int(totals[0] != totals[1])


if __name__ == "__main__":
    sys.exit(main())
