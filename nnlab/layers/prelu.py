"""Parametric ReLU."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Activation
from nnlab.registry import Doc, activations


@activations.register("prelu")
@dataclass(kw_only=True)
class PReLU(Activation):
    """Pass positive numbers on and multiply the others by a trained slope a.

        y = x where x > 0, else a · x
        dx = dy where x > 0, else a · dy
        da = Σ dy · x where x ≤ 0

    One slope for each feature of vectors, for each channel of images, or one for all. As in the paper, no penalty acts
    on slopes.
    Equals ``textbook.PRelu``, in memory that is reused at each step.
    Source: He et al. 2015, arXiv 1502.01852.
    """

    activation_arrays = 4

    slope: Annotated[float, Ge(0), Le(1), Doc("initial slope a for negative inputs")] = 0.25
    shared: Annotated[bool, Doc("true: one slope for all channels or features")] = False

    @classmethod
    def examples(cls) -> "list[tuple[PReLU, Shape]]":
        return [(cls(), (5,)), (cls(shared=True), (5,)), (cls(), (3, 2, 2))]

    def build(self, in_shape: Shape) -> Shape:
        """The slopes a are (C,) for images (C, H, W), (D,) for vectors (D,) and sequences (T, D), or (1,)."""
        channels = 0 if len(in_shape) == 3 else len(in_shape) - 1
        self.a = self.constant("a", (1,) if self.shared else (in_shape[channels],), self.slope)
        self.along = tuple(-1 if axis == channels else 1 for axis in range(len(in_shape)))
        every = range(len(in_shape) + 1)
        self._summed = tuple(axis for axis in every if self.shared or axis != channels + 1)
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x: Array = x
        y = np.minimum(x, 0, out=self.workspace.like("y", x))
        y *= self.a.value.reshape(self.along)
        y += np.maximum(x, 0, out=self.workspace.like("part", x))
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy where x > 0, else a·dy; da = Σ dy·x over the x ≤ 0."""
        part = np.minimum(self._x, 0, out=self.workspace.like("part", self._x))
        part *= dy
        self.a.grad[...] = part.sum(axis=self._summed)
        passed = np.multiply(dy, self.kink_sides(), out=self.workspace.like("passed", dy))
        dx = np.subtract(dy, passed, out=self.workspace.like("dx", dy))
        dx *= self.a.value.reshape(self.along)
        dx += passed
        return dx

    def kink_sides(self) -> Array:
        positive = self.workspace.like("positive", self._x, np.bool_)
        np.greater(self._x.real, 0, out=positive)
        return positive
