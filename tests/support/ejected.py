"""A training in nnlab beside the script that it is ejected as: losses and evaluations of both."""

import contextlib
import io
import runpy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trainings import Recorder

from nnlab.config.experiment import Experiment
from nnlab.eject.script import eject
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup


@dataclass
class Beside:
    """What nnlab and the script measured, the script's text and what it printed."""

    losses: np.ndarray
    rows: Sequence[Any]
    script: dict[str, Any]
    text: str
    printed: str

    @property
    def largest_difference(self) -> float:
        """Between the losses, relative to those above 1."""
        own = np.array(self.script["losses"], float)
        assert own.shape == self.losses.shape
        return float((abs(own - self.losses) / np.maximum(abs(self.losses), 1)).max(initial=0))

    def assert_equal(self) -> None:
        """Losses and evaluations agree to 1e-9."""
        assert self.largest_difference < 1e-9
        assert len(self.script["rows"]) == len(self.rows)
        for own, row in zip(self.script["rows"], self.rows, strict=True):
            assert own == {name: pytest.approx(row[name], rel=1e-9, abs=1e-9) for name in own}


def train_beside(experiment: Experiment, folder: Path, name: str = "ejected") -> Beside:
    """Train an experiment in nnlab, and run its script in a folder."""
    script = eject(experiment, name, made_from="a test")
    path = folder / f"{name}.py"
    path.write_text(script.text, encoding="utf-8")
    for file, contents in script.arrays.items():
        (folder / file).write_bytes(contents)
    recorder = Recorder()
    train(RunSetup(experiment).allocate(), [recorder], lambda: False)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
        values = runpy.run_path(str(path))
    return Beside(np.array(recorder.losses), recorder.rows, values, script.text, printed.getvalue())
