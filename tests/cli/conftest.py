"""The command line as a user calls it, in this process."""

import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer.main

from nnlab.cli import console
from nnlab.cli.entry import main


@dataclass(frozen=True)
class Answer:
    code: int
    stdout: str
    stderr: str


Nnlab = Callable[..., Answer]

# The tree of commands is the same for every call, and building it takes longer than most of them.
get_command = functools.cache(typer.main.get_command)


@pytest.fixture(autouse=True)
def _without_pixels(no_pixels: None) -> None:
    """Pictures take a quarter of the time of these tests; a module that looks at them has its own ``no_pixels``."""


@pytest.fixture
def nnlab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Nnlab:
    """Call ``nnlab`` with arguments, in an empty working folder; signal handlers stay as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *arguments: None)
    monkeypatch.setattr("typer.main.get_command", get_command)

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
def train(nnlab: Nnlab, monkeypatch: pytest.MonkeyPatch, no_pictures: None) -> Callable[[Path, str], Answer]:
    """Train a spec's text in a folder, without pictures: the command ends as documented, as its records say."""
    # Asking git and waiting for the disk take most of the time of a run this small.
    monkeypatch.setattr("nnlab.train.run.describe_environment", lambda checksums: {"data_sha256": checksums})
    monkeypatch.setattr("os.fsync", lambda file: None)

    def call(folder: Path, text: str) -> Answer:
        path = folder / "spec.yaml"
        path.write_text(text, encoding="utf-8")
        answer = nnlab("train", path, "--runs", folder / "runs")
        assert answer.code in {0, 2, 3, 4}, answer.stderr
        assert "bug" not in answer.stderr
        assert not any(ord(character) < 32 and character != "\n" for character in answer.stderr)
        if answer.code == 0:
            run = Path(answer.stdout.splitlines()[-1])
            summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
            steps = (run / "steps.csv").read_text(encoding="utf-8").splitlines()
            assert summary["status"] == "completed"
            assert len(steps) - 1 == summary["steps"] >= 1
        else:
            assert answer.stderr.strip()
            assert answer.stdout == ""
        return answer

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
