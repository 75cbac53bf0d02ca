"""What the checks work with leaves the experiment, its data and its initial weights as they are."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.engine.loop import train
from nnlab.insight.sanity import CheckedSpec

SPEC = """\
data: {name: moons, points: 20, test_points: 10, validation: 0.25}
model: {name: mlp, hidden: [5], activation: relu, init: he, dropout: 0.5}
optimizer: {name: momentum, lr: 0.1}
penalty: {l2: 0.1}
train: {iterations: 10, batch_size: 5, clip_norm: 1.0, schedule: cosine}
"""


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_networks_and_trainings_begin_with_the_weights_of_the_run(tmp_path: Path, rng: str) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC, f"rng={rng}"))
    setup = case.training(case.dataset, 3, 4)
    for network in (case.network(), setup.network):
        assert {name: array.tolist() for name, array in network.state().items()} == {
            name: array.tolist() for name, array in case.initial.items()
        }
    assert train(setup, [], lambda: False).steps == 3
    assert np.any(setup.network.state()["linear1.W"] != case.initial["linear1.W"])
    assert np.array_equal(case.setup.network.state()["linear1.W"], case.initial["linear1.W"])


def test_trainings_have_no_dropout_penalty_or_schedule_but_the_clipping_of_the_spec(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    setup = case.training(case.dataset, 3, 4)
    assert setup.regularizers == []
    x, _ = case.batch(8, "float32")
    outputs = [setup.network.forward(x, training=training).copy() for training in (True, False)]
    assert np.array_equal(*outputs)
    assert setup.experiment.train.clip_norm == 1.0
    assert setup.controls.lr(2) == 0.1


def test_permuted_labels_keep_inputs_and_class_counts(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    permuted = case.with_permuted_labels()
    rows = np.lexsort(permuted.train.inputs.T), np.lexsort(case.dataset.train.inputs.T)
    assert permuted.test is not None
    assert case.dataset.test is not None
    assert np.array_equal(permuted.test.inputs, case.dataset.test.inputs)
    assert np.array_equal(np.sort(permuted.test.targets), np.sort(case.dataset.test.targets))
    assert not np.array_equal(permuted.train.targets[rows[0]], case.dataset.train.targets[rows[1]])


def test_commands_name_the_spec_with_its_overrides_and_replace_those_that_change(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPEC)
    case = CheckedSpec(experiment, "'my spec.yaml'", ["optimizer.lr=1e-8", "seed=1", "model.hidden=[3, 4]"])
    command = case.with_keys("train", {"optimizer": "adam", "optimizer.lr": 0.003})
    assert command == (
        "nnlab train 'my spec.yaml' -s seed=1 -s 'model.hidden=[3, 4]' -s optimizer=adam -s optimizer.lr=0.003"
    )
