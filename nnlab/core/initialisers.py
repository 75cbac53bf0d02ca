"""Where weights start: the standard deviation of a normal distribution."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import sqrt
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import Draws
from nnlab.registry import Doc, initialisers


class Initialiser(ABC):
    """Draws the starting weights of a layer from N(0, std²)."""

    @abstractmethod
    def standard_deviation(self, fan_in: int) -> float:
        """The standard deviation for a layer in which each output sums ``fan_in`` inputs."""

    def draw(self, shape: Shape, fan_in: int, draws: Draws) -> Array:
        """New float64 weights of the given shape."""
        weights = draws.standard_normal(shape)
        weights *= self.standard_deviation(fan_in)
        return weights


@initialisers.register("normal")
@dataclass(kw_only=True)
class Normal(Initialiser):
    """Normal distribution with a fixed standard deviation: W = std · N(0, 1)."""

    std: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the weights")] = 0.01

    def standard_deviation(self, fan_in: int) -> float:
        """The fixed standard deviation."""
        return self.std


@initialisers.register("xavier")
@dataclass(kw_only=True)
class Xavier(Initialiser):
    """Std √(1/fan_in), which keeps the variance of tanh and sigmoid layers (Glorot & Bengio 2010)."""

    def standard_deviation(self, fan_in: int) -> float:
        """√(1/fan_in)."""
        return sqrt(1.0 / fan_in)


@initialisers.register("he")
@dataclass(kw_only=True)
class He(Initialiser):
    """Std √(2/fan_in), which keeps the variance of ReLU layers (He et al. 2015, arXiv 1502.01852)."""

    def standard_deviation(self, fan_in: int) -> float:
        """√(2/fan_in)."""
        return sqrt(2.0 / fan_in)
