"""Components of installed packages, which name their modules in the entry-point group nnlab.components."""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import MissingPlugin
from nnlab.plugins import installed
from nnlab.plugins.installed import BrokenPlugin, load_installed
from nnlab.registry import layers

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package of one module, ``own_layers``, and look it up again."""
    monkeypatch.setattr(installed._Installed, "loaded", False)
    monkeypatch.setattr(installed._Installed, "versions", {})
    monkeypatch.delitem(sys.modules, "own_layers", raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def write(text: str, value: str = "own_layers") -> None:
        information = site / "own_dist-1.2.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: own-dist\nVersion: 1.2\n")
        (information / "entry_points.txt").write_text(f"[nnlab.components]\nmine = {value}\n")
        (site / "own_layers.py").write_text(text, encoding="utf-8")

    return write


def run_with(layer: str, runs: Path) -> Path:
    spec = {
        "data": {"name": "spiral", "points": 10},
        "model": {"name": "sequential", "layers": [{"name": layer}, {"name": "linear", "units": 3}]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 2, "batch_size": 6, "pictures": False},
    }
    return nnlab.run(spec, runs).path


def test_components_of_a_package_are_used_and_recorded(install: Install, swish: str, tmp_path: Path) -> None:
    install(swish, "own_layers")
    load_installed()
    assert layers["my_swish"].__module__ == "own_layers"
    run = run_with("my_swish", tmp_path / "runs")
    environment = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    assert environment["component_packages"] == {"own-dist": "1.2"}
    assert "plugins" not in environment


def test_a_run_names_the_package_that_is_missing(
    install: Install, swish: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(swish, "own_layers")
    load_installed()
    run = run_with("my_swish", tmp_path / "runs")
    layers.remove("my_swish")
    monkeypatch.setattr(installed._Installed, "versions", {})
    with pytest.raises(MissingPlugin, match=r"are from the package own-dist 1.2, which is not installed here"):
        nnlab.load_experiment(run / "spec.yaml")


@pytest.mark.parametrize(
    ("change", "value", "reason"),
    [
        (("import numpy", "import nothing_here"), "own_layers", "No module named 'nothing_here'"),
        (("import numpy", "raise SystemExit(0)\nimport numpy"), "own_layers", "SystemExit: 0"),
        (("", ""), "no_such_module", "No module named 'no_such_module'"),
        (('"my_swish"', '"relu"'), "own_layers", "activation 'relu' is built in"),
        (("def backward", "def backwards"), "own_layers", "class MySwish lacks backward"),
        ((', Doc("factor β")', ""), "own_layers", "beta has no description"),
    ],
)
def test_a_broken_package_is_one_warning(
    install: Install, swish: str, change: tuple[str, str], value: str, reason: str
) -> None:
    install(swish.replace(*change) if change[0] else swish, value)
    with pytest.warns(BrokenPlugin) as caught:
        load_installed()
    (warning,) = caught
    assert f"the components {value} of the package own-dist 1.2 cannot be loaded" in str(warning.message)
    assert reason in str(warning.message)
    assert "my_swish" not in layers
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_installed()
