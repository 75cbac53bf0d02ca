"""Worker processes on this machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_sweeps import SPIRAL

from nnlab.config.experiment import Experiment
from nnlab.config.loading import as_experiment
from nnlab.records.checkpoint import checkpoint_files
from nnlab.sweeps import worker
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.trial import TrialTask

pytestmark = pytest.mark.slow
ENDLESS = 10**6


@pytest.fixture
def workers() -> Iterator[LocalWorkers]:
    workers = LocalWorkers(2)
    yield workers
    workers.close()


def experiment(iterations: int) -> Experiment:
    return as_experiment({**SPIRAL, "train": {**SPIRAL["train"], "iterations": iterations, "eval_every": 1000}})


def task(number: int, folder: Path, iterations: int = 20) -> TrialTask:
    return TrialTask(number, experiment(iterations), folder / f"trial-{number:03d}", threads=1)


def wait_until_training(workers: LocalWorkers, folder: Path, number: int) -> int:
    """Wait until a trial has begun; returns its process."""
    while not (folder / f"trial-{number:03d}" / "metrics.csv").exists():
        time.sleep(0.01)
    return workers.training[number]


def test_a_dead_worker_costs_its_trial_and_a_stopped_one_saves(workers: LocalWorkers, tmp_path: Path) -> None:
    """In one test, since each process takes a second to start."""
    endless = [workers.submit(task(number, tmp_path, ENDLESS)) for number in (1, 2)]
    os.kill(wait_until_training(workers, tmp_path, 1), signal.SIGKILL)
    assert endless[0].result().status == "lost"

    assert workers.submit(task(3, tmp_path)).result().status == "completed"
    idle = workers._idle.get()
    workers._idle.put(idle)
    assert idle.pid
    os.kill(idle.pid, signal.SIGKILL)
    assert workers.submit(task(4, tmp_path)).result().status == "completed"
    os.kill(idle.pid, signal.SIGINT)  # as Ctrl-C sends it to idle workers too
    assert workers.submit(task(5, tmp_path)).result().status == "completed"

    wait_until_training(workers, tmp_path, 2)
    workers.stop()
    assert endless[1].result().status == "interrupted"
    assert checkpoint_files(tmp_path / "trial-002")
    assert workers.submit(task(6, tmp_path)).result().status == "waiting"
    assert not (tmp_path / "trial-006").exists()


def test_closing_kills_what_still_trains(tmp_path: Path) -> None:
    workers = LocalWorkers(1)
    lost = workers.submit(task(1, tmp_path, ENDLESS))
    process = wait_until_training(workers, tmp_path, 1)
    workers.close()
    assert lost.done()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_components_of_the_script_itself_fail_their_trial_with_advice() -> None:
    pickled = b"c__main__\nMyOptimizer\n."  # as pickle writes a class of a script
    outcome = worker.train(7, pickled)
    assert (outcome.number, outcome.status, outcome.exit_code) == (7, "failed", 2)
    assert "MyOptimizer" in outcome.message
    assert "define its components in a module" in outcome.message


def test_a_worker_imports_neither_plots_nor_the_command_line() -> None:
    code = (
        "import sys, nnlab.sweeps.worker\n"
        "assert 'numpy' not in sys.modules\n"  # so that the number of BLAS threads can still be set
        "import nnlab.sweeps.trial\n"
        "loaded = {'matplotlib', 'rich', 'typer', 'nnlab.plots', 'nnlab.figures', 'nnlab.cli'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
