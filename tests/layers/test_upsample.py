"""Nearest-neighbour upsampling against plain loops."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.layers.upsample import Upsample

Prepared = Callable[..., Any]
ORDERS = ["channels first", "channels last", "cropped"]


@settings(max_examples=40)
@given(
    shape=st.tuples(*(st.integers(1, 3) for _ in range(4))),
    factor=st.integers(1, 4),
    orders=st.tuples(st.sampled_from(ORDERS), st.sampled_from(ORDERS)),
)
def test_each_output_pixel_is_the_input_pixel_below_it(
    prepared: Prepared, laid_out: Callable[..., Any], shape: Any, factor: int, orders: Any
) -> None:
    N, C, H, W = shape
    layer = prepared(Upsample(factor=factor), (C, H, W))
    assert layer.out_shape == (C, factor * H, factor * W)
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal(shape), rng.standard_normal((N, *layer.out_shape))
    y, dx = np.zeros(dy.shape), np.zeros(x.shape)
    for n, c, i, j in product(range(N), range(C), range(factor * H), range(factor * W)):
        y[n, c, i, j] = x[n, c, i // factor, j // factor]
        dx[n, c, i // factor, j // factor] += dy[n, c, i, j]
    np.testing.assert_array_equal(layer.forward(laid_out(x, orders[0]), training=True), y)
    np.testing.assert_allclose(layer.backward(laid_out(dy, orders[1])), dx, rtol=1e-13, atol=1e-15)


def test_by_hand(prepared: Prepared) -> None:
    layer = prepared(Upsample(), (1, 1, 2))
    y = layer.forward(np.array([[[[1.0, 2.0]]]]), training=False)
    assert y.tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
    assert layer.backward(np.arange(8.0).reshape(1, 1, 2, 4)).tolist() == [[[[0 + 1 + 4 + 5, 2 + 3 + 6 + 7]]]]
    assert not layer.parameters


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_data_type_stays_and_batches_may_change_size(prepared: Prepared, dtype: Any) -> None:
    layer = prepared(Upsample(factor=3), (2, 2, 2), dtype)
    for N in (3, 8, 1, 8):
        y = layer.forward(np.full((N, 2, 2, 2), N, dtype), training=True)
        dx = layer.backward(np.ones((N, 2, 6, 6), dtype))
        assert y.dtype == dx.dtype == dtype
        np.testing.assert_array_equal(y, np.full((N, 2, 6, 6), N))
        np.testing.assert_array_equal(dx, np.full((N, 2, 2, 2), 9))
