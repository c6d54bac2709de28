"""Hold the calibration against data whose truth is known, to say how far it can be believed.

The generator of the demo data plants effects on the conversion of each day. Every seed is
generated, built by dbt up to the inputs of the calibration, calibrated by the same functions as in
a build, and compared with what was planted:

A. the harmful and the meaningless signal are named;
B. suggested points rank the signals as the planted effects do;
C. the 95 % intervals of the precision cover the precision of much larger simulations;
D. the chosen threshold is worth nearly as much as the best one of these larger simulations;
E. where nothing was planted, nothing is claimed.

    python -m benchmarks.planted_truth --seeds 1-20

Inputs are kept under `local/benchmark/planted_truth` and built only once, so that a run that was
stopped goes on where it was; they are built anew when the generator or the models have changed.
"""

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.database import remove_database
from benchmarks.dbt_runs import REPOSITORY, run_dbt
from benchmarks.processes import run_measured
from python_udfs import calibration

WORK = REPOSITORY / "local" / "benchmark" / "planted_truth"
HORIZON_DAYS = 60
SEED, DRAWS = 7, 500
DEFINITION = "product_qualified"

LEAST_QUALIFIED = 50
"""Leads in the hold-out from which on the interval of a threshold is looked at."""

# What each table of a build is kept as; the calibration reads the same rows.
TABLES = {
    "panel": "select * from int_calibration_panel where is_mature",
    "signal_panel": "select * from int_calibration_signal_panel where is_mature and is_met",
    "panel_days": "from int_calibration_panel_days",
    "crossings": "from int_calibration_crossings",
    "score_spans": "from int_calibration_score_spans",
    "entities": "from int_calibration_entities",
    "definitions": "from int_calibration_definitions",
    "weights": "from def_weights",
    "settings": "from def_calibration",
    "as_of": "from int_as_of",
}
_SELECTION = ("--select", *(f"+{query.split('from ')[1].split()[0]}" for query in TABLES.values()))
_BACKTEST = ("crossings", "entities", "definitions", "settings", "panel_days")
_VERDICT = ("crossings", "entities", "score_spans", "definitions", "settings", "panel_days")
_SIGNALS = ("panel", "signal_panel", "weights", "definitions", "settings", "panel_days")
_BANDS = ("panel", "definitions", "settings", "panel_days")

# Objectives under which the economics of the default settings do not decide: each picks some
# threshold, so that only the check for a signal stands between chance and a recommendation.
_OBJECTIVES = {
    "f_beta": {"objective": "f_beta", "beta": 1.0},
    "capacity": {"objective": "capacity", "weekly_capacity": 20.0},
    "precision": {"objective": "precision", "min_precision": 0.01},
}

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class World:
    """Options of the generator.

    Attributes
    ----------
    name : str
        Of the folder, and of the rows of the report.
    options : tuple of str
        As on the command line.
    """

    name: str
    options: tuple[str, ...]


STABLE = World("stable", ("--no-drift",))
DRIFT = World("drift", ("--drift",))
NOTHING = World("nothing", ("--effects", "none"))


@cache
def _digest() -> str:
    """Fingerprint of everything that the inputs of the calibration depend on."""
    digest = hashlib.sha256((REPOSITORY / "python_udfs" / "demo_data.py").read_bytes())
    digest.update((REPOSITORY / "dbt_project.yml").read_bytes())
    for folder in ("models", "macros", "seeds", "settings"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in (".sql", ".csv", ".yml"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def ensure_inputs(world: World, accounts: int, seed: int) -> Path:
    """Return the folder of the calibration's inputs of one seed, built if they are not there.

    Parameters
    ----------
    world
        What is planted.
    accounts
        Accounts that may convert.
    seed
        Seed of the generator.
    """
    folder = WORK / "inputs" / f"{world.name}_{accounts}_{seed}"
    stamp = folder / "built_from"
    if stamp.exists() and stamp.read_text() == _digest():
        return folder
    _say(f"building {folder.name}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    raw, database = WORK / "raw", WORK / "project.duckdb"
    truth = folder / "truth.json"
    run_measured(
        [
            *(sys.executable, "-m", "python_udfs.demo_data", "--seed", str(seed)),
            *("--accounts", str(accounts), "--out", str(raw), "--truth", str(truth)),
            *world.options,
        ],
        WORK / "logs" / "generate.txt",
        {},
        REPOSITORY,
    )
    seeded = WORK / f"seeded_{_digest()[:12]}.duckdb"
    if not seeded.exists():
        partial = WORK / "seeding.duckdb"
        remove_database(partial)
        run_dbt(["seed"], raw, partial, WORK / "logs" / "seed")
        partial.rename(seeded)
    remove_database(database)
    shutil.copyfile(seeded, database)
    # The same files are parsed every time: dbt may go on from what it made of them.
    parsed, logs = WORK / "partial_parse.msgpack", WORK / "logs" / "run"
    known = ["--partial-parse-file-path", str(parsed)] if parsed.exists() else []
    run_dbt(["run", *_SELECTION, *known], raw, database, logs)
    if not known:
        shutil.copyfile(logs / "target" / "partial_parse.msgpack", parsed)
    _export(database, folder)
    remove_database(database)
    stamp.write_text(_digest())
    return folder


def _export(database: Path, folder: Path) -> None:
    """Write the tables of a build as Parquet files."""
    with duckdb.connect(str(database), read_only=True) as connection:
        schemas = connection.execute(
            "select distinct table_schema from information_schema.tables order by 1"
        ).fetchall()
        connection.execute(f"set search_path = '{','.join(name for (name,) in schemas)}'")
        for name, query in TABLES.items():
            target = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy ({query}) to '{target}'")


def read_inputs(folder: Path) -> tuple[Tables, dict[str, Any]]:
    """Read the tables of one seed and its truth.

    Parameters
    ----------
    folder
        From `ensure_inputs`.
    """
    with duckdb.connect() as connection:
        tables = {
            name: connection.read_parquet(str(folder / f"{name}.parquet")).df() for name in TABLES
        }
    return tables, json.loads((folder / "truth.json").read_text())


def _call(
    function: Callable[..., pd.DataFrame],
    tables: Tables,
    names: Sequence[str],
    draws: int = DRAWS,
) -> pd.DataFrame:
    return function(
        *(tables[name] for name in names),
        as_of=tables["as_of"]["as_of_on"].max(),
        horizon_days=HORIZON_DAYS,
        seed=SEED,
        draws=draws,
    )


# Comparison with the truth ------------------------------------------------------------------------


def named_as(lift: pd.DataFrame, signals: Iterable[str]) -> dict[str, str]:
    """Return how the warnings of the main definition begin, by signal.

    Parameters
    ----------
    lift
        Output of `signal_lift`.
    signals
        The signals that are asked for.
    """
    own = lift[lift["definition_key"] == DEFINITION].set_index("signal_key")["warning"]
    return {
        signal: "" if pd.isna(own[signal]) else str(own[signal]).split(":")[0] for signal in signals
    }


def rank_correlation(lift: pd.DataFrame, effects: dict[str, float]) -> tuple[float, float] | None:
    """Correlate suggested points with planted effects; None where none are suggested.

    Parameters
    ----------
    lift
        Output of `signal_lift`.
    effects
        Planted log-hazards by signal.

    Returns
    -------
    held, free
        Spearman's correlation with the effects held to the sign of the hand-set points, as the
        suggested points are, and with the effects as planted.
    """
    own = lift[(lift["definition_key"] == DEFINITION) & lift["suggested_points"].notna()]
    if own.empty:
        return None
    planted = own["signal_key"].map(effects).to_numpy(dtype="float64")
    is_against = planted * np.sign(own["current_points"].to_numpy()) < 0
    points = own["suggested_points"].to_numpy(dtype="float64")
    held = stats.spearmanr(points, np.where(is_against, 0.0, planted)).statistic
    return float(held), float(stats.spearmanr(points, planted).statistic)


def measure_truth(world: World, accounts: int, seeds: Iterable[int]) -> pd.DataFrame:
    """Pool the threshold curves of large simulations.

    The truth is an estimate as well, and its error is the same for every seed that is compared with
    it: it does not average out.

    Parameters
    ----------
    world
        What is planted.
    accounts
        Accounts of each simulation.
    seeds
        Seeds of the simulations.
    """
    curves = [
        # The truth is the point estimate; its bootstrap is not looked at.
        _call(
            calibration.threshold_curve,
            read_inputs(ensure_inputs(world, accounts, seed))[0],
            _BACKTEST,
            draws=20,
        )
        for seed in seeds
    ]
    pooled = (
        pd.concat(curves)
        .groupby(["definition_key", "threshold", "split"], as_index=False)
        .agg({"qualified_count": "sum", "converted_count": "sum", "expected_value": "mean"})
    )
    return pooled.assign(precision=pooled["converted_count"] / pooled["qualified_count"])


@dataclass(frozen=True)
class LargeCurve:
    """Hold-out of the large simulations, by threshold of one definition."""

    threshold: np.ndarray
    precision: np.ndarray
    expected_value: np.ndarray
    fit_expected_value: np.ndarray

    @classmethod
    def of(cls, curve: pd.DataFrame, definition: str) -> "LargeCurve":
        """Take the curve of one definition from the output of `measure_truth`."""
        own = curve[curve["definition_key"] == definition]
        holdout, fit = (
            own[own["split"] == split].sort_values("threshold") for split in ("holdout", "fit")
        )
        return cls(
            *(holdout[name].to_numpy() for name in ("threshold", "precision", "expected_value")),
            fit["expected_value"].to_numpy(),
        )

    def at(self, threshold: Any, values: np.ndarray) -> np.ndarray:
        """Look up values; between two levels nobody crosses, so the next level up counts."""
        place = np.searchsorted(self.threshold, np.asarray(threshold, dtype="float64"))
        return np.append(values, np.nan)[place]

    def share_of_best(self, threshold: Any) -> np.ndarray:
        """Value of a threshold as a share of the best one's."""
        return self.at(threshold, self.expected_value) / np.nanmax(self.expected_value)


@dataclass
class Findings:
    """What the seeds of one world and size gave; one entry per seed unless said otherwise."""

    seeds: list[int] = field(default_factory=list)
    harmful: list[str] = field(default_factory=list)
    meaningless: list[str] = field(default_factory=list)
    accused: list[int] = field(default_factory=list)
    helpful: int = 0
    ranks: list[tuple[float, float]] = field(default_factory=list)
    withheld: int = 0
    areas: list[tuple[float, float]] = field(default_factory=list)
    verdicts: list[pd.DataFrame] = field(default_factory=list)
    points: list[set[str]] = field(default_factory=list)
    maps: list[set[str]] = field(default_factory=list)
    curves: list[pd.DataFrame] = field(default_factory=list)
    by_objective: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    below_floors: list[pd.DataFrame] = field(default_factory=list)


def look(world: World, accounts: int, seeds: Iterable[int], *, only_points: bool) -> Findings:
    """Calibrate every seed of a world and keep what is compared with the truth.

    Parameters
    ----------
    world
        What is planted.
    accounts
        Accounts that may convert.
    seeds
        Seeds of the generator.
    only_points
        Whether to leave out all but the signals, for the sizes that only these are reported for.
    """
    found = Findings()
    for seed in seeds:
        folder = ensure_inputs(world, accounts, seed)
        _say(f"calibrating {folder.name}")
        tables, truth = read_inputs(folder)
        found.seeds.append(seed)
        lift = _call(calibration.signal_lift, tables, _SIGNALS)
        _add_signals(found, lift, truth, world)
        if only_points:
            continue
        found.verdicts.append(_call(calibration.calibrate, tables, _VERDICT))
        curve = _call(calibration.threshold_curve, tables, _BACKTEST)
        found.curves.append(curve[curve["split"] == "holdout"].assign(seed=seed))
        given = _call(calibration.probability_map, tables, _BANDS, draws=DRAWS)
        found.maps.append(set(given["definition_key"]))
        with_points = lift[lift["suggested_points"].notna()]
        found.points.append(set(with_points["definition_key"]))
        if world == NOTHING:
            _add_what_chance_could_bring(found, tables)
    return found


def _add_signals(found: Findings, lift: pd.DataFrame, truth: dict[str, Any], world: World) -> None:
    """Compare warnings and suggested points with what was planted."""
    own = lift[lift["definition_key"] == DEFINITION]
    effects = dict.fromkeys(own["signal_key"], 0.0) | truth["effects"]
    if world == NOTHING:
        return
    found.harmful.extend(named_as(lift, truth["harmful_signals"]).values())
    found.meaningless.extend(named_as(lift, truth["meaningless_signals"]).values())
    helps = own[own["signal_key"].map(effects) * np.sign(own["current_points"]) > 0]
    starts = named_as(lift, helps["signal_key"]).values()
    found.accused.append(sum(start == "points the wrong way" for start in starts))
    found.helpful = len(helps)
    ranks = rank_correlation(lift, effects)
    if ranks is None:
        found.withheld += 1
        return
    found.ranks.append(ranks)
    found.areas.append(
        (float(own["holdout_auc_suggested"].iloc[0]), float(own["holdout_auc_current"].iloc[0]))
    )


def _add_what_chance_could_bring(found: Findings, tables: Tables) -> None:
    """Judge data without a signal under other objectives, and below the sample floors."""
    for name, changes in _OBJECTIVES.items():
        changed = tables | {"settings": tables["settings"].assign(**changes)}
        verdict = _call(calibration.calibrate, changed, _VERDICT)
        found.by_objective.setdefault(name, []).append(verdict)
    for floor in ("min_conversions", "min_entities"):
        changed = tables | {"settings": tables["settings"].assign(**{floor: 1_000_000})}
        found.below_floors.append(_call(calibration.calibrate, changed, _VERDICT))


# Report -------------------------------------------------------------------------------------------

Row = tuple[str, str, str, str, str]


def _holds(does: bool) -> str:
    return "yes" if does else "**no**"


def _holds_within(share: float) -> str:
    """Tell on which side a coverage lies: too seldom misleads, too often is only wide."""
    if 0.90 <= share <= 0.98:
        return "yes"
    return "**no**" if share < 0.90 else "**no**, more often"


def _rows_of_signals(found: Findings, where: str) -> list[Row]:
    """Report A: which signals are named."""
    count = len(found.harmful)
    needed = f"at least {_nearly_all(count)} of {count}"
    rows: list[Row] = []
    for what, starts in (("harmful", found.harmful), ("meaningless", found.meaningless)):
        named = sum(start in ("points the wrong way", "no evidence") for start in starts)
        text = f"{named} of {count}"
        missed = [
            f"seed {seed}: {start or 'nothing said'}"
            for seed, start in zip(found.seeds, starts, strict=True)
            if start not in ("points the wrong way", "no evidence")
        ]
        if missed:
            text += f" ({'; '.join(missed)})"
        rows.append(
            (
                "A",
                f"{what} signal named, {where}",
                needed,
                text,
                _holds(named >= _nearly_all(count)),
            )
        )
    wrongly = sum(found.accused)
    rows.append(
        (
            "A",
            f"helpful signals accused of pointing the wrong way, {where}",
            "",
            f"{wrongly} of {found.helpful * count}",
            "",
        )
    )
    return rows


def _rows_of_points(found: Findings, where: str) -> list[Row]:
    """Report B: how suggested points rank the effects."""
    if not found.ranks:
        return [("B", f"Spearman, {where}", "at least 0.90", "no points suggested", _holds(False))]
    held, free = np.array(found.ranks).T
    text = (
        f"{held.mean():.3f} (lowest {held.min():.2f}; effects of either sign {free.mean():.3f};"
        f" {len(held)} seeds)"
    )
    if found.withheld:
        text += f"; withheld in {found.withheld}"
    suggested, current = np.array(found.areas).T
    difference = suggested - current
    return [
        ("B", f"Spearman, {where}", "at least 0.90", text, _holds(held.mean() >= 0.9)),
        (
            "B",
            f"AUC of the hold-out, {HORIZON_DAYS} days, suggested against hand-set, {where}",
            "",
            f"{suggested.mean():.3f} against {current.mean():.3f}"
            f" ({difference.min():+.3f} to {difference.max():+.3f})",
            "",
        ),
    ]


def _rows_of_coverage(found: Findings, large: pd.DataFrame, where: str) -> list[Row]:
    """Report C: how often the interval of the precision covers that of the large simulations."""
    curves = pd.concat(found.curves)
    is_seen = (curves["qualified_count"] >= LEAST_QUALIFIED) & curves["precision_low"].notna()
    curves = curves[is_seen]
    rows: list[Row] = []
    everything: list[np.ndarray] = []
    for definition, own in curves.groupby("definition_key"):
        truth = LargeCurve.of(large, str(definition))
        true = truth.at(own["threshold"], truth.precision)
        low, high = own["precision_low"].to_numpy(), own["precision_high"].to_numpy()
        is_covered = (low <= true) & (true <= high)
        everything.append(is_covered)
        share = is_covered.mean()
        text = (
            f"{share:.1%} of {len(own)} (too low {np.mean(high < true):.1%},"
            f" too high {np.mean(low > true):.1%}; {own['seed'].nunique()} seeds)"
        )
        rows.append(
            (
                "C",
                f"true precision covered, {definition}, every threshold, {where}",
                "90 % to 98 %",
                text,
                _holds_within(share),
            )
        )
    together = np.concatenate(everything)
    rows.insert(
        0,
        (
            "C",
            f"true precision covered, all definitions, every threshold, {where}",
            "90 % to 98 %",
            f"{together.mean():.1%} of {len(together)}",
            _holds_within(float(together.mean())),
        ),
    )
    verdicts = pd.concat(found.verdicts)
    for which, column in (("chosen", "chosen_threshold"), ("current", "current_threshold")):
        covered, count = 0, 0
        for definition, own in verdicts.groupby("definition_key"):
            own = own[own[f"holdout_{which}_qualified_count"].fillna(0) >= LEAST_QUALIFIED]
            truth = LargeCurve.of(large, str(definition))
            if own.empty or len(truth.threshold) == 0:
                continue
            true = truth.at(own[column], truth.precision)
            low, high = (own[f"holdout_{which}_precision_{end}"] for end in ("low", "high"))
            covered += int(((low <= true) & (true <= high)).sum())
            count += len(own)
        share = covered / max(count, 1)
        rows.append(
            (
                "C",
                f"the same at the {which} threshold, all definitions, {where}",
                "90 % to 98 %",
                f"{share:.1%} of {count}",
                _holds_within(share),
            )
        )
    return rows


def _rows_of_value(found: Findings, large: pd.DataFrame, where: str) -> list[Row]:
    """Report D: what the chosen threshold is worth, as a share of the best possible."""
    truth = LargeCurve.of(large, DEFINITION)
    verdicts = pd.concat(found.verdicts)
    own = verdicts[verdicts["definition_key"] == DEFINITION]
    own = own[own["chosen_threshold"].notna()]
    if own.empty:
        return [("D", f"expected value, {where}", "at least 95 %", "none chosen", _holds(False))]
    advised = own["recommended_threshold"].fillna(own["current_threshold"])
    shares = {
        "chosen threshold": truth.share_of_best(own["chosen_threshold"]),
        "threshold after following the verdict": truth.share_of_best(advised),
    }
    rows: list[Row] = [
        (
            "D",
            f"expected value of the {what} as a share of the best possible, {where}",
            "median at least 95 %",
            f"median {np.median(share):.1%} (lowest {share.min():.1%}; {len(share)} seeds)",
            _holds(bool(np.median(share) >= 0.95)),
        )
        for what, share in shares.items()
    ]
    in_force = truth.share_of_best(own["current_threshold"])
    best_of_fit = truth.threshold[int(np.nanargmax(truth.fit_expected_value))]
    rows.append(
        (
            "D",
            f"for comparison, {where}",
            "",
            f"threshold in force {np.median(in_force):.1%}; the best one of the fit period, were it"
            f" known exactly, {float(truth.share_of_best(best_of_fit)):.1%}",
            "",
        )
    )
    return rows


def _rows_of_nothing(found: Findings) -> list[Row]:
    """Report E: what is claimed where nothing was planted."""
    count = len(found.seeds)
    least = _nearly_all(count)
    rows: list[Row] = []
    groups = {"settings as delivered": found.verdicts, **found.by_objective}
    for name, verdicts in groups.items():
        table = pd.concat(verdicts)
        abstained = table["verdict"].eq("abstain").groupby(table["definition_key"]).sum()
        text = ", ".join(f"{key} {value}" for key, value in abstained.items())
        what = name if name == "settings as delivered" else f"objective {name}"
        rows.append(
            (
                "E",
                f"abstains without a signal, {what}",
                f"at least {least} of {count} each",
                f"{text} of {count}",
                _holds(bool((abstained >= least).all())),
            )
        )
    floors = pd.concat(found.below_floors)["verdict"].eq("abstain")
    rows.append(
        (
            "E",
            "abstains below a sample floor",
            "always",
            f"{int(floors.sum())} of {len(floors)}",
            _holds(bool(floors.all())),
        )
    )
    for what, given in (("points suggested", found.points), ("probability map", found.maps)):
        total = sum(map(len, given))
        rows.append(
            (
                "E",
                f"{what} without a signal (definitions x seeds)",
                "none",
                f"{total}",
                _holds(total == 0),
            )
        )
    return rows


def _nearly_all(count: int) -> int:
    """19 of 20, in proportion."""
    return int(np.ceil(0.95 * count))


def as_markdown(rows: Sequence[Row]) -> str:
    """Write the table of the report.

    Parameters
    ----------
    rows
        Part, what was measured, what is asked for, what was found, whether it holds.
    """
    lines = [("", "what", "asked for", "found", "holds"), ("---",) * 5, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def read_seeds(text: str) -> list[int]:
    """Read seeds from a text such as `1-20` or `1,2,7-9`.

    Parameters
    ----------
    text
        Numbers and ranges, both ends included.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds.extend(range(int(first), int(last or first) + 1))
    return seeds


def _say(text: str) -> None:
    print(f"... {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 when the report is written, whatever it says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted_truth", description=__doc__)
    parser.add_argument("--seeds", type=read_seeds, default=read_seeds("1-20"), help="such as 1-20")
    parser.add_argument("--accounts", type=int, default=2_000, help="accounts of every seed")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[], help="more sizes for the points, in accounts"
    )
    parser.add_argument(
        "--size-seeds", type=read_seeds, default=read_seeds("1-5"), help="seeds of these sizes"
    )
    parser.add_argument(
        "--truth-accounts", type=int, default=50_000, help="accounts of each large simulation"
    )
    parser.add_argument(
        "--truth-seeds",
        type=read_seeds,
        default=read_seeds("1000001-1000002"),
        help="seeds of the large simulations",
    )
    parser.add_argument(
        "--build-only", action="store_true", help="build what is missing and report nothing"
    )
    parser.add_argument("--out", type=Path, default=WORK / "result.md", help="Markdown to write")
    options = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)

    if options.build_only:
        for world in (STABLE, DRIFT):
            for seed in options.truth_seeds:
                ensure_inputs(world, options.truth_accounts, seed)
        for seed in options.seeds:
            for world in (STABLE, DRIFT, NOTHING):
                ensure_inputs(world, options.accounts, seed)
        for size in options.sizes:
            for seed in options.size_seeds:
                ensure_inputs(STABLE, size, seed)
        return 0

    rows: list[Row] = []
    for world in (STABLE, DRIFT):
        large = measure_truth(world, options.truth_accounts, options.truth_seeds)
        found = look(world, options.accounts, options.seeds, only_points=False)
        where = f"{world.name}, {options.accounts:,} accounts"
        rows += _rows_of_signals(found, where)
        rows += _rows_of_points(found, where)
        rows += _rows_of_coverage(found, large, where)
        rows += _rows_of_value(found, large, where)
    for size in options.sizes:
        found = look(STABLE, size, options.size_seeds, only_points=True)
        rows += _rows_of_points(found, f"{STABLE.name}, {size:,} accounts")
    rows += _rows_of_nothing(look(NOTHING, options.accounts, options.seeds, only_points=False))
    rows.sort(key=lambda row: row[0])
    report = as_markdown(rows)
    options.out.write_text(report)
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
