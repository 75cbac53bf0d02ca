"""Harm done on purpose: whatever strikes a training, resuming it gives what it would have given."""

import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).with_name("faults.py")
# What each kind of harm must have injected at least, with a spec short enough for every operation to be struck.
LEAST = {
    "kill": 50,
    "save": 60,
    "fail": 60,
    "full": 60,
    "readonly": 60,
    "resume": 30,
    "flip": 15,
    "cut": 15,
    "garbage": 24,
    "starts": 200,
    "clock": 3,
}


@pytest.mark.parametrize("kind", LEAST)
def test_nothing_is_lost(kind: str) -> None:
    changes = ["train.iterations=4", "train.eval_every=4"] if LEAST[kind] == 60 else []
    if kind in ("flip", "cut"):
        changes = ["train.iterations=20"]
    if kind == "resume":
        changes = ["train.iterations=4", "train.eval_every=4"]
    command = [sys.executable, FAULTS, kind, *(part for change in changes for part in ("-s", change))]
    command += ["--stride", "5"] if kind == "resume" else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    injected, survived, lost = (int(cell) for cell in done.stdout.splitlines()[-1].split("|")[2:5])
    assert injected >= LEAST[kind]
    assert (survived, lost) == (injected, 0)
