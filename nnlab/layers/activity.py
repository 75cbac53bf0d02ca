"""Penalties on what a layer puts out, as layers that stand behind it and change nothing else."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import Doc, layers


@dataclass(kw_only=True)
class ActivityPenalty(Layer):
    """y = x, with a price on x added to the objective, divided by the batch size as Keras does."""

    strength: Annotated[float, Ge(0), Le(1e6), Doc("λ")] = 0.01

    def build(self, in_shape: Shape) -> Shape:
        """Any shape to the same shape."""
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """The input itself."""
        self._x = x
        return x

    def backward(self, dy: Array) -> Array:
        """dx = dy + ∂price/∂x."""
        dx = self.workspace.like("dx", dy)
        self._price_gradient(self._x, dx)
        dx *= self.strength / (self.batch_size or len(dy))
        dx += dy
        return dx

    def activity_penalty(self) -> complex:
        """λ/N times the price of the last input."""
        return self.strength / len(self._x) * self._price(self._x)

    @abstractmethod
    def _price(self, x: Array) -> complex: ...

    @abstractmethod
    def _price_gradient(self, x: Array, out: Array) -> None: ...


@layers.register("activity_l1")
@dataclass(kw_only=True)
class ActivityL1(ActivityPenalty):
    """λ/N Σ|x| on the output of the layer before, which makes most of it zero."""

    def _price(self, x: Array) -> complex:
        signs = self.workspace.like("signs", x, x.real.dtype)
        np.sign(x.real, out=signs)
        return complex(np.multiply(x, signs, out=self.workspace.like("priced", x)).sum())

    def _price_gradient(self, x: Array, out: Array) -> None:
        np.sign(x, out=out)

    def kink_sides(self) -> Array:
        """The sign of each number: |x| has a kink at 0."""
        signs: Array = np.sign(self._x.real)
        return signs


@layers.register("activity_l2")
@dataclass(kw_only=True)
class ActivityL2(ActivityPenalty):
    """λ/N Σx² on the output of the layer before (Keras' form, without the half), which keeps it small."""

    def _price(self, x: Array) -> complex:
        return complex(np.multiply(x, x, out=self.workspace.like("priced", x)).sum())

    def _price_gradient(self, x: Array, out: Array) -> None:
        np.multiply(x, 2, out=out)
