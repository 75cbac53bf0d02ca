"""Dropout."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import Doc, layers

# Uniform float32 numbers have 24 bits: at a higher rate the fraction kept would no longer be exact.
MAX_RATE = 0.999


@layers.register("dropout")
@dataclass(kw_only=True)
class Dropout(Layer):
    """In training set each input to 0 with probability rate and divide the rest by 1 − rate.

        mask = 0 with probability rate, else 1 / (1 − rate)
        y = x · mask
        dx = dy · mask

    The identity in evaluation: the division keeps the mean (inverted dropout).
    Equals ``textbook.Dropout``; faster, since random numbers are drawn in float32.
    Source: Srivastava et al. 2014, JMLR 15; "Deep Learning from Scratch", section 6.4.3.
    """

    activation_arrays = 4

    rate: Annotated[float, Ge(0), Le(MAX_RATE), Doc("fraction of inputs set to zero while training")] = 0.5

    def build(self, in_shape: Shape) -> Shape:
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

    def switch_off_dropout(self) -> None:
        self.rate = 0.0

    def forward_details(self) -> dict[str, Array]:
        """The mask, divided by 1 − rate."""
        return {} if self._mask is None else {"mask": self._mask}

    def _draw_mask(self, x: Array) -> Array:
        rng = self.streams.dropout(*self.address)
        uniform: Array
        if isinstance(rng, np.random.Generator):
            # float32 takes half the time; used for both dtypes, so that both drop the same inputs.
            uniform = self.workspace.array("uniform", x.shape, np.float32)
            rng.random(dtype=np.float32, out=uniform)
        else:
            uniform = np.asarray(rng.random_sample(x.shape))
        mask = self.workspace.like("mask", x, x.real.dtype)
        np.greater_equal(uniform, self.rate, out=mask, casting="unsafe")
        mask /= 1 - self.rate
        return mask
