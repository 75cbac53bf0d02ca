"""Where output goes: results to stdout, progress and messages to stderr.

Markup is off, since names and paths of users may contain brackets, and no text can steer the terminal. Rich honours
NO_COLOR and leaves colour out off a terminal.
"""

import os
import sys
from collections.abc import Iterator
from functools import cache

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from nnlab.text import escape_control

WIDTH_OFF_TERMINAL = 160


@cache
def results() -> Console:
    """The console for results."""
    return _console(stderr=False)


@cache
def messages() -> Console:
    """The console for progress and messages."""
    return _console(stderr=True)


class _HarmlessConsole(Console):
    """Writes as escapes what a text, wherever it came from, has in it to steer the terminal; rich's own codes stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(escape_control(segment.text), segment.style)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_OFF_TERMINAL
    return _HarmlessConsole(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
