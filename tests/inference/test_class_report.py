"""Precision, recall, F1, averages and confusions against plain loops over the samples."""

from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.core.arrays import Array
from nnlab.inference.class_report import ClassReport, confused_pairs, confusion_matrix

CLASSES = 5
SAMPLES = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(-1, CLASSES - 1)), min_size=1, max_size=60)


def columns(samples: list[tuple[int, int]]) -> tuple[Array, Array]:
    labels, predicted = zip(*samples, strict=True)
    return np.array(labels), np.array(predicted)


def counted(samples: list[tuple[int, int]], k: int) -> dict[str, float]:
    """Precision, recall, F1 and support of class k, sample by sample."""
    tp = fp = fn = 0
    for label, predicted in samples:
        if label == k and predicted == k:
            tp += 1
        elif predicted == k:
            fp += 1
        elif label == k:
            fn += 1
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "support": tp + fn, "predicted": tp + fp}


@given(SAMPLES)
def test_precision_recall_and_f1_are_those_counted_sample_by_sample(samples: list[tuple[int, int]]) -> None:
    report = ClassReport.of(*columns(samples), CLASSES)
    expected = [counted(samples, k) for k in range(CLASSES)]
    for name, values in vars(report).items():
        np.testing.assert_allclose(values, [each[name] for each in expected], rtol=1e-14, err_msg=name)
    present = [each for each in expected if each["support"] or each["predicted"]]
    for name in ("precision", "recall", "f1"):
        macro = sum(each[name] for each in present) / len(present)
        weighted = sum(each[name] * each["support"] for each in expected) / len(samples)
        assert report.macro[name] == pytest.approx(macro, rel=1e-14)
        assert report.weighted[name] == pytest.approx(weighted, rel=1e-14)


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_the_samples_changes_nothing(samples: list[tuple[int, int]], random: Random) -> None:
    shuffled = samples.copy()
    random.shuffle(shuffled)
    one, other = (ClassReport.of(*columns(each), CLASSES) for each in (samples, shuffled))
    names = [str(k) for k in range(CLASSES)]
    assert one.as_plain(names) == other.as_plain(names)
    for before, after in zip(confused_pairs(*columns(samples)), confused_pairs(*columns(shuffled)), strict=True):
        np.testing.assert_array_equal(before, after)


@given(SAMPLES)
def test_confusions_sum_to_supports_predictions_and_errors(samples: list[tuple[int, int]]) -> None:
    labels, predicted = columns(samples)
    counts = confusion_matrix(labels, predicted, np.arange(CLASSES))
    report = ClassReport.of(labels, predicted, CLASSES)
    without = np.bincount(labels[predicted < 0], minlength=CLASSES)
    np.testing.assert_array_equal(counts.sum(axis=1) + without, report.support)
    np.testing.assert_array_equal(counts.sum(axis=0), report.predicted)
    np.testing.assert_allclose(np.diag(counts) / np.maximum(report.support, 1), report.recall)
    pairs, frequencies = confused_pairs(labels, predicted)
    expected = Counter((t, p) for t, p in samples if t != p and p >= 0)
    assert dict(zip(map(tuple, pairs.tolist()), frequencies.tolist(), strict=True)) == expected
    assert frequencies.tolist() == sorted(frequencies.tolist(), reverse=True)
    off_diagonal = counts - np.diag(np.diag(counts))
    assert frequencies.sum() == off_diagonal.sum()


def test_rows_are_true_classes_and_columns_predicted_classes() -> None:
    labels, answers = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 2, 2, 1, 0, -1])
    np.testing.assert_array_equal(confusion_matrix(labels, answers, np.arange(3)), [[1, 0, 2], [0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(confusion_matrix(labels, answers, np.array([0, 2])), [[1, 2], [1, 0]])


def test_classes_without_predictions_or_samples_count_as_0_and_are_named() -> None:
    report = ClassReport.of(np.array([0, 0, 1]), np.array([0, 2, 0]), 4)
    assert report.never_predicted.tolist() == [1]
    assert report.without_samples.tolist() == [2, 3]
    plain = report.as_plain(["a", "b", "c", "d"])
    assert plain["never_predicted"] == ["b"]
    assert plain["without_samples"] == ["c", "d"]
    assert plain["per_class"][1] == {
        "class": "b",
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "support": 1,
        "predicted": 0,
    }
    # Class d, which has neither samples nor predictions, is in no average.
    assert plain["macro"]["recall"] == pytest.approx((0.5 + 0 + 0) / 3)
