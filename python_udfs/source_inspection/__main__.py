"""``python -m python_udfs.source_inspection``."""

import argparse
import atexit
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from python_udfs.run_paths import DATABASE
from python_udfs.source_inspection import SourceError, inspect_sources
from python_udfs.source_inspection.report import WIDTH, print_report, write_json
from python_udfs.source_inspection.tracking_plan import (
    draft_activities,
    draft_signals,
    tracked_names,
    write_draft,
)
from python_udfs.source_staging import parse_variables

NAMES_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Inspect the sources, print what was found, write JSON and a draft of a tracking plan.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line; by default that of the process.

    Returns
    -------
    int
        0 when the sources could be read, 1 when not, 2 when the command cannot be run.
    """
    parser = argparse.ArgumentParser(
        prog="python -m python_udfs.source_inspection",
        description="Say what the sources that are on hold, and draft a tracking plan.",
    )
    parser.add_argument("--vars", help="dbt vars, such as '{pql_event_sources: [segment]}'")
    parser.add_argument("--names", type=int, default=NAMES_SHOWN, help="event names to show, draft")
    parser.add_argument(
        "--first-days",
        type=int,
        default=14,
        help="compare what accounts did in so many days after signup (default: 14)",
    )
    parser.add_argument("--json", default="local/inspection.json", help="file for tools")
    parser.add_argument("--plan", default="local/tracking_plan", help="folder of the draft")
    chosen = parser.parse_args(arguments)
    if chosen.names < 1 or chosen.first_days < 1:
        parser.error("--names and --first-days take whole numbers above 0")
    console = Console(highlight=False, emoji=False, width=WIDTH)
    os.environ.setdefault("DBT_PROFILES_DIR", "profiles")
    scratch = Path(DATABASE.chosen).parent
    try:
        variables = parse_variables(chosen.vars)
        found = inspect_sources(scratch, variables, first_days=chosen.first_days)
        drafted = [name.event_name for name in found.event_names[: chosen.names]]
        activities = draft_activities(drafted)
        signals = draft_signals(activities, found.lifts, chosen.first_days)
        print_report(console, found, tracked=tracked_names(), names_shown=chosen.names)
        write_json(found, Path(chosen.json))
        files = write_draft(Path(chosen.plan), activities, signals)
    except SourceError as error:
        console.print(str(error), markup=False, style="red", soft_wrap=True)
        return 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    console.print("[bold]What to do next[/bold]")
    seeds = os.environ.get("PQL_DEFINITIONS_PATH", "seeds")
    console.print(
        f"  tracking plan  {len(activities)} activities and {len(signals)} signals are drafted: "
        f"copy the rows that you want\n                 from {files[0].parent}/*.csv to {seeds}/, "
        f"and give points in {seeds}/pql_weights.csv\n                 (docs/definitions.md)",
        markup=False,
    )
    console.print(f"  all figures    {chosen.json}", markup=False)
    console.print("  build          make build")
    return 0


if __name__ == "__main__":
    code = main()
    # Gives dbt's locks back, which the exit below would skip.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    # Without the interpreter's clean-up, in which DuckDB 2.0.0 prints a page about leaks.
    os._exit(code)
