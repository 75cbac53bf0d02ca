"""What a sweep reports while it runs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from nnlab.comparisons.cells import column_words, heading
from nnlab.comparisons.labels import setting_text
from nnlab.core.rows import REPORTING_SPLITS, Row
from nnlab.language import in_language, tr
from nnlab.metric_columns import format_column, labelled
from nnlab.records.formats import ENDED_TRIALS
from nnlab.records.sweep_table import TrialRow
from nnlab.text import one_line

SECONDS_BESIDE_TRAINING = 0.1
"""About what a trial takes beyond its training: files, checkpoints, the evaluation of its data."""


@dataclass
class Progress:
    """How far a sweep has come; ``best`` is the best goal so far with the number of its trial.

    ``rows`` gives its trials as they are now, to be counted only when they are shown.
    """

    trials: int
    slots: int
    rows: Callable[[], Iterable[TrialRow]] = tuple
    running: int = 0
    best: tuple[int, float] | None = None
    goal: str | None = None
    _seconds: list[float] = field(default_factory=list)

    def count(self) -> "Counts":
        """How many trials have ended, and how many of these have failed."""
        found = Counter(row.status for row in self.rows())
        return Counts(sum(found[status] for status in ENDED_TRIALS), found["failed"])

    def took(self, seconds: float) -> None:
        """A trial has ended after ``seconds`` of training."""
        self._seconds.append(seconds + SECONDS_BESIDE_TRAINING)

    @property
    def seconds_left(self) -> float | None:
        """About how long the other trials will take, by the trainings of those that ended; None before the first."""
        if not self._seconds:
            return None
        left = max(self.trials - self.count().ended, 0)
        return sum(self._seconds) / len(self._seconds) * left / min(self.slots, max(left, 1))


class Counts(NamedTuple):
    """Numbers of trials; the ``failed`` ones have ``ended`` too."""

    ended: int
    failed: int


class SweepReporter(Protocol):
    """Shows what a sweep reports."""

    def say(self, line: str) -> None:
        """Show one line."""
        ...

    def trial(self, line: str) -> None:
        """A trial has ended; a reporter with a live view may show it there alone."""
        ...

    def show(self, progress: Progress) -> None:
        """Something has changed."""
        ...

    def watch(self) -> AbstractContextManager[object]:
        """Show progress live while this is open."""
        ...


class SilentSweep:
    """A reporter that shows nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def trial(self, line: str) -> None:
        """Show nothing."""

    def show(self, progress: Progress) -> None:
        """Show nothing."""

    def watch(self) -> AbstractContextManager[object]:
        """No live progress."""
        return nullcontext()


def described(settings: Mapping[str, Any], seed: int | None = None) -> str:
    """Settings in a line: ``optimizer.lr 0.01, seed 3``."""
    cells = [f"{one_line(key, 60)} {one_line(setting_text(value), 60)}" for key, value in settings.items()]
    return ", ".join(cells if seed is None else [*cells, f"seed {seed}"])


def trial_line(row: TrialRow, trials: int, goal: str | None, message: str = "") -> str:
    """A trial that ended, in a line: ``trial 7 of 15: completed, validation accuracy 0.9123, optimizer.lr 0.01``."""
    how = tr(row.status) if row.status != "interrupted" else tr("paused after step {step}", step=f"{row.steps:,}")
    parts = [f"{how}: {one_line(message, 300)}" if row.status == "failed" and message else how]
    if row.status != "failed":
        parts += measured(row.metrics, goal)
    settings = described(row.settings, row.seed)
    first = tr("trial {number} of {trials}: {what}", number=f"{row.number:,}", trials=f"{trials:,}", what=parts[0])
    return tr(", ").join(filter(None, [first, *parts[1:], settings]))


def measured(metrics: Row, goal: str | None) -> Iterable[str]:
    """The goal in words; without one the metrics of the split that a run is reported on."""
    if goal and (value := metrics.get(goal)) is not None:
        return [f"{in_language(goal.replace('_', ' '), column_words(goal))} {format_column(goal, value)}"]
    return next((list(found.values()) for split in REPORTING_SPLITS if (found := labelled(metrics, split))), [])


def in_words(progress: Progress) -> str:
    """``7 of 15 done, 2 running, 1 failed; about 40 s left; best validation acc 0.9123 (trial 4)``.

    The end is cut off on a narrow terminal.
    """
    ended, failed = progress.count()
    counts = [
        tr("{done} of {trials} done", done=f"{ended - failed:,}", trials=f"{progress.trials:,}"),
        tr("{count} running", count=progress.running),
    ]
    if failed:
        counts.append(tr("{count} failed", count=f"{failed:,}"))
    parts = [tr(", ").join(counts)]
    if progress.seconds_left:
        parts.append(tr("about {time} left", time=duration(progress.seconds_left)))
    if progress.best and progress.goal:
        number, value = progress.best
        metric, shown = heading(progress.goal), format_column(progress.goal, value)
        parts.append(tr("best {metric} {value} (trial {number})", metric=metric, value=shown, number=f"{number:,}"))
    return in_language("; ", "；").join(parts)


def duration(seconds: float) -> str:
    """A time in words: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return tr("{seconds} s", seconds=f"{max(seconds, 1):.0f}")
    if seconds < 6000:
        return tr("{minutes} min", minutes=f"{seconds / 60:.0f}")
    return tr("{hours} h", hours=f"{seconds / 3600:.1f}")
