"""The calibration on one page to review: plots, verdicts, and the seed rows to approve.

``python -m python_udfs.calibration_report`` reads the marts of a finished build and writes one HTML
file that needs neither a server nor a network.
"""

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from python_udfs.calibration import wording
from python_udfs.calibration_report import plots
from python_udfs.pages import Marts, environment, write_page
from python_udfs.pages.tables import Table, html_table, select, text
from python_udfs.run_paths import REPORT

Frame = pd.DataFrame

PREVIEW_ROWS = 25
"""Entities that are listed; all of them stand in rpt_approval_preview."""


def write_report(duckdb_path: str | Path, report_path: str | Path) -> Path:
    """Write the report of a finished build.

    Parameters
    ----------
    duckdb_path : str or pathlib.Path
        Database of the build; opened read-only.
    report_path : str or pathlib.Path
        The HTML file; its folder is made, an earlier report is replaced when the new one is whole.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputPathError
        If nothing can be written there.
    PageError
        If the database is not there or holds no calibration.
    """
    REPORT.check(report_path)
    return write_page(
        duckdb_path, report_path, lambda connection: render(_Marts(connection)), "rpt_calibration"
    )


class _Marts(Marts):
    """The marts and the seeds."""

    def seed(self, table: str) -> Frame:
        """Read a definition file as it was loaded, as text."""
        return self.connection.execute(f"select * from definitions.{table}").df()

    def required_signals(self, definition: str) -> set[str]:
        """Name the signals that a definition requires."""
        weights = self.seed("def_weights")
        is_own = weights["definition_key"] == definition
        return set(weights.loc[is_own & weights["is_required"], "signal_key"])


def render(marts: Any) -> str:
    """Render the page from the marts of a build."""
    verdicts = marts.rows("rpt_calibration", order="definition_key")
    template = environment("python_udfs.calibration_report").get_template("template.html.jinja")
    with_split = verdicts[verdicts["split_on"].notna()]
    as_of_on, _ = marts.build()
    return template.render(
        as_of=text(as_of_on),
        periods=_periods(with_split.iloc[0]) if len(with_split) else None,
        verdicts=select(
            verdicts,
            definition_key="definition",
            verdict="verdict",
            current_threshold="in force",
            recommended_threshold="recommended",
            holdout_chosen_qualified_count="leads (hold-out)",
            holdout_chosen_precision="converted",
            holdout_chosen_lift="lift",
            holdout_objective_difference="change of the objective",
        ),
        definitions=[_definition(marts, row) for _, row in verdicts.iterrows()],
        models=_models(marts),
        table=html_table,
    )


def _periods(row: "pd.Series[Any]") -> dict[str, str]:
    """Take the days of the split as text."""
    names = ("history_from", "fit_until", "split_on", "holdout_until", "horizon_days")
    return {name: text(row[name]) for name in names}


def _definition(marts: _Marts, verdict: "pd.Series[Any]") -> dict[str, Any]:
    """Collect what the page shows of one definition."""
    key = verdict["definition_key"]
    preview = marts.rows("rpt_approval_preview", key)
    return {
        "key": key,
        "verdict": verdict["verdict"],
        "reason": verdict["reason"],
        "approval": None if pd.isna(verdict["approval_row"]) else verdict["approval_row"],
        "effect": select(
            marts.rows("rpt_approval_effect", key),
            qualified_now="qualified now",
            qualified_after="after",
            gains="gain it",
            loses="lose it",
            new_leads_per_week_now="new leads a week now",
            new_leads_per_week_after="after",
            returns_per_week_now="returning a week now",
            returns_per_week_after="after",
        ),
        "preview": select(
            preview.head(PREVIEW_ROWS),
            entity_id="entity",
            account_id="account",
            change="change",
            score="score",
            qualified_on="qualified since",
            would_qualify_on="would qualify since",
        ),
        "preview_count": len(preview),
        "plots": _plots(marts, key, verdict),
        "tables": _tables(marts, key),
        "seeds": _seeds(marts, key),
    }


def _plots(marts: _Marts, key: str, verdict: "pd.Series[Any]") -> list[dict[str, str]]:
    """Draw what there is data for."""
    found = []

    def add(title: str, note: str, rows: Frame, svg: Any) -> None:
        if len(rows):
            found.append({"title": title, "note": note, "svg": svg()})

    # Where no threshold was reached there is nothing to draw.
    curve = marts.rows("rpt_threshold_curve", key)
    curve = curve if len(curve) and curve["qualified_count"].sum() > 0 else curve.head(0)
    add(
        "Threshold",
        "What each enter threshold would have brought. The choice saw the fit period only.",
        curve,
        lambda: plots.threshold_curve(curve, verdict),
    )
    exits = marts.rows("rpt_exit_thresholds", key)
    exits = exits if len(exits) and exits["flap_rate"].notna().any() else exits.head(0)
    add(
        "Exit threshold",
        "A high one makes the status flap, a low one keeps leads whose use has fallen.",
        exits,
        lambda: plots.exit_thresholds(exits),
    )
    scores = marts.scores(key)
    add(
        "Scores today",
        "Entities in the audience on the as-of day, on a logarithmic scale.",
        scores,
        lambda: plots.score_distribution(scores, verdict),
    )
    bands = marts.rows("rpt_score_bands", key, "band")
    add(
        "Reliability of the probability",
        "Fitted on the fit period, looked at in the hold-out; on the line the two agree."
        + _reliability(bands),
        bands,
        lambda: plots.reliability(bands),
    )
    signals = marts.rows("rpt_signal_lift", key)
    signals = signals[signals["lift"].notna()] if len(signals) else signals
    add(
        "Signals",
        "A signal that is right of 1 alone but not beside the others goes along with better ones.",
        signals,
        lambda: plots.signal_lift(signals),
    )
    drift = marts.rows("rpt_drift", key)
    drift = drift[drift["psi"].notna()] if len(drift) else drift
    add(
        "Drift",
        "The last weeks against the fit period.",
        drift,
        lambda: plots.drift(drift),
    )
    waits = marts.rows("rpt_conversion_curve", key)
    add(
        "Time to conversion",
        "Kaplan-Meier: who has not converted yet is censored, not counted as never.",
        waits,
        lambda: plots.conversion_curve(waits),
    )
    return found


def _reliability(bands: Frame) -> str:
    """Say in how many bands the hold-out shows what the map lets expect, and whether in all."""
    seen = bands.dropna(subset=["is_within_interval"]) if len(bands) else bands
    if seen.empty:
        return ""
    alone = int(seen["is_within_interval"].sum())
    together = int(seen["is_within_simultaneous_interval"].sum())
    judgement = "nothing" if together == len(seen) else "that"
    return (
        f" Each band looked at alone, {alone} of {len(seen)} converted as often as the map lets "
        f"expect (95 %); of several bands of a right map one may well not. Judged together, "
        f"{together} of {len(seen)} did: {judgement} speaks against the map."
    )


def _tables(marts: _Marts, key: str) -> list[Table]:
    """Collect the tables of one definition."""
    return [
        select(
            marts.rows("rpt_definition_diagnosis", key),
            "Known mistakes",
            mistake="mistake",
            is_found="found",
            finding="what was seen",
        ),
        select(
            marts.rows("rpt_signal_lift", key),
            "Points",
            "Suggested points come from the fit period, held to the sign of the hand-set ones.",
            signal_key="signal",
            current_points="points",
            suggested_points="suggested",
            lift="lift",
            odds_ratio="odds ratio",
            proposal="proposal",
            warning="why",
        ),
        select(
            marts.rows("rpt_suggested_definitions", key),
            "Thresholds and points together",
            "Every counting signal at the threshold that is best in the fit period, and points "
            "fitted to that. How they do out of time stands with the models below.",
            signal_key="signal",
            current_threshold="threshold",
            threshold="suggested threshold",
            current_points="points",
            points="suggested points",
        ),
        select(
            marts.rows("rpt_suggested_levels", key),
            "Points by level",
            "Several thresholds of one signal tell more than one; each would be a signal of its "
            "own. How they do out of time stands with the models below.",
            signal_key="signal",
            operator="",
            threshold="threshold",
            points="points",
            entities="entities",
            fit_share="share of the weeks",
        ),
        select(
            marts.rows("rpt_signal_thresholds", key),
            "Thresholds of the signals",
            "The value from which on the score ranks best, everything else as it is.",
            signal_key="signal",
            current_threshold="threshold",
            proposed_threshold="best of the fit",
            verdict="verdict",
            reason="why",
        ),
        select(
            marts.rows("rpt_threshold_folds", key),
            "Walk-forward folds",
            "Thresholds chosen on the past, judged in the weeks after.",
            judged_from="from",
            judged_until="to",
            chosen_threshold="chosen",
            chosen_objective="brought",
            current_objective="in force brought",
            best_objective="best in hindsight",
            reason="why none",
        ),
        select(
            marts.rows("rpt_drift", key),
            "Drift in words",
            signal_key="signal",
            verdict="verdict",
            reason="why",
        ),
        select(
            marts.rows("rpt_time_to_conversion", key),
            "Days to conversion",
            clock="clock",
            status="status",
            entities="entities",
            conversions="conversions",
            median_days="median days",
            reason="in words",
        ),
    ]


def _seeds(marts: _Marts, key: str) -> list[dict[str, str]]:
    """Write the seed rows that the suggestions would become."""
    found = []
    lifts = marts.rows("rpt_signal_lift", key)
    if len(lifts) and lifts["suggested_points"].notna().any():
        suggested = lifts.dropna(subset=["suggested_points"])
        found.append(
            _weights_seed(
                marts,
                key,
                suggested.set_index("signal_key")["suggested_points"],
                "Replace the rows of the definition by these to try the suggested points.",
            )
        )
    thresholds = marts.rows("rpt_signal_thresholds", key)
    proposed = thresholds[thresholds["verdict"] == "propose"] if len(thresholds) else thresholds
    if len(proposed):
        values = proposed.set_index("signal_key")["proposed_threshold"]
        found.append(_signals_seed(marts, values, "Replace the rows of these signals."))
    together = marts.rows("rpt_suggested_definitions", key)
    if len(together):
        rows = together.set_index("signal_key")
        found.append(
            _signals_seed(
                marts,
                rows["threshold"].dropna(),
                "Thresholds and points together: replace the rows of these signals, and those of "
                "the weights below.",
            )
        )
        found.append(
            _weights_seed(
                marts,
                key,
                rows["points"],
                "To go with the thresholds above: replace the rows of the definition by these.",
            )
        )
    return found


def _weights_seed(marts: _Marts, key: str, points: pd.Series, note: str) -> dict[str, str]:
    """Write the weights of a definition with other points, by signal.

    Those of 0 points are left out but for the required ones, without which others would qualify.
    """
    weights = marts.seed("pql_weights")
    own = weights[weights["definition_key"] == key].copy()
    required = marts.required_signals(key)
    given = own["signal_key"].map(points)
    # A weight that was added since has no suggestion and stays as it is.
    is_given = given.notna()
    own.loc[is_given, "points"] = given[is_given].map("{:.0f}".format)
    own.loc[is_given, ["points_per_unit", "max_points"]] = None
    is_idle = given == 0
    is_dropped = is_idle & ~own["signal_key"].isin(required)
    for said, rows in (
        ("Left out, as they would earn 0 points", own[is_dropped]),
        ("Kept with 0 points, as they are required", own[is_idle & ~is_dropped]),
    ):
        if len(rows):
            note += f" {said}: {', '.join(sorted(rows['signal_key']))}."
    return {"title": "pql_weights.csv", "note": note, "text": _csv(own[~is_dropped])}


def _signals_seed(marts: _Marts, thresholds: pd.Series, note: str) -> dict[str, str]:
    """Write the signals with other thresholds, by signal."""
    signals = marts.seed("pql_signals")
    own = signals[signals["signal_key"].isin(thresholds.index)].copy()
    own["threshold"] = own["signal_key"].map(thresholds).map(wording.least_value)
    note += " They count in every definition that has a weight for them."
    return {"title": "pql_signals.csv", "note": note, "text": _csv(own)}


def _csv(rows: Frame) -> str:
    """Write rows as CSV with a heading."""
    stream = io.StringIO()
    rows.to_csv(stream, index=False, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    return stream.getvalue().strip()


def _models(marts: _Marts) -> Table | None:
    """Take the comparison of the models, where it is built."""
    rows = marts.rows("rpt_model_comparison")
    if rows.empty:
        return None
    return select(
        rows,
        outcome="outcome",
        definition_key="definition",
        model="model",
        auc="area under the curve",
        top_decile_lift="lift of the top tenth",
        brier="Brier",
        log_loss="log loss",
        is_used="used",
        reason="why",
    )
