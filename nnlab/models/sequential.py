"""A model written out layer by layer."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated

from annotated_types import MaxLen

from nnlab.core.arrays import Shape
from nnlab.layers.base import Layer
from nnlab.models.base import Model
from nnlab.registry import Component, Doc, models


@models.register("sequential")
@dataclass(kw_only=True)
class Sequential(Model):
    """Layers in the order given; the last one must give one score for each class, or one number for each target.

    Source: Keras' Sequential, PyTorch's nn.Sequential.
    """

    layers: Annotated[
        list[Layer],
        Component("layer", many=True),
        MaxLen(1000),
        Doc("layers by name, such as - {name: linear, units: 50}"),
    ]

    def stack(self, in_shape: Shape, out_shape: Shape) -> list[Layer]:
        return [deepcopy(layer) for layer in self.layers]
