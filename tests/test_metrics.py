"""Metrics against plain loops, and the proof that a new metric is one class: whatever uses metrics accepts it."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import exp, log
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_metrics import MADE, TopTwo, WorstClass, measure, registered
from trainings import make_network

from nnlab.comparisons.cells import heading, shown_number
from nnlab.comparisons.comparison import compare
from nnlab.config.completions import spec_keys
from nnlab.config.loading import load_experiment
from nnlab.config.schema import spec_schema
from nnlab.core.rows import SPLITS, Row
from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset, Split
from nnlab.engine.evaluation import Evaluation
from nnlab.errors import RunError, SpecError
from nnlab.layers.linear import Linear
from nnlab.losses import CrossEntropy, Loss, MeanSquaredError
from nnlab.metric_columns import (
    METRICS_COLUMNS,
    headline,
    labelled,
    metrics_columns,
    names_in,
)
from nnlab.metrics import Metric
from nnlab.metrics.accuracy import Accuracy
from nnlab.metrics.loss import MeanLoss
from nnlab.optim.early_stopping import EarlyStopping
from nnlab.optim.patience import PatienceCounter
from nnlab.records.crossval_folder import CrossvalFolder
from nnlab.records.reader import read_run
from nnlab.records.result_line import result_line
from nnlab.train.reporting import EvaluationLines

MakeRun = Callable[..., Path]


@pytest.fixture
def made_metrics() -> Iterator[None]:
    with registered():
        yield


def counted(metric: Metric, scores: np.ndarray, labels: np.ndarray, loss: Loss | None = None) -> float:
    metric = metric.empty(loss or CrossEntropy())
    metric.update(scores, labels)
    return metric.result()


SAMPLES = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        arrays(np.float64, (count, 3), elements=st.sampled_from([-1.5, 0.0, 0.25, 2.0])),
        arrays(np.int64, count, elements=st.integers(0, 2)),
    )
)


@given(SAMPLES)
def test_accuracy_is_the_share_of_samples_whose_first_highest_score_is_their_labels(
    samples: tuple[np.ndarray, np.ndarray],
) -> None:
    scores, labels = samples
    correct = 0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        best = 0
        for k in range(1, 3):
            if row[k] > row[best]:
                best = k
        correct += best == label
    assert counted(Accuracy(), scores, labels) == correct / len(labels)


@given(SAMPLES)
def test_loss_is_the_mean_over_the_samples(samples: tuple[np.ndarray, np.ndarray]) -> None:
    scores, labels = samples
    entropy = squares = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        entropy += log(sum(exp(score) for score in row)) - row[label]
        squares += sum((score - (k == label)) ** 2 for k, score in enumerate(row)) / 3
    assert counted(MeanLoss(), scores, labels) == pytest.approx(entropy / len(labels), rel=1e-12)
    assert counted(MeanLoss(), scores, labels, MeanSquaredError()) == pytest.approx(squares / len(labels), rel=1e-12)


def test_loss_leaves_out_label_smoothing_and_class_weights() -> None:
    scores, labels = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([0, 0])
    plain = counted(MeanLoss(), scores, labels)
    assert counted(MeanLoss(), scores, labels, CrossEntropy(smoothing=0.2, class_weights=[3.0, 1.0])) == plain


@given(SAMPLES, st.lists(st.integers(0, 12)))
def test_counts_of_chunks_merge_to_those_of_all_samples(
    samples: tuple[np.ndarray, np.ndarray], cuts: list[int]
) -> None:
    scores, labels = samples
    places = sorted({0, len(labels), *(cut for cut in cuts if cut < len(labels))})
    for metric in (Accuracy(), TopTwo(), WorstClass()):
        total = metric.empty(CrossEntropy())
        for start, end in pairwise(places):
            chunk = metric.empty(CrossEntropy())
            chunk.update(scores[start:end], labels[start:end])
            total.merge(chunk)
        assert total.result() == counted(metric, scores, labels)


# A new metric is one class.


@pytest.mark.usefixtures("made_metrics")
@pytest.mark.parametrize("threads", [1, 3])
def test_evaluations_measure_a_new_metric_on_every_split(threads: int) -> None:
    network = make_network([Linear(units=3)], (2,), 3)
    rng = np.random.default_rng(0)
    train, test = (Split(rng.standard_normal((count, 2)), rng.integers(3, size=count)) for count in (17, 8))
    dataset = Dataset(train, test, ("a", "b", "c"))
    made = [Accuracy(), *(cls() for cls in MADE.values())]
    evaluation = Evaluation(network, CrossEntropy(), [], dataset, "all", 5, Workers(threads), statistics=made)
    row = evaluation.row(0, 0.0, 0.1, lambda: (train.inputs, train.targets))
    further = [f"{split}_{name}" for name in MADE for split in SPLITS]
    assert tuple(row) == (*METRICS_COLUMNS, *further) == metrics_columns(["loss", "accuracy", *MADE])
    for name, split in (("train", train), ("test", test)):
        scores = network.forward(split.inputs, training=False).tolist()
        among, errors = 0, [0, 0, 0]
        for sample, label in zip(scores, split.targets.tolist(), strict=True):
            rank = sum(score > sample[label] for score in sample)
            among += rank < 2
            errors[label] += rank > 0
        assert row[f"{name}_top_2"] == among / len(split)
        assert row[f"{name}_worst_class"] == max(errors)
    assert row["validation_top_2"] is None


SPEC = """
data: {name: moons, points: 20, validation: 0.2}
model: {name: softmax, init: 0.1}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 1, batch_size: 5}
"""


@pytest.mark.usefixtures("made_metrics")
def test_a_spec_may_follow_a_new_metric_but_not_on_the_test_set(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    experiment = load_experiment(spec, ["train.early_stopping={metric: validation_top_2}"])
    assert experiment.train.early_stopping == EarlyStopping(metric="validation_top_2")
    with pytest.raises(SpecError, match="'test_top_2' is not allowed: the test set must not steer training"):
        load_experiment(spec, ["train.early_stopping={metric: test_top_2}"])
    with pytest.raises(SpecError, match="'validation_top2'; did you mean 'validation_top_2'"):
        load_experiment(spec, ["train.early_stopping={metric: validation_top2}"])
    assert "train.early_stopping.metric=train_worst_class" in spec_keys()
    metric = spec_schema()["$defs"]["control.early_stopping"]["properties"]["metric"]
    assert "validation_worst_class" in metric["enum"]


def test_a_spec_may_not_follow_a_metric_that_is_not_registered(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    with pytest.raises(SpecError, match="got 'validation_top_2'"):
        load_experiment(spec, ["train.early_stopping={metric: validation_top_2}"])


@pytest.mark.usefixtures("made_metrics")
@pytest.mark.parametrize(
    ("column", "values"),
    [("validation_top_2", [0.5, 0.6, 0.6, 0.4, 0.7]), ("train_worst_class", [5.0, 4.0, 4.0, 6.0, 3.0])],
)
def test_patience_follows_a_new_metric_in_its_own_direction(column: str, values: list[float]) -> None:
    counter = PatienceCounter(EarlyStopping(metric=column))
    improved = [counter.improved({"step": step, column: value}) for step, value in enumerate(values, start=1)]
    assert improved == [True, True, False, False, True]


@pytest.fixture
def measured_runs(made_metrics: None, make_run: MakeRun) -> list[Path]:
    """Two runs that measured the new metrics on the test set, and one that did not."""
    runs = [make_run(name, {"name": name, "optimizer.lr": lr}) for name, lr in (("low", 0.1), ("high", 0.2))]
    measure(runs[0], {"test_top_2": [0.5, 0.5, 0.5, 0.5, 0.625], "test_worst_class": [9.0, 8.0, 7.0, 6.0, 2.0]})
    measure(runs[1], {"test_top_2": [0.5, 0.5, 0.5, 0.5, 0.875], "test_worst_class": [9.0, 8.0, 7.0, 6.0, 5.0]})
    return [*runs, make_run("without", {"name": "without"})]


def test_a_run_that_measured_a_new_metric_is_read(measured_runs: list[Path]) -> None:
    record = read_run(measured_runs[0])
    assert record.metrics["test_top_2"].tolist() == [0.5, 0.5, 0.5, 0.5, 0.625]
    assert (record.final or {})["test_worst_class"] == 2.0
    assert names_in(record.metrics) == ["accuracy", "loss", "top_2", "worst_class"]
    assert headline(record.final or {}) == ["accuracy", "top_2", "worst_class"]


@pytest.mark.usefixtures("made_metrics")
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("test_top_2", 1.5, "must be from 0 to 1"), ("train_worst_class", -1.0, "must be at least 0")],
)
def test_a_value_out_of_the_range_of_a_new_metric_is_damage(
    make_run: MakeRun, column: str, value: float, message: str
) -> None:
    for status, place in (("running", rf"metrics\.csv:6: {column}"), ("completed", rf"summary\.json: final\.{column}")):
        run = make_run(status, status=status)
        measure(run, {column: [0.0, 0.0, 0.0, 0.0, value]})
        with pytest.raises(RunError, match=f"{place}: {message}, got {value:g}"):
            read_run(run)


@pytest.mark.parametrize(
    ("sort", "order"), [("test_top_2", ["high", "low", "without"]), ("test_worst_class", ["low", "high", "without"])]
)
def test_a_comparison_sorts_by_a_new_metric_in_its_own_direction(
    measured_runs: list[Path], sort: str, order: list[str]
) -> None:
    comparison = compare(measured_runs, sort=sort)
    assert [entry.names for entry in comparison.entries] == order
    assert comparison.measures[-2:] == ("test_top_2", "test_worst_class")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(comparison.to_csv()))}
    assert (rows["high"]["test_top_2"], rows["high"]["test_worst_class"]) == ("0.875", "5.0")
    assert rows["without"]["test_top_2"] == ""


@pytest.mark.usefixtures("made_metrics")
def test_tables_and_lines_name_a_new_metric_in_its_own_words() -> None:
    assert heading("test_top_2") == "test top 2"
    assert shown_number("test_top_2", 0.625) == "62.5%"
    row: Row = {"step": 3, "train_accuracy": 0.5, "train_top_2": 0.75, "test_accuracy": 0.25, "test_top_2": 0.5}
    assert labelled(row, "train") == {
        "train_accuracy": "train accuracy 0.5000",
        "train_top_2": "train top-2 accuracy 75.0%",
    }
    summary = {"final": {**row, "objective": 1.25}, "best": row, "steps": 5, "train_seconds": 0.5}
    assert result_line("run", summary) == (
        "run: test accuracy 0.2500 (best 0.2500 at step 3), test top-2 accuracy 50.0%, train accuracy 0.5000, "
        "train top-2 accuracy 75.0%, objective 1.250000, 5 steps in 0.50 s"
    )


@pytest.mark.usefixtures("made_metrics")
def test_progress_lines_name_a_new_metric() -> None:
    said: list[str] = []

    class Log:
        def say(self, line: str) -> None:
            said.append(line)

        log = evaluation = say

    setup = SimpleNamespace(iterations=10, eval_every=5)
    lines = EvaluationLines(Log(), Log(), setup)  # type: ignore[arg-type]  # no more of them is used
    lines.on_evaluation({"step": 10, "objective": 1.25, "train_accuracy": 0.5, "train_worst_class": 3.0})
    assert said[0] == "step 10/10  objective 1.250000  train accuracy 0.5000  train errors of the worst class 3.0000"


def test_a_cross_validation_averages_a_new_metric(made_metrics: None, make_run: MakeRun, tmp_path: Path) -> None:
    folder = CrossvalFolder.create(tmp_path / "crossval", "made", 2, "", "")
    for number, value in ((1, 0.5), (2, 0.75)):
        run = make_run(f"f{number}", {"seed": number})
        measure(run, {"validation_top_2": [0.0, 0.0, 0.0, 0.0, value]})
        shutil.copytree(run, folder.fold(number), dirs_exist_ok=True)
        folder.add(number)
    folder.close()
    assert folder.summary["metrics"]["validation_top_2"]["mean"] == 0.625
    names = list(folder.summary["metrics"])
    assert names == ["validation_top_2", "test_accuracy", "test_loss", "train_accuracy", "train_loss", "objective"]
