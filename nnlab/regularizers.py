"""Penalties on the weights (never on biases or normalisation scales), added to the loss."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array
from nnlab.core.workspace import Workspace
from nnlab.registry import Doc, regularizers


@dataclass
class Regularizer(ABC):
    """A regularisation term λ‖W‖ of the flat weight vector W."""

    strength: Annotated[float, Ge(0), Le(1e6), Doc("regularisation strength λ; 0: none")] = 0.0

    def __post_init__(self) -> None:
        self.workspace = Workspace()

    @abstractmethod
    def value(self, W: Array) -> complex:
        """The penalty of the weights W."""

    @abstractmethod
    def gradient(self, W: Array, out: Array) -> Array:
        """The gradient of the penalty, written to ``out``."""

    def kink_sides(self, W: Array) -> list[Array]:
        """Which side of each kink the weights W are on, where the penalty has kinks."""
        return []

    def add_gradient(self, W: Array, dW: Array) -> None:
        """Add the gradient of the penalty to dW."""
        dW += self.gradient(W, self.workspace.array("gradient", W.shape, W.dtype))


@dataclass(frozen=True)
class RegularizerTerm:
    """A penalty on some of a network's weights: W and dW are views of their values and gradients."""

    regularizer: Regularizer
    W: Array
    dW: Array

    def value(self) -> float:
        """The penalty of the weights as they are."""
        return self.regularizer.value(self.W).real

    def add_gradient(self) -> None:
        """Add the penalty's gradient to dW."""
        self.regularizer.add_gradient(self.W, self.dW)


@regularizers.register("l1")
@dataclass
class L1(Regularizer):
    """Add λ times the absolute values of the weights to the loss: drives weights to exactly zero.

        L ← L + λ Σ|W|
        dW ← dW + λ sign(W)

    Source: Tibshirani 1996, Journal of the Royal Statistical Society B 58 (1).
    """

    def value(self, W: Array) -> complex:
        magnitude = np.sign(W.real, out=self.workspace.array("magnitude", W.shape, W.real.dtype))
        return self.strength * complex(np.dot(W, magnitude))

    def gradient(self, W: Array, out: Array) -> Array:
        np.sign(W, out=out)
        out *= self.strength
        return out

    def kink_sides(self, W: Array) -> list[Array]:
        """The sign of each weight: |W| has a kink at 0."""
        return [np.sign(W.real)]


@regularizers.register("l2")
@dataclass
class L2(Regularizer):
    """Add λ/2 times the squares of the weights to the loss: keeps all weights small (weight decay).

        L ← L + λ/2 ΣW²
        dW ← dW + λ W

    Source: Krogh & Hertz 1992, NIPS 4; "Deep Learning from Scratch", section 6.4.2.
    """

    def value(self, W: Array) -> complex:
        return 0.5 * self.strength * complex(np.dot(W, W))

    def gradient(self, W: Array, out: Array) -> Array:
        return np.multiply(W, self.strength, out=out)
