"""How large the gradient is at each step of a sequence: backpropagation through time, step by step."""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.last_update import layers_with_parameters
from nnlab.engine.run_setup import RunSetup
from nnlab.models.network import Network

MOST_SAMPLES = 500


def has_recurrent_layers(network: Network) -> bool:
    """Whether gradients go back through time in a network."""
    return any(layer.recurrent for layer in network.all_layers())


def gradients_through_time(setup: RunSetup) -> Mapping[str, Array]:
    """‖∂L/∂z_t‖ (T,) by recurrent layer, of the mean loss over the first 500 training samples at most, without dropout.

    The weights are those that the network has now; neither they nor its gradients change. z_t are the inputs of a
    layer's gates. A layer that runs from the last step to the first is in the order in which it runs.
    """
    dataset, plain = setup.dataset, setup.network
    network = plain.replica(gradients=np.empty_like(plain.flat.gradients))
    loss = deepcopy(setup.experiment.loss).for_classes(dataset.class_counts)
    x, targets = BatchLoader(dataset.train.first(MOST_SAMPLES), plain.flat.values.dtype).everything()
    with np.errstate(all="ignore"):  # weights of a diverged run may be anything
        loss.forward(network.forward(x, training=False), targets)
        network.backward(loss.backward())
        named = layers_with_parameters(zip(network.names, network.layers, strict=True))
        return {name: layer.gradients_through_time() for name, layer in named if layer.recurrent}
