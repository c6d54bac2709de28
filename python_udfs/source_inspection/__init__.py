"""Inspection of the sources that are on: what is there, what cannot be used, what to track.

``python -m python_udfs.source_inspection`` prints what was found, writes it as JSON, and drafts a
first tracking plan. It reads the sources through the staging models of the project, whatever the
vendor, and changes neither the database of the build nor the seeds.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from python_udfs.source_inspection.conversions import Conversions, EventLift, measure_lift
from python_udfs.source_inspection.events import (
    EventName,
    EventSource,
    count_event_names,
    count_event_sources,
    create_event_groups,
    last_known_day,
)
from python_udfs.source_inspection.tables import (
    ContractTable,
    QuarantineReason,
    Table,
    count_contract_tables,
    count_quarantine_reasons,
    look_at_tables,
)
from python_udfs.source_staging import (
    SourceError,
    StagedSources,
    create_contract_views,
    stage_sources,
    unreadable_file,
)

__all__ = ["Inspection", "SourceError", "inspect_sources"]

_KEPT = {"quarantine_reason": "varchar", "copy_number": "bigint"}
_NEEDED = {
    "events": {
        "event_id": "varchar",
        "user_id": "varchar",
        "anonymous_id": "varchar",
        "account_id": "varchar",
        "event_name": "varchar",
        "quarantine_reason": "varchar",
        "occurred_on": "date",
        "received_on": "date",
        "known_on": "date",
        "occurred_at": "timestamp",
        "received_at": "timestamp",
        "raw_occurred_at": "varchar",
    },
    "users": {"user_id": "varchar", "account_id": "varchar", "email": "varchar"}
    | {"is_internal": "boolean"}
    | _KEPT,
    "accounts": {"account_id": "varchar", "domain": "varchar", "created_on": "date"} | _KEPT,
    "subscriptions": {"account_id": "varchar", "company_domain": "varchar"}
    | {"mrr_amount": "decimal(18, 4)", "started_on": "date"}
    | _KEPT,
}
"""Columns of the plain contract that the inspection reads."""

NAMES_COMPARED = 50
"""So many of the most frequent event names are counted by user and account and compared."""


@dataclass(frozen=True)
class Inspection:
    """What was found.

    Parameters
    ----------
    event_sources, business_sources : tuple of str
        The sources that are on.
    as_of_on : date or None
        Last day on which an event became known; None without a usable event.
    horizon_days, first_days : int
        What the comparison with conversions looks at.
    tables : tuple of Table
        The tables that the sources declare.
    contract_tables : tuple of ContractTable
        Rows of the plain contract by source.
    events : tuple of EventSource
        One for each source of events.
    event_names : tuple of EventName
        The most frequent names.
    name_count : int
        Number of names in all.
    quarantine : tuple of QuarantineReason
        Why rows cannot be used.
    conversions : Conversions
        What is known of paid subscriptions.
    lifts : tuple of EventLift
        Conversion with and without each event; empty without conversions.
    """

    event_sources: tuple[str, ...]
    business_sources: tuple[str, ...]
    as_of_on: date | None
    horizon_days: int
    first_days: int
    tables: tuple[Table, ...]
    contract_tables: tuple[ContractTable, ...]
    events: tuple[EventSource, ...]
    event_names: tuple[EventName, ...]
    name_count: int
    quarantine: tuple[QuarantineReason, ...]
    conversions: Conversions
    lifts: tuple[EventLift, ...]


def inspect_sources(
    scratch: str | Path, variables: Mapping[str, Any] | None = None, *, first_days: int = 14
) -> Inspection:
    """Look at the sources that are on.

    Parameters
    ----------
    scratch : str or Path
        Folder for a database of views while the inspection runs; what does not fit in memory is
        kept there.
    variables : mapping, optional
        dbt vars of this call, such as ``{"pql_event_sources": ["segment"]}``.
    first_days : int
        An account's behaviour in so many days after its signup is compared with its conversion
        afterwards.

    Returns
    -------
    Inspection

    Raises
    ------
    SourceError
        A required table or column is absent, or a file cannot be read; the message says what to do.
    """
    Path(scratch).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="inspection-") as folder:
        sources = stage_sources(Path(folder), variables)
        with sources.connect() as connection:
            try:
                return _inspect(connection, sources, first_days)
            except duckdb.Error as error:
                # dbt has read the first lines only; the others are read here.
                if (unreadable := unreadable_file(str(error))) is None:
                    raise
                raise unreadable from None


def _inspect(
    connection: duckdb.DuckDBPyConnection, sources: StagedSources, first_days: int
) -> Inspection:
    create_contract_views(connection, sources, _NEEDED)
    create_event_groups(connection, int(sources.variables["pql_backfill_lag_days"]))
    names, name_count = count_event_names(connection, NAMES_COMPARED)
    as_of_on = last_known_day(connection)
    horizon_days = int(sources.variables["pql_horizon_days"])
    conversions, lifts = measure_lift(
        connection,
        tuple(dict.fromkeys(name.event_name for name in names)),
        as_of_on,
        horizon_days=horizon_days,
        first_days=first_days,
        free_mail_domains=sources.variables["pql_free_mail_domains"],
    )
    return Inspection(
        tuple(sources.variables["pql_event_sources"]),
        tuple(sources.variables["pql_business_sources"]),
        as_of_on,
        horizon_days,
        first_days,
        look_at_tables(connection, sources),
        count_contract_tables(connection, sources),
        count_event_sources(connection),
        names,
        name_count,
        count_quarantine_reasons(connection, sources),
        conversions,
        lifts,
    )
