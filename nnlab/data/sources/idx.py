"""IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist/), and folders of four of them as a dataset."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from itertools import islice
from math import prod
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array, Shape, shape_text
from nnlab.core.random import RandomGenerator
from nnlab.data.dataset import Dataset, Split
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.files.reading import HashingReader, check_fits, check_unpacked, file_name, opened, unpacked
from nnlab.errors import DataError, reason_of
from nnlab.registry import Doc, FilePath, datasets
from nnlab.text import one_line, quote

ELEMENT_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 32

IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"
MOST_FILES = 10_000
_NAME = re.compile(r"(.*?)(train|t10k|test)[-_](images|labels)[-.]idx[13][-_]ubyte(\.gz)?", re.DOTALL)


def read_idx(path: Traversable) -> tuple[Array, str]:
    """The array in an IDX file, plain or gzipped, and the SHA-256 of its uncompressed bytes.

    The size in the header is checked against the file size before memory is allocated, and decompression stops at
    that size. Raises DataError when the file is missing, truncated, too long, damaged, or not IDX.
    """
    with opened(path) as (file, size):
        stream, packed = unpacked(file)
        reader = HashingReader(file_name(path), stream)
        dtype, shape = _read_header(reader)
        content = prod(shape) * dtype.itemsize
        _check_size(reader.name, shape, dtype, reader.count + content, size, packed=packed)
        expected = str(reader.count + content)
        memory = np.empty(content, np.uint8)
        reader.fill(memory.data, expected)
        reader.end(expected)
    array = memory.view(dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False), reader.digest.hexdigest()


def is_idx(head: bytes) -> bool:
    """Whether a file begins like an IDX file."""
    return head[:2] == b"\0\0" and len(head) >= 4 and head[2] in ELEMENT_TYPES and 1 <= head[3] <= MOST_DIMENSIONS


def _read_header(reader: HashingReader) -> tuple[np.dtype[np.generic], Shape]:
    """Element type and shape: two zero bytes, a type byte, the number of dimensions, each size as big-endian uint32."""
    magic = bytearray(4)
    reader.fill(memoryview(magic), "at least 4")
    zeros, element_type, dimensions = magic[:2], magic[2], magic[3]
    if any(zeros) or element_type not in ELEMENT_TYPES or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise DataError(
            f"{reader.name}: not an IDX file: expected to start with 00 00, a type "
            f"({', '.join(f'{code:02x}' for code in ELEMENT_TYPES)}) and 01 to {MOST_DIMENSIONS:02x} dimensions, "
            f"found {magic.hex(' ')}"
        )
    sizes = bytearray(4 * dimensions)
    reader.fill(memoryview(sizes), f"at least {len(magic) + len(sizes)}")
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    return np.dtype(ELEMENT_TYPES[element_type]), shape


def _check_size(
    name: str, shape: Shape, dtype: np.dtype[np.generic], expected: int, size: int, *, packed: bool
) -> None:
    """Raise DataError when the header contradicts the file size."""
    if not packed and expected != size:
        fault = "truncated" if size < expected else "too long"
        raise DataError(f"{name}: {fault}: expected {expected} bytes, found {size}")
    if packed:
        check_unpacked(name, size, expected, "gzip")
    # With a dimension of size 0 the content is empty however large the other dimensions are.
    check_fits(name, prod(max(size, 1) for size in shape) * dtype.itemsize)


def read_folder(folder: Traversable, endings: Sequence[str] = ("", ".gz")) -> Dataset:
    """The dataset in a folder of four files named like MNIST's, with greyscale images as (N, 1, H, W) pixels.

    ``endings`` are the allowed file name suffixes. Raises DataError when a file is missing or damaged, or when the
    files are inconsistent.
    """
    files = {
        part: [(name, _find(folder, name, endings)) for name in (f"{word}-{IMAGES}", f"{word}-{LABELS}")]
        for part, word in (("train", "train"), ("test", "t10k"))
    }
    return _read_files(folder, files)


def _read_files(folder: Traversable, files: Mapping[str, Sequence[tuple[str, Traversable]]]) -> Dataset:
    """The dataset in four files: images and labels for train and test, each with its name in the checksums."""
    checksums: dict[str, str] = {}
    train, test = (_read_split(files[part][0], files[part][1], checksums) for part in ("train", "test"))
    if train.inputs.shape[1:] != test.inputs.shape[1:]:
        raise DataError(
            f"{file_name(folder)}: expected test images of {shape_text(train.inputs.shape[2:])} pixels as in training, "
            f"found {shape_text(test.inputs.shape[2:])}"
        )
    classes = max(2, 1 + int(train.targets.max()), 1 + int(test.targets.max()))
    return Dataset(train, test, tuple(str(label) for label in range(classes)), checksums)


def _read_split(
    images_at: tuple[str, Traversable], labels_at: tuple[str, Traversable], checksums: dict[str, str]
) -> Split:
    (images_name, images_file), (labels_name, labels_file) = images_at, labels_at
    images, checksums[images_name] = read_idx(images_file)
    labels, checksums[labels_name] = read_idx(labels_file)
    for path, array, axes in ((images_file, images, ("N", "H", "W")), (labels_file, labels, ("N",))):
        if array.dtype != np.uint8 or array.ndim != len(axes) or 0 in array.shape:
            raise DataError(
                f"{file_name(path)}: expected uint8 of shape ({', '.join(axes)}), none of them 0, "
                f"found {array.dtype.name} of shape {array.shape}"
            )
    if len(images) != len(labels):
        raise DataError(f"{file_name(labels_file)}: expected {len(images)} labels, one per image, found {len(labels)}")
    return Split(images[:, np.newaxis], labels.astype(np.intp))


def _find(folder: Traversable, name: str, endings: Sequence[str]) -> Traversable:
    """The file of the given name, in any accepted spelling."""
    accepted = [spelling + end for spelling in (name, name.replace("-idx", ".idx")) for end in endings]
    try:
        for spelling in accepted:
            if folder.joinpath(spelling).is_file():
                return folder.joinpath(spelling)
        fault = "a file is missing" if folder.is_dir() else "no such folder"
    except OSError as error:
        raise DataError(f"{file_name(folder)}: {reason_of(error)}") from error
    raise DataError(f"{file_name(folder)}: {fault}: expected {' or '.join(accepted)}")


def _has_mnist_names(folder: Path) -> bool:
    """Whether the file of training images has MNIST's name."""
    names = (f"train-{IMAGES}", f"train-{IMAGES}".replace("-idx", ".idx"))
    try:
        return any((folder / f"{name}{end}").exists() for name in names for end in ("", ".gz"))
    except OSError:  # reported when the file is read
        return True


def _find_prefixed(folder: Path, prefix: str | None) -> dict[str, list[tuple[str, Traversable]]] | None:
    """Four files with a common prefix, as of EMNIST, or None; raises DataError for several prefixes."""
    try:
        names = sorted(path.name for path in islice(folder.iterdir(), MOST_FILES)) if folder.is_dir() else []
    except OSError as error:
        raise DataError(f"{file_name(folder)}: {reason_of(error)}") from error
    found: dict[str, dict[tuple[str, str], str]] = {}
    for name in names:
        if match := _NAME.fullmatch(name):
            stem, word, kind, _ = match.groups()
            part = "train" if word == "train" else "test"
            found.setdefault(stem, {}).setdefault((part, kind), name)
    complete = {stem: files for stem, files in found.items() if len(files) == 4}
    if prefix is not None:
        complete = {stem: files for stem, files in complete.items() if stem.rstrip("-_") == prefix.rstrip("-_")}
    if len(complete) > 1:
        listed = one_line(", ".join(quote(stem.rstrip("-_"), 60) for stem in complete), 300)
        raise DataError(f"{file_name(folder)}: several datasets; set data.prefix to one of {listed}")
    for files in complete.values():
        return {
            part: [(files[part, kind].removesuffix(".gz"), folder / files[part, kind]) for kind in ("images", "labels")]
            for part in ("train", "test")
        }
    if prefix is not None:
        known = one_line(", ".join(quote(stem.rstrip("-_"), 60) for stem in found), 300) or "no IDX files"
        where = f"{file_name(folder)}: data.prefix"
        raise DataError(f"{where}: expected four files with the prefix {quote(prefix)}; found {known}")
    return None


@datasets.register("idx")
@dataclass(kw_only=True)
class Idx(DatasetSource):
    """Greyscale images and labels in a folder of four IDX files named like MNIST's or EMNIST's, gzipped or not.

    Source: LeCun, Cortes & Burges 1998, "The MNIST Database" (the IDX format).
    """

    path: Annotated[
        str, FilePath(), Doc("folder with train- and t10k- (or test-) images-idx3-ubyte and labels-idx1-ubyte")
    ]
    prefix: Annotated[str | None, Doc("file name prefix, such as emnist-letters; null: the only one")] = None
    transpose: Annotated[bool, Doc("transpose each image, as EMNIST requires")] = False
    label_offset: Annotated[int, Ge(0), Le(255), Doc("smallest label, such as 1 for EMNIST letters")] = 0

    def files(self) -> list[Path]:
        return [Path(self.path)]

    def read(self, rng: RandomGenerator) -> Dataset:
        """All samples, in file order."""
        folder = Path(self.path)
        files = None if self.prefix is None and _has_mnist_names(folder) else _find_prefixed(folder, self.prefix)
        dataset = _read_files(folder, files) if files else read_folder(folder)
        return self._transposed(self._with_label_offset(dataset))

    def _with_label_offset(self, dataset: Dataset) -> Dataset:
        """The dataset with ``label_offset`` subtracted from the labels."""
        smallest = min(int(split.targets.min()) for split in dataset.splits.values())
        if smallest < self.label_offset:
            raise DataError(
                f"{file_name(Path(self.path))}: data.label_offset: expected labels from {self.label_offset}, "
                f"found {smallest}"
            )
        if not self.label_offset:
            few = f"{smallest} classes have no samples" if smallest > 1 else "one class has no samples"
            them = "them" if smallest > 1 else "it"
            note = f"the smallest label is {smallest}, so {few}; data.label_offset: {smallest} removes {them}"
            return replace(dataset, notes=(note,)) if smallest else dataset
        names = dataset.class_names[self.label_offset :]
        if len(names) < 2:
            raise DataError(f"{file_name(Path(self.path))}: expected at least 2 classes, found {len(names)}")
        parts = {name: Split(split.inputs, split.targets - self.label_offset) for name, split in dataset.splits.items()}
        return replace(dataset, train=parts["train"], test=parts["test"], class_names=names)

    def _transposed(self, dataset: Dataset) -> Dataset:
        """The dataset with transposed images if the spec says ``transpose``."""
        if not self.transpose:
            emnist = any(name.startswith("emnist") for name in dataset.checksums)
            note = "EMNIST images are stored transposed; data.transpose: true corrects this"
            return replace(dataset, notes=(*dataset.notes, note)) if emnist else dataset
        parts = {
            name: Split(np.ascontiguousarray(split.inputs.transpose(0, 1, 3, 2)), split.targets)
            for name, split in dataset.splits.items()
        }
        return replace(dataset, train=parts["train"], test=parts["test"])
