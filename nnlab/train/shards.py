"""One batch in several parts, computed side by side, with the gradient of the whole."""

from itertools import pairwise

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import ShardStreams
from nnlab.core.threads import Workers
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.optim.base import BLOCK

# Multiplications with additions in the forward pass of a batch from which on two parts pay for handing them out.
WORTH_SHARDS = 2**25
SHARDS = 2


def automatic_shards(network: Network, batch_size: int, *, legacy: bool) -> int:
    """How many parts a batch is best cut into, by the network alone: the machine must not change a result."""
    work = batch_size * sum(layer.multiply_adds() for layer in network.layers)
    return SHARDS if work >= WORTH_SHARDS and not legacy and network.needs_whole_batch() is None else 1


class Shards:
    """A network and its twins, each of which computes a part of every batch; parts are as equal as can be.

    The gradient is Σ_s N_s/N · g_s, added up in the order of the parts: it depends on their number and not on how many
    threads there are.
    """

    def __init__(self, network: Network, loss: Loss, count: int, workers: Workers) -> None:
        self._workers = workers
        self._gradients = [network.arena.gradients]
        self._gradients += [np.zeros_like(network.arena.gradients) for _ in range(1, count)]
        self._networks = [network]
        for index, gradients in enumerate(self._gradients[1:], start=1):
            self._networks.append(network.twin(ShardStreams(network.streams, index), gradients))
        self._losses = [loss, *(loss.twin() for _ in range(1, count))]

    def forward(self, x: Array, labels: Array) -> float:
        """The mean loss of the batch with the prices on activity."""
        count, N = len(self._networks), len(x)
        cuts = [round(N * index / count) for index in range(count + 1)]
        self._parts = [slice(start, stop) for start, stop in pairwise(cuts) if stop > start]
        self._weights = [(part.stop - part.start) / N for part in self._parts]

        def forward(index: int) -> float:
            part, network = self._parts[index], self._networks[index]
            scores = network.forward(x[part], training=True)
            return self._losses[index].forward(scores, labels[part]) + network.activity().real

        means = self._workers.run(forward, len(self._parts))
        return sum(weight * mean for weight, mean in zip(self._weights, means, strict=True))

    def backward(self) -> None:
        """Write the gradient of the last forward's objective into the network's arena."""

        def backward(index: int) -> None:
            self._networks[index].backward(self._losses[index].backward())

        self._workers.run(backward, len(self._parts))
        if len(self._parts) > 1:
            self._workers.run(self._add_up, self._workers.threads)

    def _add_up(self, worker: int) -> None:
        """Add up every so many blocks of the gradient; those of the other parts are not needed after that."""
        whole, *others = self._gradients[: len(self._parts)]
        for start in range(worker * BLOCK, len(whole), self._workers.threads * BLOCK):
            block = slice(start, start + BLOCK)
            whole[block] *= self._weights[0]
            for gradients, weight in zip(others, self._weights[1:], strict=True):
                gradients[block] *= weight
                whole[block] += gradients[block]
