"""The ``nnlab`` command with its sub-commands.

A command that is named first is built alone: importing all of them and making their options takes a tenth of a second,
as long as training a small network.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nnlab import __version__
from nnlab.cli.arguments import option_hint
from nnlab.cli.console import echo
from nnlab.cli.plugins import with_plugins
from nnlab.text import escape_control

# In the order of the help. The function of a command is ``<name>_command`` in ``nnlab/cli/<name>.py``, a group with
# commands of its own ``<name>_app``.
COMMANDS = (
    "init",
    "train",
    "crossval",
    "sweep",
    "watch",
    "compare",
    "why",
    "descend",
    "plot",
    "evaluate",
    "predict",
    "export",
    "doctor",
    "reproduce",
    "report",
    "eject",
    "activations",
    "lr",
    "landscape",
    "gradcheck",
    "sanity",
    "explain",
    "trace",
    "show",
    "list",
    "schema",
)
GROUPS = ("data", "runs")


class SafeGroup(TyperGroup):
    """The root command: what was typed wrongly is repeated without anything in it that could steer a terminal.

    An option that is none but the key of a spec (``--lr``) is answered with the option that changes the key.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if hasattr(error, "possibilities") and (hint := _hint_for(error)):
                vars(error).update(message=f"{vars(error)['message']}; {hint}", possibilities=None)
            if isinstance(message := getattr(error, "message", None), str):
                vars(error)["message"] = escape_control(message.removeprefix("Value error, "))  # Typer's validator
            raise


def _hint_for(error: Any) -> str:
    """What to write for an unknown option of a command that takes -s."""
    takes_keys = error.ctx is not None and any("--set" in option.opts for option in error.ctx.command.params)
    return option_hint(error.option_name) if takes_keys else ""


def app_for(arguments: Sequence[str]) -> typer.Typer:
    """The root command for a command line: with the command that it begins with, else with all of them."""
    first = arguments[0] if arguments else ""
    return _app((first,) if first in COMMANDS or first in GROUPS else (*COMMANDS, *GROUPS))


@cache
def _app(names: tuple[str, ...]) -> typer.Typer:
    app = typer.Typer(
        name="nnlab",
        cls=SafeGroup,
        help="An experiment runner for neural networks written by hand in NumPy.\n\n"
        "Example: nnlab train configs/adam.yaml",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in names:
        module = import_module(f"nnlab.cli.{name}")
        if name in GROUPS:
            app.add_typer(getattr(module, f"{name}_app"), name=name)
        else:
            app.command(name)(with_plugins(getattr(module, f"{name}_command")))
    app.callback()(root)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        echo(f"nnlab {__version__}")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before any command."""
