"""Precision, recall and F1 of each class, and which classes are confused, from labels and predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnlab.core.arrays import Array

MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True, eq=False)
class ClassReport:
    """Precision TP/(TP+FP), recall TP/(TP+FN), F1 = 2TP/(2TP+FP+FN) and support TP+FN of each class, arrays (K,).

    A quotient 0/0 counts as 0. ``predicted`` is TP+FP.
    """

    precision: Array
    recall: Array
    f1: Array
    support: Array
    predicted: Array

    @classmethod
    def of(cls, labels: Array, predicted: Array, classes: int) -> Self:
        """The report of predicted classes (N,), where −1 is none, for labels (N,)."""
        support, hits, given = (
            np.bincount(found, minlength=classes)
            for found in (labels, labels[labels == predicted], predicted[predicted >= 0])
        )
        return cls(_ratio(hits, given), _ratio(hits, support), _ratio(2 * hits, given + support), support, given)

    @property
    def macro(self) -> dict[str, float]:
        """The unweighted mean over the classes that have samples or predictions, as scikit-learn's macro average."""
        counted = (self.support > 0) | (self.predicted > 0)
        return {name: float(getattr(self, name)[counted].mean()) for name in MEASURES}

    @property
    def weighted(self) -> dict[str, float]:
        """The mean over classes, weighted by support, as scikit-learn's weighted average."""
        return {name: float(np.average(getattr(self, name), weights=self.support)) for name in MEASURES}

    @property
    def never_predicted(self) -> Array:
        """The classes with samples that were never predicted, whose precision is 0/0; ascending."""
        return np.flatnonzero((self.support > 0) & (self.predicted == 0))

    @property
    def without_samples(self) -> Array:
        """The classes without samples, whose recall is 0/0; ascending."""
        return np.flatnonzero(self.support == 0)

    def as_plain(self, class_names: Sequence[str]) -> dict[str, Any]:
        """Plain values for JSON."""
        columns = {name: getattr(self, name).tolist() for name in (*MEASURES, "support", "predicted")}
        return {
            "per_class": [
                {"class": class_name, **{name: values[index] for name, values in columns.items()}}
                for index, class_name in enumerate(class_names)
            ],
            "macro": self.macro,
            "weighted": self.weighted,
            "never_predicted": [class_names[index] for index in self.never_predicted],
            "without_samples": [class_names[index] for index in self.without_samples],
        }


def confusion_matrix(labels: Array, predicted: Array, classes: Array) -> Array:
    """How many samples of each of these classes (rows, ascending) were predicted as each of them (columns)."""
    counts = np.zeros((len(classes), len(classes)), np.int64)
    counted = np.isin(labels, classes) & np.isin(predicted, classes)
    places = np.searchsorted(classes, labels[counted]), np.searchsorted(classes, predicted[counted])
    np.add.at(counts, places, 1)
    return counts


def confused_pairs(labels: Array, predicted: Array) -> tuple[Array, Array]:
    """The pairs (true, predicted) of classes of the errors (P, 2), most frequent first, and how often each was made.

    Pairs that are equally frequent are in the order of their classes.
    """
    wrong = (labels != predicted) & (predicted >= 0)
    pairs, counts = np.unique(np.stack((labels[wrong], predicted[wrong]), axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return pairs[order], counts[order]


def _ratio(numerator: Array, denominator: Array) -> Array:
    return numerator / np.maximum(denominator, 1)
