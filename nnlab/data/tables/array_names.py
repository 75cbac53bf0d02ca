"""Names of sample and label arrays in .npz files, as other libraries write them."""

from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

# Keras and most scripts, scikit-learn's Bunch, MedMNIST.
SAMPLES = ("x", "X", "data", "images")
LABELS = ("y", "Y", "target", "labels")
CLASS_NAMES = ("target_names", "class_names", "label_names")
FEATURE_NAMES = ("feature_names",)
_TRAIN = "train"
_HELD_OUT = {"validation": ("val", "valid", "validation"), "test": ("test",)}
_PATTERNS = ("{name}_{part}", "{part}_{name}")
_DESCRIPTIONS = ("DESCR", "frame", "filename", "data_module", "data_filename", "target_filename")


class Pair(NamedTuple):
    """The names of a sample array and its label array."""

    samples: str
    labels: str


def find_pairs(members: Container[str], label: str | None, features: str | None) -> dict[str, Pair]:
    """The arrays to read for each split: train, validation, test.

    ``x_train`` and ``train_x`` take precedence over ``x``. If no pair is complete, the most likely names.
    """
    samples = SAMPLES if features is None else (features,)
    labels = LABELS if label is None else (label,)
    candidates = list(_candidates(samples, labels))
    complete = (found for found in candidates if found[1].samples in members and found[1].labels in members)
    partial = (found for found in candidates if found[1].samples in members)
    pattern, pair, base = next(complete, None) or next(partial, None) or ("", Pair(samples[0], labels[0]), None)
    pairs = {_TRAIN: pair}
    if base:
        for part, spellings in _HELD_OUT.items():
            spelled = (_spelled(base, pattern, spelling) for spelling in spellings)
            if found := next((pair for pair in spelled if pair.samples in members), None):
                pairs[part] = found
    return pairs


def unused(members: Sequence[str], used: Container[str]) -> list[str]:
    """The arrays that are neither used nor descriptions."""
    known = (*_DESCRIPTIONS, *CLASS_NAMES, *FEATURE_NAMES)
    return [name for name in members if name not in used and name not in known]


def _candidates(samples: Sequence[str], labels: Sequence[str]) -> Iterator[tuple[str, Pair, Pair | None]]:
    """Naming patterns, each with its training pair; the empty pattern has one pair with all samples."""
    for x in samples:
        for y in labels:
            for pattern in _PATTERNS:
                yield pattern, _spelled(Pair(x, y), pattern, _TRAIN), Pair(x, y)
            yield "", Pair(x, y), None


def _spelled(base: Pair, pattern: str, part: str) -> Pair:
    return Pair(*(pattern.format(name=name, part=part) for name in base))
