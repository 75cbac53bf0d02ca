"""The small convolutional network of the textbooks."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le

from nnlab.core.arrays import Shape
from nnlab.core.initialisers import He, Initialiser
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.layers.windows import Padding, Size
from nnlab.models.base import Model
from nnlab.registry import Component, Doc, models


@models.register("convnet")
@dataclass(kw_only=True)
class ConvNet(Model):
    """conv - relu - 2x2 max-pool - linear - relu - linear.

    Source: "Deep Learning from Scratch", section 7.5 (SimpleConvNet).
    """

    filters: Annotated[int, Ge(1), Le(10**6), Doc("filters of the convolution")] = 30
    kernel: Annotated[Size, Doc("height and width of each filter")] = 5
    stride: Annotated[Size, Doc("stride of the convolution")] = 1
    padding: Annotated[Padding, Doc("zero padding of the convolution: pixels on each side, same or valid")] = 0
    hidden: Annotated[int, Ge(1), Le(10**7), Doc("units of the hidden linear layer")] = 100
    init: Annotated[Initialiser, Component("initialiser"), Doc("weight initialiser")] = field(default_factory=He)

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        return [
            Conv2D(filters=self.filters, kernel=self.kernel, stride=self.stride, padding=self.padding, init=self.init),
            ReLU(),
            MaxPool(size=2),
            Flatten(),
            Linear(units=self.hidden, init=self.init),
            ReLU(),
            Linear(units=out_shape[-1], init=self.init),
        ]
