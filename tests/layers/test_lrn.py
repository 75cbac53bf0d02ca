"""Local response normalisation against the formula of Krizhevsky et al. 2012, section 3.3, one number at a time."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.layers import lrn
from nnlab.layers.lrn import LocalResponseNorm

Prepared = Callable[..., Any]
ORDERS = ["channels first", "channels last", "cropped"]


def loops(x: Any, dy: Any, size: int, alpha: float, beta: float, k: float) -> tuple[np.ndarray, np.ndarray]:
    """b_i = a_i / (k + α Σ_j a_j²)^β, j from max(0, i−size/2) to min(C−1, i+size/2); dx through the Jacobian."""
    N, C, H, W = x.shape
    y, dx = np.zeros(x.shape), np.zeros(x.shape)
    for n, h, w in product(range(N), range(H), range(W)):
        a, slope = x[n, :, h, w].tolist(), dy[n, :, h, w].tolist()
        for i in range(C):
            near = range(max(0, i - size // 2), min(C - 1, i + size // 2) + 1)
            total = k + alpha * sum(a[j] ** 2 for j in near)
            y[n, i, h, w] = a[i] / total**beta
            dx[n, i, h, w] += slope[i] / total**beta
            for j in near:
                dx[n, j, h, w] -= slope[i] * a[i] * beta / total ** (beta + 1) * alpha * 2 * a[j]
    return y, dx


@settings(max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 2), st.integers(1, 3)),
    size=st.integers(1, 12),
    alpha=st.sampled_from([0.0, 1e-4, 0.5, 3.0]),
    beta=st.sampled_from([0.75, 1.0, 0.5, 2.0]),
    k=st.sampled_from([2.0, 1.0, 0.1]),
    orders=st.tuples(st.sampled_from(ORDERS), st.sampled_from(ORDERS)),
)
def test_forward_and_backward_are_the_plain_loops(
    prepared: Prepared,
    laid_out: Callable[..., Any],
    shape: Any,
    size: int,
    alpha: float,
    beta: float,
    k: float,
    orders: Any,
) -> None:
    layer = prepared(LocalResponseNorm(size=size, alpha=alpha, beta=beta, k=k), shape[1:])
    assert layer.out_shape == shape[1:]
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal(shape), rng.standard_normal(shape)
    y, dx = loops(x, dy, size, alpha, beta, k)
    for training in (False, True):
        np.testing.assert_allclose(layer.forward(laid_out(x, orders[0]), training=training), y, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.backward(laid_out(dy, orders[1])), dx, rtol=1e-12, atol=1e-13)


def test_the_defaults_are_those_of_alexnet_with_alpha_undivided(prepared: Prepared) -> None:
    layer = prepared(LocalResponseNorm(), (7, 1, 1))
    assert (layer.size, layer.alpha, layer.beta, layer.k) == (5, 1e-4, 0.75, 2.0)
    # At the borders 3 and 4 channels count, in the middle 5.
    y = layer.forward(np.full((1, 7, 1, 1), 100.0), training=False).ravel()
    np.testing.assert_allclose(y, [100 / (2 + near) ** 0.75 for near in (3, 4, 5, 5, 5, 4, 3)], rtol=1e-13)


def test_float32_stays_float32_and_close(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(LocalResponseNorm(size=3, alpha=0.5), (5, 2, 2), np.float32)
    rng = np.random.default_rng(0)
    x, dy = (frozen(rng.standard_normal((3, 5, 2, 2)), np.float32) for _ in range(2))
    y, dx = layer.forward(x, training=True).copy(), layer.backward(dy)
    assert y.dtype == dx.dtype == np.float32
    for array, expected in zip((y, dx), loops(x, dy, 3, 0.5, 0.75, 2.0), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-6)


def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared) -> None:
    layer = prepared(LocalResponseNorm(alpha=0.3), (6, 2, 2))
    rng = np.random.default_rng(1)
    for N in (2, 5, 1, 5):
        x, dy = rng.standard_normal((N, 6, 2, 2)), rng.standard_normal((N, 6, 2, 2))
        layer.forward(np.ones((N + 1, 6, 2, 2)), training=False)  # an evaluation between two steps
        y, dx = layer.forward(x, training=True), layer.backward(dy)
        for array, expected in zip((y, dx), loops(x, dy, 5, 0.3, 0.75, 2.0), strict=True):
            np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [1, 4, 7, 15])
def test_blocks_of_pixels_give_the_numbers_of_a_whole_batch(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    rng = np.random.default_rng(2)
    x, dy = rng.standard_normal((2, 3, 6, 5, 3))
    found = []
    for block_bytes in (lrn.BLOCK_BYTES, 4 * 6 * 8, 1):  # all 45 pixels at once, 4 and a last one alone, one at a time
        monkeypatch.setattr(lrn, "BLOCK_BYTES", block_bytes)
        layer = prepared(LocalResponseNorm(size=size, alpha=0.3), x.shape[1:])
        found.append((layer.forward(x, training=True).copy(), layer.backward(dy)))
    for y, dx in found:
        np.testing.assert_array_equal(y, found[0][0])
        np.testing.assert_array_equal(dx, found[0][1])
    np.testing.assert_allclose(found[0], loops(x, dy, size, 0.3, 0.75, 2.0), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("value", [0.0, 1e18])
def test_no_sum_of_squares_is_too_small_or_too_large(prepared: Prepared, value: float) -> None:
    layer = prepared(LocalResponseNorm(), (3, 1, 1), np.float32)
    assert np.isfinite(layer.forward(np.full((1, 3, 1, 1), value, np.float32), training=True)).all()
    assert np.isfinite(layer.backward(np.ones((1, 3, 1, 1), np.float32))).all()
