"""Numbers in sentences."""

import math


def number(value: float) -> str:
    """Write a number for a reader: no needless decimals."""
    if not math.isfinite(value):
        return "unknown"
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def points(threshold: float) -> str:
    """Write a threshold for a reader, exactly."""
    return f"{threshold:.4f}".rstrip("0").rstrip(".")


def ratio(value: float) -> str:
    """Write a ratio for a reader."""
    return f"{value:.2f}" if math.isfinite(value) else "unknown"


def percent(share: float) -> str:
    """Write a share as per cent."""
    return "unknown" if not math.isfinite(share) else f"{number(100 * share)} %"
