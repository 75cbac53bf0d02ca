import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from bundled_data import read_each_time

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.dataset import Dataset
from nnlab.data.sources import mnist
from nnlab.data.sources.mnist import PUBLISHED_SHA256, Mnist
from nnlab.errors import DataError
from nnlab.registry import datasets

RNG = AddressedStreams(0).rng(Purpose.DATASET)
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(autouse=True, scope="module")
def _files_are_read() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        read_each_time(patch)
        yield


@pytest.fixture(scope="module")
def full() -> Dataset:
    return Mnist().load(RNG)


def test_full_dataset(full):
    assert full.train.inputs.shape == (60_000, 1, 28, 28)
    assert full.train.inputs.dtype == np.uint8
    assert full.test.inputs.shape == (10_000, 1, 28, 28)
    assert np.bincount(full.train.targets).tolist() == TRAIN_COUNTS
    assert np.bincount(full.test.targets).tolist() == TEST_COUNTS
    assert full.class_names == tuple("0123456789")
    assert full.checksums == PUBLISHED_SHA256


def test_mean_pixel(full):
    # 0.1307, the constant by which most tutorials normalise MNIST.
    assert round(float(full.train.inputs.mean()) / 255, 4) == 0.1307


def test_train_size_uses_first_samples(full):
    cut = Mnist(train_size=300, test_size=7).load(RNG)
    np.testing.assert_array_equal(cut.train.inputs, full.train.inputs[:300])
    np.testing.assert_array_equal(cut.test.targets, full.test.targets[:7])


def test_loading_keeps_one_copy():
    tracemalloc.start()
    try:
        dataset = Mnist().load(RNG)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert dataset.train.inputs.nbytes + dataset.test.inputs.nbytes < held
    assert peak < held + 3_000_000


def test_registered():
    assert datasets["mnist"] is Mnist


@pytest.fixture
def copied(tmp_path, monkeypatch) -> Path:
    for file in mnist.FOLDER.iterdir():
        if file.name.startswith("t10k"):
            shutil.copy(file, tmp_path)
            shutil.copy(file, tmp_path / file.name.replace("t10k", "train"))
    monkeypatch.setattr(mnist, "FOLDER", tmp_path)
    return tmp_path


def test_wrong_checksum_is_rejected(copied):
    with pytest.raises(DataError, match=r"reinstall.*train-images.*expected SHA-256 ba891046.*found 0fa7898d"):
        Mnist().load(RNG)


def test_missing_or_damaged_file_suggests_reinstall(copied):
    path = copied / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"reinstall.*t10k-labels"):
        Mnist().load(RNG)
    path.unlink()
    with pytest.raises(DataError, match=r"reinstall.*missing"):
        Mnist().load(RNG)
