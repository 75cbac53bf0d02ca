"""Whole sweeps in processes of their own: interrupted, killed, and started from a script."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_sweeps import SPIRAL

from nnlab.config.sweep_loading import sweep_from_python
from nnlab.records.formats import trial_folders
from nnlab.storage.lock import is_being_written
from nnlab.sweeps.pool import LocalWorkers
from nnlab.sweeps.resume import resume_sweep
from nnlab.sweeps.run import run_sweep

pytestmark = pytest.mark.slow

OVER = {"optimizer.lr": [0.1, 0.01, 0.001, 0.0001]}
SPEC = {**SPIRAL, "train": {"iterations": 4000, "batch_size": 8, "eval_every": 500, "checkpoint_every": 500}}
SCRIPT = f"import nnlab\nprint('once', flush=True)\nnnlab.sweep({SPEC!r}, {OVER!r}, parallel=2, runs='runs')\n"
COMPARED = ("steps.csv", "metrics.csv", "model.safetensors", "spec.yaml", "trials.csv", "summary.json", "best.yaml")


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalWorkers]:
    """Warm workers, which the undisturbed and the resumed sweeps share."""
    workers = LocalWorkers(2)
    yield workers
    workers.close()


@pytest.fixture(scope="module")
def undisturbed(workers: LocalWorkers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.figures.sweep_pictures.draw_sweep", lambda path, say: [])
        return contents(run_sweep(sweep_from_python(SPEC, OVER), tmp_path_factory.mktemp("runs"), workers).path)


def contents(path: Path) -> dict[str, bytes]:
    """The files of a sweep that do not depend on when it was trained."""
    found = {}
    for file in sorted(path.rglob("*")):
        if file.name in COMPARED and not (file.name == "summary.json" and file.parent != path):
            found[str(file.relative_to(path))] = file.read_bytes()
    return found


def started(folder: Path, script: str) -> "subprocess.Popen[str]":
    """A script without ``if __name__ == "__main__"`` that sweeps, as a process group; ``-``: from standard input."""
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    with (folder / "script.py").open() as source:
        return subprocess.Popen(
            [sys.executable, script],
            cwd=folder,
            start_new_session=True,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def sweep_folder(folder: Path, trials: int) -> Path:
    """The folder of the sweep, once this number of trials has begun."""
    while True:
        for path in (folder / "runs").glob("*-sweep-*"):
            if len([trial for trial in trial_folders(path) if (trial / "metrics.csv").exists()]) >= trials:
                return path
        time.sleep(0.01)


def test_a_sweep_of_a_killed_process_is_resumed_to_the_same_bytes(
    tmp_path: Path, workers: LocalWorkers, undisturbed: dict[str, bytes]
) -> None:
    with started(tmp_path, "-") as process:
        path = sweep_folder(tmp_path, 2)
        process.kill()
        output, _ = process.communicate()
    assert output == "once\n"
    result = resume_sweep(path, workers)  # waits for the workers, which save and end
    assert result.summary["counts"] == {"completed": 4}
    assert contents(path) == undisturbed


def test_ctrl_c_saves_every_trial_and_the_sweep_is_resumed_to_the_same_bytes(
    tmp_path: Path, workers: LocalWorkers, undisturbed: dict[str, bytes]
) -> None:
    with started(tmp_path, "script.py") as process:
        path = sweep_folder(tmp_path, 2)
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    assert output == "once\n"
    assert f"nnlab sweep --resume {path.relative_to(tmp_path)} resumes it" in errors
    assert json.loads((path / "summary.json").read_text())["status"] == "interrupted"
    assert not any(map(is_being_written, trial_folders(path)))
    resume_sweep(path, workers)
    assert contents(path) == undisturbed
