"""What a resumed sweep trains again, and when it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from fake_sweeps import FakeWorkers, KeptLines, Sweeping, files_of

from nnlab.errors import Interrupted, RunError
from nnlab.records.drawing import lacks_pictures
from nnlab.storage.lock import writing
from nnlab.sweeps.worker import SECONDS_TO_SAVE


def test_a_finished_sweep_is_left_alone(sweeping: Sweeping) -> None:
    result, workers, reporter = sweeping(), FakeWorkers(), KeptLines()
    before = files_of(result.path)
    again = sweeping(resume=result.path, workers=workers, reporter=reporter)
    assert reporter.lines == [f"{result.path}: is completed, so there is nothing left to do"]
    assert (workers.started, files_of(result.path)) == ([], before)
    assert again.trials["validation_accuracy"].tolist() == result.trials["validation_accuracy"].tolist()


def test_failed_trials_are_trained_again_when_asked(sweeping: Sweeping) -> None:
    undisturbed = sweeping()
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed run"]})).path
    workers = FakeWorkers()
    assert sweeping(resume=path, workers=workers).summary["counts"] == {"completed": 2, "failed": 1}
    assert workers.started == []
    workers = FakeWorkers()
    sweeping(resume=path, workers=workers, retry_failed=True)
    assert workers.started == [(2, None)]
    assert files_of(path) == files_of(undisturbed.path)


def test_a_trial_that_failed_before_it_had_a_folder_is_trained_again(sweeping: Sweeping) -> None:
    undisturbed = sweeping()
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed"]})).path
    sweeping(resume=path)
    assert files_of(path) == files_of(undisturbed.path)


def test_a_sweep_killed_before_its_table_was_written_is_resumed(sweeping: Sweeping) -> None:
    undisturbed = sweeping(seeds=2)
    path = sweeping(seeds=2).path
    for name in ("trials.csv", "summary.json", "best.yaml", "trial-003/summary.json"):
        (path / name).unlink()
    workers = FakeWorkers()
    sweeping(resume=path, workers=workers)
    assert workers.started == [(3, None)]
    assert files_of(path) == files_of(undisturbed.path)


def test_a_damaged_table_is_rebuilt_from_the_trials(sweeping: Sweeping) -> None:
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed"]})).path
    (path / "trials.csv").write_text("trial;status\n", encoding="utf-8")
    reporter = KeptLines()
    sweeping(resume=path, reporter=reporter)
    assert any("trials.csv:1: " in line and "is rebuilt" in line for line in reporter.lines)
    assert files_of(path) == files_of(sweeping().path)


@pytest.mark.parametrize("table", [None, b"", b"trial;status\n"])
def test_a_lost_table_of_a_finished_sweep_is_rebuilt(sweeping: Sweeping, table: bytes | None) -> None:
    path, workers = sweeping().path, FakeWorkers()
    before = files_of(path)
    (path / "trials.csv").unlink()
    if table is not None:
        (path / "trials.csv").write_bytes(table)
    sweeping(resume=path, workers=workers)
    assert (workers.started, files_of(path)) == ([], before)


def test_a_lost_trial_of_a_finished_sweep_is_trained_again(sweeping: Sweeping) -> None:
    path, workers = sweeping().path, FakeWorkers()
    before = files_of(path)
    shutil.rmtree(path / "trial-002")
    sweeping(resume=path, workers=workers)
    assert (workers.started, files_of(path)) == ([(2, None)], before)


def test_pictures_of_a_sweep_that_was_stopped_while_drawing_are_drawn(
    sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(path: Path, say: object) -> None:
        raise Interrupted(2)

    undrawn = "nnlab.figures.sweep_pictures.draw_sweep"
    with monkeypatch.context() as patched:
        patched.setattr(undrawn, stopped)
        with pytest.raises(Interrupted, match=r"has ended and is in .*; nnlab plot .* draws its pictures"):
            sweeping()
    (path,) = (tmp_path / "runs").iterdir()
    assert lacks_pictures(path, "sweep")
    drawn: list[Path] = []
    monkeypatch.setattr(undrawn, lambda path, say: drawn.append(path))
    workers = FakeWorkers()
    sweeping(resume=path, workers=workers)
    assert (workers.started, drawn) == ([], [path])
    assert not lacks_pictures(path, "sweep")


def test_a_trial_of_another_spec_is_refused(sweeping: Sweeping) -> None:
    path = sweeping(workers=FakeWorkers(scripts={3: ["failed"]})).path
    (path / "trial-001").rename(path / "kept")
    (path / "trial-002").rename(path / "trial-001")
    (path / "kept").rename(path / "trial-002")
    with pytest.raises(RunError, match=r"trial-001.summary\.json: spec_sha256: the run is not that of this trial"):
        sweeping(resume=path)


@pytest.mark.parametrize("scripts", [{}, {2: ["failed"]}])
def test_a_changed_sweep_file_is_refused(sweeping: Sweeping, scripts: dict[int, list[str]]) -> None:
    path = sweeping(workers=FakeWorkers(scripts=scripts)).path
    text = (path / "sweep.yaml").read_text(encoding="utf-8")
    (path / "sweep.yaml").write_text(text.replace("0.25", "0.3"), encoding="utf-8")
    with pytest.raises(RunError, match=r"sweep\.yaml: is not this sweep"):
        sweeping(resume=path)


def test_other_data_or_versions_are_refused_unless_drift_is_allowed(sweeping: Sweeping) -> None:
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed"]})).path
    (path / "trial-001" / "environment.json").write_text(json.dumps({"nnlab": "0.0.1"}), encoding="utf-8")
    with pytest.raises(RunError, match=r"nnlab: 0\.0\.1 then, .* now"):
        sweeping(resume=path)
    result = sweeping(resume=path, allow_drift=True)
    assert result.summary["status"] == "completed"
    assert any(line.startswith("nnlab: 0.0.1 then") for line in result.summary["drift"])


def test_a_folder_without_a_sweep_is_refused(sweeping: Sweeping, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not the folder of a sweep"):
        sweeping(resume=tmp_path)


def test_a_sweep_that_runs_cannot_be_resumed(sweeping: Sweeping) -> None:
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed"]})).path
    with writing(path), pytest.raises(RunError, match="is writing it"):
        sweeping(resume=path)


def test_workers_of_a_killed_sweep_are_waited_for(sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sweeping(workers=FakeWorkers(scripts={2: ["failed"]})).path
    locked = [[path / "trial-003"], [path / "trial-003"], []]
    monkeypatch.setattr("nnlab.sweeps.resume.is_being_written", lambda folder: folder in locked[0])
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        locked.pop(0)

    monkeypatch.setattr("nnlab.sweeps.resume.sleep", sleep)
    reporter = KeptLines()
    sweeping(resume=path, reporter=reporter)
    assert reporter.lines[0] == "waiting for trial-003 to be saved"
    assert len(waited) == 2
    assert sum(waited) < SECONDS_TO_SAVE
