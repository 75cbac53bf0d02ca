"""The ``nnlab`` command with its sub-commands."""

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nnlab import __version__
from nnlab.cli.activations import activations_command
from nnlab.cli.arguments import option_hint
from nnlab.cli.compare import compare_command
from nnlab.cli.console import echo
from nnlab.cli.crossval import crossval_command
from nnlab.cli.data import data_app
from nnlab.cli.descend import descend_command
from nnlab.cli.doctor import doctor_command
from nnlab.cli.eject import eject_command
from nnlab.cli.evaluate import evaluate_command
from nnlab.cli.explain import explain_command
from nnlab.cli.export import export_command
from nnlab.cli.gradcheck import gradcheck_command
from nnlab.cli.init import init_command
from nnlab.cli.landscape import landscape_command
from nnlab.cli.list import list_command
from nnlab.cli.lr import lr_command
from nnlab.cli.plot import plot_command
from nnlab.cli.plugins import with_plugins
from nnlab.cli.predict import predict_command
from nnlab.cli.report import report_command
from nnlab.cli.reproduce import reproduce_command
from nnlab.cli.runs import runs_app
from nnlab.cli.sanity import sanity_command
from nnlab.cli.schema import schema_command
from nnlab.cli.show import show_command
from nnlab.cli.sweep import sweep_command
from nnlab.cli.trace import trace_command
from nnlab.cli.train import train_command
from nnlab.cli.watch import watch_command
from nnlab.cli.why import why_command
from nnlab.text import escape_control


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


app = typer.Typer(
    name="nnlab",
    cls=SafeGroup,
    help="An experiment runner for neural networks written by hand in NumPy.\n\nExample: nnlab train configs/adam.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(with_plugins(init_command))
app.command("train")(with_plugins(train_command))
app.command("crossval")(with_plugins(crossval_command))
app.command("sweep")(with_plugins(sweep_command))
app.command("watch")(with_plugins(watch_command))
app.command("compare")(with_plugins(compare_command))
app.command("why")(with_plugins(why_command))
app.command("descend")(with_plugins(descend_command))
app.command("plot")(with_plugins(plot_command))
app.command("evaluate")(with_plugins(evaluate_command))
app.command("predict")(with_plugins(predict_command))
app.command("export")(with_plugins(export_command))
app.command("doctor")(with_plugins(doctor_command))
app.command("reproduce")(with_plugins(reproduce_command))
app.command("report")(with_plugins(report_command))
app.command("eject")(with_plugins(eject_command))
app.command("activations")(with_plugins(activations_command))
app.command("lr")(with_plugins(lr_command))
app.command("landscape")(with_plugins(landscape_command))
app.command("gradcheck")(with_plugins(gradcheck_command))
app.command("sanity")(with_plugins(sanity_command))
app.command("explain")(with_plugins(explain_command))
app.command("trace")(with_plugins(trace_command))
app.command("show")(with_plugins(show_command))
app.command("list")(with_plugins(list_command))
app.command("schema")(with_plugins(schema_command))
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")


def _show_version(wanted: bool) -> None:
    if wanted:
        echo(f"nnlab {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before any command."""
