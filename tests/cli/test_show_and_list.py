import io
import json
from pathlib import Path

import numpy as np
import pytest

from nnlab.cli.completion import KINDS
from nnlab.config.bundled import bundled_configs
from nnlab.config.loading import load_experiment
from nnlab.config.yaml_parser import parse_yaml
from nnlab.losses import CrossEntropy
from nnlab.registry import REGISTRIES, hyperparameters, optimizers

pytestmark = pytest.mark.usefixtures("no_pictures")


def test_show_prints_the_resolved_spec_and_the_layers(nnlab, spec: Path) -> None:
    answer = nnlab("show", spec)
    assert answer.code == 0
    text, _, table = answer.stdout.partition("\n\n")
    assert parse_yaml(text, "shown").value == load_experiment(spec).resolved()
    for cell in ("linear1", "12 (W 2x4 + b 4)", "tanh1", "10 (W 4x2 + b 2)", "22 parameters", "40 training samples"):
        assert cell in table


def test_show_counts_the_samples_that_are_held_out(nnlab, spec: Path) -> None:
    answer = nnlab("show", spec, "-s", "data.validation=0.25")
    assert "30 training samples, 10 validation samples, 20 test samples" in answer.stdout


def test_show_of_a_run_adds_its_final_metrics(nnlab, spec: Path, tmp_path: Path) -> None:
    nnlab("train", spec)
    (folder,) = (tmp_path / "runs").iterdir()
    answer = nnlab("show", folder)
    assert answer.code == 0
    assert "linear2" in answer.stdout
    assert "completed: moons: test accuracy" in answer.stdout


def test_show_of_a_run_without_its_data_still_shows_final_metrics(nnlab, tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text("x,y\n" + "".join(f"{n},{n % 2}\n" for n in range(20)), encoding="utf-8")
    spec = tmp_path / "own.yaml"
    spec.write_text(
        "data: {name: table, path: own.csv, label: y}\nmodel: {name: softmax}\n"
        "optimizer: {name: sgd, lr: 0.1}\ntrain: {iterations: 4, batch_size: 5}\n",
        encoding="utf-8",
    )
    assert nnlab("train", spec).code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    table.unlink()
    answer = nnlab("show", folder)
    assert answer.code == 0
    assert "completed: own: " in answer.stdout
    assert "4 steps in" in answer.stdout
    assert "own.csv" in answer.stderr


def test_show_of_a_killed_run_prints_its_last_evaluation(nnlab, spec: Path, tmp_path: Path) -> None:
    nnlab("train", spec)
    (folder,) = (tmp_path / "runs").iterdir()
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    running = summary | {"status": "running", "final": None, "best": None, "steps": 0}
    (folder / "summary.json").write_text(json.dumps(running), encoding="utf-8")
    answer = nnlab("show", folder)
    assert f"crashed: moons: test accuracy {summary['final']['test_accuracy']:.4f}" in answer.stdout
    assert f"{summary['steps']} steps in" in answer.stdout


def test_show_of_a_folder_without_a_run_is_a_run_error(nnlab, tmp_path: Path) -> None:
    answer = nnlab("show", tmp_path)
    assert answer.code == 5
    assert "not a run folder" in answer.stderr


def test_shape_mismatch_names_the_layer(nnlab, spec: Path) -> None:
    layers = "[{name: linear, units: 3}, relu]"
    answer = nnlab("show", spec, "-s", f"model={{name: sequential, layers: {layers}}}")
    assert answer.code == 2
    assert "layer 2 relu: gives 3 values a sample, but the data has 2 classes" in answer.stderr


def test_list_prints_one_line_per_kind_with_every_name(nnlab) -> None:
    answer = nnlab("list")
    assert answer.code == 0
    lines = {line.split()[0]: line.replace(",", "").split()[1:] for line in answer.stdout.splitlines()}
    assert tuple(lines) == (*KINDS, "config")
    assert lines["optimizer"] == optimizers.names()
    for kind, registry in REGISTRIES.items():
        assert set(registry.names()) <= {*lines[kind], *(lines["activation"] if kind == "layer" else ())}
    assert lines["spec"][:2] == ["name", "seed"]
    assert answer.stderr == ""


def test_list_of_the_bundled_configs_has_question_data_and_model(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # no cell is wrapped
    answer = nnlab("list", "config")
    assert answer.code == 0
    rows = [line.split("  ") for line in answer.stdout.splitlines()]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}
    assert set(bundled_configs()) <= set(cells)
    assert cells["overfit"][-2:] == ["mnist", "mlp"]
    assert cells["descent/valley"][-2:] == ["valley", "4 optimizers"]
    assert cells["sweeps/weight_decay_lr"][-2:] == ["mnist", "mlp"]
    assert cells["momentum"][0] == "Does momentum leave the plateau on which plain gradient descent stays?"


def test_list_of_the_name_of_a_bundled_config_hints_to_show(nnlab) -> None:
    answer = nnlab("list", "overfit")
    assert answer.code == 2
    assert "no kind or component is called 'overfit'; nnlab show overfit shows the config" in answer.stderr


@pytest.mark.parametrize("kind", REGISTRIES)
def test_list_of_a_kind_names_every_component_with_all_its_keys(nnlab, kind: str) -> None:
    words = set(nnlab("list", kind).stdout.split())
    for name, cls in REGISTRIES[kind].items():
        assert {name, *(parameter.name for parameter in hyperparameters(cls))} <= words


def test_list_of_a_component_has_only_its_keys(nnlab) -> None:
    answer = nnlab("list", "adam")
    assert answer.code == 0
    assert {"optimizer", "adam", "lr", "beta1", "beta2", "eps"} <= set(answer.stdout.split())
    assert "adamw" not in answer.stdout
    assert "layer" not in nnlab("list", "relu").stdout.split()
    assert "iterations" in nnlab("list", "train").stdout


def test_list_of_a_name_of_two_kinds_prints_both(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRIES["loss"]._classes, "adam", CrossEntropy)
    words = nnlab("list", "adam").stdout.split()
    assert {"loss", "optimizer", "beta1", "smoothing"} <= set(words)


def test_list_of_one_kind_prints_only_that_kind(nnlab) -> None:
    answer = nnlab("list", "optimizer")
    assert "nesterov" in answer.stdout
    assert "sigmoid" not in answer.stdout
    assert "required" in answer.stdout  # sgd's lr


def test_list_of_the_spec_prints_its_keys_and_defaults(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = nnlab("list", "spec").stdout
    for words in ("eval_train", "sampling", "threads", "l1: a number or l2: a number", "the keys of train", "float32"):
        assert words in text
    assert "beta1" not in text


def test_optional_component_is_off_by_default(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (line,) = (line for line in nnlab("list", "model").stdout.splitlines() if " batch_norm " in line)
    assert "│ false " in line


@pytest.mark.parametrize(("name", "near"), [("optimizr", "optimizer"), ("adamm", "adam")])
def test_list_of_an_unknown_name_suggests_the_nearest(nnlab, name: str, near: str) -> None:
    answer = nnlab("list", name)
    assert answer.code == 2
    assert f"no kind or component is called '{name}'; did you mean '{near}'? the kinds are spec," in answer.stderr


def test_completion_knows_every_kind() -> None:
    assert set(KINDS) == {"spec", "descent", "sweep", *REGISTRIES}


def test_spec_is_read_from_standard_input(nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(raw: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))

    give(spec.read_bytes())
    assert nnlab("show", "-", "-s", "seed=3").stdout.startswith("name: stdin\nseed: 3\n")
    give(b"seed: -1")
    assert "standard input:1:1: seed: must be at least 0, got -1" in nnlab("train", "-").stderr
    monkeypatch.setattr("sys.stdin", None)
    assert nnlab("show", "-").stderr == "nnlab: standard input: is closed\n"


@pytest.mark.parametrize(("name", "shape"), [("cifar10", "3x32x32"), ("fashion_mnist", "1x28x28")])
def test_show_needs_no_data_where_shapes_are_known(
    nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, shape: str
) -> None:
    monkeypatch.setenv("NNLAB_DATA_DIR", str(tmp_path / "none"))
    answer = nnlab("show", spec, "-s", f"data={name}")
    assert answer.code == 0
    assert shape in answer.stdout
    assert "multiply-adds a sample; 10 classes" in answer.stdout
    assert answer.stderr == f"the samples of {name} are not on this disk; nnlab data fetch {name} downloads them\n"
    assert not (tmp_path / "none").exists()


def test_show_of_a_spec_with_missing_data_prints_the_spec_and_the_missing_file(nnlab, spec: Path) -> None:
    answer = nnlab("show", spec, "-s", "data={name: table, path: gone.csv}")
    assert answer.code == 4
    assert answer.stdout.startswith("name: moons\n")
    assert "the shapes of the layers depend on the data, which cannot be read: " in answer.stderr
    assert "gone.csv" in answer.stderr


def test_known_shapes_are_those_of_the_data() -> None:
    dataset = REGISTRIES["dataset"]["mnist"](train_size=1, test_size=1).load(np.random.default_rng(0))
    assert REGISTRIES["dataset"]["mnist"].published_shape == (dataset.sample_shape, dataset.classes)


def test_frozen_parameters_are_counted(nnlab, spec: Path) -> None:
    layers = "[{name: linear, units: 4, frozen: true}, tanh, {name: linear, units: 2}]"
    answer = nnlab("show", spec, "-s", f"model={{name: sequential, layers: {layers}}}")
    assert "22 parameters (12 frozen; " in answer.stdout
