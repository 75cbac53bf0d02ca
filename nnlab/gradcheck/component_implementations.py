"""Layers, losses and penalties of nnlab, a user's own among them, as implementations to check."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import AddressedStreams
from nnlab.core.task import CLASSES, Task
from nnlab.errors import UsageError
from nnlab.gradcheck.calling import isolated
from nnlab.gradcheck.example_arrays import given_array
from nnlab.gradcheck.example_labels import example_labels, examples_of
from nnlab.gradcheck.implementation import Arguments, Example, Implementation, Session, Sizes
from nnlab.gradcheck.subjects import layer_subject, loss_subject, regularizer_subject
from nnlab.layers.base import Layer
from nnlab.layers.planning import all_layers
from nnlab.losses import Loss
from nnlab.regularizers import Regularizer
from nnlab.text import quote

Component = Layer | Loss | Regularizer
CLASSES_K = 5


class LayerSession(Session):
    """A layer in training; its parameters are arguments beside x."""

    def __init__(self, layer: Layer, in_shape: Shape) -> None:
        self.layer = deepcopy(layer)
        self.layer.setup(in_shape, AddressedStreams(0))
        for parameter in self.layer.parameters:
            parameter.grad = np.zeros(parameter.shape)

    def forward(self, arguments: Arguments) -> Array:
        for parameter in self.layer.parameters:
            parameter.value = arguments[parameter.name]
        return np.asarray(self.layer.forward(arguments["x"], training=True))

    def backward(self, dout: Array) -> dict[str, object]:
        dx = self.layer.backward(dout)
        found: dict[str, object] = {own.name: own.grad for own in self.layer.parameters if not own.frozen}
        return {"x": dx} | found

    def kink_sides(self) -> list[Array]:
        sides = self.layer.kink_sides()
        return [] if sides is None else [np.array(sides)]


class LossComponentSession(Session):
    """The mean of a loss over the rows of a batch."""

    def __init__(self, loss: Loss) -> None:
        self.loss = deepcopy(loss)

    def forward(self, arguments: Arguments) -> Array:
        return np.asarray(self.loss.per_sample(arguments["scores"], arguments["targets"]).mean())

    def backward(self, dout: Array) -> dict[str, object]:
        return {"scores": self.loss.backward()}


class PenaltySession(Session):
    """A penalty of weights."""

    def __init__(self, penalty: Regularizer) -> None:
        self.penalty = deepcopy(penalty)

    def forward(self, arguments: Arguments) -> Array:
        self.W = arguments["W"]
        return np.asarray(float(self.penalty.value(self.W).real))

    def backward(self, dout: Array) -> dict[str, object]:
        return {"W": self.penalty.gradient(self.W, np.zeros_like(self.W))}

    def kink_sides(self) -> list[Array]:
        return self.penalty.kink_sides(self.W)


def component_implementations(component: Any, given: Mapping[str, Any]) -> list[Implementation] | None:
    """Implementations of a component's class or object; None for what is no component with a gradient."""
    cls = component if isinstance(component, type) else type(component)
    if issubclass(cls, Layer):
        with isolated():
            pairs: list[tuple[Layer, Shape]] = examples_of(cls)
        if not isinstance(component, type):
            pairs = [(component, shape) for _, shape in pairs[:1]]
        if "x" in given:
            shape = given["x"] if isinstance(given["x"], tuple) else np.shape(given["x"])
            pairs = [(pairs[0][0], shape[1:])]
        labels = example_labels(_name(cls), *zip(*pairs, strict=True))
        return [layer_implementation(label, *pair, given) for label, pair in zip(labels, pairs, strict=True)]
    if issubclass(cls, Loss):
        with isolated():
            examples = examples_of(cls) if isinstance(component, type) else [component]
        labels = example_labels(_name(cls), examples)
        return [
            loss_implementation(label, loss, task, given)
            for label, loss in zip(labels, examples, strict=True)
            for task in cls.tasks
        ]
    if issubclass(cls, Regularizer):
        penalty = cls(strength=0.1) if isinstance(component, type) else component
        return [penalty_implementation(_name(cls), penalty, given)]
    return None


def implementation_of_subject(make: Callable[[int], Any]) -> Implementation | None:
    """What ``component_subjects`` checks, as an implementation; None for variants of a layer (in evaluation, ...)."""
    if not isinstance(make, partial):
        return None
    name, component, *shape = make.args
    if make.func is layer_subject and not make.keywords:
        return layer_implementation(name, component, shape[0], {})
    if make.func is loss_subject:
        return loss_implementation(name, component, make.keywords.get("task", CLASSES), {})
    return penalty_implementation(name, component, {}) if make.func is regularizer_subject else None


def layer_implementation(name: str, layer: Layer, in_shape: Shape, given: Mapping[str, Any]) -> Implementation:
    """A layer on samples of a shape."""
    plan = LayerSession(layer, in_shape).layer
    shapes = {parameter.name: parameter.shape for parameter in plan.parameters}
    fixed = {parameter.name for parameter in plan.parameters if parameter.frozen}
    if not all(each.differentiable for each in all_layers([plan])):
        fixed.add("x")

    def example(sizes: Sizes, seed: int) -> Example:
        rng = np.random.default_rng(seed)
        arguments: Arguments = {"x": plan.example_inputs(rng, sizes.samples)}
        arguments |= {key: rng.standard_normal(shape) for key, shape in shapes.items()}
        return _replaced(Example(arguments, tuple(key for key in arguments if key not in fixed)), given, name)

    return _component(name, partial(LayerSession, layer, in_shape), example, given)


def loss_implementation(name: str, loss: Loss, task: Task, given: Mapping[str, Any]) -> Implementation:
    """A loss of classes or of numbers."""

    def example(sizes: Sizes, seed: int) -> Example:
        rng = np.random.default_rng(seed)
        shape = (sizes.samples, CLASSES_K)
        targets = rng.integers(CLASSES_K, size=sizes.samples) if task == CLASSES else rng.standard_normal(shape)
        arguments = {"scores": rng.standard_normal(shape), "targets": targets}
        return _replaced(Example(arguments, ("scores",)), given, name)

    return _component(name, partial(LossComponentSession, loss), example, given)


def penalty_implementation(name: str, penalty: Regularizer, given: Mapping[str, Any]) -> Implementation:
    """A penalty of 20 random weights."""

    def example(sizes: Sizes, seed: int) -> Example:
        return _replaced(Example({"W": np.random.default_rng(seed).standard_normal(20)}, ("W",)), given, name)

    return _component(name, partial(PenaltySession, penalty), example, given)


def _component(
    name: str, session: Callable[[], Session], example: Callable[[Sizes, int], Example], given: Mapping[str, Any]
) -> Implementation:
    return Implementation(name, session, example, resizable=not given, component=True)


def _replaced(example: Example, given: Mapping[str, Any], name: str) -> Example:
    """The example with the user's arrays, or with random ones of the user's shapes."""
    own: Arguments = {}
    for key, value in given.items():
        if key not in example.arguments:
            known = ", ".join(example.arguments)
            raise UsageError(f"{name}: there is no array {quote(key)} to pass; it has {known}")
        own[key] = given_array(key, value, np.random.default_rng(0))
    return replace(example, arguments=example.arguments | own)


def _name(cls: type[Component]) -> str:
    return getattr(cls, "registered_name", None) or cls.__name__
