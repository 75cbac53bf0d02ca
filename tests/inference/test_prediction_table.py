"""Predictions and evaluations of networks with a target for each step."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

import nnlab
from nnlab.errors import DataError, UsageError
from nnlab.export.predictions_csv import export
from nnlab.export.request import ExportRequest
from nnlab.inference.evaluation_data import own_samples
from nnlab.inference.other_data import samples_to_evaluate
from nnlab.inference.prediction_table import StepPredictions, predictions
from nnlab.inference.samples import read_samples
from nnlab.train.run import RunResult, run

pytestmark = pytest.mark.usefixtures("no_pictures")

SPEC = """\
data:      {name: binary_addition, bits: 3, samples: 10, test_samples: 6}
model:     {name: sequential, layers: [{name: linear, units: 3}, tanh, {name: linear, units: 2}]}
optimizer: {name: adam, lr: 0.1}
train:     {iterations: 20, batch_size: full, eval_every: 10}
"""
# 3 + 1 and 0 + 2, step by step, least significant bit first.
X = np.array([[[1, 1], [1, 0], [0, 0]], [[0, 0], [0, 1], [0, 0]]])


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("added")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        return run(make_experiment(folder, SPEC), folder / "runs")


def test_each_step_is_predicted(added: RunResult, tmp_path: Path) -> None:
    network = nnlab.trained_network(added)
    found = network.predict(X, probabilities=True)
    assert found.shape == (2, 3, 2)
    np.testing.assert_allclose(found.sum(axis=2), 1, rtol=1e-12)
    classes = network.predict(X)
    np.testing.assert_array_equal(classes, found.argmax(axis=2))
    (tmp_path / "two.csv").write_text("\n".join(",".join(map(str, row)) for row in X.reshape(2, 6)), encoding="utf-8")
    read = read_samples(tmp_path / "two.csv", network.inputs)
    np.testing.assert_array_equal(read.inputs, X)
    np.testing.assert_array_equal(network.predict(X[0]), classes[:1])
    with pytest.raises(UsageError, match=r"expected sequences of 3 steps with 2 numbers each \(N, T, D\), found shape"):
        network.predict(X[:, :2])


def test_csv_has_a_row_for_each_step(added: RunResult) -> None:
    network = nnlab.trained_network(added)
    table = predictions(network, X.astype(np.float64), ["a", "b"])
    assert isinstance(table, StepPredictions)
    rows = list(csv.DictReader(table.to_csv().splitlines()))
    assert [(row["sample"], row["step"]) for row in rows] == [(name, str(t)) for name in "ab" for t in (1, 2, 3)]
    expected = network.predict(X, probabilities=True).reshape(-1, 2)
    assert [[float(row["p_0"]), float(row["p_1"])] for row in rows] == expected.tolist()
    assert [row["prediction"] for row in rows] == list(map(str, expected.argmax(axis=1)))
    (first, _) = table.as_plain(3)
    assert first["prediction"] == [row["prediction"] for row in rows[:3]]
    assert first["probability"] == [float(row["probability"]) for row in rows[:3]]
    assert table.lowest(0) == min(first["probability"])
    assert sum(count for _, count in table.counts()) == 6


def test_evaluation_counts_every_step(added: RunResult, tmp_path: Path) -> None:
    network, samples = own_samples(added.path)
    found = nnlab.evaluate(added.path, samples.inputs, samples.labels)
    assert (found.samples, found.steps, len(found.labels)) == (6, 3, 18)
    for name in ("accuracy", "loss"):
        assert found.metrics[name] == added.summary["final"][f"test_{name}"]
    assert found.confusion.sum() == 18
    assert found.as_plain()["steps"] == 3
    assert repr(found).endswith("6 samples of 3 steps)")
    np.savez(tmp_path / "own.npz", x=samples.inputs, y=samples.labels)
    _, read = samples_to_evaluate(added.path, tmp_path / "own.npz")
    np.testing.assert_array_equal(read.labels, samples.labels)
    with pytest.raises(UsageError, match="y: expected a label for each of 3 steps"):
        nnlab.evaluate(added.path, samples.inputs, samples.labels[:, 0])
    (tmp_path / "own.csv").write_text("1,1,1,0,0,0,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected a label for each of 3 steps, but a CSV has one a sample"):
        samples_to_evaluate(added.path, tmp_path / "own.csv")
    said: list[str] = []
    export(ExportRequest(run=added.path, out=tmp_path / "own-predictions.csv", say=said.append))
    right = int((network.predict(samples.inputs) == samples.labels).sum())
    assert said == [f"6 test samples, {right} of 18 steps predicted correctly"]


def test_networks_of_text_take_no_tables(added: RunResult, tmp_path: Path) -> None:
    inputs = replace(nnlab.trained_network(added).inputs, tokens=True)
    (tmp_path / "book.txt").write_text("a, b\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"book\.txt: a network trained on text continues a prompt"):
        read_samples(tmp_path / "book.txt", inputs)
