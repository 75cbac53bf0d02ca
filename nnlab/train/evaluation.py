"""Loss and accuracy of a network as it stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nnlab.data.batches import Batch, Feed
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


def score(network: Network, loss: Loss, batches: Iterable[Batch]) -> Score:
    """Evaluate a network, with dropout off and running statistics."""
    reported = loss.reported
    total_loss, minimised, correct, samples = 0.0, 0.0, 0, 0
    for x, labels in batches:
        scores = network.forward(x, training=False)
        mean = reported.forward(scores, labels)
        total_loss += mean * len(labels)
        minimised_mean = mean if reported is loss else loss.forward(scores, labels)
        minimised += (minimised_mean + network.activity().real) * len(labels)
        correct += int((scores.argmax(axis=1) == labels).sum())
        samples += len(labels)
    return Score(total_loss / samples, correct / samples, minimised / samples)


def penalty_value(penalties: Sequence[PenaltyTerm]) -> float:
    """The sum of all penalties on the weights."""
    return sum(penalty.value() for penalty in penalties)


@dataclass(frozen=True)
class Evaluation:
    """What one row of metrics.csv is made of: the samples to evaluate on, and how."""

    network: Network
    loss: Loss
    penalties: Sequence[PenaltyTerm]
    train: Feed
    test: Feed | None
    eval_train: int | Literal["all", "batch"]
    chunk: int
    validation: Feed | None = None

    def row(self, step: int, epoch: float, lr: float, batch: Batch) -> dict[str, float | None]:
        """Evaluate now; ``batch`` is the mini-batch to use where ``eval_train`` is ``batch``."""
        if self.eval_train == "batch":
            train = score(self.network, self.loss, [batch])
        else:
            train = self._score(self.train, None if self.eval_train == "all" else self.eval_train)
        test = self._score(self.test) if self.test else None
        validation = self._score(self.validation) if self.validation else None
        return {
            "step": step,
            "epoch": epoch,
            "lr": lr,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "test_loss": test.loss if test else None,
            "test_accuracy": test.accuracy if test else None,
            "objective": train.minimised + penalty_value(self.penalties),
            "validation_loss": validation.loss if validation else None,
            "validation_accuracy": validation.accuracy if validation else None,
        }

    def _score(self, feed: Feed, count: int | None = None) -> Score:
        return score(self.network, self.loss, feed.chunks(self.chunk, count))
