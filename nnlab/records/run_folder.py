"""The run folder as it is written while a run goes on."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np
from safetensors.numpy import save

from nnlab.core.arrays import Array
from nnlab.errors import RunError
from nnlab.records.formats import (
    ENVIRONMENT_FILE,
    LOG_FILE,
    METRICS_COLUMNS,
    METRICS_FILE,
    MODEL_FILE,
    PLOTS_FOLDER,
    SPEC_FILE,
    STEPS_COLUMNS,
    STEPS_FILE,
    SUMMARY_FILE,
    Row,
    best_row,
    csv_line,
)

# Steps are written in bundles: a line each would cost more than a step of a small network.
FLUSH_EVERY = 1000


class RunFolder:
    """Writes one run; as an observer of training it records steps and evaluations as they come.

    Raises RunError when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[str] = []
        self._rows: list[Row] = []
        self._step = 0
        self._summary: dict[str, Any] = {"status": "running", "train_seconds": 0.0}
        self._steps = self._open(STEPS_FILE)
        self._metrics = self._open(METRICS_FILE)
        self._log = self._open(LOG_FILE)
        self._steps.write(",".join(STEPS_COLUMNS) + "\n")
        self._metrics.write(",".join(METRICS_COLUMNS) + "\n")

    @classmethod
    def create(cls, root: Path, name: str) -> Self:
        """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>``, never touching a folder that exists."""
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        for _ in range(100):
            path = root / f"{moment}-{folder_name(name)}-{secrets.token_hex(3)}"
            try:
                path.mkdir(parents=True)
                (path / PLOTS_FOLDER).mkdir()
                return cls(path)
            except FileExistsError:
                if not root.is_dir():
                    raise RunError(f"{root}: is not a folder, so no run can be written there") from None
            except OSError as error:
                raise RunError(f"{path}: cannot be created: {error.strerror or error}") from None
        raise RunError(f"{root}: found no free name for a run folder")

    @property
    def plots(self) -> Path:
        """Where the pictures go."""
        return self.path / PLOTS_FOLDER

    def write_start(self, spec: str, environment: Mapping[str, Any], parameters: int, spec_sha256: str) -> None:
        """Record what is about to run; the summary says ``running`` until :meth:`finish`."""
        self._summary = {
            "status": "running",
            "steps": 0,
            "parameters": parameters,
            "final": None,
            "best": None,
            "train_seconds": 0.0,
            "spec_sha256": spec_sha256,
            "message": "",
        }
        self._replace(SPEC_FILE, spec.encode())
        self._replace(ENVIRONMENT_FILE, _json(environment))
        self._replace(SUMMARY_FILE, _json(self._summary))
        self.flush()

    def on_step(self, step: int, objective: float) -> None:
        """Record the objective of one update."""
        self._step = step
        self._pending.append(csv_line([step, objective]))
        if len(self._pending) >= FLUSH_EVERY:
            self.flush()

    def on_evaluation(self, row: Row) -> None:
        """Record one evaluation."""
        self._rows.append(row)
        self._metrics.write(csv_line([row[column] for column in METRICS_COLUMNS]))
        self.flush()

    def log(self, text: str) -> None:
        """Record a line that the console showed."""
        self._log.write(text + "\n")

    def flush(self) -> None:
        """Hand everything recorded so far to the operating system."""
        self._steps.write("".join(self._pending))
        self._pending.clear()
        for file in (self._steps, self._metrics, self._log):
            file.flush()

    def write_model(self, arrays: Mapping[str, Array], spec_sha256: str) -> None:
        """Save the weights; safetensors scrambles arrays that are not C-contiguous, so they are made so first."""
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        self._replace(MODEL_FILE, save(contiguous, metadata={"spec_sha256": spec_sha256}))

    def finish(self, status: str, seconds: float, message: str = "") -> dict[str, Any]:
        """Write the final summary and give it back."""
        self.flush()
        self._summary |= {
            "status": status,
            "steps": self._step,
            "final": self._rows[-1] if self._rows else None,
            "best": best_row(self._rows),
            "train_seconds": seconds,
            "message": message,
        }
        self._replace(SUMMARY_FILE, _json(self._summary))
        return self._summary

    def fail(self, status: str, message: str) -> None:
        """Note in the summary how the run ended before its time, as far as the disk still takes it."""
        with suppress(OSError):
            self.finish(status, self._summary["train_seconds"], message)

    def close(self) -> None:
        """Close the files; what a full disk refuses has been reported before."""
        for file in (self._steps, self._metrics, self._log):
            with suppress(OSError):
                file.close()

    def _open(self, name: str) -> TextIO:
        return (self.path / name).open("w", encoding="utf-8", newline="\n")

    def _replace(self, name: str, contents: bytes) -> None:
        """Write a whole file so that a reader sees the old or the new one, never half of it."""
        temporary = self.path / f".{name}.tmp"
        try:
            with temporary.open("wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / name)
        except BaseException:
            with suppress(OSError):  # on a full disk the room is needed for the summary
                temporary.unlink()
            raise


def folder_name(name: str) -> str:
    """A run's name as part of a folder name: letters, digits, ``_.-``, at most 60 characters and 180 bytes."""
    plain = re.sub(r"[^\w.]+", "-", name).strip("-.")[:60]
    return plain.encode()[:180].decode(errors="ignore") or "run"


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
