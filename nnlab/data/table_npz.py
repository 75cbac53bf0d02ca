"""Arrays in an .npz file as a labelled dataset."""

import zipfile
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.lib import format as npy

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.labels import check_spellings, classes_of
from nnlab.data.reading import (
    MOST_PROBLEMS,
    check_fits,
    check_growth,
    check_unpacked,
    checksum,
    file_name,
    opened,
)
from nnlab.errors import DataError, one_line, shown
from nnlab.registry import near_name

ZIP_MAGIC = b"PK\x03\x04"
MOST_AT_ONCE = 1 << 20


def read_npz(path: Path, label: str | None, features: Sequence[str] | None) -> Dataset:
    """The arrays ``x`` (or ``X``) and ``y``, or ``x_train``, ``y_train`` and, where present, ``x_test``, ``y_test``.

    ``features`` holds another name for x, ``label`` one for y. uint8 images (N, H, W), (N, H, W, C) and (N, C, H, W)
    become (N, C, H, W) pixels, arrays (N, D) of numbers float64 features. Raises DataError when an array is missing,
    damaged, too large, or not of that kind.
    """
    with opened(path) as (file, size):
        digest = checksum(file)
        arrays = _Archive(file, size, file_name(path))
        x, y = _names(arrays, label, features)
        wanted = [(x, y)]
        if f"{x}_train" in arrays.members:
            wanted = [(f"{x}_train", f"{y}_train")]
            if f"{x}_test" in arrays.members:
                wanted.append((f"{x}_test", f"{y}_test"))
        arrays.check([name for pair in wanted for name in pair])
        inputs = [_inputs(arrays.read(name), arrays.where(name)) for name, _ in wanted]
        raw_labels = [_raw_labels(arrays.read(name), arrays.where(name)) for _, name in wanted]
    for (x, y), samples, sample_labels in zip(wanted, inputs, raw_labels, strict=True):
        if len(samples) != len(sample_labels):
            raise DataError(
                f"{arrays.where(y)}: expected {len(samples)} labels, one for each sample, found {len(sample_labels)}"
            )
        if samples.dtype != inputs[0].dtype or samples.shape[1:] != inputs[0].shape[1:]:
            raise DataError(
                f"{arrays.where(x)}: expected samples as in training, {inputs[0].dtype} {inputs[0].shape[1:]}, "
                f"found {samples.dtype} {samples.shape[1:]}"
            )
    # Joined, labels would all become as long as the longest text.
    found = [np.unique(part, return_inverse=True) for part in raw_labels]
    check_spellings(sum(len(distinct) for distinct, _ in found), arrays.where(wanted[0][1]))
    names = [str(value) for distinct, _ in found for value in distinct.tolist()]
    classes, class_names = classes_of(names, arrays.where(wanted[0][1]))
    of_parts = np.split(np.array(classes, np.intp), [len(found[0][0])])
    labels = [part[codes] for part, (_, codes) in zip(of_parts, found, strict=False)]
    train, *test = (Split(*pair) for pair in zip(inputs, labels, strict=False))
    return Dataset(train, test[0] if test else None, class_names, {path.name: digest})


class _Sips:
    """A file that is read in small parts only; its list of members, which zipfile reads in one, may be no larger."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """So many bytes; raises BadZipFile when they are more than ``MOST_AT_ONCE``."""
        if size > MOST_AT_ONCE:
            raise zipfile.BadZipFile(f"a part of {size} bytes, which no array and no list of arrays needs")
        return self._file.read(size)


class _Archive:
    """The .npy members of a zip file; none is unpacked before its sizes have been checked."""

    def __init__(self, file: IO[bytes], size: int, name: str) -> None:
        self.name = name
        self._size = size
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", _Sips(file)))
        except Exception as error:  # zipfile raises many unrelated classes on damaged bytes
            raise DataError(f"{name}: expected an .npz file, found a damaged zip: {_one_line(error)}") from error
        self.members = {
            info.filename.removesuffix(".npy"): info for info in self._zip.infolist() if info.filename.endswith(".npy")
        }
        if not self.members:
            raise DataError(f"{name}: expected an .npz file, found a zip without arrays")

    def where(self, name: str) -> str:
        """An array as it stands in messages."""
        return f"{self.name}: {one_line(name)}"

    def check(self, names: Sequence[str]) -> None:
        """Raise DataError unless all arrays exist, are plain numbers or text, and hold what their headers claim."""
        for name in names:
            if name not in self.members:
                near = near_name(name, list(self.members))
                known = shown(", ".join(self.members), limit=200)
                hint = f"did you mean {shown(near)}?" if near else f"the arrays are {known}"
                raise DataError(f"{self.name}: no array {shown(name)}; {hint}")
        check_fits(self.name, sum(self._checked_size(name) for name in names))

    def _checked_size(self, name: str) -> int:
        info = self.members[name]
        where = self.where(name)
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{where}: expected it stored or deflated and not encrypted, as numpy.savez writes it")
        packed = min(info.compress_size, self._size)
        deflated = info.compress_type == zipfile.ZIP_DEFLATED
        if deflated:
            check_unpacked(where, packed, info.file_size, "zip")
        elif info.file_size > packed:
            raise DataError(f"{where}: truncated: expected {info.file_size} bytes, found {packed}")
        try:
            with self._zip.open(info) as member:
                version = npy.read_magic(member)
                if version != (1, 0):
                    raise ValueError(f"version 1.0 of the .npy format expected, found {version}")
                shape, _, dtype = npy.read_array_header_1_0(member)
                content = info.file_size - member.tell()
        except Exception as error:  # zipfile and NumPy's header parser raise many unrelated classes on damaged bytes
            raise DataError(f"{where}: damaged: {_one_line(error)}") from error
        if dtype.kind not in "biufU":
            raise DataError(f"{where}: expected numbers or text, found {shown(str(dtype))}")
        expected = prod(shape) * dtype.itemsize
        if min(shape, default=0) < 0 or expected != content:
            raise DataError(f"{where}: expected {expected} bytes for {dtype} of shape {shape}, found {content}")
        if deflated and (dtype != np.uint8 or len(shape) < 3):  # what are no images becomes numbers of 8 bytes
            check_growth(where, packed, prod(shape) * 8)
        return content

    def read(self, name: str) -> Array:
        """A checked array; raises DataError when its contents are damaged."""
        try:
            with self._zip.open(self.members[name]) as member:
                return npy.read_array(member, allow_pickle=False)
        except MemoryError:
            raise
        except Exception as error:  # as above
            raise DataError(f"{self.where(name)}: damaged: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return one_line(str(error) or type(error).__name__, limit=200)


def _names(arrays: _Archive, label: str | None, features: Sequence[str] | None) -> tuple[str, str]:
    """The names of the inputs and of the labels, without ``_train``."""
    if features is not None and len(features) != 1:
        raise DataError(f"{arrays.name}: data.features: expected the name of one array, found {len(features)}")
    if features is not None:
        x = features[0]
    else:
        x = "X" if not {"x", "x_train"} & set(arrays.members) and {"X", "X_train"} & set(arrays.members) else "x"
    return x, "y" if label is None else label


def _inputs(array: Array, where: str) -> Array:
    """Inputs as pixels (N, C, H, W) or as finite float64 features (N, D)."""
    if 0 in array.shape or array.dtype.kind == "U":
        raise DataError(f"{where}: expected numbers of samples, found {array.dtype} of shape {array.shape}")
    if array.dtype == np.uint8 and array.ndim == 3:
        return array[:, np.newaxis]
    if array.dtype == np.uint8 and array.ndim == 4 and array.shape[3] in (1, 3):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    if array.dtype == np.uint8 and array.ndim == 4 and array.shape[1] in (1, 3):
        return array
    if array.ndim != 2:
        raise DataError(
            f"{where}: expected numbers (N, D) or uint8 images (N, H, W) or (N, H, W, C) with C 1 or 3, "
            f"found {array.dtype} of shape {array.shape}"
        )
    check_fits(where, array.size * np.dtype(np.float64).itemsize)
    with np.errstate(over="ignore"):
        features = array.astype(np.float64)
    if not np.isfinite(features).all():
        bad = np.argwhere(~np.isfinite(features))[:MOST_PROBLEMS]
        raise DataError(
            "\n".join(
                f"{where}: row {row}, column {column} (from 0): expected a finite number, found {features[row, column]}"
                for row, column in bad
            )
        )
    return features


def _raw_labels(array: Array, where: str) -> Array:
    """Labels (N,), also from a column (N, 1)."""
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{where}: expected one label for each sample, of shape (N,), found shape {array.shape}")
    return array
