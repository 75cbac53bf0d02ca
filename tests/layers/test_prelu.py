"""Parametric ReLU: which slope acts where, and its gradient by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.layers.prelu import PReLU

Prepared = Callable[..., Any]


@pytest.mark.parametrize(
    ("in_shape", "shared", "slopes"),
    [((4,), False, 4), ((4,), True, 1), ((3, 2, 2), False, 3), ((3, 2, 2), True, 1), ((5, 2), False, 2)],
)
def test_slopes_per_channel_feature_or_one_for_all(
    prepared: Prepared, in_shape: tuple[int, ...], shared: bool, slopes: int
) -> None:
    layer = prepared(PReLU(shared=shared), in_shape)
    (a,) = layer.parameters
    assert (a.name, a.shape, a.regularized) == ("a", (slopes,), False)
    assert (a.value == 0.25).all()


def test_a_step_by_hand(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = prepared(PReLU(), (3,))
    layer.a.value[:] = [0.5, -1.0, 2.0]
    x = frozen([[-2.0, -3.0, 0.0], [4.0, -5.0, -6.0]])
    np.testing.assert_array_equal(layer.forward(x, training=True), [[-1, 3, 0], [4, 5, -12]])
    np.testing.assert_array_equal(layer.kink_sides(), [[False, False, False], [True, False, False]])
    dx = layer.backward(frozen([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]]))
    np.testing.assert_array_equal(dx, [[0.5, -10, 200], [2, -20, 400]])
    np.testing.assert_array_equal(layer.a.grad, [-2, -30 - 100, -1200])


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("order", ["channels first", "channels last", "cropped"])
def test_images_in_any_memory_order(prepared: Prepared, laid_out: Callable[..., Any], order: str, shared: bool) -> None:
    layer = prepared(PReLU(shared=shared), (2, 3, 4))
    layer.a.value[:] = -0.3 if shared else [0.1, 0.7]
    rng = np.random.default_rng(0)
    for N in (3, 1, 4):
        x, dy = rng.standard_normal((2, N, 2, 3, 4))
        slopes = np.broadcast_to(layer.a.value, 2).reshape(2, 1, 1)
        y = layer.forward(laid_out(x, order), training=True)
        np.testing.assert_array_equal(y, np.where(x > 0, x, slopes * x))
        np.testing.assert_array_equal(layer.backward(laid_out(dy, order)), np.where(x > 0, dy, slopes * dy))
        da = np.where(x > 0, 0, dy * x).sum(axis=(0, 2, 3))
        np.testing.assert_allclose(layer.a.grad, [da.sum()] if shared else da, rtol=1e-13)
