"""Features: scales, constants, and those that give the target away."""

import numpy as np
import pytest

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.data.target_columns import TargetColumns
from nnlab.insight.doctor.data_quality import constant_features, feature_scales, telling_features, two_valued

RNG = np.random.default_rng(0)
TARGETS = np.arange(80) % 3


def dataset(*columns: Array) -> Dataset:
    """Features with targets of three classes."""
    return Dataset(Split(np.column_stack(columns), TARGETS), None, ("a", "b", "c"))


NOISE = RNG.standard_normal(80)


def test_scales_are_mean_and_deviation_of_each_feature() -> None:
    mean, std = feature_scales(dataset(NOISE, 100 + 5 * NOISE))
    np.testing.assert_allclose(mean, [NOISE.mean(), 100 + 5 * NOISE.mean()])
    np.testing.assert_allclose(std, [NOISE.std(), 5 * NOISE.std()])


def test_features_of_a_one_hot_encoding_have_two_values() -> None:
    assert two_valued(np.column_stack([NOISE, NOISE > 0, np.ones(80)])).tolist() == [False, True, True]


def test_constant_features_of_tables_are_found_and_empty_borders_of_images_are_not() -> None:
    assert constant_features(dataset(NOISE, np.full(80, 3.0), NOISE, np.zeros(80))).tolist() == [1, 3]
    pixels = np.column_stack([np.zeros((80, 9)), RNG.standard_normal((80, 55))])
    assert constant_features(dataset(pixels)).tolist() == []
    images = Dataset(Split(np.zeros((80, 1, 3, 3)), TARGETS), None, ("a", "b", "c"))
    assert constant_features(images).tolist() == []


@pytest.mark.parametrize(
    ("feature", "tells"),
    [
        (np.array([7, 1, 4])[TARGETS], True),
        (TARGETS + 0.1 * NOISE, False),  # separates the classes, but may be a measurement
        (TARGETS % 2, False),
        (np.where(np.arange(80) == 5, 9, TARGETS), False),
    ],
)
def test_a_code_of_the_class_is_a_leak(feature: Array, *, tells: bool) -> None:
    assert telling_features(dataset(NOISE, feature)) == ([1] if tells else [])


def test_a_feature_on_a_line_with_the_number_is_a_leak() -> None:
    y = NOISE[:, None]
    numbers = TargetColumns(("y",), np.zeros(1), np.ones(1))
    inputs = np.column_stack([RNG.standard_normal(80), 3 - 40 * NOISE, NOISE + 0.01 * RNG.standard_normal(80)])
    assert telling_features(Dataset(Split(inputs, y), None, (), numbers=numbers)) == [1]
    assert telling_features(Dataset(Split(inputs[:, 1:2], y), None, (), numbers=numbers)) == []  # the only feature
