"""Entries of a comparison paired on equal seeds, and the standard error that the size of a test set leaves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nnlab.comparisons.entries import Entry, measured
from nnlab.comparisons.order import default_column
from nnlab.comparisons.paired import PairedDifferences, paired_differences
from nnlab.comparisons.verdicts import as_document
from nnlab.errors import RunError
from nnlab.metric_columns import higher_is_better, metric_of
from nnlab.metrics import DEFAULT_METRICS
from nnlab.records.json_files import read_environment
from nnlab.records.reader import RunRecord
from nnlab.storage.layout import ENVIRONMENT_FILE

# Splits that an evaluation measures whole.
WHOLE_SPLITS = ("validation", "test")
# Columns whose standard errors every CSV file has, empty where they are not known.
ALWAYS_WITH_ERRORS = tuple(f"{split}_{DEFAULT_METRICS[1]}" for split in WHOLE_SPLITS)


class SeedStatistics(NamedTuple):
    """Paired differences of the entries in one column."""

    column: str
    maximize: bool
    found: PairedDifferences

    def document(self, labels: Sequence[str]) -> dict[str, Any]:
        """Plain values for JSON; see :func:`nnlab.comparisons.verdicts.as_document`."""
        return as_document(self.found, labels, self.column, maximize=self.maximize)


def seed_statistics(entries: Sequence[Entry], sort: str, hidden: int = 0) -> SeedStatistics | None:
    """The best entry against each other one on equal seeds; None where no two share two of them.

    nnlab's seed drives split, initial weights and batches alike, so runs with the same seed are pairs. The column is
    the one sorted by, or the default one where that is no result. ``hidden`` entries are left out of the comparison
    but have to be corrected for.
    """
    column = sort if metric_of(sort) or sort in {"objective", "train_seconds"} else default_column(entries)
    maximize = higher_is_better(column)
    points = [_by_seed(entry, column) if len(entry.runs) > 1 else {} for entry in entries]
    found = paired_differences(points, maximize=maximize, hidden=hidden)
    return SeedStatistics(column, maximize, found) if found else None


def _by_seed(entry: Entry, column: str) -> dict[int, float]:
    numbers = {int(run.spec["seed"]): measured(run).get(column) for run in entry.runs}
    return {seed: number for seed, number in numbers.items() if number is not None}


def standard_errors(entry: Entry) -> dict[str, float]:
    """The standard error of each metric of which its value and the number of samples tell it, by column.

    Such are √(p(1−p)/N) of accuracies on whole splits with a known number N of samples.

    Of an average over seeds it is that of one run: all seeds are measured on the same test set, so averaging does not
    reduce it.
    """
    samples = samples_of(entry.runs[0])
    columns = [(split, column) for split in WHOLE_SPLITS for column in entry.measures if column.startswith(f"{split}_")]
    errors = {
        column: metric.standard_error_of(entry.measures[column].mean, samples[split])
        for split, column in columns
        if split in samples and (metric := metric_of(column))
    }
    return {column: error for column, error in errors.items() if error is not None}


def samples_of(run: RunRecord) -> dict[str, int]:
    """The number of samples of each split, from environment.json; of older runs that of ``data.test_size``, if set."""
    try:
        recorded = read_environment(run.path / ENVIRONMENT_FILE).get("samples")
    except RunError:
        recorded = None
    if not isinstance(recorded, dict):
        data = run.spec.get("data")
        recorded = {"test": data.get("test_size")} if isinstance(data, dict) else {}
    return {split: n for split, n in recorded.items() if type(n) is int and n > 0}
