"""Check the input tables and turn them into arrays: days as integers, ids as sorted codes."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from python_udfs.calibration import schemas
from python_udfs.calibration.schemas import Column, Field

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Frame = pd.DataFrame
Day = date | str | pd.Timestamp | np.datetime64

NEVER = 10_000_000
"""Day number later than any real one; stands for a missing day."""

SCORE_DECIMALS = 4
"""Scores are decimal(18, 4); float noise beyond that would split ties."""


class CalibrationError(ValueError):
    """The input of a calibration function cannot be used; the message says what to change."""


class MissingColumnError(CalibrationError):
    """An input table lacks a column."""


class InvalidValueError(CalibrationError):
    """An input table or an argument holds a value that is not allowed."""


@dataclass(frozen=True)
class Settings:
    """What one definition is calibrated for; see ``schemas.SETTINGS``.

    Attributes
    ----------
    objective : str
        One of ``schemas.OBJECTIVES``.
    conversion_value, touch_cost : float
        Currency; NaN when not given.
    weekly_capacity : float
        New leads per week; NaN when not given.
    min_precision : float
        Between 0 and 1; NaN when not given.
    beta : float
        Above 0; NaN when not given.
    min_conversions, min_entities : int
        Sample floors, at least 1.
    """

    objective: str
    conversion_value: float
    touch_cost: float
    weekly_capacity: float
    min_precision: float
    beta: float
    min_conversions: int
    min_entities: int


@dataclass(frozen=True)
class Definition:
    """One definition to calibrate; see ``schemas.DEFINITIONS``."""

    key: str
    version: str | None
    entity_type: str
    audience: str
    enter_threshold: float
    exit_threshold: float
    settings: Settings

    @property
    def plural(self) -> str:
        """The entities in words, for sentences."""
        return f"{self.entity_type}s"


def read_table(frame: Frame, fields: Mapping[str, Field], table: str) -> Frame:
    """Take the columns of the contract from a table and give them their types.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as it came from SQL.
    fields : mapping of str to Field
        The columns of the contract.
    table : str
        Its name, for messages.

    Returns
    -------
    pandas.DataFrame
        The columns of ``fields``: numbers as ``float64`` (NaN: missing), integers as ``int64``,
        flags as ``bool``, days as ``int64`` since 1970-01-01 (``NEVER``: missing), text as it was.

    Raises
    ------
    MissingColumnError
        If a column is absent.
    InvalidValueError
        If a value is missing where it may not be, or is not of its kind.
    """
    missing = [name for name in fields if name not in frame.columns]
    if missing:
        raise MissingColumnError(
            f"{table} has no column {', '.join(map(repr, missing))}; it needs "
            f"{', '.join(fields)} and has {', '.join(map(str, frame.columns)) or 'none'}"
        )
    columns = {name: _read_column(frame[name], field, table) for name, field in fields.items()}
    return pd.DataFrame(columns, columns=list(fields))


def _read_column(values: pd.Series, field: Field, table: str) -> pd.Series:
    """Give one column its type; arguments, result and errors as in `read_table`."""
    values = values.reset_index(drop=True)
    where = f"{table}.{values.name}"
    is_missing = values.isna().to_numpy(dtype=bool)
    if is_missing.any() and not field.is_nullable:
        raise InvalidValueError(
            f"{where} is missing in {int(is_missing.sum())} of {len(values)} rows; "
            "every row needs a value"
        )
    if field.kind == "text":
        return values
    if field.kind == "date":
        days = pd.to_datetime(values, errors="coerce")
        _refuse(values, days.isna().to_numpy(dtype=bool) & ~is_missing, where, "a date")
        numbers = days.to_numpy(dtype="datetime64[D]").astype(np.int64)
        return pd.Series(np.where(is_missing, NEVER, numbers), name=values.name)
    if field.kind == "flag" and values.dtype in (bool, "boolean"):
        return values.astype(bool)
    numbers = pd.to_numeric(values, errors="coerce").astype("float64").to_numpy(na_value=np.nan)
    _refuse(values, ~np.isfinite(numbers) & ~is_missing, where, "a number")
    if field.kind == "flag":
        _refuse(values, ~np.isin(numbers, (0.0, 1.0)), where, "true or false")
        return pd.Series(numbers == 1.0, name=values.name)
    if field.kind == "integer":
        _refuse(values, numbers != np.round(numbers), where, "a whole number")
        return pd.Series(numbers.astype(np.int64), name=values.name)
    return pd.Series(numbers, name=values.name)


def _refuse(values: pd.Series, is_wrong: Flags, where: str, wanted: str) -> None:
    """Raise `InvalidValueError` with the first offending value of a column, if there is one."""
    if is_wrong.any():
        found = values.iloc[int(np.argmax(is_wrong))]
        raise InvalidValueError(f"{where} holds {found!r}, which is not {wanted}")


def read_definitions(definitions: Frame, settings: Frame) -> list[Definition]:
    """Read the definitions with their settings.

    Parameters
    ----------
    definitions : pandas.DataFrame
        Columns of ``schemas.DEFINITIONS``.
    settings : pandas.DataFrame
        Columns of ``schemas.SETTINGS``; the row with key ``*`` serves the rest.

    Returns
    -------
    list of Definition
        In order of their key.

    Raises
    ------
    CalibrationError
        If a column is missing, a key is repeated, a definition has no settings, or a value is not
        allowed.
    """
    rows = read_table(definitions, schemas.DEFINITIONS, "definitions")
    choices = read_table(settings, schemas.SETTINGS, "pql_calibration")
    for table, keys in (("definitions", rows), ("pql_calibration", choices)):
        repeated = keys["definition_key"][keys["definition_key"].duplicated()]
        if len(repeated):
            raise InvalidValueError(f"{table} holds definition_key {repeated.iloc[0]!r} twice")
    by_key = {str(row["definition_key"]): _read_settings(row) for row in choices.to_dict("records")}
    found = []
    for row in rows.sort_values("definition_key").to_dict("records"):
        key = str(row["definition_key"])
        if row["audience"] not in schemas.AUDIENCES:
            raise InvalidValueError(
                f"definition {key!r} has the audience {row['audience']!r}; allowed are "
                f"{', '.join(schemas.AUDIENCES)}"
            )
        chosen = by_key.get(key, by_key.get(schemas.EVERY_DEFINITION))
        if chosen is None:
            raise InvalidValueError(
                f"pql_calibration has no row for definition {key!r}; add one, or one with "
                f"definition_key {schemas.EVERY_DEFINITION!r} that serves every definition"
            )
        version = row["definition_version"]
        found.append(
            Definition(
                key=key,
                version=None if pd.isna(version) else str(version),
                entity_type=str(row["entity_type"]),
                audience=str(row["audience"]),
                enter_threshold=round(float(row["enter_threshold"]), SCORE_DECIMALS),
                exit_threshold=round(float(row["exit_threshold"]), SCORE_DECIMALS),
                settings=chosen,
            )
        )
    return found


_NEEDED = {
    "expected_value": ("conversion_value", "touch_cost"),
    "capacity": ("weekly_capacity",),
    "precision": ("min_precision",),
    "f_beta": ("beta",),
}
_ALLOWED = {
    "conversion_value": (lambda value: value > 0, "above 0"),
    "touch_cost": (lambda value: value >= 0, "0 or more"),
    "weekly_capacity": (lambda value: value > 0, "above 0"),
    "min_precision": (lambda value: 0 < value <= 1, "above 0 and at most 1"),
    "beta": (lambda value: value > 0, "above 0"),
    "min_conversions": (lambda value: value >= 1, "1 or more"),
    "min_entities": (lambda value: value >= 1, "1 or more"),
}


def _read_settings(row: dict[Hashable, Any]) -> Settings:
    """Check one row of the settings; raises `InvalidValueError` with the key and the value."""
    key, objective = row.pop("definition_key"), row["objective"]
    where = f"pql_calibration, definition_key {key!r}:"
    if objective not in schemas.OBJECTIVES:
        raise InvalidValueError(
            f"{where} the objective is {objective!r}; allowed are {', '.join(schemas.OBJECTIVES)}"
        )
    for name in _NEEDED[objective]:
        if pd.isna(row[name]):
            raise InvalidValueError(f"{where} the objective {objective!r} needs a {name}")
    for name, (is_allowed, allowed) in _ALLOWED.items():
        if not pd.isna(row[name]) and not is_allowed(row[name]):
            raise InvalidValueError(f"{where} {name} is {row[name]:g}; allowed is {allowed}")
    return Settings(**{str(name): value for name, value in row.items()})


def day_number(day: Day) -> int:
    """Count the days from 1970-01-01 to a day.

    Parameters
    ----------
    day : date, str, Timestamp or datetime64
        The day; a time of day is cut off.

    Returns
    -------
    int
        Days since 1970-01-01.

    Raises
    ------
    InvalidValueError
        If it is missing or not a day.
    """
    try:
        stamp = pd.Timestamp(day)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"as_of is {day!r}, which is not a day") from error
    if pd.isna(stamp):
        raise InvalidValueError("as_of is missing")
    return int(np.datetime64(stamp, "D").astype(np.int64))


def check_arguments(horizon_days: int, seed: int = 0, draws: int = 1000) -> None:
    """Refuse arguments outside their range.

    Parameters
    ----------
    horizon_days : int
        At least 1.
    seed : int
        At least 0.
    draws : int
        At least 20: fewer leave nothing in the tails of an interval.

    Raises
    ------
    InvalidValueError
        With the name and the value of the argument.
    """
    for name, value, least in (
        ("horizon_days", horizon_days, 1),
        ("seed", seed, 0),
        ("draws", draws, 20),
    ):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise InvalidValueError(
                f"{name} is {value!r}; it must be a whole number from {least} on"
            )


def sorted_codes(values: pd.Series) -> tuple[Integers, int]:
    """Give the distinct values codes in sorted order, so that row order cannot matter.

    Parameters
    ----------
    values : pandas.Series of shape (n,)
        Any sortable values; missing ones get the code -1.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        From 0 on.
    count : int
        Number of distinct values.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    codes, uniques = pd.factorize(values, sort=True)
    return codes.astype(np.int64), len(uniques)


def cluster_codes(account_id: pd.Series, entity_codes: Integers) -> tuple[Integers, int]:
    """Give codes to the clusters of the bootstrap: accounts, and entities that have none.

    Parameters
    ----------
    account_id : pandas.Series of shape (n,)
        Account of each row, may be missing.
    entity_codes : ndarray of int64, shape (n,)
        Sorted code of the entity of each row.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        From 0 on, without gaps.
    count : int
        Number of clusters.
    """
    accounts, account_count = sorted_codes(account_id)
    combined = np.where(accounts >= 0, accounts, account_count + entity_codes)
    uniques, codes = np.unique(combined, return_inverse=True)
    return codes.astype(np.int64), len(uniques)


def rows_by_definition(frame: Frame, keys: list[str]) -> dict[str, Frame]:
    """Split a table by its definition.

    Parameters
    ----------
    frame : pandas.DataFrame
        With a column ``definition_key``.
    keys : list of str
        The definitions that are wanted.

    Returns
    -------
    dict of str to pandas.DataFrame
        For every key its rows, without the column, index from 0; rows of other definitions are
        left out.
    """
    columns = [name for name in frame.columns if name != "definition_key"]
    codes = pd.Categorical(frame["definition_key"].astype(object), categories=keys).codes
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(keys) + 1))
    return {
        key: frame[columns].iloc[order[bounds[i] : bounds[i + 1]]].reset_index(drop=True)
        for i, key in enumerate(keys)
    }


def seal(rows: list[dict[str, Any]], columns: Mapping[str, Column], keys: list[str]) -> Frame:
    """Make the output frame: exactly the columns of the contract, typed, sorted.

    Parameters
    ----------
    rows : list of dict
        The rows; a column that a row lacks is missing there.
    columns : mapping of str to Column
        The contract.
    keys : list of str
        Columns to sort by.

    Returns
    -------
    pandas.DataFrame
        Also without rows every column has its type. Infinite numbers are missing.
    """
    frame = pd.DataFrame(rows, columns=list(columns)) if rows else pd.DataFrame(columns=[*columns])
    sealed = {}
    for name, column in columns.items():
        values = frame[name]
        if column.dtype in ("float64", "Int64"):
            values = pd.to_numeric(values).astype("float64")
            values = values.where(np.isfinite(values))
        sealed[name] = values.astype(column.dtype)
    result = pd.DataFrame(sealed, columns=list(columns))
    return result.sort_values(keys, ignore_index=True)
