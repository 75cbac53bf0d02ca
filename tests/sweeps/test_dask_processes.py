"""A real scheduler and real workers on 127.0.0.1."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from clusters import eventually
from trainings import make_experiment

from nnlab.config.sweep_loading import sweep_from_python
from nnlab.core.signals import never
from nnlab.errors import UsageError
from nnlab.records.environment import describe_environment
from nnlab.records.json_files import read_environment, read_summary
from nnlab.storage.layout import ENVIRONMENT_FILE, SUMMARY_FILE
from nnlab.sweeps.dask_workers import DaskWorkers
from nnlab.sweeps.run import run_sweep
from nnlab.sweeps.trial import TrialOutcome, TrialTask, run_trial

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

SPIRAL = """\
data: {name: spiral, points: 20, validation: 0.2}
model: {name: mlp, hidden: [8]}
optimizer: adam
train: {iterations: 2000, eval_every: 500}
"""
SECONDS = 60


class Cluster:
    """The processes of a scheduler and its workers; each worker has a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start("scheduler", "--port", "0")
        eventually(self.file.exists)

    def worker(self, name: str, *options: str, **environment: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        options = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder), "--death-timeout", "60", *options)
        self._start("worker", *options, name=name, environment=environment)

    def _start(self, role: str, *options: str, name: str = "", environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "dask", role, "--host", "127.0.0.1", "--no-dashboard"]
        command += ["--scheduler-file", str(self.file), *options]
        with (self.folder / "log").open("ab") as log:
            self.processes[name or role] = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **(environment or {})}
            )

    def kill(self, name: str) -> None:
        """Kill a process as kill -9 does."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def end(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def trains(self, name: str) -> bool:
        """Whether a worker has begun to train a trial."""
        return any((self.folder / name).glob("**/nnlab-*/trial-*/steps.csv"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.worker("first")
        made.worker("second")
        yield made
    finally:
        made.end()


class HereWorkers:
    """Trains in this process."""

    slots = 1

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        future: Future[TrialOutcome] = Future()
        future.set_result(run_trial(task, never))
        return future

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


def contents(path: Path) -> dict[str, bytes]:
    """The files of a sweep that do not depend on where and when it was trained."""
    found = {file.relative_to(path): file for file in path.rglob("*") if file.is_file()}
    timed = {"environment.json", "log.txt", *(f"trial-00{number}/{SUMMARY_FILE}" for number in range(1, 4))}
    return {
        str(name): file.read_bytes() if "checkpoints" not in name.parts else b""
        for name, file in found.items()
        if name.name not in timed and str(name) not in timed
    }


def test_a_sweep_is_byte_for_byte_the_local_one_though_a_worker_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    base = make_experiment(tmp_path, SPIRAL)
    sweep = sweep_from_python(base, {"seed": [0, 1, 2]})

    def kill() -> None:
        eventually(lambda: cluster.trains("first"))
        cluster.kill("first")

    killer = Thread(target=kill)
    workers = DaskWorkers(str(cluster.file), base)
    try:
        killer.start()
        found = run_sweep(sweep, tmp_path / "sweep", workers)
    finally:
        killer.join()
        workers.close()
    assert "first" not in cluster.processes
    assert found.summary["counts"] == {"completed": 3}
    assert contents(found.path) == contents(run_sweep(sweep, tmp_path / "local", HereWorkers()).path)


def test_a_stopped_trial_comes_back_with_its_checkpoint_and_is_resumed(cluster: Cluster, tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPIRAL, "train.iterations=10000000", "train.checkpoint_every=50")
    task = TrialTask(1, experiment, tmp_path / "sweep" / "trial-001", threads=1)
    task.folder.parent.mkdir()
    workers = DaskWorkers(str(cluster.file), experiment)
    try:
        future = workers.submit(task)
        eventually(lambda: any(cluster.folder.glob("*/**/nnlab-*/trial-001/checkpoints/step-*")))
        workers.stop()
        assert future.result(SECONDS).status == "interrupted"
    finally:
        workers.close()
    stopped = read_summary(task.folder / SUMMARY_FILE)["steps"]
    assert 50 <= stopped < 10_000_000
    task = replace(task, until=stopped + 20)
    workers = DaskWorkers(str(cluster.file), experiment)
    try:
        assert workers.submit(task).result(SECONDS).status == "paused"
    finally:
        workers.close()
    assert read_environment(task.folder / ENVIRONMENT_FILE)["resumed_after"] == [stopped]
    assert [path.name for path in task.folder.parent.iterdir()] == ["trial-001"]
    local = replace(task, folder=tmp_path / "trial-001")
    assert run_trial(local, never).status == "paused"
    for name in ("steps.csv", "metrics.csv"):
        assert (task.folder / name).read_bytes() == (local.folder / name).read_bytes()


@pytest.mark.skipif(
    not any(blas["internal_api"] == "openblas" for blas in describe_environment({})["blas"])
    or platform.machine() not in ("x86_64", "AMD64"),
    reason="needs OpenBLAS on an x86 processor",
)
def test_a_worker_with_other_blas_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    experiment = make_experiment(tmp_path, SPIRAL)
    cluster.worker("other", OPENBLAS_CORETYPE="Nehalem")
    said: list[str] = []
    try:
        workers = DaskWorkers(str(cluster.file), experiment, allow_drift=True, say=said.append)
        try:
            eventually(lambda: workers.slots == len(cluster.processes) - 1)  # all but the scheduler
        finally:
            workers.close()
        difference = r"^worker tcp://127\.0\.0\.1:\d+: BLAS architecture is Nehalem there, \w+ here"
        assert re.match(difference, "".join(said))
        with pytest.raises(UsageError, match=difference + "\n.*--allow-drift"):
            DaskWorkers(str(cluster.file), experiment)
    finally:
        cluster.kill("other")
