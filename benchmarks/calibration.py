"""How long the calibration takes, and how much memory, on a panel of a million rows.

``python -m benchmarks.calibration`` makes a panel of accounts x weeks with signals that are met at
random stretches, runs every function of the calibration on it as the dbt models do (tables from
DuckDB, one process), and prints a table.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.processes import run_measured

FOLDER = Path("local/benchmark")
WEEKS = 50
FIRST_DAY = "2024-01-01"
AS_OF = "2025-02-10"
HORIZON_DAYS = 60

# What comes of it does not matter, only its size and that there is something to find: a signal is
# met for six weeks at a time, the more signals the likelier the conversion.
_TABLES = f"""
create table base as
    select account, week from range($accounts) a(account), range({WEEKS}) w(week);
create table measured as
    select account, week, signal, hash(account * 31 + signal * 7 + (week // 6) * 13) % 100 as value
    from base, range($signals) s(signal);
create table panel as
    select
        row_number() over (order by account, week) as panel_row,
        'benchmark' as definition_key,
        'account_' || lpad(account::varchar, 7, '0') as entity_id,
        'account_' || lpad(account::varchar, 7, '0') as account_id,
        date '{FIRST_DAY}' as eligible_from,
        date '{FIRST_DAY}' + (week * 7)::integer as panel_on,
        score::decimal(18, 4) as score,
        true as is_required_met,
        hash(account * 17) % 1000 < 3 * score and hash(account * 19) % 50 between week and week + 8
            as is_converted,
        hash(account * 17) % 1000 < 3 * score and hash(account * 19) % 50 = week
            as is_converted_next
    from (
        select account, week, sum(case when value < 25 then 5 + signal else 0 end) as score
        from measured
        group by account, week
    );
create table signal_panel as
    select
        panel_row,
        'signal_' || lpad(signal::varchar, 2, '0') as signal_key,
        (5 + signal)::decimal(18, 4) as points,
        (25 - value)::double as signal_value,
        true as is_met
    from measured
    inner join panel on panel_row = account * {WEEKS} + week + 1
    where value < 25;
create table crossings as
    with records as (
        select *, max(score) over (
            partition by entity_id order by panel_on
            rows between unbounded preceding and 1 preceding
        ) as record_before
        from panel
    )
    select definition_key, entity_id, panel_on as reached_on, score as score_reached
    from records
    where record_before is null or score > record_before;
create table entities as
    select
        definition_key, entity_id, account_id, eligible_from,
        min(case when is_converted then panel_on + {HORIZON_DAYS} end)::date as converted_on,
        converted_on as eligible_to,
        eligible_from as first_scored_on
    from panel
    group by all;
create table score_spans as
    select
        definition_key, (panel_row - 1) // {WEEKS} as entity_key, panel_on as valid_from, score,
        true as can_qualify
    from panel;
create view drift_panel as select *, false as is_case from panel;
create view propensity_days as
    select
        panel_row as entity_day, 'conversion' as outcome, account_id, panel_on,
        is_converted as has_outcome
    from panel;
create view propensity_values as
    select panel_row as entity_day, right(signal_key, 2)::integer as factor_number,
        signal_value as factor_value
    from signal_panel;
create table panel_days as
    select panel_on, count(*) as entity_count from panel group by panel_on;
"""


def measure(rows: int, signals: int, draws: int) -> dict[str, float]:
    """Run every function once.

    Parameters
    ----------
    rows
        Rows of the panel.
    signals
        Signals of the definition.
    draws
        Draws of each bootstrap.

    Returns
    -------
    dict of str to float
        Wall seconds by function; ``make the data`` first.
    """
    started = time.perf_counter()
    seconds = {}
    connection = duckdb.connect()
    for statement in _TABLES.split(";\n"):
        text = statement.strip()
        if text:
            text = text.replace("$accounts", str(rows // WEEKS)).replace("$signals", str(signals))
            connection.execute(text)
    seconds["make the data"] = time.perf_counter() - started

    started = time.perf_counter()
    from python_udfs import calibration
    from python_udfs.calibration import signal_bins

    seconds["import"] = time.perf_counter() - started

    started = time.perf_counter()
    names = (
        "drift_panel",
        "propensity_days",
        "propensity_values",
        "panel",
        "signal_panel",
        "crossings",
        "entities",
        "score_spans",
        "panel_days",
    )
    tables: dict[str, pd.DataFrame] = {
        name: connection.table(name).df() for name in names
    } | _seeds(signals)
    connection.close()
    seconds["read"] = time.perf_counter() - started
    arguments: dict[str, Any] = {
        "as_of": AS_OF,
        "horizon_days": HORIZON_DAYS,
        "seed": 7,
        "draws": draws,
    }

    undrawn = {name: arguments[name] for name in ("as_of", "horizon_days")}

    def run(
        function: Callable[..., pd.DataFrame], *inputs: str, is_drawn: bool = True
    ) -> pd.DataFrame:
        began = time.perf_counter()
        result = function(
            *(tables[name] for name in inputs), **(arguments if is_drawn else undrawn)
        )
        seconds[function.__name__] = time.perf_counter() - began
        return result

    choices = ("definitions", "settings", "panel_days")
    run(calibration.threshold_curve, "crossings", "entities", *choices)
    run(calibration.threshold_folds, "crossings", "entities", *choices, is_drawn=False)
    tables["verdicts"] = run(
        calibration.calibrate, "crossings", "entities", "score_spans", *choices
    )
    run(calibration.exit_thresholds, "score_spans", "verdicts", *choices, is_drawn=False)
    tables["lifts"] = run(calibration.signal_lift, "panel", "signal_panel", "weights", *choices)
    run(calibration.diagnose, "panel", "signal_panel", "lifts", "verdicts", *choices)
    counted = ("panel", "signal_panel", "signals")
    tables["bins"] = run(signal_bins.signal_bins, *counted, *choices)
    tables["thresholds"] = run(calibration.signal_thresholds, *counted, "bins", *choices)
    run(calibration.score_bands, "panel", *choices)
    tables["map"] = run(calibration.probability_map, "panel", *choices)
    drifted = ("drift_panel", "signal_panel", "weights", "definitions", "approvals")
    run(calibration.drift, *drifted, "settings", "panel_days")
    moved = ("panel", "signal_panel", "thresholds", "weights")
    tables["suggested"] = run(calibration.suggested_definitions, *moved, *choices, is_drawn=False)
    measured = ("panel", "signal_panel", "signals", "weights")
    tables["levels"] = run(calibration.suggested_levels, *measured, *choices, is_drawn=False)
    propensity = ("propensity_days", "propensity_factors", "propensity_values")
    tables["steps"] = run(calibration.propensity_models, *propensity, "panel_days", is_drawn=False)
    points = ("panel", "signal_panel", "lifts", "suggested", "levels", "signals", "map")
    run(calibration.model_comparison, "steps", *propensity, *points, *choices)
    return seconds


def _seeds(signals: int) -> dict[str, pd.DataFrame]:
    """Make the definition files of the benchmark."""
    definition = {
        "definition_key": "benchmark",
        "definition_version": "1",
        "entity_type": "account",
        "audience": "prospect",
        "enter_threshold": 80.0,
        "exit_threshold": 60.0,
    }
    settings = {
        "definition_key": "*",
        "objective": "expected_value",
        "conversion_value": 1000.0,
        "touch_cost": 150.0,
        "weekly_capacity": None,
        "min_precision": None,
        "beta": None,
        "min_conversions": 30,
        "min_entities": 50,
    }
    weights = [
        {
            "definition_key": "benchmark",
            "signal_key": f"signal_{i:02d}",
            "points": 5.0 + i,
            "points_per_unit": None,
            "max_points": None,
            "is_required": False,
            "measure": "events",
            "operator": ">=",
            "threshold": 3.0,
            "is_zero_when_absent": True,
        }
        for i in range(signals)
    ]
    return {
        "definitions": pd.DataFrame([definition]),
        "settings": pd.DataFrame([settings]),
        "weights": pd.DataFrame(weights),
        "signals": pd.DataFrame(weights),
        "approvals": pd.DataFrame([{"definition_key": "benchmark", "approved_on": pd.NaT}]),
        "propensity_factors": pd.DataFrame(
            [
                {
                    "factor_number": i,
                    "factor": f"signal:signal_{i:02d}",
                    "threshold": 3.0,
                    "is_zero_when_absent": True,
                }
                for i in range(signals)
            ]
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line.

    Parameters
    ----------
    arguments
        Command-line arguments; those of the process if absent.

    Returns
    -------
    int
        0 when every function ran.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the panel")
    parser.add_argument("--signals", type=int, default=20)
    parser.add_argument("--draws", type=int, default=500, help="draws of each bootstrap")
    parser.add_argument("--seconds-to", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.seconds_to:
        seconds = measure(options.rows, options.signals, options.draws)
        options.seconds_to.write_text(json.dumps(seconds), encoding="utf-8")
        return 0
    result = FOLDER / "calibration.json"
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "benchmarks.calibration", "--seconds-to", str(result)]
    for name in ("rows", "signals", "draws"):
        command += [f"--{name}", str(getattr(options, name))]
    cost = run_measured(command, FOLDER / "calibration.log", {}, Path.cwd())
    seconds = json.loads(result.read_text(encoding="utf-8"))
    print(f"{describe_machine()}\n")
    print(f"{options.rows:,} panel rows, {options.signals} signals, {options.draws} draws\n")
    print("| step | seconds |\n|---|---:|")
    for name, value in seconds.items():
        print(f"| {name} | {value:.1f} |")
    print(f"| **all, wall** | **{cost.wall_seconds:.1f}** |")
    print(f"| all, CPU | {cost.cpu_seconds:.1f} |")
    print(f"\nPeak memory {cost.peak_gigabytes:.2f} GB, the making of the data included.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
