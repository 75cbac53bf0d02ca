from pathlib import Path

import pytest

from nnlab.layers.activations import Sigmoid
from nnlab.registry import layers, losses, regularizers


@pytest.fixture
def no_pixels() -> None:
    """The pictures here have pixels."""


@pytest.mark.slow
def test_all_components_pass(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the complex step; the README's command, which is run too, takes central differences."""
    monkeypatch.setenv("COLUMNS", "200")  # names are cut in narrower tables
    answer = nnlab("gradcheck", "--method", "complex")
    assert answer.code == 0
    assert "FAIL" not in answer.stdout
    for registry in (layers, losses, regularizers):
        assert all(name in answer.stdout for name in registry.names())


def test_a_wrong_gradient_ends_with_1_and_is_named(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Sigmoid.backward
    monkeypatch.setattr(Sigmoid, "backward", lambda self, dy: -right(self, dy))
    answer = nnlab("gradcheck", "--only", "relu", "--only", "sigmoid", "--only", "tanh")
    assert answer.code == 1
    assert "FAIL" in answer.stdout
    assert "sigmoid.x" in answer.stderr
    assert all(name in answer.stdout for name in ("relu", "tanh")), "the others are checked all the same"


def test_only_restricts_the_check_to_the_named_components(nnlab) -> None:
    answer = nnlab("gradcheck", "--only", "linear", "--only", "l1")
    assert answer.code == 0
    assert "sigmoid" not in answer.stdout
    assert "linear bias false" in answer.stdout


def test_unknown_component_is_a_usage_error(nnlab) -> None:
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
def test_incompatible_options_are_refused(nnlab, spec: Path, arguments: list[str]) -> None:
    answer = nnlab("gradcheck", *(spec if argument == "SPEC" else argument for argument in arguments))
    assert answer.code == 2


@pytest.mark.parametrize("method", ["central", "complex"])
def test_dropout_with_legacy_draws_passes(nnlab, spec: Path, method: str) -> None:
    answer = nnlab("gradcheck", spec, "--method", method, "-s", "rng=legacy", "-s", "model.dropout=0.5")
    assert answer.code == 0, answer.stderr


@pytest.mark.slow
def test_step_size_sweep_plots_errors_and_prints_the_best_step_of_each_method(nnlab, tmp_path: Path) -> None:
    answer = nnlab("gradcheck", "--h-sweep", "--only", "tanh", "--only", "l2", "--out", tmp_path / "h.png")
    assert (answer.code, answer.stderr) == (0, "")
    tanh, l2, path = answer.stdout.splitlines()
    assert tanh.startswith("tanh: smallest error: forward ")
    assert l2.startswith("l2: ")
    assert Path(path) == tmp_path / "h.png"
    assert (tmp_path / "h.png").stat().st_size > 10_000


@pytest.mark.slow
def test_each_step_size_sweep_has_its_own_folder(nnlab, tmp_path: Path) -> None:
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
def test_a_sweep_that_is_refused(nnlab, arguments: list[str], code: int) -> None:
    answer = nnlab("gradcheck", *arguments)
    assert (answer.code, answer.stdout) == (code, "")
    assert len(answer.stderr.splitlines()) == 1


def test_frozen_layers_of_a_spec_are_left_out(nnlab, spec: Path) -> None:
    layers = (
        "[{name: linear, units: 4, frozen: true}, {name: batch_norm, frozen: true}, tanh, {name: linear, units: 2}]"
    )
    answer = nnlab("gradcheck", spec, "-s", f"model={{name: sequential, layers: {layers}}}", "-s", "penalty.l2=0.1")
    assert answer.code == 0
    assert "linear2.W" in answer.stdout
    assert "linear1" not in answer.stdout


SIMPLE_NET = """\
data:      {name: table, path: point.csv, label: t, scaling: none, test_split: 0, train_size: 1}
model:
  name: softmax
  init: {name: given, W: [[0.24055208, -0.08417877, 0.10270625], [0.57949381, 0.17237454, 0.73158598]]}
optimizer: {name: sgd, lr: 1.0}
dtype:     float64
train:     {iterations: 1, batch_size: full}
"""


@pytest.fixture
def simple_net(tmp_path: Path) -> Path:
    """The network of section 4.4.2 of Deep Learning from Scratch, with its weights and its one sample."""
    (tmp_path / "point.csv").write_text("x0,x1,t\n0.6,0.9,2\n0.1,0.2,0\n0.3,0.1,1\n", encoding="utf-8")
    path = tmp_path / "simple_net.yaml"
    path.write_text(SIMPLE_NET, encoding="utf-8")
    return path


@pytest.mark.parametrize("method", ["central", "complex"])
def test_values_reproduce_the_published_scores_loss_and_gradient(nnlab, simple_net: Path, method: str) -> None:
    answer = nnlab("gradcheck", simple_net, "--values", "--method", method)
    assert (answer.code, answer.stderr) == (0, "")
    scores, loss, *table = answer.stdout.splitlines()
    found = [float(number) for number in scores.partition(":")[2].split()]
    assert found == pytest.approx([0.66587567, 0.10462982, 0.72005113], abs=1e-8)
    # The book adds 1e-7 to the probability before the logarithm, which lowers the loss by 2.5e-7.
    assert float(loss.split()[1]) == pytest.approx(0.9113499, abs=4e-7)
    published = [[0.22846974, 0.1303415, -0.35881124], [0.34270461, 0.19551225, -0.53821686]]
    rows = [line.replace("│", " ").replace("linear1.W", "").split() for line in table if "[" in line]
    for row in rows[:6]:
        wanted = published[int(row[0].strip("[,"))][int(row[1].strip("],"))]
        assert [float(number) for number in row[2:4]] == pytest.approx([wanted, wanted], abs=2e-7)
        assert float(row[4]) < 1e-10


def test_values_of_larger_tensors_are_sampled_and_kinks_named(nnlab, spec: Path) -> None:
    layers = "[{name: linear, units: 30, frozen: true}, relu, {name: dropout, rate: 0.5}, {name: linear, units: 2}]"
    answer = nnlab("gradcheck", spec, "--values", "-s", f"model={{name: sequential, layers: {layers}}}")
    assert answer.code == 0
    assert "scores" not in answer.stdout
    assert answer.stdout.count("[") == 20 + 2
    assert "linear1" not in answer.stdout
    given = "model={name: softmax, init: {name: given, W: [[0, 0], [0, 0]]}}"
    assert nnlab("gradcheck", spec, "--values", "-s", given, "-s", "penalty.l1=0.1").stdout.count("at a kink") == 4


@pytest.mark.parametrize("arguments", [[], ["SPEC", "--h-sweep"], ["SPEC", "--out", "x.png"]])
def test_values_option_prints_the_gradients_of_a_spec(nnlab, spec: Path, arguments: list[str]) -> None:
    answer = nnlab("gradcheck", "--values", *(spec if argument == "SPEC" else argument for argument in arguments))
    assert answer.code == 2
    assert "--values needs a SPEC" in answer.stderr


def test_values_of_balanced_class_weights(nnlab, tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(
        "data: {name: spiral, points: 5}\nmodel: softmax\nloss: {class_weights: balanced}\n"
        "optimizer: {name: sgd, lr: 0.1}\ntrain: {epochs: 1}\n",
        encoding="utf-8",
    )
    answer = nnlab("gradcheck", spec, "--values")
    assert (answer.code, answer.stderr) == (0, "")
