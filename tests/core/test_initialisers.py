"""Starting weights: legacy draws are those of the published scripts, the spread is the one of the papers."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.initialisers import He, Initialiser, Normal, Xavier
from nnlab.core.random import Purpose, make_streams

CASES = [
    (Normal(), lambda fan_in: 0.01),
    (Normal(std=0.5), lambda fan_in: 0.5),
    (Xavier(), lambda fan_in: sqrt(1 / fan_in)),
    (He(), lambda fan_in: sqrt(2 / fan_in)),
]


@pytest.mark.parametrize(("initialiser", "std"), CASES)
@given(fan_in=st.integers(1, 10**6))
def test_the_standard_deviation_is_the_papers(
    initialiser: Initialiser, std: Callable[[int], float], fan_in: int
) -> None:
    assert initialiser.standard_deviation(fan_in) == pytest.approx(std(fan_in), rel=1e-15)


@pytest.mark.parametrize(("initialiser", "std"), CASES)
def test_legacy_weights_are_std_times_randn_layer_after_layer(
    initialiser: Initialiser, std: Callable[[int], float]
) -> None:
    script = np.random.RandomState(11)
    draws = make_streams("legacy", 11).draws(Purpose.INIT, 0)
    for fan_in, units in ((784, 5), (5, 3)):
        weights = initialiser.draw((fan_in, units), fan_in, draws)
        np.testing.assert_array_equal(weights, std(fan_in) * script.randn(fan_in, units))
        assert weights.dtype == np.float64


@pytest.mark.parametrize("rng", ["streams", "legacy"])
@pytest.mark.parametrize(("initialiser", "std"), CASES)
def test_weights_are_normal_with_mean_0(initialiser: Initialiser, std: Callable[[int], float], rng: str) -> None:
    fan_in, units = 400, 250
    draws = make_streams(rng, 0).draws(Purpose.INIT, 0)
    weights = initialiser.draw((fan_in, units), fan_in, draws).ravel() / std(fan_in)
    n = weights.size
    assert abs(weights.mean()) < 5 / sqrt(n)
    assert abs(weights.std() - 1) < 5 / sqrt(2 * n)
    assert abs((weights**4).mean() - 3) < 5 * sqrt(96 / n)
    for bound, probability in ((1, 0.682689492), (2, 0.954499736)):
        spread = sqrt(probability * (1 - probability) / n)
        assert abs((np.abs(weights) < bound).mean() - probability) < 5 * spread


def test_std_0_gives_zeros() -> None:
    assert not Normal(std=0.0).draw((3, 4), 3, np.random.RandomState(0)).any()
