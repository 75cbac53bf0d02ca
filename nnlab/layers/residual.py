"""Residual blocks."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import MaxLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1, ActivityL2
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.registry import Component, Doc, layers


@layers.register("residual")
@dataclass(kw_only=True)
class Residual(Composite):
    """The inner layers f beside a shortcut past them, whose outputs are added.

        y = f(x) + x
        dx = dx_f + dy

    dx_f is what f returns for dy: the gradient passes the shortcut unchanged. Where f changes the shape, x goes
    through a projection without bias: a 1x1 convolution with a stride for images, a linear layer for features.
    Equals ``textbook.Residual``.
    Source: He et al. 2016, arXiv 1512.03385; "Deep Learning from Scratch", section 8.2.4.
    """

    layers: Annotated[list[Layer], Component("layer", many=True), MaxLen(1000), Doc("layers of f")]

    @classmethod
    def examples(cls) -> "list[tuple[Residual, Shape]]":
        """The identity as shortcut, and both projections; penalties on weights and outputs inside."""
        return [
            (cls(layers=[Linear(units=5, l1=0.1, l2=0.2), ActivityL2(strength=0.1), ActivityL1(strength=0.1)]), (5,)),
            (cls(layers=[Linear(units=4), ReLU(), Linear(units=5)]), (5,)),
            (cls(layers=[Linear(units=3)]), (5,)),
            (cls(layers=[Conv2D(filters=3, stride=2, padding=1)]), (2, 4, 4)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        f = self.set_up_stack(self.layers, in_shape)
        projection = _projection(in_shape, f.out_shape)
        shortcut = self.set_up_stack(projection, in_shape, naming="projection", address=(len(self.layers),))
        if shortcut.out_shape != f.out_shape:
            shapes = f"{shape_text(in_shape)} into {shape_text(f.out_shape)}"
            raise self.shape_error(
                f"the inner layers turn {shapes}, and no 1x1 projection does the same to the shortcut"
            )
        self.stacks = [f, shortcut]
        return f.out_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = f(x) + shortcut(x)."""
        f, shortcut = (stack.forward(x, training=training) for stack in self.stacks)
        return np.add(f, shortcut, out=self.workspace.like("y", f))

    def backward(self, dy: Array) -> Array:
        """dx = J_fᵀ dy + J_shortcutᵀ dy, with J the Jacobians."""
        f, shortcut = (stack.backward(dy) for stack in self.stacks)
        return np.add(f, shortcut, out=self.workspace.like("dx", f))


def _projection(in_shape: Shape, out_shape: Shape) -> list[Layer]:
    """What may turn x into the shape of f(x); nothing where they agree or no projection fits."""
    if len(in_shape) == len(out_shape) == 1 and in_shape != out_shape:
        return [Linear(units=out_shape[0], bias=False)]
    if len(in_shape) == len(out_shape) == 3 and in_shape != out_shape:
        # The smallest stride that is large enough both down and across, or one for each where that skips too many.
        strides = [-(-length // windows) for length, windows in zip(in_shape[1:], out_shape[1:], strict=True)]
        square = tuple(-(-length // max(strides)) for length in in_shape[1:]) == out_shape[1:]
        stride = max(strides) if square else strides
        return [Conv2D(filters=out_shape[0], kernel=1, stride=stride, bias=False)]
    return []
