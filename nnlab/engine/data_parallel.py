"""Data parallelism: each batch is computed in parts by replicas of the network."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.random import ShardStreams, Streams
from nnlab.core.sums import sum_in_order
from nnlab.core.threads import Workers
from nnlab.core.workspace import Workspace
from nnlab.engine.sections import cut_at_large_layers
from nnlab.layers.planning import multiply_adds
from nnlab.losses import Loss, rows
from nnlab.models.network import Network
from nnlab.optim.base import VALUES_PER_BLOCK

# Two parts are faster than one from this many multiply-adds in the forward pass of a batch, and this many per layer or
# step of a recurrent layer: threads with little to do between two calls wait for the interpreter's lock (32 layers of
# 100 units took 3.6 ms a step in two parts, 1.9 ms in one). Two parts over one: 1.17 at 2^23.9, 0.99 to 1.07 at 2^24.9,
# 0.74 at 2^25.1, 0.63 at 2^25.9.
WORTH_SHARDS = 2**25
WORTH_FOR_EACH_LAYER = 2**21
SHARDS = 2


def worth_splitting(network: Network, samples: int) -> bool:
    """Whether two threads compute this many samples faster than one."""
    work = samples * sum(multiply_adds(layer) for layer in network.layers)
    steps = sum(layer.successive_steps for layer in network.all_layers())
    return work >= max(WORTH_SHARDS, WORTH_FOR_EACH_LAYER * steps)


def automatic_shards(network: Network, batch_size: int, *, legacy: bool) -> int:
    """The number of parts of a batch; it depends on the network alone, as the machine must not change a result."""
    pays = worth_splitting(network, batch_size) and not legacy and not network.needs_batch()
    return SHARDS if pays else 1


class DataParallel(Network):
    """A network that computes each training batch in parts, which are as equal as can be, each on a replica.

    Parameters, buffers and gradients are those of ``network``, which computes the first part. The gradient is the sum
    of those of the parts in their order: it depends on the number of parts, not on the number of threads.
    """

    def __init__(self, network: Network, count: int, workers: Workers) -> None:
        vars(self).update(vars(network))  # the same layers and parameters
        self._workers = workers
        self._parts: list[slice] = []
        self._gradients = [network.flat.gradients, *(np.zeros_like(network.flat.gradients) for _ in range(1, count))]
        self.replicas = [
            network.replica(ShardStreams(network.streams, index), gradients)
            for index, gradients in enumerate(self._gradients[1:], start=1)
        ]
        self._networks = [network, *self.replicas]
        self._sections = cut_at_large_layers(self._networks, self._first_trained)
        self.joint_layers = [section.joint for section in self._sections if section.joint]
        joint_weights = [joint.replicas[0].W for joint in self.joint_layers]
        self._blocks = _blocks_without(network.flat.trained, [W.slice for W in joint_weights])

    def replica(self, streams: Streams | None = None, gradients: Array | None = None) -> Network:
        """One that computes whole batches."""
        return self._networks[0].replica(streams, gradients)

    def forward(self, x: Array, *, training: bool) -> Array:
        """The scores of all parts, joined; outside of training the batch is one part."""
        self._in_parts = training
        if not training:
            self._parts = split_batch(len(x), 1)
            return self._networks[0].forward(x, training=False)
        parts = self._parts = split_batch(len(x), len(self._networks))
        for section in self._sections:
            x = section.forward(x, parts, self._workers)
        return x

    def activity_penalty(self) -> "MeanOfParts":
        """The mean over the parts."""
        penalties = [network.activity_penalty() for network, _ in zip(self._networks, self._parts, strict=False)]
        return MeanOfParts(penalties, self._parts)

    def backward(self, dscores: Array) -> None:
        """Backpropagate each part, then sum the gradients in the order of the parts."""
        if self._in_parts:
            self._backpropagate(dscores, input_gradient=False)
        else:
            self._networks[0].backward(dscores)

    def input_gradient(self, dscores: Array) -> Array:
        """Like ``backward``, and join the input gradients of the parts."""
        if not self._in_parts:
            return self._networks[0].input_gradient(dscores)
        dx = self._backpropagate(dscores, input_gradient=True)
        assert dx is not None
        return dx.copy()

    def _backpropagate(self, dscores: Array, *, input_gradient: bool) -> Array | None:
        parts = self._parts
        dy: Array | None = dscores.reshape(-1, *self.out_shape)
        self.set_global_batch_size(parts[-1].stop)
        try:
            for section in reversed(self._sections):
                if dy is not None:
                    dy = section.backward(dy, parts, self._workers, input_gradient=input_gradient)
        finally:
            self.set_global_batch_size(None)
        self._workers.run(lambda index: self._sum_gradients(index, len(parts)), len(self._networks))
        return dy

    def set_global_batch_size(self, batch_size: int | None) -> None:
        """As of a network, for all parts."""
        for network in self._networks:
            network.set_global_batch_size(batch_size)

    def _sum_gradients(self, index: int, parts: int) -> None:
        """Sum the blocks of the gradient that one worker has."""
        total, *others = self._gradients[:parts]
        for block in self._blocks[index :: len(self._networks)]:
            for gradients in others:
                total[block] += gradients[block]


class DataParallelLoss:
    """The loss of the joined scores of a :class:`DataParallel` network, part by part.

    Sums over samples are rounded within each part first, as their number decides every digit of a result.
    """

    def __init__(self, loss: Loss, count: int) -> None:
        self._losses = [loss.replica() for _ in range(count)]
        self._workspace = Workspace()

    def forward(self, scores: Array, labels: Array) -> "MeanOfParts":
        """The mean loss of the batch."""
        self._parts = split_batch(len(labels), len(self._losses))
        self._rows = len(rows(scores, labels)[0])
        pairs = zip(self._losses, self._parts, strict=False)
        return MeanOfParts([loss.forward(scores[part], labels[part]) for loss, part in pairs], self._parts)

    def backward(self) -> Array:
        """∂(mean loss)/∂scores, one row for each prediction (N, K)."""
        N = self._rows
        dscores = [loss.backward(N) for loss, _ in zip(self._losses, self._parts, strict=False)]
        return np.concatenate(dscores, out=self._workspace.array("dscores", (N, dscores[0].shape[1]), dscores[0].dtype))


class MeanOfParts(float):
    """Σ_i N_i/N · mean_i for parts of N_i of N samples, plus a number that belongs to no part.

    A sum with others and with plain numbers is the same in any order: two of them are added part by part, so that loss
    and activity penalty are rounded as in one pass over each part, and the numbers are added to the mean last.
    """

    def __new__(cls, means: Sequence[float], parts: Sequence[slice], apart: float = 0.0) -> Self:
        """From the mean of each part."""
        N = parts[-1].stop
        mean = sum_in_order((part.stop - part.start) / N * m for m, part in zip(means, parts, strict=True))
        total = super().__new__(cls, mean + apart)
        total._means, total._parts, total._apart = means, parts, apart
        return total

    _means: Sequence[float]
    _parts: Sequence[slice]
    _apart: float

    def __add__(self, other: float) -> "MeanOfParts":
        """With another mean of the same parts, or a plain number."""
        if isinstance(other, MeanOfParts):
            means = [a + b for a, b in zip(self._means, other._means, strict=True)]
            return MeanOfParts(means, self._parts, self._apart + other._apart)
        return MeanOfParts(self._means, self._parts, self._apart + other)

    __radd__ = __add__


def split_batch(samples: int, count: int) -> list[slice]:
    """``count`` parts of a batch as equal as can be, or one for each sample where there are fewer."""
    cuts = [round(samples * index / count) for index in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(cuts) if stop > start]


def _blocks_without(length: int, left_out: Sequence[slice]) -> list[slice]:
    """The slices of a vector in blocks that fit the cache, without the slices ``left_out``."""
    blocks, start = [], 0
    for stretch in sorted((*left_out, slice(length, length)), key=lambda stretch: stretch.start):
        starts = range(start, stretch.start, VALUES_PER_BLOCK)
        blocks += [slice(at, min(at + VALUES_PER_BLOCK, stretch.start)) for at in starts]
        start = stretch.stop
    return blocks
