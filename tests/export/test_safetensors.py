"""The weights of a run with the names and layouts of PyTorch, read without PyTorch."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, load_file
from trainings import make_network

from nnlab.core.arrays import Array
from nnlab.data.input_format import InputFormat
from nnlab.errors import UsageError
from nnlab.export.pytorch_modules import LAYERS, sequential
from nnlab.export.pytorch_script import CLASSES
from nnlab.export.request import ExportRequest
from nnlab.export.safetensors_torch import export, files_of
from nnlab.layers.activations import ReLU
from nnlab.layers.base import Activation
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.concat import Concat
from nnlab.layers.conv import Conv2D
from nnlab.layers.flatten import Flatten
from nnlab.layers.linear import Linear
from nnlab.layers.residual import Residual
from nnlab.registry import layers
from nnlab.storage.tensors import read_metadata
from nnlab.train.run import run

FORMAT = InputFormat((1, 4, 4), ("a", "b", "c"), pixels=True, low=np.array(0), high=np.array(255))
INNER = [Concat(branches=[[Conv2D(filters=2, padding="same")], []]), Flatten(), Residual(layers=[Linear(units=3)])]


def test_every_layer_has_its_counterpart_in_pytorch() -> None:
    assert {name for name, _ in layers.items()} == LAYERS


def test_every_class_that_a_script_uses_is_pytorchs_or_its_own() -> None:
    for name, cls in layers.items():
        for layer, in_shape in cls.examples():
            network = make_network([layer, Flatten(), Linear(units=2)], in_shape, 2)
            named = zip(network.names, network.layers, strict=True)
            calls = {call.partition("(")[0] for call in sequential(named).calls()}
            assert all(call.startswith("nn.") or call in CLASSES for call in calls), name


def test_arrays_have_the_names_and_layouts_of_pytorch() -> None:
    network = make_network([Conv2D(filters=2), BatchNorm(), Flatten(), Linear(units=3)], (1, 4, 4), 3, dtype="float32")
    contents, _ = files_of(network, FORMAT, 9, {}, "run", "run.safetensors")
    found, state = load(contents), network.state()
    assert {name: array.shape for name, array in found.items()} == {
        "conv2d1.weight": (2, 1, 3, 3),
        "conv2d1.bias": (2,),
        "batch_norm1.weight": (2,),
        "batch_norm1.bias": (2,),
        "batch_norm1.running_mean": (2,),
        "batch_norm1.running_var": (2,),
        "batch_norm1.num_batches_tracked": (),
        "linear1.weight": (3, 8),
        "linear1.bias": (3,),
    }
    assert np.array_equal(found["linear1.weight"], state["linear1.W"].T)
    assert found["batch_norm1.running_var"].dtype == np.float32
    assert found["batch_norm1.num_batches_tracked"] == 9


def test_arrays_inside_composites_are_named_after_their_modules() -> None:
    contents, text = files_of(make_network(INNER, (1, 4, 4), 3), FORMAT, 0, {}, "run", "run.safetensors")
    names = {name.rpartition(".")[0] for name in load(contents)}
    assert names == {"concat1.branch1.conv2d1", "residual1.layers.linear1", "residual1.projection"}
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Inputs", "Residual", "Concat"]


@dataclass(kw_only=True)
class Spline(Activation):
    registered_name = "spline"

    def forward(self, x: Array, *, training: bool) -> Array:
        return x

    def backward(self, dy: Array) -> Array:
        return dy


@pytest.mark.parametrize("inside", [False, True])
def test_layer_without_a_counterpart_is_named(inside: bool) -> None:
    own = [Linear(units=3), Residual(layers=[ReLU(), Spline()]) if inside else Spline()]
    with pytest.raises(
        UsageError, match=r"^layer 2 spline: has no counterpart in PyTorch that nnlab knows \(it knows "
    ):
        files_of(make_network(own, (3,), 3), FORMAT, 0, {}, "run", "run.safetensors")


@pytest.mark.parametrize(
    "name", ['"""; raise SystemExit', "a'b\"c\\", "line\nbreak", "run {0} {run}", "桜\u202e", "\udcff"]
)
def test_hostile_names_stay_text_in_the_script(name: str) -> None:
    inputs = InputFormat((2,), (name, "b"), pixels=False, low=np.zeros(2), high=np.ones(2))
    network = make_network([Linear(units=2)], (2,), 2)
    _, text = files_of(network, inputs, 0, {}, name, f"{name}.safetensors")
    tree = ast.parse(text)
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(assigned["CLASSES"]) == [name, "b"]
    assert [type(node) for node in tree.body if isinstance(node, ast.Raise)] == []
    assert "\u202e" not in text
    assert "\nbreak" not in text


@pytest.mark.slow
def test_export_writes_weights_and_the_script_beside_them(tmp_path: Path, no_pictures: None) -> None:
    spec = {
        "data": {"name": "moons", "points": 20},
        "model": {"name": "mlp", "hidden": [4]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 3},
    }
    done = run({"name": "moons", **spec}, tmp_path / "runs")
    weights, loader = export(ExportRequest(run=done.path, out=tmp_path / "new" / "moons.safetensors"))
    assert (weights.name, loader.name) == ("moons.safetensors", "moons.py")
    assert load_file(weights)["linear1.weight"].shape == (4, 2)
    metadata = read_metadata(weights)
    assert (metadata["format"], json.loads(metadata["class_names"])) == ("pt", ["0", "1"])
    assert metadata["spec"] == (done.path / "spec.yaml").read_text(encoding="utf-8")
    before = weights.read_bytes(), loader.read_bytes()
    with pytest.raises(UsageError, match=r"moons\.safetensors: already exists"):
        export(ExportRequest(run=done.path, out=weights))
    export(ExportRequest(run=done.path, out=weights, overwrite=True))
    assert (weights.read_bytes(), loader.read_bytes()) == before
    weights.unlink()
    with pytest.raises(UsageError, match=r"moons\.py: already exists"):
        export(ExportRequest(run=done.path, out=weights))
    assert not weights.exists()


def test_weights_need_their_ending(make_run) -> None:
    with pytest.raises(UsageError, match=r"^--out a\.py: must end in \.safetensors; the script beside it ends in \.py"):
        export(ExportRequest(run=make_run(), out=Path("a.py")))


@pytest.mark.parametrize("name", ["torch", "safetensors", "random"])
def test_the_script_hides_no_module_that_it_imports(make_run, name: str) -> None:
    with pytest.raises(UsageError, match=rf"a script {name}\.py would hide the module {name}; use another name"):
        export(ExportRequest(run=make_run(), out=Path(f"{name}.safetensors")))
