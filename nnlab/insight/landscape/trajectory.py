"""The path of a training: the weights of its snapshots."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.landscape.sampled_loss import SampledLoss
from nnlab.saved_run import load_weights
from nnlab.storage.layout import SNAPSHOTS_FOLDER, step_of

# Memory of all snapshots in float64.
MOST_BYTES = 1 << 30
FEWEST = 3


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The steps of the snapshots, their parameters (N, P), and the loss of each, with its own running statistics."""

    steps: Array
    points: Array
    losses: Array

    @property
    def best(self) -> int:
        """The index of the lowest loss."""
        return int(np.nanargmin(self.losses)) if np.isfinite(self.losses).any() else len(self.losses) - 1


def snapshot_files(run: Path) -> list[tuple[int, Path]]:
    """The snapshots of a run with their steps, in order; other files in the folder do not count."""
    found = [(step_of(path), path) for path in (run / SNAPSHOTS_FOLDER).glob("step-*.safetensors")]
    return sorted((step, path) for step, path in found if step is not None)


def chosen_snapshots(files: list[tuple[int, Path]], parameters: int) -> list[tuple[int, Path]]:
    """As many of the snapshots as fit in memory, evenly spaced, with the first and the last."""
    most = max(MOST_BYTES // (parameters * np.dtype(np.float64).itemsize), FEWEST)
    if len(files) <= most:
        return files
    return [files[index] for index in np.linspace(0, len(files) - 1, most).round().astype(int).tolist()]


def read_trajectory(loss: SampledLoss, files: list[tuple[int, Path]]) -> Trajectory:
    """Load each snapshot into the network and evaluate it; raises RunError for one that cannot be read."""
    points, losses = [], []
    for _, file in files:
        load_weights(loss.network, file)
        points.append(loss.values())
        losses.append(loss())
    return Trajectory(np.array([step for step, _ in files]), np.array(points), np.array(losses))
