"""Components of a notebook or script: their source is recorded as a plugin that can be loaded."""

import json
import linecache
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import nnlab
from nnlab.errors import PluginError
from nnlab.plugins import load_plugin
from nnlab.plugins.loading import pickled
from nnlab.plugins.plugin import plugin_of
from nnlab.registry import layers
from nnlab.train.resume import resume

CELL = '''import numpy as np
from math import pi as PI
from pathlib import Path
from typing import Annotated
import sys as system
from nnlab.components import Doc, Ge, Layer, Le, dataclass, layers
SCALE = (2.0, "x")
unknown = object()

def sigma(z):
    return half(z) * 2

def half(z):
    return 0.5 / (1 + np.exp(-z))

@layers.register("my_swish")
@dataclass(kw_only=True)
class MySwish(Layer):
    """y = x · sigmoid(2βx)."""

    beta: Annotated[float, Ge(0), Le(10), Doc("factor β")] = 1.0

    def build(self, in_shape):
        return in_shape

    def forward(self, x, *, training):
        self.x, self.s = x, sigma(SCALE[0] * self.beta * x) + 0 * PI
        return x * self.s

    def backward(self, dy):
        return dy * (self.s + 2 * self.beta * self.x * self.s * (1 - self.s))
'''
SPEC: dict[str, Any] = {
    "data": {"name": "spiral", "points": 10},
    "model": {"name": "sequential", "layers": ["my_swish", {"name": "linear", "units": 3}]},
    "optimizer": {"name": "sgd", "lr": 0.1},
    "train": {"iterations": 2, "batch_size": 6, "pictures": False},
}

RunCell = Callable[[str], None]


@pytest.fixture
def run_cell(monkeypatch: pytest.MonkeyPatch) -> RunCell:
    """Execute a cell in an empty ``__main__``, whose lines linecache has, as in a notebook."""
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)

    def run(text: str) -> None:
        name = f"<cell {len(linecache.cache)}>"
        monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
        exec(compile(text, name, "exec", dont_inherit=True), vars(main))

    return run


def test_the_source_of_a_cell_is_recorded_and_resumes_the_run(run_cell: RunCell, tmp_path: Path) -> None:
    run_cell(CELL)
    run = nnlab.run(SPEC, tmp_path / "runs").path
    entry = json.loads((run / "environment.json").read_text(encoding="utf-8"))["plugins"]
    assert [(item["file"], item["components"]) for item in entry] == [
        ("my_swish.py", [{"kind": "layer", "name": "my_swish"}])
    ]
    resume(run, iterations=3)  # by the class of the notebook
    text = (run / "plugins" / "my_swish.py").read_text(encoding="utf-8")
    assert text.index("def half") < text.index("def sigma") < text.index("class MySwish")
    assert "unknown" not in text
    assert "from nnlab.components import Annotated, Doc, Ge, Layer, Le, dataclass, layers\n" in text
    layers.remove("my_swish")
    load_plugin(run / "plugins" / "my_swish.py")
    resume(run, iterations=4)


def test_a_cell_is_run_again_with_changes(run_cell: RunCell) -> None:
    run_cell(CELL)
    first = plugin_of(layers["my_swish"])
    run_cell(CELL.replace("= 1.0", "= 3.0"))
    second = plugin_of(layers["my_swish"])
    assert layers["my_swish"]().beta == 3
    assert first
    assert second
    assert first.sha256 != second.sha256


def test_a_class_that_uses_what_has_no_source_is_not_recorded(run_cell: RunCell, tmp_path: Path) -> None:
    run_cell(CELL.replace("0 * PI", "0 * (unknown is None)"))
    run = nnlab.run(SPEC, tmp_path / "runs").path
    assert not (run / "plugins").exists()


def test_a_mistake_in_a_cell_is_one_message_with_its_line(run_cell: RunCell, tmp_path: Path) -> None:
    run_cell(CELL.replace("return x * self.s", "return x @ self.s"))
    with pytest.raises(PluginError, match=r"<cell \d+>:28: ValueError: .*shapes: x \(30, 2\)"):
        nnlab.run(SPEC, tmp_path / "runs")
    (summary,) = (tmp_path / "runs").glob("*/summary.json")
    assert json.loads(summary.read_text(encoding="utf-8"))["status"] == "failed"


def test_components_of_a_cell_go_to_another_process(run_cell: RunCell) -> None:
    run_cell(CELL)
    experiment = nnlab.load_experiment(SPEC)
    data = pickled((experiment, "kept"))
    layers.remove("my_swish")
    (found, kept) = pickle.loads(data)
    assert kept == "kept"
    assert found.resolved() == experiment.resolved()
    assert type(found.model.layers[0]).__module__.startswith("nnlab_plugin_my_swish_")
    assert layers["my_swish"] is type(found.model.layers[0])
