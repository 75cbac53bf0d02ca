"""One experiment can be trained any number of times: training leaves no state in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.descent.path import descend
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.functions.named import Valley
from nnlab.optim.momentum import Momentum
from nnlab.storage.layout import METRICS_FILE, MODEL_FILE, STEPS_FILE
from nnlab.train.run import run

MODELS = {
    "mlp": "{name: mlp, hidden: [12, 8], activation: sigmoid, batch_norm: true, dropout: 0.2}",
    "sequential": (
        "{name: sequential, layers: [{name: linear, units: 12, l2: 0.01}, relu, {name: activity_l1, strength: 0.01}, "
        "{name: linear, units: 3}]}"
    ),
}


def experiment(tmp_path: Path, model: str, optimizer: str) -> Experiment:
    return make_experiment(
        tmp_path,
        f"data: {{name: spiral, points: 20}}\nmodel: {MODELS[model]}\noptimizer: {{name: {optimizer}, lr: 0.05}}\n"
        "loss: {name: cross_entropy, smoothing: 0.1}\npenalty: {l1: 0.001, l2: 0.01}\ncompute: {threads: 1}\n"
        "train: {iterations: 30, batch_size: 20, eval_every: 5,\n"
        "  schedule: {name: plateau, metric: train_loss, patience: 1},\n"
        "  early_stopping: {metric: train_loss, patience: 20}}\n",
    )


def trained_weights(training: Any) -> Array:
    assert train(training, [], lambda: False).status == "completed"
    values: Array = training.network.flat.values.copy()
    return values


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_two_trainings_of_one_experiment_are_equal_and_leave_it_unchanged(
    tmp_path: Path, model: str, optimizer: str
) -> None:
    one = experiment(tmp_path, model, optimizer)
    alone = experiment(tmp_path, model, optimizer)
    expected = trained_weights(RunSetup(alone).allocate())
    first, second = (RunSetup(one).allocate() for _ in range(2))
    start = first.network.flat.values.copy()
    assert np.array_equal(trained_weights(first), expected)
    assert np.array_equal(second.network.flat.values, start)
    assert np.array_equal(trained_weights(second), expected)
    assert not np.array_equal(expected, start)
    assert not hasattr(one.optimizer, "t")
    assert one.sha256() == alone.sha256()


def test_a_setup_serves_one_training(tmp_path: Path) -> None:
    setup = RunSetup(experiment(tmp_path, "mlp", "adam")).allocate()
    with pytest.raises(ValueError, match="make another one from the experiment"):
        setup.allocate()


@pytest.mark.parametrize("model", MODELS)
def test_a_setup_shares_no_component_with_its_experiment(tmp_path: Path, model: str) -> None:
    one = experiment(tmp_path, model, "adam")
    before = deepcopy(vars(one.optimizer))
    setup = RunSetup(one).allocate()
    train(setup, [], lambda: False)
    described = {id(part) for part in components(one)}
    regularizers = [term.regularizer for term in setup.regularizers]
    for part in (setup.loss, setup.optimizer, *regularizers, *setup.network.all_layers()):
        assert id(part) not in described, part
    assert vars(one.optimizer) == before


def components(value: object) -> Iterator[object]:
    """A component and those that it is made of."""
    if isinstance(value, list | tuple):
        for inner in value:
            yield from components(inner)
    elif is_dataclass(value):
        yield value
        for entry in fields(value):
            yield from components(getattr(value, entry.name))


@pytest.mark.usefixtures("no_pictures")
def test_runs_of_one_experiment_in_two_threads_write_the_same_files(tmp_path: Path) -> None:
    one = experiment(tmp_path, "sequential", "adam")
    alone = run(experiment(tmp_path, "sequential", "adam"), tmp_path / "alone").path
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(lambda index: run(one, tmp_path / "together"), range(4)):
            for name in (STEPS_FILE, METRICS_FILE, MODEL_FILE):
                assert (result.path / name).read_bytes() == (alone / name).read_bytes()


def test_an_optimizer_can_descend_twice() -> None:
    rule = Momentum(lr=0.1)
    first, second = (
        descend(Valley(), rule, [-7.0, 2.0], 5, lambda x: np.array([x[0] / 10, 2 * x[1]]), "momentum") for _ in range(2)
    )
    assert np.array_equal(first.positions, second.positions)
    assert not hasattr(rule, "t")
