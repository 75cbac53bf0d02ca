"""The protocol of every layer."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from math import prod
from typing import ClassVar, Self

import numpy as np

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.flat_parameters import Parameter
from nnlab.core.initialisers import Initialiser
from nnlab.core.random import RandomGenerator, Streams
from nnlab.core.workspace import Workspace
from nnlab.errors import ShapeError
from nnlab.registry import Doc, registered_name
from nnlab.regularizers import Regularizer

FROZEN = Doc("true: the parameters keep their initial values, without updates, weight decay or penalties")


class Layer(ABC):
    """A differentiable function of a batch, with or without parameters.

    ``setup`` comes first; then ``forward`` and ``backward`` in turn. Arrays that a layer returns belong to the
    layer and are valid until its next call; arrays that it is given are never written to. Gradients of parameters
    are overwritten, not accumulated, and layers sum over the batch: the loss owns the mean.
    """

    # Arrays as large as its input or output that a layer keeps while training: what forward gives, what backward gives.
    arrays: ClassVar[int] = 2
    # Whether a sample's output depends on the other samples of its batch while training.
    batch_dependent: ClassVar[bool] = False

    # Whether the parameters keep their initial values.
    frozen: bool = False
    # How many samples the whole batch has where the layer computes a part of it.
    batch_size: int | None = None

    index: int
    address: tuple[int, ...]
    in_shape: Shape
    out_shape: Shape
    parameters: list[Parameter]
    buffers: dict[str, Array]
    streams: Streams
    workspace: Workspace

    def __init_subclass__(cls) -> None:
        """Compare layers by identity: a network may have several of equal settings (@dataclass keeps what it finds)."""
        super().__init_subclass__()
        cls.__eq__ = object.__eq__  # type: ignore[method-assign]  # in the class's own namespace, where @dataclass looks
        cls.__hash__ = object.__hash__  # type: ignore[method-assign]

    def setup(self, in_shape: Shape, streams: Streams, index: int = 0, address: tuple[int, ...] = (0,)) -> Shape:
        """Check the shape of one input sample, declare the parameters, and give the shape of one output sample.

        ``index`` counts all layers from 0, for messages; ``address`` is where its random streams are found.
        Allocates no parameters. Raises ShapeError when the input does not fit.
        """
        self.index = index
        self.address = address
        self.in_shape = in_shape
        self.streams = streams
        self.parameters = []
        self.buffers = {}
        self.workspace = Workspace()
        self.out_shape = self.build(in_shape)
        return self.out_shape

    @abstractmethod
    def build(self, in_shape: Shape) -> Shape:
        """Declare parameters and buffers for the input shape; the answer is the output shape."""

    @abstractmethod
    def forward(self, x: Array, *, training: bool) -> Array:
        """The output (N, *out_shape) for the input (N, *in_shape)."""

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """Write the gradient of each parameter and give the gradient for the input, from the one for the output."""

    def backward_parameters(self, dy: Array) -> None:
        """Write the gradient of each parameter only; layers that can save work by it override this."""
        self.backward(dy)

    def penalties(self) -> list[tuple[Regularizer, Parameter]]:
        """The layer's own penalties with the weights they act on."""
        return []

    def activity_penalty(self) -> complex:
        """What the layer adds to the objective for the output of its last forward."""
        return 0.0

    def multiply_adds(self) -> int:
        """Multiplications with additions in the forward pass of one sample, as far as they are matrix products."""
        return 0

    def replica(self, streams: Streams, parameters: Mapping[int, Parameter]) -> Self:
        """A layer that works beside this one: the same settings, values and buffers, memory of its own.

        ``parameters`` maps the identity of each parameter to the one that the twin is to have.
        """
        other = copy(self)
        other.streams = streams
        other.workspace = Workspace()
        other.parameters = [parameters[id(parameter)] for parameter in self.parameters]
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                setattr(other, name, parameters[id(value)])
        return other

    def inner(self) -> "list[tuple[str, Layer]]":
        """The layers that this one is made of, by name, where it is made of others."""
        return []

    def inner_outputs(self, x: Array) -> "Iterator[tuple[str, Layer, Array]]":
        """For each of the inner layers its name, the layer, and what it makes of x in evaluation mode."""
        return iter(())

    def activation_memory(self) -> int:
        """About how many numbers the layer keeps in memory for each sample of a batch while training."""
        return self.arrays * max(prod(self.in_shape), prod(self.out_shape))

    def smallest_batch(self) -> int:
        """How few samples a batch may have while training."""
        return 1

    def kink_sides(self) -> Array | None:
        """Which side of each kink the last forward took, where the layer has kinks."""
        return None

    @classmethod
    def examples(cls) -> "Sequence[tuple[Self, Shape]]":
        """Layers of this class with input shapes on which ``nnlab gradcheck`` proves the gradients."""
        return [(cls(), (5,))]

    @property
    def label(self) -> str:
        """The layer as messages name it; people count from 1."""
        return f"layer {self.index + 1} {registered_name(self)}"

    def weight(self, name: str, shape: Shape, initialiser: Initialiser, fan_in: int) -> Parameter:
        """Declare a weight array that starts at random and that penalties act on."""
        return self._declare(Parameter(name, shape, lambda rng: initialiser.draw(shape, fan_in, rng), regularized=True))

    def constant(self, name: str, shape: Shape, start: float) -> Parameter:
        """Declare a parameter that starts at one value and that penalties leave alone (biases, scales)."""
        return self._declare(Parameter(name, shape, lambda rng: np.full(shape, start), regularized=False))

    @property
    def draws_weights(self) -> bool:
        """Whether any parameter starts at random."""
        return any(parameter.regularized for parameter in self.parameters)

    def initialise(self, rng: RandomGenerator) -> None:
        """Draw the starting values of the parameters, in the order of their declaration."""
        for parameter in self.parameters:
            parameter.value[...] = parameter.initial(rng)

    def reject(self, message: str) -> ShapeError:
        """The error for an input shape that does not fit."""
        return ShapeError(f"{self.label}: {message}")

    def need_images(self, in_shape: Shape) -> Shape:
        """The input shape, which must be that of images (C, H, W); raises ShapeError."""
        if len(in_shape) != 3:
            raise self.reject(f"needs images (C, H, W), got {shape_text(in_shape)}")
        return in_shape

    def _declare(self, parameter: Parameter) -> Parameter:
        parameter.frozen = self.frozen
        self.parameters.append(parameter)
        return parameter


def layer_outputs(named: Iterable[tuple[str, Layer]], x: Array) -> Iterator[tuple[str, Layer, Array]]:
    """Name, layer and output of each layer in evaluation mode; layers inside another come before it."""
    for name, layer in named:
        for key, inner, y in layer.inner_outputs(x):
            yield f"{name}.{key}", inner, y
        x = layer.forward(x, training=False)
        yield name, layer, x


def set_up(
    stack: Sequence[Layer], in_shape: Shape, streams: Streams, prefix: tuple[int, ...] = ()
) -> tuple[Shape, list[str]]:
    """Set up layers one behind the other; gives the shape that leaves the last, and a name for each: linear1, relu1.

    Each layer's streams are addressed by how many of its kind came before, so that a layer of another kind in between
    changes no number. Raises ShapeError.
    """
    seen: Counter[str] = Counter()
    names = []
    for index, layer in enumerate(stack):
        kind = registered_name(layer)
        in_shape = layer.setup(in_shape, streams, index, (*prefix, seen[kind]))
        seen[kind] += 1
        names.append(f"{kind}{seen[kind]}")
    return in_shape, names
