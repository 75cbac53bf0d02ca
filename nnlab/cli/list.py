"""``nnlab list``: what a spec can name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab.cli.completion import complete_kind

if TYPE_CHECKING:
    from nnlab.registry import Hyperparameter


def list_command(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="Only this kind, such as optimizer; spec and descent for the keys of a spec itself.",
            autocompletion=complete_kind,
        ),
    ] = None,
) -> None:
    """List what a spec can name, with keys, accepted values, defaults and meaning.

    Example: nnlab list optimizer
    """
    from nnlab.errors import UsageError, shown
    from nnlab.registry import REGISTRIES, near_hint
    from nnlab.spec.descent import Descent
    from nnlab.spec.experiment import spec_sections

    kinds: dict[str, dict[str, type]] = {"spec": spec_sections(), "descent": {"descent": Descent}}
    kinds |= {name: dict(registry.items()) for name, registry in REGISTRIES.items()}
    if kind is not None and kind not in kinds:
        hint = near_hint(kind, list(kinds))
        raise UsageError(f"no kind is called {shown(kind)}; {hint}there are {', '.join(kinds)}")
    for name in [kind] if kind else kinds:
        _render(name, kinds[name])


def _render(kind: str, classes: Mapping[str, type]) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.registry import hyperparameters, summary
    from nnlab.spec.expectation import accepted

    table = Table(title=kind, title_justify="left", title_style="bold", show_lines=False)
    for heading in ("name", "key", "accepts", "default", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("name", "key"))
    for name, cls in classes.items():
        table.add_row(Text(name, "bold"), "", "", "", Text(summary(cls)), end_section=False)
        for parameter in hyperparameters(cls):
            default = Text("required", "italic") if parameter.required else Text(default_text(parameter))
            table.add_row("", Text(parameter.name), Text(accepted(parameter)), default, Text(parameter.doc))
        table.add_section()
    results().print(table)


def default_text(parameter: "Hyperparameter") -> str:
    """A default as a spec writes it."""
    import json
    from dataclasses import is_dataclass

    from nnlab.registry import Component, Switch, registered_name
    from nnlab.spec.validation import plain

    default = parameter.default
    if parameter.mark(Switch):
        return "true" if default else "false"
    if is_dataclass(default):  # its own keys have their own rows
        return registered_name(default) if parameter.mark(Component) else ""
    value = plain(default)
    return value if isinstance(value, str) else json.dumps(value)
