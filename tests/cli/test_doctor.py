"""``nnlab doctor`` as a user calls it."""

import json
import shlex
from pathlib import Path

import pytest
from safetensors.numpy import load_file

ILL = """
data: {name: iris}
model: {name: mlp, hidden: [6], activation: tanh, init: 0}
optimizer: {name: sgd, lr: 0.1}
train: {iterations: 60, batch_size: 30, pictures: false}
"""


@pytest.fixture
def ill(nnlab, tmp_path: Path) -> Path:
    spec = tmp_path / "ill.yaml"
    spec.write_text(ILL, encoding="utf-8")
    return Path(nnlab("train", spec).stdout.splitlines()[-1])


def test_the_command_of_a_problem_removes_it(nnlab, ill: Path) -> None:
    answer = nnlab("doctor", "last", "--json")
    found = json.loads(answer.stdout)
    assert answer.code == 1
    assert found["problems"] == 1
    (first, *_) = found["findings"]
    assert first["name"] == "identical_units"
    assert "loss_at_chance" in [consequence["name"] for consequence in first["explains"]]
    assert nnlab(*shlex.split(first["command"])[1:]).code == 0
    answer = nnlab("doctor", "last")
    assert answer.code == 0
    assert answer.stdout.startswith("No problem found: Run ill: ")


def test_a_problem_is_reported_with_its_number_reason_and_command(nnlab, ill: Path) -> None:
    answer = nnlab("doctor", ill)
    assert answer.code == 1
    head, number, *others = answer.stdout.splitlines()
    assert head == "The units of a layer are copies of each other: they all compute the same."
    assert number == "  number  all 6 units of linear1 give the same outputs before training"
    assert [line[2:5] for line in others if line.startswith("  ")] == ["why", "so ", "try"]


def test_one_run_of_a_sweep_is_named(nnlab, tmp_path: Path) -> None:
    spec = tmp_path / "ill.yaml"
    spec.write_text(ILL, encoding="utf-8")
    nnlab("crossval", spec, "--folds", "2", "-s", "train.iterations=2")
    folder = next(Path("runs").iterdir())
    answer = nnlab("doctor", folder)
    assert answer.code == 5
    assert f"diagnose one of its folds, such as nnlab doctor {folder / 'fold-1'}" in answer.stderr
    assert nnlab("doctor", "nothing").code == 5


def test_moved_data_that_is_not_there_is_wrong_usage(nnlab, ill: Path) -> None:
    answer = nnlab("doctor", ill, "--data", "nowhere")
    assert answer.code == 2
    assert "does not exist; give the file or the folder of the data" in answer.stderr
    assert not answer.stdout


@pytest.mark.parametrize("features", ["null", "[x]"])
def test_a_proposed_cross_validation_runs_where_a_column_splits_the_samples(nnlab, features: str) -> None:
    rows = [f"{i % 7}.{i},{'ab'[i % 2]},{'test' if i > 15 else 'train'}" for i in range(20)]
    Path("samples.csv").write_text("\n".join(["x,label,the split", *rows]), encoding="utf-8")
    data = f"data: {{name: table, path: samples.csv, label: label, split_column: the split, features: {features}}}"
    settings = ILL.partition("model:")[2].replace("iterations: 60, batch_size: 30", "iterations: 2, batch_size: 4")
    Path("split.yaml").write_text(f"{data}\nmodel:{settings}", encoding="utf-8")
    run = nnlab("train", "split.yaml").stdout.splitlines()[-1]
    found = json.loads(nnlab("doctor", run, "--json").stdout)["findings"]
    (command,) = (finding["command"] for finding in found if finding["name"] == "tiny_test_set")
    assert command.startswith("nnlab crossval ")
    assert nnlab(*shlex.split(command)[1:]).code == 0
    (model,) = Path("runs").glob("*crossval*/fold-1/model.safetensors")
    assert load_file(model)["linear1.W"].shape == (1, 6)  # the column that split the samples is no feature
