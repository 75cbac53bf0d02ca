"""Held-out samples of windowed datasets are blocks of the series."""

import numpy as np
import pytest

from nnlab.data.sources.text import Text
from nnlab.errors import UsageError


def load(**keys: object) -> object:
    return Text(train_size=40, length=10, stride=4, **keys).load(np.random.RandomState(0))  # type: ignore[arg-type]


def test_validation_samples_are_the_last_ones() -> None:
    whole, split = load(), load(validation=0.25)
    np.testing.assert_array_equal(split.validation.inputs, whole.train.inputs[30:])
    np.testing.assert_array_equal(split.train.inputs, whole.train.inputs[:28])


def test_a_fold_is_a_block() -> None:
    whole, split = load(), load(fold=2, folds=4)
    np.testing.assert_array_equal(split.validation.inputs, whole.train.inputs[10:20])
    np.testing.assert_array_equal(split.train.inputs, whole.train.inputs[[*range(8), *range(22, 40)]])
    with pytest.raises(UsageError, match=r"data\.fold: needs data\.folds"):
        load(fold=2)
