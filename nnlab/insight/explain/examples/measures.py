"""The worked example of a metric: six predictions, and how they are counted."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import NUMBERS
from nnlab.docstrings import docstring_of
from nnlab.insight.explain.worked_example import Stage, Step, WorkedExample, number_text, settings_text
from nnlab.metrics.base import Metric, Record
from nnlab.metrics.classification import class_counts
from nnlab.registry import metrics

LABELS = np.array([0, 0, 0, 1, 1, 2])
SCORES = np.array([[2, 1, 0], [3, 0, 1], [0, 2, 1], [0, 1, 0], [1, 2, 0], [1, 2, 1.5]])
Y = np.array([[1.0], [2.0], [4.0], [5.0]])
PREDICTED = np.array([[1.5], [2.0], [3.0], [5.5]])


def metric_example(name: str) -> WorkedExample:
    """The metric of a few samples, which its formula gives too."""
    settings = {"k": 2} if name == "top_k" else {}
    metric = metrics[name](**settings)
    if metric.task == NUMBERS:
        return _of_numbers(name, metric)
    scores, labels = SCORES, LABELS
    if metric.of_sequences:
        scores, labels = SCORES.reshape(3, 2, 3), LABELS.reshape(3, 2)
    metric.bind(("0", "1", "2"))
    metric.update(scores, labels)
    given = [Step("scores", scores), Step("label", labels)]
    if isinstance(metric, Record):
        counts = np.zeros((3, 3), int)
        for true, predicted, samples in metric.lines():
            counts[int(true), int(predicted)] = int(samples)
        steps = [Step("prediction", scores.argmax(axis=1)), Step("C", counts, _formula(metric))]
        return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])
    steps = [*_counts(name, scores, labels), Step(name, metric.result(), _formula(metric))]
    return WorkedExample(settings_text(name, settings), given, [Stage("", steps)])


def _formula(metric: Metric | Record) -> str:
    return next(iter(docstring_of(type(metric)).formulas), "")


def _counts(name: str, scores: Array, labels: Array) -> list[Step]:
    """What is counted before the last formula."""
    predicted = scores.argmax(axis=-1)
    if name in ("loss", "perplexity"):
        softmax = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        p = np.take_along_axis(softmax, labels[..., np.newaxis], axis=-1)[..., 0]
        steps = [Step("p = softmax(scores) of the label", p), Step("−log p", -np.log(p))]
        return [*steps, Step("mean of −log p", float(-np.log(p).mean()))]
    if name == "top_k":
        ranked = np.argsort(-scores, axis=-1, kind="stable")[:, :2]
        return [
            Step("the k classes of the highest scores", ranked),
            Step("hits", (ranked == labels[:, np.newaxis]).any(axis=1).astype(int)),
        ]
    steps = [Step("prediction", predicted)]
    if name == "sequence_accuracy":
        return [*steps, Step("correct: every step", (predicted == labels).all(axis=1).astype(int))]
    if name not in ("precision", "recall", "f1", "balanced_accuracy"):
        return [*steps, Step("correct", (predicted == labels).astype(int))]
    hits, given, support = class_counts(labels, predicted, scores.shape[1])
    steps += [
        Step("TP of each class", hits),
        Step("FP of each class", given - hits),
        Step("FN of each class", support - hits),
    ]
    if name == "balanced_accuracy":
        return [*steps, Step("recall of each class", hits / np.maximum(support, 1))]
    of_counts = metrics[name].of_counts
    return [*steps, Step(f"{name} of each class, of which the mean is taken", of_counts(hits, given, support))]


def _of_numbers(name: str, metric: Metric) -> WorkedExample:
    metric.update(PREDICTED, Y)
    error = Y - PREDICTED
    steps = [Step("y − ŷ", error[:, 0])]
    steps.append(Step("|y − ŷ|", abs(error[:, 0])) if name == "mae" else Step("(y − ŷ)²", error[:, 0] ** 2))
    if name == "r2":
        steps += [Step("ȳ", float(Y.mean())), Step("(y − ȳ)²", (Y[:, 0] - Y.mean()) ** 2)]
        quotient = f"1 − {number_text((error**2).sum())}/{number_text(((Y - Y.mean()) ** 2).sum())}"
        steps.append(Step(quotient, 1 - (error**2).sum() / ((Y - Y.mean()) ** 2).sum()))
    steps.append(Step(name, metric.result(), _formula(metric)))
    return WorkedExample(settings_text(name, {}), [Step("y", Y[:, 0]), Step("ŷ", PREDICTED[:, 0])], [Stage("", steps)])
