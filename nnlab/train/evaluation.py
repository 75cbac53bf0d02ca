"""Loss and accuracy of a network as it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nnlab.core.arrays import Array
from nnlab.core.threads import Workers
from nnlab.data.batches import Batch, Feed
from nnlab.data.dataset import Dataset, Split
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.penalties import PenaltyTerm


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
    return mean * N, (minimised + network.activity().real) * N, right, N


def _summed(tallies: Sequence[Tally]) -> Score:
    loss, minimised, right, samples = (sum(column) for column in zip(*tallies, strict=True))
    return Score(loss / samples, right / samples, minimised / samples)


def penalty_value(penalties: Sequence[PenaltyTerm]) -> float:
    """The sum of all penalties on the weights."""
    return sum(penalty.value() for penalty in penalties)


class Evaluation:
    """What one row of metrics.csv is made of: the samples to evaluate on, and how.

    Chunks of samples are shared out over threads, each with a twin of the network, and summed in their order, so that
    no digit depends on the number of threads.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        penalties: Sequence[PenaltyTerm],
        dataset: Dataset,
        eval_train: int | Literal["all", "batch"],
        chunk: int,
        workers: Workers,
    ) -> None:
        self._network = network
        self._loss = loss
        self._penalties = penalties
        self._dataset = dataset
        self._eval_train = eval_train
        self._workers = workers
        self.chunk = chunk
        self._networks = [network, *(network.twin() for _ in range(1, workers.threads))]
        self._losses = [loss.twin() for _ in range(workers.threads)]
        self._feeds: dict[int, list[Feed]] = {}

    def row(self, step: int, epoch: float, lr: float, batch: Batch) -> dict[str, float | None]:
        """Evaluate now; ``batch`` is the mini-batch to use where ``eval_train`` is ``batch``."""
        if self._eval_train == "batch":
            train = score(self._network, self._loss, [batch])
        else:
            train = self._score(self._dataset.train, None if self._eval_train == "all" else self._eval_train)
        test = self._score(self._dataset.test) if self._dataset.test else None
        validation = self._score(self._dataset.validation) if self._dataset.validation else None
        return {
            "step": step,
            "epoch": epoch,
            "lr": lr,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "test_loss": test.loss if test else None,
            "test_accuracy": test.accuracy if test else None,
            "objective": train.minimised + penalty_value(self._penalties),
            "validation_loss": validation.loss if validation else None,
            "validation_accuracy": validation.accuracy if validation else None,
        }

    def _score(self, split: Split, count: int | None = None) -> Score:
        starts = range(0, len(split) if count is None else min(count, len(split)), self.chunk)
        threads = min(self._workers.threads, len(starts))
        dtype = self._network.arena.values.dtype
        # Feeds of their own: the batch in hand must survive an evaluation.
        feeds = self._feeds.setdefault(id(split), [Feed(split, dtype) for _ in range(self._workers.threads)])

        def tally(worker: int) -> list[Tally]:
            mine = starts[worker::threads]
            chunks = (feeds[worker].chunk(start, self.chunk, count) for start in mine)
            return [_tally(self._networks[worker], self._losses[worker], x, labels) for x, labels in chunks]

        found = self._workers.run(tally, threads)
        return _summed([found[index % threads][index // threads] for index in range(len(starts))])
