"""Which samples are to be memorised, and how many of them any function can tell apart."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.data.dataset import Split
from nnlab.insight.sanity import CheckedSpec
from nnlab.insight.sanity.overfit import best_accuracy, few_samples, finding_of, overfit
from nnlab.insight.sanity.short_training import Progress

SPEC = """\
data: {name: spiral, points: 30}
model: softmax
optimizer: {name: adam, lr: 0.05}
train: {iterations: 10}
"""


def test_equal_samples_with_different_labels_lower_what_can_be_expected() -> None:
    inputs = np.array([[0.0], [0.0], [0.0], [1.0]])
    assert best_accuracy(Split(inputs, np.array([0, 0, 1, 2]))) == 0.75
    assert best_accuracy(Split(inputs, np.array([1, 1, 1, 2]))) == 1.0


def test_a_prediction_at_a_step_knows_the_steps_before_only() -> None:
    inputs = np.array([[[0], [0]], [[0], [1]]])
    assert best_accuracy(Split(inputs, np.array([[0, 0], [1, 1]]))) == 0.75


def test_a_linear_model_gets_as_many_samples_as_it_can_fit(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    chosen = few_samples(case).train
    assert sorted(chosen.targets.tolist()) == [0, 1, 2]
    assert "3 samples (as many as 9 parameters and 3 scores can fit)" in overfit(case).checked


def test_samples_are_of_each_class_and_apart(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC, "model={name: mlp, hidden: [20], activation: relu, init: he}"))
    chosen = few_samples(case).train
    assert len(chosen) == 20
    assert np.bincount(chosen.targets).min() >= 3
    distances = np.linalg.norm(chosen.inputs[:, None] - chosen.inputs, axis=-1)
    assert distances[~np.eye(20, dtype=bool)].min() > 0.05


def test_adam_tells_the_optimizer_from_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.insight.sanity.overfit.STEPS", 300)
    (finding,) = overfit(CheckedSpec(make_experiment(tmp_path, SPEC, "optimizer.lr=1e-9"), "my.yaml")).findings
    assert finding.name == "optimizer_cannot_overfit"
    assert finding.command == "nnlab train my.yaml -s optimizer=adam -s optimizer.lr=0.003"


@pytest.mark.parametrize(
    ("best", "adam", "steps", "name", "severity"),
    [
        (0.5, 1.0, 3000, "optimizer_cannot_overfit", "problem"),
        (0.5, 1.0, 100, "optimizer_cannot_overfit", "advice"),  # a large network, trained for a few steps only
        (0.5, 0.5, 3000, "model_cannot_overfit", "problem"),
        (0.5, 0.5, 100, "model_cannot_overfit", "advice"),
        (0.95, 0.5, 3000, "nearly_overfits", "advice"),
    ],
)
def test_what_is_said_depends_on_how_far_each_optimizer_came(
    tmp_path: Path, best: float, adam: float, steps: int, name: str, severity: str
) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    own, other = (Progress("train_accuracy", 1.0, 10, reached, 1.0, 0.5) for reached in (best, adam))
    finding = finding_of(case, "accuracy", own, "completed", steps, [(other, 0.003)])
    assert (finding.name, finding.severity) == (name, severity)
