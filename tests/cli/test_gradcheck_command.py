from pathlib import Path

import pytest

from nnlab.layers.activations import Sigmoid
from nnlab.registry import layers, losses, penalties


@pytest.mark.parametrize("method", ["central", "complex"])
def test_all_components_pass(nnlab, method: str) -> None:
    answer = nnlab("gradcheck", "--method", method)
    assert answer.code == 0
    assert "FAIL" not in answer.stdout
    for registry in (layers, losses, penalties):
        assert all(name in answer.stdout for name in registry.names())


def test_a_wrong_gradient_ends_with_1_and_is_named(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.backward
    monkeypatch.setattr(Sigmoid, "backward", lambda self, dy: -right(self, dy))
    answer = nnlab("gradcheck")
    assert answer.code == 1
    assert "FAIL" in answer.stdout
    assert "sigmoid.x" in answer.stderr


def test_only_checks_what_it_names(nnlab) -> None:
    answer = nnlab("gradcheck", "--only", "linear", "--only", "l1")
    assert answer.code == 0
    assert "sigmoid" not in answer.stdout
    assert "linear bias false" in answer.stdout


def test_an_unknown_name_is_wrong_usage(nnlab) -> None:
    answer = nnlab("gradcheck", "--only", "linar")
    assert answer.code == 2
    assert "did you mean 'linear'?" in answer.stderr


@pytest.mark.parametrize("method", ["central", "complex"])
def test_a_spec_checks_its_model_at_sampled_coordinates(nnlab, spec: Path, method: str) -> None:
    answer = nnlab("gradcheck", spec, "--method", method, "-s", "model.hidden=[30]", "-s", "penalty.l1=0.01")
    assert answer.code == 0
    assert "20 of 60" in answer.stdout
    assert "seed 0" in answer.stdout


def test_a_spec_with_a_wrong_layer_fails(nnlab, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.backward
    monkeypatch.setattr(Sigmoid, "backward", lambda self, dy: right(self, dy) * (1 + 1e-6))
    answer = nnlab("gradcheck", spec, "-s", "model.activation=sigmoid")
    assert answer.code == 1
    assert "linear1.W" in answer.stderr


@pytest.mark.parametrize("arguments", [["-s", "seed=1"], ["SPEC", "--only", "linear"]])
def test_options_that_do_not_go_together(nnlab, spec: Path, arguments: list[str]) -> None:
    answer = nnlab("gradcheck", *(spec if argument == "SPEC" else argument for argument in arguments))
    assert answer.code == 2


@pytest.mark.parametrize("method", ["central", "complex"])
def test_dropout_with_legacy_draws_passes(nnlab, spec: Path, method: str) -> None:
    answer = nnlab("gradcheck", spec, "--method", method, "-s", "rng=legacy", "-s", "model.dropout=0.5")
    assert answer.code == 0, answer.stderr


def test_the_sweep_draws_and_says_where_each_method_is_best(nnlab, tmp_path: Path) -> None:
    answer = nnlab("gradcheck", "--h-sweep", "--only", "tanh", "--only", "l2", "--out", tmp_path / "h.png")
    assert (answer.code, answer.stderr) == (0, "")
    tanh, l2, path = answer.stdout.splitlines()
    assert tanh.startswith("tanh: smallest error: forward ")
    assert l2.startswith("l2: ")
    assert Path(path) == tmp_path / "h.png"
    assert (tmp_path / "h.png").stat().st_size > 10_000


def test_a_sweep_has_a_folder_of_its_own(nnlab, tmp_path: Path) -> None:
    for count in (1, 2):
        assert nnlab("gradcheck", "--h-sweep").code == 0
        assert len(list((tmp_path / "gradchecks").glob("*/h_sweep.png"))) == count


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--h-sweep", "--only", "tahn"], 2),
        (["--out", "h.png"], 2),
        (["--h-sweep", "--out", "nowhere/h.png"], 5),
        (["--h-sweep", "--out", "h.xyz"], 2),
        (["--h-sweep", "--method", "complex"], 2),
        (["--h-sweep", *(part for name in [*layers.names()] for part in ("--only", name))], 2),
    ],
)
def test_a_sweep_that_cannot_be(nnlab, arguments: list[str], code: int) -> None:
    answer = nnlab("gradcheck", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    assert len(answer.stderr.splitlines()) == 1


def test_a_spec_with_frozen_layers_is_checked_without_them(nnlab, spec: Path) -> None:
    layers = (
        "[{name: linear, units: 4, frozen: true}, {name: batch_norm, frozen: true}, tanh, {name: linear, units: 2}]"
    )
    answer = nnlab("gradcheck", spec, "-s", f"model={{name: sequential, layers: {layers}}}", "-s", "penalty.l2=0.1")
    assert answer.code == 0
    assert "linear2.W" in answer.stdout
    assert "linear1" not in answer.stdout
