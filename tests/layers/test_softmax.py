"""Softmax and its logarithm: sums, loops, large numbers."""

from collections.abc import Callable
from math import exp, fsum, log
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from nnlab.layers.softmax import LogSoftmaxLayer, SoftmaxLayer

Prepared = Callable[..., Any]


@examples(60)
@given(shape=array_shapes(min_dims=1, max_dims=3, max_side=5), seed=st.integers(0, 2**32 - 1))
def test_outputs_and_gradients_are_the_plain_loops(prepared: Prepared, shape: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, dy = 3 * rng.standard_normal((2, 2, *shape))
    layers = [prepared(cls(), shape) for cls in (SoftmaxLayer, LogSoftmaxLayer)]
    y, log_y = (layer.forward(x, training=True) for layer in layers)
    dx, dx_log = (layer.backward(dy) for layer in layers)
    for place in np.ndindex(x.shape[:-1]):
        total = fsum(exp(number) for number in x[place])
        p = [exp(number) / total for number in x[place]]
        np.testing.assert_allclose(y[place], p, rtol=1e-13)
        np.testing.assert_allclose(log_y[place], [number - log(total) for number in x[place]], rtol=1e-12, atol=1e-14)
        for j in range(shape[-1]):
            own = [(j == k) - p[j] for k in range(shape[-1])]
            by_softmax = fsum(dy[place][k] * p[k] * own[k] for k in range(shape[-1]))
            by_log = fsum(dy[place][k] * own[k] for k in range(shape[-1]))
            np.testing.assert_allclose([dx[place][j], dx_log[place][j]], [by_softmax, by_log], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_overflow_in_neither(prepared: Prepared, dtype: Any) -> None:
    x = np.array([[1e4, 0, -1e4], [-1e30, -1e30, -1e30]], dtype)
    y = prepared(SoftmaxLayer(), (3,), dtype).forward(x, training=True)
    log_y = prepared(LogSoftmaxLayer(), (3,), dtype).forward(x, training=True)
    assert y.dtype == log_y.dtype == dtype
    np.testing.assert_allclose(y, [[1, 0, 0], [1 / 3] * 3], rtol=1e-6)
    np.testing.assert_allclose(log_y, [[0, -1e4, -2e4], [-np.log(3)] * 3], rtol=1e-6)
