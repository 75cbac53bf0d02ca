"""gelu, swish and softplus against their formulas, one number at a time, with derivatives written from the input."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnlab.layers.smooth_activations import GELU, Softplus, Swish

Prepared = Callable[..., Any]
Function = Callable[[float], float]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(max(x, -745.0)) / (1 + math.exp(max(x, -745.0)))


def cdf(x: float) -> float:
    """Φ, with the rounding of x/√2: a relative error of 1.5e-13 at -26."""
    return math.erfc(-x / math.sqrt(2)) / 2


def gelu_derivative(x: float) -> float:
    return cdf(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def swish(beta: float) -> tuple[Function, Function]:
    return (
        lambda x: x * sigmoid(beta * x),
        lambda x: sigmoid(beta * x) * (1 + beta * x * sigmoid(-beta * x)),
    )


def tanh_gate(x: float) -> tuple[float, float]:
    """u and u' of x/2 (1 + tanh u) = x sigmoid(2u)."""
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


def tanh_gelu(x: float) -> float:
    return x * sigmoid(2 * tanh_gate(x)[0])


def tanh_gelu_derivative(x: float) -> float:
    u, rise = tanh_gate(x)
    return sigmoid(2 * u) * (1 + 2 * x * rise * sigmoid(-2 * u))


CASES: dict[str, tuple[Callable[[], Any], Function, Function]] = {
    "gelu": (GELU, lambda x: x * cdf(x), gelu_derivative),
    "gelu tanh": (lambda: GELU(approximate="tanh"), tanh_gelu, tanh_gelu_derivative),
    "swish": (Swish, *swish(1.0)),
    "swish 2.5": (lambda: Swish(beta=2.5), *swish(2.5)),
    "softplus": (Softplus, lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), sigmoid),
}
each_activation = pytest.mark.parametrize(("make", "function", "derivative"), CASES.values(), ids=CASES)
# Both sides of 0, and tails.
DENSE = np.concatenate([np.linspace(-26, 60, 2001), np.geomspace(1e-7, 1, 100), -np.geomspace(1e-7, 1, 100)])


def each(function: Function, x: np.ndarray) -> np.ndarray:
    return np.array([function(value) for value in x.ravel().tolist()]).reshape(x.shape)


@each_activation
@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2e-7), (np.float64, 1e-12)])
def test_output_and_gradient_to_all_digits_in_the_tails_too(
    prepared: Prepared,
    frozen: Callable[..., Any],
    make: Any,
    function: Function,
    derivative: Function,
    dtype: Any,
    error: float,
) -> None:
    x = frozen(DENSE[:, None], dtype)
    layer = prepared(make(), (1,), dtype)
    y, dx = layer.forward(x, training=True), layer.backward(frozen(np.ones_like(x), dtype))
    assert y.dtype == dx.dtype == dtype
    smallest = 60 * np.finfo(dtype).smallest_subnormal  # a gate of few digits times up to 26
    np.testing.assert_allclose(y.astype(float), each(function, x), rtol=error, atol=smallest)
    # Beside the minimum of y, where dx passes through 0, its two terms cancel.
    np.testing.assert_allclose(dx.astype(float), each(derivative, x), rtol=error, atol=max(smallest, 3e-16))


@each_activation
def test_complex_step_is_the_gradient(prepared: Prepared, make: Any, function: Function, derivative: Function) -> None:
    layer = prepared(make(), (1,), np.complex128)
    y = layer.forward(DENSE[:, None] + 1e-30j, training=True)
    np.testing.assert_allclose(y.real, each(function, DENSE[:, None]), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(y.imag / 1e-30, each(derivative, DENSE[:, None]), rtol=1e-12, atol=1e-15)


@each_activation
@pytest.mark.parametrize(("dtype", "largest"), [(np.float32, 3e38), (np.float64, 1e308)])
def test_nothing_overflows(
    prepared: Prepared, make: Any, function: Function, derivative: Function, dtype: Any, largest: float
) -> None:
    x = np.array([[-1e4, 1e4], [-1e30, 1e30], [-largest, largest]], dtype)
    layer = prepared(make(), (2,), dtype)
    # Besides: any RuntimeWarning fails the test.
    y, dx = layer.forward(x, training=True), layer.backward(np.ones_like(x))
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    np.testing.assert_array_equal(dx, x > 0)


@each_activation
def test_at_0(prepared: Prepared, make: Any, function: Function, derivative: Function) -> None:
    layer = prepared(make(), (1,))
    assert layer.forward(np.zeros((1, 1)), training=True).item() == function(0.0)
    assert layer.backward(np.ones((1, 1))).item() == derivative(0.0) == 0.5


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
    for N in (3, 1, 5):  # batches of changing size share memory
        x, dy = rng.standard_normal((N, 2, 3, 4)), rng.standard_normal((N, 2, 3, 4))
        y = layer.forward(laid_out(x, order_x), training=True)
        np.testing.assert_allclose(y, each(function, x), rtol=1e-12, atol=1e-15)
        for _ in range(2):
            dx = layer.backward(laid_out(dy, order_dy))
            np.testing.assert_allclose(dx, dy * each(derivative, x), rtol=1e-12, atol=1e-15)


def test_approximation_differs_by_less_than_5e_4(prepared: Prepared) -> None:
    x = np.linspace(-8, 8, 1001)[:, None]
    exact, near = (prepared(GELU(approximate=kind), (1,)).forward(x, training=False) for kind in ("none", "tanh"))
    assert 4e-4 < np.abs(exact - near).max() < 5e-4


def test_swish_between_a_line_and_relu(prepared: Prepared) -> None:
    x = np.array([[-3.0, -0.5, 0.0, 0.5, 3.0]])
    line, steep = (prepared(Swish(beta=beta), (5,)).forward(x, training=False) for beta in (0.0, 100.0))
    np.testing.assert_array_equal(line, x / 2)
    np.testing.assert_allclose(steep, np.maximum(x, 0), atol=1e-20)
