"""Waiting for a metric to improve, and early stopping, which does so."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from nnlab.registry import Doc, Forbidden, controls

Metric = Annotated[
    Literal["train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "objective"],
    Forbidden(
        ("test_loss", "test_accuracy"),
        "the test set must not steer training: what it measures would then flatter the network, since the moment was "
        "chosen to suit it; hold samples out with data.validation: 0.1 and use validation_loss or validation_accuracy",
    ),
]


@dataclass(kw_only=True)
class Patience:
    """How many evaluations to wait for a metric to improve: losses fall, accuracies rise.

    The first evaluation that counts comes after the first update.
    """

    metric: Annotated[Metric, Doc("column of metrics.csv to follow")] = "validation_loss"
    patience: Annotated[int, Ge(1), Le(10**9), Doc("evaluations in a row without an improvement to wait for")] = 5
    minimum_change: Annotated[float, Ge(0), Le(1e6), Doc("only a change by more than this is an improvement")] = 0.0


@controls.register("early_stopping")
@dataclass(kw_only=True)
class EarlyStopping(Patience):
    """End training once a metric no longer improves (Prechelt 1998, "Early Stopping – But When?")."""

    restore_best: Annotated[bool, Doc("save the weights of the best evaluation instead of the last ones")] = True
