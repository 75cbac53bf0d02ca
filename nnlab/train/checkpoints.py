"""Checkpoints of a training: when one is written, what is in it, which are kept, and how training goes on from one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from nnlab.core.arrays import arrays_under
from nnlab.core.state import Stateful
from nnlab.engine.loop import Training
from nnlab.errors import RunError, ShapeError
from nnlab.records.checkpoint import Checkpoint, checkpoint_files, write_checkpoint
from nnlab.records.formats import step_of
from nnlab.records.run_folder import RunFolder
from nnlab.storage.disk import remove

# With checkpoint_every: auto, so many seconds lie between two checkpoints, save before an end.
SECONDS_BETWEEN = 10.0
NEWEST_KEPT = 2


def parts(training: Training) -> dict[str, Stateful]:
    """Everything that changes while a network is trained."""
    every: dict[str, Stateful | None] = {
        "model": training.network,  # the first: others compare themselves with it
        "optimizer": training.optimizer,
        "controls": training.controls,
        "good": training.last_finite,
        "batches": training.batches,
        "random": training.network.streams,
        "last_update": training.last_update,
    }
    return {name: part for name, part in every.items() if part is not None}


def most_bytes(training: Training) -> int:
    """The most bytes that the arrays of a checkpoint have: those of now, best and good weights, an epoch's order."""
    own = {name: part.state() for name, part in parts(training).items()}
    size = sum(array.nbytes for state in (*own.values(), own["model"], own["model"]) for array in state.values())
    return size + 16 * training.batches.samples + 2**16


def restore(training: Training, checkpoint: Checkpoint) -> Training:
    """The training as it was when the checkpoint was written; raises RunError when the checkpoint is of another."""
    try:
        for name, part in parts(training).items():
            part.load_state(arrays_under(name, checkpoint.arrays))
        if training.optimizer.t != checkpoint.step:
            raise ShapeError(f"its update rule has made {training.optimizer.t} steps")
    except (ShapeError, ValueError, TypeError, OverflowError) as error:
        raise RunError(f"the checkpoint after step {checkpoint.step} does not fit this spec: {error}") from None
    return replace(training, start=checkpoint.step)


class Checkpoints:
    """Writes the checkpoints of one run: the newest two are kept, and the best of those that were written.

    ``every`` is auto, never or a number of steps; ``before`` is how many seconds of training went before.
    """

    def __init__(
        self,
        training: Training,
        folder: RunFolder,
        every: str | int,
        facts: Mapping[str, Any],
        before: float = 0.0,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._training = training
        self._folder = folder
        self._every = every
        self._facts = facts
        self._before = before
        self._clock = clock
        self._started = self._written_at = clock()

    def save(self, step: int, *, ending: bool) -> None:
        """Write a checkpoint if it is time; raises OSError when the disk refuses."""
        now = self._clock()
        if self._every == "never":
            return
        if self._every == "auto" and not ending and now - self._written_at < SECONDS_BETWEEN:
            return
        arrays = {
            f"{name}.{key}": array
            for name, part in parts(self._training).items()
            for key, array in part.state().items()
        }
        facts = {
            **self._facts,
            "seconds": self._before + now - self._started,
            "marks": self._folder.marks(),
        }
        write_checkpoint(self._folder.path, Checkpoint(step, arrays, facts))
        self._remove_old()
        self._written_at = self._clock()

    def _remove_old(self) -> None:
        files = checkpoint_files(self._folder.path)
        best = self._folder.best_of({step_of(file) or 0 for file in files})
        for file in files[NEWEST_KEPT:]:
            if step_of(file) != best:
                remove(file)
