"""Rows of losses: one for each prediction, whether samples have one target or one for each step."""

import numpy as np
import pytest

from nnlab.core.task import CLASSES, NUMBERS
from nnlab.engine.data_parallel import DataParallelLoss
from nnlab.errors import UsageError
from nnlab.losses import CrossEntropy, Loss, MeanSquaredError, check_task, rows

RNG = np.random.default_rng(0)
N, T, K = 5, 3, 4
SCORES = RNG.standard_normal((N, T, K))
LABELS = RNG.integers(K, size=(N, T))
NUMBERS_OF_STEPS = RNG.standard_normal((N, T, K))


def test_rows_of_steps() -> None:
    scores, labels = rows(SCORES, LABELS)
    assert (scores.shape, labels.shape) == ((N * T, K), (N * T,))
    np.testing.assert_array_equal(scores[T + 2], SCORES[1, 2])
    assert labels[T + 2] == LABELS[1, 2]
    scores, numbers = rows(SCORES, NUMBERS_OF_STEPS)
    assert numbers.shape == scores.shape
    np.testing.assert_array_equal(numbers[T + 2], NUMBERS_OF_STEPS[1, 2])


@pytest.mark.parametrize(
    ("loss", "targets"),
    [(CrossEntropy(), LABELS), (MeanSquaredError(), LABELS), (MeanSquaredError(), NUMBERS_OF_STEPS)],
)
def test_loss_of_steps_is_the_mean_over_samples_and_steps(loss: Loss, targets: np.ndarray) -> None:
    expected = np.mean([loss.forward(SCORES[:, t], targets[:, t]) for t in range(T)])
    gradient = np.stack([_gradient(loss, SCORES[:, t], targets[:, t]) for t in range(T)], axis=1) / T
    assert loss.forward(SCORES, targets) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(loss.backward().reshape(SCORES.shape), gradient, rtol=1e-14)
    parts = DataParallelLoss(loss, 2)
    assert float(parts.forward(SCORES, targets)) == pytest.approx(expected, rel=1e-14)
    np.testing.assert_allclose(parts.backward().reshape(SCORES.shape), gradient, rtol=1e-14)


def _gradient(loss: Loss, scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    loss.forward(scores, targets)
    return loss.backward().copy()


def test_mean_squared_error_of_numbers_is_that_of_plain_loops() -> None:
    scores, numbers = SCORES[:, 0], NUMBERS_OF_STEPS[:, 0]
    loss = MeanSquaredError()
    squares = [(scores[n, k] - numbers[n, k]) ** 2 for n in range(N) for k in range(K)]
    assert loss.forward(scores, numbers) == pytest.approx(sum(squares) / (N * K), rel=1e-14)
    np.testing.assert_allclose(loss.backward(), 2 * (scores - numbers) / (N * K), rtol=1e-14)


def test_loss_for_other_targets_is_rejected() -> None:
    check_task(MeanSquaredError(), NUMBERS)
    check_task(CrossEntropy(), CLASSES)
    with pytest.raises(
        UsageError, match=r"cross_entropy is for classes, but the targets are numbers; use .*mean_squared_error"
    ):
        check_task(CrossEntropy(), NUMBERS)
