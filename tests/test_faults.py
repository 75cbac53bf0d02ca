"""Harm done on purpose: whatever strikes a training, resuming it gives what it would have given."""

import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).with_name("faults.py")
# What each kind of harm must have injected at least, with specs short enough for every third operation to be struck
# (each kind begins at another one); python tests/faults.py strikes them all.
LEAST = {
    "kill": 20,
    "save": 20,
    "fail": 20,
    "full": 20,
    "readonly": 20,
    "resume": 30,
    "flip": 15,
    "cut": 15,
    "garbage": 24,
    "starts": 200,
    "clock": 3,
}
STRIDES = {"kill": 3, "save": 3, "fail": 3, "full": 3, "readonly": 3, "resume": 5}


@pytest.mark.parametrize("kind", LEAST)
def test_nothing_is_lost(kind: str) -> None:
    changes = ["train.iterations=4", "train.eval_every=4"] if kind in STRIDES and kind != "kill" else []
    if kind in ("flip", "cut"):
        changes = ["train.iterations=20"]
    command = [sys.executable, FAULTS, kind, *(part for change in changes for part in ("-s", change))]
    command += ["--stride", str(STRIDES.get(kind, 1)), "--seed", str(list(LEAST).index(kind))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    injected, survived, lost = (int(cell) for cell in done.stdout.splitlines()[-1].split("|")[2:5])
    assert injected >= LEAST[kind]
    assert (survived, lost) == (injected, 0)
