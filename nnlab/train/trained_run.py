"""A run as its folder holds it, with what can be asked of it."""

from pathlib import Path

from nnlab.core.arrays import Array
from nnlab.inference.trained_network import predict
from nnlab.records import reader
from nnlab.records.reader import RunRecord


class TrainedRun(RunRecord):
    """A run as its folder holds it, with predictions."""

    def predict(self, x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
        """The class of each raw sample: see :meth:`TrainedNetwork.predict`."""
        return predict(self, x, probabilities=probabilities, check_range=check_range)


def read_run(folder: Path | str) -> TrainedRun:
    """Read a run folder: its spec, summary, metrics and steps; raises RunError naming file and line."""
    record = reader.read_run(folder)
    return TrainedRun(record.path, record.spec, record.summary, record.metrics)
