"""The gated recurrent unit: its gates, and both places of the reset gate."""

from collections.abc import Callable
from math import exp, tanh
from typing import Any

import numpy as np
import pytest

from nnlab.layers.gru import GRU

Prepared = Callable[..., Any]


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


@pytest.mark.parametrize("reset_after", [True, False])
def test_two_steps_by_hand(prepared: Prepared, reset_after: bool) -> None:
    layer = prepared(GRU(units=1, reset_after=reset_after), (2, 1))
    layer.Wx.value[...], layer.Wh.value[...], layer.b.value[...] = (
        [[0.5, -0.3, 0.9]],
        [[0.4, 0.7, -1.1]],
        [0.1, 0.2, 0.3],
    )
    if reset_after:
        layer.bh.value[...] = -0.6
    h, expected = 0.0, []
    for x in (1.0, -2.0):
        z, r = sigmoid(0.5 * x + 0.4 * h + 0.1), sigmoid(-0.3 * x + 0.7 * h + 0.2)
        of_state = r * (-1.1 * h - 0.6) if reset_after else -1.1 * (r * h)
        h = (1 - z) * tanh(0.9 * x + of_state + 0.3) + z * h
        expected.append(h)
    y = layer.forward(np.array([[[1.0], [-2.0]]]), training=False)
    assert y.ravel() == pytest.approx(expected, rel=1e-14)


def test_the_bias_of_the_state_is_there_where_the_reset_gate_multiplies_it(prepared: Prepared) -> None:
    def biases(**keys: Any) -> list[str]:
        layer = prepared(GRU(units=2, **keys), (3, 2))
        return [parameter.name for parameter in layer.parameters if not parameter.regularized]

    assert biases() == ["b", "bh"]
    assert biases(reset_after=False) == ["b"]
    assert biases(bias=False) == biases(bias=False, reset_after=False) == []
