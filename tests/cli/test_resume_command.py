"""``nnlab train --resume`` as a user calls it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from terminals import own_terminal

from nnlab.train.resume import resume

LONG = """\
data:      {name: xor, points: 40}
model:     {name: mlp, hidden: [4], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 10000000, batch_size: 8, eval_every: 100}
"""


def killed(folder: Path) -> None:
    """Make a finished run look like one whose process was killed."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.json").write_text(json.dumps(summary | {"status": "running"}), encoding="utf-8")


@pytest.mark.usefixtures("no_pictures")
def test_resume_last_continues_and_iterations_extends_a_finished_run(nnlab, spec: Path, tmp_path: Path) -> None:
    folder = Path(nnlab("train", spec, "-q").stdout.splitlines()[-1])
    steps = (folder / "steps.csv").read_bytes()
    killed(folder)
    assert "crashed: moons" in nnlab("show", folder).stdout
    answer = nnlab("train", "--resume", "last")
    assert answer.code == 0
    assert answer.stdout.splitlines()[-1] == str(folder)
    assert "resuming after step 4" in answer.stderr
    assert (folder / "steps.csv").read_bytes() == steps
    again = nnlab("train", "--resume", folder)
    assert (again.code, again.stdout.splitlines()[-1]) == (0, str(folder))
    assert "is completed, so there is nothing left to do; --iterations N extends it" in again.stderr
    assert nnlab("train", "--resume", folder, "--iterations", "7", "-q").code == 0
    assert (folder / "steps.csv").read_bytes().startswith(steps)
    assert len((folder / "steps.csv").read_text(encoding="utf-8").splitlines()) == 1 + 7


@pytest.mark.usefixtures("no_pictures")
def test_a_resumed_diverged_run_is_still_diverged(nnlab, spec: Path) -> None:
    first = nnlab("train", spec, "-q", "-s", "optimizer.lr=1e6", "-s", "penalty.l2=1e3", "-s", "model.hidden=[9, 9]")
    assert first.code == 3
    again = nnlab("train", "--resume", "last", "-q")
    assert again.code == 3
    assert again.stderr.strip() == first.stderr.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "nothing to train: give a SPEC, such as configs/adam.yaml, or --resume RUN"),
        (["--resume", "last", "moons.yaml"], 2, "--resume continues a run with its own spec"),
        (["--resume", "last", "-s", "seed=1"], 2, "it takes no SPEC, -s or --dry-run"),
        (["--resume", "last"], 5, "runs: no such folder, so there is no"),
        (["--resume", "gone"], 5, "gone: is not the folder of a training run"),
        (["moons.yaml", "--iterations", "5"], 2, "--allow-drift and --restart belong to --resume"),
        (["moons.yaml", "--restart"], 2, "--allow-drift and --restart belong to --resume"),
        (["moons.yaml", "--allow-drift"], 2, "--allow-drift and --restart belong to --resume"),
    ],
)
def test_resume_is_refused_with_the_documented_exit_code(
    nnlab, spec: Path, arguments: list[str], code: int, message: str
) -> None:
    answer = nnlab("train", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    (line,) = answer.stderr.splitlines()
    assert message in line


@pytest.mark.usefixtures("no_pictures")
def test_resume_of_a_descent_is_refused(nnlab, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("{function: sphere, start: [1, 2, 3], optimizer: {name: sgd, lr: 0.1}}", encoding="utf-8")
    folder = nnlab("descend", path).stdout.splitlines()[-1]
    answer = nnlab("train", "--resume", folder)
    assert (answer.code, answer.stdout) == (5, "")
    assert "is not the folder of a training run" in answer.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_closing_the_terminal_stops_a_training_like_a_signal(tmp_path: Path) -> None:
    spec = tmp_path / "long.yaml"
    spec.write_text(LONG, encoding="utf-8")
    own, other = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "nnlab", "train", str(spec), "--runs", str(tmp_path / "runs")],
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
        preexec_fn=own_terminal,
    ) as process:
        os.close(other)
        shown = b""
        while b"steps/s" not in shown:
            shown += os.read(own, 1000)
        os.close(own)
        try:
            process.wait(timeout=60)
        finally:
            process.kill()  # one that goes on would keep the tests waiting
    (folder,) = (tmp_path / "runs").iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert (process.returncode, summary["status"]) == (129, "interrupted")
    assert not (folder / "lock").exists()
    resume(folder, iterations=summary["steps"] + 1)
