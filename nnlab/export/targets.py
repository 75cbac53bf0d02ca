"""The targets of ``nnlab export``; the module of a target is loaded when it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from nnlab.errors import UsageError
from nnlab.export.request import ExportRequest
from nnlab.records.formats import FolderKind

TargetName = Literal["zip", "onnx", "safetensors", "tensorboard", "csv"]


@dataclass(frozen=True)
class Target:
    """A format: the module whose ``export(request)`` writes it and gives the paths, and what it takes.

    ``kinds`` are the folders that it can export, ``options`` the fields of a request that only some targets have.
    """

    module: str
    kinds: tuple[FolderKind, ...] = ("run",)
    options: tuple[str, ...] = ()


TARGETS: Mapping[TargetName, Target] = {
    "zip": Target("nnlab.export.zip", ("run", "crossval", "descent", "sweep")),  # of a sweep it names the trials
    "onnx": Target("nnlab.export.onnx.export", options=("probabilities",)),
    "safetensors": Target("nnlab.export.safetensors_torch"),
    "tensorboard": Target("nnlab.export.tensorboard.export", ("run", "crossval", "sweep")),
    "csv": Target("nnlab.export.predictions_csv", options=("data",)),
}


def check_options(target: TargetName, given: Mapping[str, bool]) -> None:
    """Raise UsageError for an option that is given but belongs to other targets."""
    for option, is_given in given.items():
        if is_given and option not in TARGETS[target].options:
            owners = " or ".join(f"--to {name}" for name, other in TARGETS.items() if option in other.options)
            raise UsageError(f"--{option}: is an option of {owners}, not of --to {target}")


def export(target: TargetName, request: ExportRequest) -> list[Path]:
    """Write a run in a format and return the paths written; a check that fails after writing raises CheckFailed."""
    paths: list[Path] = import_module(TARGETS[target].module).export(request)
    return paths
