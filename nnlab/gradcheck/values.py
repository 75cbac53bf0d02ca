"""Analytic and numerical derivatives side by side, number by number."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnlab.gradcheck.check import AtKinkError, Method, central_derivative, complex_derivative
from nnlab.gradcheck.subjects import Subject


@dataclass(frozen=True)
class Entry:
    """One number of a gradient; ``numerical`` is None where every difference would cross a kink."""

    tensor: str
    index: tuple[int, ...]
    analytic: float
    numerical: float | None


def gradient_entries(subject: Subject, method: Method, most: int, seed: int = 0) -> Iterator[Entry]:
    """The gradient of each tensor at ``most`` of its numbers, chosen at random from ``seed`` where it has more."""
    rng = np.random.default_rng(seed)
    analytic = {name: gradient.copy() for name, gradient in subject.gradients(subject.tensors).items()}
    derivative = complex_derivative if method == "complex" else central_derivative
    for name, tensor in subject.tensors.items():
        for place in np.sort(rng.choice(tensor.size, min(most, tensor.size), replace=False)).tolist():
            index = tuple(int(part) for part in np.unravel_index(place, tensor.shape))
            try:
                numerical: float | None = derivative(subject, name, place)[0]
            except AtKinkError:
                numerical = None
            yield Entry(name, index, float(analytic[name][index].real), numerical)
