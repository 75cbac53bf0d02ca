"""Random streams without global state: one per purpose, found by address instead of drawn in sequence.

The address of a stream is ``(seed, purpose, ...)``, so changing one consumer does not change the random numbers of the
others, and resuming at step t needs only t.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

import numpy as np

from nnlab.core.arrays import Array, copy_arrays
from nnlab.errors import ShapeError

RandomGenerator = np.random.Generator | np.random.RandomState


class Purpose(IntEnum):
    """The purpose of a stream; the numbers determine all recorded results and never change."""

    DATASET = 0
    INIT = 1
    BATCHES = 2
    DROPOUT = 3
    AUGMENT = 4
    VALIDATION = 5
    DROPOUT_OF_SHARD = 6
    SEARCH = 7
    DROPOUT_OF_PART = 8


class Streams(Protocol):
    """The random streams of a run.

    ``step`` is the current update and ``part`` the mini-batch of it, from 0: they address dropout masks.
    """

    step: int
    part: int

    def rng(self, purpose: Purpose, *address: int) -> RandomGenerator:
        """The stream of a purpose, at an address within that purpose (a layer, an epoch)."""
        ...

    def dropout(self, *address: int) -> RandomGenerator:
        """The stream of a dropout layer at the current step."""
        ...

    def state(self) -> dict[str, Array]:
        """State that the step does not determine."""
        ...

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore a saved state; raises ShapeError when it is not one of these streams."""
        ...


class AddressedStreams:
    """``rng: streams``: a separate generator per address, ``SeedSequence(seed, spawn_key=address)``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.step = self.part = 0

    def rng(self, purpose: Purpose, *address: int) -> np.random.Generator:
        """A new generator at the start of the stream ``(seed, purpose, *address)``."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(int(purpose), *address))
        return np.random.Generator(np.random.PCG64(sequence))

    def dropout(self, *address: int) -> np.random.Generator:
        """A new generator at ``(seed, DROPOUT, *address, step)``: the same step gives the same mask.

        From the second mini-batch of an update on, at ``(seed, DROPOUT_OF_PART, part, 0, *address, step)``.
        """
        if self.part:
            return self.rng(Purpose.DROPOUT_OF_PART, self.part, 0, *address, self.step)
        return self.rng(Purpose.DROPOUT, *address, self.step)

    def state(self) -> dict[str, Array]:
        """Empty: every stream is found by its address."""
        return {}

    def load_state(self, state: Mapping[str, Array]) -> None:
        copy_arrays(state, {}, "saved random numbers")


class LegacyStreams:
    """``rng: legacy``: one ``RandomState(seed)`` for everything, drawn in the order of the published scripts."""

    def __init__(self, seed: int) -> None:
        self.step = self.part = 0
        self._state = np.random.RandomState(seed)

    def rng(self, purpose: Purpose, *address: int) -> np.random.RandomState:
        """The shared generator at its current position."""
        return self._state

    def dropout(self, *address: int) -> np.random.RandomState:
        """The shared generator at its current position."""
        return self._state

    def state(self) -> dict[str, Array]:
        """The position of the generator."""
        state = self._state.get_state(legacy=False)
        inner = state["state"]
        numbers = {"position": inner["pos"], "has_normal": state["has_gauss"], "normal": state["gauss"]}
        return {"key": inner["key"], **{name: np.array(number) for name, number in numbers.items()}}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore the position of the generator; raises ShapeError when it is invalid."""
        own = {name: array.copy() for name, array in self.state().items()}
        copy_arrays(state, own, "saved random numbers")
        position, has_normal = int(own["position"]), int(own["has_normal"])
        if not 0 <= position <= own["key"].size or has_normal not in {0, 1}:  # NumPy would read beyond the key
            raise ShapeError(f"saved random numbers: invalid position {position} or has_normal {has_normal}")
        self._state.set_state(("MT19937", own["key"], position, has_normal, float(own["normal"])))


class ShardStreams:
    """The streams of one data-parallel shard: separate dropout masks, all other streams shared."""

    def __init__(self, whole: Streams, shard: int) -> None:
        self._whole = whole
        self._shard = shard

    @property
    def step(self) -> int:
        """The current update."""
        return self._whole.step

    @step.setter
    def step(self, step: int) -> None:
        self._whole.step = step

    @property
    def part(self) -> int:
        """The current mini-batch of the update."""
        return self._whole.part

    @part.setter
    def part(self, part: int) -> None:
        self._whole.part = part

    def rng(self, purpose: Purpose, *address: int) -> RandomGenerator:
        """The shared stream."""
        return self._whole.rng(purpose, *address)

    def dropout(self, *address: int) -> RandomGenerator:
        """The stream at ``(seed, DROPOUT_OF_SHARD, shard, *address, step)``.

        From the second mini-batch of an update on, at ``(seed, DROPOUT_OF_PART, part, shard, *address, step)``.
        """
        if self.part:
            return self._whole.rng(Purpose.DROPOUT_OF_PART, self.part, self._shard, *address, self.step)
        return self._whole.rng(Purpose.DROPOUT_OF_SHARD, self._shard, *address, self.step)

    def state(self) -> dict[str, Array]:
        """The state of the shared streams."""
        return self._whole.state()

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Restore a saved state of the shared streams."""
        self._whole.load_state(state)


def make_streams(mode: str, seed: int) -> Streams:
    """The streams for the spec's ``rng`` (``streams`` or ``legacy``) and ``seed``."""
    return LegacyStreams(seed) if mode == "legacy" else AddressedStreams(seed)
