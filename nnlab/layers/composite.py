"""Stacks of layers, and layers made of stacks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, replace

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import Parameter
from nnlab.core.random import Streams
from nnlab.core.sums import sum_in_order
from nnlab.core.workspace import Workspace
from nnlab.errors import ShapeError
from nnlab.layers.base import Layer
from nnlab.registry import registered_name
from nnlab.regularizers import Regularizer

Named = list[tuple[str, Layer]]


@dataclass(eq=False)
class Stack:
    """Layers in sequence, by name; an empty stack is the identity."""

    named: Named
    out_shape: Shape

    @property
    def layers(self) -> list[Layer]:
        return [layer for _, layer in self.named]

    def forward(self, x: Array, *, training: bool) -> Array:
        return forward(self.layers, x, training=training)

    def backward(self, dy: Array) -> Array:
        return backward(self.layers, dy)


class Composite(Layer):
    """A layer made of stacks of others, each of which starts from the layer's own input.

    ``build`` sets ``stacks``, each from ``set_up_stack``; what follows from the layers inside is derived here.
    """

    stacks: list[Stack]

    def set_up_stack(
        self, layers: Sequence[Layer], in_shape: Shape, naming: str = "{}", address: tuple[int, ...] = ()
    ) -> Stack:
        """Copies of layers, set up as part of this one; raises ShapeError naming this layer and the inner one.

        ``naming`` makes their names of linear1, relu1, ...; ``address`` follows the layer's own.
        """
        copies = [deepcopy(layer) for layer in layers]
        try:
            out_shape, names = set_up_layers(copies, in_shape, self.streams, (*self.address, *address))
        except ShapeError as error:
            part = f"{naming.removesuffix('.{}')}: " if "." in naming else ""
            raise self.shape_error(f"{part}{error}") from None
        stack = Stack([(naming.format(name), layer) for name, layer in zip(names, copies, strict=True)], out_shape)
        for name, layer in stack.named:
            for parameter in layer.parameters:
                parameter.name = f"{name}.{parameter.name}"
            self.parameters += layer.parameters
            self.buffers |= {f"{name}.{key}": buffer for key, buffer in layer.buffers.items()}
        return stack

    def stack_input(self, x: Array) -> Array:
        """What each stack gets for the input x of the layer: x, unless the stacks act on parts of samples."""
        return x

    def of_samples(self, array: Array) -> Array:
        """An array of a layer inside from the last forward with the samples as its first axis; see ``stack_input``."""
        return array

    def inner(self) -> Named:
        return [named for stack in self.stacks for named in stack.named]

    def example_inputs(self, rng: np.random.Generator, samples: int) -> Array:
        first = next((layer for _, layer in self.inner() if layer.in_shape == self.in_shape), None)
        return super().example_inputs(rng, samples) if first is None else first.example_inputs(rng, samples)

    def regularizers(self) -> list[tuple[Regularizer, Parameter]]:
        return [own for _, layer in self.inner() for own in layer.regularizers()]

    def activity_penalty(self) -> complex:
        return sum_in_order(layer.activity_penalty() for _, layer in self.inner())

    def kink_sides(self) -> Array | None:
        sides = [side.reshape(-1) for _, layer in self.inner() if (side := layer.kink_sides()) is not None]
        return np.concatenate(sides) if sides else None

    def take_statistics(self, x: Array) -> None:
        for stack in self.stacks:
            take_statistics(stack.layers, self.stack_input(x))


def forward(layers: Iterable[Layer], x: Array, *, training: bool) -> Array:
    """The output of layers in sequence."""
    for layer in layers:
        x = layer.forward(x, training=training)
    return x


def backward(layers: Sequence[Layer], dy: Array) -> Array:
    """The gradient of the input of layers in sequence, from that of their output; each writes its parameters' own."""
    for layer in reversed(layers):
        dy = layer.backward(dy)
    return dy


def set_up_layers(
    layers: Sequence[Layer], in_shape: Shape, streams: Streams, prefix: tuple[int, ...] = ()
) -> tuple[Shape, list[str]]:
    """Set up layers in sequence; returns the last one's output shape and a name for each: linear1, relu1.

    Each layer's streams are addressed by the number of layers of its kind before it, so that a layer of another kind
    in between changes no number; composites are one kind, so that no two layers inside share an address. Raises
    ShapeError.
    """
    names: Counter[str] = Counter()
    addresses: Counter[str] = Counter()
    found = []
    for index, layer in enumerate(layers):
        name = registered_name(layer)
        kind = Composite.__name__ if isinstance(layer, Composite) else name
        in_shape = layer.setup(in_shape, streams, index, (*prefix, addresses[kind]))
        addresses[kind] += 1
        names[name] += 1
        found.append(f"{name}{names[name]}")
    return in_shape, found


def layer_outputs(named: Iterable[tuple[str, Layer]], x: Array) -> Iterator[tuple[str, Layer, Array]]:
    """Name, layer and output of each layer in evaluation mode; layers inside another come before it."""
    for name, layer in named:
        if isinstance(layer, Composite):
            for stack in layer.stacks:
                for key, inner, y in layer_outputs(stack.named, layer.stack_input(x)):
                    yield f"{name}.{key}", inner, y
        x = layer.forward(x, training=False)
        yield name, layer, x


def take_statistics(layers: Iterable[Layer], x: Array) -> None:
    """Make the statistics of the batch x the running ones of every layer that keeps any; nothing is dropped."""
    for layer in layers:
        layer.take_statistics(x)
        x = layer.forward(x, training=False)


def replica(layer: Layer, streams: Streams, parameters: Mapping[int, Parameter]) -> Layer:
    """The same layer with memory of its own, to work beside it; ``parameters`` maps the id of each to the new one."""
    other = copy(layer)
    other.streams = streams
    other.workspace = Workspace()
    other.parameters = [parameters[id(parameter)] for parameter in layer.parameters]
    for name, value in vars(layer).items():
        if isinstance(value, Parameter):
            setattr(other, name, parameters[id(value)])
    if isinstance(other, Composite):
        other.stacks = [
            replace(stack, named=[(name, replica(inner, streams, parameters)) for name, inner in stack.named])
            for stack in other.stacks
        ]
    return other
