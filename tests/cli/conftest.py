"""The command line as a user calls it, in this process."""

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nnlab.cli import console
from nnlab.cli.entry import main


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str


Nnlab = Callable[..., Answer]


@pytest.fixture
def nnlab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Nnlab:
    """Call ``nnlab`` with arguments, in an empty working folder; signal handlers stay as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *arguments: None)

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["nnlab", *map(str, arguments)])
        console.results.cache_clear()
        console.messages.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        code = stop.value.code
        return Answer(code if isinstance(code, int) else 0, out, err)

    return call


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of idx files: images of 3x3 in three classes, 6 for training and 3 for the test."""
    for prefix, count in (("train", 6), ("t10k", 3)):
        pixels = bytes(range(count * 9))
        labels = bytes(i % 3 for i in range(count))
        (tmp_path / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4B3i", 0, 0, 8, 3, count, 3, 3) + pixels)
        (tmp_path / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">4Bi", 0, 0, 8, 1, count) + labels)
    return tmp_path


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "moons.yaml"
    path.write_text(
        "data:      {name: moons, points: 20, test_points: 10}\n"
        "model:     {name: mlp, hidden: [4], activation: tanh}\n"
        "optimizer: {name: sgd, lr: 0.1}\n"
        "train:     {iterations: 4, batch_size: 10, eval_every: 2}\n",
        encoding="utf-8",
    )
    return path
