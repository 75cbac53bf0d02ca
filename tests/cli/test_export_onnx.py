"""``nnlab export --to onnx`` as a user calls it."""

import re
import sys
from pathlib import Path

import onnx
import pytest
from onnx import checker

SPEC = """
data: {name: spiral, points: 10}
model: {name: mlp, hidden: [4]}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 2, batch_size: 10}
"""


def test_network_is_written_once_it_is_verified(nnlab, train, tmp_path: Path) -> None:
    assert train(tmp_path, SPEC).code == 0
    answer = nnlab("export", "last", "--to", "onnx", "--probabilities")
    (run,) = (tmp_path / "runs").iterdir()
    assert (answer.code, answer.stdout) == (0, f"{run.name}.onnx\n")
    verified = (
        "nnlab: verified with onnx.reference on 30 train samples: the (scores|probabilities) differ by up to .*e-"
    )
    assert re.match(verified, answer.stderr)
    model = onnx.load(f"{run.name}.onnx")
    checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == ["scores", "probabilities"]
    before = Path(f"{run.name}.onnx").read_bytes()
    assert nnlab("export", run, "--to", "onnx", "--probabilities", "--overwrite").code == 0
    assert Path(f"{run.name}.onnx").read_bytes() == before


def test_difference_beyond_the_tolerance_ends_with_exit_code_1(
    nnlab, train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(tmp_path, SPEC)
    monkeypatch.setattr("nnlab.export.onnx.verification.TOLERANCE", -1.0)
    monkeypatch.setattr("nnlab.export.onnx.verification.rounding_error", lambda *arguments: 0.0)
    answer = nnlab("export", "last", "--to", "onnx")
    assert (answer.code, answer.stdout) == (1, "")
    assert "on 30 samples the scores differ by up to" in answer.stderr
    assert not list(Path().glob("*.onnx"))


def test_missing_package_ends_with_exit_code_2(nnlab, train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(tmp_path, SPEC)
    monkeypatch.setitem(sys.modules, "onnx", None)
    answer = nnlab("export", "last", "--to", "onnx")
    assert (answer.code, answer.stdout) == (2, "")
    assert "pip install 'nnlab-runner[onnx]'" in answer.stderr


def test_run_without_a_network_ends_with_exit_code_5(nnlab, make_run) -> None:
    make_run()
    answer = nnlab("export", "last", "--to", "onnx")
    assert (answer.code, answer.stdout) == (5, "")
    assert "it needs spec.yaml and model.safetensors" in answer.stderr
