"""What a layer computes in a recorded step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nnlab.core.arrays import Array
from nnlab.layers.base import Layer
from nnlab.layers.composite import Composite
from nnlab.textbook import Layer as TextbookLayer


@dataclass(eq=False)
class LayerCall:
    """Forward and backward of a layer for one part of the batch; arrays are copies, None where there was no call.

    ``buffers`` are those before the forward pass, ``twin`` is the textbook layer with the weights of that time.
    """

    layer: Layer
    buffers: dict[str, Array]
    twin: TextbookLayer | None
    x: Array | None = None
    y: Array | None = None
    dy: Array | None = None
    dx: Array | None = None
    details: dict[str, Array] = field(default_factory=dict)
    backward_details: dict[str, Array] = field(default_factory=dict)
    buffers_after: dict[str, Array] = field(default_factory=dict)


class ObservedLayer:
    """Keeps what a layer computes while a pass is recorded; a layer inside others has the axes of their samples."""

    def __init__(self, call: LayerCall, outer: Sequence[Composite], recording: Callable[[], bool]) -> None:
        self._call, self._outer, self._recording = call, outer, recording

    def on_forward(self, y: Array, x: Array) -> None:
        call, layer = self._call, self._call.layer
        if self._recording() and call.y is None:
            call.x, call.y = self._kept(x), self._kept(y)
            call.details = {key: self._kept(array) for key, array in layer.forward_details().items()}
            call.buffers_after = copied(layer.buffers)

    def on_backward(self, dx: Array | None, dy: Array) -> None:
        call, layer = self._call, self._call.layer
        if self._recording() and call.dx is None:  # backward may call backward_parameters, and ends after it
            call.dy, call.dx = self._kept(dy), None if dx is None else self._kept(dx)
            call.backward_details = {key: self._kept(array) for key, array in layer.backward_details().items()}

    def _kept(self, array: Array) -> Array:
        for composite in self._outer if array.ndim > 1 else ():
            array = composite.of_samples(array)
        return np.array(array)


def copied(arrays: dict[str, Array]) -> dict[str, Array]:
    """Copies of arrays."""
    return {name: np.array(array) for name, array in arrays.items()}
