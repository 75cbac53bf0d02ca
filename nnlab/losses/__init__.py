"""Losses: how wrong the scores of a network are, as a mean over the batch, and the gradient of that."""

from nnlab.losses.base import Loss, check_task, rows
from nnlab.losses.cross_entropy import CrossEntropy
from nnlab.losses.huber import Huber
from nnlab.losses.mean_absolute_error import MeanAbsoluteError
from nnlab.losses.mean_squared_error import MeanSquaredError

__all__ = ["CrossEntropy", "Huber", "Loss", "MeanAbsoluteError", "MeanSquaredError", "check_task", "rows"]
