import pickle
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from trainings import make_experiment

from nnlab.core.signals import never
from nnlab.errors import DataError
from nnlab.sweeps import dask_tasks
from nnlab.sweeps.dask_tasks import (
    PROCESS,
    Assignment,
    Result,
    ask_to_stop,
    describe,
    train_assignment,
    with_data_here,
)
from nnlab.sweeps.trial import TrialTask, run_trial

distributed = pytest.importorskip("distributed")

XOR = """\
data: {name: xor, validation: 0.2}
model: {name: mlp, hidden: [4]}
optimizer: adam
train: {iterations: 12, eval_every: 5}
"""
TABLE = "{data: {name: table, path: sub/points.csv}, model: softmax, optimizer: adam, train: {iterations: 1}}"
POINTS = "x,y,class\n" + "".join(f"{row}.5,{-row},{'ab'[row % 2]}\n" for row in range(10))
SAME = ("spec.yaml", "steps.csv", "metrics.csv", "model.safetensors", "inputs.json")


class Worker:
    """What a task sees of the worker that runs it."""

    def __init__(self, folder: Path) -> None:
        self.local_directory = str(folder)
        self.status = SimpleNamespace(name="running")
        self.task = SimpleNamespace(state="executing")
        self.state = SimpleNamespace(tasks={"key": self.task})
        folder.mkdir()

    def get_current_task(self) -> str:
        return "key"


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker(tmp_path / "worker")
    monkeypatch.setattr(distributed, "get_worker", lambda: made)
    return made


@pytest.fixture
def task(tmp_path: Path) -> TrialTask:
    return TrialTask(1, make_experiment(tmp_path, XOR), tmp_path / "sweep" / "trial-001", threads=1)


def sent(assignment: Assignment) -> Result:
    """Train a trial on a worker, there and back as pickled."""
    result = pickle.loads(pickle.dumps(train_assignment(pickle.loads(pickle.dumps(assignment)))))
    assert isinstance(result, Result)
    return result


def test_the_files_that_come_back_are_those_of_a_local_trial(worker: Worker, task: TrialTask, tmp_path: Path) -> None:
    result = sent(Assignment(task, PROCESS, "session", None))
    assert result.outcome == run_trial(replace(task, folder=tmp_path / "local"), never)
    assert {name: result.files[name] for name in SAME} == {
        name: (tmp_path / "local" / name).read_bytes() for name in SAME
    }
    assert list(Path(worker.local_directory).iterdir()) == []
    assert not task.folder.exists()


@pytest.mark.parametrize("ending", ["asked to stop", "cancelled", "closing", "forgotten"])
def test_a_stopped_trial_comes_back_with_its_checkpoint_and_is_resumed_elsewhere(
    worker: Worker, task: TrialTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    result = sent(Assignment(replace(task, until=7), PROCESS, "session", None))
    assert result.outcome.status == "paused"
    monkeypatch.setattr(dask_tasks, "_stopped", set())
    if ending == "asked to stop":
        ask_to_stop("session")
    elif ending == "closing":
        worker.status.name = "closing"
    elif ending == "cancelled":
        worker.task.state = "cancelled"
    else:
        worker.state.tasks.clear()
    result = sent(Assignment(task, PROCESS, "session", None, result.files))
    assert result.outcome.status == "interrupted"
    assert "checkpoints/step-0000007.safetensors" in result.files
    worker.status.name, worker.task.state, worker.state.tasks["key"] = "running", "executing", worker.task
    result = sent(Assignment(task, PROCESS, "another session", None, result.files))
    assert result.outcome == run_trial(replace(task, folder=tmp_path / "local"), never)
    assert {name: result.files[name] for name in SAME} == {
        name: (tmp_path / "local" / name).read_bytes() for name in SAME
    }


@pytest.mark.usefixtures("worker")
def test_a_worker_started_again_at_the_same_address_trains_nothing_twice(task: TrialTask) -> None:
    result = sent(Assignment(task, "the process before", "session", None))
    assert (result.outcome.status, result.outcome.message) == ("lost", "its worker was started again")
    assert result.files == {}


@pytest.mark.usefixtures("worker")
def test_a_message_names_the_folder_of_the_sweep(task: TrialTask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(task: TrialTask, stop: object) -> Any:
        return dask_tasks.TrialOutcome(task.number, "failed", f"{task.folder}: cannot be written", 5)

    monkeypatch.setattr(dask_tasks, "run_trial", fail)
    result = sent(Assignment(task, PROCESS, "session", None))
    assert result.outcome.message == f"{task.folder}: cannot be written"
    assert result.files == {}


def test_a_full_disk_of_the_worker_is_a_failed_trial(worker: Worker, task: TrialTask) -> None:
    Path(worker.local_directory).rmdir()
    outcome = sent(Assignment(task, PROCESS, "session", None)).outcome
    assert (outcome.status, outcome.exit_code) == ("failed", 5)
    assert outcome.message == f"{worker.local_directory}: No such file or directory"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrialTask:
    """A trial whose data is on the client only; the worker's working folder is empty."""
    client, here = tmp_path / "client", tmp_path / "here"
    for folder in (client / "sub", here / "sub", tmp_path / "data"):
        folder.mkdir(parents=True)
    (client / "sub" / "points.csv").write_text(POINTS)
    made = make_experiment(client, TABLE)
    (client / "sub" / "points.csv").rename(tmp_path / "points.csv")
    monkeypatch.chdir(here)
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "data"))
    return TrialTask(1, made, tmp_path / "sweep" / "trial-001", threads=1)


@pytest.mark.parametrize("place", ["client/sub", "here/sub", "here", "data"])
def test_a_worker_finds_the_data_in_any_of_four_places(
    worker: Worker, table: TrialTask, tmp_path: Path, place: str
) -> None:
    (tmp_path / "points.csv").rename(tmp_path / place / "points.csv")
    found = with_data_here(table.experiment)
    assert found.data.files() == [tmp_path / place / "points.csv"]
    assert found.resolved() == table.experiment.resolved()
    description = describe(table.experiment)
    checksums = description.environment["data_sha256"]
    assert description.error is None
    assert list(checksums) == ["points.csv"]
    result = sent(Assignment(table, PROCESS, "session", checksums))
    assert result.outcome.status == "completed"
    assert b"path: sub/points.csv" in result.files["spec.yaml"]
    assert sent(Assignment(table, PROCESS, "session", checksums, result.files)).outcome.status == "completed"


@pytest.mark.usefixtures("worker")
def test_a_worker_without_the_data_names_every_place_that_it_looked_at(table: TrialTask, tmp_path: Path) -> None:
    error = describe(table.experiment).error
    assert isinstance(error, DataError)
    for place in ("client/sub", "here/sub", "here", "data"):
        assert str(tmp_path / place / "points.csv") in str(error)
    outcome = sent(Assignment(table, PROCESS, "session", None)).outcome
    assert (outcome.status, outcome.message, outcome.exit_code) == ("failed", str(error), 4)


def test_a_folder_that_a_worker_may_not_read_is_passed_over(
    table: TrialTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of the home of another user; root may read it, so it is simulated."""
    (tmp_path / "points.csv").rename(tmp_path / "data" / "points.csv")
    exists = Path.exists

    def refuse(path: Path) -> bool:
        if "client" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", refuse)
    assert with_data_here(table.experiment).data.files() == [tmp_path / "data" / "points.csv"]


@pytest.mark.usefixtures("worker")
def test_other_data_of_the_same_name_is_refused_before_training(table: TrialTask, tmp_path: Path) -> None:
    (tmp_path / "points.csv").rename(tmp_path / "data" / "points.csv")
    result = sent(Assignment(table, PROCESS, "session", {"points.csv": "0" * 64}))
    assert (result.outcome.status, result.outcome.exit_code, result.files) == ("failed", 2, {})
    assert result.outcome.message.startswith("points.csv: has SHA-256 ")
    assert sent(Assignment(table, PROCESS, "session", None)).outcome.status == "completed"
