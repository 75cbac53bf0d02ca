"""Each update rule against its textbook formulas, step after step, across the boundaries of its blocks."""

from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pytest

from nnlab.models.textbook_twins import OPTIMIZERS
from nnlab.optim.base import VALUES_PER_BLOCK
from nnlab.registry import hyperparameters, optimizers

Vector = np.ndarray
Path = Iterator[Vector]

STEPS = 60
SIZE = 2 * VALUES_PER_BLOCK + 1000
DECAYED = VALUES_PER_BLOCK + 17


def textbook_path(name: str, θ: Vector, gs: Sequence[Vector], **keys: float) -> Path:
    """θ after each step of the textbook's rule; only the first values are weights."""
    rule = OPTIMIZERS[name](**keys)
    params = {"W1": θ[:DECAYED].copy(), "b1": θ[DECAYED:].copy()}
    for g in gs:
        rule.update(params, {"W1": g[:DECAYED], "b1": g[DECAYED:]})
        yield np.concatenate(list(params.values()))


SETTINGS: dict[str, list[dict[str, float]]] = {
    "sgd": [{"lr": 0.1}],
    "momentum": [{"lr": 0.1}, {"lr": 0.01, "momentum": 0.5}],
    "nesterov": [{"lr": 0.1}, {"lr": 0.01, "momentum": 0.99}],
    "adagrad": [{"lr": 0.1}, {"lr": 0.01, "eps": 0.1}],
    "rmsprop": [{"lr": 0.1}, {"lr": 0.01, "decay": 0.5, "eps": 0.1}],
    "adadelta": [{}, {"lr": 0.3, "decay": 0.5, "eps": 0.01}],
    "adam": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}],
    "nadam": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}],
    "adamw": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1, "weight_decay": 0.5}],
    "amsgrad": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}],
    "adamax": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}],
    "lion": [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "weight_decay": 0.5}],
}
CASES = [(name, keys) for name, variants in SETTINGS.items() for keys in variants]
each_rule = pytest.mark.parametrize("name", SETTINGS)


def test_every_rule_is_compared_with_the_textbook() -> None:
    assert sorted(SETTINGS) == optimizers.names()


@pytest.mark.parametrize(("name", "keys"), CASES)
def test_every_step_follows_the_textbook(name: str, keys: dict[str, float], problem: Any) -> None:
    θ, gs = problem(SIZE, STEPS)
    own, g = θ.copy(), np.empty(SIZE)
    optimizer = optimizers[name](**keys)
    optimizer.bind(own, g, regularized=DECAYED)
    largest = np.abs(θ)
    for gradient, expected in zip(gs, textbook_path(name, θ, gs, **keys), strict=True):
        g[:] = gradient
        optimizer.step()
        # Relative to the largest value on the way: rounding errors stay when a value passes through 0.
        np.maximum(largest, np.abs(expected), out=largest)
        assert (np.abs(own - expected) <= 1e-12 * largest).all()


@each_rule
def test_float32_stays_float32_and_follows_closely(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(500, STEPS)
    keys, *_ = SETTINGS[name]
    optimizer = optimizers[name](**keys)
    single = walked(optimizer, θ.astype(np.float32), gs, regularized=500)
    *_, expected = textbook_path(name, θ, gs, **keys)
    assert single.dtype == np.float32
    assert {key: vector.dtype for key, vector in optimizer.state().items() if key != "t"} == dict.fromkeys(
        optimizer.slots, np.dtype(np.float32)
    )
    np.testing.assert_allclose(single, expected, rtol=1e-4, atol=1e-5 + 1e-5 * np.abs(expected).max())


# The first step from θ = 0 for a gradient far above ε, by hand, in units of the learning rate.
FIRST_STEPS: dict[str, Callable[[float], float]] = {
    "sgd": lambda g: -g,
    "momentum": lambda g: -g,
    "nesterov": lambda g: -1.9 * g,
    "adagrad": lambda g: -np.sign(g),
    "rmsprop": lambda g: -np.sign(g) / sqrt(0.01),
    "adadelta": lambda g: -np.sign(g) * sqrt(1e-6) / sqrt(0.05),
    "adam": lambda g: -np.sign(g),
    "nadam": lambda g: -np.sign(g) * (0.9 * 0.1 / (1 - 0.81) + 1),
    "adamw": lambda g: -np.sign(g),
    "amsgrad": lambda g: -np.sign(g),
    "adamax": lambda g: -np.sign(g),
    "lion": lambda g: -np.sign(g),
}


@each_rule
def test_the_first_step_by_hand(name: str, walked: Any) -> None:
    g = np.array([300.0, -20.0, 50.0, 0.0])
    θ = walked(optimizers[name](lr=0.25), np.zeros(4), [g])
    np.testing.assert_allclose(θ, [0.25 * FIRST_STEPS[name](value) for value in g], rtol=1e-5)


def test_epsilon_of_nadam_is_added_after_the_bias_correction(walked: Any) -> None:
    g = np.array([0.3, -0.02, 1e-4])
    θ = walked(optimizers["nadam"](lr=0.25, eps=0.1), np.zeros(3), [g])
    np.testing.assert_allclose(θ, -0.25 * (0.9 * 0.1 / (1 - 0.81) + 1) * g / (np.abs(g) + 0.1), rtol=1e-12)


def path(walked: Any, name: str, gradients: list[float], **keys: float) -> list[float]:
    """A value that starts at 0, after each step."""
    gs = [np.array([g]) for g in gradients]
    return [walked(optimizers[name](**keys), np.zeros(1), gs[: step + 1]).item() for step in range(len(gs))]


def test_three_steps_of_lion_by_hand(walked: Any) -> None:
    """m = 0, 0.02, 0.0178; β₁m + (1−β₁)g = 0.2, −0.002, 0.016."""
    assert path(walked, "lion", [2.0, -0.2, 0.0], lr=0.25, beta1=0.9, beta2=0.99) == [-0.25, 0, -0.25]


def test_three_steps_of_adamax_by_hand(walked: Any) -> None:
    """m = 2, 1.5, −3.25; u = 4, 2, 8: the infinity norm forgets by half, and takes the new gradient at once."""
    found = path(walked, "adamax", [4.0, 1.0, -8.0], lr=1.0, beta1=0.5, beta2=0.5, eps=1e-300)
    assert found == pytest.approx([-1, -1 - 1.5 / 0.75 / 2, -2 + 3.25 / 0.875 / 8], rel=1e-15)


def test_three_steps_of_amsgrad_by_hand(walked: Any) -> None:
    """m = g; v = 8, 4, 4, of which v̂ stays at 8."""
    found = path(walked, "amsgrad", [4.0, 0.0, 2.0], lr=1.0, beta1=0.0, beta2=0.5, eps=1e-300)
    assert found == pytest.approx([-1, -1, -1 - sqrt(0.875) * 2 / sqrt(8)], rel=1e-15)


RATES = [0.1, 0.1, 0.01, 0.01, 0.05, 0.0, 0.2]


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_the_velocity_of_momentum_holds_the_learning_rates_of_its_steps(name: str, problem: Any) -> None:
    θ, gs = problem(50, len(RATES))
    own, g, expected, v = θ.copy(), np.empty(50), θ.copy(), np.zeros(50)
    optimizer = optimizers[name](lr=1.0, momentum=0.8)
    optimizer.bind(own, g)
    for gradient, lr in zip(gs, RATES, strict=True):
        g[:] = gradient
        optimizer.step(lr)
        if name == "nesterov":
            expected += 0.8**2 * v - (1 + 0.8) * lr * gradient
        v = 0.8 * v - lr * gradient
        if name == "momentum":
            expected += v
        np.testing.assert_allclose(own, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("regularized", [0, 1, VALUES_PER_BLOCK - 1, VALUES_PER_BLOCK, VALUES_PER_BLOCK + 1, SIZE])
def test_adamw_decays_exactly_the_first_values(regularized: int, problem: Any, walked: Any) -> None:
    θ, gs = problem(SIZE, 1)
    plain = walked(optimizers["adam"](lr=0.1), θ, gs)
    weights = walked(optimizers["adamw"](lr=0.1, weight_decay=0.5), θ, gs, regularized=regularized)
    expected = plain - 0.1 * 0.5 * np.where(np.arange(SIZE) < regularized, θ, 0)
    np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(weights[regularized:], plain[regularized:])


def test_nesterovs_rule_is_the_gradient_ahead_in_the_shifted_variable() -> None:
    """The original: v ← μv − η∇f(θ + μv), θ ← θ + v; the rule's variable is θ + μv (arXiv 1212.0901, eq. 6 and 7)."""
    curvature = np.array([0.1, 1.0, 5.0])
    θ, v = np.array([1.0, -2.0, 3.0]), np.zeros(3)
    own, g = θ.copy(), np.empty(3)
    optimizer = optimizers["nesterov"](lr=0.05, momentum=0.8)
    optimizer.bind(own, g)
    for _ in range(50):
        v = 0.8 * v - 0.05 * curvature * (θ + 0.8 * v)
        θ = θ + v
        g[:] = curvature * own
        optimizer.step()
        np.testing.assert_allclose(own, θ + 0.8 * v, rtol=1e-11, atol=1e-14)


REQUIRED = object()
ADAM_KEYS: dict[str, object] = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7}
CONTRACT: dict[str, dict[str, object]] = {
    "sgd": {"lr": REQUIRED},
    "momentum": {"lr": REQUIRED, "momentum": 0.9},
    "nesterov": {"lr": REQUIRED, "momentum": 0.9},
    "adagrad": {"lr": REQUIRED, "eps": 1e-7},
    "rmsprop": {"lr": REQUIRED, "decay": 0.99, "eps": 1e-7},
    "adadelta": {"lr": 1.0, "decay": 0.95, "eps": 1e-6},
    "adam": ADAM_KEYS,
    "nadam": ADAM_KEYS,
    "adamw": {**ADAM_KEYS, "weight_decay": 0.01},
    "amsgrad": ADAM_KEYS,
    "adamax": {**ADAM_KEYS, "lr": 2e-3},
    "lion": {"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0},
}


@pytest.mark.parametrize("name", CONTRACT)
def test_keys_and_defaults_are_those_of_the_contract(name: str) -> None:
    keys = hyperparameters(optimizers[name])
    assert {key.name: REQUIRED if key.required else key.default for key in keys} == CONTRACT[name]
