"""A mistake in a plugin as one message: file and line of the plugin, what is wrong, the shapes of the arrays there."""

import traceback
from pathlib import Path
from types import FrameType, TracebackType

import numpy as np

from nnlab.errors import NnlabError, PluginError, reason_of
from nnlab.text import one_line

MOST_ARRAYS = 8
ONE_FILE = "a plugin is one file, which is recorded with the run; put what it needs into it or install it as a package"


def mistake_in(path: Path, error: BaseException) -> PluginError:
    """The message for what was raised while a plugin was executed; the line is the last one inside the plugin."""
    if isinstance(error, PluginError):
        return error
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return PluginError.at(path, error.lineno, f"{type(error).__name__}: {one_line(str(error.msg), 300)}")
    frame, line = _innermost(path, error.__traceback__)
    reason = _reason(path, error)
    shapes = "" if frame is None or frame.f_code.co_name == "<module>" else _shapes(frame)
    return PluginError.at(path, line, f"{reason}{shapes}")


def mistake_in_main(error: BaseException) -> PluginError | None:
    """The message for what a component of a notebook or script raised when nnlab called it; None for other errors."""
    called, found = False, None
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__"))
        called = called or module.partition(".")[0] == "nnlab"
        if called and module == "__main__":
            found = frame, line
    if found is None:
        return None
    path = Path(found[0].f_code.co_filename)
    return PluginError.at(path, found[1], f"{_reason(path, error)}{_shapes(found[0])}")


def _innermost(path: Path, trace: TracebackType | None) -> tuple[FrameType | None, int | None]:
    """The deepest frame of a traceback whose code is that of the plugin, and the line it was at."""
    found: tuple[FrameType | None, int | None] = (None, None)
    for frame, line in traceback.walk_tb(trace):
        if frame.f_code.co_filename == str(path):
            found = frame, line
    return found


def _reason(path: Path, error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"SystemExit: a plugin must not end the program (exit code {error.code!r})"
    try:
        message = one_line(reason_of(error), 300)
    except Exception:  # its own __str__ has a mistake
        message = ""
    if isinstance(error, NnlabError):
        return message
    if isinstance(error, ModuleNotFoundError) and error.name:
        beside = path.parent / error.name.partition(".")[0]
        if beside.with_suffix(".py").exists() or beside.is_dir():
            message += f"; {ONE_FILE}"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _shapes(frame: FrameType) -> str:
    """`` (x (32, 784), W (784, 50))``: the arrays that the function had."""
    shapes = {name: value.shape for name, value in frame.f_locals.items() if isinstance(value, np.ndarray)}
    own = getattr(frame.f_locals.get("self"), "parameters", ())
    shapes |= {f"self.{parameter.name}": parameter.shape for parameter in own}
    known = [f"{one_line(name)} {shape}" for name, shape in list(shapes.items())[:MOST_ARRAYS]]
    return f" (shapes: {', '.join(known)})" if known else ""
