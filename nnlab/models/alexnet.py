"""AlexNet."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Shape
from nnlab.core.initialisers import He, Initialiser
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.dropout import MAX_RATE, Dropout
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.lrn import LocalResponseNorm
from nnlab.layers.pool import MaxPool
from nnlab.layers.upsample import Upsample
from nnlab.models.base import Model
from nnlab.registry import Component, Doc, models


@models.register("alexnet")
@dataclass(kw_only=True)
class AlexNet(Model):
    """Five convolutions with LRN and overlapping pooling, three linear layers with dropout.

    In one piece, without the paper's split over two GPUs; the first convolution pads by 2, so that any image from
    63x63 up fits.
    Source: Krizhevsky, Sutskever & Hinton 2012, NIPS 25; "Deep Learning from Scratch", section 7.6.2.
    """

    hidden: Annotated[int, Ge(1), Le(10**6), Doc("units of the two hidden linear layers")] = 4096
    dropout: Annotated[float, Ge(0), Le(MAX_RATE), Doc("fraction of their outputs set to zero")] = 0.5
    upsample: Annotated[int, Ge(1), Le(64), Doc("factor by which images are enlarged first (32x32 to 64x64: 2)")] = 1
    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        """Convolutions with 96, 256, 384, 384 and 256 filters, then the linear layers."""
        layers: list[Layer] = [Upsample(factor=self.upsample)] if self.upsample > 1 else []
        layers += [
            self._conv(96, kernel=11, stride=4, padding=2),
            ReLU(),
            LocalResponseNorm(),
            MaxPool(size=3, stride=2),
            self._conv(256, kernel=5, padding=2),
            ReLU(),
            LocalResponseNorm(),
            MaxPool(size=3, stride=2),
            self._conv(384, padding=1),
            ReLU(),
            self._conv(384, padding=1),
            ReLU(),
            self._conv(256, padding=1),
            ReLU(),
            MaxPool(size=3, stride=2),
            Flatten(),
        ]
        for _ in range(2):
            layers += [Linear(units=self.hidden, init=self.init), ReLU()]
            if self.dropout > 0:
                layers.append(Dropout(rate=self.dropout))
        layers.append(Linear(units=out_shape[-1], init=self.init))
        return layers

    def _conv(self, filters: int, *, kernel: int = 3, stride: int = 1, padding: int) -> Conv2D:
        return Conv2D(filters=filters, kernel=kernel, stride=stride, padding=padding, init=self.init)
