"""Where a run says what it does, and which evaluations it says."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from nnlab.core.rows import Row
from nnlab.engine.loop import Observer
from nnlab.records.run_folder import RunFolder

LINES = 25


class Reporter(Protocol):
    """Where a run says what it does."""

    def say(self, line: str) -> None:
        """Show one line."""
        ...

    def watch(self, iterations: int) -> AbstractContextManager[Sequence[Observer]]:
        """Open live progress for training; gives the observers that feed it."""
        ...


class Silent:
    """A reporter that shows nothing; the log file is written all the same."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def watch(self, iterations: int) -> AbstractContextManager[Sequence[Observer]]:
        """No live progress."""
        return nullcontext(())


class EvaluationLines:
    """Says the evaluations in words, at most about 25 of them, to the console and the log."""

    def __init__(self, folder: RunFolder, reporter: Reporter, iterations: int, eval_every: int) -> None:
        self._folder = folder
        self._reporter = reporter
        self._iterations = iterations
        evaluations = iterations // eval_every + 1
        self._every = eval_every * -(-evaluations // LINES)

    def say(self, line: str) -> None:
        """Show a line and log it."""
        self._reporter.say(line)
        self._folder.log(line)

    def on_step(self, step: int, objective: float) -> None:
        """Single steps are not said."""

    def on_evaluation(self, row: Row) -> None:
        """Say every so many evaluations, and the last."""
        step = int(row["step"] or 0)
        if step % self._every and step != self._iterations:
            return
        width = len(f"{self._iterations:,}")
        line = f"step {step:>{width},}/{self._iterations:,}  objective {row['objective']:.6f}"
        for part in ("train", "validation", "test"):
            if row[f"{part}_accuracy"] is not None:
                line += f"  {part} accuracy {row[f'{part}_accuracy']:.4f}"
        self.say(line)
