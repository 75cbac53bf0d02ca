"""The path of one optimizer on a function of several variables."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from nnlab.config.descent import Descent
from nnlab.core.arrays import Array
from nnlab.core.numerical import numerical_gradient
from nnlab.functions.base import Function
from nnlab.optim.base import Optimizer
from nnlab.registry import hyperparameters, registered_name

# A path that ends further than this from its start, in units of 1 + ‖start‖, diverged.
FAR_AWAY = 1e6
# A path that ends nearer than this to its start, in the same units, did not visibly move.
STILL = 1e-5


@dataclass(frozen=True, eq=False)
class DescentPath:
    """Positions of an optimizer (steps + 1, n), with value and gradient norm at each."""

    label: str
    positions: Array
    values: Array
    norms: Array

    @property
    def steps(self) -> int:
        """The number of updates."""
        return len(self.values) - 1

    @property
    def status(self) -> str:
        """One of diverged (not finite, or far away), still (hardly moved), higher (than at the start) and completed."""
        start, end = self.positions[0], self.positions[-1]
        with np.errstate(over="ignore"):
            unit, distance = 1 + float(np.linalg.norm(start)), float(np.linalg.norm(end - start))
        if not np.isfinite([distance, self.values[-1], self.norms[-1]]).all():
            return "diverged"
        grown = self.values[-1] > self.values[0] or self.norms[-1] > self.norms[0]
        if distance > FAR_AWAY * unit and grown:
            return "diverged"
        if distance < STILL * unit:
            return "still"
        return "higher" if self.values[-1] > self.values[0] else "completed"


def descend(
    function: Function,
    rule: Optimizer,
    start: Sequence[float],
    steps: int,
    gradient: Callable[[Array], Array],
    label: str,
    stop: Callable[[], bool] = lambda: False,
) -> DescentPath:
    """Make ``steps`` updates, fewer where a number is no longer finite or ``stop`` returns true.

    ``start`` is not changed.
    """
    x = np.array(start, dtype=np.float64)
    g = np.zeros_like(x)
    rule = copy(rule)  # the rule given stays a description and is never bound
    rule.bind(x, g, regularized=len(x))
    positions, values, norms = [], [], []
    with np.errstate(all="ignore"):
        for step in range(steps + 1):
            g[...] = gradient(x)
            positions.append(x.copy())
            values.append(float(function.value(x)))
            norms.append(float(np.linalg.norm(g)))
            if not (np.isfinite(x).all() and np.isfinite(values[-1]) and np.isfinite(g).all()):
                break
            if stop():
                break
            if step < steps:
                rule.step()
    return DescentPath(label, np.array(positions), np.array(values), np.array(norms))


def gradient_of(descent: Descent) -> Callable[[Array], Array]:
    """The gradient by the method of the spec."""
    function, method, h = descent.function, descent.gradient, descent.h
    if method == "analytic":
        return function.gradient
    return lambda x: numerical_gradient(function.value, x, h, method)


def labels(rules: Sequence[Optimizer]) -> list[str]:
    """A label for each optimizer: name, learning rate, and the hyper-parameters that distinguish equal names."""
    names = [f"{registered_name(rule)} lr={rule.lr:g}" for rule in rules]
    found = []
    for rule, name in zip(rules, names, strict=True):
        alike = [other for other, theirs in zip(rules, names, strict=True) if theirs == name]
        apart = [
            f"{parameter.name}={getattr(rule, parameter.name):g}"
            for parameter in hyperparameters(type(rule))
            if parameter.name != "lr" and len({getattr(other, parameter.name) for other in alike}) > 1
        ]
        found.append(", ".join([name, *apart]))
    numbered = [f"{name} ({found[: index + 1].count(name)})" for index, name in enumerate(found)]
    return [numbered[index] if found.count(name) > 1 else name for index, name in enumerate(found)]
