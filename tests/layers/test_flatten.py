"""Flatten emits C, H, W order whatever the memory looks like."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes

from nnlab.layers.flatten import Flatten

Prepared = Callable[..., Any]


@given(array_shapes(min_dims=4, max_dims=4, max_side=4))
def test_forward_is_c_h_w_order_and_backward_its_inverse(prepared: Prepared, shape: tuple[int, ...]) -> None:
    N, C, H, W = shape
    x = np.random.default_rng(0).standard_normal(shape)
    layer = prepared(Flatten(), (C, H, W))
    y = layer.forward(x, training=True)
    assert layer.out_shape == (C * H * W,)
    assert y.shape == (N, C * H * W)
    for n in range(N):
        position = 0
        for c in range(C):
            for h in range(H):
                for w in range(W):
                    assert y[n, position] == x[n, c, h, w]
                    position += 1
    np.testing.assert_array_equal(layer.backward(y), x)


@pytest.mark.parametrize("order", ["channels first", "channels last", "cropped"])
def test_images_in_any_memory_order_come_out_in_c_h_w_order(
    prepared: Prepared, laid_out: Callable[..., Any], order: str
) -> None:
    layer = prepared(Flatten(), (2, 3, 4))
    for N in (2, 5, 1, 5):
        x = np.arange(N * 24.0)
        images = laid_out(x.reshape(N, 2, 3, 4), order)
        np.testing.assert_array_equal(layer.forward(images, training=False), x.reshape(N, 24))
        dy = np.asfortranarray(-x.reshape(N, 24))
        dy.flags.writeable = False
        np.testing.assert_array_equal(layer.backward(dy), -x.reshape(N, 2, 3, 4))


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4, 5)])
def test_any_sample_shape_becomes_a_vector(prepared: Prepared, shape: tuple[int, ...]) -> None:
    layer = prepared(Flatten(), shape)
    x = np.random.default_rng(1).standard_normal((7, *shape))
    assert layer.forward(x, training=False).shape == (7, *layer.out_shape) == (7, x[0].size)


def test_the_data_type_stays(prepared: Prepared) -> None:
    layer = prepared(Flatten(), (2, 2, 2), np.float32)
    assert layer.forward(np.ones((3, 2, 2, 2), np.float32), training=True).dtype == np.float32
    assert layer.backward(np.ones((3, 8), np.float32)).dtype == np.float32
