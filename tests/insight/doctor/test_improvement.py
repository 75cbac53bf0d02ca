"""A loss that stays at chance or above it, and one that still falls at the end, by the form of its curve."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.improvement import find_loss_at_chance, find_still_improving

STEPS = np.arange(0.0, 320, 10)


def case_with(losses: np.ndarray) -> Any:
    """What the rule looks at: the test loss of a completed training of 310 steps."""
    curves = {"test_loss": (STEPS[: len(losses)], losses)}
    empty = (np.array([]), np.array([]))
    return SimpleNamespace(
        curve=lambda column: curves.get(column, empty),
        record=SimpleNamespace(status="completed"),
        spec={"train": {"epochs": None, "iterations": 310}},
        retry=lambda *changes: " ".join(changes),
    )


@pytest.mark.parametrize(
    "losses",
    [
        pytest.param(2.3 - 0.01 * STEPS / 10, id="straight, but slow"),
        pytest.param(2.3 * np.exp(-STEPS / 200), id="exponential, cut off early"),
    ],
)
def test_loss_that_still_falls_at_the_end_is_found(losses: np.ndarray) -> None:
    [symptom] = find_still_improving(case_with(losses))
    assert symptom.severity == "advice"
    assert symptom.command == "train.iterations=620"


@pytest.mark.parametrize(
    "losses",
    [
        pytest.param(0.4 + 1.9 * np.exp(-STEPS / 40), id="levelled off"),
        pytest.param(2.3 - 0.0005 * STEPS / 10, id="hardly falls at all"),
        pytest.param(np.r_[2.3 * np.exp(-STEPS[:-1] / 200), 2.0], id="rises at the end"),
        pytest.param(2.3 * np.exp(-STEPS / 60), id="nothing left to gain"),
        pytest.param(2.3 - 0.1 * STEPS[:7] / 10, id="seven evaluations"),
    ],
)
def test_loss_that_does_not_fall_any_more_is_not(losses: np.ndarray) -> None:
    assert not list(find_still_improving(case_with(losses)))


SPEC = """
data: {name: wine}
model: {name: mlp, hidden: [8], init: 1e-6}
optimizer: {name: sgd, lr: 1e-6}
train: {iterations: 20, batch_size: 30, eval_every: 10, pictures: false}
"""


@pytest.mark.parametrize(
    ("init", "sentence"),
    [
        (1e-6, "The loss stays at chance: the network predicts about the same for every sample."),
        (3.0, "The loss stays above chance: the same prediction for every sample would be better."),
    ],
)
def test_a_network_that_is_worse_than_chance_does_not_predict_the_same_for_all(
    tmp_path: Path, init: float, sentence: str
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC, encoding="utf-8")
    case = Case(nnlab.run(path, tmp_path / "runs", overrides={"model.init": init}).path)
    case.explained = frozenset({"loss_at_chance"})
    (found,) = find_loss_at_chance(case)
    assert found.sentence == sentence
