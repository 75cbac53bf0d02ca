"""Where output goes: results to stdout, progress and messages to stderr.

Markup is off, since names and paths of users may contain brackets. Rich honours NO_COLOR and leaves colour out off
a terminal.
"""

import os
import sys
from functools import cache

from rich.console import Console

WIDTH_OFF_TERMINAL = 160


@cache
def results() -> Console:
    """The console for results."""
    return _console(stderr=False)


@cache
def messages() -> Console:
    """The console for progress and messages."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_OFF_TERMINAL
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
