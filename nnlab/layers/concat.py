"""Concatenation of branches."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated

import numpy as np
from annotated_types import MaxLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.registry import Component, Doc, layers


@layers.register("concat")
@dataclass(kw_only=True)
class Concat(Composite):
    """y = [f₁(x), f₂(x), ...]: branches on the same input, concatenated along channels or features.

    Inception modules (Szegedy et al. 2015, arXiv 1409.4842); with an empty branch, whose output is x itself, the dense
    blocks of Huang et al. 2017 (arXiv 1608.06993).
    Equals ``textbook.Concatenate``.
    """

    branches: Annotated[
        list[list[Layer]],
        Component("layer", many=True, nested=True),
        MaxLen(100),
        Doc("layers of each branch, such as - [{name: conv2d, filters: 8}, relu]; []: the input itself"),
    ]

    @classmethod
    def examples(cls) -> "list[tuple[Concat, Shape]]":
        """Features and images, with and without an empty branch; penalties on weights and outputs inside."""
        return [
            (cls(branches=[[Linear(units=3, l2=0.2), ReLU()], [], [Linear(units=2), ActivityL1(strength=0.1)]]), (4,)),
            (cls(branches=[[Conv2D(filters=3, padding="same")], [MaxPool(size=3, stride=1, padding=1)]]), (2, 4, 3)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        self.stacks = [
            self.set_up_stack(branch, in_shape, naming=f"branch{number}.{{}}", address=(number - 1,))
            for number, branch in enumerate(self.branches, start=1)
        ]
        shapes = [stack.out_shape for stack in self.stacks]
        if len({shape[1:] for shape in shapes}) > 1:
            listed = ", ".join(shape_text(shape) for shape in shapes)
            raise self.shape_error(f"the branches give {listed}; only the first size (channels) may differ")
        ends = list(accumulate((shape[0] for shape in shapes), initial=0))
        self._parts = [slice(start, stop) for start, stop in pairwise(ends)]
        return (ends[-1], *shapes[0][1:])

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = [f₁(x), f₂(x), ...] along axis 1."""
        outputs = [stack.forward(x, training=training) for stack in self.stacks]
        shape, dtype = (len(x), *self.out_shape), outputs[0].dtype
        y = (self.workspace.images if len(shape) == 4 else self.workspace.array)("y", shape, dtype)
        return np.concatenate(outputs, axis=1, out=y)

    def backward(self, dy: Array) -> Array:
        """dx = Σ_i J_iᵀ dy_i, with J_i the Jacobian of branch i and dy_i the gradient of its output."""
        first, *others = (stack.backward(dy[:, part]) for stack, part in zip(self.stacks, self._parts, strict=True))
        dx = self.workspace.like("dx", first)
        np.copyto(dx, first)
        for share in others:
            dx += share
        return dx
