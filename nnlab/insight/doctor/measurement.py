"""A network at one moment of its training, measured on a part of its training samples."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import prod

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.activation_statistics import dead_share, saturated_share
from nnlab.engine.last_update import layers_with_parameters, norm
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.base import Activation, Layer
from nnlab.layers.composite import layer_outputs, take_statistics
from nnlab.layers.planning import multiply_adds
from nnlab.losses import rows
from nnlab.models.network import Network

MOST_SAMPLES = 500
# A large network is measured on fewer samples, but on no fewer than these: about as many multiply-adds.
FEWEST_SAMPLES = 64
MOST_WORK = 1e9
# Units whose outputs differ by less than this fraction of the largest are alike: sums are rounded differently.
ALIKE = 1e-5


@dataclass(frozen=True, eq=False)
class MeasuredLayer:
    """The outputs of one layer in evaluation mode, and its parameters.

    ``alike`` is the fraction of its units that equal the first one for every sample. ``dead`` is the fraction of units,
    or of channels of an image, that are 0 for every sample and at every place. ``dead`` and ``saturated`` are None for
    layers that cannot be so; ``weights`` and ``gradient``, the norms of its weights and of their gradient, and
    ``gain``, √(mean W² · fan-in), for those without trained ones.
    """

    name: str
    layer: Layer
    units: int
    alike: float
    dead: float | None
    saturated: float | None
    gradient: float | None
    weights: float | None
    gain: float | None

    @property
    def is_activation(self) -> bool:
        """Whether it is an activation layer."""
        return isinstance(self.layer, Activation)


@dataclass(frozen=True, eq=False)
class Moment:
    """Loss, scores (N, ...) and layers on the samples of :func:`probe_samples`; layers inside others come before them.

    ``through_time`` has the norm of the gradient at each step (T,) by recurrent layer.
    """

    loss: float
    inputs: Array
    scores: Array
    layers: tuple[MeasuredLayer, ...]
    through_time: Mapping[str, Array]

    @property
    def trained(self) -> list[MeasuredLayer]:
        """The layers with trained weights, in order."""
        return [layer for layer in self.layers if layer.gradient is not None]

    @property
    def activations(self) -> list[MeasuredLayer]:
        """The activation layers, in order."""
        return [layer for layer in self.layers if layer.is_activation]


def probe_samples(setup: RunSetup) -> Split:
    """At most 500 training samples, evenly spaced; fewer for a large network, down to 64.

    Samples may be sorted by class, so the first ones would not do.
    """
    samples = setup.dataset.train
    affordable = int(MOST_WORK / max(sum(map(multiply_adds, setup.network.layers)), 1))
    count = min(len(samples), MOST_SAMPLES, setup.evaluation.chunk, max(affordable, FEWEST_SAMPLES))
    return samples.take(np.linspace(0, len(samples) - 1, count).astype(np.intp))


def measure(setup: RunSetup, *, untrained: bool = False) -> Moment:
    """Measure the network of a set-up with the weights that it has now; neither they nor its buffers change.

    ``untrained``: running statistics are those of these samples, since there are none yet. Gradients are those of the
    mean loss in training mode, without regularisation.
    """
    network = setup.network
    x, targets = BatchLoader(probe_samples(setup), setup.experiment.dtype).everything()
    kept = state_of(network)
    named = list(zip(network.names, network.layers, strict=True))
    with np.errstate(all="ignore"):  # the numbers of an ill network may be anything
        if untrained:
            take_statistics(network.layers, x)
        outputs = [(name, layer, _described(layer, y)) for name, layer, y in layer_outputs(named, x)]
        loss = deepcopy(setup.experiment.loss).for_classes(setup.dataset.class_counts)
        network.streams.step, network.streams.part = 1, 0
        scores = network.forward(x, training=True)
        mean = loss.forward(*rows(scores, targets))
        network.backward(loss.backward())
        weights = {name: _of_weights(layer) for name, layer in layers_with_parameters(named)}
        through_time = {
            name: layer.gradients_through_time().copy()
            for name, layer in layers_with_parameters(named)
            if layer.recurrent
        }
        scores = scores.copy()
    network.load_state(kept)
    layers = [MeasuredLayer(name, layer, *y, *weights.get(name, (None, None, None))) for name, layer, y in outputs]
    return Moment(mean, x, scores, tuple(layers), through_time)


def _described(layer: Layer, y: Array) -> tuple[int, float, float | None, float | None]:
    channels = 1 if y.ndim == 4 else -1  # of (N, C, H, W); the units of a sequence (N, T, D) are last
    units = np.moveaxis(y, channels, 0).reshape(y.shape[channels], -1)
    close = ALIKE * float(np.abs(units).max(initial=0))
    alike = float((np.abs(units - units[:1]) <= close).all(axis=1).mean())
    dead = None if dead_share(layer, y) is None else float((units <= 0).all(axis=1).mean())
    return len(units), alike, dead, saturated_share(layer, y)


def _of_weights(layer: Layer) -> tuple[float | None, float | None, float | None]:
    """The norms of their gradient and of themselves, and their gain: 1 with Xavier's initialiser, √2 with He's."""
    trained = [parameter for parameter in layer.parameters if parameter.regularized and not parameter.frozen]
    if not trained:
        return None, None, None
    W = trained[0].value
    fan_in = W.shape[0] if W.ndim == 2 else prod(W.shape[1:])
    gain = float(np.sqrt(np.square(W, dtype=np.float64).mean() * fan_in))
    return norm([each.grad for each in trained]), norm([each.value for each in trained]), gain


def state_of(network: Network) -> dict[str, Array]:
    """Copies of all parameters and buffers."""
    return {name: array.copy() for name, array in network.state().items()}
