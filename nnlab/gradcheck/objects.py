"""Classes and objects with forward and backward, as in Deep Learning from Scratch: ``Affine(W, b)``, ``Relu()``."""

import inspect
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.errors import UsageError
from nnlab.gradcheck.calling import line_of
from nnlab.gradcheck.example_arrays import as_float64
from nnlab.gradcheck.implementation import Arguments, Implementation, Session
from nnlab.gradcheck.layouts import IMAGE_WORDS
from nnlab.gradcheck.returned_gradients import by_name, floats_in, from_object, joined, split
from nnlab.gradcheck.settling import float_names, parameters_of, settled


class ObjectSession(Session):
    """An object of a class: parameters go to the constructor, inputs to forward, dout to backward."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        self.instance: Any = None
        self.made_from = _constructor(cls)

    def forward(self, arguments: Arguments) -> Array:
        if self.instance is None:
            own = {name: value for name, value in arguments.items() if name in self.made_from}
            self.instance = self.cls(**own)
        return self._forward(arguments, self.made_from)

    def _forward(self, arguments: Arguments, elsewhere: Mapping[str, object]) -> Array:
        self.arguments = arguments
        takes = _without_self(type(self.instance).forward)
        self.inputs = {name: value for name, value in arguments.items() if name in takes and name not in elsewhere}
        returned = self.instance.forward(**self.inputs)
        self.outputs = list(returned) if isinstance(returned, tuple) else [returned]
        if isinstance(returned, tuple) and len(_without_self(type(self.instance).backward)) < len(returned):
            self.outputs = self.outputs[:1]
        return joined(self.outputs, line_of(type(self.instance).forward))

    def backward(self, dout: Array) -> dict[str, object]:
        parameters = _without_self(type(self.instance).backward)
        returned = self.instance.backward(*split(dout, self.outputs)[: len(parameters)])
        names = float_names(self.inputs)
        arrays = [name for name, value in self.inputs.items() if isinstance(value, np.ndarray)]
        found = by_name(returned, names, arrays)
        for name in float_names({key: value for key, value in self.arguments.items() if key not in self.inputs}):
            gradient = from_object(self.instance, name, self.arguments[name])
            if gradient is None and isinstance(returned, tuple) and len(returned) == len(float_names(self.arguments)):
                gradient = by_name(returned, [*names, *self._parameters()], [*names, *self._parameters()]).get(name)
            if gradient is not None:
                found[name] = gradient
        return found

    def output_sizes(self) -> list[int]:
        return [np.size(output) for output in self.outputs] if len(self.outputs) > 1 else []

    def cached(self) -> dict[str, Array]:
        return floats_in({f"self.{name}": value for name, value in vars(self.instance).items()})

    def _parameters(self) -> list[str]:
        return [name for name in float_names(self.arguments) if name not in self.inputs]


class InstanceSession(ObjectSession):
    """A copy of an object that the user made, whose arrays are replaced by those of the arguments."""

    def __init__(self, instance: object, parameters: Mapping[str, Array]) -> None:
        self.cls = type(instance)
        self.original, self.parameters = instance, parameters
        self.instance = None

    def forward(self, arguments: Arguments) -> Array:
        if self.instance is None:
            self.instance = deepcopy(self.original)
            for name in self.parameters:
                _replace(self.instance, getattr(self.instance, name), arguments[name])
        return self._forward(arguments, self.parameters)


def class_implementations(cls: type[Any], given: Mapping[str, Any]) -> list[Implementation]:
    """Implementations of a class, whose constructor and forward take the arguments that ``given`` may hold."""
    _need_both(cls)
    made_from = _constructor(cls)
    takes = {name: own for name, own in _without_self(cls.forward).items() if name not in made_from}
    return settled(cls.__name__, {**takes, **made_from}, partial(ObjectSession, cls), given, inputs=tuple(takes))


def instance_implementations(instance: object, given: Mapping[str, Any]) -> list[Implementation]:
    """Implementations of an object as it is: its parameters are arrays of its constructor, or with a gradient."""
    _need_both(type(instance))
    held = _held_parameters(instance)
    takes = _without_self(type(instance).forward)  # type: ignore[attr-defined]
    parameters = dict(takes)
    for name in held:
        parameters.setdefault(name, inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY))
    session = partial(InstanceSession, instance, held)
    known = {**_input_shape(type(instance), held, takes, given), **held, **given}
    return settled(type(instance).__name__, parameters, session, known, inputs=tuple(takes))


def _input_shape(cls: type[Any], held: Mapping[str, Array], takes: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """An x that fits the object's parameters: (4, D) for W (D, M) or gamma (D,), images for W (F, C, kh, kw)."""
    x = next(iter(takes), None)
    if x is None or x in given:
        return {}
    W = next((value for name, value in held.items() if name.lower() in {"w", "weight", "weights"}), None)
    vector = next((value for value in held.values() if value.ndim == 1), None)
    if W is not None and W.ndim in {2, 4}:
        return {x: (4, W.shape[0]) if W.ndim == 2 else (3, W.shape[1], 5, 7)}
    if vector is None or W is not None:
        return {}
    images = any(word in cls.__name__.lower() for word in IMAGE_WORDS)
    return {x: (3, vector.size, 5, 7) if images else (4, vector.size)}


def _held_parameters(instance: object) -> dict[str, Array]:
    attributes = {name: value for name, value in vars(instance).items() if isinstance(value, np.ndarray)}
    listed = getattr(instance, "params", None)
    made_from = _constructor(type(instance))
    held = {
        name: value
        for name, value in attributes.items()
        if value.dtype.kind == "f" and (name in made_from or hasattr(instance, f"d{name}"))
    }
    if isinstance(listed, list):
        held |= {name: value for name, value in attributes.items() if any(value is entry for entry in listed)}
    return {name: as_float64(name, value) for name, value in held.items()}


def _replace(instance: object, old: object, new: Array) -> None:
    """Put an array in place of another wherever the object, its lists and its dictionaries hold it."""
    for name, value in vars(instance).items():
        if value is old:
            setattr(instance, name, new)
        elif isinstance(value, list):
            value[:] = [new if entry is old else entry for entry in value]
        elif isinstance(value, dict):
            value.update({key: new for key, entry in value.items() if entry is old})


def _constructor(cls: type[Any]) -> dict[str, inspect.Parameter]:
    return {} if cls.__init__ is object.__init__ else _without_self(cls.__init__)


def _without_self(function: Any) -> dict[str, inspect.Parameter]:
    return dict(list(parameters_of(function).items())[1:])


def _need_both(cls: type[Any]) -> None:
    missing = [name for name in ("forward", "backward") if not callable(getattr(cls, name, None))]
    if missing:
        raise UsageError(
            f"{line_of(cls)}: {cls.__name__} has no method {' and no method '.join(missing)}; a layer has forward(x) "
            "and backward(dout)"
        )
