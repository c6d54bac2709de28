"""The inspection as text for a terminal, and as JSON for tools."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from python_udfs.source_inspection import Inspection
from python_udfs.source_inspection.conversions import EventLift
from python_udfs.source_inspection.tables import Table

WIDTH = 100
_COLUMNS_NAMED = 6


def write_json(inspection: Inspection, path: Path) -> None:
    """Write everything that was found.

    Parameters
    ----------
    inspection : Inspection
        What was found.
    path : Path
        The file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(inspection), indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def print_report(
    console: Console, inspection: Inspection, *, tracked: Collection[str], names_shown: int
) -> None:
    """Print what was found.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    inspection : Inspection
        What was found.
    tracked : collection of str
        Event names of the tracking plan that is there.
    names_shown : int
        So many event names at most.
    """
    console.print(
        f"Events from {', '.join(inspection.event_sources)}; business data from "
        f"{', '.join(inspection.business_sources)}",
        markup=False,
    )
    _print_tables(console, inspection.tables)
    _print_event_sources(console, inspection)
    _print_names(console, inspection, tracked, names_shown)
    _print_contract_tables(console, inspection)
    _print_quarantine(console, inspection)
    _print_conversions(console, inspection)


def _grid(title: str, **columns: str) -> Grid:
    grid = Grid(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for name, justify in columns.items():
        grid.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    return grid


def _print_tables(console: Console, tables: Sequence[Table]) -> None:
    grid = _grid("Tables", table="left", rows="right", columns="left")
    for table in tables:
        name = f"{table.source}.{table.table}"
        if not table.is_there:
            kind = "optional" if table.is_optional else "given by another source, or required"
            grid.add_row(name, "absent", kind, style="dim")
            continue
        remarks = []
        if table.missing_columns:
            remarks.append(f"without {_some(table.missing_columns)}")
        if table.unknown_columns:
            remarks.append(f"not read: {_some(table.unknown_columns)}")
        grid.add_row(name, f"{table.rows:,}", "; ".join(remarks) or "all there")
    console.print(grid)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _COLUMNS_NAMED
    return ", ".join(names[:_COLUMNS_NAMED]) + (f" and {more} more" if more > 0 else "")


def _print_event_sources(console: Console, inspection: Inspection) -> None:
    for events in inspection.events:
        console.print(f"[bold]Events of {events.source}[/bold]")
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row("  rows", f"{events.rows:,}", f"{events.first_on} to {events.last_on}")
        about = "about " if events.is_estimated else ""
        for label, count, remark in (
            ("  without user", events.without_user, ""),
            ("  without account", events.without_account, "that of the user counts"),
            ("  anonymous only", events.anonymous_only, "neither user nor account"),
            ("  late", events.late, "received more than a day later; count from then"),
            ("  historical loads", events.historical, "count from the day they occurred"),
            ("  duplicates", events.duplicates, "share the id of another row; counted once"),
            ("  quarantined", events.quarantined, "cannot be used, see below"),
        ):
            share = f"{count / events.rows:.1%}" if events.rows else ""
            is_duplicates = label.endswith("duplicates")
            text = f"{about if is_duplicates else ''}{count:,}"
            grid.add_row(label, text, f"{share}  [dim]{remark}[/dim]")
        console.print(grid)
        console.print()


def _print_names(
    console: Console, inspection: Inspection, tracked: Collection[str], names_shown: int
) -> None:
    shown = inspection.event_names[:names_shown]
    if not shown:
        console.print("There are no events.\n")
        return
    grid = _grid(
        f"Event names: {len(shown)} of {inspection.name_count}",
        event="left",
        source="left",
        rows="right",
        share="right",
        users="right",
        accounts="right",
        last_on="left",
        tracked="left",
    )
    for name in shown:
        about = "~" if name.is_estimated else ""
        grid.add_row(
            name.event_name,
            name.source,
            f"{name.rows:,}",
            f"{name.share:.1%}",
            f"{about}{name.users:,}",
            f"{about}{name.accounts:,}",
            str(name.last_on or ""),
            "yes" if name.event_name in tracked else "",
        )
    console.print(grid)


def _print_contract_tables(console: Console, inspection: Inspection) -> None:
    if not inspection.contract_tables:
        return
    grid = _grid(
        "Business data",
        table="left",
        source="left",
        rows="right",
        used="right",
        duplicate="right",
        quarantined="right",
    )
    for table in inspection.contract_tables:
        counts = (table.rows, table.used, table.duplicate, table.quarantined)
        grid.add_row(table.table, table.source, *(f"{count:,}" for count in counts))
    console.print(grid)


def _print_quarantine(console: Console, inspection: Inspection) -> None:
    if not inspection.quarantine:
        console.print("No row is quarantined.\n")
        return
    grid = _grid("Rows that cannot be used", rows="right", why="left", example="left", to_do="left")
    for found in inspection.quarantine:
        grid.add_row(
            f"{found.rows:,} ({found.share:.1%})",
            f"{found.source}.{found.table} {found.reason}",
            found.example_id or found.example_time or "",
            found.remedy,
        )
    console.print(grid)


def _print_conversions(console: Console, inspection: Inspection) -> None:
    conversions = inspection.conversions
    console.print("[bold]Conversions[/bold]")
    if conversions.accounts:
        console.print(
            f"  {conversions.accounts:,} accounts have a paid subscription, the first from "
            f"{conversions.first_on}, the last from {conversions.last_on}"
        )
    else:
        console.print("  No account has a paid subscription that names it.")
    if conversions.without_account_id:
        console.print(
            f"  {conversions.without_account_id:,} paid subscriptions name a domain instead of an "
            "account: the build resolves them, the comparison below does not"
        )
    if not inspection.lifts:
        console.print("  Nothing to compare the events with.\n")
        return
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in conversions.left_out.items())
    console.print(
        f"  Of {conversions.accounts_compared:,} accounts {conversions.accounts_converted:,} "
        f"converted in the {inspection.horizon_days} days after their first "
        f"{inspection.first_days} days; left out: {reasons or 'none'}",
        markup=False,
    )
    grid = _grid(
        f"What accounts did in their first {inspection.first_days} days, and whether they "
        "converted after",
        event="left",
        accounts="right",
        with_it="right",
        without="right",
        lift="right",
        verdict="left",
    )
    for lift in inspection.lifts:
        grid.add_row(
            lift.event_name,
            f"{lift.accounts_with:,} : {lift.accounts_without:,}",
            _rate(lift, "with"),
            _rate(lift, "without"),
            "" if lift.lift is None else f"{lift.lift:.1f}",
            lift.verdict,
        )
    console.print(grid)
    console.print(
        "  95 % Wilson intervals; 'more' and 'less' are beyond chance, all names considered. What "
        "goes with\n  conversion need not cause it.\n",
        style="dim",
        highlight=False,
    )


def _rate(lift: EventLift, side: str) -> str:
    rate = getattr(lift, f"rate_{side}")
    if rate is None:
        return ""
    low, high = getattr(lift, f"rate_{side}_low"), getattr(lift, f"rate_{side}_high")
    return f"{rate:.0%} ({low * 100:.0f} to {high:.0%})"
