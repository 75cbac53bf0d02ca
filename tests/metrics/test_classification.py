"""Precision, recall, F1 and balanced accuracy against scikit-learn and by hand."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import counted, scores_of, value
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score

from nnlab.errors import UsageError
from nnlab.metrics import Metric
from nnlab.metrics.classification import F1, Averaged, BalancedAccuracy, Precision, Recall

CLASSES = 4
ORACLES: Mapping[type[Averaged], Any] = {Precision: precision_score, Recall: recall_score, F1: f1_score}
SAMPLES = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=30)
CUTS = st.lists(st.integers(1, 29), max_size=3)


@given(SAMPLES, CUTS)
def test_averages_and_classes_equal_those_of_scikit_learn(pairs: list[tuple[int, int]], cuts: list[int]) -> None:
    labels, predicted = np.array(pairs).T
    scores = scores_of(predicted, CLASSES)
    for cls, oracle in ORACLES.items():
        for average in ("macro", "micro", "weighted"):
            expected = oracle(labels, predicted, average=average, zero_division=0)
            assert value(cls(average=average), scores, labels, cuts) == pytest.approx(expected, rel=1e-12)  # type: ignore[arg-type]
        each = oracle(labels, predicted, labels=range(CLASSES), average=None, zero_division=0)
        for index, expected in enumerate(each):
            metric = cls(class_name=f"class {index}")
            metric.bind([f"class {number}" for number in range(CLASSES)])
            assert value(metric, scores, labels, cuts) == pytest.approx(expected, rel=1e-12)


@given(SAMPLES, CUTS)
def test_balanced_accuracy_equals_that_of_scikit_learn(pairs: list[tuple[int, int]], cuts: list[int]) -> None:
    labels, predicted = np.array(pairs).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a predicted class that has no samples
        expected = balanced_accuracy_score(labels, predicted)
    assert value(BalancedAccuracy(), scores_of(predicted, CLASSES), labels, cuts) == pytest.approx(expected, rel=1e-12)


# True a a b b c, predicted a a a b d: a class that is predicted counts with 0, one that is nowhere does not count.
@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Precision(), (2 / 3 + 1 + 0 + 0) / 4),
        (Recall(), (1 + 1 / 2 + 0 + 0) / 4),
        (F1(), (4 / 5 + 2 / 3 + 0 + 0) / 4),
        (F1(average="micro"), 3 / 5),
        (F1(average="weighted"), (2 * 4 / 5 + 2 * 2 / 3 + 0) / 5),
        (BalancedAccuracy(), (1 + 1 / 2 + 0) / 3),
    ],
)
def test_a_case_by_hand(metric: Metric, expected: float) -> None:
    labels, scores = np.array([0, 0, 1, 1, 2]), scores_of([0, 0, 0, 1, 3], 5)
    assert value(metric, scores, labels) == pytest.approx(expected, rel=1e-14)


def test_the_rarest_class_may_be_followed_alone() -> None:
    labels = np.array([0] * 98 + [1] * 2)
    scores = scores_of([0] * 99 + [1], 2)
    rare = F1(class_name=9)
    rare.bind(["3", "9"])
    assert value(F1(average="micro"), scores, labels) == 0.99
    assert value(rare, scores, labels) == pytest.approx(2 / 3)
    assert rare.variant == "class 9"


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(UsageError, match="class_name: no class 'malignnt'; did you mean 'malignant'"):
        F1(class_name="malignnt").bind(["benign", "malignant"])
    assert list(F1(class_name="a", average="micro").conflicts())
    assert not list(F1(class_name="a").conflicts())


def test_the_standard_error_of_balanced_accuracy_is_that_of_a_mean_of_shares() -> None:
    labels = np.array([0] * 16 + [1] * 4)
    metric = counted(BalancedAccuracy(), scores_of([0] * 12 + [1] * 6 + [0] * 2, 3), labels)
    variances = 0.75 * 0.25 / 16 + 0.5 * 0.5 / 4
    assert metric.result() == pytest.approx((0.75 + 0.5) / 2)
    assert metric.standard_error() == pytest.approx(variances**0.5 / 2)
