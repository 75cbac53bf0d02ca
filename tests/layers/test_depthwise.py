"""Depthwise convolutions against one convolution for each channel."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.layers import depthwise
from nnlab.layers.conv import Conv2D
from nnlab.layers.planning import activation_memory, multiply_adds

Prepared = Callable[..., Any]
KEYS: list[dict[str, Any]] = [
    {"kernel": 3, "padding": "same", "dilation": 2},
    {"kernel": [2, 3], "stride": [1, 2], "padding": [0, 1]},
    {"kernel": 2, "stride": 3, "bias": False},
]


@pytest.mark.parametrize("keys", KEYS, ids=str)
@pytest.mark.parametrize("filters", [3, 6])
@pytest.mark.parametrize("piece_bytes", [1, depthwise.PIECE_BYTES])
def test_each_channel_is_a_convolution_of_its_own(
    prepared: Prepared,
    laid_out: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, Any],
    filters: int,
    piece_bytes: int,
) -> None:
    monkeypatch.setattr(depthwise, "PIECE_BYTES", piece_bytes)
    layer = prepared(Conv2D(filters=filters, groups=3, **keys), (3, 7, 6))
    rng, each = np.random.default_rng(0), filters // 3
    for parameter in layer.parameters:
        parameter.value[...] = rng.standard_normal(parameter.shape)
    x, dy = rng.standard_normal((4, 3, 7, 6)), rng.standard_normal((4, *layer.out_shape))
    y = layer.forward(laid_out(x, "channels first"), training=True).copy()
    dx = layer.backward(laid_out(dy, "channels last"))
    for channel in range(3):
        alone = prepared(Conv2D(filters=each, **keys), (1, 7, 6))
        own = slice(each * channel, each * (channel + 1))
        for parameter, whole in zip(alone.parameters, layer.parameters, strict=True):
            parameter.value[...] = whole.value[own]
        expected = alone.forward(x[:, channel : channel + 1], training=True)
        np.testing.assert_allclose(y[:, own], expected, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(dx[:, [channel]], alone.backward(dy[:, own]), rtol=1e-13, atol=1e-13)
        for parameter, whole in zip(alone.parameters, layer.parameters, strict=True):
            np.testing.assert_allclose(whole.grad[own], parameter.grad, rtol=1e-12, atol=1e-12)


def test_weights_and_costs_are_those_of_one_channel_for_each_filter(prepared: Prepared) -> None:
    layer = prepared(Conv2D(filters=6, kernel=3, groups=3, padding="same"), (3, 7, 6))
    assert layer.W.shape == (6, 1, 3, 3)
    assert multiply_adds(layer) == 6 * 9 * 7 * 6
    assert activation_memory(layer) == 3 * 6 * 7 * 6


def test_a_frozen_layer_passes_on_the_gradient_and_writes_none(prepared: Prepared) -> None:
    layer, frozen = (prepared(Conv2D(filters=2, groups=2, frozen=still), (2, 4, 4)) for still in (False, True))
    x, dy = np.random.default_rng(0).standard_normal((2, 3, 2, 4, 4))[:, :, :, :2]
    x, dy = np.repeat(x, 2, axis=2), dy[..., :2]
    for each in (layer, frozen):
        for parameter in each.parameters:
            parameter.value[...] = 0.5
            parameter.grad[...] = 7
        each.forward(x, training=True)
    np.testing.assert_array_equal(frozen.backward(dy), layer.backward(dy))
    assert all((parameter.grad == 7).all() for parameter in frozen.parameters)
    assert not any((parameter.grad == 7).any() for parameter in layer.parameters)
