"""nnlab sanity: exit codes, output, options."""

import json
from pathlib import Path

import pytest

SPIRAL = "data: {name: spiral, points: 40, test_points: 15}\n"
SPEC = f"""{SPIRAL}model: {{name: mlp, hidden: [20], activation: relu, init: he}}
optimizer: {{name: adam, lr: 0.02}}
train: {{iterations: 20, batch_size: 10}}
"""
QUICK = ("--only", "labels", "--only", "initial_loss", "--only", "penalties")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_a_healthy_spec_ends_with_0_and_writes_nothing(nnlab, spec: Path) -> None:
    answer = nnlab("sanity", spec)
    assert answer.code == 0, answer.stdout + answer.stderr
    lines = answer.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines].count("ok") == 10
    assert lines[-1] == "small: 10 checks ok, 1 skipped"
    assert answer.stderr == ""
    assert [path.name for path in spec.parent.iterdir()] == ["small.yaml"]
    assert spec.read_text(encoding="utf-8") == SPEC


def test_a_failed_check_ends_with_1_and_says_what_to_try(nnlab, spec: Path) -> None:
    answer = nnlab("sanity", spec, "-s", "model.init=50.0", *QUICK)
    assert answer.code == 1
    assert "FAILED   initial_loss" in answer.stdout
    assert "docs/sanity.md#initial-loss" in answer.stdout
    assert f"nnlab activations {spec} -s model.init=50.0" in answer.stdout
    assert answer.stderr == "nnlab: small: 1 of 3 checks failed: initial_loss\n"


def test_json_has_each_check_and_its_findings(nnlab, spec: Path) -> None:
    answer = nnlab("sanity", spec, "-s", "model.init=50.0", *QUICK, "--json")
    assert answer.code == 1
    report = json.loads(answer.stdout)
    assert report["failed"] == ["initial_loss"]
    assert {check["name"]: check["status"] for check in report["checks"]} == {
        "labels": "ok",
        "initial_loss": "failed",
        "penalties": "skipped",
    }
    (finding,) = report["checks"][1]["findings"]
    assert finding["numbers"]["loss"] > finding["numbers"]["expected"]


def test_skip_leaves_a_check_out(nnlab, spec: Path) -> None:
    answer = nnlab("sanity", spec, *QUICK, "--skip", "labels")
    assert [line.split()[1] for line in answer.stdout.splitlines()[:2]] == ["initial_loss", "penalties"]


def test_what_cannot_be_trained_is_a_usage_error(nnlab, spec: Path) -> None:
    assert nnlab("sanity", spec, "--only", "nothing").code == 2
    assert nnlab("sanity", "missing.yaml").code == 2
    answer = nnlab("sanity", spec, "-s", "train.batch_size=1000")
    assert answer.code == 2
    assert "small.yaml" in answer.stderr


def test_names_in_the_data_cannot_steer_a_terminal(nnlab, tmp_path: Path) -> None:
    rows = "".join(f"{1000 * (number % 7)},{number % 2},k{number % 2}\n" for number in range(60))
    (tmp_path / "odd.csv").write_text('"a\x1b[31m\nb",copy of it,label\n' + rows, encoding="utf-8")
    (tmp_path / "odd.yaml").write_text(SPEC.replace(SPIRAL, "data: {name: table, path: odd.csv}\n"), encoding="utf-8")
    answer = nnlab("sanity", tmp_path / "odd.yaml", "-s", "data.scaling=none", "--only", "inputs")
    assert answer.code == 1
    assert "\\x1b[31m\\nb has mean" in answer.stdout
    assert "\x1b" not in answer.stdout
    assert """-s data.scaling=none -s 'data.exclude=["copy of it"]'""" in answer.stdout
