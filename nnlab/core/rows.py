"""Rows of measured numbers, as evaluations make them and tables hold them."""

from collections.abc import Mapping

Row = Mapping[str, float | None]
"""One row of a table: a number for each column, None where there is none."""

MAX_STEPS = 10**9
"""The most updates of a training."""
