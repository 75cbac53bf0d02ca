"""Overfitting and underfitting: which curves are a problem, which are advice, which are healthy."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.generalisation import RULES
from nnlab.insight.doctor.rules import Symptom

STEPS = np.arange(0, 101, 10.0)
FALLING = np.geomspace(2.3, 0.01, 11)
VALLEY = np.array([2.3, 1.5, 1.0, 0.8, 0.7, 0.72, 0.75, 0.8, 0.85, 0.9, 0.95])
RISING = np.linspace(0.1, 1.0, 11)


def found(loss: Array, accuracy: Array, *, train_size: int | None = None) -> Iterator[Symptom]:
    """The diagnosis of a run with these losses and accuracies on 1,000 test samples, and perfect ones in training."""
    metrics = {
        "step": STEPS,
        "train_loss": FALLING,
        "train_accuracy": RISING,
        "test_loss": loss,
        "test_accuracy": accuracy,
    }
    record = SimpleNamespace(
        metrics=metrics, metric_names=["accuracy", "loss"], final={"step": 100}, status="completed"
    )
    case = SimpleNamespace(
        record=record,
        spec={"train": {"early_stopping": False}, "data": {"train_size": train_size}, "model": {"name": "softmax"}},
        dataset=SimpleNamespace(splits={"test": range(1000)}),
        lacks=lambda view: "",
        curve=lambda column: (STEPS, metrics[column]) if column in metrics else (np.empty(0), np.empty(0)),
        retry=lambda *changes: " ".join(changes),
    )
    return iter(RULES[0].find(cast("Case", case)))


def test_a_rising_loss_with_a_large_gap_is_a_problem_with_the_step_and_what_stopping_there_gave() -> None:
    (symptom,) = found(VALLEY, np.minimum(RISING, 0.7))
    assert symptom.severity == "problem"
    assert symptom.numbers["since_step"] == 40
    assert symptom.numbers["gap"] == pytest.approx(0.255)  # of running medians
    assert "Since step 40 the test loss rises" in symptom.sentence
    assert "at step 40 the test accuracy was 0.4600" in symptom.evidence
    assert "train.early_stopping" in symptom.command


def test_more_samples_are_the_first_remedy_where_the_spec_leaves_some_out() -> None:
    (symptom,) = found(VALLEY, np.minimum(RISING, 0.7), train_size=300)
    assert symptom.command == "data.train_size=null"


def test_a_gap_while_the_loss_still_falls_is_advice() -> None:
    (symptom,) = found(np.linspace(2.3, 0.6, 11), np.minimum(RISING, 0.8))
    assert symptom.severity == "advice"
    assert "Since" not in symptom.sentence
    assert symptom.evidence.endswith("; medians of neighbouring evaluations")  # not what metrics.csv has


@pytest.mark.parametrize(
    ("loss", "accuracy"),
    [
        (FALLING * 1.2, RISING - 0.02),  # the same on other samples
        (np.linspace(2.3, 0.2, 11), RISING - 0.05),  # a small gap
        (np.linspace(2.3, 0.6, 11), np.full(11, np.nan)),  # not measured
    ],
)
def test_a_small_gap_is_healthy(loss: Array, accuracy: Array) -> None:
    assert list(found(loss, accuracy)) == []


@pytest.mark.usefixtures("no_pictures")
def test_a_narrow_layer_is_widened(tmp_path: Path) -> None:
    """An underfitting network is recognised by neighbours that do better; the pair of specs shows the rest."""
    import nnlab

    spec = tmp_path / "narrow.yaml"
    spec.write_text(
        "data: {name: spiral, points: 40}\nmodel: {name: mlp, hidden: []}\noptimizer: {name: sgd, lr: 1}\n"
        "train: {iterations: 60, batch_size: full, eval_every: 5, checkpoint_every: never}"
    )
    run = nnlab.run(spec, tmp_path / "runs")
    (finding,) = [one for one in nnlab.doctor(run).findings if one.name == "underfitting"]
    assert float(finding.numbers["neighbours"]) > float(finding.numbers["train"]) + 0.1
    assert finding.command.endswith("-s 'model.hidden=[64]'")
