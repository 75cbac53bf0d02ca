"""Arrays of large CSV files, kept in the user's cache folder so that a second run does not parse them again."""

import json
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from nnlab.data.download import data_folder
from nnlab.data.inputs import Column
from nnlab.data.table_rows import Rows
from nnlab.errors import DataError

FORMAT = 1
"""To be counted up whenever the same file and settings are read differently."""

SMALLEST_FILE = 1 << 20
LARGEST_ENTRY = 1 << 30
LARGEST_FOLDER = 2 << 30
SUFFIX = ".table"
_DIGEST = 32
_ARRAYS = ("inputs", "labels", "parts")
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class TableCache:
    """One file for each CSV and settings, named by their SHA-256: that of the rest, then safetensors data.

    What is damaged, another user's, or cannot be read or written is passed over: the CSV is parsed then. The oldest
    files go when all together are larger than ``LARGEST_FOLDER``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def get(self, key: object) -> Rows | None:
        """The arrays kept under a key; None where there are none, or damaged ones."""
        try:
            path = self._path(key)
            contents = _read_own(path)
            digest, data = contents[:_DIGEST], memoryview(contents)[_DIGEST:]
            if sha256(data).digest() != digest:
                return None
            table = _unpack(bytes(data))
            os.utime(path)
        except (OSError, DataError, SafetensorError, ValueError, KeyError, TypeError, MemoryError):
            return None
        return table

    def put(self, key: object, table: Rows, size: int) -> None:
        """Keep the arrays of a file of ``size`` bytes, unless that is small or they are too large."""
        if size < SMALLEST_FILE or table.inputs.nbytes > LARGEST_ENTRY:
            return
        temporary = None
        try:
            path = self._path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            data = _pack(table)
            self._make_room(path.parent, len(data))
            temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
            with open(temporary, "xb", opener=_private) as file:
                file.write(sha256(data).digest())
                file.write(data)
            temporary.replace(path)
        except (OSError, DataError, SafetensorError, MemoryError):
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


def _read_own(path: Path) -> bytes:
    """The contents of a regular file that belongs to this user; raises OSError for any other."""
    handle = os.open(path, _OPEN)
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > LARGEST_ENTRY + SMALLEST_FILE:
            raise OSError("not a file of this cache")
        if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o022):
            raise OSError("may be written by others")
        return file.read()


def _pack(table: Rows) -> bytes:
    facts: dict[str, Any] = {field.name: getattr(table, field.name) for field in fields(table)}
    facts["columns"] = [asdict(column) for column in table.columns]
    arrays = {name: np.ascontiguousarray(facts.pop(name)) for name in _ARRAYS}
    inputs = arrays["inputs"]
    with np.errstate(invalid="ignore"):
        pixels = inputs.astype(np.uint8)
    if np.array_equal(pixels, inputs) and not np.signbit(inputs).any():
        arrays["inputs"] = pixels
    return save(arrays, {"table": json.dumps(facts)})


def _unpack(data: bytes) -> Rows:
    """The table of checked data; raises one of many errors where it is none."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    facts = json.loads(header["__metadata__"]["table"])
    arrays = load(data)
    columns = tuple(Column(entry["name"], tuple(entry["categories"]), entry["missing"]) for entry in facts["columns"])
    table = Rows(
        arrays["inputs"].astype(np.float64, copy=False),
        columns,
        arrays["labels"],
        tuple(facts["label_texts"]),
        arrays["parts"],
        tuple(facts["part_texts"]),
        facts["dropped"],
        facts["label"],
        tuple(facts["notes"]),
    )
    if table.inputs.shape != (len(table.labels), sum(column.width for column in columns)):
        raise ValueError("arrays that do not fit together")
    return table
