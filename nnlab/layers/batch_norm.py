"""Batch normalisation."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.base import Layer
from nnlab.registry import Doc, layers


@layers.register("batch_norm")
@dataclass(kw_only=True)
class BatchNorm(Layer):
    """y = gamma · (x − mean) / √(variance + eps) + beta, per feature (Ioffe & Szegedy 2015, arXiv 1502.03167).

    Mean and (biased) variance are those of the batch in training and running averages in evaluation.
    """

    eps: Annotated[float, Gt(0), Le(1), Doc("added to the variance")] = 1e-5
    momentum: Annotated[float, Ge(0), Lt(1), Doc("share of the old running average kept at each step")] = 0.9

    def build(self, in_shape: Shape) -> Shape:
        """(D,) to (D,)."""
        if len(in_shape) != 1:
            raise self.reject(f"needs a flat input, got {shape_text(in_shape)}; put a flatten layer before it")
        self.gamma = self.constant("gamma", in_shape, 1.0)
        self.beta = self.constant("beta", in_shape, 0.0)
        self.buffers = {"running_mean": np.zeros(in_shape), "running_variance": np.ones(in_shape)}
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """Normalise with the statistics of the batch (training) or the running ones (evaluation)."""
        self._training = training
        if training:
            mean = x.mean(axis=0)
            normalised = np.subtract(x, mean, out=self.workspace.array("normalised", x.shape, x.dtype))
            squares = np.multiply(normalised, normalised, out=self.workspace.array("y", x.shape, x.dtype))
            variance = squares.mean(axis=0)
            self._update_running(mean, variance)
        else:
            mean = self.buffers["running_mean"].astype(x.dtype)
            variance = self.buffers["running_variance"].astype(x.dtype)
            normalised = np.subtract(x, mean, out=self.workspace.array("normalised", x.shape, x.dtype))
        self._inverse_std = 1 / np.sqrt(variance + self.eps)
        normalised *= self._inverse_std
        self._normalised = normalised
        y = self.workspace.array("y", x.shape, x.dtype)
        np.multiply(normalised, self.gamma.value, out=y)
        y += self.beta.value
        return y

    def backward(self, dy: Array) -> Array:
        """dx = gamma/√(variance + eps) · (dy − dbeta/N − x̂ dgamma/N) with dgamma = Σ dy x̂, dbeta = Σ dy."""
        N = len(dy)
        dx = self.workspace.array("dx", dy.shape, dy.dtype)
        np.multiply(dy, self._normalised, out=dx)
        np.sum(dx, axis=0, out=self.gamma.grad)
        np.sum(dy, axis=0, out=self.beta.grad)
        scale = self.gamma.value * self._inverse_std
        if not self._training:
            np.multiply(dy, scale, out=dx)
            return dx
        np.multiply(self._normalised, self.gamma.grad / -N, out=dx)
        dx += dy
        dx -= self.beta.grad / N
        dx *= scale
        return dx

    def _update_running(self, mean: Array, variance: Array) -> None:
        for name, new in (("running_mean", mean), ("running_variance", variance)):
            running = self.buffers[name]
            running *= self.momentum
            running += (1 - self.momentum) * new.real
