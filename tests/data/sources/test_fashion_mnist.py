from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.sources.fashion_mnist import CLASS_NAMES, FILES, FashionMnist
from nnlab.errors import DataError

RNG = AddressedStreams(0).rng(Purpose.DATASET)


def test_samples_and_class_names(fashion_mnist: Path) -> None:
    dataset = FashionMnist().load(RNG)
    assert dataset.train.inputs.shape == (20, 1, 28, 28)
    assert dataset.train.inputs.ravel()[:300].tolist() == [n % 256 for n in range(300)]
    assert dataset.train.targets.tolist() == [9, *range(10), *range(9)]
    assert dataset.test is not None
    np.testing.assert_array_equal(dataset.test.inputs, dataset.train.inputs[:4])
    assert dataset.class_names == CLASS_NAMES
    assert [dataset.class_names[label] for label in (0, 9)] == ["T-shirt/top", "Ankle boot"]
    assert len(dataset.checksums) == 4


def test_damaged_file_is_rejected(fashion_mnist: Path) -> None:
    path = fashion_mnist / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz: expected .*, and the download failed"):
        FashionMnist().load(RNG)


def test_unverified_files_are_ignored(fashion_mnist: Path) -> None:
    (fashion_mnist / "train-labels-idx1-ubyte").write_bytes(b"not the published file")
    assert FashionMnist().load(RNG).train.targets[0] == 9


def test_checksums_are_the_published_ones() -> None:
    assert [(file.name, file.size) for file in FILES] == [
        ("train-images-idx3-ubyte.gz", 26_421_880),
        ("train-labels-idx1-ubyte.gz", 29_515),
        ("t10k-images-idx3-ubyte.gz", 4_422_102),
        ("t10k-labels-idx1-ubyte.gz", 5_148),
    ]
    for file in FILES:
        assert len(bytes.fromhex(file.sha256)) == 32
        assert len(set(file.mirrors)) == 3
        assert all(url.endswith(f"/{file.name}") for url in file.mirrors)
