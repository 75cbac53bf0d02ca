"""Activations against their formulas, one number at a time, with derivatives written from the input."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnlab.core.arrays import ZEROS
from nnlab.core.random import AddressedStreams
from nnlab.layers.activations import ELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from nnlab.layers.base import Activation

Prepared = Callable[..., Any]
Function = Callable[[float], float]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


# Each activation with its function and its derivative (at a kink: the one from the left).
CASES: list[tuple[Callable[[], Activation], Function, Function]] = [
    (Identity, lambda x: x, lambda x: 1.0),
    (Sigmoid, sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    (Tanh, math.tanh, lambda x: (1 - math.tanh(x)) * (1 + math.tanh(x))),
    (ReLU, lambda x: max(x, 0.0), lambda x: 1.0 if x > 0 else 0.0),
    (LeakyReLU, lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01),
    (lambda: LeakyReLU(slope=0.3), lambda x: x if x > 0 else 0.3 * x, lambda x: 1.0 if x > 0 else 0.3),
    (ELU, lambda x: x if x > 0 else math.expm1(x), lambda x: 1.0 if x > 0 else math.exp(x)),
    (
        lambda: ELU(alpha=2.5),
        lambda x: x if x > 0 else 2.5 * math.expm1(x),
        lambda x: 1.0 if x > 0 else 2.5 * math.exp(x),
    ),
]
NAMES = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "leaky_relu 0.3", "elu", "elu 2.5"]
each_activation = pytest.mark.parametrize(("make", "function", "derivative"), CASES, ids=NAMES)

BATCHES = arrays(np.float64, array_shapes(min_dims=2, max_dims=4, max_side=4), elements=st.floats(-30, 30))


def each(function: Function, x: np.ndarray) -> np.ndarray:
    return np.array([function(value) for value in x.ravel().tolist()]).reshape(x.shape)


@each_activation
@given(x=BATCHES)
def test_forward_is_the_formula(
    prepared: Prepared, frozen: Callable[..., Any], make: Any, function: Function, derivative: Function, x: np.ndarray
) -> None:
    layer = prepared(make(), x.shape[1:])
    assert layer.out_shape == x.shape[1:]
    np.testing.assert_allclose(layer.forward(frozen(x), training=True), each(function, x), rtol=1e-12)
    np.testing.assert_allclose(layer.forward(frozen(x), training=False), each(function, x), rtol=1e-12)


@each_activation
@given(x=BATCHES)
def test_backward_is_dy_times_the_derivative(
    prepared: Prepared, frozen: Callable[..., Any], make: Any, function: Function, derivative: Function, x: np.ndarray
) -> None:
    layer = prepared(make(), x.shape[1:])
    dy = np.linspace(-3, 2, x.size).reshape(x.shape)
    layer.forward(frozen(x), training=True)
    np.testing.assert_allclose(layer.backward(frozen(dy)), dy * each(derivative, x), rtol=1e-12, atol=5e-15)


@each_activation
@given(x=BATCHES)
def test_float32_stays_float32_and_close(
    prepared: Prepared, frozen: Callable[..., Any], make: Any, function: Function, derivative: Function, x: np.ndarray
) -> None:
    x = x.astype(np.float32)
    layer = prepared(make(), x.shape[1:], np.float32)
    y = layer.forward(frozen(x, np.float32), training=True)
    dx = layer.backward(frozen(np.ones_like(x), np.float32))
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, each(function, x), rtol=2e-6, atol=5e-7)
    np.testing.assert_allclose(dx, each(derivative, x), rtol=2e-6, atol=1e-6)


# Sides of 0 and tails, and numbers below the smallest normal one, where float32 has fewer digits.
DENSE = np.concatenate([np.linspace(-100, 100, 20_001), np.geomspace(1e-7, 1, 500), -np.geomspace(1e-7, 1, 500)])
SMOOTH = [case for case, name in zip(CASES, NAMES, strict=True) if name.startswith(("sigmoid", "elu"))]


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2e-7), (np.float64, 8e-16)])
@pytest.mark.parametrize(("make", "function", "derivative"), SMOOTH, ids=["sigmoid", "elu", "elu 2.5"])
def test_relative_error_in_the_tails(
    prepared: Prepared, make: Any, function: Function, derivative: Function, dtype: Any, error: float
) -> None:
    x = DENSE.astype(dtype)[:, None]
    layer = prepared(make(), (1,), dtype)
    y, dx = layer.forward(x, training=True), layer.backward(np.ones_like(x))
    smallest = 2 * np.finfo(dtype).smallest_subnormal
    np.testing.assert_allclose(y.astype(float), each(function, x), rtol=error, atol=smallest)
    np.testing.assert_allclose(dx.astype(float), each(derivative, x), rtol=error, atol=smallest)


@pytest.mark.parametrize("imaginary", [1e-30, -1e-30])
@pytest.mark.parametrize(("make", "function", "derivative"), SMOOTH, ids=["sigmoid", "elu", "elu 2.5"])
def test_complex_step_in_the_tails(
    prepared: Prepared, make: Any, function: Function, derivative: Function, imaginary: float
) -> None:
    x = DENSE[1::20, None]  # without 0, where elu 2.5 has a kink
    layer = prepared(make(), (1,), np.complex128)
    y = layer.forward(x + 1j * imaginary, training=True)
    np.testing.assert_allclose(y.real, each(function, x), rtol=1e-15, atol=1e-50)
    np.testing.assert_allclose(y.imag / imaginary, each(derivative, x), rtol=1e-14, atol=3e-16)


LIMITS = {
    "identity": (None, None),
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, None),
    "leaky_relu": (None, None),
    "leaky_relu 0.3": (None, None),
    "elu": (-1.0, None),
    "elu 2.5": (-2.5, None),
}


@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 3e38), (np.float64, 1e308)])
@pytest.mark.parametrize(("make", "name"), [(case[0], name) for case, name in zip(CASES, NAMES, strict=True)])
def test_nothing_overflows(prepared: Prepared, make: Any, name: str, dtype: Any, largest: float) -> None:
    x = np.array([[-1e4, 1e4], [-1e30, 1e30], [-largest, largest]], dtype)
    layer = prepared(make(), (2,), dtype)
    # Besides: any RuntimeWarning fails the test.
    y, dx = layer.forward(x, training=True), layer.backward(np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    low, high = LIMITS[name]
    if low is not None:
        np.testing.assert_allclose(y[:, 0], low, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(y[:, 1], x[:, 1] if high is None else high, rtol=1e-6)


@each_activation
def test_at_0(prepared: Prepared, make: Any, function: Function, derivative: Function) -> None:
    layer = prepared(make(), (1,))
    assert layer.forward(np.zeros((1, 1)), training=True).item() == function(0.0)
    assert layer.backward(np.ones((1, 1))).item() == derivative(0.0)


@pytest.mark.parametrize("make", [ReLU, LeakyReLU, ELU])
def test_kink_sides_are_where_the_input_is_positive(prepared: Prepared, make: Any) -> None:
    layer = prepared(make(), (4,))
    layer.forward(np.array([[-2.0, -1e-9, 1e-9, 3.0]]), training=True)
    assert layer.kink_sides().tolist() == [[False, False, True, True]]


@each_activation
def test_batches_of_changing_size_do_not_disturb_each_other(
    prepared: Prepared, make: Any, function: Function, derivative: Function
) -> None:
    layer = prepared(make(), (3,))
    rng = np.random.default_rng(0)
    for N in (2, 9, 1, 9):
        x, dy = rng.standard_normal((N, 3)), rng.standard_normal((N, 3))
        np.testing.assert_allclose(layer.forward(x, training=True), each(function, x), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(layer.backward(dy), dy * each(derivative, x), rtol=1e-12, atol=1e-15)


@each_activation
@pytest.mark.parametrize("order_dy", ["channels first", "channels last", "cropped"])
@pytest.mark.parametrize("order_x", ["channels first", "channels last", "cropped"])
def test_images_in_any_memory_order(
    prepared: Prepared,
    laid_out: Callable[..., Any],
    order_x: str,
    order_dy: str,
    make: Any,
    function: Function,
    derivative: Function,
) -> None:
    layer = prepared(make(), (2, 3, 4))
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((3, 2, 3, 4)), rng.standard_normal((3, 2, 3, 4))
    y = layer.forward(laid_out(x, order_x), training=True)
    np.testing.assert_allclose(y, each(function, x), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(layer.backward(laid_out(dy, order_dy)), dy * each(derivative, x), rtol=1e-12, atol=1e-15)


def test_elu_of_minus_infinity_is_minus_alpha() -> None:
    layer = ELU(alpha=0.5)
    layer.setup((3,), AddressedStreams(0))
    x = np.array([[-np.inf, -1e30, np.inf]], np.float32)
    assert layer.forward(x, training=False).tolist() == [[-0.5, -0.5, np.inf]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu_of_rows_images_and_large_arrays(prepared: Prepared, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((3, 5)).astype(dtype)
    rows[0, :2] = 0.0, -0.0
    images = rng.standard_normal((2, 3, 3, 4)).astype(dtype).transpose(0, 3, 1, 2)
    large = rng.standard_normal((ZEROS // 4 + 1, 4)).astype(dtype)
    for x in (rows, images, large):
        layer = prepared(ReLU(), x.shape[1:], dtype)
        y = layer.forward(x, training=True)
        np.testing.assert_array_equal(y, np.where(x > 0, x, 0))
        np.testing.assert_array_equal(layer.backward(np.full_like(x, 2.0)), np.where(x > 0, 2.0, 0.0))
        assert y.dtype == dtype
