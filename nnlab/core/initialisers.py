"""Weight initialisers: random numbers of mean 0 whose standard deviation suits the size of the layer."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import prod, sqrt
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import RandomGenerator
from nnlab.registry import Doc, initialisers

Distribution = Literal["normal", "uniform"]
DISTRIBUTION = Doc("normal, or uniform from −√3·std to √3·std")


class Initialiser(ABC):
    """Draws the initial weights of a layer.

    A class that declares itself ``repeatable`` draws the same from the same stream; subclasses declare it for
    themselves. Weights of others are copied where they may be needed again.
    """

    repeatable: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.repeatable = vars(cls).get("repeatable", False)

    @abstractmethod
    def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
        """New float64 weights of the given shape, for a layer in which each output sums ``fan_in`` inputs."""

    def start_bias(self, shape: Shape) -> Array:
        """New float64 values of a bias: zeros."""
        return np.zeros(shape)

    def mismatch(self, shape: Shape, bias: Shape | None) -> str:
        """Why this cannot start weights of a shape and a bias (None: there is none); empty where it can."""
        return ""


class Scaled(Initialiser):
    """Independent weights of mean 0 with one standard deviation."""

    distribution: Distribution = "normal"

    @abstractmethod
    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        """The standard deviation where an output sums ``fan_in`` inputs and an input reaches ``fan_out`` outputs."""

    def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
        """N(0, std²), or the uniform distribution of the same variance."""
        std = self.standard_deviation(fan_in, fan_out(shape, fan_in))
        if self.distribution == "uniform":
            return np.asarray(rng.uniform(-sqrt(3) * std, sqrt(3) * std, shape))
        weights = rng.standard_normal(shape)
        weights *= std
        return weights


def fan_out(shape: Shape, fan_in: int) -> int:
    """How many outputs an input reaches: D_out of (D_in, D_out), F·K·K of (F, C, K, K)."""
    return prod(shape) // fan_in * prod(shape[2:])


@initialisers.register("normal")
@dataclass(kw_only=True)
class Normal(Scaled):
    """Normal distribution with a fixed standard deviation.

        W ∼ N(0, std²)

    Source: "Deep Learning from Scratch", section 6.2.2.
    """

    std: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation of the weights")] = 0.01

    repeatable = True

    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        return self.std


@initialisers.register("xavier")
@dataclass(kw_only=True)
class Xavier(Scaled):
    """Normal distribution whose variance is 1 over the number of inputs of a unit, for sigmoid and tanh.

        std = √(1 / fan_in)
        W ∼ N(0, std²)

    What "Deep Learning from Scratch" calls Xavier; the rule of Xavier Glorot's paper is glorot.
    Source: "Deep Learning from Scratch", section 6.2.2.
    """

    repeatable = True

    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        return sqrt(1.0 / fan_in)


@initialisers.register("he")
@dataclass(kw_only=True)
class He(Scaled):
    """Normal distribution that keeps the variance from layer to layer where relu follows.

        std = √(2 / fan_in)
        W ∼ N(0, std²)

    Relu sets half of the numbers to 0, hence the 2.
    Source: He et al. 2015, arXiv 1502.01852; "Deep Learning from Scratch", section 6.2.3.
    """

    repeatable = True

    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        return sqrt(2.0 / fan_in)


@initialisers.register("glorot")
@dataclass(kw_only=True)
class Glorot(Scaled):
    """Keep the variance of tanh layers in both directions, forward and backward.

        std = √(2 / (fan_in + fan_out))
        W ∼ U(−√3 std, √3 std)

    With distribution normal it is N(0, std²); uniform as in the paper and by default in Keras.
    Source: Glorot & Bengio 2010, AISTATS, equation 16.
    """

    distribution: Annotated[Distribution, DISTRIBUTION] = "uniform"

    repeatable = True

    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        return sqrt(2.0 / (fan_in + fan_out))


@initialisers.register("lecun")
@dataclass(kw_only=True)
class LeCun(Scaled):
    """Keep the variance of linear layers.

        std = √(1 / fan_in)
        W ∼ N(0, std²)

    With distribution uniform it is U(−√3 std, √3 std).
    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.6.
    """

    distribution: Annotated[Distribution, DISTRIBUTION] = "normal"

    repeatable = True

    def standard_deviation(self, fan_in: int, fan_out: int) -> float:
        return sqrt(1.0 / fan_in)


@initialisers.register("truncated")
@dataclass(kw_only=True)
class Truncated(Initialiser):
    """Truncated normal distribution: numbers beyond two standard deviations are redrawn.

        W ∼ N(0, std²) where |W| ≤ 2 std

    Source: Keras' TruncatedNormal; Abadi et al. 2016, arXiv 1603.04467 (TensorFlow).
    """

    std: Annotated[float, Ge(0), Le(1e6), Doc("standard deviation before truncation; 0.88 of it is left")] = 0.01

    def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
        """Normal numbers, those beyond two standard deviations (4.6 %) redrawn until none is left."""
        weights = rng.standard_normal(shape)
        while (outside := np.abs(weights) > 2).any():
            weights[outside] = rng.standard_normal(int(outside.sum()))
        weights *= self.std
        return weights


@initialisers.register("orthogonal")
@dataclass(kw_only=True)
class Orthogonal(Initialiser):
    """A random orthogonal matrix times a gain, which keeps lengths.

        Q R = Z with Z ∼ N(0, 1)
        W = gain · Q

    Of (D_in, D_out), or (F, C·K·K) for a convolution, the rows are orthonormal, or the columns where they are fewer.
    Source: Saxe, McClelland & Ganguli 2014, arXiv 1312.6120.
    """

    gain: Annotated[float, Gt(0), Le(1e6), Doc("factor in front of the matrix; √2 suits relu")] = 1.0

    def draw(self, shape: Shape, fan_in: int, rng: RandomGenerator) -> Array:
        """Q of a normal matrix's QR decomposition with a positive diagonal of R, so that Q is uniformly distributed."""
        rows, columns = shape[0], prod(shape[1:])
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diagonal(r) < 0, -self.gain, self.gain)
        return np.ascontiguousarray(q if rows >= columns else q.T).reshape(shape)
