"""A small residual network for small images."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Shape
from nnlab.core.initialisers import He, Initialiser
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.pool import GlobalAvgPool
from nnlab.layers.residual import Residual
from nnlab.models.base import Model
from nnlab.registry import Component, Doc, models


@models.register("resnet_mini")
@dataclass(kw_only=True)
class ResNetMini(Model):
    """A convolution, three stages of residual blocks, global average pooling and a linear layer.

    The CIFAR networks of the paper, with one block a stage by default: each stage after the first halves the image and
    doubles the filters. For 28x28 and 32x32 images.
    Source: He et al. 2016, arXiv 1512.03385, section 4.2.
    """

    filters: Annotated[int, Ge(1), Le(10**4), Doc("filters of the first stage; 16 in the paper")] = 16
    blocks: Annotated[int, Ge(1), Le(200), Doc("residual blocks in each of the three stages")] = 1
    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """6·blocks + 2 layers with weights, besides the projections."""
        layers: list[Layer] = [self._conv(self.filters, 1), BatchNorm(), ReLU()]
        for stage in range(3):
            for block in range(self.blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                layers += [self._block(self.filters * 2**stage, stride), ReLU()]
        layers += [GlobalAvgPool(), Linear(units=out_shape[-1], init=self.init)]
        return layers

    def _block(self, filters: int, stride: int) -> Residual:
        """conv - batch norm - relu - conv - batch norm, beside the shortcut."""
        inner: list[Layer] = [self._conv(filters, stride), BatchNorm(), ReLU(), self._conv(filters, 1), BatchNorm()]
        return Residual(layers=inner)

    def _conv(self, filters: int, stride: int) -> Conv2D:
        return Conv2D(filters=filters, kernel=3, stride=stride, padding=1, init=self.init, bias=False)
