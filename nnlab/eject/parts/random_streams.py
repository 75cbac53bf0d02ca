"""Random streams: numbers that depend on the seed and on what they are for, not on what was drawn before."""

from itertools import pairwise

import numpy as np

SEED = 0  # a setting of each script

DATASET, INIT, BATCHES, DROPOUT, AUGMENT, VALIDATION, DROPOUT_OF_SHARD = range(7)  # what they are for
DROPOUT_OF_PART = 8


def stream(*address: int) -> np.random.Generator:
    """The random numbers at an address, such as (BATCHES, 0) for the batches of the first epoch."""
    return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=address))


class StepMasks:
    """The random numbers of a dropout layer: another stream at each step, set in ``StepMasks.step``."""

    step = 0

    def __init__(self, *address: int) -> None:
        self.address = address

    def random(self, size: tuple[int, ...]) -> np.ndarray:
        """Numbers from 0 to 1."""
        return stream(DROPOUT, *self.address, StepMasks.step).random(size, np.float32)


class ShardMasks(StepMasks):
    """The random numbers of a dropout layer where each batch was computed in equal parts, each with its own stream."""

    def __init__(self, *address: int, shards: int) -> None:
        super().__init__(*address)
        self.shards = shards

    def random(self, size: tuple[int, ...]) -> np.ndarray:
        """Numbers from 0 to 1."""
        N, *shape = size
        cuts = [round(N * shard / self.shards) for shard in range(self.shards + 1)]
        parts = [stop - start for start, stop in pairwise(cuts) if stop > start]
        numbers = []
        for shard, part in enumerate(parts):
            address = (*self.purpose(shard), *self.address, StepMasks.step)
            numbers.append(stream(*address).random((part, *shape), np.float32))
        return np.concatenate(numbers)

    def purpose(self, shard: int) -> tuple[int, ...]:
        """Where the address of a shard's stream begins."""
        return (DROPOUT_OF_SHARD, shard) if shard else (DROPOUT,)


class PartMasks(ShardMasks):
    """The random numbers of a dropout layer where an update has several mini-batches, each with its own streams."""

    part = 0

    def purpose(self, shard: int) -> tuple[int, ...]:
        """Where the address of a shard's stream begins, in the mini-batch set in ``PartMasks.part``."""
        return (DROPOUT_OF_PART, PartMasks.part, shard) if PartMasks.part else super().purpose(shard)
