"""Fit of predictions to targets against the fit under random permutations."""

import numpy as np
import pytest

from nnlab.data.dataset import Dataset, Split
from nnlab.insight.sanity.signal import agreement, data_signal


@pytest.mark.parametrize("kind", ["classes", "steps", "numbers"])
def test_mean_and_spread_are_those_of_random_permutations(kind: str) -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(3, size=(60, 4) if kind == "steps" else 60)
    predicted = np.where(rng.random(targets.shape) < 0.3, targets, rng.integers(3, size=targets.shape))
    if kind == "numbers":
        targets, predicted = (values[:, None] + rng.standard_normal((60, 1)) for values in (targets, predicted))
    fit, chance, z = agreement(predicted, targets)
    permuted = [agreement(predicted, targets[rng.permutation(60)])[0] for _ in range(1000)]
    assert chance == pytest.approx(np.mean(permuted), abs=0.01)
    assert z == pytest.approx((fit - np.mean(permuted)) / np.std(permuted), rel=0.1)


def test_equal_predictions_are_at_chance() -> None:
    assert agreement(np.zeros(50, int), np.arange(50) % 2) == (0.5, 0.5, 0.0)


@pytest.mark.parametrize("related", [True, False])
def test_nearest_samples_and_single_inputs_tell_whether_labels_depend_on_inputs(related: bool) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((400, 5)), rng.integers(2, size=400)
    if related:
        x[:, 2] += 2 * y
    signal = data_signal(Dataset(Split(x, y), None, ("a", "b")), rng)
    assert (min(signal) > 4) == related
    assert (max(signal) < 3) == (not related)
