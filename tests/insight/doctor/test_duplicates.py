"""Equal and nearly equal samples of two splits."""

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.insight.doctor.duplicates import exact_duplicates, near_duplicates, repeats_by_chance


def dataset(train: Array, test: Array) -> Dataset:
    """Samples with the class 0."""
    return Dataset(Split(train, np.zeros(len(train), int)), Split(test, np.zeros(len(test), int)), ("a",))


def samples(count: int, features: int = 8, seed: int = 0) -> Array:
    """Normal features."""
    return np.random.default_rng(seed).standard_normal((count, features))


def test_exact_duplicates_are_pairs_of_sample_numbers() -> None:
    train, test = samples(50), samples(10, seed=1)
    test[3], test[7] = train[20], train[4]
    found = exact_duplicates(dataset(train, test), "test")
    assert found.pairs == [(3, 20), (7, 4)]
    assert found.share == 0.2
    assert found.same_target == 1


def test_minus_zero_equals_zero() -> None:
    train, test = samples(5), samples(5, seed=1)
    train[0], test[0] = 0.0, -0.0
    assert exact_duplicates(dataset(train, test), "test").pairs == [(0, 0)]


def test_exact_duplicates_of_pixels() -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 1, 4, 4), np.uint8)
    assert exact_duplicates(dataset(images[:15], images[10:]), "test").pairs == [(i, i + 10) for i in range(5)]


def test_near_duplicates_are_copies_with_a_little_noise() -> None:
    train, test = samples(100), samples(20, seed=1)
    test[:5] = train[10:15] + 0.001
    found = near_duplicates(dataset(train, test), "test")
    assert found.pairs == [(i, i + 10) for i in range(5)]
    assert not found.exact
    assert exact_duplicates(dataset(train, test), "test").pairs == []


@pytest.mark.parametrize("features", [2, 8])
def test_samples_drawn_independently_are_no_near_duplicates(features: int) -> None:
    assert not near_duplicates(dataset(samples(2000, features), samples(100, features, 1)), "test").pairs


def test_samples_along_a_curve_come_near_each_other_by_chance() -> None:
    t = np.random.default_rng(0).uniform(0, 1, 3000)
    curve = np.column_stack([np.sin(k * t) for k in range(1, 9)])
    assert not near_duplicates(dataset(curve[:2500], curve[2500:]), "test").pairs


def test_few_combinations_of_values_repeat_by_chance() -> None:
    coins = np.random.default_rng(0).integers(0, 2, (500, 4)).astype(float)
    assert repeats_by_chance(dataset(coins, coins[:5]))
    assert not repeats_by_chance(dataset(samples(500), samples(5)))
