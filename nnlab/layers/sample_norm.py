"""What layer, group and instance normalisation share: each sample is normalised by itself."""

from abc import abstractmethod
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import Layer
from nnlab.registry import Doc

EPS = Doc("ε added to the variance for numerical stability")


class SampleNorm(Layer):
    """y = gamma · (x − mean) / √(variance + eps) + beta, with mean and variance over groups of a sample's numbers.

    No sample depends on the others of its batch, so training and evaluation are the same.
    """

    activation_arrays = 4

    eps: Annotated[float, Gt(0), Le(1), EPS]

    def declare_scales(self, shape: Shape) -> None:
        """Declare gamma and beta with the first axes of a sample; the other axes share them."""
        self.gamma = self.constant("gamma", shape, 1.0)
        self.beta = self.constant("beta", shape, 0.0)
        axes, own = len(self.in_shape), len(shape)
        self._broadcast = shape + (1,) * (axes - own)
        self._shared = (0, *range(own + 1, axes + 1))

    @abstractmethod
    def mean(self, name: str, x: Array) -> Array:
        """The mean of each group of numbers, in a shape that broadcasts to x; valid until the next of this name."""

    def forward(self, x: Array, *, training: bool) -> Array:
        """Normalise each group of a sample's numbers by its own mean and variance."""
        normalised = self.workspace.like("normalised", x)
        y = self.workspace.like("y", x)
        np.subtract(x, self.mean("mean", x), out=normalised)
        np.multiply(normalised, normalised, out=y)
        self._std = self.mean("std", y)
        self._std += self.eps
        np.sqrt(self._std, out=self._std)
        normalised /= self._std
        self._normalised = normalised
        np.multiply(normalised, self.gamma.value.reshape(self._broadcast), out=y)
        y += self.beta.value.reshape(self._broadcast)
        return y

    def forward_details(self) -> dict[str, Array]:
        """The standard deviation √(var + eps) that each group was divided by, and xn."""
        return {"std": self._std, "xn": self._normalised}

    def backward(self, dy: Array) -> Array:
        """dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / √(variance + eps) with dx̂ = dy gamma; dgamma = Σ dy x̂, dbeta = Σ dy."""
        dx = self.workspace.like("dx", dy)
        product = self.workspace.like("product", dy)
        np.multiply(dy, self._normalised, out=product)
        np.sum(product, axis=self._shared, out=self.gamma.grad)
        np.sum(dy, axis=self._shared, out=self.beta.grad)
        gamma = self.gamma.value.reshape(self._broadcast)
        np.multiply(dy, gamma, out=dx)
        product *= gamma
        along = self.mean("along", product)
        dx -= self.mean("mean", dx)
        np.multiply(self._normalised, along, out=product)
        dx -= product
        dx /= self._std
        return dx
