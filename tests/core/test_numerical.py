"""Numerical gradients: published values, shapes, order of the error, x unchanged."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab import numerical_gradient, numerical_gradient_batch
from nnlab.errors import UsageError

METHODS = ("forward", "central", "complex")


def squares(x: np.ndarray) -> Any:
    return (x**2).sum()


@pytest.mark.parametrize(("x", "gradient"), [((3.0, 4.0), (6, 8)), ((0.0, 2.0), (0, 4)), ((3.0, 0.0), (6, 0))])
def test_examples_of_the_book(x: tuple[float, float], gradient: tuple[int, int]) -> None:
    # Deep Learning from Scratch, section 4.4.
    np.testing.assert_allclose(numerical_gradient(squares, np.array(x)), gradient, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "x",
    [np.arange(6.0).reshape(2, 3), np.arange(4), [1, 2], 3.0, np.float32([[[1]]]), np.array([True, False]), []],
    ids=str,
)
def test_any_shape_and_dtype(x: Any, method: Any) -> None:
    gradient = numerical_gradient(squares, x, method=method)
    assert (gradient.shape, gradient.dtype) == (np.shape(x), np.float64)
    np.testing.assert_allclose(gradient, 2 * np.asarray(x, float), rtol=1e-3, atol=2e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_x_is_not_modified(dtype: Any, method: Any) -> None:
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    before = x.copy()

    def spoils(moved: np.ndarray) -> Any:
        value = squares(moved)
        moved[...] = 1e9
        return value

    gradient = numerical_gradient(spoils, x, method=method)
    np.testing.assert_array_equal(x, before)
    assert x.dtype == dtype
    np.testing.assert_allclose(gradient, 2.0 * before, atol=2e-4)
    x.flags.writeable = False
    numerical_gradient(squares, x, method=method)


@pytest.mark.parametrize(("method", "order"), [("forward", 1), ("central", 2), ("complex", 2)])
def test_order_of_the_error(method: Any, order: int) -> None:
    def error(h: float) -> float:
        return abs(float(numerical_gradient(lambda x: np.exp(np.sin(x[0])), [0.7], h, method)[0]) - slope)

    slope = np.cos(0.7) * np.exp(np.sin(0.7))
    assert error(1e-2) / error(1e-3) == pytest.approx(10**order, rel=0.1)


def test_complex_step_has_no_cancellation() -> None:
    slope = np.cos(0.7) * np.exp(np.sin(0.7))
    complex_step = numerical_gradient(lambda x: np.exp(np.sin(x[0])), [0.7], 1e-30, "complex")
    assert complex_step[0] == pytest.approx(slope, rel=1e-15)
    with np.errstate(all="raise"):
        assert numerical_gradient(lambda x: np.exp(np.sin(x[0])), [0.7], 1e-30, "central")[0] == 0


@given(
    points=st.lists(st.lists(st.floats(-10, 10), min_size=3, max_size=3), min_size=1, max_size=5),
)
def test_batch_equals_single_points(points: list[list[float]]) -> None:
    def f(x: np.ndarray) -> Any:
        return x[0] * x[1] + np.sin(x[2])

    gradients = numerical_gradient_batch(f, points)
    assert gradients.shape == (len(points), 3)
    for gradient, point in zip(gradients, points, strict=True):
        np.testing.assert_array_equal(gradient, numerical_gradient(f, point))
        np.testing.assert_allclose(gradient, [point[1], point[0], np.cos(point[2])], atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: numerical_gradient(squares, [1.0], h=0), "h: must be a number above 0, such as 1e-4, got 0"),
        (lambda: numerical_gradient(squares, [1.0], h=-1e-4), "h: must be a number above 0"),
        (lambda: numerical_gradient(squares, [1.0], h=float("nan")), "h: must be a number above 0"),
        (lambda: numerical_gradient(squares, [1.0], h="x"), "h: must be a number above 0"),  # type: ignore[arg-type]
        (lambda: numerical_gradient(squares, [1.0], method="magic"), "method: must be forward, central, complex, got"),  # type: ignore[arg-type]
        (lambda: numerical_gradient(squares, ["a"]), "x: must be an array of real numbers"),
        (lambda: numerical_gradient(squares, [1j]), "x: must be an array of real numbers"),
        (lambda: numerical_gradient(squares, [[1], [1, 2]]), "x: must be an array of real numbers"),
        (
            lambda: numerical_gradient(lambda x: x, [1.0, 2.0]),
            "f: must return one number, got an array of shape (2,)",
        ),  # type: ignore[arg-type,return-value]
        (lambda: numerical_gradient(lambda x: None, [1.0]), "f: must return one number, got null"),  # type: ignore[arg-type,return-value]
        (lambda: numerical_gradient(lambda x: [[1], [1, 2]], [1.0]), "f: must return one number, got [[1], [1, 2]]"),  # type: ignore[arg-type,return-value]
        (lambda: numerical_gradient(squares, [1.0], h=10**400), "h: must be a number above 0"),
        (lambda: numerical_gradient(lambda x: "a", [1.0]), "f: must return one number"),  # type: ignore[arg-type,return-value]
        (
            lambda: numerical_gradient(lambda x: float(np.abs(x).sum()), [1.0], method="complex"),
            "f: returned a real number for a complex argument",
        ),
        (lambda: numerical_gradient_batch(squares, [1.0]), "X: must have one row per point"),
    ],
)
def test_invalid_arguments(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError) as refusal:
        call()
    assert str(refusal.value).startswith(message)
