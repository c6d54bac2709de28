"""The weekly panel as arrays, per definition, in an order that does not depend on the input."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import (
    SCORE_DECIMALS,
    CalibrationError,
    Flags,
    Floats,
    Frame,
    Integers,
    InvalidValueError,
    cluster_codes,
    read_table,
    sorted_codes,
)
from python_udfs.calibration.periods import WEEKLY_TENURE_EDGES, Periods, tenure_groups


@dataclass(frozen=True)
class Panel:
    """Rows of one definition, sorted by cluster, tenure, entity and day.

    Attributes
    ----------
    row : ndarray of int64, shape (n,)
        Position in the input table.
    entity, cluster, tenure : ndarray of int64, shape (n,)
        Sorted codes of entity and cluster; group of days since eligibility.
    entity_count, cluster_count : int
        Number of codes.
    mixed : ndarray of uint64, shape (n,)
        A hash of the account id, else of the entity id, for choosing accounts at random but always
        the same: codes change when an account is added.
    panel_on : ndarray of int64, shape (n,)
        Day numbers.
    score : ndarray of float64, shape (n,)
        Points; NaN where missing.
    is_converted : ndarray of bool, shape (n,)
        Label.
    """

    row: Integers
    entity: Integers
    cluster: Integers
    tenure: Integers
    entity_count: int
    cluster_count: int
    mixed: npt.NDArray[np.uint64]
    panel_on: Integers
    score: Floats
    is_converted: Flags

    def converting_clusters(self, mask: Flags) -> int:
        """Count the accounts with a conversion among some rows."""
        return len(np.unique(self.cluster[mask & self.is_converted]))

    def only(self, mask: Flags) -> "Panel":
        """Take some rows, with the codes that they have."""
        columns = ("row", "entity", "cluster", "tenure", "mixed")
        columns += ("panel_on", "score", "is_converted")
        return replace(self, **{name: getattr(self, name)[mask] for name in columns})

    def in_split(self, periods: Periods, split: str) -> Flags:
        """Tell which rows lie in a split."""
        first, last = periods.crossing_days(split)
        return (self.panel_on >= first) & (self.panel_on <= last)


def read_panels(panel: Frame, keys: list[str], last_mature_day: int) -> dict[str, Panel]:
    """Read the panel of every definition.

    Parameters
    ----------
    panel : pandas.DataFrame
        Columns of ``schemas.PANEL``.
    keys : list of str
        The definitions.
    last_mature_day : int
        Later rows are left out: their outcome is not fully observed.

    Returns
    -------
    dict of str to Panel
        One for each key.

    Raises
    ------
    CalibrationError
        If the panel breaks its contract.
    """
    rows = read_table(panel, schemas.PANEL, "panel")
    definition = pd.Categorical(rows["definition_key"].astype(object), categories=keys).codes
    is_mature = rows["panel_on"].to_numpy() <= last_mature_day
    return {
        key: _read_panel(rows, np.flatnonzero((definition == i) & is_mature))
        for i, key in enumerate(keys)
    }


def _read_panel(rows: Frame, positions: Integers) -> Panel:
    """Read the rows of one definition; result and errors as in `read_panels`."""
    own = rows.iloc[positions]
    entity, entity_count = sorted_codes(own["entity_id"])
    cluster, cluster_count = cluster_codes(own["account_id"], entity)
    panel_on = own["panel_on"].to_numpy()
    tenure = tenure_groups(panel_on - own["eligible_from"].to_numpy(), WEEKLY_TENURE_EDGES)
    order = np.lexsort((panel_on, entity, tenure, cluster))
    entity, panel_on = entity[order], panel_on[order]
    is_repeated = (np.diff(entity) == 0) & (np.diff(panel_on) == 0)
    if is_repeated.any():
        twice = own["entity_id"].iloc[int(order[int(np.argmax(is_repeated))])]
        raise InvalidValueError(f"panel holds entity_id {twice!r} twice on one day")
    return Panel(
        row=positions[order],
        entity=entity,
        cluster=cluster[order],
        tenure=tenure[order],
        entity_count=entity_count,
        cluster_count=cluster_count,
        mixed=_hash_clusters(own, cluster)[order],
        panel_on=panel_on,
        score=np.round(own["score"].to_numpy()[order], SCORE_DECIMALS),
        is_converted=own["is_converted"].to_numpy()[order],
    )


def _hash_clusters(own: Frame, cluster: Integers) -> npt.NDArray[np.uint64]:
    """Hash the account of each row, else its entity."""
    _, first, place = np.unique(cluster, return_index=True, return_inverse=True)
    rows = own.iloc[first]
    account, entity = (rows[name].astype(object) for name in ("account_id", "entity_id"))
    ids = account.where(account.notna(), entity)
    return pd.util.hash_array(ids.to_numpy(dtype=object))[place]


def read_flag(panel: Frame, column: Mapping[str, schemas.Field]) -> Flags:
    """Read one more flag of the rows of the panel.

    Parameters
    ----------
    panel : pandas.DataFrame
        The panel with this column.
    column : mapping of str to Field
        The one column, as ``schemas.NEXT_STEP``.

    Returns
    -------
    ndarray of bool, shape (rows of the panel table,)
        In the order of the table; ``Panel.row`` picks the rows of a definition.

    Raises
    ------
    CalibrationError
        If the column is missing or is no flag.
    """
    (name,) = column
    return read_table(panel, column, "panel")[name].to_numpy(dtype=bool)


@dataclass(frozen=True)
class MetSignals:
    """Which signals are met on the rows of the whole panel table, sparse.

    Attributes
    ----------
    position : ndarray of int64, shape (m,)
        Row of the panel table, as in ``Panel.row``.
    signal : ndarray of int64, shape (m,)
        Position in ``names``.
    points : ndarray of float64, shape (m,)
        Points contributed.
    names : list of str
        Signal keys.
    row_count : int
        Rows of the panel table.
    """

    position: Integers
    signal: Integers
    points: Floats
    names: list[str]
    row_count: int


def read_met_signals(signal_panel: Frame, panel: Frame) -> MetSignals:
    """Read the signals that are met and find their rows in the panel.

    Parameters
    ----------
    signal_panel : pandas.DataFrame
        Columns of ``schemas.SIGNAL_PANEL``.
    panel : pandas.DataFrame
        Columns of ``schemas.PANEL``.

    Returns
    -------
    MetSignals
        Sorted by position in the panel.

    Raises
    ------
    CalibrationError
        If a table breaks its contract, ``panel_row`` is not unique, or a row is not in the panel.
    """
    rows = read_table(signal_panel, schemas.SIGNAL_PANEL, "signal_panel")
    position, row_count = _find_rows(rows["panel_row"], panel)
    codes, names = pd.factorize(rows["signal_key"], sort=True)
    by_position = np.argsort(position, kind="stable")
    return MetSignals(
        position=position[by_position],
        signal=codes.astype(np.int64)[by_position],
        points=rows["points"].to_numpy()[by_position],
        names=[str(name) for name in names],
        row_count=row_count,
    )


def _find_rows(wanted: pd.Series, panel: Frame) -> tuple[Integers, int]:
    """Find rows of the panel table by their number; positions, and how many rows there are."""
    ids = read_table(panel, {"panel_row": schemas.PANEL["panel_row"]}, "panel")["panel_row"]
    index = pd.Index(ids)
    if not index.is_unique:
        raise InvalidValueError(
            f"panel holds panel_row {index[index.duplicated()][0]} more than once"
        )
    position = index.get_indexer(wanted).astype(np.int64)
    if (position < 0).any():
        unknown = wanted.iloc[int(np.argmin(position))]
        raise CalibrationError(f"signal_panel holds panel_row {unknown}, which is not in panel")
    return position, len(ids)


@dataclass(frozen=True)
class Measured:
    """Values of signals on the rows of the whole panel table, sparse, by signal.

    Attributes
    ----------
    position : dict of str to ndarray of int64
        Rows of the panel table that have a value.
    value : dict of str to ndarray of float64
        The values; NaN for an attribute.
    is_met : dict of str to ndarray of bool
        Whether the condition of the signal holds.
    row_count : int
        Rows of the panel table.
    """

    position: dict[str, Integers]
    value: dict[str, Floats]
    is_met: dict[str, Flags]
    row_count: int

    def values(self, signal_key: str) -> Floats:
        """Lay out a signal on all rows of the panel table; 0 where it has no value."""
        everywhere = np.zeros(self.row_count)
        if signal_key in self.position:
            value = self.value[signal_key]
            everywhere[self.position[signal_key]] = np.where(np.isnan(value), 0.0, value)
        return everywhere

    def reached(
        self,
        signal_key: str,
        operator: str | None,
        threshold: float,
        rows: Integers,
        *,
        is_zero_when_absent: bool,
    ) -> Flags:
        """Tell which rows reach a level.

        Parameters
        ----------
        signal_key : str
            The signal.
        operator : str or None
            ``>=`` or ``<=``; None for the condition of the signal.
        threshold : float
            Threshold of the level.
        rows : ndarray of int64, shape (n,)
            Rows of the panel table.
        is_zero_when_absent : bool
            Whether a row without a value has the value 0; else it reaches no level.

        Returns
        -------
        ndarray of bool, shape (n,)
            Whether each row reaches it.
        """
        if operator is None:
            absent, own = False, self.is_met.get(signal_key, np.empty(0, dtype=bool))
        else:
            values = self.value.get(signal_key, np.empty(0))
            is_least = operator != "<="
            own = values >= threshold if is_least else values <= threshold
            absent = is_zero_when_absent and (threshold <= 0.0 if is_least else threshold >= 0.0)
        everywhere = np.full(self.row_count, absent)
        everywhere[self.position.get(signal_key, np.empty(0, dtype=np.int64))] = own
        return everywhere[rows]


def read_measured(signal_panel: Frame, panel: Frame) -> Measured:
    """Read the values of the signals and find their rows in the panel.

    Parameters
    ----------
    signal_panel, panel : pandas.DataFrame
        Columns of ``schemas.MEASURED_SIGNALS`` and ``schemas.PANEL``.

    Returns
    -------
    Measured
        By signal.

    Raises
    ------
    CalibrationError
        If a table breaks its contract, or a row is not in the panel.
    """
    rows = read_table(signal_panel, schemas.MEASURED_SIGNALS, "signal_panel")
    position, row_count = _find_rows(rows["panel_row"], panel)
    codes, names = pd.factorize(rows["signal_key"], sort=True)
    by_signal = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[by_signal], np.arange(len(names) + 1))
    parts = {str(name): by_signal[bounds[i] : bounds[i + 1]] for i, name in enumerate(names)}
    value, is_met = rows["signal_value"].to_numpy(), rows["is_met"].to_numpy()
    return Measured(
        position={name: position[part] for name, part in parts.items()},
        value={name: value[part] for name, part in parts.items()},
        is_met={name: is_met[part] for name, part in parts.items()},
        row_count=row_count,
    )
