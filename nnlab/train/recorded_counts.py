"""Counts with more than one number, such as the confusion matrix, recorded at every evaluation."""

from nnlab.core.rows import SPLITS, Row
from nnlab.engine.run_setup import RunSetup
from nnlab.records.run_folder import RunFolder


class RecordedCounts:
    """Appends the records that a spec lists among its metrics, each to its own table."""

    def __init__(self, setup: RunSetup, folder: RunFolder) -> None:
        self._evaluation = setup.evaluation
        self._folder = folder

    def on_step(self, step: int, objective: float) -> None:
        """Single steps are not counted."""

    def on_evaluation(self, row: Row) -> None:
        """Append those of each split, in the order of the splits."""
        for split in SPLITS:
            for record in self._evaluation.records.get(split, ()):
                self._folder.write_counts(int(row["step"] or 0), split, record)
