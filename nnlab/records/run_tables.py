"""The CSV files of a run during training, with a copy of their contents in memory."""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import nan
from pathlib import Path

import numpy as np

from nnlab.core.rows import Row
from nnlab.metric_columns import METRICS_COLUMNS, best_row, bounds_of, in_file_order
from nnlab.metrics import Record
from nnlab.records.diagnostics_reader import GradientNorms, Histograms, read_gradient_norms, read_histograms
from nnlab.records.formats import (
    DIAGNOSTICS_COLUMNS,
    HISTOGRAMS_COLUMNS,
    STATISTICS,
    STEPS_COLUMNS,
    csv_line,
    quoted_cell,
)
from nnlab.records.reader import RunRecord
from nnlab.storage.csv_tables import Table, read_table, rows_of
from nnlab.storage.growing_file import GrowingFile
from nnlab.storage.layout import DIAGNOSTICS_FILE, HISTOGRAMS_FILE, METRICS_FILE, STEPS_FILE

# Steps are written in bundles: a line each would cost more than a step of a small network.
FLUSH_EVERY = 1000

# The part of a file that a checkpoint relies on: its size in bytes and its SHA-256.
FileDigest = tuple[int, str]


class RunTables:
    """Writes the tables of one run; as an observer of training it records each step and evaluation.

    Files with a digest are continued after its size; the others are new. ``gradient_norms`` and ``histograms`` are by
    layer, as their readers give them, ``layer_statistics`` those of the last evaluation; ``columns`` are those of
    metrics.csv in the order of a row. Raises OSError when the disk refuses.
    """

    def __init__(self, path: Path, digests: Mapping[str, FileDigest], columns: Sequence[str] = METRICS_COLUMNS) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._file_columns = in_file_order(columns)
        self.rows: list[Row] = []
        self.gradient_norms: GradientNorms = {}
        self.histograms: dict[str, Histograms] = {}
        self.layer_statistics: dict[str, Mapping[str, float]] = {}
        self._measured = -1
        self._objectives = array("d")
        self._step = 0
        self._pending: list[str] = []
        self._kept = {name: size for name, (size, _) in digests.items()}
        self._tables: dict[str, GrowingFile] = {}
        try:
            self._steps = self._table(STEPS_FILE, STEPS_COLUMNS)
            self._metrics = self._table(METRICS_FILE, self._file_columns)
            for name in digests:
                self._table(name, ())
        except BaseException:
            close_files(self._tables.values())
            raise

    def read_back(self, step: int) -> None:
        """Read the records of the first ``step`` updates into memory; raises RunError."""
        self.flush()
        self._step = step
        path = self.path / METRICS_FILE
        metrics = read_table(path, self._file_columns, unfinished=False, gaps=True, bounds_of=bounds_of)
        self.rows = rows_of({column: metrics[column] for column in self.columns})
        steps = read_table(self.path / STEPS_FILE, STEPS_COLUMNS, unfinished=False, gaps=False)
        self._objectives = array("d", steps["loss"])
        if DIAGNOSTICS_FILE in self._tables:
            self.gradient_norms = read_gradient_norms(self.path)
        if HISTOGRAMS_FILE in self._tables:
            self.histograms = read_histograms(self.path)

    @property
    def step(self) -> int:
        """The number of updates recorded."""
        return self._step

    @property
    def metrics(self) -> Table:
        """The columns of metrics.csv; an empty cell is NaN."""
        cells = {column: [row.get(column) for row in self.rows] for column in self.columns}
        return {
            column: np.array([nan if value is None else value for value in values], np.float64)
            for column, values in cells.items()
        }

    @property
    def steps(self) -> Table:
        """The columns of steps.csv."""
        return {"step": np.arange(1.0, self._step + 1), "loss": np.array(self._objectives)}

    def on_step(self, step: int, objective: float) -> None:
        """Record the objective of one update."""
        self._step = step
        self._objectives.append(objective)
        self._pending.append(csv_line([step, objective]))
        if len(self._pending) >= FLUSH_EVERY:
            self.flush()

    def on_evaluation(self, row: Row) -> None:
        """Record one evaluation."""
        self.rows.append(row)
        self._metrics.write(csv_line([row[column] for column in self._file_columns]))
        self.flush()

    def write_diagnostics(self, step: int, layer: str, values: Sequence[float | None]) -> None:
        """Record one line of diagnostics.csv."""
        if step != self._measured:
            self._measured, self.layer_statistics = step, {}
        pairs = zip(STATISTICS, values, strict=True)
        self.layer_statistics[layer] = {name: value for name, value in pairs if value is not None}
        if (norm := values[0]) is not None:
            self.gradient_norms.setdefault(layer, []).append((step, norm))
        self._table(DIAGNOSTICS_FILE, DIAGNOSTICS_COLUMNS).write(f"{step},{layer},{csv_line(list(values))}")

    def write_histogram(self, step: int, layer: str, edges: list[float], counts: list[int]) -> None:
        """Record the histogram of a layer's outputs."""
        self.histograms.setdefault(layer, {})[step] = (edges, counts)
        table = self._table(HISTOGRAMS_FILE, HISTOGRAMS_COLUMNS)
        for left, right, count in zip(edges, edges[1:], counts, strict=False):
            table.write(f"{step},{layer},{csv_line([left, right, count])}")

    def write_counts(self, step: int, split: str, record: Record) -> None:
        """Append what a record counted on a split."""
        table = self._table(record.file, ("step", "split", *record.columns))
        for line in record.lines():
            cells = (cell if isinstance(cell, int) else quoted_cell(cell) for cell in line)
            table.write(f"{step},{split},{','.join(map(str, cells))}\n")

    def flush(self) -> None:
        """Hand everything recorded so far to the operating system."""
        self._steps.write("".join(self._pending))
        self._pending.clear()
        for file in self._tables.values():
            file.flush()

    def file_digests(self, *, synced: bool = True) -> dict[str, FileDigest]:
        """Force the tables to the disk, if ``synced``; their sizes and SHA-256."""
        self.flush()
        if synced:
            self.sync_tables()
        return {name: (file.size, file.sha256()) for name, file in self._tables.items()}

    def sync_tables(self) -> None:
        """Force the tables to the disk."""
        for file in self._tables.values():
            file.sync()

    def file_sizes(self) -> dict[str, int]:
        """The bytes written to each table."""
        self.flush()
        return {name: file.size for name, file in self._tables.items()}

    def best_of(self, steps: Collection[int]) -> int | None:
        """The step of the best evaluation among these ``steps``; None where none was evaluated."""
        best = best_row([row for row in self.rows if row["step"] in steps])
        return None if best is None else int(best["step"] or 0)

    def row(self, step: int) -> Row | None:
        """The evaluation after ``step`` updates, else the last one."""
        last = self.rows[-1] if self.rows else None
        return next((row for row in self.rows if row["step"] == step), last)

    def close(self) -> None:
        """Close the files; an error of a full disk has been reported before."""
        close_files(self._tables.values())

    def _table(self, name: str, columns: Sequence[str]) -> GrowingFile:
        """A CSV file; those that only some runs have are opened when first written to."""
        if name not in self._tables:
            kept = self._kept.get(name, 0)
            self._tables[name] = GrowingFile(self.path / name, kept)
            if not kept:
                self._tables[name].write(",".join(columns) + "\n")
        return self._tables[name]


def close_files(files: Iterable[GrowingFile]) -> None:
    """Close files, ignoring errors of the disk."""
    for file in files:
        with suppress(OSError):
            file.close()


@dataclass(frozen=True, eq=False)
class RunInMemory(RunRecord):
    """A run whose tables are in memory."""

    tables: RunTables

    @cached_property
    def steps(self) -> Table:
        return self.tables.steps

    @cached_property
    def gradient_norms(self) -> GradientNorms:
        return self.tables.gradient_norms

    @cached_property
    def histograms(self) -> dict[str, Histograms]:
        return self.tables.histograms
