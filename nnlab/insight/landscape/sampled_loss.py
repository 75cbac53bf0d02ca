"""The loss of a network on a fixed sample of its data, at any values of its parameters."""

from collections.abc import Callable
from math import isfinite

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.chunked_evaluation import ChunkedEvaluation
from nnlab.engine.run_setup import RunSetup


class SampledLoss:
    """Evaluates the loss of ``metrics.csv``: in evaluation mode, without penalties and label smoothing.

    The samples are loaded once; the chunks and threads are those of the run's own evaluations, so that the loss of all
    samples equals the recorded one. ``on_evaluation`` is called after each evaluation.
    """

    def __init__(self, setup: RunSetup, split: Split, on_evaluation: Callable[[], None] = lambda: None) -> None:
        self.network = setup.network
        self.samples = len(split)
        self._on_evaluation = on_evaluation
        self._x, self._targets = BatchLoader(split, self.network.flat.values.dtype).everything()
        self._parameters = [name for name, _ in self.network.named_parameters()]
        batch_size = setup.batches.batch_size
        self._chunked = ChunkedEvaluation(
            self.network,
            setup.experiment.loss,
            self.network.evaluation_chunk(batch_size),
            Workers(setup.threads),
            numbers=setup.dataset.numbers,
        )

    def __call__(self) -> float:
        """The loss of the network as it is; NaN where that is not finite."""
        tally = self._chunked.samples(self.samples, self._take, [])
        self._on_evaluation()
        loss = float(tally.loss.result())
        return loss if isfinite(loss) else np.nan

    def at(self, values: Array) -> float:
        """The loss with these values (P,) of the parameters, which the network keeps."""
        self.network.flat.values[...] = values
        return self()

    def values(self) -> Array:
        """A copy of the parameters (P,) in float64."""
        return self.network.flat.values.astype(np.float64)

    def buffers(self) -> dict[str, Array]:
        """Copies of the buffers, such as the running statistics of batch normalisation."""
        state = self.network.state()
        return {name: array.copy() for name, array in state.items() if name not in self._parameters}

    def set_buffers(self, buffers: dict[str, Array]) -> None:
        """Copy these buffers into the network."""
        state = self.network.state()
        for name, array in buffers.items():
            state[name][...] = array

    def _take(self, worker: int, start: int, size: int) -> Batch:
        return self._x[start : start + size], self._targets[start : start + size]


def sample_of(split: Split, samples: int, rng: np.random.Generator) -> Split:
    """At most this many samples of a split, drawn without replacement and in their order; all where it has no more."""
    if len(split) <= samples:
        return split
    return split.take(np.sort(rng.choice(len(split), samples, replace=False)))
