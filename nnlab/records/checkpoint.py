"""A checkpoint on disk: every array that training goes on from, and facts about it, in one checked file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from nnlab.core.arrays import Array
from nnlab.errors import RunError, one_line
from nnlab.records.checked_files import check_file, damaged
from nnlab.records.disk import atomic_write
from nnlab.records.formats import CHECKPOINTS_FOLDER, step_file, step_of
from nnlab.records.tensors import check_header, packed

FORMAT = 1
MAX_BYTES = 2**36
_ENTRY = "nnlab"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a training after ``step`` updates: arrays by name, and facts that JSON can hold."""

    step: int
    arrays: Mapping[str, Array]
    facts: Mapping[str, Any]


def write_checkpoint(run: Path, checkpoint: Checkpoint) -> Path:
    """Save a checkpoint under its step; once this is back, it is on the disk. Raises OSError."""
    facts = {**checkpoint.facts, "format": FORMAT, "step": checkpoint.step}
    entry = json.dumps({"facts": facts, "sha256": _sha256(facts, checkpoint.arrays)})
    path = run / CHECKPOINTS_FOLDER / step_file(checkpoint.step)
    atomic_write(path, packed(checkpoint.arrays, {_ENTRY: entry}))
    return path


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and hold every byte of it against its hash; raises RunError."""
    check_file(path, MAX_BYTES)
    try:
        check_header(path)
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            entry = json.loads(metadata.get(_ENTRY, "null"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        facts, expected = entry["facts"], entry["sha256"]
        if facts["format"] != FORMAT:
            damaged(path, f"has format {facts['format']}, but this version of nnlab reads {FORMAT}")
        step = int(facts["step"])
        sound = _sha256(facts, arrays) == expected and path.name == step_file(step)
    except RunError:
        raise
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path}: is damaged: {one_line(str(error), 200)}") from None
    if not sound:
        damaged(path, "is damaged: its contents are not those that were written")
    return Checkpoint(step, arrays, facts)


def checkpoint_files(run: Path) -> list[Path]:
    """The checkpoints of a run, the newest first."""
    files = [path for path in (run / CHECKPOINTS_FOLDER).glob("step-*.safetensors") if step_of(path) is not None]
    return sorted(files, key=lambda path: step_of(path) or 0, reverse=True)


def _sha256(facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
