"""What the marts that people use cost on top of the scoring engine.

    python -m benchmarks.programme --events 20000000

The engine is built, then what the marts of the programme, of sales and of nurture are made of, then
these marts alone. Contacts, leads and spend, which the events of the benchmark come without, are
drawn for a third of the accounts.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.__main__ import LOGS, WORK, ensure_raw
from benchmarks.dbt_runs import SCORING_ENGINE, build, run_dbt

MARTS = ("programme", "sales", "nurture")
_QUERIES = {
    "touches.parquet": """
        select
            'touch_' || account_id || '_' || number as touch_id, account_id,
            created_at + to_days(cast(hash(account_id, number) % 300 as integer)) as touched_at,
            case number % 2 when 0 then 'email' else 'call' end as channel,
            'rep_' || hash(account_id) % 20 as owner, 'replied' as outcome
        from accounts, range(4) as numbers (number)
        where hash(account_id) % 3 = 0
    """,
    "leads.parquet": """
        select
            'lead_' || account_id || '_' || kind as lead_id, account_id,
            account_id || '@example.com' as email, kind,
            created_at + to_days(cast(hash(account_id, kind) % 60 as integer)) as created_at,
            'webinar' as source
        from accounts, (values ('mql'), ('sql')) as kinds (kind)
        where hash(account_id || kind) % 3 = 0
    """,
    "spend.parquet": """
        select
            acquisition_channel, day as spent_on, cast(hash(day) % 1000 as decimal(18, 4)) as amount
        from
            (select distinct coalesce(acquisition_channel, 'other') as acquisition_channel
            from accounts),
            (select distinct cast(created_at as date) as day from accounts)
    """,
}


def write_raw(raw: Path, out: Path) -> Path:
    """Write contacts, leads and spend beside links to the tables of a folder.

    Parameters
    ----------
    raw
        Folder of the raw files of the benchmark.
    out
        Folder to write to.

    Returns
    -------
    pathlib.Path
        That folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in raw.glob("*.parquet"):
        (out / path.name).unlink(missing_ok=True)
        (out / path.name).symlink_to(path)
    with duckdb.connect() as connection:
        connection.execute(f"create view accounts as from '{raw}/accounts.parquet'")
        for name, query in _QUERIES.items():
            connection.execute(f"copy ({query}) to '{out / name}' (format parquet)")
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=20_000_000)
    options = parser.parse_args(arguments)
    raw = write_raw(
        ensure_raw(options.events).resolve(), WORK / f"programme_{options.events}" / "raw"
    )
    database = WORK / f"programme_{options.events}" / "pql.duckdb"
    engine = build("programme_engine", SCORING_ENGINE, raw, database, LOGS)
    print(f"scoring engine: SQL {engine.sql_seconds:.0f} s", flush=True)
    paths = [f"path:models/{layer}/{name}" for layer in ("intermediate", "marts") for name in MARTS]
    made_of = run_dbt(
        ["run", "--select", *(f"+{path}" for path in paths), "--exclude", "tag:engine", *paths],
        raw,
        database,
        LOGS / "programme_made_of",
    )
    print(f"what the marts are made of: SQL {made_of.sql_seconds:.0f} s", flush=True)
    marts = run_dbt(["run", "--select", *paths], raw, database, LOGS / "programme_marts", 12)
    print(
        f"marts: SQL {marts.sql_seconds:.1f} s, peak {marts.cost.peak_gigabytes:.1f} GB; "
        f"slowest {marts.slowest}"
    )
    print(f"marts / scoring engine: {marts.sql_seconds / engine.sql_seconds:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
