"""The mean loss."""

from dataclasses import dataclass, field
from typing import Self

from nnlab.core.arrays import Array
from nnlab.losses import CrossEntropy, Loss
from nnlab.metrics.base import LOSS, Metric
from nnlab.registry import metrics


@metrics.register(LOSS)
@dataclass(kw_only=True)
class MeanLoss(Metric):
    """Mean loss over the samples, without label smoothing, class weights and penalties; lower is better.

        loss = 1/N Σ_n L_n

    So that runs that minimise different losses can be compared.
    Source: "Deep Learning from Scratch", section 4.2.4.
    """

    label = "loss"
    label_ja = "損失"
    heading = "loss"
    higher_is_better = False
    log_scale = True

    total: float = field(default=0.0, init=False)
    samples: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._reported: Loss = CrossEntropy()
        self.batch_mean = 0.0

    def empty(self, loss: Loss) -> Self:
        """The mean of what ``loss`` reports."""
        metric = super().empty(loss)
        metric._reported = loss.reported
        return metric

    def update(self, scores: Array, targets: Array) -> None:
        """``batch_mean`` is the mean over these samples alone."""
        self.batch_mean = self._reported.forward(scores, targets)
        self.total += self.batch_mean * len(targets)
        self.samples += len(targets)

    def result(self) -> float:
        """Σ loss / N."""
        return self.total / self.samples
