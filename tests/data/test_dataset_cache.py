"""The cache of datasets gives what reading gives, and leaves the random numbers where reading leaves them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundled_data import read_each_time
from trainings import GivenData

from nnlab.core.random import Purpose, make_streams
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_cache import DatasetCache
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.sources.idx import Idx
from nnlab.data.sources.mnist import Mnist
from nnlab.data.sources.table import Table
from nnlab.data.sources.toy import Moons, Spiral
from nnlab.errors import DataError

CSV = "x,y,colour,label\n" + "".join(f"{n % 7},{n * n % 11 or ''},{'rgb'[n % 3]},{n % 2}\n" for n in range(60))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sources that were read."""
    found: list[str] = []
    for source in (Spiral, Moons, Table, GivenData, Idx):
        read = source.read

        def counted(self: Any, rng: Any, read: Any = read) -> Dataset:
            found.append(type(self).__name__)
            return read(self, rng)  # type: ignore[no-any-return]

        monkeypatch.setattr(source, "read", counted)
    return found


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Table]:
    (tmp_path / "table.csv").write_text(CSV, encoding="utf-8")
    return lambda **keys: Table(path=str(tmp_path / "table.csv"), missing="mean", **keys)


def loaded(source: DatasetSource, rng: str, seed: int, read: Any = None) -> tuple[Dataset, list[float]]:
    """The dataset, and what is drawn after it."""
    streams = make_streams(rng, seed)
    generators = [streams.rng(purpose) for purpose in (Purpose.DATASET, Purpose.VALIDATION)]
    dataset = source.load(*generators, read)
    return dataset, [generator.standard_normal() for generator in generators for _ in range(2)]


def assert_equal(found: tuple[Dataset, list[float]], expected: tuple[Dataset, list[float]]) -> None:
    assert found[1] == expected[1]
    assert found[0].splits.keys() == expected[0].splits.keys()
    for name, split in found[0].splits.items():
        other = expected[0].splits[name]
        for own, its in ((split.inputs, other.inputs), (split.targets, other.targets)):
            assert own.dtype == its.dtype
            np.testing.assert_array_equal(own, its)
    for field in ("class_names", "checksums", "columns", "notes"):
        assert getattr(found[0], field) == getattr(expected[0], field)


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_cached_datasets_equal_read_ones_with_every_split(rng: str, table: Callable[..., Table]) -> None:
    cache = DatasetCache()
    sources: list[DatasetSource] = [
        Spiral(points=20, test_points=5),
        Moons(points=20, noise=0.3),
        table(),
        table(test_split=0.0, scaling="minmax"),
    ]
    splits: list[dict[str, Any]] = [{}, {"validation": 0.25}, {"fold": 2, "folds": 3}, {"train_size": 15}]
    for _ in range(2):
        for seed in (0, 1):
            for source in sources:
                for split in splits:
                    cut = replace(source, **split)
                    assert_equal(loaded(cut, rng, seed, cache.read), loaded(cut, rng, seed))


@pytest.mark.parametrize("rng", ["streams", "legacy"])
def test_equal_data_is_read_once(rng: str, table: Callable[..., Table], reads: list[str]) -> None:
    cache = DatasetCache()
    fixed = table(test_path=table().path)  # draws no random numbers
    for seed in (0, 1, 0, 1):
        for size in (10, 20):
            loaded(replace(fixed, train_size=size, validation=0.2), rng, seed, cache.read)
            loaded(Spiral(points=30, train_size=size), rng, seed, cache.read)
    assert sorted(reads) == ["Spiral", "Spiral", "Table"]


def test_other_settings_and_seeds_are_read_for_themselves(table: Callable[..., Table], reads: list[str]) -> None:
    cache = DatasetCache()
    for source in (Spiral(points=20), Spiral(points=20, noise=0.1), Spiral(points=21), table(), table(exclude=["x"])):
        loaded(source, "streams", 0, cache.read)
    loaded(Spiral(points=20), "streams", 1, cache.read)
    loaded(Spiral(points=20), "legacy", 1, cache.read)
    assert len(reads) == 7


def test_changed_file_is_read_again(table: Callable[..., Table], reads: list[str], tmp_path: Path) -> None:
    cache, source, path = DatasetCache(), table(test_split=0.0), tmp_path / "table.csv"
    before, _ = loaded(source, "streams", 0, cache.read)
    path.write_text(CSV.replace("6,", "9,"), encoding="utf-8")
    after = loaded(source, "streams", 0, cache.read)
    assert not np.array_equal(after[0].train.inputs, before.train.inputs)
    assert_equal(after, loaded(source, "streams", 0))
    assert reads == ["Table"] * 3
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        loaded(source, "streams", 0, cache.read)


def test_changed_file_in_a_folder_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    for part, count in (("train", 6), ("t10k", 3)):
        for kind, ndim in (("images", 3), ("labels", 1)):
            shape = (count, 2, 2)[:ndim]
            header = bytes([0, 0, 8, ndim]) + b"".join(size.to_bytes(4, "big") for size in shape)
            content = bytes(index % 2 for index in range(int(np.prod(shape))))
            (tmp_path / f"{part}-{kind}-idx{ndim}-ubyte").write_bytes(header + content)
    cache, source, rng = DatasetCache(), Idx(path=str(tmp_path)), make_streams("streams", 0).rng(Purpose.DATASET)
    before = cache.read(source, rng).train.targets
    cache.read(source, rng)
    assert reads == ["Idx"]
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\0")
    assert (before[-1], cache.read(source, rng).train.targets[-1]) == (1, 0)


def test_kept_arrays_cannot_be_written_to(table: Callable[..., Table]) -> None:
    dataset, _ = loaded(table(test_split=0.0, scaling="none", missing_values=[]), "streams", 0, DatasetCache().read)
    source = Spiral(points=20)
    for array in (dataset.train.targets, loaded(source, "streams", 0, DatasetCache().read)[0].train.inputs):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_oldest_are_dropped_above_the_limit(reads: list[str]) -> None:
    size = 3 * 20 * (2 * 8 + np.intp(0).nbytes)
    cache = DatasetCache(most_bytes=2 * size)
    for seed in (0, 1, 0, 2, 0, 1):  # 2 takes the place of 1
        loaded(Spiral(points=20), "streams", seed, cache.read)
    assert len(reads) == 4


def test_a_dataset_above_the_limit_is_kept_alone(reads: list[str]) -> None:
    cache = DatasetCache(most_bytes=1)
    for seed in (0, 0, 1, 0):
        loaded(Spiral(points=20), "streams", seed, cache.read)
    assert len(reads) == 3


def test_settings_that_cannot_be_compared_are_read_each_time(reads: list[str]) -> None:
    dataset = Spiral(points=20).load(make_streams("streams", 0).rng(Purpose.DATASET))
    reads.clear()
    cache, source = DatasetCache(), GivenData(dataset=dataset)
    for _ in range(2):
        assert loaded(source, "streams", 0, cache.read)[0].train.inputs is dataset.train.inputs
    assert reads == ["GivenData"] * 2


@pytest.mark.slow
def test_mnist_is_read_once_for_every_seed_and_split(monkeypatch: pytest.MonkeyPatch) -> None:
    read_each_time(monkeypatch)
    cache = DatasetCache()
    first = loaded(Mnist(), "streams", 0, cache.read)
    other = loaded(Mnist(train_size=300), "legacy", 1, cache.read)
    assert np.shares_memory(first[0].train.inputs, other[0].train.inputs)
    assert_equal(other, loaded(Mnist(train_size=300), "legacy", 1))
