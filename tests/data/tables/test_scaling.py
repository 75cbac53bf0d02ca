"""Scaling of features: statistics and results without a second array."""

import numpy as np
import pytest

from nnlab.data.dataset import Dataset, Split
from nnlab.data.tables import scaling
from nnlab.data.tables.scaling import deviation, scale_features


@pytest.mark.parametrize(
    "shape", [(100, 1), (101, 2), (100, 3), (57, 50), (5, 9), (1, 4), (30, 4, 1, 1), (30, 2, 3, 2)]
)
def test_deviation_equals_numpy_to_the_last_bit(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    monkeypatch.setattr(scaling, "ROWS_AT_ONCE", 10)
    samples = np.random.default_rng(0).standard_normal(shape) * 1e3 + 7
    assert deviation(samples).tobytes() == samples.std(axis=0).tobytes()


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_features_are_scaled_in_their_own_array(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(scaling, "ROWS_AT_ONCE", 7)
    samples = np.random.default_rng(1).standard_normal((40, 3))
    locked = samples.copy()
    locked.flags.writeable = False
    train, test = samples[:30], samples[30:]
    kept = scale_features(
        Dataset(Split(locked[:30], np.zeros(30, int)), Split(locked[30:], np.zeros(10, int)), ("a",)),
        kind,  # type: ignore[arg-type]
        "t",
    )
    found = scale_features(
        Dataset(Split(train, np.zeros(30, int)), Split(test, np.zeros(10, int)), ("a",)),
        kind,  # type: ignore[arg-type]
        "t",
    )
    assert found.train.inputs is train
    assert kept.test is not None
    np.testing.assert_array_equal(found.train.inputs, kept.train.inputs)
    np.testing.assert_array_equal(test, kept.test.inputs)
    assert not np.shares_memory(kept.train.inputs, locked)
