"""Live progress of training on a terminal: a bar with objective, metric and speed, and a sparkline."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING

from nnlab.cli.console import is_live, messages
from nnlab.core.rows import REPORTING_SPLITS, Row
from nnlab.engine.loop import Observer
from nnlab.language import in_language, tr
from nnlab.metric_columns import headline
from nnlab.metrics import LOSS
from nnlab.registry import metrics

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN_BLOCKS = ".:-=+*#%"  # for a console whose encoding lacks the blocks, such as cp932 on Japanese Windows
SPARKLINE_WIDTH = 24
WIDTH_WITH_SPARKLINE = 100
SECONDS_BETWEEN_UPDATES = 0.1
# What writing to a console raises whose reader is gone: rich turns a broken pipe into the end of the program.
GONE = (OSError, SystemExit)


class StderrLines:
    """Says lines on stderr.

    Where it can no longer be written (its reader has gone, the disk is full) nothing more is said: training continues.
    """

    def __init__(self) -> None:
        self._silent = False

    def say(self, line: str) -> None:
        """Show one line."""
        if self._silent:
            return
        try:
            messages().print(line)
        except GONE:
            self._silent = True


class ConsoleReporter(StderrLines):
    """Says lines on stderr; on a terminal it also keeps a live bar below them."""

    def evaluation(self, line: str) -> None:
        """Show one line."""
        self.say(line)

    @contextmanager
    def watch(self, iterations: int) -> Iterator[Sequence[Observer]]:
        """Keep the bar while training; nothing off a terminal."""
        console = messages()
        if not is_live(console):
            yield ()
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        speed = tr("{speed} steps/s", speed="{task.fields[speed]}")
        numbers = f"{tr('objective')} {{task.fields[objective]}}  {{task.fields[metric]}}  {speed}"
        columns = [BarColumn(bar_width=None), MofNCompleteColumn(), TextColumn(numbers), TimeRemainingColumn()]
        if console.width >= WIDTH_WITH_SPARKLINE:
            columns.insert(0, TextColumn("{task.fields[sparkline]}"))
        bar = Progress(*columns, console=console, transient=True)
        live = LiveBar(bar, iterations)
        with kept(bar):
            yield (live,)


@contextmanager
def kept(bar: "Progress") -> Iterator[None]:
    """Show a bar while this is open; a terminal that is gone ends nothing but the bar."""
    with suppress(*GONE):
        bar.start()
    try:
        yield
    finally:
        with suppress(*GONE):
            bar.stop()


@contextmanager
def step_bar(steps: int) -> Iterator[Callable[[], None]]:
    """A progress bar of ``steps`` steps on stderr; yields the function that counts one. No bar off a terminal."""
    console = messages()
    if not is_live(console):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task("steps", total=steps)
    done, shown_at = 0, perf_counter()

    def count() -> None:
        nonlocal done, shown_at
        done += 1
        now = perf_counter()
        if now - shown_at > SECONDS_BETWEEN_UPDATES:
            shown_at = now
            bar.update(task, completed=done)

    with kept(bar):
        yield count


class LiveBar:
    """Feeds the bar, at most ten times a second: a step of a small network takes less time than drawing it."""

    def __init__(self, bar: "Progress", iterations: int) -> None:
        self._bar = bar
        self._blocks = BLOCKS if can_show(BLOCKS, bar.console) else PLAIN_BLOCKS
        none = "–" if can_show("–", bar.console) else "-"
        self._task = bar.add_task("train", total=iterations, sparkline="", objective=none, metric=none, speed=none)
        self._bucket = -(-iterations // SPARKLINE_WIDTH)
        self._means: list[float] = []
        self._sum = 0.0
        self._shown_at = self._started = perf_counter()

    def on_step(self, step: int, objective: float) -> None:
        """Take in the objective of a step."""
        self._sum += objective
        if step % self._bucket == 0:
            self._means.append(self._sum / self._bucket)
            self._sum = 0.0
        now = perf_counter()
        if now - self._shown_at > SECONDS_BETWEEN_UPDATES:
            self._shown_at = now
            self._bar.update(
                self._task,
                completed=step,
                sparkline=sparkline(self._means, self._blocks),
                objective=f"{objective:.4f}",
                speed=f"{step / (now - self._started):,.0f}",
            )

    def on_evaluation(self, row: Row) -> None:
        """Show the first metric on the first split of ``REPORTING_SPLITS`` that was evaluated."""
        name = next(iter(headline(row)), LOSS)
        value = next(value for split in REPORTING_SPLITS if (value := row.get(f"{split}_{name}")) is not None)
        shown = metrics[name].format(value)
        self._bar.update(self._task, completed=row["step"], metric=f"{_label(name)} {shown}")


def sparkline(numbers: Sequence[float], blocks: str = BLOCKS) -> str:
    """Numbers as a row of block characters, the smallest lowest."""
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((number - low) * scale)] for number in numbers)


def _label(name: str) -> str:
    return in_language(metrics[name].label, metrics[name].label_ja)


def can_show(text: str, console: "Console") -> bool:
    """Whether the encoding of a console has these characters."""
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
