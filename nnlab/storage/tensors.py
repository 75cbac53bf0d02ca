"""Reading and writing safetensors files; headers are checked before they are parsed."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save

from nnlab.core.arrays import Array
from nnlab.core.memory import readable_bytes
from nnlab.storage.checked_files import check_file, damaged
from nnlab.text import one_line

# Parsing a header of 100 MB, which safetensors allows, takes 1.4 GB and 24 s; a network of 1000 layers needs 0.2 MB.
MAX_HEADER_BYTES = 2**21
_LENGTH_BYTES = 8
INPUTS_ENTRY = "inputs"
"""Metadata entry with the input format of a model, as JSON."""


def packed(arrays: Mapping[str, Array], metadata: dict[str, str]) -> bytes:
    """A safetensors file, the same bytes for the same arrays and metadata.

    safetensors scrambles arrays that are not C-contiguous, so they are copied first; it writes metadata in another
    order in each process, so the header is rewritten with its entries sorted.
    """
    file = save({name: np.asarray(array, order="C") for name, array in arrays.items()}, metadata=metadata)
    end = _LENGTH_BYTES + int.from_bytes(file[:_LENGTH_BYTES], "little")
    if len(metadata) < 2:
        return file
    entries = json.loads(file[_LENGTH_BYTES:end])
    entries["__metadata__"] = dict(sorted(metadata.items()))
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # the arrays stay aligned
    return len(header).to_bytes(_LENGTH_BYTES, "little") + header + file[end:]


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
