"""Optimizers, one in each file, schedules and early stopping; importing this package registers all of them."""

from nnlab.optim import (
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    amsgrad,
    early_stopping,
    lion,
    momentum,
    nadam,
    nesterov,
    patience,
    rmsprop,
    schedules,
    sgd,
)
from nnlab.optim.base import Optimizer

__all__ = [
    "Optimizer",
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "early_stopping",
    "lion",
    "momentum",
    "nadam",
    "nesterov",
    "patience",
    "rmsprop",
    "schedules",
    "sgd",
]
