"""Numbers in sentences."""

import math
from decimal import ROUND_FLOOR, Decimal


def number(value: float) -> str:
    """Write a number for a reader: no needless decimals."""
    if not math.isfinite(value):
        return "unknown"
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def points(threshold: float) -> str:
    """Write points, which have four decimals, for a reader."""
    return f"{threshold:.4f}".rstrip("0").rstrip(".")


def least_value(threshold: float) -> str:
    """Write the value from which on a signal is met, as the definition files hold it.

    Values have nine decimals, as `decimal(38, 9)`. What does not fit is rounded down, so that the
    value itself still meets the condition.
    """
    exact = Decimal(repr(float(threshold)))
    text = f"{exact.quantize(Decimal('1e-9'), ROUND_FLOOR):f}"
    return text.rstrip("0").rstrip(".")


def ratio(value: float) -> str:
    """Write a ratio for a reader."""
    return f"{value:.2f}" if math.isfinite(value) else "unknown"


def percent(share: float) -> str:
    """Write a share as per cent."""
    return "unknown" if not math.isfinite(share) else f"{number(100 * share)} %"
