"""``nnlab trace`` as a user calls it."""

import json
from pathlib import Path

import pytest
from traced_specs import spec_of


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "mlp.yaml"
    path.write_text(spec_of("mlp"), encoding="utf-8")
    return path


def test_text_fits_80_columns_and_has_every_phase(nnlab, spec: Path) -> None:
    answer = nnlab("trace", spec)
    assert answer.code == 0
    lines = answer.stdout.splitlines()
    assert max(map(len, lines)) <= 100, "code is not wrapped"
    headings = [line.strip("─ ") for line in lines if line.startswith("── ")]
    assert headings == [
        *("Batch", "forward  linear1", "forward  relu1", "forward  linear2", "Loss: cross_entropy"),
        *("backward  Loss: cross_entropy", "backward  linear2", "backward  relu1", "backward  linear1"),
        *("Regularisation: l1, λ = 0.001", "Regularisation: l2, λ = 0.01"),
        *("Update: momentum", "update  linear1", "update  linear2"),
    ]
    assert lines[-1].startswith("largest relative difference from nnlab/textbook in float64: ")


def test_json_has_shapes_statistics_and_values(nnlab, spec: Path) -> None:
    found = json.loads(nnlab("trace", spec, "--step", 2, "--json", "--numbers", 10).stdout)
    assert (found["step"], found["iterations"], found["failure"]) == (2, 12, "")
    assert found["textbook_difference"] < 1e-12
    (forward,) = [s for s in found["sections"] if (s["phase"], s["layer"]) == ("forward", "linear2")]
    x, W, b, y = forward["tensors"]
    assert (W["name"], W["shape"], W["axes"]) == ("W", [4, 2], ["D_in", "D_out"])
    assert len(W["values"]) == 4
    assert max(map(max, W["values"])) == W["max"]
    assert (len(x["corner"]), "values" in x) == (5, False)
    assert (b["name"], y["axes"]) == ("b", ["N", "K"])


def test_sample_and_layer(nnlab, spec: Path) -> None:
    answer = nnlab("trace", spec, "--sample", 3, "--layer", "relu1")
    assert "row 3 of the batch" in answer.stdout
    assert "n=3" in answer.stdout
    assert "linear1" not in answer.stdout


def test_page_is_written_and_not_overwritten(nnlab, spec: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert nnlab("trace", spec, "--html", page).stdout == f"{page}\n"
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    answer = nnlab("trace", spec, "--html", page)
    assert (answer.code, "use --overwrite" in answer.stderr) == (2, True)
    assert nnlab("trace", spec, "--html", page, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--html", "page.txt"], "ends in .html"),
        (["--html", "."], "is a folder"),
        (["--html", "page.html", "--json"], "choose one"),
        (["--step", "0"], "--step: must be from 1 to 12"),
        (["--layer", "conv1"], "no layer is called 'conv1'"),
        (["--data", "elsewhere"], "--data belongs to a RUN"),
    ],
)
def test_wrong_use_is_exit_code_2(nnlab, spec: Path, arguments: list[str], message: str) -> None:
    answer = nnlab("trace", spec, *arguments)
    assert answer.code == 2
    assert message in answer.stderr


def test_a_page_that_cannot_be_written_is_an_error_before_the_trace(nnlab, spec: Path) -> None:
    answer = nnlab("trace", spec, "--html", "none/page.html", "-s", "data.path=missing.csv")
    assert (answer.code, answer.stderr) == (5, "nnlab: none/page.html: cannot be written: No such file or directory\n")


def test_a_step_that_diverges_is_shown_and_is_exit_code_3(nnlab, spec: Path) -> None:
    wild = ["-s", "optimizer={name: sgd, lr: 1e6}", "-s", "penalty.l2=1e6", "-s", "dtype=float32"]
    answer = nnlab("trace", spec, "--step", 3, *wild)
    assert answer.code == 3
    assert "forward  linear1" in answer.stdout
    assert "became" in answer.stderr
    assert json.loads(nnlab("trace", spec, "--step", 3, *wild, "--json").stdout)["failure"]
    assert nnlab("trace", spec, "--step", 9, *wild).code == 3


def test_code_of_a_plugin_is_its_own(nnlab, own_registries: None, spec: Path) -> None:
    nnlab("init", "--layer", "my_swish.py")
    layers = "model={name: sequential, layers: [{name: linear, units: 3}, my_swish, {name: linear, units: 2}]}"
    answer = nnlab("trace", spec, "-s", layers, "--plugin", "my_swish.py", "--layer", "my_swish1")
    assert answer.code == 0
    assert "MySwish.backward:" in answer.stdout
    assert "self.beta.grad[...] = np.sum(dy * self.x**2 * slope, axis=0)" in answer.stdout
