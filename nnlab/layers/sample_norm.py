"""What layer, group and instance normalisation share: each sample is normalised by itself."""

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

    def normalise_over(self, grouped: Shape, axes: tuple[int, ...]) -> None:
        """Take mean and variance over these axes of a batch whose samples have the shape ``grouped``."""
        self._grouped = grouped
        self._axes = axes
        self._means = tuple(1 if axis in axes else size for axis, size in enumerate(grouped, start=1))

    def forward(self, x: Array, *, training: bool) -> Array:
        """Normalise each group of a sample's numbers by its own mean and variance."""
        normalised = self.workspace.like("normalised", x)
        y = self.workspace.like("y", x)
        groups, squares = self._groups(normalised), self._groups(y)
        np.subtract(self._groups(x), self._mean("mean", self._groups(x)), out=groups)
        np.multiply(groups, groups, out=squares)
        self._std = self._mean("std", squares)
        self._std += self.eps
        np.sqrt(self._std, out=self._std)
        groups /= self._std
        self._normalised = normalised
        np.multiply(normalised, self.gamma.value.reshape(self._broadcast), out=y)
        y += self.beta.value.reshape(self._broadcast)
        return y

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
        along = self._mean("along", self._groups(product))
        groups = self._groups(dx)
        groups -= self._mean("mean", groups)
        np.multiply(self._groups(self._normalised), along, out=self._groups(product))
        dx -= product
        groups /= self._std
        return dx

    def _groups(self, x: Array) -> Array:
        """A view with the samples in the shape that is normalised."""
        return x.reshape(len(x), *self._grouped)

    def _mean(self, name: str, x: Array) -> Array:
        """The mean of each group, with the axes that it is over kept as length 1."""
        mean = self.workspace.array(name, (len(x), *self._means), x.dtype)
        np.mean(x, axis=self._axes, keepdims=True, out=mean)
        return mean
