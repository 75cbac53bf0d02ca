"""What the activation layers of an untrained network put out."""

import numpy as np

from nnlab.data.batches import Feed
from nnlab.errors import UsageError
from nnlab.layers.activations import Activation, ReLU, Sigmoid, Tanh
from nnlab.layers.base import layer_outputs
from nnlab.plots.spreads import Spread
from nnlab.spec.experiment import Experiment
from nnlab.train.diagnostics import saturated_share
from nnlab.train.setup import prepare

LIMITS: dict[type[Activation], tuple[float, float]] = {Sigmoid: (0.0, 1.0), Tanh: (-1.0, 1.0)}


def spreads(experiment: Experiment) -> list[Spread]:
    """The outputs of each activation layer for the first training samples, as many as a batch has.

    Raises UsageError for a network without activations, and whatever keeps the experiment from being trained.
    """
    prepared = prepare(experiment)
    network = prepared.network
    network.allocate(experiment.dtype)
    batch = prepared.batches.batch_size
    x, _ = Feed(prepared.dataset.train, experiment.dtype).chunk(0, min(batch, network.evaluation_chunk(batch)))
    found = []
    with np.errstate(all="ignore"):  # weights may be so large that numbers overflow
        for _, layer, y in layer_outputs(zip(network.names, network.layers, strict=True), x):
            if isinstance(layer, Activation):
                zero = float((y == 0).mean()) if isinstance(layer, ReLU) else None
                found.append(Spread(y.copy(), LIMITS.get(type(layer)), zero, saturated_share(layer, y)))
    if not found:
        raise UsageError("model: has no activation layers, so there is nothing to draw")
    return found
