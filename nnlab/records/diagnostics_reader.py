"""What a run recorded of its layers, as it is read: every fault reported with its file and line."""

from collections.abc import Iterator, Sequence
from functools import partial
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from nnlab.errors import quote
from nnlab.records.formats import (
    DIAGNOSTICS_COLUMNS,
    DIAGNOSTICS_FILE,
    HISTOGRAM_BINS,
    HISTOGRAMS_COLUMNS,
    HISTOGRAMS_FILE,
)
from nnlab.storage.checked_files import MAX_LINE_BYTES, MAX_TABLE_BYTES, check_file, damaged

MOST_MOMENTS = 1000  # a training writes two, and one more each time it is made longer
MOST_LAYERS = 10_000
MOST_DIGITS = 15

# Edges of the bins and the count in each, by the step that they are of.
Histograms = dict[int, tuple[list[float], list[int]]]


class _Row(NamedTuple):
    place: int
    step: int
    layer: str
    cells: list[str]


def read_gradient_norms(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The steps and gradient norms of each layer that has parameters, by its name; raises RunError."""
    path = folder / DIAGNOSTICS_FILE
    norms: dict[str, list[tuple[int, float]]] = {}
    for row in _rows(path, DIAGNOSTICS_COLUMNS[:3]):
        if row.cells[0]:
            norms.setdefault(row.layer, []).append((row.step, _number(path, row, row.cells[0])))
            _check_count(path, row, len(norms))
    return norms


def read_histograms(folder: Path) -> dict[str, Histograms]:
    """The histograms of the outputs of each layer, by its name; raises RunError."""
    path = folder / HISTOGRAMS_FILE
    histograms: dict[str, Histograms] = {}
    for row in _rows(path, HISTOGRAMS_COLUMNS):
        left, right = (_number(path, row, cell) for cell in row.cells[:2])
        edges, counts = histograms.setdefault(row.layer, {}).setdefault(row.step, ([left], []))
        _check_count(path, row, len(histograms))
        if len(histograms[row.layer]) > MOST_MOMENTS:
            damaged(path, f"expected at most {MOST_MOMENTS} steps, found more", row.place)
        if not (isfinite(left) and isfinite(right - edges[0]) and left == edges[-1] and left < right):
            damaged(path, f"expected a bin that begins where the last one ends, found {left} to {right}", row.place)
        if len(counts) == HISTOGRAM_BINS:
            damaged(path, f"expected at most {HISTOGRAM_BINS} bins, found more", row.place)
        edges.append(right)
        counts.append(_whole(path, row.place, row.cells[2]))
    return histograms


def _rows(path: Path, columns: Sequence[str]) -> Iterator[_Row]:
    """The rows of a CSV file; the writer of a run that was killed may have left the last one half done."""
    check_file(path, MAX_TABLE_BYTES)
    width = 0
    try:
        with path.open("rb") as file:
            for place, line in enumerate(iter(partial(file.readline, MAX_LINE_BYTES), b""), start=1):
                if not line.endswith(b"\n"):
                    if len(line) == MAX_LINE_BYTES:
                        damaged(path, f"the line has more than {MAX_LINE_BYTES} bytes", place)
                    return
                cells = line.decode("utf-8", "replace").rstrip("\r\n").split(",")
                if place == 1 and cells[: len(columns)] != list(columns):
                    damaged(path, f"expected the header {','.join(columns)}, found {quote(cells)}", 1)
                width = width or len(cells)
                if len(cells) != width:
                    damaged(path, f"expected {width} cells, found {len(cells)}", place)
                if place > 1:
                    yield _Row(place, _whole(path, place, cells[0]), cells[1], cells[2:])
    except OSError as error:
        damaged(path, f"cannot be read: {error.strerror or error}")


def _whole(path: Path, place: int, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= MOST_DIGITS):
        damaged(path, f"expected a whole number, found {quote(cell)}", place)
    return int(cell)


def _number(path: Path, row: _Row, cell: str) -> float:
    """A number, which a run that diverged may have as nan or inf."""
    try:
        return float(cell)
    except ValueError:
        damaged(path, f"expected a number, found {quote(cell)}", row.place)


def _check_count(path: Path, row: _Row, count: int) -> None:
    if count > MOST_LAYERS:
        damaged(path, f"expected at most {MOST_LAYERS} layers, found more", row.place)
