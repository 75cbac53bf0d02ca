"""Files of data: MNIST's format IDX, CIFAR-10's binary version."""

import gzip
import sys
import tarfile
from pathlib import Path

import numpy as np

FOLDERS = [Path()]  # a setting of each script


def find(name: str) -> Path:
    """The path of a data file, in the first of the folders that has it."""
    for folder in FOLDERS:
        if (folder / name).exists():
            return folder / name
    sys.exit(f"The data file {name} is missing: put it into {FOLDERS[0]}")


def read_idx(path: Path) -> np.ndarray:
    """The numbers in an IDX file; its header is 0, 0, a type, the number of axes, and the length of each axis."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def cifar10_images(records: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) and labels in a file of CIFAR-10: for each image a byte for the label, then the pixels."""
    rows = np.frombuffer(records, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]


def read_cifar10(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of some files, one after the other."""
    return cifar10_images(b"".join(find(name).read_bytes() for name in names))


def read_cifar10_archive(path: Path, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of some files in the archive of CIFAR-10's binary version, one after the other."""
    contents = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                contents[Path(member.name).name] = file.read()
    return cifar10_images(b"".join(contents[name] for name in names))
