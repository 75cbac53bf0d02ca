"""Unbalanced classes: a note before training, and the recall of each class after it."""

from typing import Any

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.rows import CHOOSING_SPLITS
from nnlab.data.dataset import Dataset
from nnlab.engine.predictions import evaluation_split, predicted_classes
from nnlab.losses import Loss
from nnlab.models.network import Network
from nnlab.text import quote

UNBALANCED = 2
"""Classes are unbalanced where the largest has at least this many times the training samples of the smallest."""

MOST_CLASSES = 100
MOST_SHOWN = 10


def is_unbalanced(counts: Array) -> bool:
    """Whether some class has at least ``UNBALANCED`` times the training samples of another; counts (K,)."""
    present = counts[counts > 0]
    return bool(present.size and present.max() >= UNBALANCED * present.min())


def majority_note(dataset: Dataset, loss: Loss) -> str:
    """A note where one of unbalanced classes has more than half of the training samples; else empty."""
    counts = dataset.class_counts
    if not is_unbalanced(counts) or (share := counts.max() / counts.sum()) <= 1 / 2:
        return ""
    hint = "" if loss.weighted else "; loss.class_weights: balanced gives each class the same weight"
    name = quote(dataset.class_names[int(counts.argmax())])
    return f"class {name} has {share:.1%} of the training samples, so always predicting it has that accuracy{hint}"


def recall(network: Network, dataset: Dataset) -> dict[str, Any]:
    """The recall of each class for the summary, where classes are unbalanced.

    ``recall`` maps the name of each class with samples to TP / (TP + FN), measured on the part ``recall_of``:
    validation samples, else test samples, else those trained on. Empty for balanced or for more than ``MOST_CLASSES``
    classes, and where each step has a class: letters of a text are as rare as they are.
    """
    if dataset.steps or dataset.classes > MOST_CLASSES or not is_unbalanced(dataset.class_counts):
        return {}
    part, split = evaluation_split(dataset, CHOOSING_SPLITS)
    right = split.targets[predicted_classes(network, split.inputs) == split.targets]
    samples, recognised = (np.bincount(labels, minlength=dataset.classes) for labels in (split.targets, right))
    found = {
        name: int(count) / int(of)
        for name, count, of in zip(dataset.class_names, recognised, samples, strict=True)
        if of
    }
    return {"recall_of": part, "recall": found}


def recall_line(found: dict[str, Any]) -> str:
    """The recall of each class on one line, the lowest ``MOST_SHOWN`` first; empty where there is none."""
    if not found:
        return ""
    lowest = sorted(found["recall"].items(), key=lambda item: item[1])
    listed = ", ".join(f"{quote(name, 40)} {value:.4f}" for name, value in lowest[:MOST_SHOWN])
    more = f" and {len(lowest) - MOST_SHOWN} more classes" if len(lowest) > MOST_SHOWN else ""
    return f"recall of each class on the {found['recall_of']} samples: {listed}{more}"
