"""Gradients from function values alone: differences, and the complex step."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.text import quote

LARGEST_STEP = 1e300  # 2h must still be a number
GradientMethod = Literal["forward", "central", "complex"]


def numerical_gradient(
    f: Callable[[Array], complex | Array], x: npt.ArrayLike, h: float = 1e-4, method: GradientMethod = "central"
) -> Array:
    """∂f/∂x_i for every number of x, in float64 and in x's shape; x itself is never touched.

    ``f`` takes an array of x's shape and gives one number. With u = 1.1e-16, the rounding of float64:

    - ``forward``: (f(x + h) − f(x)) / h, error O(h) + O(u/h), least near h = 1e-8;
    - ``central``: (f(x + h) − f(x − h)) / 2h, error O(h²) + O(u/h), least near h = 1e-5 (Deep Learning from Scratch,
      section 4.3, takes 1e-4);
    - ``complex``: Im f(x + ih) / h, error O(h²) and no rounding that grows, so h may be 1e-30 (Squire & Trapp 1998);
      ``f`` must take complex numbers and be analytic: no abs, max or comparison.

    Raises UsageError for an h that is no positive number, an unknown method, x that is not numeric, and an ``f`` that
    does not give one number (or, for ``complex``, gives a real one).
    """
    check_step(h, method)
    point = _as_point(x)
    gradient = np.empty(point.shape)
    flat = gradient.reshape(-1)
    shifts: tuple[complex, ...] = {"forward": (h, 0), "central": (h, -h), "complex": (h * 1j,)}[method]
    for index in range(point.size):
        values = [_number(f, _moved(point, index, shift), method) for shift in shifts]
        if method == "complex":
            flat[index] = values[0].imag / h
        else:
            flat[index] = (values[0].real - values[1].real) / (h if method == "forward" else 2 * h)
    return gradient


def numerical_gradient_batch(
    f: Callable[[Array], complex | Array], X: npt.ArrayLike, h: float = 1e-4, method: GradientMethod = "central"
) -> Array:
    """The gradient of f at each row of X (N, ...), one below the other: (N, ...); see :func:`numerical_gradient`."""
    points = _as_point(X)
    if points.ndim < 2:
        raise UsageError(f"X: must have a row for each point, so at least two axes, got the shape {points.shape}")
    gradients = np.empty(points.shape)
    for index, point in enumerate(points):
        gradients[index] = numerical_gradient(f, point, h, method)
    return gradients


def check_step(h: float, method: str) -> None:
    """Refuse a step or a method that cannot be; raises UsageError."""
    if method not in get_args(GradientMethod):
        raise UsageError(f"method: must be {', '.join(get_args(GradientMethod))}, got {quote(method)}")
    if isinstance(h, bool) or not isinstance(h, int | float | np.number) or not 0 < h <= LARGEST_STEP:
        raise UsageError(f"h: must be a number above 0, such as 1e-4, got {quote(h)}")


def _as_point(x: npt.ArrayLike) -> Array:
    """A copy of x in float64."""
    try:
        found = np.asarray(x)
        if found.dtype.kind in "biuf":
            return found.astype(np.float64)
    except ValueError:  # rows of unequal length
        pass
    raise UsageError("x: must be an array of real numbers")


def _moved(point: Array, index: int, shift: complex) -> Array:
    """A copy with one number moved: f may do with it what it likes."""
    moved = point.astype(np.complex128) if isinstance(shift, complex) else point.copy()
    moved.reshape(-1)[index] += shift
    return moved


def _number(f: Callable[[Array], complex | Array], x: Array, method: str) -> complex:
    given = f(x)
    try:
        value = np.asarray(given)
    except ValueError:  # rows of unequal length
        raise UsageError(f"f: must give one number, got {quote(given)}") from None
    if value.dtype.kind not in "biufc":
        raise UsageError(f"f: must give one number, got {quote(given)}")
    if value.size != 1:
        raise UsageError(f"f: must give one number, got an array of the shape {value.shape}")
    if method == "complex" and value.dtype.kind != "c":
        raise UsageError("f: gave a real number for a complex one; use method central, or let f keep complex numbers")
    return complex(value.reshape(())[()])
