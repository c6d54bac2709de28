"""Plots of the calibration report."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from python_udfs.pages.figures import ACCENT, INK, MUTED, OTHER, mark, svg

Frame = pd.DataFrame
FEW = 8
"""Scores or thresholds up to which each has its tick: between them there is nothing."""
MOST_BARS = 40
"""Bars of the scores up to which every score has its own."""


def _tick_few(axis: Axes, values: "pd.Series[float]") -> None:
    """Mark the values themselves on the axis where they are few."""
    ticks = np.unique(values.to_numpy(dtype=float))
    if len(ticks) <= FEW:
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])


def threshold_curve(curve: Frame, verdict: "pd.Series[object]") -> str:
    """Draw expected value and precision by threshold, hold-out with intervals.

    Parameters
    ----------
    curve : pandas.DataFrame
        Rows of ``rpt_threshold_curve`` of one definition.
    verdict : pandas.Series
        Its row of ``rpt_calibration``.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        shown = (("fit", MUTED), ("holdout", ACCENT))
        for figure, axis, label in (
            ("expected_value", axes[0], "expected value"),
            ("precision", axes[1], "share that converts"),
        ):
            for split, colour in shown:
                rows = curve[curve["split"] == split].sort_values("threshold")
                name = {"fit": "fit period", "holdout": "hold-out"}[split]
                axis.plot(
                    rows["threshold"], rows[figure], color=colour, label=name, marker=".", ms=4
                )
                if split == "holdout":
                    at, value, low, high = (
                        rows[column].to_numpy(dtype=float)
                        for column in ("threshold", figure, f"{figure}_low", f"{figure}_high")
                    )
                    if len(at) <= FEW:
                        # Of a single threshold an area would not be seen.
                        length = np.clip([value - low, high - value], 0, None)
                        axis.errorbar(at, value, yerr=length, fmt="none", color=colour, capsize=4)
                    else:
                        axis.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
            mark(axis, verdict["current_threshold"], "in force", INK)
            if verdict["recommended_threshold"] != verdict["current_threshold"]:
                mark(axis, verdict["recommended_threshold"], "recommended", OTHER)
            _tick_few(axis, curve["threshold"])
            axis.set_xlabel("enter threshold (points)")
            axis.set_ylabel(label)
        base = curve[curve["split"] == "holdout"].sort_values("threshold")
        axes[1].plot(
            base["threshold"],
            base["base_rate"],
            color=MUTED,
            ls=":",
            marker="_",
            label="base rate",
        )
        axes[1].set_ylim(bottom=0)
        # Beside the plots: the lines and their words may stand anywhere in them.
        handles, labels = axes[1].get_legend_handles_labels()
        axes[1].figure.legend(handles, labels, loc="outside upper right", ncols=len(labels))

    return svg("threshold-curve", draw, columns=2)


def exit_thresholds(exits: Frame) -> str:
    """Draw how often the status flaps by exit threshold.

    Parameters
    ----------
    exits : pandas.DataFrame
        Rows of ``rpt_exit_thresholds`` of one definition.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        for split, colour, name in (
            ("fit", MUTED, "fit period"),
            ("holdout", ACCENT, "hold-out"),
        ):
            rows = exits[exits["split"] == split].sort_values("exit_threshold")
            axes[0].plot(rows["exit_threshold"], rows["flap_rate"], color=colour, marker="o", ms=3)
            axes[1].plot(
                rows["exit_threshold"],
                rows["below_enter_share"],
                color=colour,
                marker="o",
                ms=3,
                label=name,
            )
        axes[0].set_ylabel("lost and regained in 30 days")
        axes[1].set_ylabel("days below the enter threshold")
        for axis in axes:
            current, recommended = (
                exits.loc[exits[column].fillna(False).astype(bool), "exit_threshold"].max()
                for column in ("is_current", "is_recommended")
            )
            mark(axis, current, "in force", INK)
            if recommended != current:
                mark(axis, recommended, "recommended", OTHER)
            _tick_few(axis, exits["exit_threshold"])
            axis.set_xlabel("exit threshold (points)")
            axis.set_ylim(bottom=0)
        axes[1].legend()

    return svg("exit-thresholds", draw, columns=2)


def reliability(bands: Frame) -> str:
    """Draw the rate that was seen in the hold-out against the probability that was given.

    Parameters
    ----------
    bands : pandas.DataFrame
        Rows of ``rpt_score_bands`` of one definition.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        rows = bands[bands["n"] > 0]
        observed = rows["observed_rate"].to_numpy(dtype=float)
        given = rows["calibrated_probability"].to_numpy(dtype=float)
        low, high = (rows[name].to_numpy(dtype=float) for name in ("rate_low", "rate_high"))
        top = max(float(np.nanmax(np.concatenate([given, high]))), 0.01) * 1.05
        axes[0].plot([0, top], [0, top], color=MUTED, ls=":")
        axes[0].errorbar(
            given,
            observed,
            yerr=np.clip([observed - low, high - observed], 0, None),
            fmt="o",
            color=ACCENT,
            capsize=3,
        )
        axes[0].set_xlabel("probability given")
        axes[0].set_ylabel("share that converted (hold-out)")
        at = np.arange(len(rows))
        axes[1].bar(at, rows["n"].astype(float), color=ACCENT, alpha=0.6)
        labels = [
            f"{a:g}" if a == b else f"{a:g} to {b:g}"
            for a, b in zip(rows["score_min"], rows["score_max"], strict=True)
        ]
        axes[1].set_xticks(at, labels, rotation=40, ha="right")
        axes[1].set_xlabel("score")
        axes[1].set_ylabel("entity-weeks (hold-out)")

    return svg("reliability", draw, columns=2)


def signal_lift(signals: Frame) -> str:
    """Draw lift and odds ratio of every signal with intervals, on a logarithmic scale.

    Parameters
    ----------
    signals : pandas.DataFrame
        Rows of ``rpt_signal_lift`` of one definition.

    Returns
    -------
    str
        SVG.
    """
    rows = signals.sort_values("odds_ratio", na_position="first")

    def draw(axes: list[Axes]) -> None:
        axis, at = axes[0], np.arange(len(rows))
        for name, colour, shift, label in (
            ("lift", MUTED, 0.18, "alone (lift)"),
            ("odds_ratio", ACCENT, -0.18, "others held equal (odds ratio)"),
        ):
            value, low, high = (
                rows[column].to_numpy(dtype=float)
                for column in (name, f"{name}_low", f"{name}_high")
            )
            axis.errorbar(
                value,
                at + shift,
                xerr=np.nan_to_num(np.clip([value - low, high - value], 0, None)),
                fmt="o",
                ms=4,
                color=colour,
                capsize=2,
                label=label,
            )
        axis.axvline(1, color=INK, lw=0.8)
        axis.set_xscale("log")
        axis.set_xlim(0.05, 20)
        axis.set_xticks([0.1, 0.25, 0.5, 1, 2, 4, 10], ["0.1", "¼", "½", "1", "2", "4", "10"])
        axis.minorticks_off()
        axis.set_yticks(at, rows["signal_key"])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.set_xlabel("conversion with the signal against without it")
        axis.legend(loc="lower right")

    return svg("signal-lift", draw, columns=1, height=1.2 + 0.32 * len(rows))


def score_distribution(scores: Frame, verdict: "pd.Series[object]") -> str:
    """Draw the scores of today's audience with the thresholds.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``score`` (points) and ``entities`` (count), one row per score.
    verdict : pandas.Series
        The row of ``rpt_calibration`` of the definition.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        axis = axes[0]
        score = scores["score"].to_numpy(dtype=float)
        gaps = np.diff(np.unique(score))
        step = gaps.min() if len(gaps) else 1.0
        if gaps.sum() <= MOST_BARS * step:
            axis.bar(score, scores["entities"], width=0.9 * step, color=ACCENT, alpha=0.6)
            _tick_few(axis, scores["score"])
        else:
            axis.hist(score, MOST_BARS, weights=scores["entities"], color=ACCENT, alpha=0.6)
        mark(axis, verdict["current_threshold"], "in force", INK)
        if verdict["recommended_threshold"] != verdict["current_threshold"]:
            mark(axis, verdict["recommended_threshold"], "recommended", OTHER)
        axis.set_yscale("symlog", linthresh=10)
        axis.set_ylim(bottom=0)
        axis.set_xlabel("score today (points)")
        axis.set_ylabel("entities")

    return svg("score-distribution", draw, columns=1)


def drift(rows: Frame) -> str:
    """Draw population stability and the change of conversion of the score and each signal.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of ``rpt_drift`` of one definition.

    Returns
    -------
    str
        SVG.
    """
    rows = rows.sort_values("signal_key", ascending=False)

    def draw(axes: list[Axes]) -> None:
        at = np.arange(len(rows))
        axes[0].barh(at, rows["psi"].astype(float).fillna(0), color=ACCENT, alpha=0.6)
        for bound, colour in ((0.1, MUTED), (0.25, OTHER)):
            axes[0].axvline(bound, color=colour, ls=":")
        axes[0].set_yticks(at, rows["signal_key"].replace("*", "score"))
        axes[0].set_xlabel("population stability index")
        # Of the score the conversion of those above the threshold, of a signal its lift.
        is_score = (rows["signal_key"] == "*").to_numpy()
        ratio, low, high = (
            np.where(is_score, rows[f"conversion_ratio{end}"], rows[f"lift_ratio{end}"]).astype(
                float
            )
            for end in ("", "_low", "_high")
        )
        axes[1].errorbar(
            ratio,
            at,
            xerr=np.nan_to_num(np.clip([ratio - low, high - ratio], 0, None)),
            fmt="o",
            ms=4,
            color=ACCENT,
            capsize=2,
        )
        axes[1].axvline(1, color=INK, lw=0.8)
        axes[1].set_yticks(at, [""] * len(rows))
        for axis in axes:
            axis.set_ylim(-0.6, len(rows) - 0.4)
        axes[1].set_xscale("log")
        axes[1].set_xlim(0.1, 10)
        axes[1].set_xticks([0.1, 0.25, 0.5, 1, 2, 4, 10], ["0.1", "¼", "½", "1", "2", "4", "10"])
        axes[1].minorticks_off()
        axes[1].set_xlabel("conversion or lift, lately against before")

    return svg("drift", draw, columns=2, height=1.2 + 0.28 * len(rows))


def conversion_curve(rows: Frame) -> str:
    """Draw the share that has converted by days, Kaplan-Meier with intervals, by status.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of ``rpt_conversion_curve`` of one definition.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        for axis, (clock, title) in zip(
            axes,
            (
                ("since_eligible", "days since eligible"),
                ("since_qualified", "days since qualified"),
            ),
            strict=True,
        ):
            for status, colour, name in (
                ("not_qualified", MUTED, "not qualified"),
                ("qualified", ACCENT, "qualified"),
            ):
                own = rows[(rows["clock"] == clock) & (rows["status"] == status)]
                own = own.sort_values("day")
                if own.empty:
                    continue
                days = own["day"].astype(float)
                axis.step(days, own["converted_share"], where="post", color=colour, label=name)
                axis.fill_between(
                    days,
                    own["converted_share_low"].astype(float),
                    own["converted_share_high"].astype(float),
                    step="post",
                    color=colour,
                    alpha=0.15,
                    linewidth=0,
                )
            axis.set_xlabel(title)
            axis.set_ylabel("share that has converted")
            axis.set_ylim(bottom=0)
        axes[0].legend()

    return svg("conversion-curve", draw, columns=2)
