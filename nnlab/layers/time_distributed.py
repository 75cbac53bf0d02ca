"""A layer on each step of a sequence."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL2
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.layers.conv import Conv2D
from nnlab.layers.linear import Linear
from nnlab.layers.residual import Residual
from nnlab.layers.steps import Steps
from nnlab.registry import Component, Doc, layers


@layers.register("time_distributed")
@dataclass(kw_only=True)
class TimeDistributed(Composite):
    """The same layer f, with the same weights, on each step of sequences (N, T, ...).

        y_t = f(x_t)
        dx_t = dx_f

    dx_f is what f returns for dy_t. f gets one batch of the N·T steps: what it averages over a batch, it averages over
    the steps too.
    Equals ``textbook.TimeDistributed``.
    Source: "Deep Learning from Scratch 2", section 5.4 (Time layers).
    """

    layer: Annotated[Layer, Component("layer"), Doc("the layer f, such as {name: conv2d, filters: 8}")]

    @classmethod
    def examples(cls) -> "list[tuple[TimeDistributed, Shape]]":
        """Features and images, and a composite; penalties on weights and outputs inside."""
        return [
            (cls(layer=Linear(units=3, l2=0.2)), (3, 4)),
            (cls(layer=Conv2D(filters=2, kernel=2)), (3, 2, 3, 3)),
            (cls(layer=Residual(layers=[Linear(units=4), ReLU(), ActivityL2(strength=0.1)])), (2, 4)),
        ]

    def build(self, in_shape: Shape) -> Shape:
        if len(in_shape) < 2:
            raise self.shape_error(f"needs a sequence (T, ...) whose steps have a shape, got {shape_text(in_shape)}")
        self.repetitions, *step = in_shape
        stack = self.set_up_stack([self.layer], tuple(step))
        self.stacks = [stack]
        return (self.repetitions, *stack.out_shape)

    def example_inputs(self, rng: np.random.Generator, samples: int) -> Array:
        (_, f), *_ = self.inner()
        return f.example_inputs(rng, samples * self.repetitions).reshape(samples, *self.in_shape)

    def stack_input(self, x: Array) -> Array:
        return Steps(x).rows(x, self.workspace, "x")

    def of_samples(self, array: Array) -> Array:
        """(N·T, ...) as (N, T, ...)."""
        return self._steps.sequences(array)

    def forward(self, x: Array, *, training: bool) -> Array:
        """f of all steps at once."""
        self._steps = Steps(x)
        (f,) = self.stacks
        return self._steps.sequences(f.forward(self.stack_input(x), training=training))

    def backward(self, dy: Array) -> Array:
        """dx_t = J_fᵀ dy_t, with J_f the Jacobian at x_t; the gradients of f's parameters are sums over the steps."""
        (f,) = self.stacks
        return self._steps.sequences(f.backward(self._steps.rows(dy, self.workspace, "dy")))
