"""Small experiments: one whose training has every kind of state, and one to cross-validate."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from moons_runs import moons
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.data.dataset import Dataset
from nnlab.data.sources import mnist
from nnlab.data.sources.idx import read_folder

SPEC = """\
data:      {name: moons, points: 30, test_points: 10}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 20, batch_size: 8, eval_every: 3, checkpoint_every: 2}
"""


@cache
def packaged_mnist() -> Dataset:
    """The packaged MNIST, read once in each test process; who writes into it fails."""
    dataset = read_folder(mnist.FOLDER)
    for split in (dataset.train, dataset.test):
        assert split is not None
        split.inputs.flags.writeable = split.targets.flags.writeable = False
    return dataset


@pytest.fixture(autouse=True)
def _mnist_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "read_folder", lambda folder: packaged_mnist())


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Experiment]:
    def make(*changes: str, text: str = SPEC) -> Experiment:
        return make_experiment(tmp_path, text, *changes, name="own")

    return make


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return moons(tmp_path)
