"""The last update of each layer: gradient norm, and update-to-weight ratio."""

from collections.abc import Iterable, Iterator, Mapping
from math import isnan, nan

import numpy as np

from nnlab.core.arrays import Array, copy_arrays
from nnlab.layers.base import Layer
from nnlab.models.network import Network


class LastUpdate:
    """Keeps the parameters before and after each update and measures the last one on request.

    The gradient is the one that the optimizer used: with regularizers, and clipped.
    """

    def __init__(self, network: Network) -> None:
        self._flat = network.flat
        self._layers = dict(layers_with_parameters(zip(network.names, network.layers, strict=True)))
        self._now = self._flat.values.copy()
        self._before = self._now.copy()
        self._norms: dict[str, tuple[float, float | None]] | None = {}

    def on_step(self) -> None:
        """Keep the parameters after the step, and those before it."""
        self._norms = None
        self._before, self._now = self._now, self._before
        np.copyto(self._now, self._flat.values)

    def norms(self) -> Mapping[str, tuple[float, float | None]]:
        """By layer ‖g‖ and ‖Δθ‖/‖θ‖ with θ from before the update; empty before the first update.

        The ratio is None where θ was zero.
        """
        if self._norms is None:
            self._norms = {name: self._measured(layer) for name, layer in self._layers.items()}
        return self._norms

    def state(self) -> dict[str, Array]:
        """A row (‖g‖, ‖Δθ‖/‖θ‖) for each layer."""
        rows = [(gradient, nan if moved is None else moved) for gradient, moved in self.norms().values()]
        return {"norms": np.array(rows or np.empty((0, 2)))}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Resume from a saved state after the network has; raises ShapeError where the layers differ."""
        rows = np.empty((len(self._layers), 2))
        copy_arrays(state, {"norms": rows}, "saved last update")
        found = zip(self._layers, rows.tolist(), strict=True)
        self._norms = {name: (gradient, None if isnan(moved) else moved) for name, (gradient, moved) in found}
        np.copyto(self._now, self._flat.values)

    def _measured(self, layer: Layer) -> tuple[float, float | None]:
        places = [parameter.slice for parameter in layer.parameters]
        before = norm([self._before[place] for place in places])
        update = norm([self._now[place] - self._before[place] for place in places])
        gradient = norm([self._flat.gradients[part.slice] for part in layer.parameters if not part.frozen])
        return gradient, update / before if before > 0 else None


def norm(parts: list[Array]) -> float:
    """The Euclidean norm of several arrays as one vector, in float64."""
    return float(np.sqrt(sum(float(np.square(part, dtype=np.float64).sum()) for part in parts)))


def layers_with_parameters(named: Iterable[tuple[str, Layer]]) -> Iterator[tuple[str, Layer]]:
    """The layers that hold parameters, by name; layers inside a composite as ``residual1.linear1``."""
    for name, layer in named:
        if inner := layer.inner():
            yield from layers_with_parameters((f"{name}.{key}", part) for key, part in inner)
        elif layer.parameters:
            yield name, layer
