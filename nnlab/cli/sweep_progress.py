"""Progress of a sweep: a live view on a terminal, a line for each trial elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.progress import BarColumn, Progress, TextColumn

from nnlab.cli.console import messages
from nnlab.cli.progress import SECONDS_BETWEEN_UPDATES, StderrLines, kept
from nnlab.comparisons.cells import heading
from nnlab.metric_columns import format_column
from nnlab.sweeps.progress import Progress as SweepProgress
from nnlab.sweeps.progress import duration

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
        if not messages().is_terminal:
            yield
            return
        words = TextColumn("{task.fields[words]}")
        columns = (BarColumn(bar_width=20), words) if messages().width >= WIDTH_WITH_BAR else (words,)
        self._bar = Progress(*columns, console=messages(), transient=True)
        self._bar.add_task("trials", total=None, words="")
        try:
            with kept(self._bar):
                yield
        finally:
            self._bar = None


def in_words(progress: SweepProgress) -> str:
    """``7 of 15 done, 2 running, 1 failed; about 40 s left; best validation acc 0.9123 (trial 4)``.

    The end is cut off on a narrow terminal.
    """
    ended, failed = progress.count()
    counts = [f"{ended - failed:,} of {progress.trials:,} done", f"{progress.running} running"]
    if failed:
        counts.append(f"{failed:,} failed")
    parts = [", ".join(counts)]
    if progress.seconds_left:
        parts.append(f"about {duration(progress.seconds_left)} left")
    if progress.best and progress.goal:
        number, value = progress.best
        parts.append(f"best {heading(progress.goal)} {format_column(progress.goal, value)} (trial {number:,})")
    return "; ".join(parts)
