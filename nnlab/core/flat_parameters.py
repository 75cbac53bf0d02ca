"""All parameters of a network in one flat vector, all gradients in another.

A regularizer then acts on one slice, a gradient norm is one dot product, and an update rule makes a few passes whatever
the depth. Weights come first, so that regularizers act on ``values[:regularized]``; frozen parameters come last, so
that update rules, clipping and regularizers never touch them.
"""

import builtins
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

    ``initial`` draws the initial values in float64, the same from the same stream where it is ``repeatable``;
    ``regularized`` says whether regularizers act on it. A ``frozen``
    parameter keeps its initial values: no update and no regularizer touches it, and layers need not write its gradient.
    Once :class:`FlatParameters` are allocated, ``value`` and ``grad`` are views of ``values[slice]`` and
    ``gradients[slice]``.
    """

    name: str
    shape: Shape
    initial: Callable[[RandomGenerator], Array]
    regularized: bool
    frozen: bool = False
    repeatable: bool = False
    slice: builtins.slice = field(init=False, repr=False)
    value: Array = field(init=False, repr=False)
    grad: Array = field(init=False, repr=False)

    @property
    def size(self) -> int:
        """The number of values."""
        return prod(self.shape)

    def with_gradient_in(self, gradients: Array) -> "Parameter":
        """The same parameter with its gradient in another flat vector."""
        other = copy(self)
        other.grad = gradients[self.slice].reshape(self.shape)
        return other


class FlatParameters:
    """The flat vectors ``values`` and ``gradients``: the first ``trained`` elements are not frozen.

    Regularizers act on the first ``regularized`` of them, which are the weights. While ``redrawable``, the initial
    values are those of the seed, and can be drawn again in place of a copy.
    """

    redrawable: bool = False

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
            parameter.slice = slice(start, end)
            parameter.value = self.values[start:end].reshape(parameter.shape)
            parameter.grad = self.gradients[start:end].reshape(parameter.shape)
            start = end

    @property
    def trained_values(self) -> Array:
        """The values that the optimizer updates."""
        return self.values[: self.trained]

    @property
    def trained_gradients(self) -> Array:
        """The gradients that the optimizer reads."""
        return self.gradients[: self.trained]

    @property
    def weights(self) -> Array:
        """The values that regularizers act on."""
        return self.values[: self.regularized]

    @property
    def weight_gradients(self) -> Array:
        """The gradients that regularizers add to."""
        return self.gradients[: self.regularized]
