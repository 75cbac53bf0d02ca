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
    """y = gamma · (x − mean) / √(variance + eps) + beta over all numbers of a sample.

    Ba et al. 2016, arXiv 1607.06450. No sample depends on the others of its batch, so training and evaluation are
    the same. gamma and beta have the shape of a sample.
    Equals ``textbook.LayerNormalization``, in memory that is reused at each step.
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
