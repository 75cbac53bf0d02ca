"""Arrays of samples and labels as a labelled dataset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array, shape_text
from nnlab.data.dataset import Dataset, Split
from nnlab.data.input_format import Column
from nnlab.data.tables.label_arrays import as_classes
from nnlab.data.tables.sample_arrays import as_samples, layout_notes, to_unit_range
from nnlab.data.tables.splits import samples_by_split
from nnlab.errors import DataError
from nnlab.text import one_line, quote


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
    counts = {part: len(array) for part, array in samples.items()}
    size = samples_by_split(counts) if len(counts) > 1 else f"{len(first):,} samples"
    said = f"label {label} ({len(names)} classes), {kind}, {size}"
    surprises = [*layout_notes(parts["train"].samples), *surprises, *_untrained_classes(labels, names)]
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


def _untrained_classes(labels: Mapping[str, Array], names: Sequence[str]) -> Iterator[str]:
    """Classes of which there are samples, but none to train on."""
    trained = np.bincount(labels["train"], minlength=len(names)) > 0
    for part, found in labels.items():
        absent = np.flatnonzero((np.bincount(found, minlength=len(names)) > 0) & ~trained)
        if len(absent):
            few = one_line(", ".join(names[int(index)] for index in absent), 100)
            title = "class" if len(absent) == 1 else "classes"
            yield f"warning: {title} {few}: {part} samples, but no training samples"


def _columns(feature_names: Names, count: int) -> tuple[Column, ...]:
    names, where = feature_names
    if len(names) != count or len(set(names)) < count:
        different = "all different, " if len(names) == count else ""
        raise DataError(f"{where}: expected {count} names, one for each feature, {different}found {len(names)}")
    return tuple(Column(name) for name in names)
