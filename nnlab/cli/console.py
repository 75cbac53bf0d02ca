"""The console: results on stdout, progress, messages and questions on stderr.

Nothing that is printed can steer a terminal, whoever wrote the names and paths in it: control characters become
escapes, and rich's markup is off. Rich honours NO_COLOR and leaves colour out off a terminal.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeGuard

import typer

from nnlab.language import current_language
from nnlab.text import escape_control

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_OFF_TERMINAL = 160


def echo(text: str, *, err: bool = False, nl: bool = True, tabs: bool = False) -> None:
    """Print a text on stdout, or on stderr; with ``tabs`` these are kept, as line ends are."""
    typer.echo("\t".join(map(escape_control, text.split("\t") if tabs else [text])), err=err, nl=nl)


def echo_agreement(gradients: int, method: str, seed: int) -> None:
    """Print that all gradients agree with numerical derivatives."""
    checked = f"all {gradients:,} gradients agree" if gradients > 1 else "the gradient agrees"
    echo(f"{checked} with numerical derivatives ({method}, seed {seed})")


def stdin_contents(limit: int, wanted: str = "", hint: str = "") -> bytes:
    """What is on stdin; raises DataError where it is more than ``limit`` bytes, naming what is ``wanted``."""
    from nnlab.errors import DataError

    contents = sys.stdin.buffer.read(limit + 1) if sys.stdin else b""
    if len(contents) > limit:
        raise DataError(f"stdin: expected {wanted}at most {limit >> 20} MiB, found more{hint}")
    return contents


def confirmed(question: str) -> bool:
    """Ask on stderr and read the answer from stdin; anything but yes is no.

    Raises UsageError when there is no input.
    """
    from nnlab.errors import UsageError

    echo(f"{question} [y/N] ", err=True, nl=False)
    answer = sys.stdin.readline() if sys.stdin else ""
    if not answer:
        echo("", err=True)
        raise UsageError("no input available; nothing was changed (use -y to confirm)")
    return answer.strip().lower() in {"y", "yes"}


def check_font() -> None:
    """Raise UsageError, before any work is done, where pictures in the current language need a font that is missing."""
    if current_language() != "en":
        from nnlab.plots.fonts import check_language  # loads matplotlib

        check_language()


@contextmanager
def naming_output(place: Path) -> Iterator[None]:
    """Raise RunError where output cannot be written: with the file's name, or ``place`` where the system gives none.

    Notices about pictures go to stderr.
    """
    from nnlab.errors import RunError, reason_of
    from nnlab.plots.notices import noticed_by

    try:
        with noticed_by(lambda text: echo(f"nnlab: {text}", err=True)):
            yield
    except BrokenPipeError:  # stdout was closed by its reader
        raise
    except OSError as error:
        raise RunError(f"{error.filename or place}: cannot be written: {reason_of(error)}") from None


@cache
def results() -> "Console":
    """The rich console on stdout."""
    return _console(stderr=False)


class PlainMessages:
    """Lines on stderr where it is no terminal, without rich, whose import takes a tenth of a small training."""

    is_terminal = False

    def print(self, line: str) -> None:
        """Print a line; control characters become escapes."""
        print(escape_control(line), file=sys.stderr, flush=True)  # noqa: T201


@cache
def messages() -> "Console | PlainMessages":
    """The console on stderr: rich's where it may be a terminal."""
    return _console(stderr=True) if _may_be_terminal(sys.stderr) else PlainMessages()


def _may_be_terminal(stream: TextIO) -> bool:
    """Whether rich may take a stream for a terminal: because it is one, or because of the environment."""
    return stream.isatty() or any(name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))


def is_live(console: "Console | PlainMessages") -> TypeGuard["Console"]:
    """Whether a console is a terminal that can replace what it shows.

    That of ``!nnlab ...`` in a notebook is called a terminal too, but each new state of a bar would be kept below the
    one before.
    """
    return console.is_terminal and not _runs_in_notebook()


def _runs_in_notebook() -> bool:
    """Whether the kernel of a notebook started this process; Colab's environment says so by names of its own."""
    return "JPY_PARENT_PID" in os.environ or any(name.startswith("COLAB_") for name in os.environ)


def _console(*, stderr: bool) -> "Console":
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_OFF_TERMINAL
    return _safe_console()(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


@cache
def _safe_console() -> type["Console"]:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class SafeConsole(Console):
        """Writes control characters in a text as escapes; rich's own codes stay."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(escape_control(segment.text), segment.style)

    return SafeConsole
