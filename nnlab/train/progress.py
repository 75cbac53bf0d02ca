"""What a training that is started from Python shows while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from nnlab.errors import UsageError
from nnlab.text import quote
from nnlab.train.notebook_display import NotebookReporter, in_notebook
from nnlab.train.reporting import PlainLines, Reporter, Silent

Progress = bool | Literal["auto", "lines"]
"""``auto``: one output of the cell in a notebook, nothing in a script; True: in a script lines on stderr; ``lines``:
lines in a notebook too; False: nothing."""


def check_progress(progress: object) -> None:
    """Raise UsageError for what is no :data:`Progress`."""
    if not isinstance(progress, bool) and progress not in ("auto", "lines"):
        raise UsageError(f"progress: must be 'auto', 'lines', True or False, got {quote(progress)}")


def shows_output(progress: Progress) -> bool:
    """Whether progress is an output of the current cell."""
    return progress in ("auto", True) and in_notebook()


def shows_lines(progress: Progress) -> bool:
    """Whether progress is lines on stderr."""
    return progress in ("lines", True) and not shows_output(progress)


@contextmanager
def reporting(progress: Progress, given: Reporter | None = None) -> Iterator[Reporter]:
    """The reporter of a training: the one that is given, else the one for ``progress``; raises UsageError."""
    check_progress(progress)
    if given is not None:
        yield given
    elif shows_output(progress):
        shown = NotebookReporter()
        try:
            yield shown
        finally:
            shown.close()
    else:
        yield PlainLines() if shows_lines(progress) else Silent()
