"""Losses against plain loops, and at scores where a naive softmax overflows."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlab.errors import UsageError
from nnlab.losses import CrossEntropy, Loss, MeanSquaredError

Problem = tuple[np.ndarray, np.ndarray]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Scores (N, K) and labels (N,), which cannot be written to."""
    N, K = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    scores = draw(arrays(np.float64, (N, K), elements=st.floats(-30, 30)))
    labels = draw(arrays(np.intp, (N,), elements=st.integers(0, K - 1)))
    scores.flags.writeable = labels.flags.writeable = False
    return scores, labels


def cross_entropy(scores: list[float], label: int) -> tuple[float, list[float]]:
    """−log softmax(scores)[label] and its gradient, with exactly rounded sums."""
    highest = max(scores)
    total = math.fsum(math.exp(score - highest) for score in scores)
    loss = math.log(total) + highest - scores[label]
    softmax = [math.exp(score - highest) / total for score in scores]
    return loss, [p - (k == label) for k, p in enumerate(softmax)]


def squared_error(scores: list[float], label: int) -> tuple[float, list[float]]:
    """The mean over the classes of the squared distance to one-hot, and its gradient."""
    differences = [score - (k == label) for k, score in enumerate(scores)]
    return math.fsum(d * d for d in differences) / len(scores), [2 * d / len(scores) for d in differences]


def smoothed_cross_entropy(scores: list[float], label: int, s: float = 0.3) -> tuple[float, list[float]]:
    """−Σ t_k log p_k with the target (1 − s)·one_hot + s/K, and its gradient."""
    K = len(scores)
    target = [(1 - s) * (k == label) + s / K for k in range(K)]
    losses = [cross_entropy(scores, k)[0] for k in range(K)]
    _, at_label = cross_entropy(scores, label)
    softmax = [g + (k == label) for k, g in enumerate(at_label)]
    return math.fsum(t * loss for t, loss in zip(target, losses, strict=True)), [
        p - t for p, t in zip(softmax, target, strict=True)
    ]


CLASS_WEIGHTS = [0.25, 3.0, 1.0, 0.0, 2.0]


def weighted_cross_entropy(scores: list[float], label: int) -> tuple[float, list[float]]:
    """−w_label log softmax(scores)[label] and its gradient."""
    loss, gradient = cross_entropy(scores, label)
    return CLASS_WEIGHTS[label] * loss, [CLASS_WEIGHTS[label] * g for g in gradient]


def weighted_smoothed_cross_entropy(scores: list[float], label: int) -> tuple[float, list[float]]:
    """w_label times the cross-entropy with smoothing, and its gradient."""
    loss, gradient = smoothed_cross_entropy(scores, label)
    return CLASS_WEIGHTS[label] * loss, [CLASS_WEIGHTS[label] * g for g in gradient]


Oracle = Callable[[list[float], int], tuple[float, list[float]]]
each_loss = pytest.mark.parametrize(
    ("make", "oracle"),
    [
        (CrossEntropy, cross_entropy),
        (partial(CrossEntropy, smoothing=0.3), smoothed_cross_entropy),
        (partial(CrossEntropy, class_weights=CLASS_WEIGHTS), weighted_cross_entropy),
        (partial(CrossEntropy, smoothing=0.3, class_weights=CLASS_WEIGHTS), weighted_smoothed_cross_entropy),
        (MeanSquaredError, squared_error),
    ],
    ids=["cross_entropy", "smoothed", "weighted", "weighted and smoothed", "mean_squared_error"],
)


@each_loss
@given(problem=problems())
def test_loss_and_gradient_equal_plain_loops(make: type[Loss], oracle: Oracle, problem: Problem) -> None:
    scores, labels = problem
    N = len(labels)
    expected = [oracle(row, label) for row, label in zip(scores.tolist(), labels.tolist(), strict=True)]
    loss = make()
    np.testing.assert_allclose(loss.per_sample(scores, labels), [v for v, _ in expected], rtol=1e-12, atol=2e-14)
    mean = loss.forward(scores, labels)
    assert isinstance(mean, float)
    assert mean == pytest.approx(math.fsum(v for v, _ in expected) / N, rel=1e-12, abs=2e-14)
    gradient = [[g / N for g in row] for _, row in expected]
    np.testing.assert_allclose(loss.backward(), gradient, rtol=1e-12, atol=1e-15)


@each_loss
@given(problem=problems())
def test_float32_stays_float32_and_close(make: type[Loss], oracle: Oracle, problem: Problem) -> None:
    scores, labels = problem[0].astype(np.float32), problem[1]
    expected = [oracle(row, label) for row, label in zip(scores.tolist(), labels.tolist(), strict=True)]
    loss = make()
    per_sample = loss.per_sample(scores, labels)
    gradient = loss.backward()
    assert per_sample.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(per_sample, [v for v, _ in expected], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradient * len(labels), [g for _, g in expected], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.float64, 1e4), (np.float64, 1e30), (np.float32, 1e4), (np.float32, 1e30)]
)
def test_softmax_of_huge_scores_does_not_overflow(dtype: Any, scale: float) -> None:
    scores = scale * np.array([[1, -1, 0], [-1, 1, -1], [1, 1, -1]], dtype)
    loss = CrossEntropy()
    per_sample = loss.per_sample(scores, np.array([0, 0, 1]))
    np.testing.assert_allclose(per_sample, [0, 2 * scale, math.log(2)], rtol=1e-6)
    expected = np.array([[0, 0, 0], [-1, 1, 0], [0.5, -0.5, 0]]) / 3
    np.testing.assert_allclose(loss.backward(), expected, rtol=1e-6, atol=1e-30)


def test_cross_entropy_ignores_a_constant_added_to_all_scores() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((5, 4)), rng.integers(0, 4, 5)
    loss = CrossEntropy()
    before, gradient = loss.forward(scores, labels), loss.backward().copy()
    assert loss.forward(scores + 1000, labels) == pytest.approx(before, rel=1e-11)
    np.testing.assert_allclose(loss.backward(), gradient, rtol=1e-10)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-16)


def test_cross_entropy_of_equal_scores_is_log_of_classes() -> None:
    assert CrossEntropy().forward(np.zeros((7, 10)), np.arange(7)) == pytest.approx(math.log(10), rel=1e-15)


def test_label_smoothing_worked_example() -> None:
    # p = (1/2, 1/4, 1/4) and t = (0.8, 0.1, 0.1): −0.8 log 1/2 − 0.2 log 1/4 = 1.2 log 2.
    loss = CrossEntropy(smoothing=0.3)
    scores = np.log(np.array([[2.0, 1.0, 1.0]]))
    assert loss.forward(scores, np.array([0])) == pytest.approx(1.2 * math.log(2), rel=1e-15)
    np.testing.assert_allclose(loss.backward(), [[0.5 - 0.8, 0.25 - 0.1, 0.25 - 0.1]], rtol=1e-14)


def test_evaluation_loss_is_without_label_smoothing() -> None:
    smoothed, plain = CrossEntropy(smoothing=0.3), CrossEntropy()
    assert smoothed.reported == plain
    assert plain.reported is plain
    assert MeanSquaredError().reported == MeanSquaredError()


def test_mean_squared_error_worked_example() -> None:
    loss = MeanSquaredError()
    assert loss.forward(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([0, 1])) == (4 + 4) / 4
    np.testing.assert_array_equal(loss.backward(), [[0, 1], [0, 1]])


@each_loss
def test_batches_of_changing_size(make: type[Loss], oracle: Oracle) -> None:
    loss = make()
    rng = np.random.default_rng(0)
    for N in (3, 50, 1, 50, 3):
        scores, labels = rng.standard_normal((N, 4)), rng.integers(0, 4, N)
        expected = [oracle(row, label) for row, label in zip(scores.tolist(), labels.tolist(), strict=True)]
        np.testing.assert_allclose(loss.per_sample(scores, labels), [v for v, _ in expected], rtol=1e-12)
        np.testing.assert_allclose(N * loss.backward(), [g for _, g in expected], rtol=1e-12, atol=1e-15)


@each_loss
def test_repeated_backward_gives_the_same_gradient(make: type[Loss], oracle: Oracle) -> None:
    loss = make()
    rng = np.random.default_rng(0)
    loss.forward(rng.standard_normal((5, 3)), rng.integers(0, 3, 5))
    first = loss.backward().copy()
    np.testing.assert_array_equal(loss.backward(), first)


@each_loss
def test_per_sample_losses_are_not_overwritten(make: type[Loss], oracle: Oracle) -> None:
    loss = make()
    rng = np.random.default_rng(0)
    first = loss.per_sample(rng.standard_normal((5, 3)), rng.integers(0, 3, 5))
    kept = first.copy()
    loss.per_sample(rng.standard_normal((5, 3)), rng.integers(0, 3, 5))
    np.testing.assert_array_equal(first, kept)


@each_loss
@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_of_any_integer_type(make: type[Loss], oracle: Oracle, dtype: Any) -> None:
    scores = np.random.default_rng(0).standard_normal((4, 3))
    labels = [2, 0, 1, 2]
    expected = [oracle(row, label)[0] for row, label in zip(scores.tolist(), labels, strict=True)]
    np.testing.assert_allclose(make().per_sample(scores, np.array(labels, dtype)), expected, rtol=1e-12)


def test_mean_of_float32_losses_is_summed_in_float64() -> None:
    N = 300_000
    scores = np.zeros((N, 2), np.float32)
    assert CrossEntropy().forward(scores, np.zeros(N, np.intp)) == pytest.approx(
        float(np.float32(math.log(2))), rel=1e-9
    )


@pytest.mark.parametrize(("loss", "score"), [(CrossEntropy(), 7.0), (MeanSquaredError(), 1 / 4)])
def test_chance_loss(loss: Loss, score: float) -> None:
    labels = np.arange(12) % 4
    assert loss.chance(4) == pytest.approx(loss.forward(np.full((12, 4), score), labels), rel=1e-12)


@given(labels=arrays(np.intp, st.integers(1, 40), elements=st.integers(0, 5)))
def test_balanced_class_weights(labels: np.ndarray) -> None:
    counts = np.bincount(labels, minlength=6)
    loss = CrossEntropy(class_weights="balanced").for_classes(counts)
    # Scores of zero: each sample's loss is its weight times log 6.
    per_sample = loss.per_sample(np.zeros((len(labels), 6)), labels) / math.log(6)
    totals = np.bincount(labels, weights=per_sample, minlength=6)
    present = counts > 0
    np.testing.assert_allclose(totals[present], len(labels) / present.sum(), rtol=1e-12)
    assert per_sample.mean() == pytest.approx(1, rel=1e-12)


@given(problem=problems(), cut=st.integers(0, 6))
def test_class_weights_with_data_parallel_shards(problem: Problem, cut: int) -> None:
    scores, labels = problem
    loss = CrossEntropy(class_weights=CLASS_WEIGHTS)
    mean, whole = loss.forward(scores, labels), loss.backward().copy()
    parts, total = [], 0.0
    for part in (slice(None, cut), slice(cut, None)):
        if len(labels[part]):
            total += loss.forward(scores[part], labels[part]) * len(labels[part])
            parts.append(loss.backward(len(labels)).copy())
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12, atol=1e-15)
    assert total / len(labels) == pytest.approx(mean, rel=1e-12, abs=1e-15)


def test_class_weights_do_not_change_reported_loss() -> None:
    loss = CrossEntropy(class_weights=CLASS_WEIGHTS)
    scores, labels = np.random.default_rng(0).standard_normal((7, 5)), np.arange(7) % 5
    assert loss.reported.forward(scores, labels) == CrossEntropy().forward(scores, labels)
    assert loss.forward(scores, labels) != CrossEntropy().forward(scores, labels)
    assert loss.replica().forward(scores, labels) == loss.forward(scores, labels)


def test_loss_of_experiment_is_not_bound() -> None:
    loss = CrossEntropy(class_weights="balanced")
    weighted = loss.for_classes(np.array([1, 3]))
    assert weighted.per_sample(np.zeros((2, 2)), np.array([0, 1])) == pytest.approx(
        [2 * math.log(2), 2 / 3 * math.log(2)]
    )
    with pytest.raises(ValueError, match="for_classes"):
        loss.per_sample(np.zeros((1, 2)), np.array([0]))


def test_invalid_class_weights_are_rejected() -> None:
    with pytest.raises(
        UsageError, match=r"loss\.class_weights: 5 weights, but the data has 3 classes; give one for each"
    ):
        CrossEntropy(class_weights=CLASS_WEIGHTS).for_classes(np.array([1, 1, 1]))
    with pytest.raises(UsageError, match=r"loss\.class_weights: needs a weight above 0"):
        CrossEntropy(class_weights=[0, 0]).for_classes(np.array([1, 1]))
