"""Sums of Python floats."""

from nnlab.core.sums import sum_in_order


def test_each_addition_is_rounded_whatever_the_version_of_python() -> None:
    assert sum_in_order([1e16, 1.0, 1.0]) == 1e16
    assert sum_in_order([0.1] * 10) == 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 + 0.1 == 0.9999999999999999
    assert sum_in_order(iter([])) == 0.0
