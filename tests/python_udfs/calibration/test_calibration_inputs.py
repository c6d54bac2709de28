import inspect
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from calibration_cases import BACKTEST, BANDS, SIGNALS, VERDICT, simulate, take

from python_udfs.calibration import (
    InvalidValueError,
    calibrate,
    probability_map,
    schemas,
    score_bands,
    signal_lift,
    threshold_curve,
    threshold_folds,
)
from python_udfs.calibration.inputs import NEVER, read_table
from python_udfs.calibration.schemas import Field

FUNCTIONS = [
    (threshold_curve, BACKTEST, schemas.THRESHOLD_CURVE),
    (threshold_folds, BACKTEST, schemas.THRESHOLD_FOLDS),
    (calibrate, VERDICT, schemas.CALIBRATION),
    (signal_lift, SIGNALS, schemas.SIGNAL_LIFT),
    (score_bands, BANDS, schemas.SCORE_BANDS),
    (probability_map, BANDS, schemas.PROBABILITY_MAP),
]


def call(function, tables, given):
    """Call with those of the arguments that the function has: some draw nothing."""
    names = inspect.signature(function).parameters
    return function(*tables, **{name: given[name] for name in given if name in names})


@pytest.fixture(scope="module")
def case():
    return simulate(3, accounts=300)


def read(values, kind, is_nullable=True):
    return read_table(
        pd.DataFrame({"value": values}), {"value": Field(kind, is_nullable, "")}, "table"
    )["value"]


def test_decimals_are_numbers():
    assert read([Decimal("1.5000"), None, Decimal("-2")], "number").tolist()[::2] == [1.5, -2.0]


def test_days_come_in_many_forms():
    expected = [19783, NEVER]
    stamp = pd.Timestamp("2024-03-01")
    for values in (
        pd.Series([stamp, pd.NaT]),
        pd.Series([stamp.date(), None], dtype=object),
        pd.Series([stamp, pd.NaT]).astype("datetime64[s]"),
        ["2024-03-01", None],
    ):
        assert read(values, "date").tolist() == expected


def test_flags_come_in_many_forms():
    for values in ([True, False], [1, 0], pd.array([True, False], dtype="boolean"), [1.0, 0.0]):
        assert read(values, "flag", is_nullable=False).tolist() == [True, False]


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (["1", "x"], "number", "table.value holds 'x', which is not a number"),
        ([1.0, np.inf], "number", "which is not a number"),
        ([1.0, 1.5], "integer", "holds 1.5|holds np.float64"),
        ([0, 2], "flag", "which is not true or false"),
        (["2024-02-30"], "date", "holds '2024-02-30', which is not a date"),
        (["a", None], "text", "table.value is missing in 1 of 2 rows"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(values, kind, message):
    with pytest.raises(InvalidValueError, match=message):
        read(values, kind, is_nullable=False)


@pytest.mark.parametrize(("function", "names", "columns"), FUNCTIONS)
def test_no_rows_at_all_give_a_typed_frame(case, function, names, columns):
    # As `dbt run --empty` calls them; there, columns without rows may have any type.
    for dtype in (None, object, "float64"):
        tables = [case[name].iloc[:0] for name in names]
        if dtype is not None:
            tables = [
                pd.DataFrame({name: pd.Series(dtype=dtype) for name in table}) for table in tables
            ]
        # The as-of day is read from a table as well.
        result = call(function, tables, case["arguments"] | {"as_of": pd.NaT})
        assert result.empty
        assert result.dtypes.astype(str).to_dict() == {
            name: column.dtype for name, column in columns.items()
        }


@pytest.mark.parametrize(("function", "names", "columns"), FUNCTIONS)
def test_decimals_categories_and_dates_give_the_same_result(case, function, names, columns):
    def disguise(table):
        table = table.copy()
        for name in table:
            if name in ("score", "score_reached", "points", "enter_threshold"):
                table[name] = [Decimal(str(value)) for value in table[name]]
            elif name.endswith(("_on", "_from")):
                dates = table[name].astype(object).where(table[name].notna(), None)
                table[name] = [None if value is None else value.date() for value in dates]
            elif name in ("definition_key", "entity_id", "signal_key"):
                table[name] = table[name].astype("category")
        return table

    expected = call(function, take(case, *names), case["arguments"])
    result = call(function, map(disguise, take(case, *names)), case["arguments"])
    pd.testing.assert_frame_equal(result, expected)


@pytest.mark.parametrize(("function", "names", "columns"), FUNCTIONS)
def test_inputs_are_left_as_they_were(case, function, names, columns):
    before = {name: case[name].copy() for name in names}
    call(function, take(case, *names), case["arguments"])
    for name in names:
        pd.testing.assert_frame_equal(case[name], before[name])


@pytest.mark.parametrize(("function", "names", "columns"), FUNCTIONS)
def test_no_infinite_number_gets_out(case, function, names, columns):
    result = call(function, take(case, *names), case["arguments"])
    numbers = result.select_dtypes("float64").to_numpy(dtype="float64")
    assert not np.isinf(numbers).any()
