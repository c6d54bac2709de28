"""The factors of the propensity models: sparse values, steps, and additive models of steps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.inputs import (
    CalibrationError,
    Flags,
    Floats,
    Frame,
    Integers,
    InvalidValueError,
    read_table,
    sorted_codes,
)

Codes = npt.NDArray[np.uint8]

CONTRIBUTION_DECIMALS = 6
"""Contributions are decimal(18, 6) in SQL, so that their sum is exact in any order."""


@dataclass(frozen=True)
class Factor:
    """One factor with its values on the days of one outcome.

    Attributes
    ----------
    key : str
        Name of the factor.
    is_zero_when_absent : bool
        Whether a day without a value has the value 0; else it is unknown.
    threshold : float
        Value at which a signal is met, a natural step; NaN: none.
    row : ndarray of int64, shape (m,)
        Rows that have a value, rising.
    value : ndarray of float64, shape (m,)
        Their values.
    """

    key: str
    is_zero_when_absent: bool
    threshold: float
    row: Integers
    value: Floats

    def codes(self, edges: Floats, row_count: int) -> Codes:
        """Find the step of every row.

        Parameters
        ----------
        edges : ndarray of float64, shape (steps - 1,)
            Lowest value of the second, third, ... step.
        row_count : int
            Number of rows.

        Returns
        -------
        ndarray of uint8, shape (row_count,)
            0 to ``len(edges)``; ``len(edges) + 1`` where the value is unknown.
        """
        absent = (
            np.searchsorted(edges, 0.0, side="right")
            if self.is_zero_when_absent
            else len(edges) + 1
        )
        codes = np.full(row_count, absent, dtype=np.uint8)
        codes[self.row] = np.searchsorted(edges, self.value, side="right")
        return codes


@dataclass(frozen=True)
class Population:
    """The rows of one outcome, sorted by account and day.

    Attributes
    ----------
    cluster : ndarray of int64, shape (n,)
        Sorted code of the account.
    cluster_count : int
        Number of accounts.
    mixed : ndarray of uint64, shape (n,)
        A hash of the account id, for choosing accounts at random but always the same.
    panel_on : ndarray of int64, shape (n,)
        Day numbers.
    has_outcome : ndarray of bool, shape (n,)
        Label.
    factors : list of Factor
        In order of their key.
    """

    cluster: Integers
    cluster_count: int
    mixed: npt.NDArray[np.uint64]
    panel_on: Integers
    has_outcome: Flags
    factors: list[Factor]

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return len(self.cluster)

    @property
    def accounts(self) -> int:
        """Number of accounts that have a row."""
        return len(np.unique(self.cluster))

    @property
    def accounts_with_outcome(self) -> int:
        """Number of accounts with the outcome after one of the rows."""
        return len(np.unique(self.cluster[self.has_outcome]))

    def take(self, rows: Flags) -> "Population":
        """Keep some rows.

        Parameters
        ----------
        rows : ndarray of bool, shape (n,)
            The rows to keep.

        Returns
        -------
        Population
            With the same codes of accounts.
        """
        place = np.cumsum(rows) - 1
        factors = []
        for factor in self.factors:
            is_kept = rows[factor.row]
            factors.append(
                Factor(
                    factor.key,
                    factor.is_zero_when_absent,
                    factor.threshold,
                    place[factor.row[is_kept]],
                    factor.value[is_kept],
                )
            )
        return Population(
            self.cluster[rows],
            self.cluster_count,
            self.mixed[rows],
            self.panel_on[rows],
            self.has_outcome[rows],
            factors,
        )

    def between(self, first: int, last: int) -> "Population":
        """Keep the rows of some days, both included."""
        return self.take((self.panel_on >= first) & (self.panel_on <= last))


def read_populations(
    days: Frame, factors: Frame, values: Frame, *, last_mature_day: int
) -> dict[str, Population]:
    """Read the population of each outcome with its factors.

    Parameters
    ----------
    days, factors, values : pandas.DataFrame
        Columns of ``schemas.PROPENSITY_DAYS``, ``PROPENSITY_FACTORS``, ``PROPENSITY_VALUES``.
        Values of days that are not in ``days`` are left out.
    last_mature_day : int
        Later days are left out: their outcome is not fully observed.

    Returns
    -------
    dict of str to Population
        One for each of ``schemas.OUTCOMES``.

    Raises
    ------
    CalibrationError
        If a table breaks its contract.
    """
    rows = read_table(days, schemas.PROPENSITY_DAYS, "propensity_days")
    catalogue = read_table(factors, schemas.PROPENSITY_FACTORS, "propensity_factors")
    cells = read_table(values, schemas.PROPENSITY_VALUES, "propensity_values")
    for name, keys in (
        ("propensity_days", rows["entity_day"]),
        ("propensity_factors", catalogue["factor_number"]),
        ("propensity_factors", catalogue["factor"]),
    ):
        repeated = keys[keys.duplicated()].tolist()
        if repeated:
            raise InvalidValueError(f"{name} holds {keys.name} {repeated[0]!r} twice")
    numbers = catalogue["factor_number"].to_numpy()
    found = cells["factor_number"].to_numpy()
    is_unknown = ~np.isin(found, numbers)
    if is_unknown.any():
        raise CalibrationError(
            f"propensity_values holds factor_number {found[int(np.argmax(is_unknown))]}, which is "
            "not in propensity_factors"
        )
    is_mature = rows["panel_on"].to_numpy() <= last_mature_day
    outcomes = rows["outcome"].astype(object).to_numpy()
    result = {}
    for outcome in schemas.OUTCOMES:
        own = rows[(outcomes == outcome) & is_mature]
        result[outcome] = _read_population(own, catalogue, cells)
    return result


def _read_population(own: Frame, catalogue: Frame, cells: Frame) -> Population:
    """Read the rows of one outcome; result and errors as in `read_populations`."""
    cluster, cluster_count = sorted_codes(own["account_id"])
    panel_on = own["panel_on"].to_numpy()
    order = np.lexsort((panel_on, cluster))
    cluster, panel_on = cluster[order], panel_on[order]
    is_repeated = (np.diff(cluster) == 0) & (np.diff(panel_on) == 0)
    if is_repeated.any():
        twice = own["account_id"].iloc[int(order[int(np.argmax(is_repeated))])]
        raise InvalidValueError(f"propensity_days holds account_id {twice!r} twice on one day")
    ids = own["entity_day"].to_numpy()[order]
    by_id = np.argsort(ids, kind="stable")
    wanted = cells["entity_day"].to_numpy()
    place = np.searchsorted(ids[by_id], wanted)
    is_own = place < len(ids)
    is_own[is_own] = ids[by_id][place[is_own]] == wanted[is_own]
    at = by_id[place[is_own]].astype(np.int64)
    number = cells["factor_number"].to_numpy()[is_own]
    value = cells["factor_value"].to_numpy()[is_own]
    by_factor = np.lexsort((at, number))
    at, number, value = at[by_factor], number[by_factor], value[by_factor]
    factors = []
    for row in catalogue.sort_values("factor").to_dict("records"):
        first, last = np.searchsorted(number, [row["factor_number"], row["factor_number"] + 1])
        own_at = at[first:last]
        if (np.diff(own_at) == 0).any():
            raise InvalidValueError(
                f"propensity_values holds two values of factor {row['factor']!r} on one day"
            )
        factors.append(
            Factor(
                str(row["factor"]),
                bool(row["is_zero_when_absent"]),
                float(row["threshold"]),
                own_at,
                value[first:last],
            )
        )
    accounts = own["account_id"].astype(object).to_numpy()[order]
    mixed = pd.util.hash_array(accounts, categorize=True)
    return Population(
        cluster, cluster_count, mixed, panel_on, own["has_outcome"].to_numpy()[order], factors
    )


def cut_factor(factor: Factor, row_count: int, max_steps: int) -> Floats:
    """Choose where the steps of a factor begin.

    Most factors are 0 on most days. So a lowest value that is common is a step of its own, and the
    values above it are cut into steps of similar size; a rare one has no step to itself. The
    threshold of a signal begins a step as well.

    Parameters
    ----------
    factor : Factor
        The factor.
    row_count : int
        Number of rows.
    max_steps : int
        Most steps above a common lowest value, or in all.

    Returns
    -------
    ndarray of float64, shape (steps - 1,)
        Lowest value of the second, third, ... step, rising; empty for a constant factor.
    """
    values = factor.value
    if factor.is_zero_when_absent:
        values = np.append(values, np.zeros(row_count - len(values)))
    if len(values) == 0:
        return np.empty(0)
    lowest = values.min()
    above = values[values > lowest]
    is_common = len(values) - len(above) >= len(values) / (2 * max_steps)
    shares = np.linspace(0, 1, max_steps, endpoint=False)
    if is_common and len(above):
        edges = np.quantile(above, shares, method="inverted_cdf")
    else:
        edges = np.quantile(values, shares[1:], method="inverted_cdf")
    if lowest < factor.threshold <= values.max():
        edges = np.append(edges, factor.threshold)
    edges = np.unique(edges)
    return edges[edges > lowest]


@dataclass(frozen=True)
class StepModel:
    """An additive model: log-odds = base + the contribution of the step of each factor.

    Attributes
    ----------
    base : float
        Log-odds of the average row of the fit.
    edges, contributions : dict of str to ndarray of float64
        For each factor the lowest value of the second, third, ... step; and the contribution of
        each step, then of an unknown value. Shapes (steps - 1,) and (steps + 1,).
    intercept, slope : float
        Calibration: the probability is ``expit(intercept + slope * log-odds)``.
    """

    base: float
    edges: Mapping[str, Floats]
    contributions: Mapping[str, Floats]
    intercept: float
    slope: float

    def log_odds(self, population: Population) -> Floats:
        """Add up the contributions.

        Parameters
        ----------
        population : Population
            Rows with values of the factors; a factor that it lacks counts as unknown.

        Returns
        -------
        ndarray of float64, shape (n,)
            Before calibration.
        """
        total = np.full(population.row_count, self.base)
        present = {factor.key: factor for factor in population.factors}
        for key, edges in self.edges.items():
            if key in present:
                codes = present[key].codes(edges, population.row_count)
                total += self.contributions[key][codes]
            else:
                total += self.contributions[key][-1]
        return np.round(total, CONTRIBUTION_DECIMALS)


def make_step_model(
    base: float, edges: Mapping[str, Floats], contributions: Mapping[str, Floats]
) -> StepModel:
    """Round the contributions, join neighbouring steps that are equal, drop factors without effect.

    Parameters
    ----------
    base : float
        Log-odds of the average row.
    edges, contributions : mapping of str to ndarray of float64
        As in `StepModel`.

    Returns
    -------
    StepModel
        Not calibrated: intercept 0, slope 1.
    """
    kept_edges, kept = {}, {}
    for key, own in contributions.items():
        rounded = np.round(own, CONTRIBUTION_DECIMALS) + 0.0
        if not rounded.any():
            continue
        is_new = np.diff(rounded[:-1]) != 0
        kept_edges[key] = edges[key][is_new]
        kept[key] = np.append(rounded[:-1][np.append(True, is_new)], rounded[-1])
    return StepModel(round(base, CONTRIBUTION_DECIMALS), kept_edges, kept, 0.0, 1.0)
