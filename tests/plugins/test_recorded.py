"""The plugins of a run: copied, recorded, needed again and compared."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import nnlab
from nnlab.config.recorded_data import RecordedData
from nnlab.eject.network import write_network
from nnlab.errors import MissingPlugin, RunError, UsageError
from nnlab.export.pytorch_modules import sequential
from nnlab.plugins import load_plugin
from nnlab.plugins.recorded import plugin_options, plugins_in, recorded_components
from nnlab.plugins.skeletons import skeleton
from nnlab.records.descent_reader import read_descent
from nnlab.registry import layers, optimizers
from nnlab.saved_run import experiment_of_run, setup_of_run
from nnlab.train.resume import resume

Write = Callable[..., Path]


@pytest.fixture
def spec() -> dict[str, Any]:
    own = {"name": "my_swish", "beta": 2.0}
    return {
        "data": {"name": "spiral", "points": 10},
        "model": {"name": "sequential", "layers": [own, {"name": "linear", "units": 3}]},
        "optimizer": {"name": "sgd", "lr": 0.1},
        "train": {"iterations": 2, "batch_size": 6, "pictures": False},
    }


@pytest.fixture
def run(write: Write, spec: dict[str, Any], tmp_path: Path) -> Path:
    """A run with my_swish, which is then no longer registered."""
    load_plugin(write())
    path = nnlab.run(spec, tmp_path / "runs").path
    layers.remove("my_swish")
    return path


def environment(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "environment.json").read_text(encoding="utf-8")))


def test_the_run_folder_has_the_file_and_its_record(run: Path, swish: str) -> None:
    plugin = load_plugin(run / "plugins" / "my_swish.py")
    assert plugin.text == swish
    component = {"kind": "layer", "name": "my_swish"}
    assert environment(run)["plugins"] == [{"file": "my_swish.py", "sha256": plugin.sha256, "components": [component]}]


def test_plugins_that_an_experiment_does_not_use_are_not_recorded(
    write: Write, spec: dict[str, Any], tmp_path: Path
) -> None:
    load_plugin(write())
    spec["model"]["layers"][0] = {"name": "relu"}
    run = nnlab.run(spec, tmp_path / "runs").path
    assert "plugins" not in environment(run)
    assert not (run / "plugins").exists()


def test_files_of_one_name_are_kept_apart(write: Write, swish: str, spec: dict[str, Any], tmp_path: Path) -> None:
    load_plugin(write())
    (tmp_path / "other").mkdir()
    load_plugin(write(swish.replace("my_swish", "second"), "other/my_swish.py"))
    spec["model"]["layers"].insert(0, {"name": "second"})
    files = plugins_in(nnlab.load_experiment(spec))
    assert len(files) == 2
    assert all(name.startswith("my_swish") and name.endswith(".py") for name in files)


def test_a_missing_plugin_is_named_with_the_option_to_add(run: Path, tmp_path: Path) -> None:
    named = rf"layer 'my_swish' is a component of a plugin: read .*/plugins/my_swish.py, then add --plugin {run}"
    with pytest.raises(MissingPlugin, match=named):
        experiment_of_run(run)
    with pytest.raises(MissingPlugin, match=named):
        resume(run, iterations=3)
    with pytest.raises(MissingPlugin, match=named):
        nnlab.trained_network(run)


def test_all_missing_plugins_are_named_at_once(write: Write, spec: dict[str, Any], tmp_path: Path) -> None:
    load_plugin(write())
    load_plugin(write(skeleton("optimizer", Path("my_rule.py")), "my_rule.py"))
    spec["optimizer"] = {"name": "my_rule", "lr": 0.1}
    path = nnlab.run(spec, tmp_path / "runs").path
    layers.remove("my_swish")
    optimizers.remove("my_rule")
    with pytest.raises(MissingPlugin) as raised:
        experiment_of_run(path)
    for file in ("my_swish.py", "my_rule.py"):
        assert str(raised.value).count(f"add --plugin {(path / 'plugins' / file).as_posix()}") == 1


def test_reading_and_comparing_need_no_plugin(run: Path) -> None:
    assert nnlab.read_run(run).status == "completed"
    assert len(nnlab.compare([run]).entries) == 1


def test_the_recorded_file_resumes_the_run_to_the_same_bytes(run: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    load_plugin(run / "plugins" / "my_swish.py")
    resume(run, iterations=4)
    spec["train"]["iterations"] = 4
    whole = nnlab.run(spec, tmp_path / "whole").path
    assert (run / "steps.csv").read_bytes() == (whole / "steps.csv").read_bytes()
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_another_version_of_the_plugin(run: Path, write: Write, swish: str) -> None:
    load_plugin(write(swish.replace("sigmoid", "σ"), "newer.py"))
    changed = "layer 'my_swish' is not the one that this run had"
    with pytest.raises(RunError, match=changed):
        experiment_of_run(run)
    with pytest.raises(RunError, match=changed):
        nnlab.trained_network(run)
    with pytest.raises(RunError, match=r"layer 'my_swish' of a plugin: .* then, .* now\n--allow-drift"):
        resume(run, iterations=3)
    resume(run, iterations=3, allow_drift=True)
    assert {path.name for path in (run / "plugins").iterdir()} == {"my_swish.py", "newer.py"}
    assert environment(run)["plugins"][0]["file"] == "newer.py"
    assert any("my_swish" in line for line in environment(run)["drift"])


def test_another_version_under_the_name_of_the_file(run: Path, write: Write, swish: str) -> None:
    old, new = (run / "plugins" / "my_swish.py").read_bytes(), swish.replace("sigmoid", "σ")
    load_plugin(write(new))
    resume(run, iterations=3, allow_drift=True)
    files = {path.name: path.read_bytes() for path in (run / "plugins").iterdir()}
    kept = f"my_swish-{sha256(old).hexdigest()[:8]}.py"
    assert files == {"my_swish.py": new.encode(), kept: old}
    load_plugin(run / "plugins" / "my_swish.py")
    assert nnlab.trained_network(run)


def test_a_spec_without_a_run_knows_no_plugin(spec: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no layer is called 'my_swish'"):
        nnlab.load_experiment(spec)


@pytest.mark.parametrize(
    "entry",
    [
        5,
        {"file": "../../evil.py"},
        {"file": "../evil.py", "sha256": "0", "components": [{"kind": "layer", "name": "a"}]},
        {"file": "a.py", "sha256": "0", "components": {"layer": "a"}},
        {"file": "a.py", "sha256": 0, "components": [{"kind": "layer", "name": "a"}]},
        {"file": "a.py", "sha256": "0", "components": [{"kind": "layer"}, 5, {"kind": [], "name": "a"}]},
    ],
)
def test_entries_that_are_no_plugins_are_left_out(entry: object) -> None:
    assert recorded_components({"plugins": [entry]}) == []
    assert recorded_components({"plugins": entry}) == []


def test_names_in_an_untrusted_record_cannot_steer_a_terminal() -> None:
    component = {"kind": "layer", "name": "a\x1b[31m"}
    (found,) = recorded_components({"plugins": [{"file": "a.py", "sha256": "\x1b", "components": [component]}]})
    assert "\x1b" not in found.needed(Path("runs/a"))


def test_a_plugins_layer_in_other_formats_is_one_message(run: Path) -> None:
    load_plugin(run / "plugins" / "my_swish.py")
    setup = setup_of_run(run)
    for convert, what in [
        (lambda: sequential(zip(setup.network.names, setup.network.layers, strict=True)), "PyTorch module"),
        (lambda: write_network(setup.network, legacy=False, shards=1), "textbook class"),
    ]:
        with pytest.raises(UsageError, match=f"no {what} is known for 'my_swish', a component of the plugin"):
            convert()


def test_a_descent_keeps_its_plugin(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.descent.run.draw_pictures", lambda *arguments: None)
    load_plugin(write(skeleton("optimizer", Path("my_rule.py")), "my_rule.py"))
    spec = {"function": "valley", "start": [1, 1], "steps": 2, "optimizer": [{"name": "my_rule", "lr": 0.1}]}
    folder = nnlab.run_descent(spec, tmp_path / "runs").path
    assert environment(folder)["plugins"][0]["components"] == [{"kind": "optimizer", "name": "my_rule"}]
    optimizers.remove("my_rule")
    with pytest.raises(MissingPlugin, match="optimizer 'my_rule' is a component of a plugin: read"):
        read_descent(folder)
    load_plugin(folder / "plugins" / "my_rule.py")
    assert read_descent(folder).steps == 2


def test_the_options_that_repeat_a_run(run: Path) -> None:
    assert RecordedData.of(run).plugin_options() == f" --plugin {run}/plugins/my_swish.py"
    assert plugin_options(Path("a b"), {}) == ""
