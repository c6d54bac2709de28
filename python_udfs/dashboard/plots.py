"""Plots of the dashboard, small enough to be read on a phone."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from python_udfs.pages.figures import ACCENT, INK, MUTED, OTHER, svg

Frame = pd.DataFrame

WIDTH, HEIGHT = 4.2, 2.4


def weekly_trend(weeks: Frame) -> str:
    """Draw who qualified, and the new customers that had qualified before, by week.

    Parameters
    ----------
    weeks : pandas.DataFrame
        One row per week: ``week_start``, and the counts ``qualified``, ``requalified`` and
        ``qualified_before``.

    Returns
    -------
    str
        SVG.
    """
    days = pd.to_datetime(weeks["week_start"])
    entered = weeks["qualified"] + weeks["requalified"]

    def draw(axes: list[Axes]) -> None:
        axis, at = axes[0], np.arange(len(weeks))
        axis.bar(at, entered, color=ACCENT, alpha=0.75, width=0.8, label="qualified")
        axis.plot(
            at, weeks["qualified_before"], color=OTHER, marker="o", ms=3, lw=1.2,
            label="paid after qualifying",
        )  # fmt: skip
        ticks = at[::-1][:: max(len(at) // 5, 1)][::-1]
        axis.set_xticks(ticks, [f"{days.iloc[i]:%b} {days.iloc[i].day}" for i in ticks])
        axis.set_xlabel("week of")
        axis.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axis.set_ylim(0, max(1, entered.max(), weeks["qualified_before"].max()) * 1.25)
        axis.legend(loc="upper left", ncols=2, fontsize=8)
        axis.grid(axis="x", visible=False)

    label = (
        f"Weekly trend from {days.iloc[0]:%Y-%m-%d}: {int(entered.sum())} times qualified and "
        f"{int(weeks['qualified_before'].sum())} new customers that had qualified before in "
        f"{len(weeks)} weeks; the numbers stand in the table below"
    )
    return svg("weekly-trend", draw, columns=1, width=WIDTH, height=HEIGHT, label=label)


def score_distribution(scores: Frame, threshold: float, noun: str, label: str) -> str:
    """Draw the scores of today's audience with the threshold.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``score`` (points) and ``entities`` (count), one row per score.
    threshold : float
        The enter threshold, in points.
    noun : str
        What is counted.
    label : str
        The figure in words.

    Returns
    -------
    str
        SVG.
    """

    def draw(axes: list[Axes]) -> None:
        axis, score = axes[0], scores["score"].to_numpy(dtype=float)
        low, high = min(score.min(), 0), max(score.max(), threshold)
        # The threshold is the edge of a bar: no bar holds both sides.
        step = float(np.diff(score).min()) if len(score) > 1 else 1.0
        width = step * max(1, np.ceil((high - low) / step / 24))
        first = threshold - width * np.ceil((threshold - low) / width)
        edges = np.arange(first, high + width * 1.01, width)
        counts, _ = np.histogram(score, bins=edges, weights=scores["entities"])
        colours = [ACCENT if edge >= threshold else MUTED for edge in edges[:-1]]
        axis.bar(edges[:-1], counts, width=width * 0.92, align="edge", color=colours)
        axis.axvline(threshold, color=INK, lw=1)
        axis.annotate(
            f"threshold {threshold:g}", (threshold, 0.97), xycoords=("data", "axes fraction"),
            xytext=(-3, 0), textcoords="offset points", ha="right", va="top", fontsize=8,
        )  # fmt: skip
        axis.set_yscale("symlog", linthresh=10)
        axis.set_ylim(0, counts.max() * 3)
        decades = [0] + [10**power for power in range(9) if 10**power <= counts.max() * 3]
        ticks = [tick for tick in decades if tick != 1 or len(decades) < 3]
        axis.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel("score today (points)")
        axis.set_ylabel(noun)
        axis.grid(axis="x", visible=False)

    return svg("score-distribution", draw, columns=1, width=WIDTH, height=HEIGHT, label=label)
