"""Layer normalisation."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from nnlab.core.arrays import Array, Shape
from nnlab.layers.base import FROZEN
from nnlab.layers.sample_norm import EPS, SampleNorm
from nnlab.registry import layers


@layers.register("layer_norm")
@dataclass(kw_only=True)
class LayerNorm(SampleNorm):
    """Give the numbers of each sample mean 0 and variance 1, then scale and shift them.

        mean = Σ x / n
        var = Σ (x − mean)² / n
        std = √(var + eps)
        xn = (x − mean) / std
        y = gamma · xn + beta
        dgamma = Σ dy · xn
        dbeta = Σ dy
        dxn = gamma · dy
        dx = (dxn − Σ dxn / n − xn · Σ (dxn · xn) / n) / std

    The sums of mean, var and dx are over the n numbers of a sample, those of dgamma and dbeta over the samples. No
    sample depends on the others of its batch, so training and evaluation are the same. gamma and beta have the shape
    of a sample.
    Equals ``textbook.LayerNormalization``, in memory that is reused at each step.
    Source: Ba, Kiros & Hinton 2016, arXiv 1607.06450.
    """

    eps: Annotated[float, Gt(0), Le(1), EPS] = 1e-5
    frozen: Annotated[bool, FROZEN] = False

    @classmethod
    def examples(cls) -> "list[tuple[LayerNorm, Shape]]":
        return [(cls(), (5,)), (cls(), (2, 3, 2))]

    def build(self, in_shape: Shape) -> Shape:
        self.declare_scales(in_shape)
        self._axes = tuple(range(1, len(in_shape) + 1))
        self._ones = (1,) * len(in_shape)
        return in_shape

    def mean(self, name: str, x: Array) -> Array:
        """The mean of each sample, with a sample's axes kept as length 1."""
        mean = self.workspace.array(name, (len(x), *self._ones), x.dtype)
        np.mean(x, axis=self._axes, keepdims=True, out=mean)
        return mean
