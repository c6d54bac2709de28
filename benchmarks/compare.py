"""Whether two DuckDB files hold the same rows; run apart, because it needs memory of its own."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.database import open_database

# Rows of the mart with adjacent rows of one score merged: it also splits where another of its
# columns changes. A first score of zero says nothing.
_MART_SCORES = """
with marked as (
    select
        *,
        score <> lag(score, 1, 0) over by_day as is_change
    from {database}.marts.fct_score_history
    window by_day as (partition by entity_type, entity_id, definition_key order by valid_from)
)
select
    entity_type,
    entity_id,
    definition_key,
    valid_from,
    coalesce(lead(valid_from) over by_day, date '9999-12-31') as valid_to,
    cast(score as decimal(18, 4)) as score
from marked
where is_change
window by_day as (partition by entity_type, entity_id, definition_key order by valid_from)
"""
_REFERENCE_SCORES = """
select entity_type, entity_id, definition_key, valid_from, valid_to, score
from {database}.score_history
"""


def _connect(first: Path, second: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    connection = open_database(scratch)
    for file in (first, second):
        # Under its own name, because the views of a database name it.
        connection.execute(f"attach '{file}' as {_name(file)} (read_only)")
    return connection


def _name(database: Path) -> str:
    return f'"{database.stem}"'


def different_rows(
    connection: duckdb.DuckDBPyConnection, first: str, second: str
) -> dict[str, int]:
    """Count the rows that only one of two queries gives.

    Row counts and sums of 64-bit hashes are compared first, the rows only if these differ.

    Parameters
    ----------
    connection
        Where both queries run.
    first, second
        Queries with the same columns.

    Returns
    -------
    dict of str to int
        `rows` of the first query, and how many are in `only_first` and `only_second`.
    """
    (rows, first_hash), (other_rows, second_hash) = (
        connection.execute(
            f"select count(*), sum(cast(hash(rows) as hugeint)) from ({query}) as rows"
        ).fetchall()[0]
        for query in (first, second)
    )
    if (rows, first_hash) == (other_rows, second_hash):
        return {"rows": rows, "only_first": 0, "only_second": 0}
    only_first, only_second = (
        connection.execute(f"select count(*) from (({a}) except all ({b}))").fetchall()[0][0]
        for a, b in ((first, second), (second, first))
    )
    return {"rows": rows, "only_first": only_first, "only_second": only_second}


def compare_scores(database: Path, reference: Path, scratch: Path) -> dict[str, dict[str, int]]:
    """Compare the score history of a dbt build with the reference's, by definition.

    Parameters
    ----------
    database
        DuckDB file that dbt has built.
    reference
        DuckDB file that the reference has written.
    scratch
        Folder for what does not fit in memory.
    """
    with _connect(database, reference, scratch) as connection:
        return {
            "score history": different_rows(
                connection,
                _MART_SCORES.format(database=_name(database)),
                _REFERENCE_SCORES.format(database=_name(reference)),
            )
        }


def compare_marts(first: Path, second: Path, scratch: Path) -> dict[str, dict[str, int]]:
    """Compare every table of schema `marts` that either of two dbt builds has.

    Parameters
    ----------
    first, second
        DuckDB files that dbt has built.
    scratch
        Folder for what does not fit in memory.
    """
    with _connect(first, second, scratch) as connection:
        tables = connection.execute(
            """
            select table_name, string_agg(distinct '"' || column_name || '"', ', ')
            from duckdb_columns()
            where
                database_name in (?, ?)
                and schema_name = 'marts'
                -- What each run said first differs by the number of runs.
                and table_name <> 'fct_pql_reported'
            group by table_name
            order by table_name
            """,
            [first.stem, second.stem],
        ).fetchall()
        return {
            table: different_rows(
                connection,
                f"select {columns} from {_name(first)}.marts.{table}",
                f"select {columns} from {_name(second)}.marts.{table}",
            )
            for table, columns in tables
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; print the differences as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("what", choices=("scores", "marts"))
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--scratch", type=Path, required=True, help="folder for spilled data")
    options = parser.parse_args(arguments)
    compare = compare_scores if options.what == "scores" else compare_marts
    print(json.dumps(compare(options.first, options.second, options.scratch)))


if __name__ == "__main__":
    main()
