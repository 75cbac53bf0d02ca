"""Durations as short texts, and what the extrapolation counts."""

from pathlib import Path

import pytest
from trainings import make_experiment

from nnlab.insight.sanity import CheckedSpec
from nnlab.insight.sanity.cost import cost, duration

SPEC = """\
data: {name: moons, points: 20, test_points: 10}
model: {name: mlp, hidden: [3], activation: relu, init: he}
optimizer: {name: adam, lr: 0.1}
penalty: {l2: 0.1}
train: {iterations: 25, batch_size: 8, accumulate: 2, eval_every: 10, ema: 0.9}
"""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.00012, "0.12 ms"), (0.12, "120 ms"), (1.5, "1.5 s"), (99, "99 s"), (600, "10 min"), (11520, "3.2 h")],
)
def test_durations_have_a_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_steps_and_evaluations_are_those_of_the_training_and_weights_stay(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    assert "for 25 steps and 4 evaluations" in cost(case).checked  # at steps 0, 10, 20 and 25
    weights = case.setup.network.state()["linear1.W"]
    assert weights.tolist() == case.initial["linear1.W"].tolist()


def test_a_training_that_needs_most_of_the_free_memory_is_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC), "my.yaml")
    monkeypatch.setattr("nnlab.insight.sanity.cost.available_bytes", lambda: 10)
    (finding,) = cost(case).findings
    assert finding.severity == "advice"
    assert finding.command == "nnlab train my.yaml -s train.batch_size=4"
