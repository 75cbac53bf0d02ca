"""Steps chosen and ordered: last_step and reverse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.errors import ShapeError
from nnlab.layers.sequence import LastStep, Reverse

Prepared = Callable[..., Any]


@pytest.fixture(params=["sample by sample", "step by step"])
def sequences(request: pytest.FixtureRequest) -> Callable[..., np.ndarray]:
    """Random sequences (N, T, ...) in one of two memory orders."""

    def draw(*shape: int, seed: int = 0) -> np.ndarray:
        x = np.random.default_rng(seed).standard_normal(shape)
        x = x if request.param == "sample by sample" else x.swapaxes(0, 1).copy().swapaxes(0, 1)
        x.flags.writeable = False
        return x

    return draw


def test_last_step_passes_no_gradient_to_earlier_steps(prepared: Prepared, sequences: Any) -> None:
    layer = prepared(LastStep(), (3, 2))
    assert layer.out_shape == (2,)
    x, dy = sequences(4, 3, 2), sequences(4, 2, seed=1)
    np.testing.assert_array_equal(layer.forward(x, training=True), x[:, 2])
    for _ in range(2):
        dx = layer.backward(dy)
        np.testing.assert_array_equal(dx, np.stack([0 * dy, 0 * dy, dy], axis=1))
        dx[...] = np.nan


def test_reverse_undoes_itself(prepared: Prepared, sequences: Any) -> None:
    layer, again = prepared(Reverse(), (3, 2)), prepared(Reverse(), (3, 2))
    x = sequences(4, 3, 2)
    y = layer.forward(x, training=True)
    np.testing.assert_array_equal(y, np.stack([x[:, 2], x[:, 1], x[:, 0]], axis=1))
    np.testing.assert_array_equal(again.forward(y, training=True), x)
    np.testing.assert_array_equal(layer.backward(x), y)


def test_last_step_of_features_without_steps_is_refused(prepared: Prepared) -> None:
    with pytest.raises(ShapeError, match=r"^layer 2 last_step: needs a sequence \(T, D\), got 5$"):
        prepared(LastStep(), (5,), index=1)
