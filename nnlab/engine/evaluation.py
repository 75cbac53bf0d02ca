"""Loss and metrics of a network as it stands."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.data_parallel import worth_splitting
from nnlab.losses import Loss
from nnlab.metrics import LOSS, MeanLoss, Metric, default_metrics, metrics_columns
from nnlab.models.network import Network
from nnlab.registry import registered_name
from nnlab.regularizers import RegularizerTerm


@dataclass(frozen=True)
class Score:
    """The metrics of a network on some samples, by name.

    ``minimised`` is the mean loss as training minimises it: label smoothing, class weights and penalties on activities
    make it another one than the metric.
    """

    metrics: Mapping[str, float]
    minimised: float


@dataclass
class Tally:
    """The metrics of one chunk of samples, and Σ of the loss that training minimises."""

    loss: MeanLoss
    others: list[Metric]
    minimised: float

    @classmethod
    def of(cls, network: Network, loss: Loss, metrics: Sequence[Metric], x: Array, targets: Array) -> Self:
        """Evaluate a network on a chunk, with dropout off and running statistics."""
        mean_loss, others = MeanLoss().empty(loss), [metric.empty(loss) for metric in metrics]
        scores = network.forward(x, training=False)
        for metric in (mean_loss, *others):
            metric.update(scores, targets)
        minimised = mean_loss.batch_mean if loss.reported is loss else loss.forward(scores, targets)
        return cls(mean_loss, others, (minimised + network.activity_penalty()) * len(targets))

    def merge(self, other: Self) -> None:
        """Add another chunk."""
        for own, added in zip((self.loss, *self.others), (other.loss, *other.others), strict=True):
            own.merge(added)
        self.minimised += other.minimised

    def score(self) -> Score:
        """The metrics of all chunks added."""
        metrics = {registered_name(metric): float(metric.result()) for metric in (self.loss, *self.others)}
        return Score(metrics, self.minimised / self.loss.samples)


def score(network: Network, loss: Loss, batches: Iterable[Batch], metrics: Sequence[Metric]) -> Score:
    """Evaluate a network, with dropout off and running statistics."""
    return _summed([Tally.of(network, loss, metrics, x, targets) for x, targets in batches])


def _summed(tallies: Sequence[Tally]) -> Score:
    total, *others = tallies
    for tally in others:
        total.merge(tally)
    return total.score()


def penalty_value(regularizers: Sequence[RegularizerTerm]) -> float:
    """The sum of all penalties on the weights."""
    return sum(regularizer.value() for regularizer in regularizers)


class Evaluation:
    """What one row of metrics.csv is made of: the samples to evaluate on, and how.

    Chunks of samples are shared out over threads, each with a twin of the network, and summed in their order, so that
    no digit depends on the number of threads.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        regularizers: Sequence[RegularizerTerm],
        dataset: Dataset,
        eval_train: int | Literal["all", "batch"],
        chunk: int,
        workers: Workers,
        replicas: Sequence[Network] = (),
        metrics: Sequence[Metric] | None = None,
    ) -> None:
        self._network = network
        self._loss = loss
        self._regularizers = regularizers
        self._on_batch = eval_train == "batch"
        self._workers = workers
        self._metrics = default_metrics() if metrics is None else metrics
        self.columns = metrics_columns([LOSS, *map(registered_name, self._metrics)])
        self.chunk = chunk
        # Twins that stand idle while nothing is trained; where there are not enough of them, new ones.
        more = range(1 + len(replicas), workers.threads)
        self._networks = [network, *replicas, *(network.replica() for _ in more)]
        self._losses = [loss.replica() for _ in range(workers.threads)]
        # Feeds of their own: the batch in hand must survive an evaluation.
        splits = {
            "train": dataset.train.first(eval_train) if isinstance(eval_train, int) else dataset.train,
            "test": dataset.test,
            "validation": dataset.validation,
        }
        dtype = network.flat.values.dtype
        self._feeds = {
            part: [BatchLoader(split, dtype) for _ in range(workers.threads)] for part, split in splits.items() if split
        }

    def row(self, step: int, epoch: float, lr: float, last_batch: Callable[[], Batch]) -> dict[str, float | None]:
        """Evaluate now; ``last_batch`` gives the mini-batch to use where ``eval_train`` is ``batch``."""
        train = self._score_batch(*last_batch()) if self._on_batch else self._score_part("train")
        scores = {"train": train} | {part: self._score_part(part) for part in self._feeds if part != "train"}
        measured = {f"{part}_{name}": value for part, score in scores.items() for name, value in score.metrics.items()}
        objective = train.minimised + penalty_value(self._regularizers)
        row: Row = {"step": step, "epoch": epoch, "lr": lr, "objective": objective, **measured}
        return {column: row.get(column) for column in self.columns}

    def inputs(self, column: str, last_batch: Callable[[], Batch]) -> Iterator[Array]:
        """The samples that a column of the row was measured on, chunk by chunk."""
        part = column.partition("_")[0]
        if part not in self._feeds or part == "train":  # the objective is measured with the training loss
            part = "train"
            if self._on_batch:
                yield last_batch()[0]
                return
        feed = self._feeds[part][0]
        for start in range(0, len(feed.split), self.chunk):
            yield feed.chunk(start, self.chunk)[0]

    def _score_batch(self, x: Array, labels: Array) -> Score:
        return self._score(
            len(labels), lambda worker, start, size: (x[start : start + size], labels[start : start + size])
        )

    def _score_part(self, part: str) -> Score:
        feeds = self._feeds[part]
        return self._score(len(feeds[0].split), lambda worker, start, size: feeds[worker].chunk(start, size))

    def _score(self, samples: int, take: Callable[[int, int, int], Batch]) -> Score:
        """``take`` gives a thread so many samples from a place on."""
        size = self.chunk
        if samples <= size and worth_splitting(self._network, samples):
            size = -(-samples // 2)  # two threads should have something to do
        starts = range(0, samples, size)
        threads = min(self._workers.threads, len(starts))

        def tally(worker: int) -> list[Tally]:
            network, loss = self._networks[worker], self._losses[worker]
            chunks = (take(worker, start, size) for start in starts[worker::threads])
            return [Tally.of(network, loss, self._metrics, x, targets) for x, targets in chunks]

        found = self._workers.run(tally, threads)
        return _summed([found[index % threads][index // threads] for index in range(len(starts))])
