"""Skeletons of components: each works as it is, under the name of its file."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.errors import UsageError
from nnlab.gradcheck import TOLERANCES, check_components
from nnlab.plugins import load_plugin
from nnlab.plugins.skeletons import KINDS, class_name, skeleton

Write = Callable[..., Path]

NUMBERS = """    def per_sample(self, scores: Array, targets: Array) -> Array:
        self.difference = scores - targets
        return np.sum(np.cosh(self.difference) - 1, axis=1)

    def backward(self, batch_size: int | None = None) -> Array:
        return np.sinh(self.difference) / (batch_size or len(self.difference))

    def chance(self, classes: int) -> float:
        return 1.0
"""
HIDDEN = {"name": "linear", "units": 8}
OUTPUT = {"name": "linear", "units": 2}
USES: dict[str, dict[str, Any]] = {
    "layer": {"model": {"name": "sequential", "layers": [HIDDEN, {"name": "my_own", "start": 0.5}, OUTPUT]}},
    "activation": {"model": {"name": "mlp", "hidden": [8], "activation": "my_own"}},
    "loss": {"loss": "my_own"},
    "optimizer": {"optimizer": {"name": "my_own", "lr": 0.5, "momentum": 0.8}},
    "metric": {"metrics": ["accuracy", "my_own"]},
    "dataset": {"data": {"name": "my_own", "points": 30}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_trains(write: Write, tmp_path: Path, kind: str) -> None:
    load_plugin(write(skeleton(kind, Path("my_own.py")), "my_own.py"))
    spec = {
        "data": {"name": "moons", "points": 30},
        "model": {"name": "mlp", "hidden": [8]},
        "optimizer": {"name": "sgd", "lr": 0.5},
        "train": {"iterations": 40, "batch_size": "full", "pictures": False},
        **USES[kind],
    }
    result = nnlab.run(spec, tmp_path / "runs")
    assert result.steps["loss"][-1] < result.steps["loss"][0]
    assert (result.path / "plugins" / "my_own.py").is_file()
    assert kind != "metric" or result.metrics["train_my_own"][-1] > result.metrics["train_my_own"][0]


def test_a_dataset_and_a_loss_of_numbers(write: Write, tmp_path: Path) -> None:
    dataset = skeleton("dataset", Path("my_numbers.py"))
    dataset = dataset.replace(', ("inner", "outer"))', ', (), numbers=TargetColumns.in_own_units(("x",)))')
    dataset = dataset.replace(", axis=1), targets)", ", axis=1), radius[:, None])").replace(
        "Split,", "Split, TargetColumns,"
    )
    load_plugin(write(dataset, "my_numbers.py"))
    loss = skeleton("loss", Path("my_loss_of_numbers.py")).replace('("classes",)', '("numbers",)')
    loss = loss.replace("softmax = True", "softmax = False")
    load_plugin(write(loss[: loss.index("    def per_sample")] + NUMBERS, "my_loss_of_numbers.py"))
    spec = {
        "data": {"name": "my_numbers", "points": 30},
        "model": {"name": "mlp", "hidden": [8]},
        "loss": "my_loss_of_numbers",
        "optimizer": {"name": "adam", "lr": 0.05},
        "train": {"iterations": 40, "batch_size": "full", "pictures": False},
    }
    result = nnlab.run(spec, tmp_path / "runs")
    assert result.steps["loss"][-1] < result.steps["loss"][0]
    assert result.metrics["train_r2"][-1] > result.metrics["train_r2"][0]


def test_the_metric_of_a_skeleton_is_a_mean_over_all_samples(write: Write) -> None:
    metric = load_plugin(write(skeleton("metric", Path("my_own.py")), "my_own.py")).components["metric"]["my_own"]()
    metric.update(np.log([[0.2, 0.8], [0.5, 0.5]]), np.array([1, 0]))
    metric.update(np.log([[0.9, 0.1]]), np.array([0]))
    assert metric.result() == pytest.approx((0.8 + 0.5 + 0.9) / 3)
    assert (metric.label_ja, metric.heading) == (metric.label, "p(label)")


@pytest.mark.parametrize("kind", ["layer", "activation", "loss"])
@pytest.mark.parametrize("method", ["central", "complex"])
def test_the_gradients_of_a_skeleton_are_right(write: Write, kind: str, method: Any) -> None:
    load_plugin(write(skeleton(kind, Path("my_own.py")), "my_own.py"))
    results = check_components(method, ["my_own"])
    assert results
    assert all(result.error < TOLERANCES[method] for result in results)


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_has_one_import_of_nnlab_and_the_name_of_its_file(kind: str) -> None:
    text = skeleton(kind, Path("folder/two_words.py"))
    tree = ast.parse(text)
    imports = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert imports == ["nnlab.components"]
    assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == ["TwoWords"]
    assert 'register("two_words")' in text
    assert "my_" not in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("layer", "relu.py", "layer 'relu' is there already; choose another name, such as my_relu.py"),
        ("activation", "linear.py", "layer 'linear' is there already"),
        ("loss", "cross_entropy.py", "loss 'cross_entropy' is there already"),
        ("layer", "My.py", "small letters, digits and _ only, such as my_layer.py"),
        ("layer", "class.py", "small letters, digits and _ only"),
        ("layer", "1st.py", "small letters, digits and _ only"),
        ("layer", "a" * 61 + ".py", "small letters, digits and _ only"),
        ("layer", "a\x1bb.py", "small letters, digits and _ only"),
        ("layer", "a.txt", "ends in .py, got 'a.txt'"),
        ("layer", "a", "ends in .py, got 'a'"),
    ],
)
def test_names_that_no_new_component_can_have(kind: str, name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        skeleton(kind, Path(name))
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(("name", "cls"), [("my_swish", "MySwish"), ("a", "A"), ("x2__y", "X2Y"), ("mish", "Mish")])
def test_class_names(name: str, cls: str) -> None:
    assert class_name(name) == cls
