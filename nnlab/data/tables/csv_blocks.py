"""Blocks of CSV rows as arrays: many cells at once, on all cores."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.decimals import read_block
from nnlab.core.threads import Workers, available_cores
from nnlab.data.tables.csv_cells import Cells
from nnlab.data.tables.csv_text import CsvRows
from nnlab.data.tables.rows import MISSING, Codes, Source

# More threads wait for the one that puts the blocks together.
MOST_THREADS = 4
BLOCKS_AT_ONCE = 4
"""For each thread: starting all of them takes as long as parsing 1,000 cells."""

LONGEST_TEXT = 64
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


class NumberBlock(NamedTuple):
    """Lines of a table: ``numbers`` (N, K) of its columns of numbers, NaN where an empty cell is to be imputed.

    ``plain`` rows (N,) need no other check of their numbers; ``starts`` and ``ends`` (N, D) of cells are in ``text``,
    which is without quotes.
    """

    text: bytes
    numbers: Array
    plain: Array
    starts: Array
    ends: Array


class ParsedBlock(NamedTuple):
    """Complete lines, the number of the first one, and their numbers; None where they must be read row by row.

    ``ahead`` are the blocks after it that are read already.
    """

    line: int
    text: bytes
    numbers: NumberBlock | None
    ahead: Sequence[bytes]


class BlockReader:
    """Parses the blocks of a table with a column ``separator`` of one byte."""

    def __init__(self, source: Source, cells: Cells, separator: int) -> None:
        self._columns: slice | list[int] = source.numbers
        first = source.numbers[0] if source.numbers else 0
        if source.numbers == list(range(first, first + len(source.numbers))):
            self._columns = slice(first, first + len(source.numbers))  # a view, not a copy
        self._width = len(source.names)
        self._missing_numbers = cells.missing_numbers
        # The columns whose empty cells become NaN without further ado.
        self._imputed = 0 if source.missing in ("refuse", "drop") else len(source.numeric)
        self._separator = separator
        self._mark = ord("," if cells.comma else ".")
        threads = min(available_cores(), MOST_THREADS)
        self._workers = Workers(threads)
        self._at_once = BLOCKS_AT_ONCE * threads if threads > 1 else 1

    def parsed(self, rows: CsvRows) -> Iterator[ParsedBlock]:
        """The remaining blocks, in order."""
        blocks = rows.blocks()
        while group := list(islice(blocks, self._at_once)):
            found = self._workers.run(lambda index: self._parse(group[index][1]), len(group))
            texts = [text for _, text in group]
            for index, ((line, text), numbers) in enumerate(zip(group, found, strict=True)):
                yield ParsedBlock(line, text, numbers, texts[index + 1 :])

    def _parse(self, text: bytes) -> NumberBlock | None:
        unquoted = without_quotes(text, self._separator)
        block = None if unquoted is None else read_block(unquoted, self._separator, self._mark, self._width)
        if unquoted is None or block is None:
            return None
        numbers, valid = block.values[:, self._columns], block.valid[:, self._columns]
        if self._imputed:
            empty = block.empty[:, self._columns].copy()
            empty[:, self._imputed :] = False  # a missing target is an error
            if empty.any():
                numbers = np.where(empty, np.nan, numbers)
                valid = (valid | empty) & ~block.empty.all(axis=1, keepdims=True)
        plain: Array = np.asarray(valid.all(axis=1))
        for value in self._missing_numbers:
            plain &= (numbers != value).all(axis=1)
        return NumberBlock(unquoted, numbers, plain, block.starts, block.ends)


def without_quotes(text: bytes, separator: int) -> bytes | None:
    """Complete lines without their double quotes; None unless each encloses a whole cell on one line.

    Such a cell has no separator and no quote of its own.
    """
    if b'"' not in text:
        return text
    raw = np.frombuffer(b"\n" + text, np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    if len(quotes) % 2:
        return None
    is_end = (raw == separator) | (raw == _NEWLINE)
    before, after = quotes[::2] - 1, quotes[1::2] + 1
    whole = is_end.take(before).all() and (is_end.take(after) | (raw.take(after) == _RETURN)).all()
    if not whole or np.logical_or.reduceat(is_end, quotes)[::2].any():
        return None
    return text.replace(b'"', b"")


def codes_in(block: NumberBlock, column: int, known: Codes) -> Array:
    """The codes of a column's cells, ``MISSING`` for new texts."""
    cells = _texts(block, column)
    for cell in set(cells) - known.seen.keys():
        code = known.of.get(cell.decode().strip(), MISSING)
        if code != MISSING:
            known.seen[cell] = code
    return np.fromiter(map(known.seen.get, cells, _always_missing(len(cells))), np.int64, len(cells))


def _always_missing(count: int) -> Iterable[int]:
    return (MISSING,) * count


def _texts(block: NumberBlock, column: int) -> Sequence[bytes]:
    """The bytes of a column's cells; short ones are cut out together, four times as fast as one by one."""
    starts, ends = block.starts[:, column], block.ends[:, column]
    length = ends - starts
    width = int(length.max())
    if not 0 < width <= LONGEST_TEXT:
        return [block.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    raw = np.frombuffer(block.text, np.uint8)
    places = np.arange(width)
    letters = raw.take(starts[:, np.newaxis] + places, mode="clip")
    letters *= places < length[:, np.newaxis]
    texts: list[bytes] = letters.view(f"S{width}")[:, 0].tolist()
    return texts
