"""Small experiments: one whose training has every kind of state, and one to cross-validate."""

from collections.abc import Callable
from pathlib import Path

import pytest
from moons_runs import moons
from trainings import make_experiment

from nnlab.config.experiment import Experiment

SPEC = """\
data:      {name: moons, points: 30, test_points: 10}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 20, batch_size: 8, eval_every: 3, checkpoint_every: 2}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Experiment]:
    def make(*changes: str, text: str = SPEC) -> Experiment:
        return make_experiment(tmp_path, text, *changes, name="own")

    return make


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return moons(tmp_path)
