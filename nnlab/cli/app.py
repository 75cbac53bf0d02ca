"""The ``nnlab`` command: its sub-commands, and the exit code for everything that can go wrong."""

import io
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Annotated

import typer

from nnlab import __version__
from nnlab.cli.compare import compare_command
from nnlab.cli.gradcheck import gradcheck_command
from nnlab.cli.list import list_command
from nnlab.cli.schema import schema_command
from nnlab.cli.show import show_command
from nnlab.cli.train import train_command
from nnlab.errors import BugError, Interrupted, NnlabError, SpecError, UsageError

app = typer.Typer(
    name="nnlab",
    help="An experiment runner for neural networks written by hand in NumPy.\n\nExample: nnlab train configs/adam.yaml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train_command)
app.command("compare")(compare_command)
app.command("gradcheck")(gradcheck_command)
app.command("show")(show_command)
app.command("list")(list_command)
app.command("schema")(schema_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nnlab {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before any command."""


def main() -> None:
    """Run the command line; every error becomes one clear message on stderr and the documented exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where an encoding lacks λ or │, a question mark must do
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except SpecError as error:
        _complain(str(error), error.exit_code)
    except (NnlabError, Interrupted) as error:
        _complain(f"nnlab: {error}", error.exit_code)
    except BrokenPipeError:
        # The reader of stdout has gone (nnlab list | head); flushing at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (MemoryError, RecursionError) as error:
        _complain(f"nnlab: {type(error).__name__}: this needs more memory than there is", UsageError.exit_code)
    except Exception as error:
        _complain(f"nnlab: {BugError(error, _save_traceback())}", BugError.exit_code)


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted(number)


def _complain(message: str, exit_code: int) -> None:
    print(message, file=sys.stderr)  # noqa: T201 - rich may be what failed
    sys.exit(exit_code)


def _save_traceback() -> Path:
    handle, name = tempfile.mkstemp(prefix="nnlab-bug-", suffix=".log", text=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return Path(name)
