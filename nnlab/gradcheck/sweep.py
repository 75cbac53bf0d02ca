"""How wrong a numerical gradient is at each step h: truncation from one side, rounding from the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.numerical import GradientMethod, numerical_gradient
from nnlab.gradcheck.subjects import Subject

# Four steps to a decade.
STEPS = np.logspace(-16, 0, 65)


@dataclass(frozen=True, eq=False)
class Sweep:
    """The relative L2 error of each method's gradient against what ``backward`` writes, at every step."""

    component: str
    steps: Array
    errors: dict[str, Array]

    def best(self, method: str) -> tuple[float, float]:
        """The step with the smallest error, and that error."""
        index = int(np.argmin(self.errors[method]))
        return float(self.steps[index]), float(self.errors[method][index])


def sweep(component: str, make: Callable[[int], Subject], seed: int = 0) -> Sweep:
    """Take all gradients of a component's subject at every step with every method."""
    subject = make(seed)
    analytic = {name: gradient.copy() for name, gradient in subject.gradients(subject.tensors).items()}
    whole = np.concatenate([analytic[name].reshape(-1) for name in subject.tensors])
    errors: dict[str, Array] = {}
    for method in get_args(GradientMethod):
        errors[method] = np.array([_error(subject, whole, float(h), method) for h in STEPS])
    return Sweep(component, STEPS, errors)


def _error(subject: Subject, whole: Array, h: float, method: GradientMethod) -> float:
    found = []
    for name, tensor in subject.tensors.items():

        def value(moved: Array, name: str = name) -> complex:
            others = {key: other.astype(moved.dtype) for key, other in subject.tensors.items()}
            return subject.value({**others, name: moved})

        found.append(numerical_gradient(value, tensor, h, method).reshape(-1))
    return float(np.linalg.norm(np.concatenate(found) - whole) / np.linalg.norm(whole))
