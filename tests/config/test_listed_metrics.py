"""The key ``metrics`` of a spec."""

from pathlib import Path

import pytest
from trainings import make_experiment

from nnlab.config.sweep_goal import Goal, default_goal, goal_problem
from nnlab.errors import SpecError
from nnlab.metrics.classification import F1
from nnlab.metrics.top_k import TopK

SPEC = """
data: {name: moons, points: 20, validation: 0.2}
model: softmax
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 1}
"""


def test_a_spec_without_it_resolves_as_before(tmp_path: Path) -> None:
    plain = make_experiment(tmp_path, SPEC)
    assert plain.metrics == []
    assert "metrics" not in plain.resolved()
    assert make_experiment(tmp_path, SPEC, "metrics=[]").sha256() == plain.sha256()
    assert make_experiment(tmp_path, SPEC, "metrics=[accuracy]").resolved()["metrics"] == ["accuracy"]


def test_metrics_are_names_or_have_their_keys(tmp_path: Path) -> None:
    found = make_experiment(tmp_path, SPEC + "metrics: [f1, {name: top_k, k: 1}]", "metrics.1.k=2")
    assert found.metrics == [F1(), TopK(k=2)]
    assert found.resolved()["metrics"] == [
        {"name": "f1", "average": "macro", "class_name": None},
        {"name": "top_k", "k": 2},
    ]


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("[f1, accuracy, f1]", r"metrics\.2: f1 is listed already; each has one column of each split"),
        ("[loss, f1]", r"metrics\.0: loss is measured in any case; list it alone to choose by it"),
        ("[f1, mae]", r"metrics\.1: mae is for numbers, but the targets are classes; there are accuracy, balanced_acc"),
        ("[f_1]", r"metrics\.0: no metric is called 'f_1'; did you mean 'f1'\?"),
        ("[{name: top_k, k: 0}]", r"metrics\.0\.k: must be at least 1, got 0"),
        ("[{name: f1, class: a}]", r"metrics\.0\.class: unknown key; did you mean 'class_name'\?"),
        ("[{name: f1, class_name: a, average: micro}]", r"metrics\.0\.average: is of all classes, but class_name asks"),
        ("accuracy", r"metrics: must be a list of 0 to 20 metrics, got 'accuracy'"),
    ],
)
def test_a_list_that_cannot_be_measured_is_refused(tmp_path: Path, listed: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make_experiment(tmp_path, SPEC, f"metrics={listed}")


@pytest.mark.parametrize(
    "monitor", ["train.early_stopping={metric: train_r2}", "train.schedule={name: plateau, metric: train_r2}"]
)
def test_only_a_metric_that_fits_can_be_monitored(tmp_path: Path, monitor: str) -> None:
    with pytest.raises(SpecError, match="r2 is for numbers, but the targets are classes; there are accuracy"):
        make_experiment(tmp_path, SPEC, monitor)


def test_the_first_metric_is_the_goal_of_a_sweep(tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPEC, "metrics=[recall, accuracy]")
    assert default_goal(experiment) == Goal("validation_recall", maximize=True)
    assert goal_problem(Goal("validation_accuracy", maximize=True), experiment) == ""
    message = "validation_f1 is not measured; the runs measure loss, recall, accuracy; list it under metrics"
    assert goal_problem(Goal("validation_f1", maximize=True), experiment) == message
    assert default_goal(make_experiment(tmp_path, SPEC)) == Goal("validation_accuracy", maximize=True)
