"""Smooth activations: gelu, swish and softplus."""

from abc import abstractmethod
from dataclasses import dataclass
from math import pi, sqrt
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import LARGEST_EXPONENT, Array, Shape
from nnlab.core.normal_distribution import normal_distribution
from nnlab.layers.base import Activation
from nnlab.registry import Doc, activations

# Inputs count as at most this in a gate, so that their cubes are finite; for them every gate is 0 or 1.
LARGEST_INPUT = 1e30


class Gated(Activation):
    """y = x · gate(x), with a gate that rises from 0 to 1, in double precision: float32 would lose its small values.

    dx = dy · (gate + x gate').
    """

    activation_arrays = 10  # four of them in double precision

    def forward(self, x: Array, *, training: bool) -> Array:
        double = np.result_type(x, np.float64)
        self._single = x.dtype == np.float32
        self._x = self.workspace.like("x", x, double)
        np.clip(x, -LARGEST_INPUT, LARGEST_INPUT, out=self._x, dtype=double)
        self._gate = self.gate(self._x)
        return np.multiply(x, self._gate, out=self.workspace.like("y", x))

    def backward(self, dy: Array) -> Array:
        slope = np.multiply(self.gate_derivative(self._x), self._x, out=self.workspace.like("slope", self._x))
        slope += self._gate
        return np.multiply(slope, dy, out=self.workspace.like("dx", dy))

    @abstractmethod
    def gate(self, x: Array) -> Array:
        """The gate at each x."""

    @abstractmethod
    def gate_derivative(self, x: Array) -> Array:
        """The derivative of the last gate at each x."""

    def sigmoid_gate(self, z: Array) -> Array:
        """eᶻ / (1 + eᶻ); z is overwritten."""
        np.minimum(z, LARGEST_EXPONENT, out=z)
        np.exp(z, out=z)
        self._s = np.add(z, 1, out=self.workspace.like("s", z))
        z /= self._s
        return z

    def sigmoid_gate_derivative(self) -> Array:
        """gate (1 − gate) with 1 − gate = 1 / (1 + eᶻ), which is exact for large z too."""
        return np.divide(self._gate, self._s, out=self.workspace.like("slope", self._s))


@activations.register("gelu")
@dataclass(kw_only=True)
class GELU(Gated):
    """Weight each number by the probability that a standard normal number is smaller: a smooth relu.

        Φ(x) = (1 + erf(x / √2)) / 2
        y = x Φ(x)
        dx = dy (Φ(x) + x e^(−x²/2) / √(2π))

    ``approximate: tanh`` is the paper's y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))), which differs by up to 5e-4
    and is computed five times as fast: 4 ns a number in place of 22.
    Equals ``textbook.Gelu``, which takes Φ from Python's math.erf, number by number.
    Source: Hendrycks & Gimpel 2016, arXiv 1606.08415.
    """

    approximate: Annotated[
        Literal["none", "tanh"],
        Doc("none: exact, by the error function; tanh: the paper's approximation, five times as fast"),
    ] = "none"

    @classmethod
    def examples(cls) -> "list[tuple[GELU, Shape]]":
        return [(cls(), (5,)), (cls(), (2, 3, 2)), (cls(approximate="tanh"), (5,))]

    def gate(self, x: Array) -> Array:
        gate = self.workspace.like("gate", x)
        if self.approximate == "tanh":  # (1 + tanh u) / 2 = sigmoid(2u), whose small values keep their digits
            np.multiply(x, x, out=gate)
            gate *= 0.044715
            gate += 1
            gate *= x
            gate *= 2 * sqrt(2 / pi)
            return self.sigmoid_gate(gate)
        self._density = self.workspace.like("density", x)
        numbers, cdf, density = (array.ravel(order="K") for array in (x, gate, self._density))
        normal_distribution(numbers, cdf, density, self.workspace, single=self._single)
        return gate

    def gate_derivative(self, x: Array) -> Array:
        """φ(x), or gate (1 − gate) u' with u' = 2 √(2/π) (1 + 3 · 0.044715 x²)."""
        if self.approximate == "none":
            return self._density
        slope = self.sigmoid_gate_derivative()
        inner = np.multiply(x, x, out=self.workspace.like("inner", x))
        inner *= 3 * 0.044715
        inner += 1
        slope *= inner
        slope *= 2 * sqrt(2 / pi)
        return slope


@activations.register("swish")
@dataclass(kw_only=True)
class Swish(Gated):
    """Weight each number by its sigmoid: a smooth relu; with beta = 1 called SiLU.

        s = 1 / (1 + e^(−beta x))
        y = x s
        dx = dy (s + beta x s (1 − s))

    Equals ``textbook.Swish``, whose e^(−beta x) overflows for large negative x.
    Source: Ramachandran, Zoph & Le 2017, arXiv 1710.05941.
    """

    beta: Annotated[float, Ge(0), Le(100), Doc("β: 0 gives x/2, large values approach relu")] = 1.0

    @classmethod
    def examples(cls) -> "list[tuple[Swish, Shape]]":
        return [(cls(), (5,)), (cls(beta=2.5), (5,))]

    def gate(self, x: Array) -> Array:
        return self.sigmoid_gate(np.multiply(x, self.beta, out=self.workspace.like("gate", x)))

    def gate_derivative(self, x: Array) -> Array:
        slope = self.sigmoid_gate_derivative()
        slope *= self.beta
        return slope


@activations.register("softplus")
@dataclass(kw_only=True)
class Softplus(Activation):
    """A smooth relu, whose slope is the sigmoid.

        y = ln(1 + eˣ)
        dx = dy / (1 + e⁻ˣ)

    Equals ``textbook.Softplus``, whose eˣ overflows for large x.
    Source: Dugas et al. 2001, NIPS 13.
    """

    activation_arrays = 6  # two of them in double precision

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = max(x, 0) + ln(1 + e⁻|ˣ|), in double precision: float32 would lose its small values."""
        double = np.result_type(x, np.float64)
        self._negative = np.less_equal(x.real, 0, out=self.workspace.like("negative", x, np.bool_))
        self._e = e = np.negative(x, out=self.workspace.like("e", x, double), dtype=double)
        np.copyto(e, x, where=self._negative)
        np.exp(e, out=e)
        y = np.maximum(x, 0, out=self.workspace.like("y", x))
        y += np.log1p(e, out=self.workspace.like("log", x, double))
        return y

    def backward(self, dy: Array) -> Array:
        """dx = dy · sigmoid(x), which is 1 / (1 + e⁻|ˣ|) for positive x, else e⁻|ˣ| / (1 + e⁻|ˣ|)."""
        slope = np.add(self._e, 1, out=self.workspace.like("log", self._e))
        np.divide(1, slope, out=slope)
        np.multiply(slope, self._e, out=slope, where=self._negative)
        return np.multiply(slope, dy, out=self.workspace.like("dx", dy))
