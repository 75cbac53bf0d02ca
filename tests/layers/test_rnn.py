"""The simple recurrent layer by hand."""

from collections.abc import Callable
from math import tanh
from typing import Any

import numpy as np
import pytest

from nnlab.layers.rnn import RNN

Prepared = Callable[..., Any]


def test_two_steps_by_hand(prepared: Prepared) -> None:
    layer = prepared(RNN(units=1), (2, 1))
    layer.Wx.value[...], layer.Wh.value[...], layer.b.value[...] = 0.5, -0.8, 0.1
    h1 = tanh(0.5 * 1.0 + 0.1)
    h2 = tanh(0.5 * -2.0 - 0.8 * h1 + 0.1)
    y = layer.forward(np.array([[[1.0], [-2.0]]]), training=True)
    assert y.ravel() == pytest.approx([h1, h2], rel=1e-14)
    dx = layer.backward(np.array([[[0.0], [1.0]]]))
    dz2 = 1 - h2**2
    dz1 = dz2 * -0.8 * (1 - h1**2)
    assert dx.ravel() == pytest.approx([dz1 * 0.5, dz2 * 0.5], rel=1e-14)
    assert layer.Wx.grad.item() == pytest.approx(dz1 * 1.0 + dz2 * -2.0, rel=1e-14)
    assert layer.Wh.grad.item() == pytest.approx(dz2 * h1, rel=1e-14)
    assert layer.b.grad.item() == pytest.approx(dz1 + dz2, rel=1e-14)


@pytest.mark.parametrize(("weight", "grows"), [(0.5, False), (2.0, True)])
def test_gradients_of_early_steps_vanish_or_explode_with_the_weight_of_the_state(
    prepared: Prepared, weight: float, grows: bool
) -> None:
    layer = prepared(RNN(units=1, activation="relu"), (50, 1))
    layer.Wx.value[...], layer.Wh.value[...] = 1.0, weight
    layer.forward(np.full((1, 50, 1), 0.01), training=True)
    dy = np.zeros((1, 50, 1))
    dy[0, -1] = 1.0
    dx = layer.backward(dy).ravel()
    np.testing.assert_allclose(dx, weight ** np.arange(49, -1, -1.0), rtol=1e-12)
    assert (dx[0] > 1e14) == grows
    assert (dx[0] < 1e-14) != grows
    assert layer.kink_sides().all()
