"""Numbers of a trace as text."""

from math import isfinite

import numpy as np

from nnlab.core.arrays import Array


def number(value: float, digits: int) -> str:
    """With significant digits; whole numbers without a fraction."""
    value = float(value)
    if value == 0:
        return "0"  # no minus sign
    if isfinite(value) and value == int(value) and abs(value) < 10 ** max(digits, 6):
        return str(int(value))
    return f"{value:.{digits}g}"


def cells(values: Array, digits: int) -> list[list[str]]:
    """A matrix as texts."""
    return [[number(value, digits) for value in row] for row in np.asarray(values).tolist()]
