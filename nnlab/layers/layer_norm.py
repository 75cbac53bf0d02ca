"""Layer normalisation."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le

from nnlab.core.arrays import Shape
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
        self.normalise_over(in_shape, tuple(range(1, len(in_shape) + 1)))
        return in_shape
