"""Per-layer gradient and activation statistics, recorded at every evaluation when a spec asks for them."""

from collections.abc import Iterator

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.activation_statistics import dead_share, saturated_share
from nnlab.engine.last_update import LastUpdate
from nnlab.engine.run_setup import RunSetup
from nnlab.layers.base import Layer
from nnlab.layers.composite import layer_outputs
from nnlab.records.formats import HISTOGRAM_BINS
from nnlab.records.run_folder import RunFolder

# Statistics are of the first training samples, at most this many; more of them change the fractions by little.
PROBE = 500


class Diagnostics:
    """Writes a line for each layer at each evaluation, and histograms of the outputs before and after training.

    The gradient and the update are those of the last step before the evaluation, the gradient with regularisation and
    after clipping. Outputs are those of the first training samples (one chunk of an evaluation, at most 500) in
    evaluation mode. Layers inside others have a line each.
    """

    def __init__(self, setup: RunSetup, last_update: LastUpdate, folder: RunFolder) -> None:
        self._network = setup.network
        self._last_update = last_update
        self._samples = BatchLoader(
            setup.dataset.train.first(min(PROBE, setup.evaluation.chunk)), setup.experiment.dtype
        )
        self._folder = folder

    def on_step(self, step: int, objective: float) -> None:
        """Keep the parameters from before and after the update."""
        self._last_update.on_step()

    def on_evaluation(self, row: Row) -> None:
        """Write the statistics of every layer."""
        step = int(row["step"] or 0)
        updates = self._last_update.norms()
        for name, layer, y in self._outputs():
            shares = [dead_share(layer, y), saturated_share(layer, y)]
            values = [*updates.get(name, (None, None)), float(y.mean()), float(y.std()), *shares]
            self._folder.write_diagnostics(step, name, values)
        if step == 0:
            self.write_histograms(0)

    def write_histograms(self, step: int) -> None:
        """Write a histogram of the outputs of every layer; the weights are those of ``step``."""
        with np.errstate(all="ignore"):  # outputs of a diverged network may be anything
            for name, _, y in self._outputs():
                edges, counts = histogram(y)
                self._folder.write_histogram(step, name, edges, counts)

    def _outputs(self) -> Iterator[tuple[str, Layer, Array]]:
        x, _ = self._samples.chunk(0, PROBE)
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
