"""The textbook's backward passes against numerical derivatives of its forward passes, by gradcheck."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from nnlab import textbook
from nnlab.core.task import CLASSES, Task
from nnlab.gradcheck import Subject, check
from nnlab.layers.base import Layer
from nnlab.losses import Loss
from nnlab.models.textbook_twins import twin_of_loss, twin_of_regularizer
from nnlab.registry import layers, losses, regularizers

N = 4
Tensors = dict[str, np.ndarray]


def kink_sides(layers: Any) -> list[np.ndarray]:
    """Which side of its kinks each layer's last input was on."""
    sides: list[np.ndarray] = []
    for layer in textbook.with_inner(layers):
        if isinstance(layer, textbook.ActivityL1):
            sides.append(np.sign(layer.x))
        if isinstance(layer, textbook.TimeRNN) and layer.activation == "relu":
            sides += [step.h_next > 0 for step in layer.steps]
        sides += [getattr(layer, name).copy() for name in ("positive", "winner") if hasattr(layer, name)]
    return sides


def layer_subject(name: str, fast: Layer, layer: textbook.Layer, seed: int, training: bool) -> Subject:
    """f = Σ direction · layer(x) + its penalties, as a function of x, where it has a derivative, and all weights."""
    rng = np.random.default_rng(seed)
    owners = {
        f"{name}{number}": (part, name)
        for number, part in enumerate(textbook.with_inner([layer]))
        for name in part.parameters
    }
    x = fast.example_inputs(rng, N)
    tensors = {"x": x} if fast.differentiable else {}
    tensors |= {key: rng.standard_normal(getattr(part, name).shape) for key, (part, name) in owners.items()}
    direction = rng.standard_normal(layer.forward(x).shape)

    def value(at: Tensors) -> float:
        for key, (part, name) in owners.items():
            setattr(part, name, at[key])
        y = layer.forward(at.get("x", x), training)
        return float((y * direction).sum()) + sum(part.penalty() for part in textbook.with_inner([layer]))

    def gradients(at: Tensors) -> Tensors:
        value(at)
        dx = layer.backward(direction)
        return {"x": dx} | {key: getattr(part, f"d{name}") for key, (part, name) in owners.items()}

    return Subject(name, tensors, value, gradients, lambda at: kink_sides([layer]))


def loss_subject(name: str, loss: Any, tasks: tuple[Task, ...], seed: int) -> Subject:
    """f = the mean loss of random scores; by its random targets, residuals are on both sides of each kink."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(5, size=N) if CLASSES in tasks else rng.standard_normal((N, 5))

    def value(at: Tensors) -> float:
        return loss.forward(at["scores"], labels)

    def gradients(at: Tensors) -> Tensors:
        value(at)
        return {"scores": loss.backward()}

    return Subject(name, {"scores": rng.standard_normal((N, 5))}, value, gradients, lambda at: [])


def assert_proved(make: Callable[[int], Subject]) -> None:
    for result in check(make, "central"):
        assert result.passed, result


def layer_cases() -> Iterator[Any]:
    for name, cls in layers.items():
        for number, (layer, in_shape) in enumerate(cls.examples()):
            yield pytest.param(layer, in_shape, id=f"{name} {number}")


@pytest.mark.parametrize(("layer", "in_shape"), list(layer_cases()))
@pytest.mark.parametrize("training", [True, False])
def test_a_layers_gradients(
    with_twin: Callable[..., tuple[Any, Any]], layer: Layer, in_shape: tuple[int, ...], training: bool
) -> None:
    fast, twin = with_twin(layer, in_shape)
    assert_proved(lambda seed: layer_subject("layer", fast, twin, seed, training))


@pytest.mark.parametrize("loss", [loss for _, cls in losses.items() for loss in cls.examples()], ids=repr)
def test_a_losss_gradient(loss: Loss) -> None:
    assert_proved(lambda seed: loss_subject("loss", twin_of_loss(loss, np.ones(5)), loss.tasks, seed))


@pytest.mark.parametrize("name", regularizers.names())
def test_a_penaltys_gradient(name: str) -> None:
    twin = twin_of_regularizer(regularizers[name](strength=0.1))

    def subject(seed: int) -> Subject:
        W = np.random.default_rng(seed).standard_normal((4, 5))
        return Subject(
            name,
            {"W": W},
            lambda at: twin.value(at["W"]),
            lambda at: {"W": twin.gradient(at["W"])},
            lambda at: [np.sign(at["W"])],
        )

    assert_proved(subject)
