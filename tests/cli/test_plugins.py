"""--plugin: which commands take it, and that nothing else executes a plugin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import nnlab as package
from nnlab.cli.app import app_for
from nnlab.plugins import load_plugin
from nnlab.plugins.skeletons import skeleton
from nnlab.registry import layers

SPEC = {
    "data": {"name": "spiral", "points": 10},
    "model": {"name": "sequential", "layers": ["my_own", {"name": "linear", "units": 3}]},
    "optimizer": "adam",
    "train": {"iterations": 2, "batch_size": 6, "pictures": False},
}

# These read, mark and delete what is in run folders, and never need a component.
WITHOUT = {"runs ls", "runs tag", "runs note", "runs rm", "runs restore", "runs purge"}


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_command_that_knows_components_takes_plugins() -> None:
    found = dict(commands(get_command(app_for([]))))
    takes = {name for name, command in found.items() if any("--plugin" in option.opts for option in command.params)}
    assert set(found) - takes == WITHOUT
    assert {"train", "sweep", "crossval", "why", "plot", "evaluate", "gradcheck", "data show"} <= takes


def test_the_option_is_declared_once() -> None:
    options = [
        next(option for option in command.params if "--plugin" in option.opts)
        for name, command in commands(get_command(app_for([])))
        if name not in WITHOUT
    ]
    assert {option.help for option in options} == {options[0].help}
    assert all(option.multiple for option in options)


@pytest.mark.slow
@pytest.mark.usefixtures("own_registries")
def test_no_command_executes_the_plugin_of_a_run_unasked(nnlab, tmp_path: Path) -> None:
    """Neither does a spec, whatever it says."""
    file = tmp_path / "my_own.py"
    file.write_text(skeleton("layer", file), encoding="utf-8")
    load_plugin(file)
    run = package.run(SPEC, tmp_path / "runs").path
    layers.remove("my_own")
    executed, plugin = tmp_path / "executed", run / "plugins" / "my_own.py"
    plugin.write_text(f"from pathlib import Path\nPath({str(executed)!r}).touch()\n", encoding="utf-8")
    for command in ("show", "evaluate", "eject", "export --to onnx", "train --resume"):
        nnlab(*command.split(), run)
    for key in ("plugin", "plugins", "data.plugin"):
        assert nnlab("train", run / "spec.yaml", "-s", f"{key}={plugin}").code == 2
    assert nnlab("gradcheck", run / "spec.yaml").code == 2
    assert not executed.exists()
    answer = nnlab("show", run, "--plugin", plugin)
    assert (answer.code, "registers nothing" in answer.stderr) == (2, True)
    assert executed.exists()
