"""Cache of parsed large CSV files in the user's cache folder."""

import io
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.lib import format as npy

from nnlab.core.arrays import Array
from nnlab.data.files.download import data_folder
from nnlab.data.input_format import Column
from nnlab.data.tables.rows import Rows
from nnlab.errors import DataError
from nnlab.storage.file_system import OWN_FILE

FORMAT = 6
"""Increment whenever the same file and settings give another table or other notes."""

SMALLEST_FILE = 1 << 20
LARGEST_ENTRY = 1 << 30
LARGEST_FOLDER = 2 << 30
SUFFIX = ".table"
_DIGEST = 32
_MAX_METADATA_BYTES = 64 << 20
_ARRAYS = ("inputs", "labels", "parts", "targets")


class TableCache:
    """One file per CSV and settings, named by their SHA-256: a line of JSON, arrays as .npy, a SHA-256 of both.

    Entries that are damaged, unreadable or owned by another user are ignored, and the CSV is parsed. The oldest entries
    are removed when the cache exceeds ``LARGEST_FOLDER``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def get(self, key: object) -> Rows | None:
        """The cached table, or None."""
        try:
            path = self._path(key)
            with _opened_own(path) as file:
                table = _read(_Hashing(file))
            os.utime(path)
        except (OSError, DataError, EOFError, ValueError, KeyError, TypeError, MemoryError):
            return None
        return table

    def put(self, key: object, table: Rows, size: int) -> None:
        """Cache the table of a file of ``size`` bytes, unless the file is small or the table too large."""
        if size < SMALLEST_FILE or table.inputs.nbytes > LARGEST_ENTRY:
            return
        temporary = None
        try:
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(path.parent, table.inputs.nbytes)
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            with open(temporary, "xb", opener=_private) as file:
                _write(_Hashing(file), table)
            temporary.replace(path)
        except (OSError, DataError, MemoryError):
            pass
        finally:
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _path(self, key: object) -> Path:
        folder = self._folder or data_folder() / "tables"
        return folder / f"{sha256(repr((FORMAT, key)).encode()).hexdigest()}{SUFFIX}"

    def _make_room(self, folder: Path, size: int) -> None:
        found = [
            (entry.stat(), Path(entry.path)) for entry in os.scandir(folder) if entry.name.endswith((SUFFIX, ".tmp"))
        ]
        files = sorted((state.st_mtime_ns, state.st_size, path) for state, path in found if stat.S_ISREG(state.st_mode))
        total = size + sum(file[1] for file in files)
        for _, count, path in files:
            if total <= LARGEST_FOLDER:
                break
            path.unlink(missing_ok=True)
            total -= count


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextmanager
def _opened_own(path: Path) -> Iterator[IO[bytes]]:
    """Open a regular file owned by this user; raises OSError for any other."""
    handle = os.open(path, os.O_RDONLY | OWN_FILE)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_ENTRY + _MAX_METADATA_BYTES:
            raise OSError("not a file of this cache")
        if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o022):
            raise OSError("may be written by others")
        yield file


class _Hashing(io.RawIOBase):
    """A file that hashes all bytes read or written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data

    def readline(self, size: int | None = -1) -> bytes:
        line = self._file.readline(-1 if size is None else size)
        self.digest.update(line)
        return line

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _write(file: _Hashing, table: Rows) -> None:
    metadata = {field.name: getattr(table, field.name) for field in fields(table) if field.name not in _ARRAYS}
    metadata["columns"] = [asdict(column) for column in table.columns]
    file.write(json.dumps(metadata).encode() + b"\n")
    for array in (_smallest(table.inputs), table.labels, table.parts, table.targets):
        npy.write_array(cast("IO[bytes]", file), array, allow_pickle=False)
    file.write(file.digest.digest())


def _smallest(inputs: Array) -> Array:
    """The inputs as uint8 where that is lossless, as for pixels."""
    for part in (inputs[:100], inputs):
        with np.errstate(invalid="ignore"):
            pixels = part.astype(np.uint8)
        if not np.array_equal(pixels, part) or np.signbit(part).any():
            return inputs
    return pixels


def _read(file: _Hashing) -> Rows:
    """The table; raises various errors for a damaged entry or a wrong digest."""
    metadata = json.loads(file.readline(_MAX_METADATA_BYTES))
    inputs, labels, parts, targets = (npy.read_array(cast("IO[bytes]", file), allow_pickle=False) for _ in _ARRAYS)
    digest = file.digest.digest()
    if file.read(_DIGEST + 1) != digest:
        raise ValueError("damaged")
    columns = tuple(
        Column(entry["name"], tuple(entry["categories"]), entry["missing"]) for entry in metadata["columns"]
    )
    table = Rows(
        inputs.astype(np.float64, copy=False),
        columns,
        labels,
        tuple(metadata["label_texts"]),
        parts,
        tuple(metadata["part_texts"]),
        metadata["dropped"],
        metadata["label"],
        tuple(metadata["notes"]),
        targets,
        tuple(metadata["target_names"]),
    )
    consistent = table.inputs.shape == (len(labels), sum(column.width for column in columns))
    if table.target_names:
        consistent &= table.targets.shape == (len(labels), len(table.target_names))
    if not consistent:
        raise ValueError("inconsistent arrays")
    return table
