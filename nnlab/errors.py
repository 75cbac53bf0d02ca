"""All errors for users, with the exit codes of commands.

0 done, 1 a check failed, 2 wrong usage or invalid spec, 3 training diverged, 4 data missing or corrupt,
5 run folder missing, corrupt or locked, 70 a bug in nnlab, 129, 130 and 143 signals.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlab.text import escape_control, one_line, quote

EXIT_BUG = 70

MOST_LINES = 100


class _Picklable(BaseException):
    """An error that can be pickled whatever the signature of its constructor, and is short in a notebook."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, vars(self))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the line of the user's code, and the message."""
        import traceback

        others = (str(Path(__file__).parent), f"{os.sep}IPython{os.sep}")
        frames = traceback.extract_tb(self.__traceback__)
        own = [frame for frame in frames if not any(part in frame.filename for part in others)]
        where = [f"line {own[-1].lineno}: {own[-1].line}"] if own else []
        return [*where, f"{type(self).__name__}: {escape_control(str(self))}"]


def _restored(cls: type[BaseException], args: tuple[object, ...], attributes: dict[str, object]) -> BaseException:
    """Rebuild an error without calling its constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(attributes)
    return error


class NnlabError(_Picklable, Exception):
    """An error with a message for the user: what is wrong, where, and what would be right."""

    exit_code = EXIT_BUG


class CheckFailed(NnlabError):
    """A check completed and failed."""

    exit_code = 1


class UsageError(NnlabError):
    """The command line or a Python argument is invalid."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One problem in a spec: position, key and message."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class SpecError(UsageError):
    """An invalid spec; all problems are reported at once, one per line (at most 100)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [str(problem) for problem in problems[:MOST_LINES]]
        if len(problems) > MOST_LINES:
            lines.append(f"... and {len(problems) - MOST_LINES} more problems")
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


class PluginError(UsageError):
    """A mistake in a plugin: ``my_layer.py:12: what is wrong``."""

    @classmethod
    def at(cls, path: Path, line: int | None, message: str) -> "PluginError":
        """The error with file and line; without the line where it is not known."""
        with suppress(OSError, ValueError):  # the working folder was deleted; the file is elsewhere
            path = path.relative_to(Path.cwd())
        place = one_line(str(path), 1000)
        return cls(f"{place}:{line}: {message}" if line else f"{place}: {message}")


class MissingPlugin(UsageError):
    """A run needs a component of a plugin that was not named on the command line."""


class ShapeError(UsageError):
    """Layers are incompatible, or a network does not fit its data or the available memory."""


class Diverged(NnlabError):
    """The loss became NaN or infinite."""

    exit_code = 3


class DataError(NnlabError):
    """A dataset is missing or corrupt."""

    exit_code = 4


class RunError(NnlabError):
    """A run folder is missing, corrupt or locked."""

    exit_code = 5


class BugError(NnlabError):
    """An internal error; ``log`` is the file with the traceback."""

    def __init__(self, error: BaseException, log: Path) -> None:
        super().__init__(
            f"this is a bug in nnlab ({type(error).__name__}: {quote(str(error), 200)}); the details are in {log}"
        )


class Interrupted(_Picklable):
    """A signal stopped the command; like KeyboardInterrupt not an Exception, so that it is not swallowed."""

    def __init__(self, signal_number: int, message: str = "") -> None:
        super().__init__(message or f"stopped by {signal.Signals(signal_number).name}")
        self.exit_code = 128 + signal_number


def reason_of(error: BaseException) -> str:
    """What an error says; of one of the system's the description alone, without its number and the path."""
    return str(getattr(error, "strerror", None) or error)


@contextmanager
def reported_as(
    kind: type[NnlabError],
    place: str = "",
    *,
    catch: type[BaseException] | tuple[type[BaseException], ...] = OSError,
) -> Iterator[None]:
    """Raise ``kind`` in place of a caught error of the body: ``<place>: <reason>``, or the reason alone.

    ``with reported_as(RunError, f"{path}: cannot be written"): ...``; a MissingPlugin stays one.
    """
    try:
        yield
    except MissingPlugin:
        raise
    except catch as error:
        raise kind(f"{place}: {reason_of(error)}" if place else reason_of(error)) from error


@contextmanager
def naming(place: Path, *kinds: type[NnlabError]) -> Iterator[None]:
    """Put the path of a spec or run before the messages of these kinds of errors; a SpecError names its file itself."""
    try:
        yield
    except SpecError:
        raise
    except kinds as error:
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{one_line(str(place), 1000)}: {error}") from error
