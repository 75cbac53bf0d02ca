"""Loss and metrics of a network on many samples, chunk by chunk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.data.target_columns import TargetColumns
from nnlab.engine.data_parallel import worth_splitting
from nnlab.engine.sections import Section, cut_at_large_layers
from nnlab.losses import Loss, rows
from nnlab.metrics import Metric, Record, Statistic
from nnlab.metrics.loss import MeanLoss
from nnlab.models.network import Network
from nnlab.registry import registered_name

MEAN_LOSS = MeanLoss()


@dataclass(frozen=True)
class Score:
    """The metrics of a network on some samples, by name, and what is recorded of them besides.

    ``minimised`` is the mean loss that training minimises, with label smoothing, class weights and activity penalties;
    the metric has none of them.
    """

    metrics: Mapping[str, float]
    minimised: float
    records: Sequence[Record] = ()


@dataclass
class Tally:
    """The metrics of one chunk of samples, and Σ of the loss that training minimises."""

    loss: MeanLoss
    others: list[Statistic]
    minimised: float

    @classmethod
    def of(
        cls,
        network: Network,
        loss: Loss,
        statistics: Sequence[Statistic],
        x: Array,
        targets: Array,
        numbers: TargetColumns | None = None,
    ) -> Self:
        """Evaluate a network on a chunk, without dropout and with running statistics."""
        return cls.of_scores(network, loss, statistics, network.forward(x, training=False), targets, numbers)

    @classmethod
    def of_scores(
        cls,
        network: Network,
        loss: Loss,
        statistics: Sequence[Statistic],
        scores: Array,
        targets: Array,
        numbers: TargetColumns | None = None,
    ) -> Self:
        """Evaluate the scores that a network has just computed.

        The loss is measured on standardised ``numbers``, other metrics in the user's units.
        """
        mean_loss, others = MEAN_LOSS.empty(loss), [statistic.empty(loss) for statistic in statistics]
        whole = scores, targets
        scores, targets = rows(*whole)
        mean_loss.update(scores, targets)
        measured = (scores, targets) if numbers is None else (numbers.undo(scores), numbers.undo(targets))
        for statistic in others:
            statistic.update(*(whole if statistic.of_sequences else measured))
        minimised = mean_loss.batch_mean if loss.reported is loss else loss.forward(scores, targets)
        return cls(mean_loss, others, (minimised + network.activity_penalty()) * len(targets))

    def merge(self, other: Self) -> None:
        """Add another chunk."""
        for own, added in zip((self.loss, *self.others), (other.loss, *other.others), strict=True):
            own.merge(added)
        self.minimised += other.minimised

    def score(self) -> Score:
        """The metrics of all chunks."""
        measured = [self.loss, *(item for item in self.others if isinstance(item, Metric))]
        metrics = {registered_name(metric): float(metric.result()) for metric in measured}
        records = [item for item in self.others if isinstance(item, Record)]
        return Score(metrics, self.minimised / self.loss.samples, records)


def score(
    network: Network,
    loss: Loss,
    batches: Iterable[Batch],
    metrics: Sequence[Statistic],
    numbers: TargetColumns | None = None,
) -> Score:
    """Evaluate a network, without dropout and with running statistics."""
    return _summed([Tally.of(network, loss, metrics, x, targets, numbers) for x, targets in batches]).score()


def _summed(tallies: Sequence[Tally]) -> Tally:
    total, *others = tallies
    for tally in others:
        total.merge(tally)
    return total


class ChunkedEvaluation:
    """Evaluates a network on samples chunk by chunk, each thread on a replica of the network.

    A free thread takes the next chunk. The sums are in the order of the chunks, so no digit depends on the threads.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        chunk: int,
        workers: Workers,
        replicas: Sequence[Network] = (),
        numbers: TargetColumns | None = None,
    ) -> None:
        self.chunk = chunk
        self._numbers = numbers
        self._workers = workers
        # The replicas that compute parts of batches are free now; where they are too few, more are made.
        more = range(1 + len(replicas), workers.threads)
        self._networks = [network, *replicas, *(network.replica() for _ in more)]
        self._losses = [loss.replica() for _ in range(workers.threads)]

    def split(self, loaders: Sequence[BatchLoader], statistics: Sequence[Statistic]) -> Tally:
        """Measure all samples of a split, which has a loader for each thread."""
        samples = len(loaders[0].split)
        return self.samples(samples, lambda worker, start, size: loaders[worker].chunk(start, size), statistics)

    def samples(self, samples: int, take: Callable[[int, int, int], Batch], statistics: Sequence[Statistic]) -> Tally:
        """Measure this many samples, at least one; ``take(worker, start, size)`` loads those of a chunk."""
        size = self.chunk
        if samples <= size and worth_splitting(self._networks[0], samples):
            if any(section.joint for section in self._sections):
                return self._halves(*take(0, 0, samples), statistics)
            size = -(-samples // 2)  # one chunk for each of two threads
        starts = range(0, samples, size)

        def tally(worker: int, index: int) -> Tally:
            x, targets = take(worker, starts[index], size)
            return Tally.of(self._networks[worker], self._losses[worker], statistics, x, targets, self._numbers)

        return _summed(self._workers.run_with_worker(tally, len(starts)))

    def _halves(self, x: Array, targets: Array, statistics: Sequence[Statistic]) -> Tally:
        """Measure two halves, which share the products of large layers: each of their weights is read once."""
        half = -(-len(x) // 2)
        halves = [slice(0, half), *([slice(half, len(x))] if len(x) > half else [])]
        for section in self._sections:
            x = section.forward(x, halves, self._workers, training=False)
        return _summed(
            [
                Tally.of_scores(network, self._losses[0], statistics, x[part], targets[part], self._numbers)
                for network, part in zip(self._two_networks, halves, strict=False)
            ]
        )

    @cached_property
    def _two_networks(self) -> Sequence[Network]:
        return self._networks[:2] if len(self._networks) > 1 else [*self._networks, self._networks[0].replica()]

    @cached_property
    def _sections(self) -> Sequence[Section]:
        return cut_at_large_layers(self._two_networks, 0)
