"""What a run reports on the console and in its log."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Protocol

import numpy as np

from nnlab.core.rows import SPLITS, Row
from nnlab.core.task import CLASSES
from nnlab.engine.loop import Observer
from nnlab.engine.run_setup import RunSetup
from nnlab.language import tr
from nnlab.metric_columns import labelled
from nnlab.records.run_folder import RunFolder
from nnlab.text import escape_control
from nnlab.train.balance import majority_note

# At most about this many evaluations of a run are reported.
LINES = 25
# A network that learns nothing stays at the loss of chance; above this multiple of it, training has made it worse.
WORSE = 1.2


class Reporter(Protocol):
    """Shows what a run reports."""

    def say(self, line: str) -> None:
        """Show one line."""
        ...

    def evaluation(self, line: str) -> None:
        """Show the line of an evaluation; a reporter that draws curves may leave it to them."""
        ...

    def watch(self, iterations: int) -> AbstractContextManager[Sequence[Observer]]:
        """Show live progress while this is open; gives the observers that feed it."""
        ...


class Silent:
    """A reporter that shows nothing; the log file is written nevertheless."""

    def say(self, line: str) -> None:
        """Show nothing."""

    def evaluation(self, line: str) -> None:
        """Show the line like every other."""
        self.say(line)

    def watch(self, iterations: int) -> AbstractContextManager[Sequence[Observer]]:
        """No live progress."""
        return nullcontext(())


def write_line(line: str) -> None:
    """Write a line to stderr; where that can no longer be written, training continues without."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # its reader has gone, or it was closed
            print(escape_control(line), file=sys.stderr, flush=True)  # noqa: T201


class PlainLines(Silent):
    """A reporter that writes every line to stderr, as ``nnlab train`` does off a terminal."""

    def say(self, line: str) -> None:
        """Show one line."""
        write_line(line)


class EvaluationLines:
    """Reports evaluations, about 25 of them at most, on the console and in the log."""

    def __init__(self, folder: RunFolder, reporter: Reporter, setup: RunSetup) -> None:
        self._folder = folder
        self._reporter = reporter
        self._iterations = setup.iterations
        evaluations = setup.iterations // setup.eval_every + 1
        self._every = setup.eval_every * -(-evaluations // LINES)

    def say(self, line: str) -> None:
        """Show a line and log it."""
        self._reporter.say(line)
        self._folder.log(line)

    def on_step(self, step: int, objective: float) -> None:
        """Single steps are not reported."""

    def on_evaluation(self, row: Row) -> None:
        """Report evaluations at even distances, and the last one."""
        step = int(row["step"] or 0)
        if step % self._every and step != self._iterations:
            return
        width = len(f"{self._iterations:,}")
        place = f"{tr('step')} {step:>{width},}/{self._iterations:,}"
        line = f"{place}  {tr('objective')} {row['objective']:.6f}"
        measured = (text for split in SPLITS for text in labelled(row, split).values())
        line = "  ".join([line, *measured])
        self._reporter.evaluation(line)
        self._folder.log(line)


def opening_lines(setup: RunSetup) -> Iterator[str]:
    """What a run reports before it trains: the size of its network and training, and notes on its data."""
    resumed = tr(", resuming after step {step}", step=f"{setup.start:,}") if setup.start else ""
    size = tr(
        "{name}: {parameters} parameters, {iterations} iterations",
        name=setup.experiment.name,
        parameters=f"{setup.network.parameter_count:,}",
        iterations=f"{setup.iterations:,}",
    )
    yield f"{size}{resumed}"
    yield from setup.dataset.notes
    if note := majority_note(setup.dataset, setup.experiment.loss):
        yield note


def worse_than_chance(first: Row | None, last: Row | None, setup: RunSetup) -> str:
    """A message where training ended with a higher loss than equal scores for all classes have; else empty.

    A loss that fell from the first evaluation on speaks for initial weights that are too large, else for the learning
    rate.
    """
    loss, initial = (None if row is None else row["train_loss"] for row in (last, first))
    chance, constant = chance_loss(setup)
    if loss is None or initial is None or loss <= WORSE * chance:
        return ""
    cause = f"a learning rate that is too large (here {setup.optimizer.lr:g}): try a tenth of it"
    if loss < initial:
        cause = f"initial weights that are too large (train loss {initial:.4g} at step 0): try a smaller model.init"
    return (
        f"the training ended worse than chance: train loss {loss:.4g}, but {constant} "
        f"{chance:.4g}; the usual cause is {cause}"
    )


def chance_loss(setup: RunSetup) -> tuple[float, str]:
    """The training loss of a network that learned nothing, and what it predicts."""
    loss, dataset = setup.experiment.loss.reported, setup.dataset
    if dataset.task == CLASSES:
        return loss.chance(dataset.classes), f"the same scores for all {dataset.classes} classes give"
    targets = dataset.train.targets
    return loss.replica().forward(np.zeros_like(targets), targets), "predicting the mean of the training targets gives"
