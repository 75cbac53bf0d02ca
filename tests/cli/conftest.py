"""The command line as a user calls it, in this process."""

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
