"""Classes of very different sizes, and a network that answers the large ones only."""

from collections.abc import Iterator
from shlex import quote as shell_quote

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.insight.doctor.answers import answers, has_classes, judged_split
from nnlab.insight.doctor.case import Case
from nnlab.insight.doctor.rules import Rule, Symptom
from nnlab.text import quote

MAJORITY = 1.3
"""A majority class has at least this many times its share 1/K of the samples."""

ALONE = 0.99
"""One class is answered for everything, and is then more than half of the samples."""

IGNORED, FEWEST = 0.1, 5
"""A class is not answered where its recall is at most the first, on at least the second number of samples."""


def class_shares(dataset: Dataset) -> Array:
    """The share of each class among the training samples (K,)."""
    counts = dataset.class_counts
    shares: Array = counts / max(1, counts.sum())
    return shares


def recalls(targets: Array, predicted: Array, classes: int) -> Array:
    """The share of the samples of each class that are answered as it (K,); NaN for a class without any."""
    counts = np.bincount(targets, minlength=classes)
    right = np.bincount(targets[predicted == targets], minlength=classes)
    with np.errstate(invalid="ignore"):
        found: Array = right / counts
    return found


def _ignored(targets: Array, predicted: Array, small: Array) -> tuple[Array, Array, Array]:
    """Samples and recall of each class (K,), and which of the small classes are hardly ever answered."""
    counts, recall = np.bincount(targets, minlength=len(small)), recalls(targets, predicted, len(small))
    return counts, recall, np.flatnonzero(small & (counts >= FEWEST) & (recall <= IGNORED))


def _class_imbalance(case: Case) -> Iterator[Symptom]:
    if not has_classes(case):
        return
    dataset, name = case.dataset, judged_split(case) or "train"
    shares = class_shares(dataset)
    major, present = int(shares.argmax()), int((shares > 0).sum())
    if present < 2 or shares[major] * present < MAJORITY:
        return
    given = answers(case, name)
    alone = float(np.mean(given.predicted == major)) > ALONE
    if alone and shares[major] < 1 / 2:  # a network that learned nothing, for another reason
        return
    small = (shares > 0) & (shares < shares[major] / 2)
    counts, recall, ignored = _ignored(given.targets, given.predicted, small)
    if not len(ignored) and name != "train":  # with few samples of a class, those of training count as well
        learnt = answers(case, "train")
        targets, predicted = (
            np.concatenate(pair) for pair in ((given.targets, learnt.targets), (given.predicted, learnt.predicted))
        )
        counts, recall, ignored = _ignored(targets, predicted, small)
    if not len(ignored) or recall[major] < 1 / 2:
        return
    share = float(np.mean(given.targets == major))
    names = dataset.class_names
    listed = ", ".join(quote(names[label]) for label in ignored[:5]) + (", ..." if len(ignored) > 5 else "")
    weighted = getattr(case.experiment.loss, "class_weights", None)
    balanced = case.retry("loss.class_weights=balanced")
    answer = f"predicts {quote(names[major])} for everything" if alone else f"hardly ever predicts {listed}"
    yield Symptom(
        sentence=f"The network {answer}, as {quote(names[major])} is {shares[major]:.0%} of the training samples.",
        evidence=f"{name} accuracy {given.accuracy:.4f}, always predicting {quote(names[major])} gives {share:.4f}; "
        "recall, the correct share of a class: "
        + ", ".join(f"{quote(names[label])} {recall[label]:.4f} ({counts[label]} samples)" for label in ignored[:5]),
        numbers={
            "accuracy": given.accuracy,
            "majority_share": share,
            "classes_not_answered": len(ignored),
            "largest_recall_of_them": float(np.nanmax(recall[ignored])),
        },
        command=f"nnlab evaluate {shell_quote(case.path.as_posix())} --per-class" if weighted else balanced,
    )


RULES = (
    Rule(
        "class_imbalance",
        _class_imbalance,
        why="The loss is a mean over all samples, so a large class counts most. Accuracy hides it: look at the recall "
        "of each class. loss.class_weights=balanced multiplies the losses so that each class counts the same.",
        source="King & Zeng 2001, Logistic Regression in Rare Events Data; Buda et al. 2018, arXiv 1710.05381",
        needs=("weights", "dataset"),
        explains=frozenset({"loss_at_chance", "still_improving", "underfitting"}),
    ),
)
