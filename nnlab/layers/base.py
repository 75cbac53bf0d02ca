"""The protocol of every layer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod
from typing import ClassVar, Self

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.flat_parameters import Parameter
from nnlab.core.initialisers import Initialiser
from nnlab.core.random import Streams
from nnlab.core.workspace import Workspace
from nnlab.errors import ShapeError
from nnlab.registry import Doc, registered_name
from nnlab.regularizers import Regularizer

FROZEN = Doc("true: the parameters keep their initial values: no updates, weight decay or penalties")


class Layer(ABC):
    """A differentiable function of a batch, with or without parameters.

    An author writes ``build``, ``forward`` and ``backward``. Arrays that a layer returns belong to the layer and are
    valid until its next call; arrays that it is given are never written to. Gradients of parameters are overwritten,
    not accumulated, and layers sum over the batch: the loss owns the mean.
    """

    # Arrays as large as its input or output that it keeps while training: the outputs of forward and of backward.
    activation_arrays: ClassVar[int] = 2
    # Whether a sample's output depends on the other samples of its batch while training.
    batch_dependent: ClassVar[bool] = False
    # Whether the output has a derivative by the input; where it has none, backward returns zeros.
    differentiable: ClassVar[bool] = True
    # Whether it goes through its input step by step, with a state.
    recurrent: ClassVar[bool] = False
    # How many computations, each of which waits for the one before, its forward pass consists of.
    successive_steps: int = 1
    # How often the layers inside are applied to parts of a sample, such as its steps.
    repetitions: int = 1
    # Whether the parameters keep their initial values.
    frozen: bool = False
    # The size of the whole batch where the layer computes a part of it.
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

    @abstractmethod
    def build(self, in_shape: Shape) -> Shape:
        """Declare parameters and buffers for the shape of one input sample and return that of one output sample.

        Raises ShapeError (see ``reject``) when the input does not fit.
        """

    @abstractmethod
    def forward(self, x: Array, *, training: bool) -> Array:
        """The output (N, *out_shape) for the input (N, *in_shape)."""

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """Write the gradient of each parameter and return that of the input, from the gradient of the output."""

    def backward_parameters(self, dy: Array) -> None:
        """Write the gradient of each parameter only; a layer that saves work by it overrides this."""
        self.backward(dy)

    def weight_uses(self) -> int:
        """How often a sample's forward pass multiplies each weight: once for each position of a convolution's output.

        A layer whose weights are shared in another way overrides this.
        """
        return prod(self.out_shape[1:])

    def regularizers(self) -> list[tuple[Regularizer, Parameter]]:
        """The layer's own regularizers with the weights they act on."""
        return []

    def activity_penalty(self) -> complex:
        """The activity regularisation of the last output; complex under gradcheck's complex step only."""
        return 0.0

    def scale_activity_penalty(self, factor: float) -> None:  # noqa: B027 - most have none
        """Multiply the strength of the activity regularisation; a layer that has one overrides this."""

    def switch_off_dropout(self) -> None:  # noqa: B027 - most drop nothing
        """Compute in training as in evaluation, for checks; a layer that drops or adds at random overrides this."""

    def kink_sides(self) -> Array | None:
        """Which side of each kink the last forward took, where the layer has kinks."""
        return None

    def gradients_through_time(self) -> Array:
        """Of a ``recurrent`` layer the norm of the gradient that reached each step (T,) in the last backward."""
        return np.empty(0)

    def forward_details(self) -> dict[str, Array]:
        """Arrays of the last forward beside its output that a reader wants to see, by name; see ``nnlab trace``."""
        return {}

    def backward_details(self) -> dict[str, Array]:
        """Likewise of the last backward."""
        return {}

    def take_statistics(self, x: Array) -> None:
        """Make the statistics of the batch x the running ones; a layer that keeps any overrides this."""
        if self.batch_dependent:
            raise NotImplementedError(f"{type(self).__name__}.take_statistics")

    def inner(self) -> "list[tuple[str, Layer]]":
        """The layers that this one is made of, by name."""
        return []

    @classmethod
    def examples(cls) -> "Sequence[tuple[Self, Shape]]":
        """Layers of this class with input shapes on which ``nnlab gradcheck`` proves the gradients."""
        return [(cls(), (5,))]

    def example_inputs(self, rng: np.random.Generator, samples: int) -> Array:
        """Random inputs (samples, *in_shape) to check gradients at; a layer that takes no others overrides this."""
        return rng.standard_normal((samples, *self.in_shape))

    def weight(self, name: str, shape: Shape, initialiser: Initialiser, fan_in: int) -> Parameter:
        """Declare a weight array with random initial values, on which penalties act."""
        if not isinstance(initialiser, Initialiser):
            raise TypeError(f"the initialiser of {name} is an object such as He(), got {initialiser!r}")
        parameter = Parameter(name, shape, lambda rng: initialiser.draw(shape, fan_in, rng), regularized=True)
        parameter.repeatable = initialiser.repeatable
        return self.declare(parameter)

    def constant(self, name: str, shape: Shape, start: float) -> Parameter:
        """Declare a parameter with one initial value, on which no penalty acts (biases, scales)."""
        parameter = Parameter(name, shape, lambda rng: np.full(shape, start), regularized=False, repeatable=True)
        return self.declare(parameter)

    def declare(self, parameter: Parameter) -> Parameter:
        """Add a parameter to those of the layer."""
        if not isinstance(parameter.shape, tuple):
            raise TypeError(f"the shape of {parameter.name} is a tuple such as (5,), got {parameter.shape!r}")
        if any(other.name == parameter.name for other in self.parameters):
            raise ValueError(f"there is a parameter {parameter.name} already: give each a name of its own")
        parameter.frozen = self.frozen
        self.parameters.append(parameter)
        return parameter

    @property
    def label(self) -> str:
        """The layer in messages, counted from 1: ``layer 2 linear``."""
        return f"layer {self.index + 1} {registered_name(self)}"

    def shape_error(self, message: str) -> ShapeError:
        """The error for an input shape that does not fit."""
        return ShapeError(f"{self.label}: {message}")

    def setup(self, in_shape: Shape, streams: Streams, index: int = 0, address: tuple[int, ...] = (0,)) -> Shape:
        """Prepare for input samples of a shape, without memory for the parameters, and return the output shape.

        ``index`` counts neighbours from 0, for messages; ``address`` is that of the random streams. Raises ShapeError.
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


class Activation(Layer):
    """A function of each number by itself; the shape stays."""

    # Whether max(f(a), f(b)) = f(max(a, b)) to the last bit, and likewise for the gradient.
    commutes_with_max: ClassVar[bool] = False
    # The ends of the output's range where it saturates: near them hardly any gradient passes.
    saturates_at: ClassVar[tuple[float, float] | None] = None
    # Whether an output of 0 passes no gradient: a unit that gives it for every sample is dead.
    dies_at_zero: ClassVar[bool] = False

    def build(self, in_shape: Shape) -> Shape:
        return in_shape
