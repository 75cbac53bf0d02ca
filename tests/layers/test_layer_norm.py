"""Layer normalisation against the paper's equations, one sample and one number at a time."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.layers.layer_norm import LayerNorm

Prepared = Callable[..., Any]
ORDERS = ["channels first", "channels last", "cropped"]


def loops(x: Any, dy: Any, gamma: Any, beta: Any, eps: float) -> tuple[Any, Any, Any, Any]:
    """Equation 3 of Ba et al. 2016 for samples as lists of D numbers; gradients through the whole Jacobian."""
    D = len(x[0])
    y, dx, dgamma, dbeta = [], [], [0.0] * D, [0.0] * D
    for sample, slope in zip(x, dy, strict=True):
        mean = sum(sample) / D
        sigma = sqrt(sum((value - mean) ** 2 for value in sample) / D + eps)
        normalised = [(value - mean) / sigma for value in sample]
        y.append([gamma[i] * normalised[i] + beta[i] for i in range(D)])
        jacobian = [
            [((i == j) - 1 / D) / sigma - normalised[i] * (sample[j] - mean) / (D * sigma**2) for i in range(D)]
            for j in range(D)
        ]
        dx.append([sum(slope[i] * gamma[i] * row[i] for i in range(D)) for row in jacobian])
        for i in range(D):
            dgamma[i] += slope[i] * normalised[i]
            dbeta[i] += slope[i]
    return y, dx, dgamma, dbeta


def assert_loops(layer: Any, x: Any, dy: Any, tolerance: float, *, training: bool = True) -> None:
    y = layer.forward(x, training=training).copy()
    dx = layer.backward(dy)
    samples, slopes = (array.astype(np.float64).reshape(len(array), -1).tolist() for array in (x, dy))
    gamma, beta = (parameter.value.astype(np.float64).ravel().tolist() for parameter in (layer.gamma, layer.beta))
    oracle = loops(samples, slopes, gamma, beta, layer.eps)
    for array, expected in zip((y, dx, layer.gamma.grad, layer.beta.grad), oracle, strict=True):
        assert array.dtype == x.dtype
        np.testing.assert_allclose(array.ravel(), np.ravel(expected), rtol=tolerance, atol=tolerance)


def with_parameters(layer: Any) -> Any:
    layer.gamma.value[...] = np.linspace(0.5, 2, layer.gamma.size).reshape(layer.in_shape)
    layer.beta.value[...] = np.linspace(-1, 1, layer.beta.size).reshape(layer.in_shape)
    return layer


@settings(max_examples=50)
@given(
    N=st.integers(1, 4),
    in_shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    eps=st.sampled_from([1e-5, 1e-3, 0.1]),
    training=st.booleans(),
)
def test_forward_and_backward_are_the_plain_loops(
    prepared: Prepared, frozen: Callable[..., Any], N: int, in_shape: tuple[int, ...], eps: float, training: bool
) -> None:
    layer = with_parameters(prepared(LayerNorm(eps=eps), in_shape))
    assert layer.out_shape == in_shape
    rng = np.random.default_rng(0)
    x, dy = (frozen(rng.standard_normal((N, *in_shape))) for _ in range(2))
    assert_loops(layer, x, dy, 1e-12, training=training)


@pytest.mark.parametrize("order_dy", ORDERS)
@pytest.mark.parametrize("order_x", ORDERS)
def test_images_in_any_memory_order(
    prepared: Prepared, laid_out: Callable[..., Any], order_x: str, order_dy: str
) -> None:
    layer = with_parameters(prepared(LayerNorm(), (3, 2, 4)))
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((2, 3, 2, 4)), rng.standard_normal((2, 3, 2, 4))
    assert_loops(layer, laid_out(x, order_x), laid_out(dy, order_dy), 1e-12)


def test_float32_stays_float32_and_close(prepared: Prepared, frozen: Callable[..., Any]) -> None:
    layer = with_parameters(prepared(LayerNorm(), (3, 2, 2), np.float32))
    rng = np.random.default_rng(1)
    x, dy = (frozen(rng.standard_normal((4, 3, 2, 2)), np.float32) for _ in range(2))
    assert_loops(layer, x, dy, 1e-5)


def test_each_sample_by_itself(prepared: Prepared) -> None:
    layer = prepared(LayerNorm(), (2, 3, 3))
    x = 5 + 40 * np.random.default_rng(2).standard_normal((6, 2, 3, 3))
    together = layer.forward(x, training=True).copy()
    np.testing.assert_allclose(together.mean(axis=(1, 2, 3)), 0, atol=1e-13)
    np.testing.assert_allclose(together.std(axis=(1, 2, 3)), 1, rtol=1e-6)
    for n in range(6):
        np.testing.assert_allclose(layer.forward(x[n : n + 1], training=False), together[n : n + 1], rtol=1e-12)


def test_a_constant_sample_becomes_beta(prepared: Prepared) -> None:
    layer = with_parameters(prepared(LayerNorm(), (4,)))
    np.testing.assert_array_equal(layer.forward(np.full((2, 4), 3.0), training=True), [layer.beta.value] * 2)


def test_defaults_start_as_plain_normalisation_outside_the_penalties(prepared: Prepared) -> None:
    layer = prepared(LayerNorm(), (2, 3, 3))
    assert layer.eps == 1e-5
    found = [(parameter.name, parameter.shape, parameter.regularized) for parameter in layer.parameters]
    assert found == [("gamma", (2, 3, 3), False), ("beta", (2, 3, 3), False)]
    assert (layer.gamma.value == 1).all()
    assert not layer.beta.value.any()


def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared) -> None:
    layer = with_parameters(prepared(LayerNorm(), (5,)))
    rng = np.random.default_rng(3)
    for N in (2, 9, 1, 9):
        layer.forward(rng.standard_normal((N + 1, 5)), training=False)  # an evaluation between two steps
        assert_loops(layer, rng.standard_normal((N, 5)), rng.standard_normal((N, 5)), 1e-12)
