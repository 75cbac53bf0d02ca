"""Sums of Python floats whose digits do not depend on the version of Python."""

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import TypeVar

Number = TypeVar("Number", float, complex)


def sum_in_order(terms: Iterable[Number]) -> Number:
    """((0 + t₁) + t₂) + ..., rounded at each addition; from Python 3.12 on ``sum`` corrects its rounding errors."""
    return reduce(add, terms, 0.0)
