"""A network at one moment of its training, measured on a part of its training samples."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Split
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.activation_statistics import dead_share, saturated_share
from nnlab.engine.last_update import layers_with_parameters, norm
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.base import Activation, Layer
from nnlab.layers.composite import layer_outputs, take_statistics
from nnlab.losses import rows
from nnlab.models.network import Network

MOST_SAMPLES = 500


@dataclass(frozen=True, eq=False)
class MeasuredLayer:
    """The outputs of one layer in evaluation mode, and its parameters.

    ``varied`` is the root mean square over units of the standard deviation over samples, as a fraction of that of all
    outputs around 0: near 0 the layer gives the same for every sample. ``alike`` is the fraction of its units that
    equal the first one for every sample. ``dead`` and ``saturated`` are None for layers that cannot be so; ``gradient``
    and ``weights`` are the norms of all its trained parameters' gradients and values, None without any.
    """

    name: str
    layer: Layer
    mean: float
    std: float
    varied: float
    alike: float
    dead: float | None
    saturated: float | None
    gradient: float | None
    weights: float | None

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
        """The layers with trained parameters, in order."""
        return [layer for layer in self.layers if layer.gradient is not None]

    @property
    def activations(self) -> list[MeasuredLayer]:
        """The activation layers, in order."""
        return [layer for layer in self.layers if layer.is_activation]


def probe_samples(setup: RunSetup) -> Split:
    """At most 500 training samples, evenly spaced; fewer where an evaluation takes fewer at once.

    Samples may be sorted by class, so the first ones would not do.
    """
    samples = setup.dataset.train
    count = min(len(samples), MOST_SAMPLES, setup.evaluation.chunk)
    return samples.take(np.linspace(0, len(samples) - 1, count).astype(np.intp))


def measure(setup: RunSetup, *, untrained: bool = False) -> Moment:
    """Measure the network of a set-up with the weights that it has now; neither they nor its buffers change.

    ``untrained``: running statistics are those of these samples, since there are none yet. Gradients are those of the
    mean loss in training mode, without regularisation.
    """
    network = setup.network
    x, targets = BatchLoader(probe_samples(setup), setup.experiment.dtype).everything()
    kept = {name: array.copy() for name, array in network.state().items()}
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
        parameters = {name: _norms(layer) for name, layer in layers_with_parameters(named)}
        through_time = {
            name: layer.gradients_through_time().copy()
            for name, layer in layers_with_parameters(named)
            if layer.recurrent
        }
        scores = scores.copy()
    network.load_state(kept)
    layers = [MeasuredLayer(name, layer, *y, *parameters.get(name, (None, None))) for name, layer, y in outputs]
    return Moment(mean, x, scores, tuple(layers), through_time)


def _described(layer: Layer, y: Array) -> tuple[float, float, float, float, float | None, float | None]:
    units = y.reshape(len(y), -1)
    size = float(np.sqrt(np.square(units, dtype=np.float64).mean()))
    spread = float(np.sqrt(units.var(axis=0, dtype=np.float64).mean()))
    alike = float((units == units[:, :1]).all(axis=0).mean())
    varied = spread / size if size > 0 else 0.0
    return float(y.mean()), float(y.std()), varied, alike, dead_share(layer, y), saturated_share(layer, y)


def _norms(layer: Layer) -> tuple[float | None, float | None]:
    trained = [parameter for parameter in layer.parameters if not parameter.frozen]
    if not trained:
        return None, None
    return norm([parameter.grad for parameter in trained]), norm([parameter.value for parameter in trained])


def state_of(network: Network) -> dict[str, Array]:
    """Copies of all parameters and buffers."""
    return {name: array.copy() for name, array in network.state().items()}
