"""Cross-validation: every fold is a whole run that its spec repeats, and the parent averages them."""

import signal
import statistics
from pathlib import Path
from typing import Any

import pytest
from moons_runs import moons, read_summary
from stopped_runs import Lines

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.engine.loop import Outcome
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import BugError, DataError, Interrupted, RunError, UsageError
from nnlab.records.reader import read_run
from nnlab.storage.layout import METRICS_FILE, MODEL_FILE, SPEC_FILE, STEPS_FILE
from nnlab.train import run as run_module
from nnlab.train.crossval import cross_validate, fold_of
from nnlab.train.run import run

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_each_fold_is_a_whole_run_in_one_folder(experiment: Experiment, tmp_path: Path) -> None:
    reporter = Lines()
    result = cross_validate(experiment, 3, tmp_path / "runs", reporter)
    assert list((tmp_path / "runs").iterdir()) == [result.path]
    assert "-moons-crossval-" in result.path.name
    assert {path.name for path in result.path.iterdir()} == {"spec.yaml", "summary.json", "fold-1", "fold-2", "fold-3"}
    for number in (1, 2, 3):
        record = read_run(result.path / f"fold-{number}")
        assert (record.status, record.name) == ("completed", "moons")
        assert (record.spec["data"]["fold"], record.spec["data"]["folds"]) == (number, 3)
        assert len(record.steps["step"]) == 12
        assert (record.path / MODEL_FILE).is_file()
    assert [line for line in reporter.lines if line.startswith("fold ")] == [f"fold {k} of 3" for k in (1, 2, 3)]


def test_summary_has_mean_and_sample_standard_deviation_of_every_metric(experiment: Experiment, tmp_path: Path) -> None:
    result = cross_validate(experiment, 4, tmp_path)
    summary = read_summary(result.path)
    assert summary == result.summary
    assert (summary["status"], summary["folds"], summary["message"]) == ("completed", 4, "")
    finals = [read_run(result.path / f"fold-{number}").final or {} for number in range(1, 5)]
    names = ["validation_accuracy", "validation_loss", "test_accuracy", "test_loss", "train_accuracy", "train_loss"]
    assert list(summary["metrics"]) == [*names, "objective"]
    for name, spread in summary["metrics"].items():
        values = [row[name] for row in finals]
        assert spread["n"] == 4
        assert spread["mean"] == pytest.approx(statistics.mean(values), rel=1e-12)
        assert spread["std"] == pytest.approx(statistics.stdev(values), rel=1e-9)
    assert [run["folder"] for run in summary["runs"]] == ["fold-1", "fold-2", "fold-3", "fold-4"]
    assert summary["train_seconds"] == pytest.approx(sum(run["train_seconds"] for run in summary["runs"]))


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_the_spec_of_a_fold_repeats_it_bit_for_bit(tmp_path: Path, rng: str) -> None:
    experiment = moons(tmp_path, f"rng={rng}", "train.early_stopping={metric: train_loss, patience: 1}")
    result = cross_validate(experiment, 3, tmp_path / "runs")
    for number in (1, 3):
        fold = result.path / f"fold-{number}"
        again = run(load_experiment(fold / SPEC_FILE), tmp_path / "again").path
        for name in (SPEC_FILE, STEPS_FILE, METRICS_FILE, MODEL_FILE):
            assert (again / name).read_bytes() == (fold / name).read_bytes(), name


def test_a_cross_validation_repeats_with_its_own_spec(experiment: Experiment, tmp_path: Path) -> None:
    first = cross_validate(experiment, 3, tmp_path)
    again = cross_validate(
        load_experiment(first.path / SPEC_FILE, ["data.fold=1"]), first.summary["folds"], tmp_path / "again"
    )
    assert (again.path / SPEC_FILE).read_bytes() == (first.path / SPEC_FILE).read_bytes()
    assert again.summary["metrics"] == first.summary["metrics"]


def test_every_sample_is_held_out_once_and_the_test_set_is_unchanged(
    experiment: Experiment,
) -> None:
    whole = RunSetup(experiment).dataset
    held_out = []
    for number in (1, 2, 3, 4):
        dataset = RunSetup(fold_of(experiment, number, 4)).dataset
        assert dataset.validation is not None
        assert dataset.test is not None
        assert whole.test is not None
        assert dataset.test.inputs.tolist() == whole.test.inputs.tolist()
        held_out += dataset.validation.inputs.tolist()
    assert sorted(held_out) == sorted(whole.train.inputs.tolist())


def test_folds_take_the_place_of_a_validation_split(tmp_path: Path) -> None:
    experiment = moons(tmp_path, "data.validation=0.5", "train.early_stopping=true")
    result = cross_validate(experiment, 5, tmp_path / "runs")
    spec = read_run(result.path / "fold-1").spec["data"]
    assert (spec["validation"], spec["fold"], spec["folds"]) == (0.0, 1, 5)
    assert len(RunSetup(fold_of(experiment, 1, 5)).dataset.train) == 48


@pytest.mark.parametrize(
    ("overrides", "folds", "error", "message"),
    [
        ([], 1, UsageError, "folds: must be at least 2, got 1"),
        ([], 31, UsageError, r"data\.folds: 31 folds .* smallest class has 30 of the 60 training samples"),
        (["train.batch_size=41"], 3, UsageError, r"train\.batch_size: 41 is more than the 40 training samples"),
        (["data.train_size=100"], 3, DataError, r"data\.train_size"),
    ],
)
def test_a_cross_validation_that_cannot_start_leaves_no_folder(
    tmp_path: Path, overrides: list[str], folds: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        cross_validate(moons(tmp_path, *overrides), folds, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_leave_one_out(tmp_path: Path) -> None:
    experiment = moons(tmp_path, "data.points=3", "train.batch_size=full", "train.iterations=1")
    result = cross_validate(experiment, 6, tmp_path / "runs")
    assert result.summary["metrics"]["validation_accuracy"]["n"] == 6


def in_fold(number: int, monkeypatch: pytest.MonkeyPatch, behave: Any) -> None:
    """Replace the training of one fold."""
    right, seen = run_module.train, []

    def train(*arguments: Any) -> Outcome:
        seen.append(1)
        return behave(*arguments) if len(seen) == number else right(*arguments)

    monkeypatch.setattr(run_module, "train", train)


def test_a_diverged_fold_is_left_out_of_the_mean_and_does_not_stop_the_others(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_fold(2, monkeypatch, lambda *arguments: Outcome("diverged", 0, 0.0, "the loss became nan"))
    result = cross_validate(experiment, 4, tmp_path)
    summary = read_summary(result.path)
    assert (summary["status"], summary["message"]) == ("diverged", "1 of 4 folds diverged: fold-2")
    assert [run["status"] for run in summary["runs"]] == ["completed", "diverged", "completed", "completed"]
    assert summary["metrics"]["validation_loss"]["n"] == 3


def test_no_mean_if_every_fold_diverges(tmp_path: Path) -> None:
    wild = moons(tmp_path, "optimizer={name: sgd, lr: 1e6}", "penalty.l2=1e6", "train.iterations=500")
    summary = cross_validate(wild, 2, tmp_path / "runs").summary
    assert (summary["status"], summary["metrics"]) == ("diverged", {})


def test_a_signal_within_a_fold_interrupts_the_cross_validation(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(training: Any, observers: Any, stop: Any, keeper: Any) -> Outcome:
        stop.receive(signal.SIGTERM, None)
        return Outcome("interrupted", 0, 0.0)

    in_fold(2, monkeypatch, interrupted)
    with pytest.raises(Interrupted, match="stopped after 1 of 3 folds; everything is saved in ") as caught:
        cross_validate(experiment, 3, tmp_path / "runs")
    assert caught.value.exit_code == 143
    (folder,) = (tmp_path / "runs").iterdir()
    summary = read_summary(folder)
    assert (summary["status"], summary["message"]) == ("interrupted", "stopped after 1 of 3 folds")
    assert [run["status"] for run in summary["runs"]] == ["completed", "interrupted"]
    assert summary["metrics"]["validation_loss"]["n"] == 1
    assert summary["metrics"]["validation_loss"]["std"] is None


def test_a_signal_between_folds_interrupts_the_cross_validation(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnlab.train import crossval

    class Impatient(Lines):
        def say(self, line: str) -> None:
            if line == "fold 3 of 3":
                raise Interrupted(signal.SIGINT)

    with pytest.raises(Interrupted, match="stopped after 2 of 3 folds") as caught:
        crossval.cross_validate(experiment, 3, tmp_path / "runs", Impatient())
    assert caught.value.exit_code == 130
    (folder,) = (tmp_path / "runs").iterdir()
    assert read_summary(folder)["status"] == "interrupted"
    assert not (folder / "fold-3").exists()


def test_a_bug_in_a_fold_is_recorded(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> Outcome:
        raise KeyError("planted")

    in_fold(2, monkeypatch, broken)
    with pytest.raises(BugError, match="planted"):
        cross_validate(experiment, 3, tmp_path / "runs")
    (folder,) = (tmp_path / "runs").iterdir()
    summary = read_summary(folder)
    assert summary["status"] == "failed"
    assert "planted" in summary["message"]
    assert [run["status"] for run in summary["runs"]] == ["completed", "failed"]


def test_a_full_disk_is_a_run_error(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nnlab.records.crossval_folder.atomic_write", full)
    with pytest.raises(RunError, match=r"spec\.yaml: cannot be written: No space left on device"):
        cross_validate(experiment, 3, tmp_path / "runs")


def test_more_folds_than_samples_are_refused_before_training(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folds"):
        cross_validate(experiment, 10**9, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
