"""Evaluations of finished runs: the numbers of metrics.csv to the last digit, standard errors, raw samples."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment, make_network

import nnlab
from nnlab.core.random import Purpose, make_streams
from nnlab.data.dataset import Dataset
from nnlab.errors import RunError, UsageError
from nnlab.inference.evaluation import Evaluation, evaluate, evaluate_network, evaluate_trained
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy
from nnlab.train.run import RunResult, run

pytestmark = pytest.mark.usefixtures("no_pictures")

SPEC = """\
data:      {name: spiral, points: 50, test_points: 30}
model:     {name: mlp, hidden: [16]}
optimizer: {name: adam, lr: 0.05}
train:     {iterations: 30, batch_size: 25, eval_every: 10}
"""


def dataset_of(result: RunResult) -> Dataset:
    experiment = nnlab.load_experiment(result.path / "spec.yaml")
    streams = make_streams(experiment.rng, experiment.seed)
    return experiment.data.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))


@pytest.mark.slow
@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["dtype=float64"],
        ["compute.threads=3", "compute.shards=2"],
        ["model.batch_norm=true", "model.dropout=0.3"],
        ["loss={name: cross_entropy, smoothing: 0.1, class_weights: [1, 2, 0.5]}"],
        ["loss=mean_squared_error"],
        ["data.validation=0.2", "train.early_stopping={patience: 1, metric: validation_loss}", "optimizer.lr=1"],
        ["train.batch_size=full"],
        ["model={name: softmax}", "model.init=0.1", "rng=legacy"],
    ],
)
def test_own_splits_have_the_numbers_of_the_saved_weights_to_the_last_digit(
    tmp_path: Path, overrides: list[str]
) -> None:
    result = run(make_experiment(tmp_path, SPEC, *overrides), tmp_path / "runs")
    network, dataset = nnlab.trained_network(result), dataset_of(result)
    for part, split in dataset.splits.items():
        found = evaluate_trained(network, split.inputs, split.targets, part, training_samples=len(dataset.train))
        expected = {name: result.summary["final"][f"{part}_{name}"] for name in ("loss", "accuracy")}
        assert expected.items() <= found.metrics.items()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.train.pictures.plot_run", lambda *arguments: None)
        patch.setattr("nnlab.train.pictures.draw_all", lambda *arguments: [])
        return run(make_experiment(folder, SPEC), folder / "runs")


def test_standard_errors_are_those_of_a_share_and_of_a_mean(small: RunResult) -> None:
    network = nnlab.trained_network(small)
    split = dataset_of(small).splits["test"]
    found = evaluate(small, split.inputs, split.targets)
    p = nnlab.predict(small, split.inputs, probabilities=True)
    losses = [-np.log(row[label]) for row, label in zip(p, split.targets, strict=True)]
    share = found.metrics["accuracy"]
    assert found.standard_errors["accuracy"] == pytest.approx((share * (1 - share) / found.samples) ** 0.5)
    mean = sum(losses) / len(losses)
    deviation = (sum((loss - mean) ** 2 for loss in losses) / (len(losses) - 1)) ** 0.5
    assert found.metrics["loss"] == pytest.approx(mean, rel=1e-5)
    assert found.standard_errors["loss"] == pytest.approx(deviation / len(losses) ** 0.5, rel=1e-5)
    assert found.predicted.tolist() == network.predict(split.inputs).tolist()
    assert found.confusion.sum() == found.samples == 90
    assert repr(found) == f"Evaluation(samples: loss {mean:.4f}, accuracy {share:.4f}, 90 samples)"


def test_one_sample_has_no_standard_error_of_its_loss(small: RunResult) -> None:
    found = evaluate(nnlab.trained_network(small), [0.1, 0.2], ["1"])
    assert (found.samples, found.standard_errors["loss"], found.standard_errors["accuracy"]) == (1, None, 0)
    assert found.as_plain()["standard_errors"]["loss"] is None


def test_labels_and_samples_of_unequal_number_are_refused(small: RunResult) -> None:
    with pytest.raises(UsageError, match="expected a label for each of the 1 samples, found 2"):
        evaluate(small, [[0.1, 0.2]], [0, 1])


def test_scores_that_are_not_finite_are_refused() -> None:
    network = make_network([Linear(units=2)], (2,), 2)
    network.flat.values[:] = np.nan
    with pytest.raises(RunError, match=r"the scores of sample 0 \(from 0\) are not finite"):
        evaluate_network(network, CrossEntropy(), np.zeros((3, 2)), np.zeros(3, np.intp), ["a", "b"])


def test_no_samples_are_refused() -> None:
    network = make_network([Linear(units=2)], (2,), 2)
    with pytest.raises(UsageError, match="expected samples to evaluate, found none"):
        evaluate_network(network, CrossEntropy(), np.zeros((0, 2)), np.zeros(0, np.intp), ["a", "b"])


def test_many_classes_are_written_as_pairs_without_a_matrix() -> None:
    labels = np.arange(10_000)
    predicted = np.where(labels < 3, 7, labels)
    names = tuple(f"c{k}" for k in labels)
    plain = Evaluation("test", {"accuracy": 0.9997}, {"accuracy": 0.0}, names, labels, predicted).as_plain()
    assert plain["confusion"] is None
    assert plain["confused"][0] == {"true": "c0", "predicted": "c7", "samples": 1}
    assert len(plain["confused"]) == 3


@pytest.mark.parametrize("y", [["1", "0"], [1, 0], [1.0, 0.0], [[1], [0]], [[0, 1, 0], [1, 0, 0]], (1, "0")])
def test_labels_are_names_integers_or_one_hot(small: RunResult, y: object) -> None:
    assert evaluate(small, [[0.1, 0.2], [0.3, 0.4]], y).labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["dgo", "1"], r"y: expected a class of the training samples \('0, 1, 2'\), found 'dgo'"),
        (["a", "b"], "found 'a', 'b'"),
        ([7, -1], "found '-1', '7'"),
        ([float("nan"), 1], "y: expected class names or whole numbers, found 'nan'"),
        ([None, None], "found 'None'"),
        ([], "expected a label for each of the 2 samples, found 0"),
        ([[[1]]], r"y: expected one label per sample, .* found shape \(1, 1, 1\)"),
    ],
)
def test_labels_of_other_classes_are_refused_by_name(small: RunResult, y: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate(small, [[0.1, 0.2], [0.3, 0.4]], y)
