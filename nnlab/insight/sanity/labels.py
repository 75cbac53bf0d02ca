"""The labels: which classes there are samples of, and how many; of numbers their spread."""

import numpy as np

from nnlab.core.arrays import Array
from nnlab.core.task import CLASSES
from nnlab.insight.finding import Finding
from nnlab.insight.sanity.checked_spec import CheckedSpec
from nnlab.insight.sanity.result import Verdict, found, listed
from nnlab.text import one_line

UNLIKELY = 1e-3
"""A class without held-out samples is a problem where chance alone would leave it out this rarely."""
MAJORITY = 0.9
SECTION = "labels"


def labels(case: CheckedSpec) -> Verdict:
    """Every class has samples in every split."""
    dataset = case.dataset
    if dataset.task != CLASSES:
        return _numbers(case)
    counts = {name: dataset.class_counts_of(split) for name, split in dataset.splits.items()}
    train = counts.pop("train")
    present = train[train > 0]
    equal = present.min() == present.max()
    each = f"{present.min():,}" if equal else f"{present.min():,} to {present.max():,}"
    text = f"{dataset.classes} classes, {each} training labels each"
    findings = []
    missing = np.flatnonzero(train == 0)
    if dataset.tokens:
        return Verdict(f"{text}; {len(missing)} characters of the text are in no training sample")
    if len(missing):
        findings.append(_missing(case, "train", missing, int(train.sum())))
    for name, count in counts.items():
        absent = np.flatnonzero((count == 0) & (train > 0))
        chance = (1 - train[absent] / train.sum()) ** count.sum()
        if len(absent) and chance.min() < UNLIKELY:
            findings.append(_missing(case, name, absent, int(count.sum())))
        elif len(absent):
            text += f"; none of {len(absent)} in the {int(count.sum())} {name} labels, which are few"
    if train.max() > MAJORITY * train.sum():
        findings.append(_unbalanced(case, train))
    held_out = (
        f", every class also in {' and '.join(counts)}" if counts and not findings and "none of" not in text else ""
    )
    return Verdict(text + held_out, tuple(findings))


def _numbers(case: CheckedSpec) -> Verdict:
    """Of targets that are numbers: the spread, and how far held-out ones are away."""
    assert case.dataset.numbers is not None
    names = [one_line(name) for name in case.dataset.numbers.names]
    y = case.dataset.train.targets.reshape(-1, len(names))
    text = f"targets {listed(names)} scaled to mean {y.mean():.2g} and std {y.std():.3g}, expected 0 and 1"
    return Verdict(f"{text}; the largest is {np.abs(y).max():.3g} standard deviations away")


def _missing(case: CheckedSpec, split: str, classes: Array, samples: int) -> Finding:
    names = [one_line(case.dataset.class_names[index]) for index in classes]
    return found(
        "class_missing",
        f"There are no {'training' if split == 'train' else split} samples of {listed(names)}.",
        f"{len(names)} of {case.dataset.classes} classes have none among {samples:,} labels",
        "A class without training samples is never predicted. Samples sorted by class, of which only the first are "
        "used (data.train_size, data.test_size), look like this.",
        numbers={"split": split, "missing": len(names), "samples": samples},
        section=SECTION,
        command="shuffle the samples, or use more of them",
    )


def _unbalanced(case: CheckedSpec, train: Array) -> Finding:
    share, name = float(train.max() / train.sum()), one_line(case.dataset.class_names[int(train.argmax())])
    return found(
        "one_class_dominates",
        f"{share:.0%} of the training labels are of class {name}.",
        f"always predicting {name} has accuracy {share:.3f}",
        "Accuracy says little here: compare it with the share of the largest class, and look at the recall of each "
        "class (the fraction of its samples that are predicted as this class).",
        numbers={"share": share, "class": name},
        section=SECTION,
        command=case.with_keys("train", {"loss": "cross_entropy", "loss.class_weights": "balanced"}),
        severity="advice",
    )
