"""The worked example of a layer: forward and backward of a small input, with what its textbook class has in between."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnlab import textbook
from nnlab.core.arrays import Array
from nnlab.core.flat_parameters import Parameter
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.captured_values import Call, captured_calls
from nnlab.insight.explain.examples.extra_results import EXTRAS
from nnlab.insight.explain.examples.recurrent_steps import recurrent_stages
from nnlab.insight.explain.examples.small_layers import small_gradient, small_input, small_layer
from nnlab.insight.explain.worked_example import Stage, Step, Value, WorkedExample, settings_text, steps_of_formulas
from nnlab.layers.base import Layer
from nnlab.models.textbook_twins import LAYERS, twin_of_layer

# The name that a quantity of a formula has in the textbook.
_IN_TEXTBOOK: Mapping[str, Mapping[str, str]] = {"gelu": {"Φ(x)": "cdf"}}


def layer_example(name: str) -> WorkedExample:
    """Forward and backward of a small input; a recurrent layer step by step."""
    layer, settings, samples = small_layer(name)
    formulas = docstring_of(type(layer)).formulas
    x, dy = small_input(layer, samples), small_gradient(layer, samples)
    y = np.array(layer.forward(x, training=True))
    penalty = layer.activity_penalty().real
    dx = np.array(layer.backward(dy))
    weights = {_own_name(parameter): parameter.value.copy() for parameter in layer.parameters}
    gradients = {f"d{_own_name(parameter)}": parameter.grad.copy() for parameter in layer.parameters}
    given = [Step("x", x), *(Step(own, value) for own, value in weights.items())]
    calls = _textbook_calls(layer, x, dy) if name in LAYERS else []
    if layer.recurrent and calls:
        stages = recurrent_stages(name, formulas, calls, {**gradients, "dx": dx})
        return WorkedExample(settings_text(name, settings), [*given, Step("dy", dy)], stages)
    if penalty:
        given.append(Step("L", 0.0))
    values = {**_between(calls[:1]), **_statistics(name, x), **weights, "x": x, "y": y, "L": penalty}
    values |= {own: values[theirs] for own, theirs in _IN_TEXTBOOK.get(name, {}).items()}
    values |= _like(x, values, "xn")
    extras = EXTRAS.get(name, {})
    forward = steps_of_formulas([each for each in formulas if not each.startswith("d")], values, extras)
    values |= {**_between(calls[1:]), **gradients, "x": x, "y": y, "dy": dy, "dx": dx}
    values |= _like(x, values, "dxn")
    if name == "batch_norm":  # the textbook uses the name again
        values["dxn"] = weights["gamma"] * dy
    backward = steps_of_formulas([each for each in formulas if each.startswith("d")], values, extras)
    # Without formulas, as in many a plugin, the results alone.
    forward = forward or [Step("y", y)]
    backward = backward or [*(Step(own, value) for own, value in gradients.items()), Step("dx", dx)]
    stages = [Stage("forward", forward), Stage("backward", [Step("dy", dy), *backward])]
    return WorkedExample(settings_text(name, settings), given, stages)


def _own_name(parameter: Parameter) -> str:
    return parameter.name.rpartition(".")[2]


def _textbook_calls(layer: Layer, x: Array, dy: Array) -> list[Call]:
    """The variables of the textbook's forward and backward for the same input, at the end of each call."""
    twin = twin_of_layer(layer)
    parts = [twin, *([twin.step()] if isinstance(twin, textbook.recurrent.Recurrent) else [])]
    methods: list[Callable[..., Any]] = [method for part in parts for method in (part.forward, part.backward)]
    with captured_calls(*(method.__func__ for method in methods)) as calls:  # type: ignore[attr-defined]
        twin.forward(x, training=True)
        twin.backward(dy)
    return calls


def _between(calls: Sequence[Call]) -> dict[str, Value]:
    """The variables and attributes of a call."""
    values: dict[str, Value] = {}
    for call in calls:
        values |= {**vars(call["self"]), **call}
    return values


def _statistics(name: str, x: Array) -> dict[str, Value]:
    """Mean and variance of layers that normalise each sample, which the textbook does not name."""
    if name not in ("layer_norm", "group_norm", "instance_norm"):
        return {}
    groups = {"layer_norm": 1, "group_norm": 2}.get(name, x.shape[1])
    parts = x.reshape(len(x), groups, -1)
    return {"mean": parts.mean(axis=2), "var": parts.var(axis=2)}


def _like(x: Array, values: Mapping[str, Value], name: str) -> dict[str, Value]:
    """A quantity with a number for each of x in the shape of x; the textbook has those of a group side by side."""
    return {name: values[name].reshape(x.shape)} if name in values and values[name].size == x.size else {}
