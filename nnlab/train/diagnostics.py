"""How gradients and activations fare in each layer, recorded at every evaluation when a spec asks for it."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.activation_statistics import dead_share, saturated_share
from nnlab.engine.last_update import LastUpdate
from nnlab.layers.base import Layer
from nnlab.layers.composite import layer_outputs
from nnlab.models.network import Network
from nnlab.records.formats import HISTOGRAM_BINS
from nnlab.records.run_folder import RunFolder

# Layers are looked at on the first training samples, at most so many; more of them change the shares by little.
PROBE = 500


class Diagnostics:
    """Writes a line for each layer at each evaluation, and histograms of the outputs at the start and at the end.

    The gradient and the update are those of the last step before the evaluation, the gradient with penalties and as
    clipped: what the update was made of. Outputs are those of the first training samples (as many as an evaluation
    takes in one go, at most 500) in evaluation mode. Layers inside others are looked at one by one.
    """

    def __init__(
        self, network: Network, last_update: LastUpdate, probe: BatchLoader, chunk: int, folder: RunFolder
    ) -> None:
        self._network = network
        self._last_update = last_update
        self._probe = probe
        self._samples = min(PROBE, chunk)
        self._folder = folder

    def on_step(self, step: int, objective: float) -> None:
        """Look at the update."""
        self._last_update.on_step()

    def on_evaluation(self, row: Row) -> None:
        """Write what every layer does now."""
        step = int(row["step"] or 0)
        updates = self._last_update.norms()
        for name, layer, y in self._outputs():
            shares = [dead_share(layer, y), saturated_share(layer, y)]
            values = [*updates.get(name, (None, None)), float(y.mean()), float(y.std()), *shares]
            self._folder.write_diagnostics(step, name, values)
        if step == 0:
            self.write_histograms(0)

    def write_histograms(self, step: int) -> None:
        """Write how the outputs of every layer spread now that the weights are those of ``step``."""
        with np.errstate(all="ignore"):  # outputs of a diverged network may be anything
            for name, _, y in self._outputs():
                edges, counts = histogram(y)
                self._folder.write_histogram(step, name, edges, counts)

    def _outputs(self) -> Iterator[tuple[str, Layer, Array]]:
        x, _ = self._probe.chunk(0, self._samples)
        return layer_outputs(zip(self._network.names, self._network.layers, strict=True), x)


def histogram(y: Array) -> tuple[list[float], list[int]]:
    """Edges and counts of the finite numbers in equal bins; a range too narrow to divide is widened."""
    numbers = y[np.isfinite(y)].astype(np.float64)
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    least = 1e-9 * max(abs(low), abs(high), 1e-300)
    if high - low < least:
        low, high = low - least, high + least
    counts, edges = np.histogram(numbers, bins=HISTOGRAM_BINS, range=(low, high))
    return edges.tolist(), counts.tolist()
