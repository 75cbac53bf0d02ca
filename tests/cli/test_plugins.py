"""--plugin: which commands take it."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from nnlab.cli.app import app

# These read, mark and delete what is in run folders, and never need a component.
WITHOUT = {"runs ls", "runs tag", "runs note", "runs rm", "runs restore", "runs purge"}


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def test_every_command_that_knows_components_takes_plugins() -> None:
    found = dict(commands(get_command(app)))
    takes = {name for name, command in found.items() if any("--plugin" in option.opts for option in command.params)}
    assert set(found) - takes == WITHOUT
    assert {"train", "sweep", "crossval", "why", "plot", "evaluate", "gradcheck", "data show"} <= takes


def test_the_option_is_declared_once() -> None:
    options = [
        next(option for option in command.params if "--plugin" in option.opts)
        for name, command in commands(get_command(app))
        if name not in WITHOUT
    ]
    assert {option.help for option in options} == {options[0].help}
    assert all(option.multiple for option in options)
