"""Activations of untrained networks, against the layers computed one by one."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.engine.activation_statistics import activation_statistics
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.layers.planning import draws_weights

SPEC = """\
dtype: float64
data:      {name: moons, points: 50}
model:     {name: mlp, hidden: [6, 5], activation: %s, init: 1}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 1, batch_size: 30}
"""


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "elu"])
def test_each_activation_layer_has_statistics_before_training(tmp_path: Path, activation: str) -> None:
    experiment = make_experiment(tmp_path, SPEC % activation)
    setup = RunSetup(experiment).allocate()
    x = setup.batches.batch(1)[0]
    expected = []
    for index, layer in enumerate(setup.network.layers[:4]):
        x = layer.forward(x, training=False).copy()
        if index % 2:
            expected.append(x)
    found = activation_statistics(experiment)
    assert len(found) == 2
    for spread, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(spread.outputs, y)
        assert spread.limits == {"tanh": (-1, 1), "sigmoid": (0, 1)}.get(activation)
        assert spread.zero == ((y == 0).mean() if activation == "relu" else None)
        assert (spread.saturated is not None) is (activation in ("tanh", "sigmoid"))


def test_a_network_without_activations_has_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="model: has no activation layers"):
        activation_statistics(make_experiment(tmp_path, SPEC % "relu", "model=softmax"))


def test_batch_normalisation_uses_the_batch_and_dropout_is_off(tmp_path: Path) -> None:
    experiment = make_experiment(
        tmp_path, SPEC % "tanh", "model.batch_norm=true", "model.dropout=0.5", "model.init=1e-3"
    )
    setup = RunSetup(experiment).allocate()
    x = setup.batches.batch(1)[0]
    linear = [layer for layer in setup.network.layers if draws_weights(layer)]
    for spread, layer in zip(activation_statistics(experiment), linear, strict=False):
        z = x @ layer.parameters[0].value
        x = np.tanh((z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5))
        np.testing.assert_allclose(spread.outputs, x, rtol=0.05, atol=1e-3)


def test_statistics_are_of_at_most_five_hundred_samples(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPEC % "tanh", "data.points=700", "train.batch_size=full")
    assert {len(spread.outputs) for spread in activation_statistics(experiment)} == {500}
