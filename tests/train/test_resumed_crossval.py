"""An interrupted cross-validation is resumed exactly."""

import json
import signal
from pathlib import Path

import pytest
from moons_runs import read_summary
from stopped_runs import Lines, change_environment, environment

from nnlab.config.experiment import Experiment
from nnlab.errors import Interrupted, RunError
from nnlab.storage.layout import METRICS_FILE, MODEL_FILE, SPEC_FILE, STEPS_FILE, SUMMARY_FILE
from nnlab.storage.lock import RunLock
from nnlab.train.crossval import cross_validate, resume_cross_validation
from nnlab.train.run import run

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pictures")]


def stopped_in_fold(number: int, experiment: Experiment, runs: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> Path:
    """A cross-validation that a signal stopped after ``at`` updates of a fold."""
    folds = 0

    class Stopping(Lines):
        def say(self, line: str) -> None:
            nonlocal folds
            folds += line.startswith("fold ")
            if folds == number and line.startswith(f"step {at:>2}/"):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match=f"stopped after {number - 1} of 3 folds; .* nnlab crossval --resume"):
        cross_validate(experiment, 3, runs, Stopping())
    (folder,) = runs.iterdir()
    return folder


RESULTS = (SPEC_FILE, STEPS_FILE, METRICS_FILE, MODEL_FILE)


@pytest.mark.parametrize(("number", "at"), [(1, 4), (2, 0), (3, 8)])
def test_an_interrupted_cross_validation_resumes_exactly(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, at: int
) -> None:
    whole = cross_validate(experiment, 3, tmp_path / "whole")
    folder = stopped_in_fold(number, experiment, tmp_path / "runs", monkeypatch, at)
    assert read_summary(folder)["status"] == "interrupted"
    assert not (folder / f"fold-{number + 1}").exists()
    reporter = Lines()
    result = resume_cross_validation(folder, reporter)
    assert (result.path, result.name) == (folder, "moons")
    assert result.summary == read_summary(folder)
    assert result.summary["status"] == "completed"
    assert result.summary["metrics"] == whole.summary["metrics"]
    for path in (f"fold-{k}/{name}" for k in (1, 2, 3) for name in RESULTS):
        assert (folder / path).read_bytes() == (whole.path / path).read_bytes(), path
    said = [line for line in reporter.lines if line.startswith("fold ")]
    assert said == [f"fold {k} of 3{': completed before' if k < number else ''}" for k in (1, 2, 3)]
    again = Lines()
    assert resume_cross_validation(folder, again).summary == result.summary
    assert again.lines == [f"{folder}: is completed, so there is nothing left to do"]


def test_a_cross_validation_killed_before_a_fold_started_resumes(experiment: Experiment, tmp_path: Path) -> None:
    folder = cross_validate(experiment, 3, tmp_path / "runs").path
    whole = {name: (folder / f"fold-3/{name}").read_bytes() for name in RESULTS}
    summary = read_summary(folder)
    (folder / SUMMARY_FILE).write_text(json.dumps(summary | {"status": "running"}), encoding="utf-8")
    for path in (folder / "fold-3").iterdir():  # what there is between making a run folder and its first record
        if path.is_file():
            path.unlink()
    (folder / "fold-3" / STEPS_FILE).write_text("step,lo", encoding="utf-8")
    assert resume_cross_validation(folder).summary["metrics"] == summary["metrics"]
    assert {name: (folder / f"fold-3/{name}").read_bytes() for name in RESULTS} == whole


def test_a_second_writer_of_a_cross_validation_is_refused(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_in_fold(2, experiment, tmp_path / "runs", monkeypatch, 4)
    lock = RunLock(folder)
    with pytest.raises(RunError, match="is writing it"):
        resume_cross_validation(folder)
    lock.release()
    assert resume_cross_validation(folder).summary["status"] == "completed"
    assert not (folder / "lock").exists()


def test_drift_of_a_cross_validation_is_refused(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_in_fold(2, experiment, tmp_path / "runs", monkeypatch, 4)
    change_environment(folder / "fold-1", packages={"numpy": "1.0"})
    with pytest.raises(RunError, match=r"numpy: 1\.0 then, .* now\n--allow-drift resumes it anyway"):
        resume_cross_validation(folder)
    assert resume_cross_validation(folder, allow_drift=True).summary["status"] == "completed"
    drift = environment(folder / "fold-3")["drift"]
    assert [line.partition(" then")[0] for line in drift] == ["numpy: 1.0"]

    spec = folder / SPEC_FILE
    spec.write_text(spec.read_text(encoding="utf-8").replace("lr: 0.05", "lr: 0.06"), encoding="utf-8")
    with pytest.raises(RunError, match=r"is not the spec .* differ\n  spec optimizer\.lr: 0\.05 then, 0\.06 now$"):
        resume_cross_validation(folder)


def test_a_fold_that_is_a_link_is_refused(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_in_fold(2, experiment, tmp_path / "runs", monkeypatch, 4)
    elsewhere = (folder / "fold-2").rename(tmp_path / "elsewhere")
    (folder / "fold-2").symlink_to(elsewhere)
    before = (elsewhere / STEPS_FILE).read_bytes()
    with pytest.raises(RunError, match="fold-2: is a link, but a cross-validation writes into its own folder only"):
        resume_cross_validation(folder)
    assert (elsewhere / STEPS_FILE).read_bytes() == before


def test_drift_of_an_earlier_resumption_is_recorded_for_later_folds_too(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_in_fold(2, experiment, tmp_path / "runs", monkeypatch, 4)
    change_environment(folder / "fold-1", drift=["numpy: 1.0 then, 2.0 now"])
    (folder / "fold-3").mkdir()
    (folder / "fold-3" / ".spec.yaml.0a1b2c3d.tmp").write_bytes(b"half")
    resume_cross_validation(folder)
    assert environment(folder / "fold-3")["drift"] == ["numpy: 1.0 then, 2.0 now"]
    assert not list((folder / "fold-3").glob(".*"))


def test_only_a_cross_validation_can_be_resumed(experiment: Experiment, tmp_path: Path) -> None:
    path = run(experiment, tmp_path).path
    for folder in (path, tmp_path / "nothing"):
        with pytest.raises(RunError, match="is not the folder of a cross-validation"):
            resume_cross_validation(folder)


def test_a_fold_without_final_metrics_is_left_out_of_the_mean(experiment: Experiment, tmp_path: Path) -> None:
    folder = cross_validate(experiment, 3, tmp_path / "runs").path
    file = folder / "fold-2" / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(summary | {"final": None}), encoding="utf-8")
    assert resume_cross_validation(folder).summary["metrics"]["train_loss"]["n"] == 2
