"""Shares and recalls of classes."""

import numpy as np

from nnlab.data.dataset import Dataset, Split
from nnlab.insight.doctor.class_balance import class_shares, recalls


def test_shares_of_classes() -> None:
    dataset = Dataset(Split(np.zeros((4, 1)), np.array([0, 0, 2, 0])), None, ("a", "b", "c", "d"))
    np.testing.assert_array_equal(class_shares(dataset), [0.75, 0, 0.25, 0])


def test_recall_is_the_share_of_a_class_that_is_answered_as_it() -> None:
    targets, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 0, 1])
    np.testing.assert_array_equal(recalls(targets, predicted, 3), [0.75, 0.5, np.nan])
