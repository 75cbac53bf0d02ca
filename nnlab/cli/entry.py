"""Where the command line begins and ends: signals, and the exit code for everything that can go wrong."""

import atexit
import gc
import io
import os
import signal
import sys
import tempfile
import traceback
import warnings
from _thread import interrupt_main
from collections.abc import Callable
from pathlib import Path
from threading import Timer, main_thread
from typing import NoReturn, TextIO

from nnlab.core.signals import SIGNALS, survives_terminal
from nnlab.errors import BugError, Interrupted, NnlabError, RunError, SpecError, UsageError, reason_of
from nnlab.plots.quick_import import leave_out_property_tables
from nnlab.text import escape_control, quote

_python_warning: Callable[..., str] = warnings.formatwarning


def main() -> None:
    """Run the command line; every error becomes one clear message on stderr and the documented exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (2>&-)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where an encoding lacks λ or │, a question mark must do
    sys.unraisablehook = _unraisable
    warnings.formatwarning = _warning
    for number in SIGNALS:
        if not survives_terminal(number):
            signal.signal(number, _interrupt)
    _start_quickly()
    try:
        # Imported under the handlers, so that Ctrl-C is met from the first moment.
        from nnlab.cli.app import app_for
        from nnlab.cli.arguments import check_split

        _check_folder()
        _check_options(sys.argv[1:])
        check_split(sys.argv[1:])
        try:
            app_for(sys.argv[1:])(prog_name="nnlab")
        finally:
            sys.stdout.flush()
    except SpecError as error:
        _complain(str(error), error.exit_code)
    except (NnlabError, Interrupted) as error:
        _complain(f"nnlab: {error}", error.exit_code)
    except BrokenPipeError:
        # The reader of stdout has gone (nnlab list | head); flushing at exit must not complain again.
        _give_up(sys.stdout)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            _complain(f"nnlab: the output cannot be written: {reason_of(error)}", RunError.exit_code)
        # Errors of specs and data are worded where they are opened, so this is a run folder.
        _complain(f"nnlab: {error.filename}: {reason_of(error)}", RunError.exit_code)
    except MemoryError:
        _complain("nnlab: MemoryError: this needs more memory than there is", UsageError.exit_code)
    except RecursionError:
        _complain("nnlab: RecursionError: this is nested deeper than can be followed", UsageError.exit_code)
    except Exception as error:
        if isinstance(error, UnicodeEncodeError) and error.encoding != "utf-8":
            advice = f"in a path the system's encoding ({error.encoding}) lacks letters of it; set LC_ALL=C.UTF-8"
            _complain(f"nnlab: {quote(error.object, 200)}: {advice}", UsageError.exit_code)
        _complain(f"nnlab: {BugError(error, _save_traceback())}", BugError.exit_code)


def _start_quickly() -> None:
    """Leave out what takes a small training as long as all else and serves no command."""
    # The garbage collector looks at all that imports and pictures make, again and again (0.1 s), and once more at the
    # end of the process (0.15 s): it runs less often, and the end leaves the memory to the system.
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for plugins in every package
    leave_out_property_tables()


def _check_folder() -> None:
    """Refuse to work in a deleted folder, where no relative path can be resolved."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UsageError("the working folder was deleted; change to one that exists") from None


def _check_options(arguments: list[str]) -> None:
    """Refuse an option with control characters before its name is printed: * may expand to a name with a leading -."""
    for argument in arguments:
        name = argument.partition("=")[0]
        if name == "--":
            return
        if name.startswith("-") and escape_control(name) != name:
            raise UsageError(f"no such option: {quote(name)}")


def _warning(message: Warning | str, category: type[Warning], *place: object, **line: object) -> str:
    """nnlab's own warnings without the line of code; others as Python words them."""
    own = category.__module__.partition(".")[0] == "nnlab"
    return f"nnlab: {escape_control(str(message))}\n" if own else _python_warning(message, category, *place, **line)


def _interrupt(number: int, frame: object) -> None:
    raise Interrupted(number)


def _unraisable(report: "sys.UnraisableHookArgs") -> None:
    """Send a signal again that arrived where Python ignores exceptions; report other errors."""
    error = report.exc_value
    if isinstance(error, Interrupted):
        Timer(0.01, _send_again, (error.exit_code - 128,)).start()
    else:
        sys.__unraisablehook__(report)


def _send_again(number: int) -> None:
    if sys.platform == "win32":
        interrupt_main(signal.Signals(number))
    else:  # which ends a wait, too
        signal.pthread_kill(main_thread().ident or 0, number)


def _complain(message: str, exit_code: int) -> NoReturn:
    try:
        print(escape_control(message), file=sys.stderr)  # noqa: T201 - rich may be what failed
    except OSError:  # the terminal is gone; the exit code still tells
        _give_up(sys.stderr)
    sys.exit(exit_code)


def _give_up(stream: TextIO) -> None:
    """Let what is left for a stream that nobody reads go nowhere, or it would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _save_traceback() -> Path:
    handle, name = tempfile.mkstemp(prefix="nnlab-bug-", suffix=".log", text=True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return Path(name)
