"""One batch in several parts, computed side by side, with the gradient of the whole."""

from itertools import pairwise

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import ShardStreams
from nnlab.core.threads import Workers
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import BLOCK

# Multiplications with additions in the forward pass of a batch from which on two parts pay for handing them out, and
# how many there must be for each layer: threads with little to do between two calls wait for the interpreter's lock
# (32 layers of 100 units took 3.6 ms a step in two parts, 1.9 ms in one).
WORTH_SHARDS = 2**25
WORTH_FOR_EACH_LAYER = 2**21
SHARDS = 2


def automatic_shards(network: Network, batch_size: int, *, legacy: bool) -> int:
    """How many parts a batch is best cut into, by the network alone: the machine must not change a result."""
    work = batch_size * sum(layer.multiply_adds() for layer in network.layers)
    pays = work >= max(WORTH_SHARDS, WORTH_FOR_EACH_LAYER * len(network.layers))
    return SHARDS if pays and not legacy and network.needs_whole_batch() is None else 1


class Shards:
    """A network and its twins, each of which computes a part of every batch; parts are as equal as can be.

    Each part divides by the size of the whole batch, and their gradients are added up in the order of the parts: the
    sum depends on their number and not on how many threads there are.
    """

    def __init__(self, network: Network, loss: Loss, count: int, workers: Workers) -> None:
        self._workers = workers
        self._gradients = [network.arena.gradients]
        self._gradients += [np.zeros_like(network.arena.gradients) for _ in range(1, count)]
        self._networks = [network]
        for index, gradients in enumerate(self._gradients[1:], start=1):
            self._networks.append(network.twin(ShardStreams(network.streams, index), gradients))
        self._losses = [loss, *(loss.twin() for _ in range(1, count))]

    def compute(self, x: Array, labels: Array) -> float:
        """The batch's mean loss with the prices on activity; their gradient stands in the network's arena after it."""
        count, N = len(self._networks), len(x)
        if count == 1:
            return self._part(0, x, labels, None)
        cuts = [round(N * index / count) for index in range(count + 1)]
        parts = [slice(start, stop) for start, stop in pairwise(cuts) if stop > start]
        means = self._workers.run(lambda index: self._part(index, x[parts[index]], labels[parts[index]], N), len(parts))
        self._workers.run(lambda worker: self._add_up(worker, len(parts)), self._workers.threads)
        return sum((part.stop - part.start) / N * mean for part, mean in zip(parts, means, strict=True))

    def _part(self, index: int, x: Array, labels: Array, batch_size: int | None) -> float:
        network, loss = self._networks[index], self._losses[index]
        if batch_size is not None:
            network.compute_part_of(batch_size)
        scores = network.forward(x, training=True)
        objective = loss.forward(scores, labels) + network.activity().real
        network.backward(loss.backward(batch_size))
        return objective

    def _add_up(self, worker: int, parts: int) -> None:
        """Add up every so many blocks of the gradient."""
        whole, *others = self._gradients[:parts]
        for start in range(worker * BLOCK, len(whole), self._workers.threads * BLOCK):
            block = slice(start, start + BLOCK)
            for gradients in others:
                whole[block] += gradients[block]
