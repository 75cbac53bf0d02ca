"""Activations: the non-linear functions between linear layers, each with its derivative written from its output."""

from dataclasses import dataclass
from math import inf
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le, Lt

from nnlab.core.arrays import LARGEST_EXPONENT, ZEROS, Array, Shape, zeros_like
from nnlab.layers.base import Activation
from nnlab.registry import Doc, activations


@activations.register("identity")
@dataclass(kw_only=True)
class Identity(Activation):
    """Pass the input on unchanged: a network with it is linear.

        y = x
        dx = dy

    Equals ``textbook.Identity``.
    Source: "Deep Learning from Scratch", section 3.5.1.
    """

    def forward(self, x: Array, *, training: bool) -> Array:
        return x

    def backward(self, dy: Array) -> Array:
        return dy


@activations.register("sigmoid")
@dataclass(kw_only=True)
class Sigmoid(Activation):
    """Squash each number into (0, 1).

        y = 1 / (1 + e⁻ˣ)
        dx = dy · y (1 − y)

    Its slope is at most 1/4, and near 0 for large |x|, where hardly any gradient passes.
    Equals ``textbook.Sigmoid``, whose e⁻ˣ overflows for large negative x.
    Source: "Deep Learning from Scratch", sections 3.2.4 and 5.5.2.
    """

    activation_arrays = 6  # two of them in double precision
    saturates_at = (0.0, 1.0)

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = eˣ / (1 + eˣ), computed in double precision: (1 + tanh(x/2)) / 2 loses all digits below x = −20.

        NumPy's exp of float32 would be off by 2e-7 itself; this y is the nearest float32.
        """
        double = np.result_type(x, np.float64)
        e = np.minimum(x, LARGEST_EXPONENT, out=self.workspace.like("e", x, double))
        np.exp(e, out=e)
        self._s = np.add(e, 1, out=self.workspace.like("s", x, double))
        self._y = np.divide(e, self._s, out=self.workspace.like("y", x))
        return self._y

    def backward(self, dy: Array) -> Array:
        """dx = dy · y (1 − y), with 1 − y = 1 / (1 + eˣ), which is exact for large x too."""
        dx = np.divide(self._y, self._s, out=self.workspace.like("dx", dy))
        dx *= dy
        return dx


@activations.register("tanh")
@dataclass(kw_only=True)
class Tanh(Activation):
    """Squash each number into (−1, 1), with 0 for 0.

        y = tanh(x)
        dx = dy · (1 − y²)

    Equals ``textbook.Tanh``, in memory that is reused at each step.
    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.4.
    """

    saturates_at = (-1.0, 1.0)

    def forward(self, x: Array, *, training: bool) -> Array:
        self._y = y = self.workspace.like("y", x)
        np.tanh(x, out=y)
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy · (1 − y²)."""
        dx = np.multiply(self._y, self._y, out=self.workspace.like("dx", dy))
        np.subtract(1, dx, out=dx)
        dx *= dy
        return dx


class Rectifier(Activation):
    """An activation with a kink at 0 whose output has the sign of its input."""

    _y: Array

    def kink_sides(self) -> Array:
        return self._positive(self._y)

    def _positive(self, x: Array) -> Array:
        positive = self.workspace.like("positive", x, np.bool_)
        np.greater(x.real, 0, out=positive)
        return positive


@activations.register("relu")
@dataclass(kw_only=True)
class ReLU(Rectifier):
    """Pass positive numbers on and set the others to 0.

        y = max(x, 0)
        dx = dy where x > 0, else 0

    Equals ``textbook.Relu``; faster, since it clips in place.
    Source: Nair & Hinton 2010, ICML; "Deep Learning from Scratch", section 5.5.1.
    """

    commutes_with_max = True
    dies_at_zero = True

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = max(x, 0)."""
        self._y = y = self.workspace.like("y", x)
        # 30,000 numbers take 4 µs with an array of zeros, 8 as a clip, 15 with the number 0. Reading the zeros of large
        # arrays costs more than it saves, and only those in C order have zeros of the same order.
        if x.size <= ZEROS and x.flags.c_contiguous:
            return np.maximum(x, zeros_like(x), out=y)
        return np.clip(x, 0, inf, out=y)

    def backward(self, dy: Array) -> Array:
        """dx = dy where y > 0, else 0."""
        return np.multiply(dy, self.kink_sides(), out=self.workspace.like("dx", dy))


@activations.register("leaky_relu")
@dataclass(kw_only=True)
class LeakyReLU(Rectifier):
    """Pass positive numbers on and multiply the others by a small slope, so that no unit is dead.

        y = max(x, slope · x)
        dx = dy where x > 0, else slope · dy

    Equals ``textbook.LeakyRelu``, in memory that is reused at each step.
    Source: Maas, Hannun & Ng 2013, ICML workshop.
    """

    slope: Annotated[float, Gt(0), Lt(1), Doc("slope for negative inputs")] = 0.01

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = max(x, slope · x)."""
        y = np.multiply(x, self.slope, out=self.workspace.like("y", x))
        self._y = np.maximum(x, y, out=y)
        return self._y

    def backward(self, dy: Array) -> Array:
        """dx = dy where y > 0, else slope · dy."""
        dx = np.multiply(dy, self.slope, out=self.workspace.like("dx", dy))
        np.copyto(dx, dy, where=self.kink_sides())
        return dx


@activations.register("elu")
@dataclass(kw_only=True)
class ELU(Rectifier):
    """Pass positive numbers on and bend the others smoothly towards −alpha.

        y = x where x > 0, else alpha (eˣ − 1)
        dx = dy where x > 0, else dy · alpha eˣ

    Equals ``textbook.Elu``, in memory that is reused at each step.
    Source: Clevert, Unterthiner & Hochreiter 2016, arXiv 1511.07289.
    """

    alpha: Annotated[float, Gt(0), Le(100), Doc("α: outputs of negative inputs tend to −α")] = 1.0

    @classmethod
    def examples(cls) -> "list[tuple[ELU, Shape]]":
        return [(cls(), (5,)), (cls(alpha=0.5), (5,))]

    activation_arrays = 3

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = max(x, 0) + alpha (eᵐ − 1) with m = min(x, 0), of which one is 0."""
        self._m = m = np.minimum(x, 0, out=self.workspace.like("m", x))
        y = np.expm1(m, out=self.workspace.like("y", x), dtype=np.result_type(x, np.float64))
        y *= self.alpha
        y += np.maximum(x, 0, out=self.workspace.like("dx", x))
        self._y = y
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy where y > 0, else dy · alpha eᵐ: y + alpha loses all digits below x = −17 in float32."""
        dx = np.exp(self._m, out=self.workspace.like("dx", dy), dtype=np.result_type(dy, np.float64))
        if self.alpha != 1:
            dx *= self.alpha
            np.copyto(dx, 1, where=self.kink_sides())
        dx *= dy
        return dx
