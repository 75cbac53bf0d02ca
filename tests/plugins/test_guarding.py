"""Mistakes inside a plugin's methods: one message with file, line and shapes; the run is recorded as failed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnlab
from nnlab.errors import Diverged, PluginError
from nnlab.plugins import load_plugin
from nnlab.plugins.skeletons import skeleton
from nnlab.registry import optimizers

Write = Callable[..., Path]

SCALE = '''import numpy as np
from nnlab.components import Array, Layer, Shape, dataclass, layers


@layers.register("my_scale")
@dataclass(kw_only=True)
class MyScale(Layer):
    """y = w·x."""

    def build(self, in_shape: Shape) -> Shape:
        self.w = self.constant("w", in_shape, 1.0)
        return in_shape

    def forward(self, x: Array, *, training: bool) -> Array:
        self._x = x
        return x * self.w.value

    def backward(self, dy: Array) -> Array:
        self.w.grad[...] = (dy * self._x).sum(axis=0)
        return dy * self.w.value
'''
SIGN = '''import numpy as np
from nnlab.components import Block, Optimizer, dataclass, optimizers


@optimizers.register("my_sign")
@dataclass(kw_only=True)
class MySign(Optimizer):
    """θ ← θ − η sign(g)."""

    def update(self, block: Block, lr: float) -> None:
        block.theta -= lr * np.sign(block.g)
'''


def spec(layer: str, optimizer: str = "sgd") -> dict[str, Any]:
    hidden = {"name": "linear", "units": 4}
    return {
        "data": {"name": "spiral", "points": 10},
        "model": {"name": "sequential", "layers": [hidden, {"name": layer}, {"name": "linear", "units": 3}]},
        "optimizer": {"name": optimizer, "lr": 0.1},
        "train": {"iterations": 2, "batch_size": 6, "pictures": False},
    }


def test_layers_with_and_without_parameters_train(write: Write, tmp_path: Path) -> None:
    for text, name in [(None, "my_swish"), (SCALE, "my_scale")]:
        load_plugin(write(text, f"{name}.py") if text else write())
        result = nnlab.run(spec(name), tmp_path / "runs")
        assert result.status == "completed"


def test_an_optimizer_trains(write: Write, tmp_path: Path) -> None:
    load_plugin(write(SIGN, "my_sign.py"))
    before, after = (
        nnlab.trained_network(nnlab.run(spec("relu", "my_sign"), tmp_path / "runs", overrides=[end]).path)
        for end in ("train.iterations=1", "train.iterations=2")
    )
    step = np.abs(after.flat.values - before.flat.values)
    assert np.allclose(step[step > 0], 0.1)


MISTAKES = {
    "broadcast": ("x * self.w.value", "x * self.w.value[:3]", 16, ["ValueError", "shapes: x (30, 4), self.w (4,)"]),
    "output shape": ("x * self.w.value", "x[:, :3]", 14, ["forward returned shape (30, 3) for x (30, 4)"]),
    "no return": ("return x * self.w.value", "x * self.w.value", 14, ["forward returned None for x (30, 4)"]),
    "input gradient": ("return dy * self.w.value", "return dy.T", 18, ["returned shape (4, 6)", "its shape, (6, 4)"]),
    "number type": ("x * self.w.value", "x * np.ones(4)", 14, ["forward returned float64 for float32"]),
    "written input": ("self._x = x", "x *= 2", 15, ["ValueError", "read-only"]),
    "no gradient": ("self.w.grad[...] =", "_ =", 18, ["did not write all of self.w.grad, shape (4,)"]),
    "half a gradient": ("self.w.grad[...] =", "self.w.grad[:2] = dy[0, :2]; _ =", 18, ["did not write all of self.w"]),
    "added gradient": ("self.w.grad[...] =", "self.w.grad[...] +=", 18, ["did not write all of self.w", "not +="]),
    "replaced gradient": ("self.w.grad[...] =", "self.w.grad =", 18, ["replaced the array self.w.grad"]),
    "exit": ("self._x = x", "import sys; sys.exit(0)", 15, ["a plugin must not end the program (exit code 0)"]),
    "base exception": ("self._x = x", "raise GeneratorExit", 15, ["GeneratorExit (shapes: x (30, 4)"]),
    "unprintable": ("self._x = x", "raise type('E', (OSError,), {'__str__': lambda e: 1 / 0})", 15, [": E (shap"]),
    "attribute": ("self._x).sum", "self.x).sum", 19, ["AttributeError", "no attribute 'x'", "dy (6, 4)"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_training_is_recorded(
    write: Write, tmp_path: Path, old: str, new: str, line: int, messages: list[str]
) -> None:
    assert SCALE.count(old) == 1
    file = write(SCALE.replace(old, new), "my_scale.py")
    load_plugin(file)
    with pytest.raises(PluginError) as caught:
        nnlab.run(spec("my_scale"), tmp_path / "runs")
    text = str(caught.value)
    assert text.startswith(f"{file}:{line}: ")
    assert "\n" not in text
    assert all(message in text for message in messages)
    (summary,) = (tmp_path / "runs").glob("*/summary.json")
    recorded = json.loads(summary.read_text(encoding="utf-8"))
    assert (recorded["status"], recorded["message"]) == ("failed", text)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("return in_shape", "pass", 10, "build returned None; return the shape"),
        ("return in_shape", "return (True,)", 10, "build returned (True,)"),
        ("return in_shape", "return [4]", 10, "build returned [4]; return the shape"),
        ("return in_shape", "return in_shape[5]", 12, "IndexError"),
    ],
)
def test_a_mistake_in_build_ends_before_a_folder_is_made(
    write: Write, tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    file = write(SCALE.replace(old, new), "my_scale.py")
    load_plugin(file)
    with pytest.raises(
        PluginError, match=f"my_scale.py:{line}: .*{message}".translate({ord(c): f"\\{c}" for c in "[]()"})
    ):
        nnlab.run(spec("my_scale"), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_number_that_is_not_finite_is_a_divergence(write: Write, tmp_path: Path) -> None:
    load_plugin(write(SCALE.replace("x * self.w.value", "x * self.w.value / 0"), "my_scale.py"))
    with pytest.raises(Diverged):
        nnlab.run(spec("my_scale"), tmp_path / "runs")


def test_an_update_rule_that_replaces_the_parameters(write: Write, tmp_path: Path) -> None:
    load_plugin(write(SIGN.replace("block.theta -=", "block.theta = block.theta -"), "my_sign.py"))
    with pytest.raises(PluginError, match=r"my_sign.py:10: MySign.update replaced block.theta; write into it"):
        nnlab.run(spec("relu", "my_sign"), tmp_path / "runs")
    assert "my_sign" in optimizers


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"w", in_shape, 1.0', '"w", in_shape[0], 1.0', "my_scale.py:11: TypeError: the shape of w is a tuple"),
        (
            "return in_shape",
            'self.v = self.constant("w", in_shape, 0.0); return in_shape',
            "my_scale.py:12: ValueError: there is a parameter w already: give each a name of its own",
        ),
        ("self.constant(", "self.weight(", "my_scale.py:11: TypeError: Layer.weight() missing"),
        ("in_shape, 1.0)", "in_shape, 1.0, 2)", "my_scale.py:11: TypeError"),
        (
            'self.constant("w", in_shape, 1.0)',
            'self.weight("w", in_shape, 0.01, 5)',
            "my_scale.py:11: TypeError: the initialiser of w is an object such as He(), got 0.01",
        ),
    ],
)
def test_wrong_parameters_are_found_where_they_are_declared(
    write: Write, tmp_path: Path, old: str, new: str, message: str
) -> None:
    load_plugin(write(SCALE.replace(old, new), "my_scale.py"))
    with pytest.raises(PluginError) as caught:
        nnlab.run(spec("my_scale"), tmp_path / "runs")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("loss", "np.sum(self.difference**2, axis=1)", "np.sum(self.difference**2)", "one loss for each row is shape"),
        ("loss", "return dscores /", "return dscores[:1] /", "the gradient has the shape of the scores, (6, 3)"),
        ("loss", "return 1 - 1 / classes", "return None", "MyOwn.chance returned None; return one number"),
        ("metric", "return self.total / self.samples", "return [1]", "MyOwn.result returned [1]; return one number"),
        ("dataset", "return Dataset(train, test", "return (train, test", "return Dataset(train, test, class_names)"),
        ("dataset", "repeat([0, 1]", "repeat([1, 2]", "whole numbers from 0 to 1, one for each of the 2 class names"),
        ("dataset", "repeat([0, 1]", "repeat([0.0, 1.0]", "targets that are not classes for train"),
        ("dataset", "axis=1), targets", "axis=1)[:5], targets", "inputs (5, 2) and targets (20,) for train"),
        ("dataset", "axis=1), targets", "axis=1).astype('f4'), targets", "inputs of float32 for train"),
    ],
)
def test_results_of_other_components_are_checked(
    write: Write, tmp_path: Path, kind: str, old: str, new: str, message: str
) -> None:
    text = skeleton(kind, Path("my_own.py"))
    assert text.count(old) == 1
    load_plugin(write(text.replace(old, new), "my_own.py"))
    uses = {"metric": {"metrics": ["my_own"]}, "dataset": {"data": {"name": "my_own", "points": 10}}}
    chosen: dict[str, Any] = uses.get(kind, {kind: "my_own"})
    model = {"name": "mlp", "hidden": [4]}
    with pytest.raises(PluginError, match=r"my_own.py:\d+: MyOwn") as caught:
        nnlab.run({**spec("relu"), "model": model, **chosen}, tmp_path / "runs")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "uses"), [("loss", {"loss": "my_own"}), ("metric", {"metrics": ["my_own"]})], ids=["loss", "metric"]
)
def test_scores_and_targets_are_read_only(write: Write, tmp_path: Path, kind: str, uses: dict[str, Any]) -> None:
    text = skeleton(kind, Path("my_own.py"))
    line = "        e = np.exp(scores - scores.max(axis=1, keepdims=True))"
    assert text.count(line) == 1
    for change in ("scores -= 1", "targets += 1"):
        load_plugin(write(text.replace(line, f"        {change}\n{line}"), "my_own.py"))
        with pytest.raises(PluginError, match=r"my_own.py:\d+: ValueError: output array is read-only"):
            nnlab.run({**spec("relu"), **uses}, tmp_path / "runs")


@pytest.mark.parametrize("method", ["weight_uses", "activity_penalty"])
def test_layers_count_in_numbers(write: Write, tmp_path: Path, method: str) -> None:
    added = f"    def {method}(self):\n        return 'many'\n\n    def forward("
    load_plugin(write(SCALE.replace("    def forward(", added), "my_scale.py"))
    with pytest.raises(PluginError, match=rf"my_scale.py:14: MyScale.{method} returned 'many'; return one number"):
        nnlab.run(spec("my_scale"), tmp_path / "runs")


@pytest.mark.parametrize("decorator", ["property", "cached_property"])
def test_a_mistake_in_a_property_is_one_of_the_plugin(write: Write, tmp_path: Path, decorator: str) -> None:
    text = skeleton("dataset", Path("my_own.py"))
    method = "    def read(self"
    assert text.count(method) == 1
    changed = text.replace(method, f"    @{decorator}\n    def task(self):\n        return self.nothing\n\n{method}")
    load_plugin(write(f"from functools import cached_property\n{changed}", "my_own.py"))
    with pytest.raises(PluginError, match=r"my_own.py:\d+: AttributeError: 'MyOwn' object has no attribute 'nothing'"):
        nnlab.run({**spec("relu"), "data": {"name": "my_own"}}, tmp_path / "runs")


def test_what_a_plugin_prints_is_a_message(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    load_plugin(write("print('loaded', 1, sep='-')\n" + SCALE, "my_scale.py"))
    assert capsys.readouterr() == ("", "loaded-1\n")
