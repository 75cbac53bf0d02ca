"""Every gradient proved: what ``backward`` writes against numerical derivatives of ``forward``, in float64.

Two methods. *Central* differences as in the book: D(h) = (f(θ+h) − f(θ−h)) / 2h, taken at h and 2h and combined to
(4 D(h) − D(2h)) / 3, whose error falls with h⁴ (Richardson). The *complex* step: Im f(θ + ih) / h, which subtracts
nothing and is exact to rounding (Squire & Trapp 1998).

A kink (ReLU at 0, |W| at 0) has no derivative, and a difference taken across one is wrong. Layers with kinks say
which side they took; a step that changes any side is made smaller, and where even the smallest crosses one, the
whole point is drawn again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from nnlab.core.task import NUMBERS
from nnlab.errors import CheckFailed, UsageError
from nnlab.gradcheck.example_labels import example_labels, examples_of
from nnlab.gradcheck.subjects import (
    Subject,
    Tensors,
    layer_subject,
    loss_subject,
    regularizer_subject,
)
from nnlab.registry import Registry, layers, losses, regularizers
from nnlab.text import near_hint, quote

Method = Literal["central", "complex"]

TOLERANCES: dict[Method, float] = {"central": 1e-7, "complex": 1e-10}
STEPS = (1e-3, 1e-4, 1e-5, 1e-6)
COMPLEX_STEP = 1e-30
# A gradient that is zero (that of a bias in front of a batch normalisation) still comes out as rounding, about this
# much of a number of order 1. Norms are compared absolutely where rounding alone would exceed the tolerance.
ROUNDING = {"central": 4e-16, "complex": 1e-13}
POINTS = 20


@dataclass(frozen=True)
class Result:
    """The check of one tensor: ``error`` is ‖backward − numerical‖ / the larger norm, at ``checked`` coordinates."""

    component: str
    tensor: str
    size: int
    checked: int
    norm: float
    error: float
    passed: bool


class AtKinkError(CheckFailed):
    """A point so close to a kink that every step crosses it."""


def check_components(method: Method = "central", names: Sequence[str] | None = None, seed: int = 0) -> list[Result]:
    """Check every registered layer, activation, loss and penalty (or only those named); raises UsageError."""
    return [result for _, make in component_subjects(names) for result in check(make, method, seed)]


def component_subjects(names: Sequence[str] | None = None) -> list[tuple[str, Callable[[int], Subject]]]:
    """For each example of every component (or only of those named) its name and what builds a subject from a seed.

    Raises UsageError for names that there are not.
    """
    known = sorted({name for registry in (layers, losses, regularizers) for name, _ in registry.items()})
    to_check = names_to_check(names, known)

    def wanted(registry: Registry) -> list[tuple[str, Any]]:
        return [(name, cls) for name, cls in registry.items() if name in to_check]

    makers: list[tuple[str, Callable[[int], Subject]]] = []
    for name, cls in wanted(layers):
        examples, shapes = zip(*examples_of(cls), strict=True)
        for label, layer, shape in zip(example_labels(name, examples, shapes), examples, shapes, strict=True):
            makers.append((name, partial(layer_subject, label, layer, shape)))
            if layer.batch_dependent:
                makers.append((name, partial(layer_subject, f"{label} in evaluation", layer, shape, training=False)))
            if len(shape) == 3:
                last = partial(layer_subject, f"{label} channels last", layer, shape, channels_last=True)
                makers.append((name, last))
    for name, cls in wanted(losses):
        own = examples_of(cls)
        for label, loss in zip(example_labels(name, own), own, strict=True):
            for task in cls.tasks:
                title = f"{label} of numbers" if task == NUMBERS and len(cls.tasks) > 1 else label
                makers.append((name, partial(loss_subject, title, loss, task=task)))
    makers += [(name, partial(regularizer_subject, name, cls(strength=0.1))) for name, cls in wanted(regularizers)]
    return makers


def names_to_check(only: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """The names to check, all without ``only``; raises UsageError for one that is not there."""
    for name in only or ():
        if name not in known:
            hint = near_hint(name, known)
            apart = "; " if hint else " "
            raise UsageError(f"nothing to check is called {quote(name)}{apart}{hint}(there are {', '.join(known)})")
    return [name for name in known if not only or name in only]


def check(
    make: Callable[[int], Subject], method: Method, seed: int = 0, sampled: int | None = None, points: int = 10
) -> list[Result]:
    """Check every tensor of a subject; ``make`` builds it at a random point from a seed.

    Large tensors are checked at ``sampled`` coordinates, chosen at random from ``seed``. Raises AtKinkError when
    ``points`` in a row are on kinks.
    """
    for attempt in range(points):
        try:
            return list(_check_tensors(make(seed + attempt), method, sampled, np.random.default_rng(seed)))
        except AtKinkError:
            continue
    raise AtKinkError(f"{make(seed).name}: {points} random points in a row are on kinks; try another --seed")


def _check_tensors(subject: Subject, method: Method, sampled: int | None, rng: np.random.Generator) -> Iterator[Result]:
    analytic = {name: gradient.copy() for name, gradient in subject.gradients(subject.tensors).items()}
    for name, tensor in subject.tensors.items():
        count = tensor.size if sampled is None else min(sampled, tensor.size)
        chosen = np.sort(rng.choice(tensor.size, count, replace=False))
        derivative = complex_derivative if method == "complex" else central_derivative
        numerical, rounding = np.array([derivative(subject, name, index) for index in chosen]).T
        computed = analytic[name].reshape(-1)[chosen]
        norm = max(float(np.linalg.norm(computed)), float(np.linalg.norm(numerical)))
        floor = float(np.linalg.norm(rounding)) / TOLERANCES[method]
        error = float(np.linalg.norm(computed - numerical)) / max(norm, floor)
        passed = bool(error <= TOLERANCES[method])  # false for NaN too
        yield Result(subject.name, name, tensor.size, count, norm, error, passed)


def central_derivative(subject: Subject, name: str, index: int) -> tuple[float, float]:
    """∂f/∂θ_index from differences at ±h and ±2h with the largest h that crosses no kink, and what of it is rounding.

    Raises AtKinkError.
    """
    subject.value(subject.tensors)
    home = subject.kink_sides(subject.tensors)

    def shifted(distance: float) -> float | None:
        moved = _moved(subject.tensors, name, index, distance)
        value = subject.value(moved).real
        same = all(np.array_equal(here, there) for here, there in zip(home, subject.kink_sides(moved), strict=True))
        return value if same else None

    for h in STEPS:
        values = [shifted(distance) for distance in (h, -h, 2 * h, -2 * h)]
        right, left, far_right, far_left = values
        if right is not None and left is not None and far_right is not None and far_left is not None:
            near, far = (right - left) / (2 * h), (far_right - far_left) / (4 * h)
            return (4 * near - far) / 3, ROUNDING["central"] * max(1.0, abs(right)) / h
    raise AtKinkError(name)


def complex_derivative(subject: Subject, name: str, index: int) -> tuple[float, float]:
    """∂f/∂θ_index = Im f(θ + ih) / h, and what of it is rounding."""
    tensors = {key: tensor.astype(np.complex128) for key, tensor in subject.tensors.items()}
    value = subject.value(_moved(tensors, name, index, COMPLEX_STEP * 1j))
    derivative = value.imag / COMPLEX_STEP if _same_function(value, subject) else float("nan")
    return derivative, ROUNDING["complex"]


def _same_function(value: complex, subject: Subject) -> bool:
    """Whether complex arithmetic took the same way through the code: its real part is the real function's value."""
    real = subject.value(subject.tensors).real
    return abs(value.real - real) <= 1e-9 * max(1.0, abs(real))


def _moved(tensors: Tensors, name: str, index: int, distance: complex) -> Tensors:
    moved = tensors[name].copy()
    moved.reshape(-1)[index] += distance
    return {**tensors, name: moved}
