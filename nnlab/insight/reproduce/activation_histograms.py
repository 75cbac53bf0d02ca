"""The book's five untrained layers: the outputs of each for 1,000 samples from N(0, 1), as its script computes them."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.engine.activation_statistics import ActivationStatistics
from nnlab.insight.reproduce.evidence import Evidence
from nnlab.textbook.activations import Relu, Sigmoid
from nnlab.textbook.affine import Affine
from nnlab.textbook.initialisers import Rng, he, normal, xavier

SAMPLES, UNITS, LAYERS = 1000, 100, 5

Initialiser = Callable[[tuple[int, ...], Rng], Array]


def _normal(std: float) -> Initialiser:
    return lambda shape, rng: normal(shape, rng, std)


NETWORKS: Mapping[str, tuple[type[Sigmoid | Relu], Initialiser]] = {
    "sigmoid std 1": (Sigmoid, _normal(1.0)),
    "sigmoid std 0.01": (Sigmoid, _normal(0.01)),
    "sigmoid Xavier": (Sigmoid, xavier),
    "ReLU std 0.01": (Relu, _normal(0.01)),
    "ReLU Xavier": (Relu, xavier),
    "ReLU He": (Relu, he),
}


@cache
def outputs_of(network: str, seed: int = 0) -> tuple[Array, ...]:
    """The outputs (1000, 100) of each of the five layers."""
    activation, initialiser = NETWORKS[network]
    rng = np.random.default_rng(seed)
    x: Array = rng.standard_normal((SAMPLES, UNITS))
    outputs = []
    for _ in range(LAYERS):
        x = activation().forward(Affine(initialiser((UNITS, UNITS), rng)).forward(x))
        outputs.append(x)
    return tuple(outputs)


def share_beyond(outputs: Array, low: float, high: float) -> float:
    """The fraction of outputs below ``low`` or above ``high``."""
    return float(((outputs < low) | (outputs > high)).mean())


def std_ratio(outputs: tuple[Array, ...]) -> float:
    """The standard deviation of the last layer's outputs over that of the first layer's."""
    return float(outputs[-1].std() / outputs[0].std())


def draw_histograms(evidence: Evidence, folder: Path) -> None:
    """A row of histograms for each network."""
    from nnlab.plots.activations import plot_untrained_activations  # loads matplotlib

    rows = []
    for name, (activation, _) in NETWORKS.items():
        limits = (0.0, 1.0) if activation is Sigmoid else None
        layers = [
            ActivationStatistics(y, limits, None if limits else float((y == 0).mean()), None) for y in outputs_of(name)
        ]
        rows.append((name, layers))
    plot_untrained_activations(rows, folder)
