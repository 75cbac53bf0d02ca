"""Checkpoints of a training: when one is written, what it holds, which are kept, and how one is restored."""

from collections.abc import Callable
from time import perf_counter

from nnlab.core.arrays import arrays_under
from nnlab.core.state import Stateful
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import RunError, ShapeError
from nnlab.records.checkpoint import Checkpoint, checkpoint_files
from nnlab.records.run_folder import RunFolder
from nnlab.storage.disk import remove
from nnlab.storage.layout import step_of

# With checkpoint_every: auto, at least this many seconds lie between two checkpoints, except at the end.
SECONDS_BETWEEN = 10.0
NEWEST_KEPT = 2


def parts(setup: RunSetup) -> dict[str, Stateful]:
    """Everything whose state a checkpoint holds, by its name there."""
    every: dict[str, Stateful | None] = {
        "model": setup.network,  # the first: others compare themselves with it
        "optimizer": setup.optimizer,
        "average": setup.average if setup.experiment.train.ema is not None else None,
        "controls": setup.controls,
        "good": setup.last_finite,
        "batches": setup.batches,
        "random": setup.network.streams,
        "last_update": setup.last_update,
    }
    return {name: part for name, part in every.items() if part is not None}


def most_bytes(setup: RunSetup) -> int:
    """The most bytes of arrays in a checkpoint: the present state, best and last finite weights, an epoch's order."""
    own = {name: part.state() for name, part in parts(setup).items()}
    size = sum(array.nbytes for state in (*own.values(), own["model"], own["model"]) for array in state.values())
    return size + 16 * setup.batches.samples + 2**16


def restore(setup: RunSetup, checkpoint: Checkpoint) -> None:
    """Make the training what it was when the checkpoint was written; raises RunError when it does not fit."""
    try:
        for name, part in parts(setup).items():
            part.load_state(arrays_under(name, checkpoint.arrays))
        if setup.optimizer.t != checkpoint.step:
            raise ShapeError(f"its update rule has made {setup.optimizer.t} steps")
    except (ShapeError, ValueError, TypeError, OverflowError) as error:
        raise RunError(f"the checkpoint after step {checkpoint.step} does not fit this spec: {error}") from None
    setup.start = checkpoint.step


class CheckpointWriter:
    """Writes the checkpoints of one run: the newest two are kept, and the best of those that were written.

    ``seconds`` is how long training took before this session.
    """

    def __init__(
        self,
        setup: RunSetup,
        folder: RunFolder,
        spec_sha256: str,
        seconds: float = 0.0,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._setup = setup
        self._folder = folder
        self._every = setup.experiment.train.checkpoint_every
        self._metadata = {
            "spec": setup.experiment.resolved(),
            "spec_sha256": spec_sha256,
            "iterations": setup.iterations,
        }
        self._seconds = seconds
        self._clock = clock
        self._started = self._written_at = clock()

    def save(self, step: int, *, ending: bool) -> None:
        """Write a checkpoint if one is due; raises OSError when the disk refuses."""
        now = self._clock()
        if self._every == "never":
            return
        if self._every == "auto" and not ending and now - self._written_at < SECONDS_BETWEEN:
            return
        arrays = {
            f"{name}.{key}": array for name, part in parts(self._setup).items() for key, array in part.state().items()
        }
        metadata = {**self._metadata, "seconds": self._seconds + now - self._started}
        self._folder.write_checkpoint(Checkpoint(step, arrays, metadata), ending=ending)
        self._remove_old()
        self._written_at = self._clock()

    def _remove_old(self) -> None:
        files = checkpoint_files(self._folder.path)
        best = self._folder.best_of({step_of(file) or 0 for file in files})
        for file in files[NEWEST_KEPT:]:
            if step_of(file) != best:
                remove(file)
