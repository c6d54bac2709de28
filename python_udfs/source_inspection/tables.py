"""The tables of the sources: which are there, with which columns, and how many rows can be used."""

from dataclasses import dataclass

import duckdb

from python_udfs.source_inspection.remedies import remedy_for
from python_udfs.source_staging import SourceTable, StagedSources, StagedTable, readers_of

KEYS = {
    "users": "user_id",
    "accounts": "account_id",
    "companies": "company_id",
    "subscriptions": "subscription_id",
    "leads": "lead_id",
    "touches": "touch_id",
    "spend": "acquisition_channel",
    "identifies": "user_id",
    "memberships": "user_id",
    "merges": "merged_id",
}
"""Column that names a row of each table of the plain contract but the events."""


@dataclass(frozen=True)
class Table:
    """A table that a source declares.

    Parameters
    ----------
    source, table : str
        Names of both.
    is_there : bool
        Whether there are files of it.
    is_optional : bool
        Whether it may be absent.
    rows : int or None
        Its rows; None where it is absent.
    missing_columns : tuple of str
        Declared columns that are absent; what needs them is empty.
    unknown_columns : tuple of str
        Columns that nothing reads.
    """

    source: str
    table: str
    is_there: bool
    is_optional: bool
    rows: int | None
    missing_columns: tuple[str, ...]
    unknown_columns: tuple[str, ...]


@dataclass(frozen=True)
class ContractTable:
    """Rows that a source gives to a table of the plain contract.

    Parameters
    ----------
    source, table : str
        Names of both.
    rows, used, duplicate, quarantined : int
        ``rows`` is the sum of the other three.
    """

    source: str
    table: str
    rows: int
    used: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True)
class QuarantineReason:
    """Rows of a table that cannot be used for one reason.

    Parameters
    ----------
    source, table, reason : str
        Names.
    rows : int
        Number of rows.
    share : float
        Share of the rows of the table.
    example_id, example_time : str or None
        Key and time of one of the rows, as delivered.
    remedy : str
        What to do.
    """

    source: str
    table: str
    reason: str
    rows: int
    share: float
    example_id: str | None
    example_time: str | None
    remedy: str


def look_at_tables(
    connection: duckdb.DuckDBPyConnection, sources: StagedSources
) -> tuple[Table, ...]:
    """Compare the files of the sources with what the sources declare.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views.
    sources : StagedSources
        The sources.

    Returns
    -------
    tuple of Table
        In the order of the sources.
    """
    readers = readers_of(connection)
    return tuple(
        _look_at(connection, table, readers.get(table.relation)) for table in sources.tables
    )


def _look_at(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, reader: str | None
) -> Table:
    if reader is None:
        return Table(table.source, table.table, False, table.is_optional, None, (), ())
    described = connection.execute(f"describe select * from {reader}").fetchall()
    found = [row[0].lower() for row in described]
    (rows,) = connection.execute(f"select count(*) from {reader}").fetchone()
    names = [(column.name, *column.also_named) for column in table.columns]
    known = {name for all_names in names for name in all_names}
    return Table(
        table.source,
        table.table,
        True,
        table.is_optional,
        rows,
        tuple(all_names[0] for all_names in names if not set(all_names) & set(found)),
        tuple(name for name in found if name not in known),
    )


def count_contract_tables(
    connection: duckdb.DuckDBPyConnection, sources: StagedSources
) -> tuple[ContractTable, ...]:
    """Count the rows of the business tables of the plain contract, by source.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views.
    sources : StagedSources
        The sources.

    Returns
    -------
    tuple of ContractTable
        Tables without a row are left out.
    """
    counted = []
    for staged in _business_tables(sources):
        # Spend has no key, so none of its rows is a copy of another.
        copies = "0" if staged.table == "spend" else "count_if(copy_number > 1)"
        rows, quarantined, duplicate = connection.execute(
            f"select count(*), count(quarantine_reason), {copies} from {staged.relation}"
        ).fetchone()
        if rows:
            used = rows - quarantined - duplicate
            counted.append(
                ContractTable(staged.source, staged.table, rows, used, duplicate, quarantined)
            )
    return tuple(counted)


def count_quarantine_reasons(
    connection: duckdb.DuckDBPyConnection, sources: StagedSources
) -> tuple[QuarantineReason, ...]:
    """Count the rows that cannot be used, by reason, with one of them as an example.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The database of the views, with the groups of the events.
    sources : StagedSources
        The sources.

    Returns
    -------
    tuple of QuarantineReason
        Most frequent first.
    """
    found = connection.execute(
        """
        select
            source_name, 'events', quarantine_reason, sum(event_count), min(example_id),
            min(example_time), sum(sum(event_count)) over (partition by source_name)
        from event_groups
        group by source_name, quarantine_reason
        qualify quarantine_reason is not null
        """
    ).fetchall()
    for staged in _business_tables(sources):
        key = KEYS[staged.table]
        times = [
            row[0]
            for row in connection.execute(f"describe {staged.relation}").fetchall()
            if row[0].startswith("raw_") and row[0].endswith(("_at", "_on", "_from"))
        ]
        time = f"min({times[0]})" if times else "null"
        found += connection.execute(
            f"""
            select
                '{staged.source}', '{staged.table}', quarantine_reason, count(*), min({key}),
                {time}, sum(count(*)) over ()
            from {staged.relation}
            group by quarantine_reason
            qualify quarantine_reason is not null
            """
        ).fetchall()
    reasons = [
        QuarantineReason(
            source, table, reason, int(rows), int(rows) / int(whole), row_id, time,
            remedy_for(reason),
        )
        for source, table, reason, rows, row_id, time, whole in found
    ]  # fmt: skip
    return tuple(sorted(reasons, key=lambda found: (-found.rows, found.table, found.reason)))


def _business_tables(sources: StagedSources) -> list[StagedTable]:
    order = list(KEYS)
    return sorted(
        (staged for staged in sources.staged if staged.table in KEYS),
        key=lambda staged: (order.index(staged.table), staged.source),
    )
