"""What the activation layers of an untrained network put out."""

from dataclasses import dataclass

import numpy as np

from nnlab.config.experiment import Experiment
from nnlab.core.arrays import Array
from nnlab.engine.build import prepare
from nnlab.errors import UsageError
from nnlab.layers.activations import Activation, ReLU, Sigmoid, Tanh
from nnlab.layers.base import Layer, layer_outputs
from nnlab.layers.batch_norm import BatchNorm
from nnlab.layers.dropout import Dropout
from nnlab.models.network import Network

MOST_SAMPLES = 500
LIMITS: dict[type[Activation], tuple[float, float]] = {Sigmoid: (0.0, 1.0), Tanh: (-1.0, 1.0)}
# Nearer than this to an end of its range, a sigmoid passes on less than 1 % of a gradient, a tanh less than 4 %.
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
        _take_statistics(network, x)
        for _, layer, y in layer_outputs(zip(network.names, network.layers, strict=True), x):
            if isinstance(layer, Activation):
                zero = float((y == 0).mean()) if isinstance(layer, ReLU) else None
                found.append(ActivationStatistics(y.copy(), LIMITS.get(type(layer)), zero, saturated_share(layer, y)))
    if not found:
        raise UsageError("model: has no activation layers, so there is nothing to draw")
    return found


def _take_statistics(network: Network, x: Array) -> None:
    """Make the statistics of a batch the running ones."""
    normalising = [layer for layer in network.all_layers() if isinstance(layer, BatchNorm)]
    if not normalising:
        return
    for layer in network.all_layers():
        if isinstance(layer, Dropout):
            layer.rate = 0.0
    for layer in normalising:
        layer.momentum = 0.0
    network.forward(x, training=True)


def dead_share(layer: Layer, y: Array) -> float | None:
    """The share of a ReLU's units that are zero for every sample."""
    return float((y <= 0).all(axis=0).mean()) if isinstance(layer, ReLU) else None


def saturated_share(layer: Layer, y: Array) -> float | None:
    """The share of a sigmoid's or tanh's outputs that lie within 1 % of an end of their range."""
    if isinstance(layer, Sigmoid):
        return float(((y < SATURATION) | (y > 1 - SATURATION)).mean())
    if isinstance(layer, Tanh):
        return float((np.abs(y) > 1 - 2 * SATURATION).mean())
    return None
