"""Reading the recorded statistics of layers: every fault reported with file and line."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from nnlab.records.formats import DIAGNOSTICS_COLUMNS, HISTOGRAM_BINS, HISTOGRAMS_COLUMNS, STATISTICS
from nnlab.storage.checked_files import damaged
from nnlab.storage.csv_tables import csv_rows, parse_float
from nnlab.storage.layout import DIAGNOSTICS_FILE, HISTOGRAMS_FILE
from nnlab.text import quote

MOST_MOMENTS = 1000  # a training writes two, and one more each time it is extended
MOST_LAYERS = 10_000
MOST_DIGITS = 15

# By layer the step and the norm of each gradient.
GradientNorms = dict[str, list[tuple[int, float]]]

# Edges of the bins and the count in each, by step.
Histograms = dict[int, tuple[list[float], list[int]]]


# By layer its statistics at one evaluation, by column of diagnostics.csv.
LayerStatistics = Mapping[str, Mapping[str, float]]


class _Row(NamedTuple):
    line: int
    step: int
    layer: str
    cells: list[str]


def read_gradient_norms(folder: Path) -> GradientNorms:
    """The steps and gradient norms of each layer that has parameters, by its name; raises RunError."""
    path = folder / DIAGNOSTICS_FILE
    norms: GradientNorms = {}
    for row in _rows(path, DIAGNOSTICS_COLUMNS[:3]):
        if row.cells[0]:
            norms.setdefault(row.layer, []).append((row.step, _number(path, row, row.cells[0])))
            _check_count(path, row, len(norms))
    return norms


def read_layer_statistics(folder: Path) -> dict[int, LayerStatistics]:
    """All statistics of the layers, by step; raises RunError."""
    path = folder / DIAGNOSTICS_FILE
    found: dict[int, dict[str, Mapping[str, float]]] = {}
    for row in _rows(path, DIAGNOSTICS_COLUMNS):
        cells = zip(STATISTICS, row.cells, strict=False)
        found.setdefault(row.step, {})[row.layer] = {name: _number(path, row, cell) for name, cell in cells if cell}
        _check_count(path, row, len(found[row.step]))
    return dict(found)


def read_histograms(folder: Path) -> dict[str, Histograms]:
    """The histograms of the outputs of each layer, by its name; raises RunError."""
    path = folder / HISTOGRAMS_FILE
    histograms: dict[str, Histograms] = {}
    for row in _rows(path, HISTOGRAMS_COLUMNS):
        left, right = (_number(path, row, cell) for cell in row.cells[:2])
        edges, counts = histograms.setdefault(row.layer, {}).setdefault(row.step, ([left], []))
        _check_count(path, row, len(histograms))
        if len(histograms[row.layer]) > MOST_MOMENTS:
            damaged(path, f"expected at most {MOST_MOMENTS} steps, found more", row.line)
        if not (isfinite(left) and isfinite(right - edges[0]) and left == edges[-1] and left < right):
            damaged(path, f"expected a bin that begins where the last one ends, found {left} to {right}", row.line)
        if len(counts) == HISTOGRAM_BINS:
            damaged(path, f"expected at most {HISTOGRAM_BINS} bins, found more", row.line)
        edges.append(right)
        counts.append(_whole(path, row.line, row.cells[2]))
    return histograms


def _rows(path: Path, columns: Sequence[str]) -> Iterator[_Row]:
    with csv_rows(path, columns, unfinished=True) as (_, rows):
        for line, (step, layer, *cells) in rows:
            yield _Row(line, _whole(path, line, step), layer, cells)


def _whole(path: Path, line: int, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS):
        damaged(path, f"expected a whole number, found {quote(cell)}", line)
    return int(cell)


def _number(path: Path, row: _Row, cell: str) -> float:
    """A number, which a run that diverged may have as nan or inf."""
    try:
        return parse_float(cell)
    except ValueError:
        damaged(path, f"expected a number, found {quote(cell)}", row.line)


def _check_count(path: Path, row: _Row, count: int) -> None:
    if count > MOST_LAYERS:
        damaged(path, f"expected at most {MOST_LAYERS} layers, found more", row.line)
