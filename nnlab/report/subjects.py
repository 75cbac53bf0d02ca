"""What a report is about: the runs, sweeps and cross-validations that were named, read from their folders."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nnlab.comparisons.comparison import Comparison, compare
from nnlab.errors import RunError
from nnlab.records.crossval_folder import read_crossval
from nnlab.records.formats import CRASHED, distinct_folders, fold_folders, kind_of, trial_folders
from nnlab.records.reader import RunRecord, read_run
from nnlab.records.sweep_folder import SweepRecord, read_sweep, rebuilt
from nnlab.storage.layout import SUMMARY_FILE


@dataclass(frozen=True, eq=False)
class Crossval:
    """A cross-validation with its folds by number; ``summary`` has the numbers of those that have begun."""

    path: Path
    summary: Mapping[str, Any]
    folds: Sequence[RunRecord]

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.folds[0].name if self.folds else self.path.name

    @cached_property
    def comparison(self) -> Comparison:
        """Its folds, compared."""
        return compare([fold.path for fold in self.folds])


@dataclass(frozen=True, eq=False)
class Subjects:
    """The runs and the finished trials of sweeps as one comparison, the sweeps, and the cross-validations.

    ``left_out`` says in a line each what was named but is not in the report.
    """

    paths: Sequence[Path]
    comparison: Comparison | None
    sweeps: Sequence[SweepRecord]
    crossvals: Sequence[Crossval]
    left_out: Sequence[str]

    @property
    def runs(self) -> list[RunRecord]:
        """All runs, in the order of the comparison, then the folds."""
        compared = self.comparison.entries if self.comparison else ()
        return [run for entry in compared for run in entry.runs] + [
            fold for crossval in self.crossvals for fold in crossval.folds
        ]


def read_subjects(paths: Iterable[Path], sort: str | None = None) -> Subjects:
    """Read what was named, each folder once.

    Damaged folders and descents are left out; raises RunError, with all reasons, where nothing is left, and UsageError
    for a ``sort`` that no run has.
    """
    sweeps: list[SweepRecord] = []
    crossvals: list[Crossval] = []
    left_out: list[str] = []
    compared: list[Path] = []
    distinct = distinct_folders(paths)
    for path in distinct:
        kind = kind_of(path)
        try:
            if kind == "crossval":
                crossvals.append(_crossval(path))
                continue
            if kind == "sweep":
                sweeps.append(_sweep(path))
                if not any((trial / SUMMARY_FILE).exists() for trial in trial_folders(path)):
                    continue
            compared.append(path)
        except RunError as error:
            left_out.append(str(error))
    comparison = None
    if compared:
        try:
            comparison = compare(compared, sort=sort)
        except RunError as error:
            left_out += str(error).splitlines()
    if comparison:
        left_out += [found.message for found in comparison.passed_over]
        left_out += [found.message for found in comparison.damaged]
        left_out += [f"{path}: is not finished" for path in comparison.unfinished]
    if not (comparison or sweeps or crossvals):
        raise RunError("\n".join(left_out) or "no run was named")
    return Subjects(distinct, comparison, sweeps, crossvals, left_out)


def _sweep(path: Path) -> SweepRecord:
    record = read_sweep(path)
    # The table may lack what its trials recorded before they were killed.
    return replace(record, trials=rebuilt(record)) if record.status == CRASHED else record


def _crossval(path: Path) -> Crossval:
    folds = [fold for fold in fold_folders(path) if (fold / SUMMARY_FILE).exists()]
    folds.sort(key=lambda fold: int(fold.name.rpartition("-")[2]))
    if not folds:
        raise RunError(f"{path}: no fold of this cross-validation has begun")
    return Crossval(path, read_crossval(path, [fold.name for fold in folds]), [read_run(fold) for fold in folds])
