"""What is measured on runs: metrics at a step, objectives of iterations, the correlation of neighbouring weights."""

from math import isnan

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.insight.reproduce.evidence import Evidence
from nnlab.insight.reproduce.measures import (
    gap,
    gap_difference,
    highest,
    last_losses,
    metric,
    neighbour_correlation,
    objectives,
    train_accuracy,
)
from nnlab.train.run import run

SPEC = """\
data:      {name: moons, points: 10, test_points: 10}
model:     softmax
optimizer: {name: sgd, lr: 1.0}
train:     {iterations: 4, batch_size: full, eval_every: 2}
"""


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("runs")
    return Evidence({"moons": run(make_experiment(folder, SPEC), folder, pictures=False).path})


def test_a_metric_is_that_of_its_step(evidence: Evidence) -> None:
    rows = {row["step"]: row for row in evidence.run("moons").rows}
    assert metric("moons", "test_accuracy", 2)(evidence) == rows[2]["test_accuracy"]
    assert isnan(metric("moons", "test_accuracy", 3)(evidence))
    best = max(float(rows[step]["train_accuracy"] or 0) for step in (0, 2))
    assert highest("moons", "train_accuracy", 2)(evidence) == best


def test_the_gap_is_train_minus_test(evidence: Evidence) -> None:
    final = evidence.run("moons").final or {}
    expected = float(final["train_accuracy"] or 0) - float(final["test_accuracy"] or 0)
    assert gap("moons", 4)(evidence) == pytest.approx(expected)
    assert gap_difference("moons", "moons", 4)(evidence) == 0


def test_iterations_count_from_0(evidence: Evidence) -> None:
    losses = evidence.run("moons").steps["loss"]
    first, last, missing = objectives("moons", [0, 3, 4])(evidence)
    assert (first, last) == (losses[0], losses[3])
    assert isnan(missing)
    assert last_losses(evidence.run("moons"), 2) == pytest.approx(np.mean(losses[2:]))


def test_the_train_accuracy_of_the_trained_network_is_that_of_its_last_evaluation(evidence: Evidence) -> None:
    assert train_accuracy("moons")(evidence) == (evidence.run("moons").final or {})["train_accuracy"]


def test_neighbouring_weights_of_smooth_filters_are_alike() -> None:
    rng = np.random.default_rng(0)
    random = rng.standard_normal((300, 1, 5, 5))
    smooth = np.ones((3, 1, 5, 5))
    board = np.indices((5, 5)).sum(axis=0) % 2 * 2.0 - 1
    assert abs(neighbour_correlation(random)) < 5 / np.sqrt(300 * 40)
    assert neighbour_correlation(smooth) == pytest.approx(1)
    assert neighbour_correlation(board[None, None]) == pytest.approx(-1)
