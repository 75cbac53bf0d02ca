"""The linear layer against plain loops, and the published worked example."""

from collections.abc import Callable
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlab.core.initialisers import He, Xavier
from nnlab.errors import ShapeError
from nnlab.layers.linear import Linear
from nnlab.layers.planning import multiply_adds
from nnlab.losses import CrossEntropy

Prepared = Callable[..., Any]


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    """x (N, D), W (D, K), b (K,), dy (N, K)."""
    N, D, K = (draw(st.integers(1, 5)) for _ in range(3))
    elements = st.floats(-10, 10)
    return tuple(draw(arrays(np.float64, shape, elements=elements)) for shape in ((N, D), (D, K), (K,), (N, K)))


def loops(x: Any, W: Any, b: Any, dy: Any) -> tuple[Any, Any, Any, Any]:
    """y = xW + b and the gradients of Σ y·dy for x, W and b, one number at a time."""
    N, D, K = len(x), len(W), len(b)
    y = [[sum(x[n][i] * W[i][k] for i in range(D)) + b[k] for k in range(K)] for n in range(N)]
    dx = [[sum(dy[n][k] * W[i][k] for k in range(K)) for i in range(D)] for n in range(N)]
    dW = [[sum(x[n][i] * dy[n][k] for n in range(N)) for k in range(K)] for i in range(D)]
    db = [sum(dy[n][k] for n in range(N)) for k in range(K)]
    return y, dx, dW, db


@pytest.mark.parametrize(("dtype", "rtol", "atol"), [(np.float64, 1e-12, 1e-12), (np.float32, 1e-5, 1e-3)])
@given(problem=problems())
def test_forward_and_backward_are_the_plain_loops(
    prepared: Prepared, frozen: Callable[..., Any], dtype: Any, rtol: float, atol: float, problem: Any
) -> None:
    x, W, b, dy = (frozen(array, dtype) for array in problem)
    layer = prepared(Linear(units=W.shape[1]), (W.shape[0],), dtype)
    layer.W.value[...], layer.b.value[...] = W, b
    y = layer.forward(x, training=True)
    dx = layer.backward(dy)
    for array, oracle in zip((y, dx, layer.W.grad, layer.b.grad), loops(*problem), strict=True):
        assert array.dtype == dtype
        np.testing.assert_allclose(array, oracle, rtol=rtol, atol=atol)
    np.testing.assert_array_equal(layer.W.value, W)
    np.testing.assert_array_equal(layer.b.value, b)


@given(problem=problems())
def test_without_bias(prepared: Prepared, frozen: Callable[..., Any], problem: Any) -> None:
    x, W, b, dy = problem
    layer = prepared(Linear(units=len(b), bias=False), (len(W),))
    layer.W.value[...] = W
    assert [parameter.name for parameter in layer.parameters] == ["W"]
    y, dx, dW, _ = loops(x, W, 0 * b, dy)
    np.testing.assert_allclose(layer.forward(frozen(x), training=False), y, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer.backward(frozen(dy)), dx, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(layer.W.grad, dW, rtol=1e-12, atol=1e-12)


def test_the_published_example_of_one_linear_layer(prepared: Prepared) -> None:
    layer = prepared(Linear(units=3), (2,))
    layer.W.value[...] = [[0.24055208, -0.08417877, 0.10270625], [0.57949381, 0.17237454, 0.73158598]]
    loss = CrossEntropy()
    scores = layer.forward(np.array([[0.6, 0.9]]), training=True)
    # W is published to 8 decimals, which leaves up to 0.75 in the eighth decimal of a score.
    np.testing.assert_allclose(scores, [[0.66587567, 0.10462982, 0.72005113]], rtol=0, atol=1.25e-8)
    exact = loss.forward(scores, np.array([2]))
    assert exact == pytest.approx(log(sum(exp(score) for score in scores[0])) - scores[0, 2], rel=1e-14)
    layer.backward(loss.backward())
    np.testing.assert_allclose(layer.b.grad, layer.W.grad[0] / 0.6, rtol=1e-12)
    # The published script takes the logarithm of p + 1e-7, which shows in the seventh decimal of loss and dW.
    p = exp(-exact)
    assert -log(p + 1e-7) == pytest.approx(0.9113499, rel=0, abs=5e-8)
    published = [[0.22846974, 0.1303415, -0.35881124], [0.34270461, 0.19551225, -0.53821686]]
    np.testing.assert_allclose(layer.W.grad * p / (p + 1e-7), published, rtol=0, atol=1e-8)
    np.testing.assert_allclose(layer.W.grad, published, rtol=0, atol=2e-7)


def test_gradients_are_overwritten_not_accumulated(prepared: Prepared) -> None:
    layer = prepared(Linear(units=2), (3,))
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    layer.W.grad[...] = layer.b.grad[...] = np.nan
    for _ in range(2):
        layer.forward(x, training=True)
        layer.backward(dy)
        np.testing.assert_allclose(layer.W.grad, x.T @ dy, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(layer.b.grad, dy.sum(axis=0), rtol=1e-12, atol=1e-14)


def test_parameter_gradients_alone_are_those_of_the_whole_backward(prepared: Prepared) -> None:
    layer = prepared(Linear(units=6), (5,))
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((8, 5)), rng.standard_normal((8, 6))
    layer.forward(x, training=True)
    layer.backward(dy)
    dW, db = layer.W.grad.copy(), layer.b.grad.copy()
    layer.W.grad[...] = layer.b.grad[...] = np.nan
    layer.backward_parameters(dy)
    np.testing.assert_array_equal(layer.W.grad, dW)
    np.testing.assert_array_equal(layer.b.grad, db)


def test_batches_of_changing_size_do_not_disturb_each_other(prepared: Prepared) -> None:
    layer = prepared(Linear(units=2), (3,))
    rng = np.random.default_rng(2)
    for N in (5, 100, 1, 100, 7):
        x, dy = rng.standard_normal((N, 3)), rng.standard_normal((N, 2))
        y, dx = layer.forward(x, training=True), layer.backward(dy)
        np.testing.assert_allclose(y, x @ layer.W.value + layer.b.value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(dx, dy @ layer.W.value.T, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(layer.b.grad, dy.sum(axis=0), rtol=1e-12, atol=1e-13)


def test_inputs_in_any_memory_order(prepared: Prepared) -> None:
    layer = prepared(Linear(units=4), (3,))
    rng = np.random.default_rng(3)
    x, dy = rng.standard_normal((6, 3)), rng.standard_normal((6, 4))
    layer.forward(x, training=True)
    expected = layer.backward(dy).copy(), layer.W.grad.copy()
    layer.forward(np.repeat(x, 2, axis=0)[::2], training=True)
    dx = layer.backward(np.asfortranarray(dy))
    np.testing.assert_allclose(dx, expected[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.W.grad, expected[1], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("order", ["sample by sample", "step by step", "neither"])
@pytest.mark.parametrize("bias", [True, False])
def test_each_step_of_a_sequence_by_loops(
    prepared: Prepared, frozen: Callable[..., Any], order: str, bias: bool
) -> None:
    layer = prepared(Linear(units=2, bias=bias), (3, 4))
    assert layer.out_shape == (3, 2)
    assert multiply_adds(layer) == 3 * 4 * 2
    rng = np.random.default_rng(3)
    b = rng.standard_normal(2) if bias else np.zeros(2)
    if bias:
        layer.b.value[...] = b
    x, dy = rng.standard_normal((5, 3, 4)), rng.standard_normal((5, 3, 2))
    by_step = [loops(x[:, t], layer.W.value, b, dy[:, t]) for t in range(3)]
    laid_out = {
        "sample by sample": x,
        "step by step": x.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        "neither": np.pad(x, ((0, 0), (1, 1), (0, 0)))[:, 1:-1],
    }[order]
    y = layer.forward(frozen(laid_out) if order == "sample by sample" else laid_out, training=True)
    dx = layer.backward(frozen(dy))
    np.testing.assert_allclose(y, np.stack([step[0] for step in by_step], axis=1), rtol=1e-12)
    np.testing.assert_allclose(dx, np.stack([step[1] for step in by_step], axis=1), rtol=1e-12)
    np.testing.assert_allclose(layer.W.grad, sum(np.array(step[2]) for step in by_step), rtol=1e-12)
    if bias:
        np.testing.assert_allclose(layer.b.grad, sum(np.array(step[3]) for step in by_step), rtol=1e-12)


def test_weights_are_regularized_and_biases_are_not(prepared: Prepared) -> None:
    layer = prepared(Linear(units=4), (3,))
    assert [(p.name, p.shape, p.regularized) for p in layer.parameters] == [("W", (3, 4), True), ("b", (4,), False)]
    assert layer.out_shape == (4,)


@pytest.mark.parametrize(("shape", "text"), [((1, 28, 28), "1x28x28"), ((2, 3, 4, 5), "2x3x4x5")])
def test_an_image_is_refused_by_name_place_and_remedy(prepared: Prepared, shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(ShapeError, match=rf"^layer 3 linear: .*{text}.*flatten"):
        prepared(Linear(units=2), shape, index=2)


def test_fan_in_of_a_linear_layer_is_the_number_of_its_inputs(prepared: Prepared) -> None:
    layer = prepared(Linear(units=40, init=He()), (1000,))
    assert layer.W.value.std() == pytest.approx(sqrt(2 / 1000), rel=0.03)
    layer = prepared(Linear(units=1000, init=Xavier()), (40,))
    assert layer.W.value.std() == pytest.approx(sqrt(1 / 40), rel=0.03)


def test_biases_start_at_0_and_draw_nothing(prepared: Prepared) -> None:
    with_bias = prepared(Linear(units=7), (9,), rng="legacy")
    without = prepared(Linear(units=7, bias=False), (9,), rng="legacy")
    assert not with_bias.b.value.any()
    np.testing.assert_array_equal(with_bias.W.value, without.W.value)


def test_float32_weights_are_the_float64_draws_rounded(prepared: Prepared) -> None:
    single = prepared(Linear(units=7), (9,), np.float32).W.value
    double = prepared(Linear(units=7), (9,), np.float64).W.value
    np.testing.assert_array_equal(single, double.astype(np.float32))
