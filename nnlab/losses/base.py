"""The protocol of every loss."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from math import inf
from typing import ClassVar, Self

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES, Task
from nnlab.core.workspace import Workspace
from nnlab.errors import UsageError
from nnlab.registry import losses, registered_name


class Loss(ABC):
    """Scores and targets to one loss for each row; the objective is their mean.

    Rows are those of :func:`rows`: scores (N, K), and as targets classes (N,), where ``tasks`` has them, or numbers
    (N, K). ``backward`` is the gradient of that mean with respect to the scores of the last ``per_sample``; where those
    are a part of a batch, the mean is over its ``batch_size`` rows, so that the gradients of all parts sum to the
    batch's.
    """

    # The kinds of targets that the loss is for.
    tasks: ClassVar[tuple[Task, ...]] = (CLASSES,)

    # Whether the scores are logits of a softmax: log-probabilities up to an additive constant.
    softmax: ClassVar[bool] = False

    def __init__(self) -> None:
        self.workspace = Workspace()

    @property
    def weighted(self) -> bool:
        """Whether classes have weights."""
        return False

    @abstractmethod
    def per_sample(self, scores: Array, targets: Array) -> Array:
        """The loss of each row, shape (N,)."""

    @abstractmethod
    def backward(self, batch_size: int | None = None) -> Array:
        """∂(mean loss)/∂scores, shape (N, K)."""

    def forward(self, scores: Array, targets: Array) -> float:
        """The mean loss of the rows of a batch, summed in float64."""
        scores, targets = rows(scores, targets)
        return float(np.add.reduce(self.per_sample(scores, targets), dtype=np.float64)) / len(targets)

    def replica(self) -> Self:
        """The same loss with memory of its own, to work beside this one."""
        other = copy(self)
        other.workspace = Workspace()
        return other

    def for_classes(self, counts: Array) -> Self:
        """The same loss with memory of its own, for training samples of which counts[k] are of class k, shape (K,).

        Raises UsageError when its settings are for another number of classes.
        """
        return self.replica()

    @property
    def reported(self) -> "Loss":
        """The loss that evaluations report, where it is not the one that is minimised."""
        return self

    def chance(self, classes: int) -> float:
        """The loss of the best constant prediction, where all K classes are equally frequent; infinite if not known."""
        return inf

    def kink_sides(self) -> Array | None:
        """Which side of each kink the last ``per_sample`` took, for the gradient check; None without kinks."""
        return None

    @classmethod
    def examples(cls) -> Sequence[Self]:
        """Losses of this class on which ``nnlab gradcheck`` proves the gradients."""
        return [cls()]


def rows(scores: Array, targets: Array) -> tuple[Array, Array]:
    """Scores (N, ..., K) and their targets as one row for each prediction: (M, K), and (M,) classes or (M, K) numbers.

    Samples with a target for each of T steps give M = N·T rows.
    """
    if scores.ndim == 2:
        return scores, targets
    return scores.reshape(-1, scores.shape[-1]), targets.reshape(-1, *targets.shape[scores.ndim - 1 :])


def check_task(loss: Loss, task: Task) -> None:
    """Raise UsageError for a loss that is not for the targets of the data."""
    if task not in loss.tasks:
        fitting = ", ".join(name for name, cls in losses.items() if task in cls.tasks)
        (other,) = {"classes", "numbers"} - {task}
        raise UsageError(f"loss: {registered_name(loss)} is for {other}, but the targets are {task}; use {fitting}")
