"""Update rules by name, one in each file, schedules and controls; importing this package registers all of them."""

from nnlab.optim import adadelta, adagrad, adam, adamw, momentum, nadam, nesterov, patience, rmsprop, schedules, sgd
from nnlab.optim.base import Optimizer

__all__ = [
    "Optimizer",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "momentum",
    "nadam",
    "nesterov",
    "patience",
    "rmsprop",
    "schedules",
    "sgd",
]
