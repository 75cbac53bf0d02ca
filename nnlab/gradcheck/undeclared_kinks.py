"""Numerical derivatives of code that declares no kinks: left and right differences tell where one is."""

from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.gradcheck.check import ROUNDING
from nnlab.gradcheck.subjects import Subject


@dataclass(frozen=True)
class Precision:
    """The steps to try, the rounding of a number of order 1, and how far apart the derivatives of one side may be.

    Left and right derivatives that differ by more than ``kink`` times the larger are those of a kink; where they differ
    by less than ``smooth``, no kink is within reach and the truncation error is small.
    """

    steps: tuple[float, ...]
    rounding: float
    kink: float
    smooth: float


# Without declared kinks a step is small from the start, so that few entries have a kink within reach.
DOUBLE = Precision((1e-4, 1e-5, 1e-6), ROUNDING["central"], 1e-4, 1e-6)
SINGLE = Precision((1e-2, 3e-3, 1e-3), 1e-7, 2e-2, 1e-3)


@dataclass(frozen=True)
class Derivative:
    """∂f/∂θ with the estimated rounding error; at a kink the derivatives from the left and from the right."""

    value: float
    rounding: float
    left: float
    right: float
    kink: bool


@dataclass(frozen=True, eq=False)
class NumericalGradient:
    """The derivatives of one tensor; entries that were not computed or are at a kink are NaN in ``values``."""

    values: Array
    rounding: float
    kinks: list[tuple[tuple[int, ...], float, float]]

    @property
    def known(self) -> Array:
        """Where there is a derivative."""
        return np.isfinite(self.values)


def derivative(subject: Subject, name: str, index: int, precision: Precision = DOUBLE) -> Derivative:
    """The derivative from f(θ ± h), f(θ ± 2h) with the h where the one-sided derivatives agree best.

    It is (4 D(h) − D(2h)) / 3 as in :func:`nnlab.gradcheck.check.central_derivative`, and the derivative from the right
    (4 f(θ+h) − f(θ+2h) − 3 f(θ)) / 2h.
    """
    centre = _value(subject, name, index, 0.0)
    best: tuple[float, Derivative] | None = None
    for h in precision.steps:
        right, left, far_right, far_left = (_value(subject, name, index, d) for d in (h, -h, 2 * h, -2 * h))
        rounding = precision.rounding * max(1.0, abs(centre)) / h
        near, far = (right - left) / (2 * h), (far_right - far_left) / (4 * h)
        from_right = (4 * right - far_right - 3 * centre) / (2 * h)
        from_left = -(4 * left - far_left - 3 * centre) / (2 * h)
        apart = abs(from_right - from_left)
        apart = apart if np.isfinite(apart) else np.inf
        scale = max(1e-3, abs(from_right), abs(from_left))
        kink = not apart <= precision.kink * scale + 8 * rounding
        found = Derivative((4 * near - far) / 3, rounding, from_left, from_right, kink)
        if best is None or apart + rounding < best[0]:
            best = (apart + rounding, found)
        if apart <= precision.smooth * scale:
            break
    assert best is not None
    return best[1]


def numerical_gradient_of(
    subject: Subject, name: str, chosen: Array | None = None, precision: Precision = DOUBLE
) -> NumericalGradient:
    """The derivatives of f at the flat indices ``chosen`` of a tensor, or at all."""
    tensor = subject.tensors[name]
    values = np.full(tensor.size, np.nan)
    kinks, squares = [], 0.0
    for index in range(tensor.size) if chosen is None else chosen.tolist():
        found = derivative(subject, name, index, precision)
        if found.kink:
            place = tuple(int(part) for part in np.unravel_index(index, tensor.shape))
            kinks.append((place, found.left, found.right))
        else:
            values[index] = found.value
            squares += found.rounding**2
    return NumericalGradient(values.reshape(tensor.shape), squares**0.5, kinks)


def _value(subject: Subject, name: str, index: int, distance: float) -> float:
    moved = subject.tensors[name].copy()
    moved.reshape(-1)[index] += distance
    return float(subject.value({**subject.tensors, name: moved}).real)
