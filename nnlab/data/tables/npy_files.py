"""Datasets from pairs of .npy files: samples and labels."""

from pathlib import Path

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.files.npy_header import check_content, read_contents, read_header
from nnlab.data.files.reading import check_fits, checksum, file_name, opened
from nnlab.data.tables.arrays import Part, dataset_of
from nnlab.errors import DataError


def read_npy(
    path: Path, labels: Path | None, test_path: Path | None, test_labels: Path | None, *, numbers: bool = False
) -> Dataset:
    """The samples of ``path`` with ``labels``, and optionally of ``test_path`` with ``test_labels``.

    The labels are ``numbers`` where the keys are data.targets and data.test_targets.

    Raises DataError when a file is missing, damaged, too large or invalid.
    """
    if labels is None:
        hint = "; data.targets names one with numbers to predict"
        raise DataError(f"{file_name(path)}: data.labels: expected the .npy file with the labels, found none{hint}")
    pairs = {"train": (path, labels)}
    if test_path is not None and test_labels is not None:
        pairs["test"] = test_path, test_labels
    elif test_path is not None or test_labels is not None:
        key = "test_targets" if numbers else "test_labels"
        missing_key = key if test_labels is None else "test_path"
        raise DataError(
            f"{file_name(path)}: data.{missing_key}: expected an .npy file (test samples need both), found none"
        )
    checksums: dict[str, str] = {}
    parts = {
        part: Part(read_array(x, checksums), read_array(y, checksums), file_name(x), file_name(y))
        for part, (x, y) in pairs.items()
    }
    return dataset_of(parts, path.name, checksums=checksums, target=labels.stem if numbers else None)


def read_array(path: Path, checksums: dict[str, str]) -> Array:
    """The array of an .npy file, whose SHA-256 is added to ``checksums``; raises DataError for a damaged one."""
    name = file_name(path)
    with opened(path) as (file, size):
        key = path.name if path.name not in checksums else f"{path.parent.name}/{path.name}"
        checksums[key] = checksum(file)
        shape, dtype = read_header(file, name)
        check_content(shape, dtype, size - file.tell(), name)
        check_fits(name, size)
        file.seek(0)
        return read_contents(file, name)
