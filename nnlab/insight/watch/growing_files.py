"""Files of a run that another process writes: what was added since the last look, and what was replaced."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from nnlab.core.decimals import BLOCK_BYTES
from nnlab.core.rows import Bounds
from nnlab.storage.checked_files import check_file, damaged, reading
from nnlab.storage.csv_tables import (
    MAX_LINE_BYTES,
    MAX_TABLE_BYTES,
    Table,
    block_numbers,
    column_names,
)

T = TypeVar("T")

COMPARED_BYTES = 64

_Identity = tuple[int, int]


class GrowingLines:
    """The whole lines that were added to a file since the last look; a line without its end waits for the next look.

    The file is closed between looks, and nothing but the last bytes read is kept. Where it is another file now, or was
    cut (a resumed run cuts off what came after its checkpoint), it is read from its start, which ``restarts`` counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.restarts = 0
        self.changed_at: float | None = None
        self._offset = 0
        self._end = b""
        self._identity: _Identity | None = None

    def look(self, limit: int = BLOCK_BYTES) -> bytes:
        """At most about ``limit`` new bytes, in whole lines; empty where there are none, or no file yet.

        Raises RunError where the file cannot be read.
        """
        found = _information(self.path)
        if found is None:
            self._forget(None)
            return b""
        check_file(self.path, MAX_TABLE_BYTES)
        with reading(self.path), self.path.open("rb") as file:
            identity = found.st_dev, found.st_ino
            if identity != self._identity:
                self._forget(identity)
            start = max(0, self._offset - len(self._end))
            file.seek(start)
            if self._offset and file.read(self._offset - start) != self._end:
                self._forget(identity)
                file.seek(0)
            block = file.read(limit)
            if len(block) == limit and not block.endswith(b"\n"):
                block += file.readline(MAX_LINE_BYTES)
        self.changed_at = found.st_mtime
        whole = block[: block.rfind(b"\n") + 1]
        if not whole and len(block) >= MAX_LINE_BYTES:
            damaged(self.path, f"a line has more than {MAX_LINE_BYTES} bytes")
        if whole:
            self._offset += len(whole)
            self._end = (self._end + whole)[-COMPARED_BYTES:]
        return whole

    def _forget(self, identity: _Identity | None) -> None:
        self.restarts += self._offset > 0
        self._offset, self._end, self._identity = 0, b"", identity


class GrowingTable:
    """The new rows of a CSV file of numbers; an empty cell is NaN where the table has ``gaps``."""

    def __init__(self, path: Path, columns: Sequence[str], *, gaps: bool) -> None:
        self.lines = GrowingLines(path)
        self._columns = columns
        self._gaps = gaps
        self._names: list[str] | None = None
        self._line = 1
        self._restarts = 0

    def look(self, limit: int = BLOCK_BYTES) -> Table | None:
        """The columns of the rows that were added; None where there are none. Raises RunError with file and line."""
        block = self.lines.look(limit)
        if self.lines.restarts != self._restarts:
            self._restarts, self._names, self._line = self.lines.restarts, None, 1
        path = self.lines.path
        if block and self._names is None:
            head, _, block = block.partition(b"\n")
            self._names = column_names(path, head + b"\n", self._columns)
            self._line = 2
        if not block or self._names is None:
            return None
        numbers = block_numbers(path, block, self._names, gaps=self._gaps, first=self._line)
        self._line += block.count(b"\n")
        table = numbers.reshape(-1, len(self._names))
        return {name: table[:, index] for index, name in enumerate(self._names)}


class ReplacedFiles(Generic[T]):
    """What files say that are replaced as a whole, read again only where one changed; None without the first one."""

    def __init__(self, reader: Callable[[], T], *paths: Path) -> None:
        self.changed_at: float | None = None
        self._reader = reader
        self._paths = paths
        self._signature: tuple[object, ...] = ()
        self._value: T | None = None

    def get(self) -> T | None:
        """The value now; raises RunError."""
        found = [_information(path) for path in self._paths]
        signature = tuple(
            (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) if one is not None else None for one in found
        )
        if signature != self._signature:
            self._value = None if found[0] is None else self._reader()
            self._signature = signature
            self.changed_at = None if found[0] is None else found[0].st_mtime
        return self._value


def changed_at(path: Path) -> float:
    """When a file was last written; 0 without it."""
    found = _information(path)
    return 0.0 if found is None else found.st_mtime


def _information(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def within(table: Table, bounds_of: Callable[[str], Bounds]) -> Table:
    """A table in which numbers outside of the range of their column are NaN: nothing is drawn of them."""
    return {
        name: np.where((column >= bounds_of(name).low) & (column <= bounds_of(name).high), column, np.nan)
        for name, column in table.items()
    }
