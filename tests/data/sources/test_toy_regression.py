import numpy as np
import pytest

from nnlab.core.random import AddressedStreams, Purpose
from nnlab.core.task import NUMBERS
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.data.sources.toy_regression import Peaks, Sine


def load(source: DatasetSource, seed: int = 0) -> Dataset:
    streams = AddressedStreams(seed)
    return source.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION))


def own_units(dataset: Dataset, part: str) -> np.ndarray:
    assert dataset.numbers is not None
    return dataset.numbers.undo(dataset.splits[part].targets)[:, 0]


def test_sine_without_noise_is_the_sine_of_its_input() -> None:
    dataset = load(Sine(points=50, test_points=20, noise=0, periods=2))
    assert (dataset.task, dataset.out_shape, dataset.class_names, dataset.classes) == (NUMBERS, (1,), (), 0)
    for part in ("train", "test"):
        x = dataset.splits[part].inputs
        assert x.shape[1:] == (1,)
        assert (np.abs(x) <= 1).all()
        np.testing.assert_allclose(own_units(dataset, part), np.sin(2 * np.pi * x[:, 0]), atol=1e-14)
    assert (dataset.inputs.feature_names, dataset.numbers.names) == (("x",), ("y",))


def test_targets_are_standardised_by_the_training_samples_alone() -> None:
    dataset = load(Sine(points=40, test_points=30, validation=0.25))
    assert [len(split) for split in dataset.splits.values()] == [30, 10, 30]
    assert dataset.train.targets.mean() == pytest.approx(0, abs=1e-15)
    assert dataset.train.targets.std() == pytest.approx(1)
    assert abs(dataset.test.targets.std() - 1) > 1e-6


def test_peaks_has_the_values_of_matlab() -> None:
    # Its value at the origin, and its global minimum and maximum.
    known = {(0.0, 0.0): 0.9810, (0.2283, -1.6255): -6.5511, (-0.0093, 1.5814): 8.1062}
    np.testing.assert_allclose(Peaks().value(np.array(list(known))), list(known.values()), atol=5e-5)
    everywhere = np.random.default_rng(0).uniform(-3, 3, (100_000, 2))
    values = Peaks().value(everywhere)
    assert (values.min(), values.max()) == pytest.approx((-6.5511, 8.1062), abs=0.02)
    assert -6.5512 < values.min() < values.max() < 8.1063


@pytest.mark.parametrize("source", [Sine(points=2000, noise=0.3), Peaks(points=2000, noise=0.3)])
def test_noise_has_the_given_deviation(source: Sine | Peaks) -> None:
    dataset = load(source)
    noise = own_units(dataset, "train") - source.value(dataset.train.inputs)
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert noise.mean() == pytest.approx(0, abs=0.03)


def test_points_differ_by_seed_and_test_points_do_not_change_the_training_points() -> None:
    first, longer, other = load(Sine(test_points=0)), load(Sine(test_points=7)), load(Sine(), seed=1)
    assert first.test is None
    np.testing.assert_array_equal(first.train.inputs, longer.train.inputs)
    assert not np.array_equal(first.train.inputs, other.train.inputs)
