"""``nnlab why`` on trainings that write their metrics by a formula."""

from pathlib import Path
from typing import Any

import pytest
from fake_sweeps import SPIRAL, FakeWorkers

from nnlab.config.experiment import Experiment
from nnlab.config.loading import as_experiment
from nnlab.config.sweep_loading import load_sweep, sweep_from_python
from nnlab.errors import UsageError
from nnlab.records.sweep_folder import SweepRecord, read_sweep
from nnlab.sweeps.contributions import contributions
from nnlab.sweeps.run import run_sweep
from nnlab.sweeps.why_sweep import measured_column, plan_between, plan_of_sweep, sweep_of, values_of

MLP: dict[str, Any] = {"name": "mlp", "hidden": [4]}


def experiment(**settings: Any) -> Experiment:
    return as_experiment({**SPIRAL, **settings})


def formula(trained: Experiment, step: int) -> float | None:
    """L2 costs 10 points, Adam brings 20, both together 5 more; with float64 a training diverges with seed 4."""
    adam, l2 = hasattr(trained.optimizer, "beta1"), any(penalty.strength for penalty in trained.penalty)
    if trained.dtype == "float64" and trained.seed == 4:
        return None
    noise = (trained.seed * 7 + 3 * adam + 5 * l2) % 10 / 1000
    return 0.5 + noise + 0.2 * adam - 0.1 * l2 + 0.05 * (adam and l2)


def trained(a: Experiment, b: Experiment, folder: Path, **keys: Any) -> tuple[Any, Any, SweepRecord]:
    plan = plan_between(a, b)
    sweep = sweep_of(plan, a, **keys)
    workers = FakeWorkers(formula=formula)
    try:
        return plan, sweep, read_sweep(run_sweep(sweep, folder / "runs", workers).path)
    finally:
        workers.close()


def test_why_trains_every_combination_with_the_same_seeds(tmp_path: Path) -> None:
    b = experiment(optimizer={"name": "adam"}, penalty={"l2": 0.1})
    plan, sweep, record = trained(experiment(), b, tmp_path)
    assert (len(plan.combinations), sweep.seeds, len(record.trials)) == (4, 8, 32)
    assert measured_column(record) == "validation_accuracy"
    values = values_of(plan, record, sweep.seeds, "validation_accuracy")
    assert all(len(measured) == 8 for measured in values.values())
    optimizer, penalty = contributions(plan, values, maximize=True).changes
    assert optimizer.in_a is not None
    assert optimizer.in_b is not None
    assert penalty.in_a is not None
    assert optimizer.in_a.mean == pytest.approx(0.2, abs=0.01)
    assert optimizer.in_b.mean == pytest.approx(0.25, abs=0.01)
    assert penalty.in_a.mean == pytest.approx(-0.1, abs=0.01)
    assert optimizer.in_a.shown


def test_a_trial_of_why_is_the_run_of_its_spec(tmp_path: Path) -> None:
    b = experiment(optimizer={"name": "adam"})
    _, _, record = trained(experiment(), b, tmp_path, seeds=2)
    specs = [(record.trial(number) / "spec.yaml").read_text(encoding="utf-8") for number in (1, 3)]
    assert specs == [experiment().to_yaml(), b.to_yaml()]


def test_the_plan_is_found_again_in_the_folder(tmp_path: Path) -> None:
    b = experiment(model=MLP, train={**SPIRAL["train"], "iterations": None, "epochs": 90}, dtype="float64")
    plan, _, record = trained(experiment(), b, tmp_path, seeds=1)
    assert [change.name for change in plan.changes] == ["train.iterations, train.epochs", "dtype", "model"]
    again = plan_of_sweep(load_sweep(record.path / "sweep.yaml"))
    assert again.changes == plan.changes
    assert again.combinations == plan.combinations


def test_diverged_trials_have_no_value(tmp_path: Path) -> None:
    plan, sweep, record = trained(experiment(), experiment(dtype="float64"), tmp_path)
    values = values_of(plan, record, sweep.seeds, "validation_accuracy")
    assert [len(values[combination]) for combination in plan.combinations] == [6, 5]
    (only,) = contributions(plan, values, maximize=True).changes
    assert only.in_a is not None
    assert only.in_a.n == 5


def test_without_a_goal_the_first_metric_that_runs_report_is_measured(tmp_path: Path) -> None:
    a = experiment(data={"name": "spiral", "points": 10})
    b = experiment(data={"name": "spiral", "points": 10}, dtype="float64")
    _, sweep, record = trained(a, b, tmp_path, seeds=1)
    assert sweep.goal is None
    assert measured_column(record) == "validation_accuracy"  # the fake runs report no test metric


def test_goal_of_why_is_measured(tmp_path: Path) -> None:
    _, _, record = trained(experiment(), experiment(dtype="float64"), tmp_path, seeds=1, goal="train_accuracy")
    assert measured_column(record) == "train_accuracy"
    with pytest.raises(UsageError, match="test_accuracy"):
        sweep_of(plan_between(experiment(), experiment(dtype="float64")), experiment(), goal="test_accuracy")


def test_combinations_whose_shapes_do_not_fit_are_left_out() -> None:
    """The batch of B does not fit the samples of A."""
    a = experiment(data={"name": "spiral", "points": 4}, train={"iterations": 5, "batch_size": 5})
    b = experiment(data={"name": "spiral", "points": 40}, train={"iterations": 5, "batch_size": 90}, dtype="float64")
    plan = plan_between(a, b)
    assert [change.name for change in plan.changes] == ["dtype", "data.points", "train.batch_size"]
    assert set(plan.impossible) == {frozenset({2}), frozenset({0, 2})}
    assert all("batch_size" in reason for reason in plan.impossible.values())


def test_evaluations_matter_where_something_follows_them() -> None:
    often = {**SPIRAL["train"], "eval_every": 5}
    stopping = {"early_stopping": {"metric": "train_loss"}}
    plan = plan_between(experiment(), experiment(train=often, dtype="float64"))
    assert [change.name for change in plan.changes] == ["dtype"]
    plan = plan_between(
        experiment(train={**SPIRAL["train"], **stopping}), experiment(train={**often, **stopping}, dtype="float64")
    )
    assert [change.name for change in plan.changes] == ["dtype", "train.eval_every"]


def test_data_of_another_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        rows = [f"{index},{index % 2}" for index in range(12)]
        (tmp_path / name / "own.csv").write_text("\n".join(["a,b", *rows]), encoding="utf-8")
    specs = []
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        specs.append(experiment(data={"name": "table", "path": "own.csv"}))
    monkeypatch.chdir(tmp_path)
    plan = plan_between(*specs)
    assert [change.name for change in plan.changes] == ["data.path"]
    sweep = sweep_of(plan, specs[0])
    files = [sweep.experiment(plan.settings(combination)).data.path for combination in plan.combinations]  # type: ignore[attr-defined]
    assert [str(file) for file in files] == [str(tmp_path / name / "own.csv") for name in ("one", "two")]


def test_other_sweeps_are_not_of_why() -> None:
    for over in ({"optimizer.lr": [0.1, 0.2, 0.3]}, {"optimizer.lr": [0.1, 0.2], "seed": [0, 1]}, {"seed": [0, 1]}):
        with pytest.raises(UsageError, match=r"is a sweep of other trainings|do not differ"):
            plan_of_sweep(sweep_from_python(SPIRAL, over))
