"""Each update rule against its textbook formulas, step after step, across the boundaries of its blocks."""

from collections.abc import Callable, Iterator, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pytest

from nnlab.optim.base import BLOCK
from nnlab.registry import hyperparameters, optimizers

Vector = np.ndarray
Path = Iterator[Vector]

STEPS = 60
SIZE = 2 * BLOCK + 1000
DECAYED = BLOCK + 17


def sgd(θ: Vector, gs: Sequence[Vector], lr: float) -> Path:
    for g in gs:
        θ = θ - lr * g
        yield θ


def momentum(θ: Vector, gs: Sequence[Vector], lr: float, momentum: float = 0.9) -> Path:
    v = 0 * θ
    for g in gs:
        v = momentum * v - lr * g
        θ = θ + v
        yield θ


def nesterov(θ: Vector, gs: Sequence[Vector], lr: float, momentum: float = 0.9) -> Path:
    v = 0 * θ
    for g in gs:
        θ = θ + momentum**2 * v - (1 + momentum) * lr * g
        v = momentum * v - lr * g
        yield θ


def adagrad(θ: Vector, gs: Sequence[Vector], lr: float, eps: float = 1e-7) -> Path:
    h = 0 * θ
    for g in gs:
        h = h + g**2
        θ = θ - lr * g / (np.sqrt(h) + eps)
        yield θ


def rmsprop(θ: Vector, gs: Sequence[Vector], lr: float, decay: float = 0.99, eps: float = 1e-7) -> Path:
    h = 0 * θ
    for g in gs:
        h = decay * h + (1 - decay) * g**2
        θ = θ - lr * g / (np.sqrt(h) + eps)
        yield θ


def adadelta(θ: Vector, gs: Sequence[Vector], lr: float = 1.0, decay: float = 0.95, eps: float = 1e-6) -> Path:
    """Zeiler 2012, algorithm 1, with a learning rate in front of Δ."""
    mean_g2, mean_Δ2 = 0 * θ, 0 * θ
    for g in gs:
        mean_g2 = decay * mean_g2 + (1 - decay) * g**2
        Δ = -np.sqrt(mean_Δ2 + eps) / np.sqrt(mean_g2 + eps) * g
        mean_Δ2 = decay * mean_Δ2 + (1 - decay) * Δ**2
        θ = θ + lr * Δ
        yield θ


def adam(
    θ: Vector, gs: Sequence[Vector], lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7
) -> Path:
    """Kingma & Ba 2015, end of section 2: α_t = α √(1−β₂ᵗ)/(1−β₁ᵗ), θ_t = θ_{t−1} − α_t m_t/(√v_t + ε̂)."""
    m, v = 0 * θ, 0 * θ
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        θ = θ - lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps)
        yield θ


def nadam(
    θ: Vector, gs: Sequence[Vector], lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-7
) -> Path:
    """Dozat 2016, algorithm 2 with constant μ: m̄_t = μ m_t/(1−μᵗ⁺¹) + (1−μ) g_t/(1−μᵗ), n̂_t = n_t/(1−νᵗ)."""
    m, n = 0 * θ, 0 * θ
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        n = beta2 * n + (1 - beta2) * g**2
        m_bar = beta1 * m / (1 - beta1 ** (t + 1)) + (1 - beta1) * g / (1 - beta1**t)
        n_hat = n / (1 - beta2**t)
        θ = θ - lr * m_bar / (np.sqrt(n_hat) + eps)
        yield θ


def adamw(
    θ: Vector,
    gs: Sequence[Vector],
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-7,
    weight_decay: float = 0.01,
) -> Path:
    """Loshchilov & Hutter 2019, algorithm 2: both terms from the same θ; only the first values are weights."""
    m, v, is_weight = 0 * θ, 0 * θ, np.arange(len(θ)) < DECAYED
    for t, g in enumerate(gs, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        step = sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps)
        θ = θ - lr * (step + weight_decay * θ * is_weight)
        yield θ


TEXTBOOK: dict[str, tuple[Callable[..., Path], list[dict[str, float]]]] = {
    "sgd": (sgd, [{"lr": 0.1}]),
    "momentum": (momentum, [{"lr": 0.1}, {"lr": 0.01, "momentum": 0.5}]),
    "nesterov": (nesterov, [{"lr": 0.1}, {"lr": 0.01, "momentum": 0.99}]),
    "adagrad": (adagrad, [{"lr": 0.1}, {"lr": 0.01, "eps": 0.1}]),
    "rmsprop": (rmsprop, [{"lr": 0.1}, {"lr": 0.01, "decay": 0.5, "eps": 0.1}]),
    "adadelta": (adadelta, [{}, {"lr": 0.3, "decay": 0.5, "eps": 0.01}]),
    "adam": (adam, [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}]),
    "nadam": (nadam, [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}]),
    "adamw": (adamw, [{}, {"lr": 0.1, "beta1": 0.5, "beta2": 0.9, "eps": 0.1, "weight_decay": 0.5}]),
}
CASES = [(name, keys) for name, (_, variants) in TEXTBOOK.items() for keys in variants]
each_rule = pytest.mark.parametrize("name", TEXTBOOK)


def test_every_rule_has_a_textbook() -> None:
    assert sorted(TEXTBOOK) == optimizers.names()


@pytest.mark.parametrize(("name", "keys"), CASES)
def test_every_step_follows_the_textbook(name: str, keys: dict[str, float], problem: Any) -> None:
    θ, gs = problem(SIZE, STEPS)
    own, g = θ.copy(), np.empty(SIZE)
    optimizer = optimizers[name](**keys)
    optimizer.bind(own, g, regularized=DECAYED)
    largest = np.abs(θ)
    for gradient, expected in zip(gs, TEXTBOOK[name][0](θ, gs, **keys), strict=True):
        g[:] = gradient
        optimizer.step()
        # Relative to the largest value on the way: rounding errors stay when a value passes through 0.
        np.maximum(largest, np.abs(expected), out=largest)
        assert (np.abs(own - expected) <= 1e-12 * largest).all()


@each_rule
def test_float32_stays_float32_and_follows_closely(name: str, problem: Any, walked: Any) -> None:
    θ, gs = problem(500, STEPS)
    rule, (keys, *_) = TEXTBOOK[name]
    optimizer = optimizers[name](**keys)
    single = walked(optimizer, θ.astype(np.float32), gs, regularized=500)
    *_, expected = rule(θ, gs, **keys)
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


@pytest.mark.parametrize("regularized", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, SIZE])
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
}


@pytest.mark.parametrize("name", CONTRACT)
def test_keys_and_defaults_are_those_of_the_contract(name: str) -> None:
    keys = hyperparameters(optimizers[name])
    assert {key.name: REQUIRED if key.required else key.default for key in keys} == CONTRACT[name]
