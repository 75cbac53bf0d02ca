"""Statistics of the outputs of activation layers."""

from dataclasses import dataclass

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.layers.base import Activation, Layer
from nnlab.layers.composite import layer_outputs, take_statistics

MOST_SAMPLES = 500
# Within this fraction of its range from a bound, a sigmoid's derivative is below 0.01, a tanh's below 0.04.
SATURATION = 0.01


@dataclass(frozen=True, eq=False)
class ActivationStatistics:
    """The outputs of one layer; ``limits`` are the bounds of its range, where it has any.

    ``zero`` and ``saturated`` are fractions of the outputs, None where they do not apply to the layer.
    """

    outputs: Array
    limits: tuple[float, float] | None
    zero: float | None
    saturated: float | None


def activation_statistics(experiment: Experiment) -> list[ActivationStatistics]:
    """The outputs of each activation layer before training, for the first 500 samples of the first batch at most.

    Dropout is off, and batch normalisation uses the statistics of that batch, as in the first step. Raises UsageError
    for a network without activation layers, and every error of :class:`~nnlab.engine.run_setup.RunSetup`.
    """
    setup = RunSetup(experiment).allocate()
    network = setup.network
    x = setup.batches.last_batch()[0][:MOST_SAMPLES]
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
    """The fraction of a ReLU layer's units that are zero for every sample; None for other layers."""
    dies = isinstance(layer, Activation) and layer.dies_at_zero
    return float((y <= 0).all(axis=0).mean()) if dies else None


def saturated_share(layer: Layer, y: Array) -> float | None:
    """The fraction of a sigmoid's or tanh's outputs within 1 % of a bound of its range; None for other layers."""
    if not isinstance(layer, Activation) or layer.saturates_at is None:
        return None
    low, high = layer.saturates_at
    margin = SATURATION * (high - low)
    return float(((y < low + margin) | (y > high - margin)).mean())
