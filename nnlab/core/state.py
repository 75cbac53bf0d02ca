"""States that are saved and restored, and a copy of the weights at an earlier step."""

from collections.abc import Mapping
from typing import Protocol

from nnlab.core.arrays import Array, copy_arrays


class Stateful(Protocol):
    """A part of a training that changes from step to step."""

    def state(self) -> dict[str, Array]:
        """The state to save; the arrays may be views."""
        ...

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore a saved state; raises ShapeError when it does not fit."""
        ...


class KeptWeights:
    """A copy of a network's parameters and buffers as they were after ``step`` updates."""

    def __init__(self, network: Stateful) -> None:
        self._network = network
        self.step: int | None = None
        self.arrays: dict[str, Array] = {}

    def keep(self, step: int) -> None:
        """Copy the current weights in place of the last copy."""
        self.step = step
        now = self._network.state()
        if self.arrays:
            copy_arrays(now, self.arrays, "weights")
        else:
            self.arrays = {name: array.copy() for name, array in now.items()}

    def restore(self) -> int | None:
        """Restore the copy and return its step; None where nothing was kept."""
        if self.step is not None:
            self._network.load_state(self.arrays)
        return self.step

    def load(self, step: int, saved: Mapping[str, Array], what: str) -> None:
        """Use a saved copy; raises ShapeError naming ``what`` where it is not one of this network."""
        arrays = {name: array.copy() for name, array in self._network.state().items()}
        copy_arrays(saved, arrays, what)
        self.step, self.arrays = step, arrays
