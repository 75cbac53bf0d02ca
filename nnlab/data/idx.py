"""Files in the IDX format of MNIST (http://yann.lecun.com/exdb/mnist/), and folders of four of them as a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from math import prod
from pathlib import Path
from typing import Annotated

import numpy as np

from nnlab.core.arrays import Array, Shape
from nnlab.core.random import Draws
from nnlab.data.dataset import Dataset, DatasetSource, Split
from nnlab.data.reading import HashingReader, check_fits, check_unpacked, file_name, opened, unpacked
from nnlab.errors import DataError
from nnlab.registry import Doc, FilePath, datasets

ELEMENT_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 32


def read_idx(path: Traversable) -> tuple[Array, str]:
    """The array in an IDX file, plain or gzipped, and the SHA-256 of its unpacked bytes.

    The size that the header claims is checked against the file before memory is taken, and unpacking stops where the
    claimed size ends. Raises DataError when the file is missing, truncated, too long, damaged, or not IDX.
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


def _read_header(reader: HashingReader) -> tuple[np.dtype[np.generic], Shape]:
    """The element type and the shape: two zeros, a type byte, the number of dimensions, each as a big-endian uint32."""
    magic = bytearray(4)
    reader.fill(memoryview(magic), "at least 4")
    zeros, element_type, dimensions = magic[:2], magic[2], magic[3]
    if any(zeros) or element_type not in ELEMENT_TYPES or not 1 <= dimensions <= MOST_DIMENSIONS:
        raise DataError(
            f"{reader.name}: not an IDX file: expected to start with 00 00, a type "
            f"({', '.join(f'{code:02x}' for code in ELEMENT_TYPES)}) and 01 to {MOST_DIMENSIONS:02x} dimensions, "
            f"found {magic.hex(' ')}"
        )
    sides = bytearray(4 * dimensions)
    reader.fill(memoryview(sides), f"at least {len(magic) + len(sides)}")
    shape = tuple(int.from_bytes(sides[at : at + 4], "big") for at in range(0, len(sides), 4))
    return np.dtype(ELEMENT_TYPES[element_type]), shape


def _check_size(
    name: str, shape: Shape, dtype: np.dtype[np.generic], expected: int, size: int, *, packed: bool
) -> None:
    """Refuse a header that the file's size contradicts."""
    if not packed and expected != size:
        fault = "truncated" if size < expected else "too long"
        raise DataError(f"{name}: {fault}: expected {expected} bytes, found {size}")
    if packed:
        check_unpacked(name, size, expected, "gzip")
    # A side of length zero makes the content empty however long the others claim to be.
    check_fits(name, prod(max(side, 1) for side in shape) * dtype.itemsize)


def read_folder(folder: Traversable, endings: Sequence[str] = ("", ".gz")) -> Dataset:
    """The dataset in a folder that holds the four files of MNIST's naming, with grey images as (N, 1, H, W) pixels.

    ``endings`` are those that the names may have. Raises DataError when a file is missing or damaged, or when the
    files do not fit together.
    """
    checksums: dict[str, str] = {}
    train = _read_split(folder, "train", endings, checksums)
    test = _read_split(folder, "t10k", endings, checksums)
    if train.inputs.shape[1:] != test.inputs.shape[1:]:
        raise DataError(
            f"{file_name(folder)}: expected test images of {_sides(train.inputs)} pixels as in training, "
            f"found {_sides(test.inputs)}"
        )
    classes = max(2, 1 + int(train.labels.max()), 1 + int(test.labels.max()))
    return Dataset(train, test, tuple(str(label) for label in range(classes)), checksums)


def _read_split(folder: Traversable, prefix: str, endings: Sequence[str], checksums: dict[str, str]) -> Split:
    images_name, labels_name = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
    images_file, labels_file = (_find(folder, name, endings) for name in (images_name, labels_name))
    images, checksums[images_name] = read_idx(images_file)
    labels, checksums[labels_name] = read_idx(labels_file)
    for path, array, meaning in ((images_file, images, ("N", "H", "W")), (labels_file, labels, ("N",))):
        if array.dtype != np.uint8 or array.ndim != len(meaning) or 0 in array.shape:
            raise DataError(
                f"{file_name(path)}: expected uint8 of shape ({', '.join(meaning)}), none of them 0, "
                f"found {array.dtype.name} of shape {array.shape}"
            )
    if len(images) != len(labels):
        raise DataError(f"{file_name(labels_file)}: expected {len(images)} labels as images, found {len(labels)}")
    return Split(images[:, np.newaxis], labels.astype(np.intp))


def _find(folder: Traversable, name: str, endings: Sequence[str]) -> Traversable:
    """The file of the given name in any of its accepted spellings."""
    accepted = [spelling + end for spelling in (name, name.replace("-idx", ".idx")) for end in endings]
    try:
        for spelling in accepted:
            if folder.joinpath(spelling).is_file():
                return folder.joinpath(spelling)
        fault = "a file is missing" if folder.is_dir() else "no such folder"
    except OSError as error:
        raise DataError(f"{file_name(folder)}: {error.strerror or error}") from error
    raise DataError(f"{file_name(folder)}: {fault}: expected {' or '.join(accepted)}")


def _sides(images: Array) -> str:
    return "x".join(str(side) for side in images.shape[2:])


@datasets.register("idx")
@dataclass(kw_only=True)
class Idx(DatasetSource):
    """Grey images and labels in a folder that holds four IDX files named like those of MNIST, gzipped or not."""

    path: Annotated[str, FilePath(), Doc("folder with train- and t10k- images-idx3-ubyte and labels-idx1-ubyte")]

    def files(self) -> list[Path]:
        """The user's folder."""
        return [Path(self.path)]

    def read(self, draws: Draws) -> Dataset:
        """All samples of the folder, in the order of the files."""
        return read_folder(Path(self.path))
