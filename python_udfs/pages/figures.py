"""Plots of a page, as SVG text that needs nothing beside it."""

import io
import re
import zlib
from collections.abc import Callable

import matplotlib as mpl
import pandas as pd
from markupsafe import escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, ACCENT, OTHER, MUTED = "#1f2933", "#1d6fb8", "#c2571a", "#9aa5b1"

STYLE = {
    # Text stays text: smaller, and it can be searched and copied.
    "svg.fonttype": "none",
    # Ids in the SVG are drawn at random unless salted.
    "svg.hashsalt": "pql",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e7eb",
    "legend.frameon": False,
}


def mark(axis: Axes, at: object, label: str, colour: str) -> None:
    """Draw a vertical line with a word, unless there is no value.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    at : object
        Value on the horizontal axis.
    label, colour : str
        The word and the colour.
    """
    if at is None or pd.isna(at):
        return
    # Below what is drawn, which may stand on the line.
    axis.axvline(float(str(at)), color=colour, lw=1, zorder=1)
    axis.annotate(
        label,
        (float(str(at)), 0.98),
        xycoords=("data", "axes fraction"),
        rotation=90,
        ha="right",
        va="top",
        fontsize=7,
        color=colour,
        # Readable where a curve passes below it.
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
    )


def svg(
    name: str,
    draw: Callable[[list[Axes]], None],
    *,
    columns: int,
    width: float = 8.4,
    height: float = 2.9,
    label: str = "",
) -> str:
    """Draw on new axes and give the SVG element, marked with the name of the plot.

    Parameters
    ----------
    name : str
        Name of the plot.
    draw : callable
        Draws on the axes that it is given.
    columns : int
        Number of axes beside each other.
    width, height : float
        Size in inches; the page scales it to the room there is.
    label : str
        What the plot shows, for who cannot see it; the name without one.

    Returns
    -------
    str
        SVG.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)[0]
        draw(list(axes))
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    # Several plots share one page: ids must not meet.
    prefix = f"p{zlib.crc32(text.encode()):x}-"
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)([^")]+)', rf"\1{prefix}\2", text)
    marks = f'data-plot="{name}" role="img" aria-label="{escape(label or name)}"'
    return text.replace("<svg ", f"<svg {marks} ", 1)
