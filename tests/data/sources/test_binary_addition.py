import numpy as np
import pytest

from nnlab.core.random import make_streams
from nnlab.data.sources.binary_addition import BinaryAddition
from nnlab.errors import UsageError


def number(bits: np.ndarray) -> np.ndarray:
    """Numbers from bits (..., B), least significant first."""
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[-1]))


def pairs(inputs: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(number(inputs[:, :, 0]).tolist(), number(inputs[:, :, 1]).tolist(), strict=True))


@pytest.mark.parametrize("bits", [2, 8, 31])
def test_targets_are_the_bits_of_the_sum(bits: int) -> None:
    dataset = BinaryAddition(bits=bits, samples=3, test_samples=1).load(np.random.RandomState(1))
    assert (dataset.sample_shape, dataset.out_shape, dataset.steps) == ((bits, 2), (bits, 2), bits)
    for split in dataset.splits.values():
        a, b = (number(split.inputs[:, :, index]) for index in (0, 1))
        np.testing.assert_array_equal(number(split.targets), a + b)
        assert max(a.max(), b.max()) < 2 ** (bits - 1)


def test_first_step_is_the_least_significant_bit() -> None:
    split = BinaryAddition(bits=3, samples=16, test_samples=0).load(np.random.RandomState(0)).train
    three_plus_one = pairs(split.inputs).index((3, 1))
    assert split.inputs[three_plus_one].tolist() == [[1, 1], [1, 0], [0, 0]]
    assert split.targets[three_plus_one].tolist() == [0, 0, 1]


@pytest.mark.parametrize("bits", [5, 13])
def test_no_pair_is_drawn_twice(bits: int) -> None:
    dataset = BinaryAddition(bits=bits, samples=150, test_samples=100).load(np.random.RandomState(3))
    assert dataset.test is not None
    drawn = pairs(dataset.train.inputs) + pairs(dataset.test.inputs)
    assert len(drawn) == len(set(drawn)) == 250


def test_all_pairs_can_be_drawn() -> None:
    dataset = BinaryAddition(bits=3, samples=10, test_samples=6).load(make_streams("streams", 5).rng(0))
    assert dataset.test is not None
    assert len({*pairs(dataset.train.inputs), *pairs(dataset.test.inputs)}) == 16


def test_more_samples_than_pairs_are_rejected() -> None:
    source = BinaryAddition(bits=3, samples=10, test_samples=7)
    with pytest.raises(UsageError, match=r"data\.samples: 10 training and 7 test samples, but there are only 16 pairs"):
        source.load(np.random.RandomState(0))
