"""``nnlab list``: the components and keys of a spec."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from nnlab.cli.completion import complete_listed
from nnlab.cli.console import echo

CONFIG = "config"


def list_command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND|NAME",
            help="A kind, such as optimizer, or a component, such as adam; spec, descent or sweep for the keys, config "
            "for the bundled configs.",
            autocompletion=complete_listed,
        ),
    ] = None,
) -> None:
    """List components and bundled configs; for a kind or a component, its keys with values, defaults and meaning.

    Example: nnlab list optimizer
    """
    from nnlab.cli.list_configs import config_names, print_configs
    from nnlab.config.bundled import is_bundled
    from nnlab.errors import UsageError
    from nnlab.text import near_hint, quote

    kinds = _kinds()
    if name is None:
        for kind, classes in kinds.items():
            echo(f"{kind:<14}{_names(kind, classes)}")
        echo(f"{CONFIG:<14}{config_names()}")
        if sys.stdout.isatty():
            echo("nnlab list KIND and nnlab list NAME list keys, defaults and meaning", err=True)
        return
    if name == CONFIG:
        print_configs()
        return
    if name in kinds:
        _render(name, kinds[name])
        return
    found = {kind: {name: classes[name]} for kind, classes in kinds.items() if name in classes}
    if "activation" in found:  # every activation is a layer too
        found.pop("layer", None)
    if not found:
        known = [*kinds, CONFIG, *(component for classes in kinds.values() for component in classes)]
        bundled = f"nnlab show {name} shows the config of this name; " if is_bundled(name) else ""
        raise UsageError(
            f"no kind or component is called {quote(name)}; {bundled or near_hint(name, known)}"
            f"the kinds are {', '.join([*kinds, CONFIG])}"
        )
    for kind, classes in found.items():
        _render(kind, classes)


def _kinds() -> "dict[str, dict[str, type]]":
    """Components by kind and name; the sections of a spec, a descent and a sweep are kinds too."""
    from nnlab.config.descent import Descent
    from nnlab.config.experiment import spec_sections
    from nnlab.config.sweep_keys import SweepKeys
    from nnlab.registry import REGISTRIES

    kinds: dict[str, dict[str, type]] = {
        "spec": spec_sections(),
        "descent": {"descent": Descent},
        "sweep": {"sweep": SweepKeys},
    }
    return kinds | {kind: dict(registry.items()) for kind, registry in REGISTRIES.items()}


def _names(kind: str, classes: Mapping[str, type]) -> str:
    """The names of a kind on one line; of spec, descent and sweep the keys."""
    from nnlab.registry import activations, hyperparameter_names

    if kind in ("spec", "descent", "sweep"):
        return ", ".join(hyperparameter_names(classes[kind]))
    if kind == "layer":
        return ", ".join([*sorted(classes.keys() - set(activations.names())), "and every activation"])
    return ", ".join(sorted(classes))


def _render(kind: str, classes: Mapping[str, type]) -> None:
    from rich.table import Table
    from rich.text import Text

    from nnlab.cli.console import results
    from nnlab.config.default_texts import default_text
    from nnlab.config.type_checks import describe_accepted
    from nnlab.docstrings import docstring_of
    from nnlab.registry import hyperparameters, summary

    table = Table(title=kind, title_justify="left", title_style="bold", show_lines=False)
    for heading in ("name", "key", "accepts", "default", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("name", "key"))
    for name, cls in classes.items():
        meaning = "\n".join([summary(cls), *docstring_of(cls).formulas])
        table.add_row(Text(name, "bold"), "", "", "", Text(meaning), end_section=False)
        for parameter in hyperparameters(cls):
            default = Text("required", "italic") if parameter.required else Text(default_text(parameter))
            table.add_row("", Text(parameter.name), Text(describe_accepted(parameter)), default, Text(parameter.doc))
        table.add_section()
    results().print(table)
