from decimal import Decimal

import pytest

from python_udfs.calibration import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.0, "4"),
        (100.0, "100"),
        (0.00004, "0.00004"),
        (0.000000001, "0.000000001"),
        (0.666666667, "0.666666667"),
        (2 / 3, "0.666666666"),
        (1234567.25, "1234567.25"),
        (-2 / 3, "-0.666666667"),
    ],
)
def test_a_value_of_a_signal_meets_the_threshold_that_is_written_of_it(value, text):
    assert wording.least_value(value) == text
    assert Decimal(text) <= Decimal(repr(value))
