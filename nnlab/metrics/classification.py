"""Precision, recall, F1 and balanced accuracy, from the counts of each class."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le

from nnlab.core.arrays import Array
from nnlab.core.rows import Bounds
from nnlab.core.task import CLASSES
from nnlab.errors import UsageError
from nnlab.metrics.base import NO_SAMPLES, Metric
from nnlab.registry import Doc, metrics
from nnlab.text import near_or_known, quote


def precision(hits: Array, predicted: Array, support: Array) -> Array:
    """TP / (TP + FP); 0/0 counts as 0."""
    return ratio(hits, predicted)


def recall(hits: Array, predicted: Array, support: Array) -> Array:
    """TP / (TP + FN); 0/0 counts as 0."""
    return ratio(hits, support)


def f1(hits: Array, predicted: Array, support: Array) -> Array:
    """2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall; 0/0 counts as 0."""
    return ratio(2 * hits, predicted + support)


def ratio(numerator: Array, denominator: Array) -> Array:
    """A quotient of counts; 0/0 counts as 0."""
    return numerator / np.maximum(denominator, 1)


def class_counts(labels: Array, predicted: Array, classes: int) -> tuple[Array, Array, Array]:
    """Of each class TP, TP + FP and TP + FN, arrays (K,), from class indices (N,); −1 is a prediction of none."""
    counted = (labels[labels == predicted], predicted[predicted >= 0], labels)
    hits, given, support = (np.bincount(found, minlength=classes) for found in counted)
    return hits, given, support


def macro(values: Array, predicted: Array, support: Array) -> float:
    """The unweighted mean over the classes with samples or predictions, as scikit-learn's macro average."""
    return float(values[(support > 0) | (predicted > 0)].mean())


def weighted(values: Array, support: Array) -> float:
    """The mean over the classes, weighted by their samples, as scikit-learn's weighted average."""
    return float(np.average(values, weights=support))


@dataclass(kw_only=True)
class ByClass(Metric):
    """A metric from the counts of each class: TP (``hits``), TP + FP (``predicted``) and TP + FN (``support``)."""

    task = CLASSES
    higher_is_better = True
    range = Bounds(0, 1)

    hits: Array = field(default=NO_SAMPLES, init=False)
    predicted: Array = field(default=NO_SAMPLES, init=False)
    support: Array = field(default=NO_SAMPLES, init=False)

    def update(self, scores: Array, targets: Array) -> None:
        """The predicted class has the first of the highest scores."""
        hits, predicted, support = class_counts(targets, scores.argmax(axis=1), scores.shape[1])
        self.hits = self.hits + hits
        self.predicted = self.predicted + predicted
        self.support = self.support + support

    @classmethod
    def format(cls, value: float) -> str:
        """Four decimals."""
        return f"{value:.4f}"


@dataclass(kw_only=True)
class Averaged(ByClass):
    """A measure of each class, averaged over the classes, or that of one class."""

    average: Annotated[
        Literal["macro", "micro", "weighted"],
        Doc("macro: mean over classes; weighted: by their samples; micro: from the counts of all classes together"),
    ] = "macro"
    class_name: Annotated[
        str | Annotated[int, Ge(-(10**9)), Le(10**9)] | None, Doc("the value of this class alone; null: the average")
    ] = None

    def __post_init__(self) -> None:
        self._index: int | None = None

    def conflicts(self) -> Iterator[tuple[tuple[str], str]]:
        """One class has no average."""
        if self.class_name is not None and self.average != "macro":
            yield ("average",), "is of all classes, but class_name asks for one; keep one of them"

    def bind(self, class_names: Sequence[str]) -> None:
        """Find the class; raises UsageError where the data has none of this name."""
        if self.class_name is not None:
            name = str(self.class_name)
            if name not in class_names:
                raise UsageError(f"class_name: no class {quote(name)}; {near_or_known(name, class_names, 'classes')}")
            self._index = list(class_names).index(name)

    @staticmethod
    @abstractmethod
    def of_counts(hits: Array, predicted: Array, support: Array) -> Array:
        """The measure of each class."""

    def result(self) -> float:
        """The value of the class, or the average; 0/0 counts as 0."""
        counts = self.hits, self.predicted, self.support
        if self.average == "micro":
            return float(self.of_counts(*(np.sum(count) for count in counts)))
        values = self.of_counts(*counts)
        if self._index is not None:
            return float(values[self._index])
        return macro(values, *counts[1:]) if self.average == "macro" else weighted(values, self.support)

    @property
    def variant(self) -> str:
        return self.average if self.class_name is None else f"class {self.class_name}"


@metrics.register("precision")
@dataclass(kw_only=True)
class Precision(Averaged):
    """Of the samples predicted as a class the share that are of it, from 0 to 1; higher is better.

        precision = TP / (TP + FP)

    TP: predicted as the class and of it; FP: predicted as it, but of another. Averaged over the classes; 0/0 counts as
    0.
    Source: van Rijsbergen 1979, "Information Retrieval", chapter 7.
    """

    label = "precision"
    label_ja = "適合率"
    heading = "precision"
    of_counts = staticmethod(precision)


@metrics.register("recall")
@dataclass(kw_only=True)
class Recall(Averaged):
    """Of the samples of a class the share that are predicted as it, from 0 to 1; higher is better.

        recall = TP / (TP + FN)

    TP: predicted as the class and of it; FN: of it, but predicted as another. Averaged over the classes; 0/0 counts as
    0.
    Source: van Rijsbergen 1979, "Information Retrieval", chapter 7.
    """

    label = "recall"
    label_ja = "再現率"
    heading = "recall"
    of_counts = staticmethod(recall)


@metrics.register("f1")
@dataclass(kw_only=True)
class F1(Averaged):
    """The harmonic mean of precision and recall, from 0 to 1; higher is better.

        F1 = 2 TP / (2 TP + FP + FN)

    Averaged over the classes; 0/0 counts as 0.
    Source: van Rijsbergen 1979, "Information Retrieval", chapter 7.
    """

    label = "F1"
    label_ja = "F1 値"
    heading = "F1"
    of_counts = staticmethod(f1)


@metrics.register("balanced_accuracy")
@dataclass(kw_only=True)
class BalancedAccuracy(ByClass):
    """Mean recall over the classes with samples, from 0 to 1; higher is better.

        balanced = 1/K Σ_k TP_k / (TP_k + FN_k)

    Source: Brodersen et al. 2010, ICPR.
    """

    label = "balanced accuracy"
    label_ja = "バランス正解率"
    heading = "bal acc"

    def result(self) -> float:
        """Σ recall / K over the K classes with samples."""
        return float(recall(self.hits, self.predicted, self.support)[self.support > 0].mean())

    def standard_error(self) -> float:
        """√(Σ r(1−r)/n) / K of the recalls r of the K classes with n samples each."""
        present = self.support > 0
        share, samples = (self.hits / np.maximum(self.support, 1))[present], self.support[present]
        return sqrt(float((share * (1 - share) / samples).sum())) / int(present.sum())
