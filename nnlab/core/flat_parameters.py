"""All parameters of a network in one flat vector, all gradients in another.

A penalty is then one slice, a gradient norm one dot product, an update rule a few passes whatever the depth, and a
saved model one array. Decayed parameters (weights) come first, so penalties act on ``values[:decayed]``; frozen
parameters come last, so update rules, clipping and penalties never meet them.
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import RandomGenerator


@dataclass(eq=False)
class Parameter:
    """A trainable array of a layer.

    ``value`` and ``grad`` are views into the arena once it is allocated, and ``place`` is where they lie in it.

    ``start`` gives the initial values as float64; ``decayed`` says whether penalties act on it. A ``frozen`` one keeps
    its initial values: it gets no update and no penalty, and layers need not write its gradient.
    """

    name: str
    shape: Shape
    start: Callable[[RandomGenerator], Array]
    regularized: bool
    frozen: bool = False
    place: slice = field(init=False, repr=False)
    value: Array = field(init=False, repr=False)
    grad: Array = field(init=False, repr=False)

    @property
    def size(self) -> int:
        """The number of values."""
        return prod(self.shape)

    def with_gradient_in(self, gradients: Array) -> "Parameter":
        """The same parameter, its gradient written to its place in another flat vector."""
        other = copy(self)
        other.grad = gradients[self.place].reshape(self.shape)
        return other


class FlatParameters:
    """The flat vectors ``values`` and ``gradients`` behind a list of parameters.

    The first ``trained`` numbers are not frozen; the first ``decayed`` of these are weights.
    """

    def __init__(self, parameters: Sequence[Parameter], dtype: npt.DTypeLike) -> None:
        trained = [parameter for parameter in parameters if not parameter.frozen]
        self.trained = sum(parameter.size for parameter in trained)
        self.regularized = sum(parameter.size for parameter in trained if parameter.regularized)
        count = sum(parameter.size for parameter in parameters)
        self.values: Array = np.zeros(count, dtype)
        self.gradients: Array = np.zeros(count, dtype)
        start = 0
        for parameter in sorted(parameters, key=lambda parameter: (parameter.frozen, not parameter.regularized)):
            end = start + parameter.size
            parameter.place = slice(start, end)
            parameter.value = self.values[start:end].reshape(parameter.shape)
            parameter.grad = self.gradients[start:end].reshape(parameter.shape)
            start = end

    @property
    def trained_values(self) -> Array:
        """The values that update rules change."""
        return self.values[: self.trained]

    @property
    def trained_gradients(self) -> Array:
        """Their gradients."""
        return self.gradients[: self.trained]

    @property
    def weights(self) -> Array:
        """The values that penalties act on."""
        return self.values[: self.regularized]

    @property
    def weight_gradients(self) -> Array:
        """The gradients of the values that penalties act on."""
        return self.gradients[: self.regularized]
