"""Reading and writing safetensors files; headers are checked before they are parsed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file

from nnlab.core.arrays import Array
from nnlab.core.memory import readable_bytes
from nnlab.errors import UsageError
from nnlab.storage.checked_files import check_file, damaged
from nnlab.text import one_line

# Parsing a header of 100 MB, which safetensors allows, takes 1.4 GB and 24 s; a network of 1000 layers needs 0.2 MB.
MAX_HEADER_BYTES = 2**21
_LENGTH_BYTES = 8
INPUTS_ENTRY = "inputs"
"""Metadata entry with the input format of a model, as JSON."""


# The data types that arrays of nnlab have, in the order in which safetensors writes them (the last first).
_DTYPES = {"bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "float16": "F16"}
_DTYPES |= {"int32": "I32", "uint32": "U32", "float32": "F32", "float64": "F64", "int64": "I64", "uint64": "U64"}
_RANKS = {name: rank for rank, name in enumerate(_DTYPES)}
# Arrays below this size are written together: a call for each would take longer.
_PART_BYTES = 2**20


def packed(arrays: Mapping[str, Array], metadata: dict[str, str]) -> bytes:
    """A safetensors file, the same bytes for the same arrays and metadata."""
    return b"".join(packed_parts(arrays, metadata))


def packed_parts(arrays: Mapping[str, Array], metadata: dict[str, str]) -> Iterator[bytes | memoryview]:
    """The same file in parts, of which large ones are the memory of the arrays: no copy of a network is made.

    safetensors itself writes metadata in another order in each process, and copies all arrays twice. Raises UsageError
    for a data type that such a file cannot have.
    """
    for name, array in arrays.items():
        if array.dtype.name not in _DTYPES:
            known = ", ".join(_DTYPES)
            raise UsageError(f"{name}: arrays of {array.dtype} cannot be saved; convert it to one of {known}")
    order = sorted(arrays, key=lambda name: (-_RANKS[arrays[name].dtype.name], name))
    entries: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in order:
        start, end = end, end + arrays[name].nbytes
        kind, shape = _DTYPES[arrays[name].dtype.name], list(arrays[name].shape)
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # the arrays stay aligned
    together = bytearray(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
    for name in order:
        little_endian = arrays[name].dtype.newbyteorder("<")
        contents = np.ascontiguousarray(arrays[name], little_endian).reshape(-1).view(np.uint8).data
        if len(contents) < _PART_BYTES:
            together += contents
        else:
            yield bytes(together)
            yield contents
            together.clear()
    yield bytes(together)


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file; raises RunError when the file is damaged."""
    try:
        check_header(path)
        with safe_open(path, framework="np") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError, TypeError, ValueError, AttributeError) as error:
        damaged(path, f"cannot be loaded: {one_line(str(error), 200)}")


def check_header(path: Path) -> None:
    """Raise RunError where the header claims more than 2 MiB, and OSError when the file cannot be read."""
    with path.open("rb") as file:
        header = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    if header > MAX_HEADER_BYTES:
        most = readable_bytes(MAX_HEADER_BYTES)
        damaged(path, f"cannot be loaded: its header claims {header} bytes, but may have at most {most}")


def read_tensors(path: Path, content: int) -> dict[str, Array]:
    """The arrays in a safetensors file, of at most ``content`` bytes together.

    Raises RunError when the file is damaged or larger, or has a data type that NumPy lacks.
    """
    check_file(path, _LENGTH_BYTES + MAX_HEADER_BYTES + content)
    try:
        check_header(path)
        return load_file(path)
    except (SafetensorError, OSError, TypeError, ValueError, AttributeError) as error:
        damaged(path, f"cannot be loaded: {one_line(str(error), 200)}")
