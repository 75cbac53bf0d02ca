"""The network of a training as expressions of textbook classes: one for each layer, with its initial weights."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

import numpy as np

from nnlab import textbook
from nnlab.eject.expressions import Call, Expression, Items, literal
from nnlab.errors import UsageError
from nnlab.layers.base import Layer
from nnlab.layers.planning import draws_weights
from nnlab.models.network import Network
from nnlab.models.textbook_twins import INITIALISERS, LAYERS, twin_of_initialiser, twin_of_layer
from nnlab.plugins.plugin import no_twin
from nnlab.registry import registered_name


@dataclass
class WrittenNetwork:
    """The expressions of the layers, and what is set on them afterwards: the index path of a layer and the value."""

    layers: list[Expression] = field(default_factory=list)
    frozen: list[str] = field(default_factory=list)
    regularizers: list[tuple[str, list[Expression]]] = field(default_factory=list)
    streams: int = 0


def write_network(network: Network, *, legacy: bool, shards: int, accumulates: bool = False) -> WrittenNetwork:
    """A network before its first update; raises UsageError for a layer or initialiser without a textbook class."""
    _check(network)
    found = WrittenNetwork()
    for index, layer in enumerate(network.layers):
        rng = "rng" if legacy else f"init[{found.streams}]"
        writer = _LayerWriter(found, rng, legacy, shards, accumulates)
        found.layers.append(writer.write(layer, twin_of_layer(layer), f"layers[{index}]"))
        found.streams += draws_weights(layer)
    return found


def _check(network: Network) -> None:
    for layer in network.all_layers():
        if (name := registered_name(layer)) not in LAYERS:
            if own := no_twin(layer, "textbook class"):
                raise UsageError(f"model: {own}")
            raise UsageError(f"model: the layer {name} has no class in nnlab.textbook that a script could be made of")
        for key in ("init", "recurrent_init"):
            init = getattr(layer, key, None)
            if init is not None and (name := registered_name(init)) not in INITIALISERS:
                raise UsageError(
                    f"model: the initialiser {name} has no function in nnlab.textbook that a script could be made of"
                )


@dataclass
class _LayerWriter:
    """Writes a layer of a network, with the layers inside it, as calls of constructors."""

    found: WrittenNetwork
    rng: str
    legacy: bool
    shards: int
    accumulates: bool

    def write(self, layer: Layer, twin: textbook.Layer, path: str) -> Expression:
        """The call that makes a textbook layer such as the twin of a layer; ``path`` finds it in the script."""
        if twin.frozen and twin.parameters:
            self.found.frozen.append(path)
        if twin.regularizers:
            terms: list[Expression] = [
                Call(type(term).__name__, [literal(vars(term)["strength"])]) for term in twin.regularizers
            ]
            self.found.regularizers.append((path, terms))
        inside = dict(zip(map(id, twin.inner), (inner for _, inner in layer.inner()), strict=True))
        call = Call(type(twin).__name__, [], {})
        positional: list[Expression] = []
        for parameter, value in _arguments(twin):
            place = f"{path}.{parameter.name}"
            if parameter.name == "rng":
                expression = self._masks(layer)
            elif isinstance(value, np.ndarray):
                expression = self._weights(layer, parameter.name, value)
            elif isinstance(value, textbook.Layer | list):
                expression = self._layers(value, inside, place)
            else:
                expression = literal(value)
            if parameter.default is Parameter.empty or isinstance(value, np.ndarray):
                positional.append(expression)
            elif value is not None:
                call.keywords[parameter.name] = expression
        return Call(call.function, positional, call.keywords)

    def _layers(self, value: Any, inside: dict[int, Layer], path: str) -> Expression:
        if isinstance(value, list):
            return Items([self._layers(item, inside, f"{path}[{index}]") for index, item in enumerate(value)])
        if not isinstance(value, textbook.Layer):
            return literal(value)
        return self.write(inside[id(value)], value, path)

    def _weights(self, layer: Any, name: str, value: np.ndarray) -> Expression:
        if not name.startswith("W"):
            return literal(value)
        draw: Any = twin_of_initialiser(layer.recurrent_init if name == "Wh" else layer.init)
        settings = {key: literal(setting) for key, setting in draw.keywords.items() if key != "b"}
        return Call(draw.func.__name__, [str(value.shape), self.rng], settings)

    def _masks(self, layer: Layer) -> Expression:
        address = [str(number) for number in layer.address]
        if self.legacy:
            return "rng"
        if self.accumulates or self.shards > 1:
            return Call("PartMasks" if self.accumulates else "ShardMasks", address, {"shards": str(self.shards)})
        return Call("StepMasks", address)


def _arguments(made: Any) -> Iterator[tuple[Parameter, Any]]:
    """The parameters of an object's constructor, each with its value: a textbook class keeps them by their names."""
    for name, parameter in signature(type(made)).parameters.items():
        yield parameter, getattr(made, name)


def write_object(made: Any, **instead: Expression) -> Call:
    """The call that makes a textbook optimizer; ``instead`` are expressions in place of its own values."""
    keywords = {parameter.name: literal(value) for parameter, value in _arguments(made)}
    return Call(type(made).__name__, [], keywords | instead)
