from pathlib import Path

import pytest

from nnlab.cli.completion import KINDS
from nnlab.registry import REGISTRIES, hyperparameters
from nnlab.spec.experiment import load_experiment
from nnlab.spec.tree import parse_tree


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.train.run.plot_run", lambda record, folder: None)


def test_show_prints_the_resolved_spec_and_the_layers(nnlab, spec: Path) -> None:
    answer = nnlab("show", spec)
    assert answer.code == 0
    text, _, table = answer.stdout.partition("\n\n")
    assert parse_tree(text, "shown").value == load_experiment(spec).resolved()
    for cell in ("linear1", "12 (W 2x4 + b 4)", "tanh1", "10 (W 4x2 + b 2)", "22 parameters", "40 training samples"):
        assert cell in table


def test_show_of_a_run_adds_what_came_of_it(nnlab, spec: Path, tmp_path: Path) -> None:
    nnlab("train", spec)
    (folder,) = (tmp_path / "runs").iterdir()
    answer = nnlab("show", folder)
    assert answer.code == 0
    assert "linear2" in answer.stdout
    assert "completed: moons: test accuracy" in answer.stdout


def test_show_of_a_folder_that_is_no_run_is_a_run_error(nnlab, tmp_path: Path) -> None:
    answer = nnlab("show", tmp_path)
    assert answer.code == 5
    assert "not a run folder" in answer.stderr


def test_shapes_that_do_not_fit_name_the_layer(nnlab, spec: Path) -> None:
    layers = "[{name: linear, units: 3}, relu]"
    answer = nnlab("show", spec, "-s", f"model={{name: sequential, layers: {layers}}}")
    assert answer.code == 2
    assert "layer 2 relu: gives 3 values a sample, but the data has 2 classes" in answer.stderr


def test_list_names_every_component_with_all_its_keys(nnlab) -> None:
    answer = nnlab("list")
    assert answer.code == 0
    for registry in REGISTRIES.values():
        for name, cls in registry.items():
            assert name in answer.stdout
            for parameter in hyperparameters(cls):
                assert parameter.name in answer.stdout


def test_list_of_one_kind_has_only_that_kind(nnlab) -> None:
    answer = nnlab("list", "optimizer")
    assert "nesterov" in answer.stdout
    assert "sigmoid" not in answer.stdout
    assert "required" in answer.stdout  # sgd's lr


def test_list_of_an_unknown_kind_suggests(nnlab) -> None:
    answer = nnlab("list", "optimiser")
    assert answer.code == 2
    assert "did you mean 'optimizer'?" in answer.stderr


def test_completion_knows_every_kind() -> None:
    assert set(KINDS) == set(REGISTRIES)
