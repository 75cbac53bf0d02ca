"""Tables with numbers to predict: CSV, .npz and .npy, and what they refuse."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.core.task import NUMBERS
from nnlab.data.dataset import Dataset
from nnlab.data.sources.table import Table
from nnlab.data.tables.cache import TableCache
from nnlab.data.tables.csv_file import CsvSettings, read_csv
from nnlab.errors import DataError

HOUSES = "area,rooms,town,price,rent\n" + "".join(
    f"{50 + n},{n % 4 + 1},{'AB'[n % 2]},{100_000 + 3000 * n},{500 + 7 * n}\n" for n in range(20)
)


def load(path: Path, **keys: Any) -> Dataset:
    streams = AddressedStreams(0)
    source = Table(path=str(path), **keys)
    assert source.task == NUMBERS
    assert not list(source.conflicts())
    return source.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))


def write(folder: Path, text: str = HOUSES, name: str = "houses.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def own_units(dataset: Dataset) -> list[list[float]]:
    assert dataset.numbers is not None
    return sorted(row for split in dataset.splits.values() for row in dataset.numbers.undo(split.targets).tolist())


def test_one_target_is_standardised_and_comes_back_in_its_units(tmp_path: Path) -> None:
    dataset = load(write(tmp_path), target="price", exclude=["rent"])
    assert (dataset.numbers.names, dataset.class_names, dataset.out_shape) == (("price",), (), (1,))
    assert dataset.inputs.feature_names == ("area", "rooms", "town=A", "town=B")
    assert (len(dataset.train), len(dataset.test)) == (16, 4)
    assert dataset.train.targets.mean() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(own_units(dataset), [[100_000 + 3000 * n] for n in range(20)])
    assert dataset.notes[0] == "houses.csv: target 'price', 3 features, 20 samples"


def test_several_targets_keep_their_order(tmp_path: Path) -> None:
    dataset = load(write(tmp_path), target=["rent", "price"])
    assert dataset.numbers.names == ("rent", "price")
    np.testing.assert_allclose(own_units(dataset), [[500 + 7 * n, 100_000 + 3000 * n] for n in range(20)])
    assert dataset.notes[0].startswith("houses.csv: targets 'rent', 'price', 3 features")


def test_features_and_test_file_with_columns_in_another_order(tmp_path: Path) -> None:
    test = write(tmp_path, "price,area\n7000,10\n8000,20\n", "test.csv")
    dataset = load(write(tmp_path), target="price", features=["area"], test_path=str(test))
    np.testing.assert_allclose(dataset.numbers.undo(dataset.test.targets), [[7000], [8000]])


def test_split_column_and_folds_without_classes(tmp_path: Path) -> None:
    lines = HOUSES.splitlines()
    parts = ["part", *["train"] * 12, *["validation"] * 4, *["test"] * 4]
    text = "".join(f"{line},{part}\n" for line, part in zip(lines, parts, strict=True))
    dataset = load(write(tmp_path, text), target="price", split_column="part")
    assert [len(split) for split in dataset.splits.values()] == [12, 4, 4]
    folds = [load(write(tmp_path), target="price", fold=fold, folds=4, test_split=0.0) for fold in range(1, 5)]
    held_out = [price for found in folds for price in found.numbers.undo(found.validation.targets).ravel().tolist()]
    np.testing.assert_allclose(sorted(held_out), [100_000 + 3000 * n for n in range(20)])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("cheap", "houses.csv:4: 'price': expected a target, a finite number, found 'cheap': data.label in place of"),
        ("", "houses.csv:4: 'price': expected a target, a finite number, found nothing: data.missing: drop removes"),
        ("1e999", "houses.csv:4: 'price': expected a target, a finite number, found '1e999': infinite or too large"),
        ("1,5", "houses.csv:4: 'price': .*found '1,5': a number with a decimal comma"),
    ],
)
@pytest.mark.parametrize("missing", ["refuse", "mean"])
def test_a_target_that_is_no_number_is_refused_with_line_and_column(
    tmp_path: Path, cell: str, message: str, missing: str
) -> None:
    lines = HOUSES.splitlines()
    lines[3] = f'52,3,A,"{cell}",514'
    with pytest.raises(DataError, match=message):
        load(write(tmp_path, "\n".join(lines)), target="price", missing=missing)


def test_rows_without_a_target_are_dropped_where_asked(tmp_path: Path) -> None:
    dataset = load(write(tmp_path, HOUSES.replace(",103000,", ",,")), target="price", missing="drop")
    assert len(own_units(dataset)) == 19
    assert "1 row with missing values dropped" in dataset.notes


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"target": "prise"}, "data.target: no column 'prise'; did you mean 'price'?"),
        ({"target": ["price", "price"]}, "data.target: expected each column once, found 'price' twice"),
        ({"target": "price", "features": ["area", "price"]}, "data.features: .* not the target 'price'"),
        ({"target": "price", "exclude": ["price"]}, "data.target: 'price' is excluded or the split column"),
        ({"target": "price", "features": ["area"], "test_split": 0.01}, "0.01 of 20 samples is less than one sample;"),
        ({"targets": "houses.npy"}, "data.targets: expected an .npy file as data.path, found a CSV; data.target names"),
    ],
)
def test_targets_that_cannot_be_are_refused(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(write(tmp_path), **keys)


def test_label_and_target_exclude_each_other() -> None:
    source = Table(path="a.csv", label="a", target="b")
    assert list(source.conflicts()) == [(("target",), "both label (classes) and target (numbers) are given; keep one")]


def test_constant_target_is_refused(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{n},7\n" for n in range(9))
    with pytest.raises(DataError, match="target 'b': expected different values, found 7 in all 7 training samples"):
        load(write(tmp_path, text), target="b")


def test_cached_table_keeps_its_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.data.tables.cache.SMALLEST_FILE", 1)
    cache = TableCache(tmp_path / "cache")
    settings = CsvSettings(target=("rent", "price"))
    read = [read_csv(write(tmp_path), settings, cache=cache) for _ in range(2)]
    assert len(list((tmp_path / "cache").iterdir())) == 1
    np.testing.assert_array_equal(read[0].train.targets, read[1].train.targets)
    assert read[0].numbers.names == read[1].numbers.names == ("rent", "price")


def test_npz_with_one_or_several_targets(tmp_path: Path) -> None:
    x, y = np.arange(20.0).reshape(10, 2), np.arange(30.0).reshape(10, 3)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    dataset = load(tmp_path / "a.npz", target="y")
    assert (dataset.numbers.names, dataset.out_shape) == (("y1", "y2", "y3"), (3,))
    np.testing.assert_allclose(dataset.numbers.undo(dataset.test.targets), y[:3], atol=1e-12)
    np.savez(tmp_path / "b.npz", data=x, target=y[:, 0], target_names=np.array(["price"]))
    assert load(tmp_path / "b.npz", target="target").numbers.names == ("target",)


def test_npy_targets(tmp_path: Path) -> None:
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "price.npy", y)
    dataset = load(tmp_path / "x.npy", targets=str(tmp_path / "price.npy"))
    assert dataset.numbers.names == ("price",)
    np.testing.assert_allclose(own_units(dataset), [[n] for n in range(10)], atol=1e-12)
    np.save(tmp_path / "x.npy", x[:9])
    with pytest.raises(DataError, match=r"price.npy: expected 9 targets, one per sample, found 10"):
        load(tmp_path / "x.npy", targets=str(tmp_path / "price.npy"))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a"] * 10), "expected numbers, found <U1"),
        (np.zeros((10, 2, 2)), r"expected targets of shape \(N,\) or \(N, K\), found \(10, 2, 2\)"),
        (np.array([1.0] * 9 + [np.nan]), r"row 9 \(from 0\): expected finite numbers, found \[nan\]"),
    ],
)
def test_arrays_that_are_no_targets_are_refused(tmp_path: Path, y: np.ndarray, message: str) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((10, 2)), y=y)
    with pytest.raises(DataError, match=message):
        load(tmp_path / "a.npz", target="y")
