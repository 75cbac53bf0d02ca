"""Dropout."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import Doc, layers

# Uniform float32 numbers have 24 bits: beyond this rate the share that is kept would no longer be exact.
MAX_RATE = 0.999


@layers.register("dropout")
@dataclass(kw_only=True)
class Dropout(Layer):
    """Inverted dropout: while training each number is zeroed with probability rate and the rest divided by 1 − rate.

    Nothing happens in evaluation. Srivastava et al. 2014, JMLR 15.
    """

    activation_arrays = 4

    rate: Annotated[float, Ge(0), Le(MAX_RATE), Doc("probability of dropping a number")] = 0.5

    def build(self, in_shape: Shape) -> Shape:
        """Any shape to the same shape."""
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = x · mask / (1 − rate) in training, x in evaluation; one mask for each layer and step."""
        self._mask: Array | None = None
        if not training or self.rate == 0:
            return x
        self._mask = self._draw_mask(x)
        return np.multiply(x, self._mask, out=self.workspace.like("y", x))

    def backward(self, dy: Array) -> Array:
        """dx = dy · mask / (1 − rate)."""
        if self._mask is None:
            return dy
        return np.multiply(dy, self._mask, out=self.workspace.like("dx", dy))

    def _draw_mask(self, x: Array) -> Array:
        rng = self.streams.dropout(*self.address)
        uniform: Array
        if isinstance(rng, np.random.Generator):
            # float32 is drawn in half the time, and for both dtypes, so that they drop the same numbers.
            uniform = self.workspace.array("uniform", x.shape, np.float32)
            rng.random(dtype=np.float32, out=uniform)
        else:
            uniform = np.asarray(rng.random_sample(x.shape))
        mask = self.workspace.like("mask", x, x.real.dtype)
        np.greater_equal(uniform, self.rate, out=mask, casting="unsafe")
        mask /= 1 - self.rate
        return mask
