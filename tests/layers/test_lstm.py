"""Long short-term memory: its cell, its gates, its initial bias."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.core.given_weights import GivenWeights
from nnlab.layers.lstm import LSTM

Prepared = Callable[..., Any]


def test_an_open_forget_gate_keeps_the_cell_and_a_closed_one_clears_it(prepared: Prepared) -> None:
    layer = prepared(LSTM(units=1), (4, 1))
    f, g, i, o = range(4)
    layer.Wx.value[...] = layer.Wh.value[...] = 0
    layer.Wx.value[0, g] = 50.0  # the candidate is the sign of the input, the other gates depend on their biases only
    x = np.array([[[1.0], [0.0], [0.0], [0.0]]])
    layer.b.value[[f, g, i, o]] = 50, 0, 50, 50
    np.testing.assert_allclose(layer.forward(x, training=False).ravel(), np.tanh([1.0, 1, 1, 1]), rtol=1e-12)
    layer.b.value[f] = -50
    np.testing.assert_allclose(layer.forward(x, training=False).ravel(), np.tanh([1.0, 0, 0, 0]), atol=1e-12)
    layer.b.value[[f, o]] = 50, -50
    np.testing.assert_allclose(layer.forward(x, training=False), 0, atol=1e-12)


def test_gates_saturate_without_overflow(prepared: Prepared) -> None:
    layer = prepared(LSTM(units=3), (2, 2), np.float32)
    y = layer.forward(np.full((1, 2, 2), 1e30, np.float32), training=True)
    assert np.isfinite(y).all()
    assert np.isfinite(layer.backward(np.ones((1, 2, 3), np.float32))).all()


@pytest.mark.parametrize(("forget_bias", "bias"), [(1.0, [1, 1]), (0.0, [0, 0]), (-2.5, [-2.5, -2.5])])
def test_only_the_forget_gate_starts_with_a_bias(prepared: Prepared, forget_bias: float, bias: list[float]) -> None:
    layer = prepared(LSTM(units=2, forget_bias=forget_bias), (4, 3))
    assert layer.b.value.tolist() == [*bias, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("b", "expected"), [([0.0, 5, 6, 7], [0, 5, 6, 7]), ([0.0] * 4, [0] * 4), (None, [1, 0, 0, 0])]
)
def test_given_biases_stay(prepared: Prepared, b: list[float] | None, expected: list[float]) -> None:
    layer = prepared(LSTM(units=1, init=GivenWeights(W=[[1.0, 2, 3, 4]], b=b)), (4, 1))
    assert layer.b.value.tolist() == expected
