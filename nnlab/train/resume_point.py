"""The checkpoint that a run is resumed from, and the tables that belong to it."""

import hashlib
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnlab.errors import RunError, reason_of
from nnlab.records.checkpoint import Checkpoint, UnusableCheckpointError, checkpoint_files, read_checkpoint
from nnlab.storage.checked_files import check_file
from nnlab.storage.csv_tables import MAX_TABLE_BYTES
from nnlab.storage.growing_file import start_sha256


@dataclass(frozen=True, eq=False)
class ResumePoint:
    """A checkpoint that training can resume from, and the tables that must be restored for it."""

    checkpoint: Checkpoint
    tables: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """The number of updates made."""
        return self.checkpoint.step

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the checkpoint records beside its arrays."""
        return self.checkpoint.metadata


def latest_valid_checkpoint(path: Path, content: int, warn: Callable[[str], None]) -> ResumePoint | None:
    """The newest checkpoint that is intact and whose tables still begin as they did; ``warn`` is called for others.

    One with more than ``content`` bytes of arrays is not of this run. None where there is no intact checkpoint; raises
    RunError where there are some, but none can be read here or fits the tables: resuming would discard them.
    """
    unfit: list[str] = []
    for file in checkpoint_files(path):
        try:
            checkpoint = read_checkpoint(file, content)
        except UnusableCheckpointError as error:
            unfit.append(str(error))
            continue
        except RunError as error:
            warn(f"{error}; the checkpoint before it is used")
            continue
        tables, reason = verified_tables(path, checkpoint.metadata["marks"])
        if not reason:
            for name in tables:
                warn(f"{path / name}: its line endings or byte-order mark were changed; resuming restores them")
            return ResumePoint(checkpoint, tables)
        unfit.append(f"{reason}, so the checkpoint after step {checkpoint.step} does not fit it")
    if unfit:
        raise RunError(
            f"{unfit[0]}; nothing was changed: restore the file (from version control or a backup), or discard the "
            f"checkpoints and train from step 0 with nnlab train --resume {path} --restart"
        )
    return None


def verified_tables(path: Path, digests: Mapping[str, Any]) -> tuple[dict[str, bytes], str]:
    """The original contents of tables in which only line endings or a byte-order mark were changed.

    And why a table no longer begins with what was written; empty where all do.
    """
    changed: dict[str, bytes] = {}
    for name, (size, sha256) in digests.items():
        try:
            check_file(path / name, MAX_TABLE_BYTES)
            if start_sha256(path / name, size) == sha256:
                continue
            written = (path / name).read_bytes().removeprefix(BOM_UTF8).replace(b"\r\n", b"\n")[:size]
        except RunError as error:
            return {}, str(error)
        except OSError as error:
            return {}, f"{path / name}: {reason_of(error)}"
        if hashlib.sha256(written).hexdigest() != sha256:
            return {}, f"{path / name}: is not as it was written"
        changed[name] = written
    return changed, ""
