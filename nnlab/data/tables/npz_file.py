"""Datasets from .npz files."""

import zipfile
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, cast

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.data.files.npy_header import check_content, read_contents, read_header
from nnlab.data.files.reading import check_fits, check_ratio, check_unpacked, checksum, error_text, file_name, opened
from nnlab.data.tables.array_names import CLASS_NAMES, FEATURE_NAMES, LABELS, find_pairs, unused
from nnlab.data.tables.arrays import Names, Part, dataset_of
from nnlab.errors import DataError
from nnlab.text import near_or_known, one_line, quote

ZIP_MAGIC = b"PK\x03\x04"
MOST_AT_ONCE = 1 << 20


def read_npz(
    path: Path, label: str | None, features: Sequence[str] | None, target: Sequence[str] | None = None
) -> Dataset:
    """The samples and labels in an .npz file.

    ``x`` (or ``X``, ``data``, ``images``) and ``y`` (or ``Y``, ``target``, ``labels``) are all samples; ``x_train`` (or
    ``train_x``), ``x_val``, ``x_test`` etc. are splits. ``features`` gives another name for x, ``label`` for y;
    ``target`` that of numbers in place of labels.
    ``target_names`` and ``feature_names`` are the class and feature names. ``as_samples`` and ``as_classes`` describe
    valid arrays. Raises DataError when an array is missing, damaged, too large or invalid.
    """
    with opened(path) as (file, size):
        digest = checksum(file)
        arrays = Archive(file, size, file_name(path))
        if features is not None and len(features) != 1:
            raise DataError(f"{arrays.name}: data.features: expected the name of one array, found {len(features)}")
        if target is not None and len(target) != 1:
            raise DataError(f"{arrays.name}: data.target: expected the name of one array (N, K), found {len(target)}")
        named = label if target is None else target[0]
        pairs = find_pairs(arrays.members, named, features[0] if features else None)
        names = {CLASS_NAMES: arrays.first(CLASS_NAMES), FEATURE_NAMES: arrays.first(FEATURE_NAMES)}
        if target is not None or (label is not None and label not in LABELS):
            names[CLASS_NAMES] = None  # the class names may belong to another array
        used = [*(name for pair in pairs.values() for name in pair), *filter(None, names.values())]
        arrays.check(used)
        parts = {
            part: Part(arrays.read(x), arrays.read(y), arrays.where(x), arrays.where(y))
            for part, (x, y) in pairs.items()
        }
        class_names, feature_names = (arrays.texts(names[kind]) for kind in (CLASS_NAMES, FEATURE_NAMES))
    left = unused(list(arrays.members), used)
    notes = [f"not used: {one_line(', '.join(left), limit=200)}"] if left else []
    return dataset_of(
        parts, path.name, class_names, feature_names, {path.name: digest}, notes, None if target is None else target[0]
    )


class _SmallReads:
    """A file with limited reads, so that a forged member list, which zipfile reads at once, cannot exhaust memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Read ``size`` bytes; raises BadZipFile for more than ``MOST_AT_ONCE``."""
        if size > MOST_AT_ONCE:
            raise zipfile.BadZipFile(f"a read of {size} bytes, above the limit of {MOST_AT_ONCE}")
        return self._file.read(size)


class Archive:
    """The .npy members of a zip file; sizes are validated before anything is decompressed."""

    def __init__(self, file: IO[bytes], size: int, name: str) -> None:
        self.name = name
        self._size = size
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", _SmallReads(file)))
        except Exception as error:  # zipfile raises many unrelated classes on damaged bytes
            raise DataError(f"{name}: expected an .npz file, found a damaged zip: {error_text(error)}") from error
        self.members = {
            info.filename.removesuffix(".npy"): info for info in self._zip.infolist() if info.filename.endswith(".npy")
        }
        if not self.members:
            raise DataError(f"{name}: expected an .npz file, found a zip without arrays")

    def where(self, name: str) -> str:
        """The name of an array for messages."""
        return f"{self.name}: {one_line(name)}"

    def check(self, names: Sequence[str]) -> None:
        """Raise DataError unless all arrays exist, are numeric or text, and have the size given in their headers."""
        for name in names:
            if name not in self.members:
                hint = near_or_known(name, list(self.members), "arrays")
                raise DataError(f"{self.name}: no array {quote(name)}; {hint}")
        check_fits(self.name, sum(self._checked_size(name) for name in names))

    def _checked_size(self, name: str) -> int:
        info = self.members[name]
        where = self.where(name)
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                f"{where}: expected an array stored or deflated without encryption, as written by numpy.savez"
            )
        packed = min(info.compress_size, self._size)
        deflated = info.compress_type == zipfile.ZIP_DEFLATED
        if deflated:
            check_unpacked(where, packed, info.file_size, "zip")
        elif info.file_size > packed:
            raise DataError(f"{where}: truncated: expected {info.file_size} bytes, found {packed}")
        try:
            with self._zip.open(info) as member:
                shape, dtype = read_header(member, where)
                content = info.file_size - member.tell()
        except DataError:
            raise
        except Exception as error:  # as above
            raise DataError(f"{where}: damaged: {error_text(error)}") from error
        check_content(shape, dtype, content, where)
        if deflated and (dtype != np.uint8 or len(shape) < 3):  # all but images is converted to float64
            check_ratio(where, packed, prod(shape) * 8)
        return content

    def first(self, names: Sequence[str]) -> str | None:
        """The first name that is an array of numbers or text, or None."""
        return next((name for name in names if name in self.members and not self._holds_objects(name)), None)

    def _holds_objects(self, name: str) -> bool:
        try:
            with self._zip.open(self.members[name]) as member:
                return read_header(member, name)[1].hasobject
        except Exception:  # damaged: reported by check()
            return False

    def read(self, name: str) -> Array:
        """A validated array; raises DataError when its contents are damaged."""
        where = self.where(name)
        try:
            with self._zip.open(self.members[name]) as member:
                return read_contents(member, where)
        except (MemoryError, DataError):
            raise
        except Exception as error:  # as above
            raise DataError(f"{where}: damaged: {error_text(error)}") from error

    def texts(self, name: str | None) -> Names:
        """A validated list of names, if any."""
        if name is None:
            return Names((), "")
        array, where = self.read(name), self.where(name)
        if array.ndim != 1:
            raise DataError(f"{where}: expected a list of names, found {array.dtype} of shape {array.shape}")
        return Names(tuple(str(value) for value in array.tolist()), where)
