"""Concatenation of branches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated, Literal

import numpy as np
from annotated_types import MaxLen

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.hyperparameters import Component, Doc, OmittedAtDefault
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.pool import MaxPool
from nnlab.registry import layers

BRANCH_NAME = "[A-Za-z][A-Za-z0-9_]{0,49}"


@layers.register("concat")
@dataclass(kw_only=True)
class Concat(Composite):
    """Branches on the same input, their outputs concatenated along channels or features.

        y = [f₁(x), f₂(x), ...]
        dx = dx₁ + dx₂ + ...

    dx₁ is what branch f₁ returns for its part of dy. With an empty branch, whose output is x itself, these are dense
    blocks.
    Equals ``textbook.Concatenate``.
    Source: Szegedy et al. 2015, arXiv 1409.4842 (inception); Huang et al. 2017, arXiv 1608.06993 (dense blocks).
    """

    branches: Annotated[
        list[list[Layer]] | dict[str, list[Layer]],
        Component("layer", many=True, nested=True),
        MaxLen(100),
        Doc("layers of each branch, such as - [{name: conv2d, filters: 8}, relu], or by name; []: the input itself"),
    ]
    axis: Annotated[
        Literal["first", "last"],
        Doc("axis of a sample: first (channels), or last (features of the steps of a sequence)"),
        OmittedAtDefault(),
    ] = "first"

    def conflicts(self) -> Iterator[tuple[tuple[str, str], str]]:
        """A branch's name begins the names of its parameters."""
        for name in self.branches if isinstance(self.branches, dict) else ():
            if not re.fullmatch(BRANCH_NAME, name):
                yield ("branches", name), "must be a name of letters, digits and _ that begins with a letter"

    @classmethod
    def examples(cls) -> "list[tuple[Concat, Shape]]":
        """Features, images and sequences, with and without an empty branch; penalties on weights and outputs inside."""
        return [
            (cls(branches=[[Linear(units=3, l2=0.2), ReLU()], [], [Linear(units=2), ActivityL1(strength=0.1)]]), (4,)),
            (cls(branches=[[Conv2D(filters=3, padding="same")], [MaxPool(size=3, stride=1, padding=1)]]), (2, 4, 3)),
            (cls(branches=[[Linear(units=3)], []], axis="last"), (3, 2)),
            (cls(branches={"wide": [Conv2D(filters=2, kernel=[1, 3], padding="same")], "input": []}), (2, 3, 3)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        self.stacks = [
            self.set_up_stack(branch, in_shape, naming=f"{name}.{{}}", address=(index,))
            for index, (name, branch) in enumerate(self.named_branches())
        ]
        shapes = [stack.out_shape for stack in self.stacks]
        others = {shape[1:] if self.axis == "first" else shape[:-1] for shape in shapes}
        if len(others) > 1:
            listed = ", ".join(shape_text(shape) for shape in shapes)
            part = "first size (channels)" if self.axis == "first" else "last size (features)"
            raise self.shape_error(f"the branches give {listed}; only the {part} may differ")
        ends = list(accumulate((shape[0 if self.axis == "first" else -1] for shape in shapes), initial=0))
        before = (slice(None),) if self.axis == "first" else (...,)
        self._parts = [(*before, slice(start, stop)) for start, stop in pairwise(ends)]
        (rest,) = others
        return (ends[-1], *rest) if self.axis == "first" else (*rest, ends[-1])

    @property
    def batch_axis(self) -> int:
        """The axis of a batch along which outputs are concatenated."""
        return 1 if self.axis == "first" else len(self.out_shape)

    def named_branches(self) -> list[tuple[str, list[Layer]]]:
        """The branches in the order of their outputs, with names: branch1, branch2, ... for a list.

        A mapping is in alphabetical order: as everywhere in a spec, the order of its keys changes nothing.
        """
        if isinstance(self.branches, dict):
            return sorted(self.branches.items())
        return [(f"branch{number}", branch) for number, branch in enumerate(self.branches, start=1)]

    def forward(self, x: Array, *, training: bool) -> Array:
        """y = [f₁(x), f₂(x), ...]."""
        outputs = [stack.forward(x, training=training) for stack in self.stacks]
        shape, dtype = (len(x), *self.out_shape), outputs[0].dtype
        y = (self.workspace.images if len(shape) == 4 else self.workspace.array)("y", shape, dtype)
        return np.concatenate(outputs, axis=self.batch_axis, out=y)

    def backward(self, dy: Array) -> Array:
        """dx = Σ_i J_iᵀ dy_i, with J_i the Jacobian of branch i and dy_i the gradient of its output."""
        first, *others = (stack.backward(dy[part]) for stack, part in zip(self.stacks, self._parts, strict=True))
        dx = self.workspace.like("dx", first)
        np.copyto(dx, first)
        for term in others:
            dx += term
        return dx
