"""Φ and φ against Python's erfc and exp, number by number, and exact digits of Φ in the tail."""

import math

import numpy as np
import pytest

from nnlab.core.normal_distribution import MIDDLE_END, NEAR_END, NUMBERS_AT_ONCE, normal_distribution
from nnlab.core.workspace import Workspace

EDGES = [value for end in (NEAR_END, MIDDLE_END) for value in (end, np.nextafter(end, 9), -end, np.nextafter(-end, -9))]


def distribution(x: np.ndarray, *, single: bool = False) -> tuple[np.ndarray, np.ndarray]:
    cdf, density = np.empty_like(x), np.empty_like(x)
    normal_distribution(x, cdf, density, Workspace(), single=single)
    return cdf, density


def test_all_digits_against_erfc() -> None:
    x = np.concatenate(
        [np.linspace(-5, 9, NUMBERS_AT_ONCE + 5), np.geomspace(1e-300, 1, 99), -np.geomspace(1e-300, 1, 99), EDGES]
    )
    cdf, density = distribution(x)
    # x/√2 is rounded, which changes erfc by a factor of 1 + x² 1e-16.
    expected = [math.erfc(-value / math.sqrt(2)) / 2 for value in x.tolist()]
    error = np.where(x < 0, 1 + x * x, 1) * 8e-16
    assert (np.abs(cdf - expected) <= error * expected).all()
    bell = np.array([math.exp(-value * value / 2) / math.sqrt(2 * math.pi) for value in x.tolist()])
    assert (np.abs(density - bell) <= (1 + x * x) * 8e-16 * bell).all()


# To 20 digits, by mpmath.
TAIL = {
    -2.5: 0.006209665325776135167,
    -7.0: 1.2798125438858350044e-12,
    -20.0: 2.7536241186062336951e-89,
    -35.3: 2.9361757922293897807e-273,
}


@pytest.mark.parametrize("x", TAIL)
def test_relative_error_in_the_tail(x: float) -> None:
    (cdf,), _ = distribution(np.array([x]))
    assert cdf == pytest.approx(TAIL[x], rel=1e-15)


def test_extreme_numbers() -> None:
    cdf, density = distribution(np.array([-np.inf, -1e308, -50.0, 0.0, 50.0, 1e308, np.inf, np.nan]))
    np.testing.assert_array_equal(cdf, [0, 0, 0, 0.5, 1, 1, 1, np.nan])
    np.testing.assert_array_equal(density, [0, 0, 0, 1 / math.sqrt(2 * math.pi), 0, 0, 0, np.nan])


def test_complex_step_gives_the_density() -> None:
    x = np.concatenate([np.linspace(-30, 9, 400), EDGES])
    cdf, _ = distribution(x + 1e-30j)
    exact, density = distribution(x)
    np.testing.assert_allclose(cdf.real, exact, rtol=1e-15)
    np.testing.assert_allclose(cdf.imag / 1e-30, density, rtol=1e-12, atol=1e-16)


def test_single_precision_is_reached_wherever_it_is_not_0() -> None:
    x = np.concatenate([np.linspace(-14.2, 14.2, 2001), EDGES, [0.0]])
    for exact, near in zip(distribution(x), distribution(x, single=True), strict=True):
        np.testing.assert_allclose(near, exact, rtol=4e-10)
    far, _ = distribution(np.array([-14.3, -50.0, -np.inf, np.inf]), single=True)
    np.testing.assert_array_equal(far.astype(np.float32), [0, 0, 0, 1])
