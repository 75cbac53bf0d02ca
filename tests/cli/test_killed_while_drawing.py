"""A process that is killed while drawing leaves a finished run whose missing pictures are reported and drawn."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

KILLED = """
import os, sys
from pathlib import Path
from nnlab.storage import disk
from nnlab.cli import main

def attempt(operation, *arguments):
    if operation is os.replace and Path(arguments[1]).name == picture:
        os._exit(137)
    return operation(*arguments)

disk.attempt = attempt
picture = sys.argv.pop(1)
main()
"""
DESCENT = "{function: sphere, start: [1, 2], steps: 3, optimizer: {name: sgd, lr: 0.1}}"


@pytest.mark.parametrize(
    ("command", "picture", "all_pictures"),
    [
        ("train", "loss.png", {"accuracy.png", "loss.png", "boundary.png"}),
        ("descend", "race.gif", {"field.png", "paths.png", "values.png", "race.gif"}),
    ],
)
def test_pictures_of_a_run_killed_while_drawing_are_reported_missing(
    nnlab, spec: Path, tmp_path: Path, command: str, picture: str, all_pictures: set[str]
) -> None:
    if command == "descend":
        spec.write_text(DESCENT, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", KILLED, picture, command, spec], check=False, capture_output=True)
    assert done.returncode == 137, done.stderr
    (run,) = Path("runs").iterdir()
    assert (run / "lock").exists()
    assert list(run.rglob("*.tmp"))
    assert not (run / "plots" / picture).exists()

    listed = nnlab("runs", "ls")
    assert listed.stderr == f"{run}: pictures are missing; nnlab plot {run} draws them\n"
    assert listed.stdout.splitlines()[2].split()[-5 if command == "train" else -4] == "completed"
    assert not (run / "lock").exists()
    assert not list(run.rglob("*.tmp"))
    if command == "train":
        assert nnlab("train", "--resume", run).stderr.endswith(f"; nnlab plot {run} draws its missing pictures\n")

    plotted = nnlab("plot", run)
    assert plotted.code == 0
    assert {path.name for path in (run / "plots").iterdir()} >= all_pictures
    assert not list((run / "plots").glob(".*"))
    assert nnlab("runs", "ls").stderr == ""
