"""Numerical gradients: finite differences and the complex step."""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.text import quote

LARGEST_STEP = 1e300  # 2h must be finite
GradientMethod = Literal["forward", "central", "complex"]


def numerical_gradient(
    f: Callable[[Array], complex | Array], x: npt.ArrayLike, h: float = 1e-4, method: GradientMethod = "central"
) -> Array:
    """The gradient ∂f/∂x_i in float64, of the shape of x; x is not modified.

    ``f`` maps an array of the shape of x to a number. With the unit roundoff u = 1.1e-16 of float64:

    - ``forward``: (f(x + h) − f(x)) / h, error O(h) + O(u/h), minimal near h = 1e-8;
    - ``central``: (f(x + h) − f(x − h)) / 2h, error O(h²) + O(u/h), minimal near h = 1e-5 (Deep Learning from Scratch,
      section 4.3, uses 1e-4);
    - ``complex``: Im f(x + ih) / h, error O(h²) without cancellation, so h may be 1e-30 (Squire & Trapp 1998);
      ``f`` must accept complex numbers and be analytic: no abs, max or comparison.

    Raises UsageError for a non-positive h, an unknown method, non-numeric x, and an ``f`` that does not return one
    number (for ``complex``, a complex one).
    """
    check_step(h, method)
    point = _as_point(x)
    gradient = np.empty(point.shape)
    flat = gradient.reshape(-1)
    shifts: tuple[complex, ...] = {"forward": (h, 0), "central": (h, -h), "complex": (h * 1j,)}[method]
    for index in range(point.size):
        values = [_number(f, _shifted(point, index, shift), method) for shift in shifts]
        if method == "complex":
            flat[index] = values[0].imag / h
        else:
            flat[index] = (values[0].real - values[1].real) / (h if method == "forward" else 2 * h)
    return gradient


def numerical_gradient_batch(
    f: Callable[[Array], complex | Array], X: npt.ArrayLike, h: float = 1e-4, method: GradientMethod = "central"
) -> Array:
    """The gradients of f at the rows of X (N, ...), stacked: (N, ...); see :func:`numerical_gradient`."""
    points = _as_point(X)
    if points.ndim < 2:
        raise UsageError(f"X: must have one row per point, so at least two axes, got shape {points.shape}")
    gradients = np.empty(points.shape)
    for index, point in enumerate(points):
        gradients[index] = numerical_gradient(f, point, h, method)
    return gradients


def check_step(h: float, method: str) -> None:
    """Raise UsageError for an invalid step or method."""
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


def _shifted(point: Array, index: int, shift: complex) -> Array:
    """A copy with one element shifted, which f may modify."""
    shifted = point.astype(np.complex128) if isinstance(shift, complex) else point.copy()
    shifted.reshape(-1)[index] += shift
    return shifted


def _number(f: Callable[[Array], complex | Array], x: Array, method: str) -> complex:
    returned = f(x)
    try:
        value = np.asarray(returned)
    except ValueError:  # rows of unequal length
        raise UsageError(f"f: must return one number, got {quote(returned)}") from None
    if value.dtype.kind not in "biufc":
        raise UsageError(f"f: must return one number, got {quote(returned)}")
    if value.size != 1:
        raise UsageError(f"f: must return one number, got an array of shape {value.shape}")
    if method == "complex" and value.dtype.kind != "c":
        raise UsageError(
            "f: returned a real number for a complex argument; use method central or an f for complex numbers"
        )
    return complex(value.reshape(())[()])
