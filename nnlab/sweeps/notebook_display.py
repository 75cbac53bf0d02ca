"""Progress of a sweep in a notebook: one output of the cell."""

from collections.abc import Iterator
from contextlib import contextmanager

from nnlab.html import block, line
from nnlab.sweeps.progress import Progress, SilentSweep, SweepReporter, in_words
from nnlab.text import escape_control
from nnlab.train.notebook_display import MOST_NOTES, CellOutput
from nnlab.train.progress import Progress as Shown
from nnlab.train.progress import shows_lines, shows_output
from nnlab.train.reporting import write_line


class NotebookSweep(SilentSweep):
    """Shows how far a sweep is, and what it reported, in one output; ``close`` shows how it ended."""

    def __init__(self) -> None:
        self._output = CellOutput()
        self._notes: list[str] = []
        self._progress: Progress | None = None

    def say(self, line: str) -> None:
        """Keep a line for the output."""
        self._notes = [*self._notes, line][-MOST_NOTES:]
        self._show_if_due()

    def show(self, progress: Progress) -> None:
        """Show how many trials are done, running and failed, and the best one."""
        self._progress = progress
        self._show_if_due()

    def close(self) -> None:
        """Show the last state, if there is any."""
        if self._notes or self._progress:
            self._show()

    def _show_if_due(self) -> None:
        if self._output.due:
            self._show()

    def _show(self) -> None:
        words = in_words(self._progress) if self._progress else ""
        bar = _bar(self._progress.count().ended, self._progress.trials) if self._progress else ""
        notes = "\n".join(self._notes)
        text = escape_control("\n".join(filter(None, [notes, words])))
        self._output.show(text, block(line(notes, small=True), line(words) if words else "", bar))


class SweepLines(SilentSweep):
    """Writes a line for each trial to stderr, as ``nnlab sweep`` does off a terminal."""

    def say(self, line: str) -> None:
        """Show one line."""
        write_line(line)

    def trial(self, line: str) -> None:
        """Show the line of a trial that ended."""
        self.say(line)


@contextmanager
def reporting(progress: Shown, given: SweepReporter | None) -> Iterator[SweepReporter]:
    """The reporter of a sweep: the one that is given, else the one for ``progress``."""
    if given is not None:
        yield given
    elif shows_output(progress):
        shown = NotebookSweep()
        try:
            yield shown
        finally:
            shown.close()
    else:
        yield SweepLines() if shows_lines(progress) else SilentSweep()


def _bar(ended: int, trials: int) -> str:
    return f'<progress value="{ended}" max="{trials}" style="width: 20em"></progress>'
