"""Datasets: train_size, validation split, folds."""

from typing import Any

import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, LegacyStreams, Purpose
from nnlab.data.dataset import Dataset, Split
from nnlab.data.sources.toy import Moons, Spiral
from nnlab.data.sources.toy_regression import Sine
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import DataError, UsageError


def load(seed: int = 0, **keys: Any) -> Dataset:
    streams = AddressedStreams(seed)
    return Spiral(points=20, test_points=5, **keys).load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))


def points(split: Split | None) -> list[tuple[float, ...]]:
    assert split is not None
    return [(*row, label) for row, label in zip(split.inputs.tolist(), split.targets.tolist(), strict=True)]


def test_no_validation_split_by_default() -> None:
    dataset = load()
    assert dataset.validation is None
    assert len(dataset.train) == 60


@pytest.mark.parametrize("keys", [{"validation": 0.25}, {"fold": 1, "folds": 4}])
def test_validation_split_partitions_training_samples(keys: dict[str, Any]) -> None:
    whole, dataset = load(), load(**keys)
    assert dataset.validation is not None
    assert (len(dataset.train), len(dataset.validation)) == (45, 15)
    assert np.bincount(dataset.validation.targets).tolist() == [5, 5, 5]
    assert sorted(points(dataset.train) + points(dataset.validation)) == sorted(points(whole.train))
    assert points(dataset.test) == points(whole.test)


def test_train_size_applies_before_validation_split() -> None:
    whole, dataset = load(train_size=40), load(train_size=40, validation=0.1)
    assert dataset.validation is not None
    assert (len(dataset.train), len(dataset.validation)) == (36, 4)
    assert sorted(points(dataset.train) + points(dataset.validation)) == sorted(points(whole.train))


def test_folds_partition_training_samples() -> None:
    whole = load()
    held_out = [load(fold=fold, folds=7).validation for fold in range(1, 8)]
    assert sorted(point for split in held_out for point in points(split)) == sorted(points(whole.train))


def test_validation_split_has_own_random_stream() -> None:
    drawn = [points(load(seed, validation=0.2).validation) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert points(load(validation=0.2).test) == points(load().test)


@pytest.mark.parametrize(("keys", "drawn"), [({}, 0), ({"validation": 0.25}, 1), ({"fold": 1, "folds": 4}, 1)])
def test_legacy_rng_draws_for_validation_split_only_if_used(keys: dict[str, Any], drawn: int) -> None:
    streams, script = LegacyStreams(3), np.random.RandomState(3)
    Moons(points=10, **keys).load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))
    script.uniform(0, np.pi, 20)
    script.standard_normal((20, 2))
    for _ in range(drawn):
        script.permutation(20)
    np.testing.assert_array_equal(streams.rng(Purpose.INIT).standard_normal(5), script.standard_normal(5))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"validation": 0.001}, r"^data\.validation: 0\.001 of 60 training samples is less than one sample"),
        ({"train_size": 1, "validation": 0.9}, r"^data\.validation: 0\.9 of 1 training samples"),
        ({"folds": 21, "fold": 1}, r"^data\.folds: 21 folds .* smallest class has 20 of the 60 training samples"),
        ({"fold": 1}, r"^data\.fold: needs data\.folds"),
        ({"fold": 3, "folds": 2}, r"^data\.fold: must be at most 2"),
        ({"fold": 1, "folds": 2, "validation": 0.1}, r"^data\.validation: both validation and fold are given"),
    ],
)
def test_invalid_validation_split_is_rejected(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        load(**keys)
    assert caught.value.exit_code == 2


def numbers(train: list[list[float]], test: list[list[float]]) -> Dataset:
    splits = [Split(np.zeros((len(y), 1)), np.array(y)) for y in (train, test)]
    return Dataset(*splits, (), numbers=TargetColumns.in_own_units(("a", "b")))


def test_targets_are_standardised_once_by_the_training_samples() -> None:
    raw = numbers([[1, 10], [3, 30]], [[5, 50]])
    scaled = raw.with_standardised_targets()
    np.testing.assert_array_equal(scaled.train.targets, [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(scaled.test.targets, [[3, 3]])
    np.testing.assert_array_equal(scaled.numbers.undo(scaled.test.targets), raw.test.targets)
    assert scaled.with_standardised_targets() is scaled
    assert load().with_standardised_targets().numbers is None


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([[1, 7], [2, 7]], "target 'b': expected different values, found 7 in all 2 training samples"),
        ([[1e308, 1], [-1e308, 2]], "target 'a': the values are too large or too close together to scale"),
    ],
)
def test_constant_and_huge_targets_are_refused(train: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        numbers(train, [[1, 1]]).with_standardised_targets()


def test_numbers_keep_two_training_samples_and_have_any_number_of_folds() -> None:
    streams = AddressedStreams(0)

    def loaded(**keys: Any) -> Dataset:
        return Sine(points=5, **keys).load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))

    assert [len(split) for split in loaded(validation=0.99, test_points=0).splits.values()] == [2, 3]
    assert len(loaded(fold=5, folds=5).validation) == 1
    with pytest.raises(UsageError, match=r"^data.folds: 6 folds of 5 training samples; use 2 to 5 folds$"):
        loaded(fold=1, folds=6)


@pytest.mark.parametrize("shape", [(40, 20), (40, 1, 3, 5), (40, 1)])
def test_parts_in_place_equal_copies(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    monkeypatch.setattr("nnlab.data.dataset.FEWEST_IN_PLACE", 0)
    inputs = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    order = np.random.default_rng(0).permutation(40)
    copies = Split(inputs.copy(), np.arange(40)).parted(order[:30], order[30:])
    locked = inputs.copy()
    locked.flags.writeable = False
    for given in (inputs, locked):
        before = given.copy()
        found = Split(given, np.arange(40)).parted(order[:30], order[30:], in_place=True)
        for part, copy in zip(found, copies, strict=True):
            np.testing.assert_array_equal(part.inputs, copy.inputs)
            np.testing.assert_array_equal(part.targets, copy.targets)
            assert np.shares_memory(part.inputs, given) == given.flags.writeable
        assert given.flags.writeable or (given == before).all()
