"""Each penalty of weights and outputs is measured with λ and with 2λ."""

from pathlib import Path

import pytest
from trainings import make_experiment

from nnlab.insight.sanity import CheckedSpec
from nnlab.insight.sanity.penalties import penalties

SPEC = """\
data: {name: moons, points: 20}
model:
  name: sequential
  layers:
    - {name: linear, units: 4, init: he, l1: 0.02}
    - relu
    - {name: activity_l2, strength: 0.05}
    - {name: linear, units: 2, init: he}
optimizer: {name: sgd, lr: 0.1}
penalty: {l2: 0.1}
train: {iterations: 10}
"""


def test_penalties_of_spec_layers_and_outputs_are_all_counted(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    verdict = penalties(case)
    assert verdict.findings == ()
    assert verdict.checked.endswith("(l2, l1, activity_l2)")
    twice, once, loss = (
        float(word) for word in verdict.checked.replace(",", " ").split() if word[0].isdigit() and "." in word
    )
    assert twice - loss == pytest.approx(2 * (once - loss), rel=1e-3)


def test_strengths_are_as_before_after_the_check(tmp_path: Path) -> None:
    case = CheckedSpec(make_experiment(tmp_path, SPEC))
    assert penalties(case).checked == penalties(case).checked
    assert case.experiment.penalty[0].strength == 0.1


@pytest.mark.parametrize("strength", ["0.0", "0.1"])
def test_nothing_to_check_is_skipped(tmp_path: Path, strength: str) -> None:
    spec = SPEC.replace("l1: 0.02", "l1: 0.0").replace("strength: 0.05", "strength: 0.0")
    spec = spec.replace("init: he", "init: 0.0").replace("l2: 0.1", f"l2: {strength}")
    assert penalties(CheckedSpec(make_experiment(tmp_path, spec))).skipped
