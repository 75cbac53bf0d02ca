"""Activity regularisation: layers that add a penalty on the previous layer's output and pass it on unchanged."""

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
    """y = x; the regularisation term λ/N ‖x‖ of the batch is added to the objective, divided by N as in Keras."""

    strength: Annotated[float, Ge(0), Le(1e6), Doc("regularisation strength λ")] = 0.01

    def build(self, in_shape: Shape) -> Shape:
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x = x
        return x

    def backward(self, dy: Array) -> Array:
        """dx = dy + λ/N ∂‖x‖/∂x."""
        dx = self.workspace.like("dx", dy)
        self._norm_gradient(self._x, dx)
        dx *= self.strength / (self.batch_size or len(dy))
        dx += dy
        return dx

    def activity_penalty(self) -> complex:
        """λ/N ‖x‖ for the last input."""
        return self.strength / len(self._x) * self._norm(self._x)

    def scale_activity_penalty(self, factor: float) -> None:
        self.strength *= factor

    @abstractmethod
    def _norm(self, x: Array) -> complex: ...

    @abstractmethod
    def _norm_gradient(self, x: Array, out: Array) -> None: ...


@layers.register("activity_l1")
@dataclass(kw_only=True)
class ActivityL1(ActivityPenalty):
    """Add an L1 penalty on the output of the layer before, which makes most of it zero.

        y = x
        L ← L + λ/N Σ|x|
        dx = dy + λ/N sign(x)

    Equals ``textbook.ActivityL1``.
    Source: Glorot, Bordes & Bengio 2011, AISTATS.
    """

    def _norm(self, x: Array) -> complex:
        signs = self.workspace.like("signs", x, x.real.dtype)
        np.sign(x.real, out=signs)
        return complex(np.multiply(x, signs, out=self.workspace.like("norm", x)).sum())

    def _norm_gradient(self, x: Array, out: Array) -> None:
        np.sign(x, out=out)

    def kink_sides(self) -> Array:
        """The sign of each number: |x| has a kink at 0."""
        signs: Array = np.sign(self._x.real)
        return signs


@layers.register("activity_l2")
@dataclass(kw_only=True)
class ActivityL2(ActivityPenalty):
    """Add an L2 penalty on the output of the layer before, which keeps it small.

        y = x
        L ← L + λ/N Σx²
        dx = dy + λ/N 2 x

    Keras' form, without the half.
    Equals ``textbook.ActivityL2``.
    Source: Merity, McCann & Socher 2017, arXiv 1708.01009 (activation regularisation).
    """

    def _norm(self, x: Array) -> complex:
        return complex(np.multiply(x, x, out=self.workspace.like("norm", x)).sum())

    def _norm_gradient(self, x: Array, out: Array) -> None:
        np.multiply(x, 2, out=out)
