"""Image files of a few bytes."""

import struct
from pathlib import Path


def write_idx_images(folder: Path) -> None:
    """IDX files: 3x3 images of three classes, 6 for training and 3 for testing."""
    for prefix, count in (("train", 6), ("t10k", 3)):
        pixels = bytes(range(count * 9))
        labels = bytes(i % 3 for i in range(count))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4B3i", 0, 0, 8, 3, count, 3, 3) + pixels)
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">4Bi", 0, 0, 8, 1, count) + labels)
