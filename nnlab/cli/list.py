"""``nnlab list``: what a spec can name."""

from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.completion import complete_kind

if TYPE_CHECKING:
    from nnlab.registry import Registry


def list_command(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="Only this kind, such as optimizer.", autocompletion=complete_kind),
    ] = None,
) -> None:
    """List what a spec can name, with keys, accepted values, defaults and meaning.

    Example: nnlab list optimizer
    """
    from nnlab.errors import UsageError, shown
    from nnlab.registry import REGISTRIES, near_name

    if kind is not None and kind not in REGISTRIES:
        near = near_name(kind, list(REGISTRIES))
        hint = f"did you mean {near!r}? " if near else ""
        raise UsageError(f"no kind is called {shown(kind)}; {hint}there are {', '.join(REGISTRIES)}")
    for registry in [REGISTRIES[kind]] if kind else REGISTRIES.values():
        _render(registry)


def _render(registry: "Registry") -> None:
    from inspect import getdoc

    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.registry import hyperparameters
    from nnlab.spec.expectation import accepted

    table = Table(title=registry.kind, title_justify="left", title_style="bold", show_lines=False)
    for heading in ("name", "key", "accepts", "default", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("name", "key"))
    for name, cls in registry.items():
        summary = (getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
        table.add_row(Text(name, "bold"), "", "", "", Text(summary), end_section=False)
        for parameter in hyperparameters(cls):
            default = Text("required", "italic") if parameter.required else Text(default_text(parameter.default))
            table.add_row("", Text(parameter.name), Text(accepted(parameter)), default, Text(parameter.doc))
        table.add_section()
    results().print(table)


def default_text(default: object) -> str:
    """A default as a spec writes it."""
    import json

    from nnlab.spec.validation import plain

    value = plain(default)
    return value if isinstance(value, str) else json.dumps(value)
