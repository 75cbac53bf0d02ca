"""Regularizers against plain loops; they act on weights only."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from trainings import make_network

from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.linear import Linear
from nnlab.regularizers import L1, L2, Regularizer

WEIGHTS = arrays(np.float64, st.integers(0, 20), elements=st.floats(-10, 10))
STRENGTHS = st.sampled_from([1e-3, 0.1, 2.5])


def l1(W: list[float], strength: float) -> tuple[float, list[float]]:
    return strength * math.fsum(abs(w) for w in W), [strength * ((w > 0) - (w < 0)) for w in W]


def l2(W: list[float], strength: float) -> tuple[float, list[float]]:
    return strength / 2 * math.fsum(w * w for w in W), [strength * w for w in W]


Oracle = Callable[[list[float], float], tuple[float, list[float]]]
each_penalty = pytest.mark.parametrize(("make", "oracle"), [(L1, l1), (L2, l2)])


@each_penalty
@given(W=WEIGHTS, strength=STRENGTHS)
def test_penalty_and_gradient_equal_plain_loops(
    make: type[Regularizer], oracle: Oracle, W: np.ndarray, strength: float
) -> None:
    W.flags.writeable = False
    penalty = make(strength=strength)
    value, gradient = oracle(W.tolist(), strength)
    assert penalty.value(W) == pytest.approx(value, rel=1e-12)
    dW = np.linspace(-1, 1, W.size)
    before = dW.copy()
    penalty.add_gradient(W, dW)
    np.testing.assert_allclose(dW, before + gradient, rtol=1e-12, atol=1e-15)


@each_penalty
def test_float32_stays_float32_and_close(make: type[Regularizer], oracle: Oracle) -> None:
    W = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    penalty = make(strength=0.1)
    value, gradient = oracle(W.tolist(), 0.1)
    dW = np.zeros_like(W)
    penalty.add_gradient(W, dW)
    assert penalty.value(W) == pytest.approx(value, rel=1e-5)
    np.testing.assert_allclose(dW, gradient, rtol=1e-6)
    assert penalty.gradient(W, np.empty_like(W)).dtype == np.float32


@each_penalty
def test_strength_0_is_no_regularizer(make: type[Regularizer], oracle: Oracle) -> None:
    W, dW = np.array([1.0, -2.0, 0.0]), np.array([5.0, 6.0, 7.0])
    assert make().strength == 0
    assert make().value(W) == 0
    make().add_gradient(W, dW)
    assert dW.tolist() == [5, 6, 7]


def test_l1_gradient_at_0_is_0() -> None:
    dW = np.zeros(3)
    L1(strength=2.0).add_gradient(np.array([0.0, -0.0, 1e-300]), dW)
    assert dW.tolist() == [0, 0, 2]


@each_penalty
def test_weight_vectors_of_changing_length(make: type[Regularizer], oracle: Oracle) -> None:
    penalty = make(strength=0.5)
    rng = np.random.default_rng(0)
    for size in (3, 10, 2, 10):
        W, dW = rng.standard_normal(size), np.zeros(size)
        penalty.add_gradient(W, dW)
        np.testing.assert_allclose(dW, oracle(W.tolist(), 0.5)[1], rtol=1e-12)


@each_penalty
def test_biases_and_norm_scales_are_not_regularized(make: type[Regularizer], oracle: Oracle) -> None:
    stack = [Linear(units=4), BatchNorm(), Linear(units=2)]
    network = make_network(stack, (3,), 2)
    network.flat.values[:] = np.random.default_rng(1).standard_normal(network.parameter_count)
    penalty = make(strength=0.3)
    penalty.add_gradient(network.flat.weights, network.flat.weight_gradients)
    total = 0.0
    for parameter in network.parameters:
        value, gradient = oracle(parameter.value.ravel().tolist(), 0.3)
        if parameter.name == "W":
            total += value
            np.testing.assert_allclose(parameter.grad.ravel(), gradient, rtol=1e-12)
        else:
            assert not parameter.grad.any(), parameter.name
    assert penalty.value(network.flat.weights) == pytest.approx(total, rel=1e-12)
