"""One batch in several parts, computed side by side, with the gradient of the whole."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import ShardStreams
from nnlab.core.threads import Workers
from nnlab.layers.linear import Linear
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import BLOCK

# Multiplications with additions in the forward pass of a batch from which on two parts pay for handing them out, and
# how many there must be for each layer: threads with little to do between two calls wait for the interpreter's lock
# (32 layers of 100 units took 3.6 ms a step in two parts, 1.9 ms in one).
WORTH_SHARDS = 2**25
WORTH_FOR_EACH_LAYER = 2**21
SHARDS = 2
# Linear layers with so many weights get their gradient from the whole batch in one product: to write two of them and
# add them up takes longer (of AlexNet's 305 ms a step, 50).
JOINT_WEIGHTS = 2**19


def worth_splitting(network: Network, samples: int) -> bool:
    """Whether so many samples are work enough for two threads."""
    work = samples * sum(layer.multiply_adds() for layer in network.layers)
    return work >= max(WORTH_SHARDS, WORTH_FOR_EACH_LAYER * len(network.all_layers()))


def automatic_shards(network: Network, batch_size: int, *, legacy: bool) -> int:
    """How many parts a batch is best cut into, by the network alone: the machine must not change a result."""
    pays = worth_splitting(network, batch_size) and not legacy and network.needs_batch() is None
    return SHARDS if pays else 1


class DataParallel:
    """A network and its twins, each of which computes a part of every batch; parts are as equal as can be.

    Each part divides by the size of the whole batch, and their gradients are added up in the order of the parts: the
    sum depends on their number and not on how many threads there are.
    """

    def __init__(self, network: Network, loss: Loss, count: int, workers: Workers) -> None:
        self._workers = workers
        self._gradients = [network.flat.gradients]
        self._gradients += [np.zeros_like(network.flat.gradients) for _ in range(1, count)]
        self.networks = [network]
        for index, gradients in enumerate(self._gradients[1:], start=1):
            self.networks.append(network.replica(ShardStreams(network.streams, index), gradients))
        self._joint = [
            [replica for replica in replicas if isinstance(replica, Linear)]
            for replicas in zip(*(network.layers for network in self.networks), strict=True)
            if count > 1
            and isinstance(replicas[0], Linear)
            and replicas[0].W.size >= JOINT_WEIGHTS
            and not replicas[0].frozen
        ]
        self._blocks = _blocks_without(network.flat.trained, [replicas[0].W.slice for replicas in self._joint])
        self._losses = [loss, *(loss.replica() for _ in range(1, count))]

    def compute(self, x: Array, labels: Array) -> float:
        """The batch's mean loss with the prices on activity; their gradient stands in the flat gradient after it."""
        count, N = len(self.networks), len(x)
        if count == 1:
            return self._part(0, x, labels, None)
        cuts = [round(N * index / count) for index in range(count + 1)]
        parts = [slice(start, stop) for start, stop in pairwise(cuts) if stop > start]
        self._cut(N)
        try:
            means = self._workers.run(lambda i: self._part(i, x[parts[i]], labels[parts[i]], N), len(parts))
        finally:
            self._cut(None)
        self._workers.run(lambda index: self._finish(index, len(parts)), count)
        return sum((part.stop - part.start) / N * mean for part, mean in zip(parts, means, strict=True))

    def _cut(self, batch_size: int | None) -> None:
        """Tell the layers that they see parts of a batch, or (None) that it is over."""
        for network in self.networks:
            network.set_global_batch_size(batch_size)
        for layer in (layer for replicas in self._joint for layer in replicas):
            layer.joint = batch_size is not None

    def _part(self, index: int, x: Array, labels: Array, batch_size: int | None) -> float:
        network, loss = self.networks[index], self._losses[index]
        scores = network.forward(x, training=True)
        objective = loss.forward(scores, labels) + network.activity_penalty().real
        network.backward(loss.backward(batch_size))
        return objective

    def _finish(self, index: int, parts: int) -> None:
        """One share of what is left when all parts are done: joint products, and adding up blocks of the gradient."""
        count = len(self.networks)
        for replicas in self._joint:
            D = replicas[0].W.shape[0]
            replicas[index].joint_gradient(replicas[:parts], slice(D * index // count, D * (index + 1) // count))
        whole, *others = self._gradients[:parts]
        for block in self._blocks[index::count]:
            for gradients in others:
                whole[block] += gradients[block]


def _blocks_without(length: int, left_out: Sequence[slice]) -> list[slice]:
    """A vector in blocks that stay in the cache, without some stretches of it."""
    blocks, start = [], 0
    for stretch in sorted((*left_out, slice(length, length)), key=lambda stretch: stretch.start):
        blocks += [slice(at, min(at + BLOCK, stretch.start)) for at in range(start, stretch.start, BLOCK)]
        start = stretch.stop
    return blocks
