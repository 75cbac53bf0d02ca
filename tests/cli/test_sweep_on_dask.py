"""``nnlab sweep --dask`` as a user calls it, on a cluster without processes whose workers train nothing."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from clusters import MadeCall, MadeCluster, with_numpy
from fake_sweeps import SPIRAL, FakeWorkers, accuracy_by_lr, write_run

from nnlab.config.yaml_writer import dump_yaml
from nnlab.records.sweep_folder import read_sweep_summary
from nnlab.sweeps import dask_workers
from nnlab.sweeps.dask_folders import files_of
from nnlab.sweeps.dask_workers import DaskWorkers

SWEEP = ("sweep", "spiral.yaml", "-s", "optimizer.lr=0.5,0.25,0.125", "--dask", "10.0.0.1:8786")


class TrainingCluster(MadeCluster):
    """Two workers, which answer until the scheduler is lost."""

    def __init__(self, folder: Path) -> None:
        super().__init__("tcp://10.0.0.2:1", "tcp://10.0.0.3:1")
        self.folder = folder
        self.lost_after = 100
        folder.mkdir()

    def answer(self) -> None:
        for number in range(1000):
            call = self.sent.get()
            if call.worker == "end":
                return
            if number == self.lost_after:
                self.is_lost = True
            else:
                task = replace(call.assignment.task, folder=self.folder / f"{number}")
                write_run(task, 90, "completed", accuracy_by_lr)
                call.train(files_of(task.folder))


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainingCluster]:
    made = TrainingCluster(tmp_path / "cluster")
    monkeypatch.setattr(dask_workers, "DaskWorkers", partial(DaskWorkers, connect=made.connect))
    monkeypatch.setattr(dask_workers, "POLL_SECONDS", 0.01)
    monkeypatch.setattr("nnlab.cli.sweep_run.LocalWorkers", FakeWorkers)
    thread = Thread(target=made.answer, daemon=True)
    thread.start()
    yield made
    made.sent.put(MadeCall("end", None))
    thread.join()


@pytest.fixture(autouse=True)
def spiral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])
    (tmp_path / "spiral.yaml").write_text(dump_yaml(SPIRAL), encoding="utf-8")


def test_trials_of_a_cluster_are_those_of_this_machine(nnlab, cluster: TrainingCluster) -> None:
    answer = nnlab(*SWEEP)
    assert answer.code == 0
    assert "spiral: 3 trials, 2 at a time" in answer.stderr
    path = Path(answer.stdout.splitlines()[-1])
    here = Path(nnlab(*SWEEP[:-2], "--parallel", 2).stdout.splitlines()[-1])
    for name in ("trials.csv", "summary.json", "best.yaml", "trial-003/metrics.csv"):
        assert (path / name).read_bytes() == (here / name).read_bytes()
    assert cluster.is_closed


def test_a_lost_scheduler_interrupts_the_sweep_which_is_resumed_here(nnlab, cluster: TrainingCluster) -> None:
    cluster.lost_after = 1
    answer = nnlab(*SWEEP)
    assert answer.code == 1
    (path,) = Path("runs").iterdir()
    assert "the Dask scheduler at tcp://10.0.0.1:8786 does not answer any more" in answer.stderr
    assert f"nnlab sweep --resume {path} resumes it" in answer.stderr
    assert read_sweep_summary(path)["status"] == "interrupted"
    assert nnlab("sweep", "--resume", "last").code == 0
    assert read_sweep_summary(path)["counts"] == {"completed": 3}


def test_a_differing_worker_is_refused_before_there_is_a_folder(nnlab, cluster: TrainingCluster) -> None:
    cluster.descriptions["tcp://10.0.0.3:1"] = with_numpy("1.0")
    answer = nnlab(*SWEEP)
    assert answer.code == 2
    assert "worker tcp://10.0.0.3:1: numpy is 1.0 there" in answer.stderr
    assert not Path("runs").exists()
    assert nnlab(*SWEEP, "--allow-drift").code == 0


def test_parallel_does_not_go_with_a_cluster(nnlab, cluster: TrainingCluster) -> None:
    answer = nnlab(*SWEEP, "--parallel", 2)
    assert answer.code == 2
    assert "--parallel is for this machine" in answer.stderr


def test_a_missing_extra_says_how_to_install_it(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    answer = nnlab(*SWEEP)
    assert answer.code == 2
    assert "pip install 'nnlab-runner[dask]'" in answer.stderr
    assert not Path("runs").exists()
