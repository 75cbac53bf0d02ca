"""Layers that do not follow each other well, and last layers that give no scores."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

from nnlab.core.task import NUMBERS
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.contradiction import Contradiction
from nnlab.layers.base import Activation, Layer
from nnlab.registry import hyperparameters, layers, registered_name

SOFTMAXES = ("softmax", "log_softmax")


def last_layer(case: Case) -> Iterator[Contradiction]:
    """A network that ends with something else than scores of any size and sign."""
    last, loss = case.setup.network.layers[-1], case.experiment.loss
    name = registered_name(last)
    squashes = (isinstance(last, Activation) or name in SOFTMAXES) and name != "identity"
    if not squashes and name not in ("dropout", "batch_norm"):
        return
    if loss.softmax and name == "log_softmax":  # softmax(log softmax(x)) = softmax(x)
        return
    if not squashes:
        sentence = f"The network ends with {name}: the last layer should be a linear (affine) one."
    elif loss.softmax:
        why = "contains a softmax already" if name == "softmax" else "needs scores of any size and sign"
        sentence = f"The network ends with {name}, but {registered_name(loss)} {why}."
    elif case.dataset.task == NUMBERS and name not in ("leaky_relu", "prelu"):
        sentence = f"The network ends with {name}, which cannot give all targets: they are scaled to mean 0, std 1."
    else:
        return
    label, written = case.setup.network.names[-1], _written(case)
    yield Contradiction(
        sentence,
        f"the last layer is {label}",
        {"layer": label},
        [_change(written[:-1])] if len(written) > 1 else [],
    )


def order_of_layers(case: Case) -> Iterator[Contradiction]:
    """Pairs of layers of which one undoes, repeats or disturbs the other."""
    network = case.setup.network
    for index, layer in enumerate(network.layers[:-1]):
        after = index + 1
        if _named(layer, "dropout") and _activation_before_norm(network.layers[after:]):
            after += 1  # the activation changes nothing about the dropped inputs
        following = network.layers[after]
        if found := _pair(layer, following):
            names = network.names[index], network.names[after]
            dropped = index if _named(layer, "dropout") and _named(following, "batch_norm") else after
            numbers = {"layer": names[0], "next": names[1]}
            yield Contradiction(found, f"{names[0]}, then {names[1]}", numbers, _mended(case, dropped))


def _activation_before_norm(following: Sequence[Layer]) -> bool:
    return len(following) > 1 and isinstance(following[0], Activation) and _named(following[1], "batch_norm")


def _pair(layer: Layer, following: Layer) -> str:
    """Why two layers do not follow each other well; empty where they do."""
    first, second = registered_name(layer), registered_name(following)
    rates = getattr(layer, "rate", 0), getattr(following, "rate", 0)
    if (first, second) == ("dropout", "batch_norm") and rates[0] > 0:
        return (
            f"Dropout ({rates[0]:g}) stands before batch normalisation, which then learns the variance with dropout "
            "on. Evaluations have dropout off, and that variance does not fit them."
        )
    if first == second == "batch_norm":
        return "Two batch normalisations follow each other: the second has nothing left to do."
    if first == second == "dropout" and min(rates) > 0:
        kept = (1 - rates[0]) * (1 - rates[1])
        return f"Two dropout layers follow each other: together they keep {kept:.0%} of the inputs."
    if isinstance(layer, Activation) and isinstance(following, Activation) and "identity" not in (first, second):
        return f"Two activations follow each other, {first} and {second}."
    if first == second == "linear" and layer.out_shape[-1] >= min(layer.in_shape[-1], following.out_shape[-1]):
        return "Two linear layers follow each other without an activation: together they are one linear layer."
    return ""


def _named(layer: Layer, name: str) -> bool:
    return registered_name(layer) == name


def _mended(case: Case, place: int) -> list[str]:
    """The change that leaves out a layer of a sequential model, or puts a relu before it where it is a linear one."""
    written, built = _written(case), case.setup.network.layers
    if len(written) != len(built):
        return []
    if _named(built[place], "linear"):
        return [_change([*written[:place], "relu", *written[place:]])]
    return [_change([*written[:place], *written[place + 1 :]])]


def _written(case: Case) -> Sequence[Any]:
    """The layers as the spec of a sequential model lists them; empty for other models."""
    written = case.spec["model"].get("layers")
    return written if isinstance(written, list) else []


def _change(chosen: Sequence[Any]) -> str:
    return f"model.layers={_flow([_without_defaults(layer) for layer in chosen])}"


def _without_defaults(layer: Any) -> Any:
    """A layer of a resolved spec without the keys that have their default values."""
    if not isinstance(layer, Mapping) or layer.get("name") not in layers:
        return layer
    usual = {key.name: key.default for key in hyperparameters(layers[layer["name"]])}
    kept = {key: value for key, value in layer.items() if key == "name" or _plain(usual.get(key)) != value}
    return layer["name"] if len(kept) == 1 else kept


def _plain(value: Any) -> Any:
    """A default value as a resolved spec has it: of a component without keys its name."""
    return registered_name(value) if is_dataclass(value) and not vars(value) else value


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
