"""Small experiments: with everything in it that a training goes on from, and to cross-validate."""

from collections.abc import Callable
from pathlib import Path

import pytest
from moons_runs import moons

from nnlab.config.experiment import Experiment, load_experiment

SPEC = """\
data:      {name: moons, points: 30, test_points: 10}
model:     {name: mlp, hidden: [6], activation: tanh, dropout: 0.2, batch_norm: true}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 20, batch_size: 8, eval_every: 3, checkpoint_every: 2}
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Experiment]:
    def make(*changes: str, text: str = SPEC) -> Experiment:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return load_experiment(path, changes)

    return make


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return moons(tmp_path)
