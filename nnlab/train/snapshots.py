"""Weight snapshots, saved when a spec asks for them."""

from nnlab.core.rows import Row
from nnlab.engine.run_setup import RunSetup
from nnlab.records.run_folder import RunFolder


def snapshot_steps(iterations: int, count: int) -> set[int]:
    """The steps after which weights are saved: ``count`` of them, the first 0, the last ``iterations``."""
    return {round(index * iterations / (count - 1)) for index in range(count)} if count > 1 else set()


class Snapshots:
    """Writes ``count`` snapshots, evenly spread: the first before any update, the last with the weights at the end.

    Each has the weights that an evaluation uses. A training that ends early has the snapshots up to its end, and one of
    the weights that the run saves, under their own step.
    """

    def __init__(self, setup: RunSetup, folder: RunFolder, spec_sha256: str) -> None:
        self._network = setup.network
        self._average = setup.average
        self._folder = folder
        self._spec_sha256 = spec_sha256
        self._steps = snapshot_steps(setup.iterations, setup.experiment.train.snapshots)
        self._left = {step for step in self._steps if step > setup.start or setup.start == 0}
        self._finished = not self._steps

    def on_step(self, step: int, objective: float) -> None:
        """Save the weights if a snapshot is due."""
        if step in self._left:
            self._write(step)

    def on_evaluation(self, row: Row) -> None:
        """Save the initial weights at the evaluation before the first update."""
        if row["step"] == 0 and 0 in self._left:
            self._write(0)

    def finish(self, step: int) -> None:
        """Save the final weights, those of ``step``, unless there is such a snapshot."""
        if not self._finished and step not in self._steps - self._left:
            self._write(step)
        self._finished = True

    def _write(self, step: int) -> None:
        self._left.discard(step)
        with self._average.in_network():
            self._folder.write_snapshot(step, self._network.state(), self._spec_sha256)
