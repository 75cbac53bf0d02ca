"""Layer normalisation."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import FROZEN, Layer
from nnlab.registry import Doc, layers


@layers.register("layer_norm")
@dataclass(kw_only=True)
class LayerNorm(Layer):
    """y = gamma · (x − mean) / √(variance + eps) + beta over all numbers of a sample.

    Ba et al. 2016, arXiv 1607.06450. No sample depends on the others of its batch, so training and evaluation are
    the same. gamma and beta have the shape of a sample.
    Equals ``textbook.LayerNormalization``, in memory that is reused at each step.
    """

    activation_arrays = 4

    eps: Annotated[float, Gt(0), Le(1), Doc("ε added to the variance for numerical stability")] = 1e-5
    frozen: Annotated[bool, FROZEN] = False

    @classmethod
    def examples(cls) -> "list[tuple[LayerNorm, Shape]]":
        return [(cls(), (5,)), (cls(), (2, 3, 2))]

    def build(self, in_shape: Shape) -> Shape:
        self.gamma = self.constant("gamma", in_shape, 1.0)
        self.beta = self.constant("beta", in_shape, 0.0)
        self._axes = tuple(range(1, len(in_shape) + 1))
        self._ones = (1,) * len(in_shape)
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """Normalise each sample by its own mean and variance."""
        normalised = self.workspace.like("normalised", x)
        y = self.workspace.like("y", x)
        np.subtract(x, self._mean("mean", x), out=normalised)
        np.multiply(normalised, normalised, out=y)
        self._std = self._mean("std", y)
        self._std += self.eps
        np.sqrt(self._std, out=self._std)
        normalised /= self._std
        self._normalised = normalised
        np.multiply(normalised, self.gamma.value, out=y)
        y += self.beta.value
        return y

    def backward(self, dy: Array) -> Array:
        """dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / √(variance + eps) with dx̂ = dy gamma; dgamma = Σ dy x̂, dbeta = Σ dy."""
        dx = self.workspace.like("dx", dy)
        product = self.workspace.like("product", dy)
        np.multiply(dy, self._normalised, out=product)
        np.sum(product, axis=0, out=self.gamma.grad)
        np.sum(dy, axis=0, out=self.beta.grad)
        np.multiply(dy, self.gamma.value, out=dx)
        product *= self.gamma.value
        along = self._mean("along", product)
        dx -= self._mean("mean", dx)
        np.multiply(self._normalised, along, out=product)
        dx -= product
        dx /= self._std
        return dx

    def _mean(self, name: str, x: Array) -> Array:
        """The mean of each sample, with a sample's axes kept as length 1."""
        mean = self.workspace.array(name, (len(x), *self._ones), x.dtype)
        np.mean(x, axis=self._axes, keepdims=True, out=mean)
        return mean
