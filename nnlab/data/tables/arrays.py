"""Arrays of samples and labels as a labelled dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nnlab.core.arrays import Array, shape_text
from nnlab.data.dataset import Dataset, Split
from nnlab.data.inputs import Column
from nnlab.data.tables.label_arrays import as_classes
from nnlab.data.tables.sample_arrays import as_samples, to_unit_range
from nnlab.errors import DataError, quote


class Part(NamedTuple):
    """Samples and labels for training, validation or testing as a file has them, and how messages name them."""

    samples: Array
    labels: Array
    samples_at: str
    labels_at: str


class Names(NamedTuple):
    """Names of classes or features, perhaps none, and how messages name the place they come from."""

    names: tuple[str, ...]
    where: str


NO_NAMES = Names((), "")
_WORDS = {"train": "training", "validation": "validation", "test": "test"}


def dataset_of(
    parts: Mapping[str, Part],
    name: str,
    class_names: Names = NO_NAMES,
    feature_names: Names = NO_NAMES,
    checksums: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of the parts train and, where given, validation and test; ``name`` is the file's in its notes.

    Raises DataError when the parts are no labelled samples or do not fit together.
    """
    samples = as_samples(
        {part: found.samples for part, found in parts.items()},
        {part: found.samples_at for part, found in parts.items()},
    )
    labels, names, surprises = as_classes(
        {part: found.labels for part, found in parts.items()},
        {part: found.labels_at for part, found in parts.items()},
        *class_names,
    )
    for part, found in parts.items():
        count = len(samples[part])
        if len(labels[part]) != count:
            raise DataError(
                f"{found.labels_at}: expected {count} labels, one for each sample, found {len(labels[part])}"
            )
    scaling, first = None, samples["train"]
    if first.ndim > 2:
        samples, scaling, surprise = to_unit_range(samples)
        surprises = [*filter(None, (surprise,)), *surprises]
    label = quote(Path(parts["train"].labels_at.rpartition(": ")[2]).name)
    kind = f"images of {shape_text(first.shape[1:])}" if first.ndim > 2 else f"{first.shape[1]} features"
    counts = [f"{len(array):,} {_WORDS[part] if len(samples) > 1 else ''}".rstrip() for part, array in samples.items()]
    said = f"label {label} ({len(names)} classes), {kind}, {' and '.join(counts)} samples"
    splits = {part: Split(array, labels[part]) for part, array in samples.items()}
    dataset = Dataset(
        splits["train"],
        splits.get("test"),
        names,
        dict(checksums or {}),
        validation=splits.get("validation"),
        scaling=scaling,
        notes=tuple(f"{name}: {note}" for note in (said, *surprises, *notes)),
    )
    if not feature_names.names or first.ndim > 2:
        return dataset
    return replace(dataset, columns=_columns(feature_names, first.shape[1]))


def _columns(feature_names: Names, count: int) -> tuple[Column, ...]:
    names, where = feature_names
    if len(names) != count or len(set(names)) < count:
        different = "all different, " if len(names) == count else ""
        raise DataError(f"{where}: expected {count} names, one for each feature, {different}found {len(names)}")
    return tuple(Column(name) for name in names)
