"""Weight initialisers: standard deviations of the papers, legacy random numbers."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.arrays import Array, Shape
from nnlab.core.initialisers import Glorot, He, LeCun, Normal, Orthogonal, Scaled, Truncated, Xavier, fan_out
from nnlab.core.random import Purpose, RandomGenerator, make_streams
from nnlab.layers.linear import Linear

Std = Callable[[int, int], float]

CASES = [
    (Normal(), lambda fan_in, fan_out: 0.01),
    (Normal(std=0.5), lambda fan_in, fan_out: 0.5),
    (Xavier(), lambda fan_in, fan_out: sqrt(1 / fan_in)),
    (He(), lambda fan_in, fan_out: sqrt(2 / fan_in)),
    (LeCun(), lambda fan_in, fan_out: sqrt(1 / fan_in)),
    (Glorot(distribution="normal"), lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
]
UNIFORM = [
    (LeCun(distribution="uniform"), lambda fan_in, fan_out: sqrt(1 / fan_in)),
    (Glorot(), lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
]


@pytest.mark.parametrize(("initialiser", "std"), CASES + UNIFORM)
@given(fan_in=st.integers(1, 10**6), fan_out=st.integers(1, 10**6))
def test_standard_deviation(initialiser: Scaled, std: Std, fan_in: int, fan_out: int) -> None:
    assert initialiser.standard_deviation(fan_in, fan_out) == pytest.approx(std(fan_in, fan_out), rel=1e-15)


@given(outputs=st.integers(1, 50), inputs=st.integers(1, 50), kernel=st.integers(1, 7))
def test_fan_out(outputs: int, inputs: int, kernel: int) -> None:
    assert fan_out((inputs, outputs), inputs) == outputs
    assert fan_out((outputs, inputs, kernel, kernel), inputs * kernel**2) == outputs * kernel**2


@pytest.mark.parametrize(("initialiser", "std"), CASES)
def test_legacy_rng_weights_are_std_times_randn(initialiser: Scaled, std: Std) -> None:
    script = np.random.RandomState(11)
    rng = make_streams("legacy", 11).rng(Purpose.INIT, 0)
    for fan_in, units in ((784, 5), (5, 3)):
        weights = initialiser.draw((fan_in, units), fan_in, rng)
        np.testing.assert_array_equal(weights, std(fan_in, units) * script.randn(fan_in, units))
        assert weights.dtype == np.float64


@pytest.mark.parametrize("rng", ["streams", "legacy"])
@pytest.mark.parametrize(("initialiser", "std"), CASES)
def test_weights_are_normal_with_zero_mean(initialiser: Scaled, std: Std, rng: str) -> None:
    fan_in, units = 400, 250
    rng = make_streams(rng, 0).rng(Purpose.INIT, 0)
    weights = initialiser.draw((fan_in, units), fan_in, rng).ravel() / std(fan_in, units)
    n = weights.size
    assert abs(weights.mean()) < 5 / sqrt(n)
    assert abs(weights.std() - 1) < 5 / sqrt(2 * n)
    assert abs((weights**4).mean() - 3) < 5 * sqrt(96 / n)
    for bound, probability in ((1, 0.682689492), (2, 0.954499736)):
        spread = sqrt(probability * (1 - probability) / n)
        assert abs((np.abs(weights) < bound).mean() - probability) < 5 * spread


def test_only_a_class_that_declares_it_itself_is_repeatable() -> None:
    class Counting(He):
        """Draws others each time."""

        drawn = 0

        def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
            self.drawn += 1
            return super().draw(shape, fan_in, rng) * self.drawn

    class Declared(Counting):
        repeatable = True

    linear = {}
    for initialiser in (He(), Counting(), Declared()):
        layer = Linear(units=3, init=initialiser)
        layer.setup((4,), make_streams("streams", 0))
        linear[type(initialiser).__name__] = [parameter.repeatable for parameter in layer.parameters]
    assert linear == {"He": [True, True], "Counting": [False, False], "Declared": [True, True]}


def test_std_0_gives_zeros() -> None:
    assert not Normal(std=0.0).draw((3, 4), 3, np.random.RandomState(0)).any()


@pytest.mark.parametrize("rng", ["streams", "legacy"])
@pytest.mark.parametrize(("initialiser", "std"), UNIFORM)
def test_uniform_weights_have_the_same_variance(initialiser: Scaled, std: Std, rng: str) -> None:
    rng = make_streams(rng, 0).rng(Purpose.INIT, 0)
    weights = initialiser.draw((30, 20, 5, 5), 500, rng).ravel() / std(500, 750)
    n = weights.size
    assert abs(weights.mean()) < 5 / sqrt(n)
    assert abs((weights**2).mean() - 1) < 5 * sqrt((9 / 5 - 1) / n)
    assert 0.999 * sqrt(3) < np.abs(weights).max() <= sqrt(3)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_truncated_normal_has_no_tails(rng: str) -> None:
    weights = Truncated(std=0.5).draw((400, 250), 400, make_streams(rng, 0).rng(Purpose.INIT, 0)).ravel() / 0.5
    n = weights.size
    assert 1.99 < np.abs(weights).max() <= 2
    assert abs(weights.mean()) < 5 * 0.88 / sqrt(n)
    assert weights.std() == pytest.approx(0.8796, abs=5 * 0.88 / sqrt(2 * n))
    inside = 0.682689492 / 0.954499736
    assert abs((np.abs(weights) < 1).mean() - inside) < 5 * sqrt(inside * (1 - inside) / n)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
@pytest.mark.parametrize("shape", [(7, 7), (12, 5), (5, 12), (6, 3, 2, 2), (20, 3, 2, 2)])
def test_orthogonal_weights_are_orthonormal_rows_or_columns(shape: tuple[int, ...], rng: str) -> None:
    rng = make_streams(rng, 0).rng(Purpose.INIT, 0)
    weights = Orthogonal(gain=3.0).draw(shape, shape[0], rng)
    assert weights.shape == shape
    matrix = weights.reshape(shape[0], -1) / 3
    smaller = min(matrix.shape)
    product = matrix @ matrix.T if matrix.shape[0] == smaller else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(smaller), atol=1e-14)


def test_orthogonal_matrices_are_uniformly_distributed() -> None:
    # Without the signs of R's diagonal the first entry of Q would be negative for every matrix.
    rng = make_streams("streams", 0).rng(Purpose.INIT, 0)
    first = np.array([Orthogonal().draw((3, 3), 3, rng)[0, 0] for _ in range(400)])
    assert abs(first.mean()) < 5 * sqrt(1 / 3 / 400)
    assert abs((first**2).mean() - 1 / 3) < 5 * sqrt(4 / 45 / 400)
