"""The result of a build on one page: what came in, who qualifies and why, what to do next."""

import os
from collections.abc import Mapping

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_LEADS_SHOWN = 5


def print_summary(console: Console, duckdb_path: str, places: Mapping[str, str]) -> None:
    """Print what a build found.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    duckdb_path : str
        Database of the build; opened read-only.
    places : mapping
        Where to look, by what is found there.
    """
    with duckdb.connect(duckdb_path, read_only=True) as connection:
        _print_rows(console, connection)
        _print_definitions(console, connection)
        _print_leads(console, connection)
        _print_calibration(console, connection)
    console.print("\n[bold]Where to look[/bold]")
    for what, place in places.items():
        console.print(f"  {what:12} {place}", markup=False)
    console.print("\n[bold]What to do next[/bold]")
    console.print("  your data    PQL_RAW_PATH=<folder> make build        docs/raw_contract.md")
    seeds = os.environ.get("PQL_DEFINITIONS_PATH", "seeds")
    for line in (
        f"  your rules   edit {seeds}/*.csv, then make build       docs/definitions.md",
        f"  thresholds   read the report; its row goes to {seeds}/pql_approved_thresholds.csv",
    ):
        console.print(line, markup=False, soft_wrap=True)


def _table(title: str, **columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name, justify in columns.items():
        table.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    return table


def _print_rows(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    table = _table(
        "What came in",
        raw_table="left",
        rows="right",
        used="right",
        duplicate="right",
        quarantined="right",
        set_aside="right",
    )
    for name, *counts in connection.execute(
        """
        select raw_table, rows_in, rows_used, rows_duplicate, rows_quarantined, rows_set_aside
        from marts.rpt_row_accounting
        where rows_in > 0
        order by rows_in desc
        """
    ).fetchall():
        table.add_row(Text(name), *(f"{count:,}" for count in counts))
    console.print(table)
    reasons = connection.execute(
        """
        select raw_table || ' ' || reason, count(*)
        from marts.fct_quarantined_rows
        group by 1
        order by 2 desc, 1
        """
    ).fetchall()
    if reasons:
        texts = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
        told = f"  Quarantined because of: {texts}\n  Rows: marts.fct_quarantined_rows"
        console.print(told, markup=False)
    _print_unusual_volume(console, connection)


def _print_unusual_volume(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    unusual = connection.execute(
        """
        select source_name, event_name, received_on, event_count, round(expected_count), reason
        from marts.rpt_event_volume
        where
            is_anomaly
            and received_on > (select max(received_on) from marts.rpt_event_volume) - 7
        order by received_on, source_name, event_name
        """
    ).fetchall()
    for source, event, day, count, expected, reason in unusual:
        told = (
            f": {count:,} events '{event}' of source {source}, about {expected:,.0f} were "
            f"expected; {reason}"
        )
        console.print(Text.assemble("  ", (f"{day}", "bold"), told))


def _print_definitions(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    table = _table(
        "Who qualifies",
        definition="left",
        of="left",
        in_audience="right",
        qualified="right",
        new_in_7_days="right",
        ends_in_7_days="right",
    )
    for key, entity_type, *counts in connection.execute(
        """
        with scores as (
            select 'accounts' as entity_type, account_id as entity_id, * exclude (account_id)
            from marts.fct_account_scores
            union all by name
            select 'users' as entity_type, user_id as entity_id, * exclude (user_id, account_id)
            from marts.fct_user_scores
        )
        select
            definition_key,
            entity_type,
            count_if(is_in_audience),
            count_if(is_qualified),
            count_if(is_qualified and qualified_on > as_of_on - 7),
            count_if(is_qualified and expires_on <= as_of_on + 7)
        from scores
        group by all
        order by entity_type, definition_key
        """
    ).fetchall():
        table.add_row(Text(key), entity_type, *(f"{count:,}" for count in counts))
    console.print(table)


def _print_leads(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    main = connection.execute(
        # The one that the dashboard shows first (docs/bi.md).
        """
        select definition_key
        from marts.fct_account_scores
        inner join definitions.def_definitions using (definition_key)
        where is_active
        group by definition_key, audience
        order by audience = 'prospect' desc, count(distinct score) desc, definition_key
        limit 1
        """
    ).fetchone()
    if main is None:
        return
    leads = connection.execute(
        """
        select
            coalesce(accounts.account_name, scores.account_id),
            scores.score,
            scores.conversion_probability,
            scores.qualified_on,
            scores.top_reasons,
            scores.next_best_action
        from marts.fct_account_scores as scores
        left join marts.dim_accounts as accounts using (account_id)
        where
            scores.is_qualified
            and not scores.is_held_out
            and scores.definition_key = ?
        order by scores.qualified_on desc, scores.score desc, scores.account_id
        limit ?
        """,
        [*main, _LEADS_SHOWN],
    ).fetchall()
    if not leads:
        console.print(
            f"No account is qualified under {main[0]} on the as-of day, or none outside the "
            "hold-out.",
            markup=False,
            soft_wrap=True,
        )
        return
    console.print(Text(f"Latest leads ({main[0]})", "bold"))
    for name, score, probability, qualified_on, reasons, action in leads:
        chance = "" if probability is None else f", {probability:.0%} likely to convert"
        told = f": {score:.0f} points since {qualified_on}{chance}"
        console.print(Text.assemble("  ", (name, "bold"), told))
        grid = _grid()
        grid.add_row("    why", Text(reasons or ""))
        if action:
            grid.add_row("    next", Text(action))
        console.print(grid)


def _print_calibration(console: Console, connection: duckdb.DuckDBPyConnection) -> None:
    console.print("\n[bold]What the calibration says[/bold]")
    grid = _grid()
    for key, verdict, reason in connection.execute(
        "select definition_key, verdict, reason from marts.rpt_calibration order by definition_key"
    ).fetchall():
        grid.add_row(Text(f"  {key}"), Text.assemble((verdict, "bold"), f". {reason}"))
    for key, signal, warning in connection.execute(
        """
        select definition_key, signal_key, warning
        from marts.rpt_signal_lift
        where warning like 'points the wrong way%' or warning like 'no evidence:%'
        order by definition_key, lift
        """
    ).fetchall():
        grid.add_row(Text(f"  {key}"), Text.assemble((signal, "bold"), f": {warning}"))
    console.print(grid)


def _grid() -> Table:
    """Make a table without lines whose long second column wraps beside the first."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid
