"""The loss before training of each built-in loss, and the plain ways in which it is wrong."""

from math import log
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.insight.sanity import CheckedSpec
from nnlab.insight.sanity.initial_loss import initial_loss, theory_of
from nnlab.losses import CrossEntropy, Huber, Loss, MeanAbsoluteError, MeanSquaredError

RNG = np.random.default_rng(0)
LABELS = RNG.integers(5, size=100)
NUMBERS = RNG.standard_normal((100, 5))
HUBER = np.where(np.abs(NUMBERS) < 0.5, NUMBERS**2 / 2, 0.5 * np.abs(NUMBERS) - 0.125)


@pytest.mark.parametrize(
    ("loss", "targets", "value"),
    [
        (CrossEntropy(), LABELS, log(5)),
        (CrossEntropy(smoothing=0.2), LABELS, log(5)),
        (CrossEntropy(class_weights=[3, 1, 1, 1, 0]), LABELS, np.take([3, 1, 1, 1, 0], LABELS).mean() * log(5)),
        (MeanSquaredError(), LABELS, 0.2),
        (MeanSquaredError(), NUMBERS, (NUMBERS**2).mean()),
        (MeanAbsoluteError(), NUMBERS, np.abs(NUMBERS).mean()),
        (
            Huber(delta=0.5),
            NUMBERS,
            HUBER.mean(),
        ),
    ],
)
@pytest.mark.parametrize("spread", [1e-3, 0.1, 3.0])
def test_no_scores_move_the_loss_further_than_the_tolerance(
    loss: Loss, targets: np.ndarray, value: float, spread: float
) -> None:
    scores = spread * RNG.standard_normal((100, 5))
    theory = theory_of(loss, scores, targets)
    assert theory is not None
    assert theory.value == pytest.approx(value)
    assert abs(loss.forward(scores, targets) - theory.value) <= theory.tolerance


def test_large_inputs_are_blamed_rather_than_weights(tmp_path: Path) -> None:
    rows = "".join(f"{a},{b},{'xy'[(a > b)]}\n" for a, b in (1000 * RNG.standard_normal((60, 2))).round().tolist())
    (tmp_path / "large.csv").write_text("a,b,label\n" + rows, encoding="utf-8")
    spec = """\
data: {name: table, path: large.csv, scaling: none}
model: {name: mlp, hidden: [5], activation: relu, init: he}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 1}
"""
    (finding,) = initial_loss(CheckedSpec(make_experiment(tmp_path, spec))).findings
    assert "its inputs are too large" in finding.sentence
