"""``nnlab lr`` as a user calls it."""

import io
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

PLUGIN = '''
from dataclasses import dataclass

from nnlab.layers.base import Activation
from nnlab.registry import activations


@activations.register("same")
@dataclass(kw_only=True)
class Same(Activation):
    """Give the inputs."""

    def forward(self, x, *, training):
        return x

    def backward(self, dy):
        return dy
'''
BRIEF = ("--steps", "20", "--seeds", "1")


@pytest.fixture
def no_drawing(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    drawn: list[Path] = []
    monkeypatch.setattr("nnlab.insight.range_test.drawing.draw", lambda test, path: drawn.append(path))
    return drawn


def test_the_suggestion_is_printed_and_the_picture_goes_into_a_new_folder(nnlab, spec: Path) -> None:
    before = spec.read_text(encoding="utf-8")
    answer = nnlab("lr", spec, "-s", "train.schedule.name=cosine", *BRIEF)
    assert (answer.code, answer.stderr) == (0, "")
    first, *_, picture = answer.stdout.splitlines()
    assert re.match("suggested learning rate: |no suggestion: ", first)
    assert "off during the test: train.schedule: cosine" in answer.stdout
    assert re.fullmatch(r"learning-rates/[0-9]{8}-[0-9]{6}-moons-[0-9a-f]{6}/learning_rate\.png", picture)
    assert Path(picture).read_bytes().startswith(b"\x89PNG")
    assert spec.read_text(encoding="utf-8") == before
    assert not Path("runs").exists()


def test_json_prints_only_json_and_names_the_command(nnlab, spec: Path, no_drawing: list[Path]) -> None:
    answer = nnlab("lr", spec, *BRIEF, "--json", "--out", "here.svg", "-s", "optimizer={name: adam, lr: 0.01}")
    document = json.loads(answer.stdout)
    assert (answer.code, answer.stderr) == (0, "here.svg\n")
    assert no_drawing == [Path("here.svg")]
    assert document["spec_lr"] == 0.01
    if document["suggestion"] is not None:
        assert document["command"].startswith(f"nnlab train {spec} ")
        assert document["command"].endswith(f"-s optimizer.lr={document['suggestion']:g}")


def test_a_spec_on_standard_input_is_read_once_and_the_command_names_plugins(
    nnlab, spec: Path, no_drawing: list[Path], own_registries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("same.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(spec.read_bytes())))
    settings = "-s", "model.activation=same", "-s", "optimizer={name: adam, lr: 0.01}"
    answer = nnlab("lr", "-", "--plugin", "same.py", *settings, "--json", "--out", "x.png", *BRIEF)
    assert (answer.code, answer.stderr) == (0, "x.png\n")
    command = shlex.split(json.loads(answer.stdout)["command"])
    assert (command[:4], Path(command[4]).name) == (["nnlab", "train", "-", "--plugin"], "same.py")
    assert command[5:-1] == [*settings, "-s"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "1", "--to", "0.1"), "must rise"),
        (("--from", "nan"), "must rise"),
        (("--steps", "3"), "steps: must be from 20"),
        (("--seeds", "0"), "seeds: must be from 1"),
        (("--out", "x.gif"), "must end in one of .png, .svg, .pdf"),
        (("--out", "taken.png"), "taken.png: already exists; use --overwrite"),
        (("-s", "train.batch_size=100000"), "train.batch_size"),
    ],
)
def test_wrong_usage_is_refused_before_training(nnlab, spec: Path, arguments: tuple[str, ...], message: str) -> None:
    Path("taken.png").write_text("mine", encoding="utf-8")
    answer = nnlab("lr", spec, *arguments)
    assert answer.code == 2
    assert message in answer.stderr
    assert answer.stdout == ""
    assert Path("taken.png").read_text(encoding="utf-8") == "mine"


def test_an_existing_picture_is_replaced_with_overwrite(nnlab, spec: Path, no_drawing: list[Path]) -> None:
    Path("taken.png").write_text("mine", encoding="utf-8")
    assert nnlab("lr", spec, *BRIEF, "--out", "taken.png", "--overwrite").code == 0
    assert no_drawing == [Path("taken.png")]


@pytest.mark.parametrize("folder", ["file", "missing"])
def test_a_picture_that_cannot_be_written_is_an_error_before_training(
    nnlab, spec: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnlab.insight.range_test.learning_rate_test.run_range_test", pytest.fail)
    Path("file").write_text("", encoding="utf-8")
    answer = nnlab("lr", spec, "--out", f"{folder}/x.png")
    assert answer.code == 5
    assert "cannot be written" in answer.stderr
