"""A small experiment for cross-validation, and its summary."""

import json
from pathlib import Path
from typing import Any

from trainings import make_experiment

from nnlab.config.experiment import Experiment

SPEC = """\
data:      {name: moons, points: 30, test_points: 10, noise: 0.3}
model:     {name: mlp, hidden: [6], activation: tanh, batch_norm: true, dropout: 0.2}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 12, batch_size: 8, eval_every: 4}
"""


def moons(folder: Path, *overrides: str) -> Experiment:
    return make_experiment(folder, SPEC, *overrides, name="moons")


def read_summary(folder: Path) -> dict[str, Any]:
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert isinstance(summary, dict)
    return summary
