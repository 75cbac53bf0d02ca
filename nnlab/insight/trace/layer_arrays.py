"""What each layer computed in a step, for the whole batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.trace.agreement import samples_to_compare
from nnlab.insight.trace.layer_call import LayerCall
from nnlab.insight.trace.parameter_axes import own_name
from nnlab.insight.trace.recorder import StepRecord
from nnlab.layers.base import Layer
from nnlab.registry import registered_name


@dataclass(eq=False)
class LayerArrays:
    """What a layer computed for the whole batch, its parts joined, and with the axes of sequences N and T apart."""

    name: str
    layer: Layer
    x: Array | None
    y: Array | None
    dy: Array | None
    dx: Array | None
    details: dict[str, Array]
    backward_details: dict[str, Array]
    call: LayerCall
    gradients: dict[str, Array] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The registered name."""
        return registered_name(self.layer)


def layer_arrays(record: StepRecord, network_gradients: Array | None) -> Iterator[LayerArrays]:
    """The layers in the order of the model; ``network_gradients`` is the flat gradient after backward."""
    for name, calls in record.calls.items():
        first = calls[0]
        arrays = LayerArrays(
            name,
            first.layer,
            x=_joined([call.x for call in calls]),
            y=_joined([call.y for call in calls]),
            dy=_joined([call.dy for call in calls]),
            dx=_joined([call.dx for call in calls]),
            details={key: _details([call.details.get(key) for call in calls]) for key in first.details},
            backward_details={
                key: _details([call.backward_details.get(key) for call in calls]) for key in first.backward_details
            },
            call=first,
        )
        for parameter in first.layer.parameters:
            if network_gradients is not None and not parameter.frozen:
                key = own_name(parameter)
                arrays.gradients[key] = network_gradients[parameter.slice].reshape(parameter.shape)
        yield arrays


def backwards(layers: Sequence[LayerArrays]) -> Iterator[LayerArrays]:
    """In the order of backward: the last first, and a layer before those inside it."""
    outermost = min((each.name.count(".") for each in layers), default=0)
    starts = [index for index, each in enumerate(layers) if each.name.count(".") == outermost]
    for start, end in reversed(list(pairwise([*starts, len(layers)]))):
        yield layers[start]
        yield from backwards(layers[start + 1 : end])


def comparable(arrays: LayerArrays) -> LayerArrays | None:
    """The arrays to compare with the textbook: all rows, or the first few and no gradients; None without a twin.

    Samples and steps that the layer sees as one axis are one again, in any order, which is the same for all arrays.
    """
    layer, x = arrays.layer, arrays.x
    if x is None or arrays.call.twin is None or layer.inner():
        return None
    found = {key: getattr(arrays, key) for key in ("x", "y", "dy", "dx")}
    if x.ndim > len(layer.in_shape) + 1:
        found = {key: array if array is None else array.reshape(-1, *array.shape[2:]) for key, array in found.items()}
    rows = len(found["x"])
    count = samples_to_compare(layer, found["x"])
    if count == 0:
        return None
    if count < rows:
        found = {key: array if array is None else array[:count] for key, array in found.items()}
    details = {key: array[:count] if array.ndim > 1 else array for key, array in arrays.details.items()}
    gradients = arrays.gradients if count == rows else {}
    return replace(arrays, **found, details=details, gradients=gradients)


def _joined(parts: Sequence[Array | None]) -> Array | None:
    """The parts of a batch as one array; None where any is missing."""
    present = [part for part in parts if part is not None]
    if not present or len(present) < len(parts):
        return None
    return present[0] if len(present) == 1 else np.concatenate(present)


def _details(parts: Sequence[Array | None]) -> Array:
    """Likewise, of arrays inside a layer; those without samples are of a layer that computes whole batches."""
    present = [part for part in parts if part is not None]
    if present[0].ndim == 1:
        return present[0]
    joined = _joined(present)
    assert joined is not None
    return joined
