"""States that are saved and restored, and a copy of the weights at an earlier step."""

from collections.abc import Mapping
from typing import Protocol

from nnlab.core.arrays import Array, copy_arrays


class Stateful(Protocol):
    """A part of a training that changes from step to step."""

    def state(self) -> dict[str, Array]:
        """What it resumes from; the arrays may be its own."""
        ...

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state; raises ShapeError where that does not fit."""
        ...


class KeptWeights:
    """A copy of a network's parameters and buffers as they were after ``step`` updates."""

    def __init__(self, network: Stateful) -> None:
        self._network = network
        self.step: int | None = None
        self.arrays: dict[str, Array] = {}

    def keep(self, step: int) -> None:
        """Copy the network of now in place of the last copy."""
        self.step = step
        now = self._network.state()
        if self.arrays:
            copy_arrays(now, self.arrays, "weights")
        else:
            self.arrays = {name: array.copy() for name, array in now.items()}

    def restore(self) -> int | None:
        """Put the copy back into the network and return its step; None where nothing was kept."""
        if self.step is not None:
            self._network.load_state(self.arrays)
        return self.step

    def load(self, step: int, saved: Mapping[str, Array], what: str) -> None:
        """Take a copy that was saved; raises ShapeError naming ``what`` where it is not one of this network."""
        arrays = {name: array.copy() for name, array in self._network.state().items()}
        copy_arrays(saved, arrays, what)
        self.step, self.arrays = step, arrays
