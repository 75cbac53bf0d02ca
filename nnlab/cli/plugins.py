"""``--plugin FILE``: one option of every command that knows components."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

Plugins = Annotated[
    list[Path] | None,
    typer.Option(
        "--plugin",
        metavar="FILE.py",
        help="Execute this Python file, which adds components of your own; repeatable.",
        show_default=False,
    ),
]


def with_plugins(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the option ``--plugin``; the files are executed before it begins."""

    @wraps(command)
    def loading(*, plugins: list[Path] | None = None, **arguments: Any) -> None:
        if plugins:
            from nnlab.plugins import load_plugins

            load_plugins(plugins)
        command(**arguments)

    signature = inspect.signature(command)
    option = inspect.Parameter("plugins", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Plugins)
    loading.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what Typer reads
        parameters=[*signature.parameters.values(), option]
    )
    loading.__annotations__ = {**command.__annotations__, "plugins": Plugins}
    return loading
