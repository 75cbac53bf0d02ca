"""Precision, recall and F1 of each class, and which classes are confused, from labels and predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nnlab.core.arrays import Array
from nnlab.metrics.classification import class_counts, f1, macro, precision, recall, weighted

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
        counts = class_counts(labels, predicted, classes)
        _, given, support = counts
        return cls(precision(*counts), recall(*counts), f1(*counts), support, given)

    @property
    def macro(self) -> dict[str, float]:
        """The unweighted mean over the classes that have samples or predictions, as scikit-learn's macro average."""
        return {name: macro(getattr(self, name), self.predicted, self.support) for name in MEASURES}

    @property
    def weighted(self) -> dict[str, float]:
        """The mean over classes, weighted by support, as scikit-learn's weighted average."""
        return {name: weighted(getattr(self, name), self.support) for name in MEASURES}

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
