"""Loss and accuracy of a network as it stands."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.data.dataset import Dataset
from nnlab.data.pipeline.batches import Batch, BatchLoader
from nnlab.engine.data_parallel import worth_splitting
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.regularizers import RegularizerTerm


@dataclass(frozen=True)
class Score:
    """Mean loss (without penalties) and the share of samples whose highest score is their label's.

    ``minimised`` is the mean loss as training minimises it: label smoothing and penalties on activities make it
    another one.
    """

    loss: float
    accuracy: float
    minimised: float


Tally = tuple[float, float, int, int]


def score(network: Network, loss: Loss, batches: Iterable[Batch]) -> Score:
    """Evaluate a network, with dropout off and running statistics."""
    return _summed([_tally(network, loss, x, labels) for x, labels in batches])


def _tally(network: Network, loss: Loss, x: Array, labels: Array) -> Tally:
    """Sum of the reported and of the minimised loss, how many answers are right, and how many samples there are."""
    reported, N = loss.reported, len(labels)
    scores = network.forward(x, training=False)
    mean = reported.forward(scores, labels)
    minimised = mean if reported is loss else loss.forward(scores, labels)
    right = int((scores.argmax(axis=1) == labels).sum())
    return mean * N, (minimised + network.activity_penalty()) * N, right, N


def _summed(tallies: Sequence[Tally]) -> Score:
    loss, minimised, right, samples = (sum(column) for column in zip(*tallies, strict=True))
    return Score(loss / samples, right / samples, minimised / samples)


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
    ) -> None:
        self._network = network
        self._loss = loss
        self._regularizers = regularizers
        self._on_batch = eval_train == "batch"
        self._workers = workers
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
        test = self._score_part("test") if "test" in self._feeds else None
        validation = self._score_part("validation") if "validation" in self._feeds else None
        return {
            "step": step,
            "epoch": epoch,
            "lr": lr,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "test_loss": test.loss if test else None,
            "test_accuracy": test.accuracy if test else None,
            "objective": train.minimised + penalty_value(self._regularizers),
            "validation_loss": validation.loss if validation else None,
            "validation_accuracy": validation.accuracy if validation else None,
        }

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
            chunks = (take(worker, start, size) for start in starts[worker::threads])
            return [_tally(self._networks[worker], self._losses[worker], x, labels) for x, labels in chunks]

        found = self._workers.run(tally, threads)
        return _summed([found[index % threads][index // threads] for index in range(len(starts))])
