"""Evaluations of runs that predict numbers: the numbers of metrics.csv, standard errors, each target, other data."""

from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment, make_network

from nnlab.data.target_columns import TargetColumns
from nnlab.errors import DataError, UsageError
from nnlab.inference.evaluation import evaluate, evaluate_trained
from nnlab.inference.number_evaluation import NumberEvaluation, evaluate_numbers
from nnlab.inference.other_data import samples_to_evaluate
from nnlab.layers.linear import Linear
from nnlab.losses import MeanSquaredError
from nnlab.train.run import RunResult, run

pytestmark = pytest.mark.usefixtures("no_pictures")

SPEC = """
data: {name: sine, points: 30, test_points: 20, validation: 0.2}
model: {name: mlp, hidden: [5], activation: tanh}
optimizer: {name: adam, lr: 0.02}
train: {iterations: 6, batch_size: 8}
"""


def trained(folder: Path, *overrides: str) -> RunResult:
    return run(make_experiment(folder, SPEC, *overrides), folder / "runs")


def evaluated(folder: Path, data: Path | None = None, part: str | None = None) -> NumberEvaluation:
    network, samples = samples_to_evaluate(folder, data, part)
    found = evaluate_trained(network, samples.inputs, samples.labels, samples.part)
    assert isinstance(found, NumberEvaluation)
    return found


def test_own_data_has_the_recorded_numbers_and_every_metric_that_fits(tmp_path: Path) -> None:
    result = trained(tmp_path, "metrics=[rmse]")
    for part in ("test", "validation", "train"):
        found = evaluated(result.path, part=part)
        assert list(found.metrics) == ["loss", "rmse", "mae", "r2"]
        final = result.summary["final"]
        assert found.metrics["loss"] == pytest.approx(final[f"{part}_loss"], rel=1e-6)
        assert found.metrics["rmse"] == pytest.approx(final[f"{part}_rmse"], rel=1e-6)
    assert list(evaluated(trained(tmp_path).path).metrics) == ["loss", "r2", "mae", "rmse"]


def test_raw_samples_are_evaluated_in_the_users_units(tmp_path: Path) -> None:
    result = trained(tmp_path)
    x = np.linspace(-1, 1, 9)[:, None]
    found = evaluate(result, x, np.sin(x[:, 0]), check_range=False)
    assert isinstance(found, NumberEvaluation)
    assert (found.samples, found.target_names, found.steps) == (9, ("y",), None)
    errors = np.abs(found.predicted - found.targets)[:, 0]
    np.testing.assert_allclose(found.targets[:, 0], np.sin(x[:, 0]), rtol=1e-12, atol=1e-15)
    assert found.metrics["mae"] == pytest.approx(errors.mean())
    assert found.standard_errors["mae"] == pytest.approx(errors.std(ddof=1) / 3)
    assert found.standard_errors["loss"] is not None
    assert found.by_target["y"] == {name: found.metrics[name] for name in ("r2", "mae", "rmse")}
    assert found.as_plain()["per_target"] == [{"target": "y", **found.by_target["y"]}]
    assert repr(found).startswith("NumberEvaluation(samples: loss ")
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 9, "y: must be numbers"),
        ([1.0] * 8, r"y: expected targets of shape \(9, 1\), found \(8,\)"),
        ([float("nan")] * 9, "y: must be finite numbers"),
    ],
)
def test_targets_that_do_not_fit_are_refused(tmp_path: Path, y: list[object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate(trained(tmp_path), np.zeros((9, 1)), y)


def test_other_data_is_scaled_as_in_training(tmp_path: Path) -> None:
    result = trained(tmp_path)
    other = tmp_path / "other.yaml"
    other.write_text("data: {name: sine, points: 30, test_points: 20}\nseed: 0\n", encoding="utf-8")
    same, own = evaluated(result.path, other), evaluated(result.path)
    np.testing.assert_allclose(same.targets, own.targets)
    assert same.metrics == pytest.approx(own.metrics)
    with pytest.raises(DataError, match="moons: its targets are classes, those of the run numbers"):
        evaluated(result.path, Path("moons"))


def test_several_targets_are_measured_each_in_its_units() -> None:
    numbers = TargetColumns(("metres", "grams"), np.array([1.0, 500.0]), np.array([0.5, 100.0]))
    network = make_network([Linear(units=2)], (3,), 2)
    rng = np.random.default_rng(0)
    x, targets = rng.standard_normal((12, 3)), rng.standard_normal((12, 2))
    found = evaluate_numbers(network, MeanSquaredError(), x, targets, numbers)
    scores = network.forward(x, training=False)
    metres, grams = np.abs(scores - targets).mean(axis=0) * [0.5, 100]
    assert found.by_target["metres"]["mae"] == pytest.approx(metres)
    assert found.by_target["grams"]["mae"] == pytest.approx(grams)
    assert found.metrics["mae"] == pytest.approx((metres + grams) / 2)
    assert found.metrics["loss"] == pytest.approx(np.square(scores - targets).mean())
    assert found._repr_html_().count("<table") == 2
