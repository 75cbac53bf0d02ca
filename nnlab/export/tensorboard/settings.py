"""What the HParams view shows of a run: its settings, and when it started."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nnlab.comparisons.entries import RECORDING_KEYS
from nnlab.config.validation import flatten
from nnlab.records.packing import DATA_PATHS
from nnlab.storage.folder_names import TIME_FORMAT, parse_folder_name
from nnlab.storage.short_paths import last_name

_LEFT_OUT = ("name", *RECORDING_KEYS)
_PATHS = tuple(f"data.{key}" for key in DATA_PATHS)


def hparams_of(spec: Mapping[str, Any]) -> dict[str, str | bool | float]:
    """The settings of a spec by dotted key that a result can depend on; of paths the last name, lists as JSON."""
    found: dict[str, str | bool | float] = {}
    for key, value in flatten(spec).items():
        if value is None or key in _LEFT_OUT or key.startswith("compute."):
            continue
        if isinstance(value, str | bool | int | float):
            found[key] = last_name(value) if key in _PATHS and isinstance(value, str) else value
        else:
            found[key] = json.dumps(value, ensure_ascii=False)
    return found


def start_of(run: Path) -> float:
    """The time in the name of a run's folder, or of the sweep or cross-validation that it is in, in seconds; else 0."""
    path = run.resolve()
    for name in (path.name, path.parent.name):
        if parts := parse_folder_name(name):
            try:
                return datetime.strptime(parts.time, TIME_FORMAT).replace(tzinfo=UTC).timestamp()
            except ValueError:  # digits that are no time
                continue
    return 0.0
