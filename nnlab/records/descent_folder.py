"""The folder of a descent: its spec, every step of every path, and a summary."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nnlab.core.arrays import Array
from nnlab.errors import RunError, reported_as
from nnlab.records.formats import csv_line, path_columns
from nnlab.storage.disk import atomic_write, make_folder
from nnlab.storage.folder_names import plain_name
from nnlab.storage.folders import as_json, create_folder
from nnlab.storage.layout import (
    ENVIRONMENT_FILE,
    LOG_FILE,
    PATH_FILE,
    PLOTS_FOLDER,
    PLUGINS_FOLDER,
    SPEC_FILE,
    SUMMARY_FILE,
)


def create_descent_folder(root: Path, name: str) -> Path:
    """Make ``root/<UTC yyyymmdd-hhmmss>-<name>-<6 hex>`` with a folder for pictures; raises RunError."""
    path = create_folder(root, plain_name(name))
    with reported_as(RunError, f"{path}: cannot be created"):
        make_folder(path / PLOTS_FOLDER)
    return path


def write_descent(
    path: Path,
    *,
    spec: str,
    environment: Mapping[str, Any],
    summary: Mapping[str, Any],
    paths: Mapping[str, tuple[Array, Array, Array]],
    lines: Sequence[str],
    plugins: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write the plugins, spec.yaml, environment.json, path.csv, log.txt and, last, summary.json; raises RunError.

    ``paths`` holds positions (steps + 1, n), values and gradient norms by the optimizer's label. Without any, path.csv
    has only the header for two variables.
    """
    count = next((positions.shape[1] for positions, _, _ in paths.values()), 2)
    rows = [",".join(path_columns(count)) + "\n"]
    for label, (positions, values, norms) in paths.items():
        quoted = f'"{label}"' if "," in label else label
        for step, (position, value, norm) in enumerate(zip(positions, values, norms, strict=True)):
            rows.append(f"{quoted},{step},{csv_line([*position.tolist(), float(value), float(norm)])}")
    files = {
        SPEC_FILE: spec.encode(),
        ENVIRONMENT_FILE: as_json(environment),
        PATH_FILE: "".join(rows).encode(),
        LOG_FILE: "".join(f"{line}\n" for line in lines).encode(),
        SUMMARY_FILE: as_json(summary),
    }
    with reported_as(RunError, f"{path}: cannot be written"):
        for name, contents in plugins.items():
            make_folder(path / PLUGINS_FOLDER, exist_ok=True)
            atomic_write(path / PLUGINS_FOLDER / name, contents)
        for file, contents in files.items():
            atomic_write(path / file, contents)
