"""The network: a sequence of layers whose parameters share one flat vector."""

from collections.abc import Mapping, Sequence
from copy import copy
from math import prod

import numpy as np
import numpy.typing as npt

from nnlab.core.arrays import Array, Shape, copy_arrays, shape_text
from nnlab.core.flat_parameters import FlatParameters, Parameter
from nnlab.core.memory import available_bytes, readable_bytes
from nnlab.core.random import Purpose, Streams
from nnlab.core.sums import sum_in_order
from nnlab.core.task import CLASSES, Task
from nnlab.errors import ShapeError
from nnlab.html import block, line, table
from nnlab.layers.base import Layer
from nnlab.layers.composite import backward, forward, replica, set_up_layers
from nnlab.layers.fusion import fuse_relu_into_maxpool
from nnlab.layers.planning import (
    activation_memory,
    all_layers,
    draws_weights,
    initialise,
    multiply_adds,
    set_batch_size,
)
from nnlab.models.layer_table import HEADINGS, NUMBERS, layer_rows
from nnlab.registry import registered_name
from nnlab.regularizers import Regularizer, RegularizerTerm
from nnlab.text import one_line

CHUNK_NUMBERS = 2**21
LARGEST_CHUNK = 500


class Network:
    """Layers in sequence for samples of one shape; ``allocate`` gives them memory and initial values.

    Shapes are inferred and checked here, before anything is allocated. Raises ShapeError.
    """

    def __init__(
        self, layers: Sequence[Layer], in_shape: Shape, out_shape: Shape, streams: Streams, task: Task = CLASSES
    ) -> None:
        self.layers = list(layers)
        self.in_shape = in_shape
        self.out_shape = out_shape
        self.streams = streams
        shape, self.names = set_up_layers(self.layers, in_shape, streams)
        if shape != out_shape:
            last = self.layers[-1].label if self.layers else "the network"
            wanted = f"{out_shape[-1]} {'classes' if task == CLASSES else 'target columns'}"
            steps = f" at each of {out_shape[0]} steps" if len(out_shape) > 1 else ""
            hint = "; put a last_step layer before it" if len(shape) == 2 and shape[1:] == out_shape else ""
            given = f"gives {shape_text(shape)} values a sample"
            raise ShapeError(f"{last}: {given}, but the data has {wanted}{steps}{hint}")
        self.order = fuse_relu_into_maxpool(self.layers)
        if not self.parameters:
            raise ShapeError("model: no layer has parameters, so there is nothing to train")
        trained = [
            index for index, layer in enumerate(self.order) if not all(weight.frozen for weight in layer.parameters)
        ]
        if not trained:
            raise ShapeError("model: every layer with parameters is frozen, so there is nothing to train")
        self._first_trained = trained[0]
        self._find_penalised()

    def __repr__(self) -> str:
        layers = f"{shape_text(self.in_shape)} → {' → '.join(self.names)}"
        return f"{type(self).__name__} {one_line(layers, 200)}: {self.parameter_count:,} parameters"

    def _repr_html_(self) -> str:
        """The table of ``nnlab show``."""
        total = f"{self.parameter_count:,} parameters, {sum(map(multiply_adds, self.layers)):,} multiply-adds a sample"
        return block(table(HEADINGS, layer_rows(self), numbers=NUMBERS), line(total))

    @property
    def parameters(self) -> list[Parameter]:
        """The parameters of all layers, in order."""
        return [parameter for layer in self.layers for parameter in layer.parameters]

    def named_parameters(self) -> list[tuple[str, Parameter]]:
        """The parameters with names such as ``linear1.W``, in order."""
        return [
            (f"{name}.{parameter.name}", parameter)
            for name, layer in zip(self.names, self.layers, strict=True)
            for parameter in layer.parameters
        ]

    def name_of(self, layer: Layer) -> str:
        """The name of one of the layers, such as ``relu2``."""
        return self.names[self.layers.index(layer)]

    @property
    def parameter_count(self) -> int:
        """The number of parameters, frozen ones included."""
        return sum(parameter.size for parameter in self.parameters)

    def evaluation_chunk(self, batch: int) -> int:
        """Samples that an evaluation computes at once: few enough that the largest layer stays near the cache.

        At least a batch, since training needs memory for one anyway. It depends on the network alone, so that the last
        bits of a loss do not depend on the machine.
        """
        largest = max(activation_memory(layer) for layer in self.layers)
        return min(max(CHUNK_NUMBERS // largest, batch, 1), LARGEST_CHUNK)

    def required_bytes(self, dtype: npt.DTypeLike, batch: int, optimizer_slots: int, loaded: int = 0) -> int:
        """Memory for training: values, gradients, a regularizer's gradient, optimizer state, activations of a batch.

        ``loaded`` further samples wait for their mini-batch.
        Initial values are drawn in float64, which takes one copy of the largest array for a moment.
        """
        kept = prod(self.in_shape) + sum(activation_memory(layer) for layer in self.layers)
        numbers = self.parameter_count * (3 + optimizer_slots) + batch * kept + loaded * prod(self.in_shape)
        largest = max(parameter.size for parameter in self.parameters)
        return numbers * np.dtype(dtype).itemsize + largest * np.dtype(np.float64).itemsize

    def check_memory(self, dtype: npt.DTypeLike, batch: int, optimizer_slots: int, loaded: int = 0) -> None:
        """Raise ShapeError for a network that does not fit in this machine's memory."""
        required = self.required_bytes(dtype, batch, optimizer_slots, loaded)
        available = available_bytes()
        if available is not None and required > available:
            raise ShapeError(
                f"model: {self.parameter_count:,} parameters and batches of {batch:,} need about "
                f"{readable_bytes(required)}, but this machine has {readable_bytes(available)} free; "
                "make layers or batches smaller"
            )

    @property
    def allocated(self) -> bool:
        """Whether the parameters have memory."""
        return hasattr(self, "flat")

    def allocate(self, dtype: npt.DTypeLike) -> None:
        """Allocate all parameters and draw their initial values."""
        self.flat = FlatParameters(self.parameters, dtype)
        self.draw_initial_values()
        self.flat.redrawable = not self.streams.state() and all(weight.repeatable for weight in self.parameters)

    def draw_initial_values(self) -> None:
        """Draw the initial values of all parameters, layer by layer."""
        ordinal = 0  # counts the layers that draw, so that any other layer in between changes no weight
        for layer in self.layers:
            initialise(layer, self.streams.rng(Purpose.INIT, ordinal))
            ordinal += draws_weights(layer)

    def replica(self, streams: Streams | None = None, gradients: Array | None = None) -> "Network":
        """A network with the same parameters and buffers but its own memory, to compute beside this one.

        With ``gradients``, as long as those of ``flat``, it writes its gradients there.
        """
        parameters = {
            id(parameter): parameter if gradients is None else parameter.with_gradient_in(gradients)
            for parameter in self.parameters
        }
        other = copy(self)
        other.streams = streams or self.streams
        other.layers = [replica(layer, other.streams, parameters) for layer in self.layers]
        other.order = fuse_relu_into_maxpool(other.layers)
        other._find_penalised()
        return other

    def needs_batch(self) -> str:
        """The first layer whose outputs depend on the other samples of a batch, as messages name it; empty: none."""
        for layer in self.layers:
            for each in all_layers([layer]):
                if each.batch_dependent:
                    return layer.label if each is layer else f"{registered_name(each)} in {layer.label}"
        return ""

    def set_global_batch_size(self, batch_size: int | None) -> None:
        """What layers see from now on is part of a batch of this size; None: a whole batch."""
        set_batch_size(self.layers, batch_size)

    def all_layers(self) -> list[Layer]:
        """The layers and those that they are made of, however deep."""
        return list(all_layers(self.layers))

    def regularizer_terms(self, everywhere: Sequence[Regularizer]) -> list[RegularizerTerm]:
        """These regularizers on all weights, and those of the layers; the network must be allocated."""
        terms = [
            RegularizerTerm(regularizer, self.flat.weights, self.flat.weight_gradients) for regularizer in everywhere
        ]
        for layer in self.layers:
            for regularizer, weight in layer.regularizers():
                terms.append(RegularizerTerm(regularizer, weight.value.reshape(-1), weight.grad.reshape(-1)))
        return terms

    def activity_penalty(self) -> float:
        """The activity regularisation of the last forward, a part of the objective."""
        if not self._penalised:
            return 0.0
        return sum_in_order(layer.activity_penalty() for layer in self._penalised).real

    def _find_penalised(self) -> None:
        """Find the layers to ask for an activity penalty: asking 4 takes 0.8 µs of a step of 90, 16 take 2.0."""
        asked = (layer for layer in self.layers if type(layer).activity_penalty is not Layer.activity_penalty)
        self._penalised = list(asked)

    def forward(self, x: Array, *, training: bool) -> Array:
        """Scores (N, *out_shape) for a batch (N, ...)."""
        return forward(self.order, x, training=training)

    def backward(self, dscores: Array) -> None:
        """Write the gradient of every parameter, from that of the scores, one row for each prediction.

        The gradient of the input is not computed.
        """
        first, *others = self.order[self._first_trained :]
        first.backward_parameters(backward(others, dscores.reshape(-1, *self.out_shape)))

    def input_gradient(self, dscores: Array) -> Array:
        """Like ``backward``, and return the gradient of the input, shape (N, ...)."""
        return backward(self.order, dscores.reshape(-1, *self.out_shape))

    def state(self) -> dict[str, Array]:
        """Every parameter and buffer by name, such as ``linear1.W``; the arrays are the network's own."""
        return {
            f"{name}.{key}": array
            for name, layer in zip(self.names, self.layers, strict=True)
            for key, array in (
                *((parameter.name, parameter.value) for parameter in layer.parameters),
                *layer.buffers.items(),
            )
        }

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Copy saved arrays in; raises ShapeError when names or shapes differ."""
        self.flat.redrawable = False
        copy_arrays(state, self.state(), "saved model")
