"""Every error a user can meet; each one knows the exit code it ends the command with.

0 done, 1 a check failed, 2 wrong usage or invalid spec, 3 training diverged, 4 data missing or corrupt,
5 run folder missing, corrupt or locked, 70 a bug in nnlab, 129, 130 and 143 signals.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlab.text import one_line, quote

EXIT_BUG = 70

MOST_LINES = 100


class _Picklable(BaseException):
    """An error that crosses a process boundary as it is, however its class is constructed."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, vars(self))


def _restored(cls: type[BaseException], args: tuple[object, ...], attributes: dict[str, object]) -> BaseException:
    """An error with its text and attributes, without a call of its constructor."""
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(attributes)
    return error


class NnlabError(_Picklable, Exception):
    """An error with a message for the user; the message says what, where and what would be right."""

    exit_code = EXIT_BUG


class CheckFailed(NnlabError):
    """A check ran to its end and found something wrong."""

    exit_code = 1


class UsageError(NnlabError):
    """The command line or an argument from Python cannot be understood."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a spec: where it stands, which key it is about, and what would be right."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class SpecError(UsageError):
    """A spec is invalid; every problem found is reported at once, one a line (the first 100 of very many)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = [str(problem) for problem in problems[:MOST_LINES]]
        if len(problems) > MOST_LINES:
            lines.append(f"... and {len(problems) - MOST_LINES} problems more")
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)


class ShapeError(UsageError):
    """Layers do not fit together, or a network does not fit its data or the machine's memory."""


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
    """Something that should never happen; ``log`` is the file that holds the traceback."""

    def __init__(self, error: BaseException, log: Path) -> None:
        super().__init__(
            f"this is a bug in nnlab ({type(error).__name__}: {quote(str(error), 200)}); the details are in {log}"
        )


class Interrupted(_Picklable):
    """A signal asked the command to stop; like KeyboardInterrupt it is no Exception, so nothing swallows it."""

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

    ``with reported_as(RunError, f"{path}: cannot be written"): ...``
    """
    try:
        yield
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
