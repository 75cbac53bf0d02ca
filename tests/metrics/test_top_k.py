"""Top-k accuracy against scikit-learn, with ties, and as the accuracy for k = 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import counted, value
from sklearn.metrics import top_k_accuracy_score

from nnlab.errors import UsageError
from nnlab.metrics.accuracy import Accuracy
from nnlab.metrics.top_k import TopK


@given(st.integers(1, 20), st.integers(1, 3), st.lists(st.integers(1, 19), max_size=3), st.integers(0, 2**32 - 1))
def test_without_ties_it_equals_that_of_scikit_learn(samples: int, k: int, cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.permuted(np.tile(np.arange(4.0), (samples, 1)), axis=1), rng.integers(4, size=samples)
    expected = top_k_accuracy_score(labels, scores, k=k, labels=range(4))
    assert value(TopK(k=k), scores, labels, cuts) == expected


@given(st.integers(0, 2**32 - 1))
def test_for_k_1_it_is_the_accuracy_with_ties_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.integers(3, size=(9, 4)).astype(float), rng.integers(4, size=9)
    assert value(TopK(k=1), scores, labels) == value(Accuracy(), scores, labels)


@pytest.mark.parametrize(("k", "correct"), [(1, [0, 0, 0, 1]), (2, [1, 0, 0, 1]), (3, [1, 1, 0, 1])])
def test_of_equally_high_scores_the_first_count(k: int, correct: list[int]) -> None:
    scores = np.array([[2.0, 2.0, 2.0, 2.0]] * 4)
    labels = np.array([1, 2, 3, 0])
    for sample, expected in enumerate(correct):
        one = slice(sample, sample + 1)
        assert value(TopK(k=k), scores[one], labels[one]) == expected


def test_a_label_whose_score_is_not_a_number_does_not_count_as_first() -> None:
    scores = np.array([[1.0, np.nan, 0.0], [np.nan, 2.0, 0.0]])
    assert value(TopK(k=1), scores, np.array([1, 1])) == 0


def test_as_many_scores_as_classes_are_refused() -> None:
    TopK(k=2).bind(["a", "b", "c"])
    with pytest.raises(UsageError, match="k: must be below 3, the number of classes, got 3"):
        TopK(k=3).bind(["a", "b", "c"])


def test_the_standard_error_is_that_of_a_share() -> None:
    scores, labels = np.tile([3.0, 2.0, 1.0, 0.0], (100, 1)), np.repeat([0, 1, 3], [50, 30, 20])
    metric = counted(TopK(k=2), scores, labels)
    assert (metric.result(), metric.variant) == (0.8, "k = 2")
    assert metric.standard_error() == pytest.approx((0.8 * 0.2 / 100) ** 0.5)
