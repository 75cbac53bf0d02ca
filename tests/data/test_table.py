from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.data.table import Table
from nnlab.errors import DataError
from nnlab.registry import datasets


def streams() -> np.random.Generator:
    return AddressedStreams(7).draws(Purpose.DATASET)


def csv_file(folder: Path, rows: np.ndarray, labels: list[str]) -> Path:
    path = folder / "table.csv"
    lines = [",".join(map(repr, row)) + f",{label}" for row, label in zip(rows.tolist(), labels, strict=True)]
    header = ",".join([*(f"f{column}" for column in range(rows.shape[1])), "kind"])
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.fixture
def flowers(tmp_path) -> tuple[Path, np.ndarray, list[str]]:
    rows = np.random.RandomState(0).randn(50, 3) * (1, 10, 100) + (5, 0, -40)
    labels = ["rose"] * 10 + ["aster"] * 40
    return csv_file(tmp_path, rows, labels), rows, labels


def test_it_is_registered():
    assert datasets["table"] is Table


def test_a_csv_is_shuffled_and_split_with_each_class_giving_its_share(flowers):
    path, rows, labels = flowers
    dataset = Table(path=str(path), scaling="none").load(streams())
    assert dataset.class_names == ("aster", "rose")
    assert dataset.sample_shape == (3,)
    assert np.bincount(dataset.train.labels).tolist() == [32, 8]
    assert np.bincount(dataset.test.labels).tolist() == [8, 2]
    assert dataset.checksums == {"table.csv": sha256(path.read_bytes()).hexdigest()}
    found = {
        (*row, dataset.class_names[label])
        for split in (dataset.train, dataset.test)
        for row, label in zip(split.inputs.tolist(), split.labels, strict=True)
    }
    assert found == {(*row, label) for row, label in zip(rows.tolist(), labels, strict=True)}
    assert not np.all(np.diff(dataset.train.labels) <= 0)


def test_the_split_comes_from_the_stream_alone(flowers):
    path = str(flowers[0])
    one, two, other = (Table(path=path).load(draws) for draws in (streams(), streams(), np.random.RandomState(1)))
    np.testing.assert_array_equal(one.train.inputs, two.train.inputs)
    np.testing.assert_array_equal(one.test.inputs, two.test.inputs)
    assert not np.array_equal(one.test.inputs, other.test.inputs)


def test_a_split_of_0_keeps_all_for_training(flowers):
    dataset = Table(path=str(flowers[0]), test_split=0).load(streams())
    assert len(dataset.train) == 50
    assert dataset.test is None


def test_a_split_that_leaves_no_test_sample_is_refused(tmp_path):
    path = csv_file(tmp_path, np.eye(4), ["a", "b", "c", "d"])
    with pytest.raises(DataError, match=r"data\.test_split: 0\.2 of 4 samples in 4 classes"):
        Table(path=str(path)).load(streams())


def test_standard_scaling_uses_the_training_samples_alone(flowers):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling).load(streams()) for scaling in ("none", "standard"))
    mean, deviation = raw.train.inputs.mean(0), raw.train.inputs.std(0)
    np.testing.assert_allclose(scaled.train.inputs, (raw.train.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.train.inputs.std(0), 1)


@pytest.mark.parametrize("keys", [{"validation": 0.25}, {"fold": 2, "folds": 4}])
def test_scaling_leaves_held_out_samples_out_of_its_statistics(flowers, keys):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling, **keys).load(streams()) for scaling in ("none", "standard"))
    mean, deviation = raw.train.inputs.mean(0), raw.train.inputs.std(0)
    np.testing.assert_allclose(scaled.train.inputs.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.validation.inputs, (raw.validation.inputs - mean) / deviation, atol=1e-12)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - mean) / deviation, atol=1e-12)


def test_scaling_uses_the_samples_that_train_size_keeps(flowers):
    dataset = Table(path=str(flowers[0]), train_size=10).load(streams())
    np.testing.assert_allclose(dataset.train.inputs.mean(0), 0, atol=1e-12)


def test_minmax_scaling_uses_the_training_samples_alone(flowers):
    path = str(flowers[0])
    raw, scaled = (Table(path=path, scaling=scaling).load(streams()) for scaling in ("none", "minmax"))
    low, high = raw.train.inputs.min(0), raw.train.inputs.max(0)
    np.testing.assert_allclose(scaled.test.inputs, (raw.test.inputs - low) / (high - low), atol=1e-12)
    np.testing.assert_array_equal(scaled.train.inputs.min(0), 0)
    np.testing.assert_array_equal(scaled.train.inputs.max(0), 1)


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e300])
def test_a_constant_column_becomes_zero(tmp_path, scaling, constant):
    path = csv_file(tmp_path, np.column_stack((np.full(30, constant), np.arange(30.0))), ["a", "b"] * 15)
    dataset = Table(path=str(path), scaling=scaling).load(streams())
    np.testing.assert_array_equal(dataset.train.inputs[:, 0], 0)
    np.testing.assert_array_equal(dataset.test.inputs[:, 0], 0)


@pytest.mark.parametrize(("scaling", "extreme"), [("standard", 1.7e308), ("minmax", 1.7e308), ("standard", 5e-324)])
def test_numbers_that_cannot_be_scaled_are_refused(tmp_path, scaling, extreme):
    path = csv_file(tmp_path, np.column_stack((np.arange(20.0), [extreme, -extreme] * 10)), ["a", "b"] * 10)
    with pytest.raises(DataError, match="feature 2: its values are too large or too close together"):
        Table(path=str(path), scaling=scaling).load(streams())


def test_npz_images_stay_pixels_and_are_split(tmp_path):
    images = np.random.RandomState(0).randint(0, 256, (10, 5, 4), np.uint8)
    path = tmp_path / "images.npz"
    np.savez(path, x=images, y=np.arange(10) % 2)
    dataset = Table(path=str(path)).load(streams())
    assert dataset.sample_shape == (1, 5, 4)
    assert dataset.train.inputs.dtype == np.uint8
    assert (len(dataset.train), len(dataset.test)) == (8, 2)
    together = np.concatenate((dataset.train.inputs, dataset.test.inputs))[:, 0]
    assert sorted(map(bytes, together)) == sorted(map(bytes, images))


def test_an_npz_with_a_test_set_is_neither_shuffled_nor_split(tmp_path):
    x_train, x_test = np.arange(12.0).reshape(6, 2), np.arange(4.0).reshape(2, 2)
    path = tmp_path / "own.npz"
    np.savez(path, x_train=x_train, y_train=[0, 1] * 3, x_test=x_test, y_test=[1, 1])
    dataset = Table(path=str(path), scaling="minmax").load(streams())
    np.testing.assert_allclose(dataset.train.inputs, x_train / 10 - [0, 0.1])
    np.testing.assert_allclose(dataset.test.inputs, x_test / 10 - [0, 0.1])
    assert dataset.test.labels.tolist() == [1, 1]


def test_the_kind_of_file_is_told_by_its_contents(tmp_path):
    np.savez(tmp_path / "arrays.npz", x=np.eye(4), y=[0, 0, 1, 1])
    (tmp_path / "arrays.npz").rename(tmp_path / "arrays.csv")
    assert Table(path=str(tmp_path / "arrays.csv"), test_split=0).load(streams()).sample_shape == (4,)


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(DataError, match=path.name) as caught:
            Table(path=str(path)).load(streams())
        assert caught.value.exit_code == 4
