"""How far what a step computed is from what the textbook classes compute from the same numbers in float64."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

import numpy as np

from nnlab import textbook
from nnlab.core.arrays import Array
from nnlab.layers.base import Layer
from nnlab.layers.planning import multiply_adds
from nnlab.models.textbook_twins import twin_of_optimizer
from nnlab.optim.base import Optimizer

MOST_MULTIPLY_ADDS = 2**28
MOST_NUMBERS = 2**20
"""The textbook's convolutions and poolings of more take seconds: of those some samples are compared."""

# What the textbook calls a state vector.
_STATE_NAMES = {"largest_v": "v_hat"}


class GivenMask:
    """Uniform numbers that give a dropout layer a mask that was drawn already."""

    def __init__(self, mask: Array) -> None:
        self._kept = (mask > 0).astype(np.float64)

    def random(self, size: tuple[int, ...]) -> Array:
        """1 where the mask keeps a number, else 0."""
        return self._kept.reshape(size)


def difference(pairs: Iterable[tuple[Array | float | None, Any]]) -> float | None:
    """The largest of max|a − b| / max|b| over the pairs whose a is there and finite; None without any."""
    found = [_difference(np.asarray(a, np.float64), np.asarray(b, np.float64)) for a, b in pairs if a is not None]
    return max((each for each in found if isfinite(each)), default=None)


def _difference(a: Array, b: Array) -> float:
    largest = float(np.abs(b).max(initial=0.0))
    error = float(np.abs(a - b).max(initial=0.0))
    return error / largest if largest else error


def samples_to_compare(layer: Layer, x: Array) -> int:
    """How many rows of x the textbook class computes in much less than a second; all or none if they are connected."""
    most = min(MOST_MULTIPLY_ADDS // max(multiply_adds(layer), 1), MOST_NUMBERS * len(x) // max(x.size, 1))
    if most >= len(x):
        return len(x)
    return 0 if layer.batch_dependent else max(most, 1)


def prepared(twin: textbook.Layer, details: dict[str, Array]) -> textbook.Layer:
    """A textbook layer that drops what was dropped."""
    if isinstance(twin, textbook.Dropout) and "mask" in details:
        twin.rng = GivenMask(details["mask"])
    return twin


def textbook_update(
    optimizer: Optimizer,
    arrays: dict[str, tuple[Array, Array, dict[str, Array]]],
    lr: float,
    t: int,
) -> dict[str, Array] | None:
    """New values of parameters by their names, as the textbook's rule computes them; None for a rule of a plugin.

    ``arrays`` are values, gradients and state vectors; ``t`` is the number of updates before. Names of weights begin
    with W, so that weight decay acts on them.
    """
    try:
        rule = twin_of_optimizer(optimizer)
    except KeyError:
        return None
    rule.lr = lr
    if hasattr(rule, "t"):
        rule.t = t
    for slot in optimizer.slots:
        setattr(rule, _STATE_NAMES.get(slot, slot), {name: state[slot] for name, (_, _, state) in arrays.items()})
    values = {name: np.array(theta, np.float64) for name, (theta, _, _) in arrays.items()}
    rule.update(values, {name: np.array(g, np.float64) for name, (_, g, _) in arrays.items()})
    return values
