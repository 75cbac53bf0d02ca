"""The weights of several moments of a training, kept when a spec asks for them."""

from nnlab.core.rows import Row
from nnlab.models.network import Network
from nnlab.records.run_folder import RunFolder


def moments(iterations: int, count: int) -> set[int]:
    """The steps after which weights are kept: ``count`` of them, the first 0, the last ``iterations``."""
    return {round(index * iterations / (count - 1)) for index in range(count)} if count > 1 else set()


class Snapshots:
    """Writes ``count`` snapshots, evenly spread: the first before any update, the last with the weights at the end.

    A training that ends early has those up to its end, and those that it saved: where earlier weights were put back,
    these are kept under their own step.
    """

    def __init__(
        self, network: Network, folder: RunFolder, iterations: int, count: int, spec_sha256: str, start: int = 0
    ) -> None:
        self._network = network
        self._folder = folder
        self._spec_sha256 = spec_sha256
        self._moments = moments(iterations, count)
        self._waiting = {step for step in self._moments if step > start or start == 0}
        self._wanted = bool(self._moments)

    def on_step(self, step: int, objective: float) -> None:
        """Keep the weights if it is time."""
        if step in self._waiting:
            self._write(step)

    def on_evaluation(self, row: Row) -> None:
        """The evaluation before the first update is when the weights are those of the start."""
        if row["step"] == 0 and 0 in self._waiting:
            self._write(0)

    def finish(self, step: int) -> None:
        """Keep the weights that the run saves, which are those of ``step``, if they have not been kept."""
        if self._wanted and step not in self._moments - self._waiting:
            self._write(step)
        self._wanted = False

    def _write(self, step: int) -> None:
        self._waiting.discard(step)
        self._folder.write_snapshot(step, self._network.state(), self._spec_sha256)
