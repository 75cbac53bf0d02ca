"""Reading what forward and backward return: outputs, a cache, and gradients by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError

OUTPUT_NAMES = {"out", "y", "output", "a", "z", "next_h", "h"}


def joined(outputs: Sequence[Any], where: str) -> Array:
    """One output as it is; several as one vector. Raises UsageError for what is no array of numbers."""
    arrays = []
    for output in outputs:
        try:
            array = np.asarray(output)
        except ValueError:
            array = np.array(None)
        if output is None:
            raise UsageError(f"{where}: returns None; is a return missing?")
        if array.dtype.kind not in "fiubc":
            raise UsageError(
                f"{where}: must return an array or a number, or (out, cache) with a backward(dout, cache), got "
                f"{type(output).__name__}"
            )
        arrays.append(array)
    return arrays[0] if len(arrays) == 1 else np.concatenate([array.reshape(-1) for array in arrays])


def split(dout: Array, outputs: Sequence[Any]) -> list[Any]:
    """The parts of dout for several outputs, each in its shape; numbers are Python floats."""
    if len(outputs) == 1:
        return [dout if np.ndim(outputs[0]) else float(dout)]
    ends = np.cumsum([np.size(output) for output in outputs])[:-1]
    parts = np.split(dout, ends)
    return [part.reshape(np.shape(output)) for part, output in zip(parts, outputs, strict=True)]


def by_name(returned: Any, tensors: Sequence[str], arrays: Sequence[str]) -> dict[str, object]:
    """Gradients by the name of their tensor, from a dictionary, a tuple in the order of forward, or one array.

    ``arrays`` are all array arguments, those without a gradient (integers) too.
    """
    if returned is None or not tensors:
        return {}
    if isinstance(returned, Mapping):
        return {name: value for name in tensors if (value := _in_mapping(returned, name)) is not None}
    if isinstance(returned, tuple | list):
        order = arrays if len(returned) == len(arrays) else tensors
        if len(returned) > max(len(arrays), len(tensors)):
            known = ", ".join(arrays or tensors)
            raise UsageError(f"backward returns {len(returned)} gradients, but the arrays of forward are {known}")
        return {
            name: value for name, value in zip(order, returned, strict=False) if name in tensors and value is not None
        }
    return {tensors[0]: returned}


def _in_mapping(returned: Mapping[str, object], name: str) -> object:
    keys = (f"d{name}", name, f"d_{name}", f"grad_{name}", f"{name}_grad", f"d{name.lower()}", f"d{name.upper()}")
    return next((returned[key] for key in keys if key in returned), None)


def from_object(instance: object, name: str, value: Array) -> object:
    """The gradient of a parameter that an object keeps: ``self.dW``, ``self.grads['W']``, or beside ``self.params``."""
    for key in (f"d{name}", f"d_{name}", f"grad_{name}", f"{name}_grad", f"d{name.lower()}", f"d{name.upper()}"):
        if (found := getattr(instance, key, None)) is not None:
            return found
    gradients, parameters = getattr(instance, "grads", None), getattr(instance, "params", None)
    if isinstance(gradients, Mapping):
        return _in_mapping(gradients, name)
    if isinstance(gradients, list | tuple) and isinstance(parameters, list | tuple):
        for parameter, gradient in zip(parameters, gradients, strict=False):
            if parameter is value or (np.shape(parameter) == value.shape and np.array_equal(parameter, value)):
                return gradient
    return None


def floats_in(values: Mapping[str, Any]) -> dict[str, Array]:
    """The arrays of floats among values."""
    return {key: value for key, value in values.items() if isinstance(value, np.ndarray) and value.dtype.kind == "f"}
