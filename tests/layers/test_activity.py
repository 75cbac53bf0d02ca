"""Penalties on activities and on the weights of one layer, by plain sums and by training."""

import numpy as np
import pytest
from trainings import make_network

from nnlab.core.random import make_streams
from nnlab.gradcheck import check, model_subject
from nnlab.layers.activations import ReLU
from nnlab.layers.activity import ActivityL1, ActivityL2
from nnlab.layers.base import Layer
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.residual import Residual
from nnlab.losses import CrossEntropy
from nnlab.regularizers import L2

X = np.array([[1.0, -2.0, 0.0], [0.5, 4.0, -1.0]])


@pytest.mark.parametrize(
    ("layer", "penalty", "slope"),
    [
        (ActivityL1(strength=0.3), 0.3 / 2 * 8.5, 0.3 / 2 * np.array([[1, -1, 0], [1, 1, -1]])),
        (ActivityL2(strength=0.3), 0.3 / 2 * 22.25, 0.3 / 2 * 2 * X),
    ],
)
def test_the_penalty_is_divided_by_the_batch_size(layer: Layer, penalty: float, slope: np.ndarray) -> None:
    layer.setup((3,), make_streams("streams", 0))
    np.testing.assert_array_equal(layer.forward(X, training=True), X)
    assert layer.activity_penalty().real == pytest.approx(penalty, rel=1e-12)
    dy = np.full(X.shape, 0.25)
    np.testing.assert_allclose(layer.backward(dy), dy + slope, rtol=1e-12)


def test_a_network_sums_the_activity_penalties_of_its_layers_inside_residual_blocks_too() -> None:
    inner = Residual(layers=[Linear(units=3), ActivityL1(strength=0.5)])
    made = make_network([Linear(units=3), ActivityL2(strength=0.1), inner, Linear(units=2)], (3,), 2)
    made.forward(X, training=True)
    first = X @ made.state()["linear1.W"]
    second = first @ made.state()["residual1.linear1.W"]
    expected = 0.1 / 2 * (first**2).sum() + 0.5 / 2 * np.abs(second).sum()
    assert made.activity_penalty().real == pytest.approx(expected, rel=1e-12)


def test_a_layers_own_penalty_acts_on_its_weights_only() -> None:
    layers = [Linear(units=3, l2=0.5), Residual(layers=[Linear(units=3, l1=0.25)]), Linear(units=2)]
    made = make_network(layers, (3,), 2)
    state = made.state()
    terms = made.regularizer_terms([L2(strength=0.125)])
    every = [state["linear1.W"], state["residual1.linear1.W"], state["linear2.W"]]
    expected = 0.0625 * sum((W**2).sum() for W in every) + 0.25 * (every[0] ** 2).sum() + 0.25 * np.abs(every[1]).sum()
    assert sum(term.value() for term in terms) == pytest.approx(expected, rel=1e-12)
    made.flat.gradients.fill(0)
    for term in terms:
        term.add_gradient()
    slopes = {parameter.name: parameter.grad for layer in made.layers[:1] for parameter in layer.parameters}
    np.testing.assert_allclose(slopes["W"], (0.125 + 0.5) * every[0], rtol=1e-12)
    np.testing.assert_array_equal(slopes["b"], 0)


@pytest.mark.parametrize("method", ["central", "complex"])
def test_gradients_of_a_network_with_penalties_of_every_kind(method: str) -> None:
    def subject(seed: int):
        layers: list[Layer] = [
            Conv2D(filters=2, kernel=2, l1=0.01, l2=0.1),
            ReLU(),
            ActivityL1(strength=0.1),
            Flatten(),
            Linear(units=4, l2=0.2),
            ActivityL2(strength=0.05),
            Linear(units=2),
        ]
        made = make_network(layers, (1, 3, 3), 2, seed=seed, dtype=None)
        return model_subject("all", made, CrossEntropy(), [L2(strength=0.1)], seed)

    results = check(subject, method)  # type: ignore[arg-type]
    assert all(result.passed for result in results), results
