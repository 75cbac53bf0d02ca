"""CIFAR-10, binary or Python version (https://www.cs.toronto.edu/~kriz/cifar.html)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.download import Download, DownloadObserver, RemoteFile
from nnlab.data.files.plain_pickle import read_plain_pickle
from nnlab.data.files.reading import HashingReader, check_fits, file_name, most_unpacked, opened, unpacked
from nnlab.data.files.tar import first_folder, members
from nnlab.errors import DataError, reason_of
from nnlab.registry import Doc, FilePath, datasets

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IMAGE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
"""Bytes per image: the label, then the red, green and blue pixels row by row."""

TRAIN_FILES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_FILES = ("test_batch",)
FILES = (*TRAIN_FILES, *TEST_FILES)
BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
"""The folders of the two versions: .bin files in the binary version, pickles in the Python version."""

LARGEST_PICKLE = 64 << 20
"""Size limit of a pickle in bytes; the published ones have 31,035,704."""

# Size and SHA-256 as in TensorFlow Datasets' url_checksums/cifar10.txt.
ARCHIVE = RemoteFile(
    name="cifar-10-binary.tar.gz",
    size=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-10-binary.tar.gz",
    ),
)


@datasets.register("cifar10")
@dataclass(kw_only=True)
class Cifar10(DatasetSource):
    """CIFAR-10: 50,000 + 10,000 photographs, 32x32 colour pixels, 10 classes.

    Source: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
    """

    download: ClassVar[Download | None] = Download("cifar10", (ARCHIVE,))
    published_shape: ClassVar[tuple[Shape, int] | None] = ((3, 32, 32), 10)

    path: Annotated[
        str | None,
        FilePath(),
        Doc("folder with data_batch_1(.bin), ..., test_batch(.bin), or the .tar.gz; null: download"),
    ] = None

    def files(self) -> list[Path]:
        return super().files() if self.path is None else [Path(self.path)]

    def fetch(self, observer: DownloadObserver | None = None) -> None:
        """Download the archive unless ``path`` is given."""
        if self.path is None:
            super().fetch(observer)

    def read(self, rng: RandomGenerator) -> Dataset:
        """All images, in file order.

        Raises DataError when a file is missing or damaged, or when the archive cannot be downloaded.
        """
        self.fetch()
        (path,) = self.files()
        try:
            is_folder = path.is_dir()
        except OSError as error:
            raise DataError(f"{file_name(path)}: {reason_of(error)}") from error
        checksums: dict[str, str] = {}
        records = (_read_folder if is_folder else _read_archive)(path, checksums)
        train, test = (_split(records, names) for names in (TRAIN_FILES, TEST_FILES))
        return Dataset(train, test, CLASS_NAMES, checksums)


def read_batch(path: Path) -> Dataset:
    """The images of one of the files, all as training samples; raises DataError when it is damaged."""
    checksums: dict[str, str] = {}
    records = {path.name: _read_file(path, checksums)}
    return Dataset(_split(records, [path.name]), None, CLASS_NAMES, checksums)


def _read_folder(folder: Path, checksums: dict[str, str]) -> dict[str, Array]:
    for location, ending in ((folder, ".bin"), (folder, ""), (folder / BINARY, ".bin"), (folder / PYTHON, "")):
        if (location / f"{FILES[0]}{ending}").exists():
            folder = location
            break
    else:
        ending = ".bin"
    names = [f"{name}{ending}" for name in FILES]
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise DataError(f"{file_name(folder)}: expected {', '.join(names)}; missing {', '.join(missing)}")
    return {name: _read_file(folder / f"{name}{ending}", checksums) for name in FILES}


def _read_file(path: Path, checksums: dict[str, str]) -> Array:
    with opened(path) as (file, size):
        reader = HashingReader(file_name(path), file)
        records = (_read_records if path.suffix else _read_pickle)(reader, size, reader.name)
        reader.end(str(size))
        checksums[path.name] = reader.digest.hexdigest()
    return records


def _read_archive(path: Path, checksums: dict[str, str]) -> dict[str, Array]:
    """The records of each file in a .tar.gz, read as a stream without unpacking to disk."""
    with opened(path) as (file, size):
        reader = HashingReader(file_name(path), unpacked(file)[0])
        pickled = first_folder(reader, (BINARY, PYTHON), most_unpacked(size)) == PYTHON
    folder, ending = (PYTHON, "") if pickled else (BINARY, ".bin")
    wanted = {f"{folder}/{name}{ending}": name for name in FILES}
    records = {}
    with opened(path) as (file, size):
        stream, packed = unpacked(file)
        reader = HashingReader(file_name(path), stream)
        most = most_unpacked(size) if packed else size
        for member in members(reader, wanted, most):
            name, where = wanted[member.name], f"{reader.name}: {member.name}"
            reader.digest = sha256()
            records[name] = (_read_pickle if pickled else _read_records)(reader, member.size, where)
            checksums[f"{name}{ending}"] = reader.digest.hexdigest()
    return records


def _read_pickle(reader: HashingReader, size: int, where: str) -> Array:
    """The images of one pickle as (N, RECORD) bytes: the label, then the pixels."""
    if size > LARGEST_PICKLE:
        raise DataError(f"{where}: expected at most {LARGEST_PICKLE} bytes, found {size}")
    content = np.empty(size, np.uint8)
    reader.fill(content.data, f"at least {reader.count + size}")
    found = read_plain_pickle(content.tobytes(), where)
    data, labels = found.get("data"), found.get("labels")
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != RECORD - 1 or not len(data):
        raise DataError(f"{where}: expected the array data of shape (N, {RECORD - 1}), found {_kind(data)}")
    if not isinstance(labels, list) or len(labels) != len(data):
        raise DataError(f"{where}: expected the list labels of {len(data)} numbers, found {_kind(labels)}")
    for index, label in enumerate(labels):
        if type(label) is not int or not 0 <= label < len(CLASS_NAMES):
            raise DataError(
                f"{where}: image {index + 1} of {len(labels)}: expected a label from 0 to {len(CLASS_NAMES) - 1}, "
                f"found {label if type(label) is int else type(label).__name__}"
            )
    records = np.empty((len(data), RECORD), np.uint8)
    records[:, 0], records[:, 1:] = labels, data
    return records


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"shape {value.shape}"
    return "nothing" if value is None else f"a {type(value).__name__}"


def _read_records(reader: HashingReader, size: int, where: str) -> Array:
    """The images of one file as (N, RECORD) bytes."""
    if size == 0 or size % RECORD:
        raise DataError(f"{where}: expected a multiple of {RECORD} bytes (one image), found {size}")
    check_fits(where, size)
    records = np.empty((size // RECORD, RECORD), np.uint8)
    reader.fill(records.reshape(-1).data, f"at least {reader.count + size}")
    labels = records[:, 0]
    if labels.max() >= len(CLASS_NAMES):
        first = int(np.argmax(labels >= len(CLASS_NAMES)))
        raise DataError(
            f"{where}: image {first + 1} of {len(records)}: expected a label from 0 to {len(CLASS_NAMES) - 1}, "
            f"found {labels[first]}"
        )
    return records


def _split(records: dict[str, Array], names: Sequence[str]) -> Split:
    """The images of several files, removed from ``records`` one by one to save memory."""
    count = sum(len(records[name]) for name in names)
    images, labels = np.empty((count, *IMAGE), np.uint8), np.empty(count, np.intp)
    start = 0
    for name in names:
        part = records.pop(name)
        end = start + len(part)
        labels[start:end] = part[:, 0]
        images[start:end] = part[:, 1:].reshape(-1, *IMAGE)
        start = end
    return Split(images, labels)
