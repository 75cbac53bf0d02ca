"""Unbalanced classes: class weights, recall of each class, and the notes of a run."""

import json
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.data.dataset import Dataset, Split
from nnlab.errors import UsageError
from nnlab.losses import CrossEntropy, Loss, MeanSquaredError
from nnlab.train.balance import is_unbalanced, majority_note, recall_line
from nnlab.train.run import run

SPEC = """\
data: {{name: table, path: d.npz, test_split: 0, {data}}}
model: softmax
loss: {{name: cross_entropy, class_weights: {weights}}}
optimizer: {{name: sgd, lr: 0.5}}
train: {{iterations: 30, batch_size: full, eval_every: 30}}
"""


def trained(folder: Path, weights: str, data: str = "") -> dict:
    rng = np.random.default_rng(0)
    y = np.array(["rare"] * 10 + ["usual"] * 90)
    x = rng.standard_normal((100, 2)) + 1.5 * (y == "rare")[:, None]
    np.savez(folder / "d.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    result = run(make_experiment(folder, SPEC.format(weights=weights, data=data)), folder / "runs")
    summary = json.loads((result.path / "summary.json").read_text())
    return summary | {"log": (result.path / "log.txt").read_text(), "path": result.path}


@pytest.mark.usefixtures("no_pictures")
def test_balanced_class_weights_raise_the_recall_of_the_rare_class(tmp_path: Path) -> None:
    plain, balanced = trained(tmp_path, "null"), trained(tmp_path, "balanced")
    assert plain["recall_of"] == balanced["recall_of"] == "test"
    assert plain["recall"]["rare"] < balanced["recall"]["rare"]
    # Only what is minimised has the weights; what is reported stays comparable.
    assert balanced["final"]["objective"] != balanced["final"]["train_loss"]
    assert plain["final"]["objective"] == plain["final"]["train_loss"]
    right = sum(plain["recall"][name] * count for name, count in (("rare", 10), ("usual", 10)))
    assert right / 20 == pytest.approx(plain["final"]["test_accuracy"])
    assert "class 'usual' has 90.0% of the training samples" in plain["log"]
    assert "loss.class_weights: balanced gives each class the same weight" in plain["log"]
    assert "has that accuracy\n" in balanced["log"]
    assert "recall of each class on the test samples: 'rare' " in plain["log"]


@pytest.mark.usefixtures("no_pictures")
def test_recall_is_measured_on_validation_samples_if_present(tmp_path: Path) -> None:
    assert trained(tmp_path, "[2, 1]", "validation: 0.2")["recall_of"] == "validation"


def test_recall_is_not_measured_where_each_step_has_a_class(tmp_path: Path, no_pictures: None) -> None:
    spec = (
        "data: {name: text, length: 10}\nmodel: {name: recurrent, cell: rnn, units: 2, embedding: 2}\n"
        "optimizer: {name: sgd, lr: 0.1}\ntrain: {iterations: 1, batch_size: 4, eval_train: 4}\n"
    )
    result = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    assert "recall" not in result.summary


def test_class_weights_of_wrong_length_are_refused_before_a_folder_is_created(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 weights, but the data has 2 classes"):
        trained(tmp_path, "[1, 2, 3]")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("counts", "unbalanced"),
    [([10, 10], False), ([19, 10], False), ([20, 10], True), ([10, 0, 10], False), ([5], False)],
)
def test_classes_with_a_ratio_of_two_are_unbalanced(counts: list[int], unbalanced: bool) -> None:
    assert is_unbalanced(np.array(counts)) == unbalanced


@pytest.mark.parametrize(
    ("counts", "loss", "said"),
    [
        (
            [9, 1],
            CrossEntropy(),
            "class 'c0' has 90.0% of the training samples, so",
        ),
        ([9, 1], MeanSquaredError(), "class 'c0' has 90.0%"),
        ([6, 5], CrossEntropy(), ""),
        ([4, 3, 2], CrossEntropy(), ""),
    ],
)
def test_a_majority_class_is_reported(counts: list[int], loss: Loss, said: str) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"c{k}" for k in range(len(counts)))
    note = majority_note(Dataset(Split(np.zeros((len(labels), 1)), labels), None, names), loss)
    assert note.startswith(said)
    assert bool(note) == bool(said)


def test_lowest_recalls_are_reported() -> None:
    found = {"recall_of": "test", "recall": {str(k): k / 12 for k in range(12)}}
    line = recall_line(found)
    assert line.startswith("recall of each class on the test samples: '0' 0.0000, '1' 0.0833, ")
    assert line.endswith("'9' 0.7500 and 2 more classes")
    assert recall_line({}) == ""
