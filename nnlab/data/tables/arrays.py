"""Datasets from arrays of samples and labels."""

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
from nnlab.data.tables.target_arrays import as_targets
from nnlab.data.target_columns import TargetColumns
from nnlab.errors import DataError
from nnlab.text import one_line, quote


class Part(NamedTuple):
    """Sample and label arrays of one split, with their names for messages."""

    samples: Array
    labels: Array
    samples_at: str
    labels_at: str


class Names(NamedTuple):
    """Class or feature names (possibly none), with their source for messages."""

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
    target: str | None = None,
) -> Dataset:
    """A dataset from the splits train and optionally validation and test; ``name`` is the file name in the notes.

    With ``target``, their name, the labels are numbers.

    Raises DataError when the arrays are not labelled samples or are inconsistent.
    """
    samples = as_samples(
        {part: found.samples for part, found in parts.items()},
        {part: found.samples_at for part, found in parts.items()},
    )
    given, labels_at = ({part: getattr(found, at) for part, found in parts.items()} for at in ("labels", "labels_at"))
    names: tuple[str, ...] = ()
    remarks: list[str] = []
    if target is None:
        labels, names, remarks = as_classes(given, labels_at, *class_names)
    else:
        labels, target_names = as_targets(given, labels_at, target)
    noun = "labels" if target is None else "targets"
    for part, found in parts.items():
        count = len(samples[part])
        if len(labels[part]) != count:
            raise DataError(f"{found.labels_at}: expected {count} {noun}, one per sample, found {len(labels[part])}")
    scaling, first = None, samples["train"]
    if first.ndim > 2:
        samples, scaling, remark = to_unit_range(samples)
        remarks = [*filter(None, (remark,)), *remarks]
    label = quote(Path(parts["train"].labels_at.rpartition(": ")[2]).name)
    kind = f"images of {shape_text(first.shape[1:])}" if first.ndim > 2 else f"{first.shape[1]} features"
    counts = {part: len(array) for part, array in samples.items()}
    size = samples_by_split(counts) if len(counts) > 1 else f"{len(first):,} samples"
    summary = f"label {label} ({len(names)} classes), {kind}, {size}"
    untrained = _untrained_classes(labels, names) if target is None else ()
    if target is not None:
        summary = f"target{'s' * (len(target_names) > 1)} {', '.join(map(quote, target_names[:5]))}, {kind}, {size}"
    remarks = [*layout_notes(parts["train"].samples), *remarks, *untrained]
    splits = {part: Split(array, labels[part]) for part, array in samples.items()}
    dataset = Dataset(
        splits["train"],
        splits.get("test"),
        names,
        dict(checksums or {}),
        validation=splits.get("validation"),
        scaling=scaling,
        notes=tuple(f"{name}: {note}" for note in (summary, *remarks, *notes)),
        numbers=None if target is None else TargetColumns.in_own_units(target_names),
    )
    if not feature_names.names or first.ndim > 2:
        return dataset
    return replace(dataset, columns=_columns(feature_names, first.shape[1]))


def _untrained_classes(labels: Mapping[str, Array], names: Sequence[str]) -> Iterator[str]:
    """Warnings for classes without training samples."""
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
        raise DataError(f"{where}: expected {count} names, one per feature, {different}found {len(names)}")
    return tuple(Column(name) for name in names)
