"""What the activation layers of an untrained network put out."""

from dataclasses import dataclass

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.build import prepare
from nnlab.errors import UsageError
from nnlab.layers.base import Activation, Layer
from nnlab.layers.composite import layer_outputs, take_statistics

MOST_SAMPLES = 500
# Nearer than this share of its range to an end, a sigmoid passes on less than 1 % of a gradient, a tanh less than 4 %.
SATURATION = 0.01


@dataclass(frozen=True, eq=False)
class ActivationStatistics:
    """The outputs of one layer; ``limits`` are the ends of its range, where it has any.

    ``zero`` and ``saturated`` are shares of the outputs, None where a layer has neither.
    """

    outputs: Array
    limits: tuple[float, float] | None
    zero: float | None
    saturated: float | None


def activation_statistics(experiment: Experiment) -> list[ActivationStatistics]:
    """The outputs of each activation layer for the first training batch, or for its first 500 samples.

    Nothing is dropped, and batch normalisation uses the statistics of that batch, as in the first step. Raises
    UsageError for a network without activations, and whatever keeps the experiment from being trained.
    """
    prepared = prepare(experiment)
    network = prepared.network
    network.allocate(experiment.dtype)
    x = prepared.batches.last_batch()[0][:MOST_SAMPLES]
    found = []
    with np.errstate(all="ignore"):  # weights may be so large that numbers overflow
        take_statistics(network.layers, x)
        for _, layer, y in layer_outputs(zip(network.names, network.layers, strict=True), x):
            if isinstance(layer, Activation):
                zero = float((y == 0).mean()) if layer.dies_at_zero else None
                found.append(ActivationStatistics(y.copy(), layer.saturates_at, zero, saturated_share(layer, y)))
    if not found:
        raise UsageError("model: has no activation layers, so there is nothing to draw")
    return found


def dead_share(layer: Layer, y: Array) -> float | None:
    """The share of a ReLU's units that are zero for every sample."""
    dies = isinstance(layer, Activation) and layer.dies_at_zero
    return float((y <= 0).all(axis=0).mean()) if dies else None


def saturated_share(layer: Layer, y: Array) -> float | None:
    """The share of a sigmoid's or tanh's outputs within 1 % of an end of their range."""
    if not isinstance(layer, Activation) or layer.saturates_at is None:
        return None
    low, high = layer.saturates_at
    margin = SATURATION * (high - low)
    return float(((y < low + margin) | (y > high - margin)).mean())
