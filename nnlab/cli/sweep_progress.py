"""Progress of a sweep: a live view on a terminal, a line for each trial elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from nnlab.cli.console import is_live, messages
from nnlab.cli.progress import SECONDS_BETWEEN_UPDATES, StderrLines, kept
from nnlab.sweeps.progress import Progress as SweepProgress
from nnlab.sweeps.progress import in_words

if TYPE_CHECKING:
    from rich.progress import Progress

WIDTH_WITH_BAR = 110


class SweepConsole(StderrLines):
    """Says lines on stderr; on a terminal one live view takes the place of the line for each trial."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None
        self._shown_at = 0.0

    def trial(self, line: str) -> None:
        """Show the line of a trial that ended, unless there is a live view."""
        if self._bar is None:
            self.say(line)

    def show(self, progress: SweepProgress) -> None:
        """Update the live view, at most ten times a second."""
        now = perf_counter()
        if self._bar is None or now - self._shown_at < SECONDS_BETWEEN_UPDATES:
            return
        self._shown_at = now
        ended = progress.count().ended
        self._bar.update(self._bar.task_ids[0], total=progress.trials, completed=ended, words=in_words(progress))

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Keep the live view while this is open; nothing off a terminal."""
        console = messages()
        if not is_live(console):
            yield
            return
        from rich.progress import BarColumn, Progress, TextColumn

        words = TextColumn("{task.fields[words]}")
        columns = (BarColumn(bar_width=20), words) if console.width >= WIDTH_WITH_BAR else (words,)
        self._bar = Progress(*columns, console=console, transient=True)
        self._bar.add_task("trials", total=None, words="")
        try:
            with kept(self._bar):
                yield
        finally:
            self._bar = None
