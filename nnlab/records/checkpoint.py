"""Checkpoint files: every array that resuming needs, with metadata and a SHA-256 of both."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from nnlab.core.arrays import Array
from nnlab.errors import RunError, reason_of
from nnlab.records.formats import TABLES
from nnlab.storage.checked_files import MOST_SECONDS, check_file, damaged, parsed_json
from nnlab.storage.disk import atomic_write
from nnlab.storage.layout import CHECKPOINTS_FOLDER, METRICS_FILE, STEPS_FILE, step_file, step_of
from nnlab.storage.tensors import MAX_HEADER_BYTES, check_header, packed_parts
from nnlab.text import one_line, quote

FORMAT = 1
_ENTRY = "nnlab"


class UnusableCheckpointError(RunError):
    """A checkpoint that may be intact, but cannot be opened, or has the format of another version."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a training after ``step`` updates: arrays by name, and metadata as plain values for JSON."""

    step: int
    arrays: Mapping[str, Array]
    metadata: Mapping[str, Any]


def write_checkpoint(run: Path, checkpoint: Checkpoint, *, synced: bool = True) -> Path:
    """Write a checkpoint named by its step and sync it to the disk, if ``synced``. Raises OSError."""
    metadata = {**checkpoint.metadata, "format": FORMAT, "step": checkpoint.step}
    entry = json.dumps({"facts": metadata, "sha256": _sha256(metadata, checkpoint.arrays)})
    path = run / CHECKPOINTS_FOLDER / step_file(checkpoint.step)
    atomic_write(path, packed_parts(checkpoint.arrays, {_ENTRY: entry}), synced=synced)
    return path


def read_checkpoint(path: Path, content: int) -> Checkpoint:
    """Read a checkpoint with arrays of at most ``content`` bytes and verify its hash.

    The hash detects corruption, not forgery: implausible metadata is rejected as well.
    Raises UnusableCheckpointError where the file cannot be opened or another version wrote it, RunError where it is
    damaged.
    """
    check_file(path, MAX_HEADER_BYTES + content)
    try:
        check_header(path)
        with safe_open(path, framework="np") as file:
            entry = parsed_json((file.metadata() or {}).get(_ENTRY, "null"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        metadata, expected = entry["facts"], entry["sha256"]
        if metadata["format"] != FORMAT:
            raise UnusableCheckpointError(
                f"{path}: has format {quote(metadata['format'], 20)}, but this version of nnlab reads {FORMAT}"
            )
        intact = _sha256(metadata, arrays) == expected and path.name == step_file(metadata["step"])
        plausible = _plausible(metadata)
    except RunError:
        raise
    except OSError as error:
        raise UnusableCheckpointError(f"{path}: cannot be read: {reason_of(error)}") from None
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path}: is damaged: {one_line(str(error), 200)}") from None
    if not (intact and plausible):
        damaged(path, "is damaged: its contents do not match their SHA-256")
    return Checkpoint(metadata["step"], arrays, metadata)


def _plausible(metadata: Mapping[str, Any]) -> bool:
    """Whether the metadata has the types and ranges that a training writes."""
    seconds, digests = metadata["seconds"], metadata["marks"]
    return (
        isinstance(metadata["step"], int)
        and isinstance(metadata["iterations"], int)
        and 0 <= metadata["step"] <= metadata["iterations"]
        and isinstance(metadata["spec"], dict)
        and isinstance(seconds, int | float)
        and 0 <= seconds <= MOST_SECONDS
        and {STEPS_FILE, METRICS_FILE} <= digests.keys() <= set(TABLES)
        and all(isinstance(size, int) and size >= 0 and isinstance(sha256, str) for size, sha256 in digests.values())
    )


def checkpoint_files(run: Path) -> list[Path]:
    """The checkpoints of a run, the newest first."""
    files = [path for path in (run / CHECKPOINTS_FOLDER).glob("step-*.safetensors") if step_of(path) is not None]
    return sorted(files, key=lambda path: step_of(path) or 0, reverse=True)


def _sha256(metadata: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
