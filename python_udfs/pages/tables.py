"""Tables of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from numbers import Real

import numpy as np
import pandas as pd
from markupsafe import Markup

from python_udfs.calibration import wording

Frame = pd.DataFrame


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes
    ----------
    columns : sequence of str
        Headings.
    rows : list of list of str
        Cells as text.
    numeric : set of int
        Positions of the columns that hold numbers.
    badges : set of int
        Positions of the columns whose cells are verdicts.
    title, note : str
        Heading and explanation above the table.
    """

    columns: Sequence[str]
    rows: list[list[str]]
    numeric: set[int] = field(default_factory=set)
    badges: set[int] = field(default_factory=set)
    title: str = ""
    note: str = ""


def select(rows: Frame, title: str = "", note: str = "", **columns: str) -> Table:
    """Take some columns of a mart under readable headings.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of a mart.
    title, note : str
        Heading and explanation above the table.
    **columns : str
        Headings by column; a column that the mart does not have is left out.

    Returns
    -------
    Table
        The table.
    """
    columns = {name: text for name, text in columns.items() if name in rows.columns}
    numeric = {
        i
        for i, name in enumerate(columns)
        if pd.api.types.is_numeric_dtype(rows[name].dtype)
        and not pd.api.types.is_bool_dtype(rows[name].dtype)
    }
    badges = {i for i, name in enumerate(columns) if name in ("verdict", "is_found", "is_used")}
    cells = [[text(value) for value in row] for row in rows[list(columns)].itertuples(index=False)]
    if rows.empty:
        cells = []
    return Table(list(columns.values()), cells, numeric, badges, title, note)


def text(value: object) -> str:
    """Write a value for a reader; nothing where it is missing.

    Parameters
    ----------
    value : object
        A value of a mart.

    Returns
    -------
    str
        Its text.
    """
    if pd.isna(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, Real):
        return wording.number(float(value))
    return str(value)


def html_table(table: Table, caption: str = "") -> Markup:
    """Write a table as HTML, every cell escaped.

    Parameters
    ----------
    table : Table
        The table.
    caption : str
        What it shows, above the headings.

    Returns
    -------
    markupsafe.Markup
        HTML; empty without rows.
    """
    if not table.rows:
        return Markup("")

    def number(at: int) -> Markup:
        return Markup(' class="number"') if at in table.numeric else Markup("")

    def content(at: int, text: str) -> Markup | str:
        if at in table.badges and text:
            return Markup('<span class="badge {0}">{0}</span>').format(text)
        return text

    head = Markup("").join(
        Markup("<th{}>{}</th>").format(number(i), name) for i, name in enumerate(table.columns)
    )
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td{}>{}</td>").format(number(i), content(i, text))
                for i, text in enumerate(row)
            )
        )
        for row in table.rows
    )
    above = Markup("<caption><span>{}</span></caption>").format(caption) if caption else ""
    return Markup(
        '<div class="table"><table>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(above, head, body)
