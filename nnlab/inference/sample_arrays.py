"""New samples in .npz, .npy and IDX files."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.files.reading import file_name, opened
from nnlab.data.input_format import InputFormat
from nnlab.data.pipeline.raw_samples import network_inputs
from nnlab.data.sources.idx import read_idx
from nnlab.data.tables.array_names import CLASS_NAMES, FEATURE_NAMES, LABELS, SAMPLES
from nnlab.data.tables.csv_samples import known_classes
from nnlab.data.tables.label_arrays import flat_labels
from nnlab.data.tables.labels import plain_label
from nnlab.data.tables.npy_files import read_array
from nnlab.data.tables.npz_file import Archive
from nnlab.data.tables.sample_arrays import holds_pixels
from nnlab.errors import DataError, UsageError, reported_as
from nnlab.inference.number_evaluation import scaled_targets
from nnlab.text import one_line, quote

_PARTS = ("val", "valid", "validation", "train")


class Found(NamedTuple):
    """What a file holds: inputs (N, ...) as the network takes them, labels (N,) or numbers if asked for, notes."""

    inputs: Array
    labels: Array | None
    notes: tuple[str, ...] = ()


def read_npz_samples(
    path: Path, inputs: InputFormat, label: str | None, *, labelled: bool, check_range: bool = True
) -> Found:
    """The samples of an .npz: ``x_test`` or ``x`` and their like, its only array, or one array for each column."""
    with opened(path) as (file, size):
        arrays = Archive(file, size, file_name(path))
        members = list(arrays.members)
        columns = [column.name for column in inputs.columns]
        if columns and set(columns) <= set(members):
            arrays.check(columns)
            found = network_inputs({name: arrays.read(name) for name in columns}, inputs, check_range=check_range)
            notes = ["one array for each column"]
            candidates = list(LABELS)
        else:
            samples, candidates = _names(members, arrays.name)
            arrays.check([samples])
            feature_names = arrays.first(FEATURE_NAMES)
            names = arrays.texts(feature_names).names if feature_names and columns else ()
            raw = arrays.read(samples)
            table: object = whole_pixels(raw, inputs)
            if names and raw.ndim == 2 and len(names) == raw.shape[1]:
                table = dict(zip(names, raw.T, strict=True))
            found = network_inputs(table, inputs, check_range=check_range)
            notes = [] if samples in SAMPLES else [f"samples: array {quote(samples)}"]
        if not labelled:
            return Found(found, None, tuple(notes))
        name = label or next((name for name in candidates if name in members), candidates[0])
        arrays.check([name])
        if inputs.targets is not None:
            targets = network_targets(arrays.read(name), inputs, arrays.where(name))
            return Found(found, _checked_length(targets, found, f"{arrays.name}: {quote(name)}"), tuple(notes))
        names_at = arrays.first(CLASS_NAMES)
        class_names = arrays.texts(names_at).names if names_at else ()
        labels = class_indices(arrays.read(name), inputs.class_names, arrays.where(name), class_names, inputs.steps)
    return Found(found, _checked_length(labels, found, f"{arrays.name}: {quote(name)}"), tuple(notes))


def read_npy_samples(
    path: Path, inputs: InputFormat, label: str | None, *, labelled: bool, check_range: bool = True
) -> Found:
    """The samples of an .npy file; ``label`` is the .npy file of their labels."""
    found = network_inputs(whole_pixels(read_array(path, {}), inputs), inputs, check_range=check_range)
    if not labelled:
        return Found(found, None)
    if label is None:
        raise UsageError("an .npy file has no labels; --label FILE names the .npy file that has them")
    given = read_array(Path(label), {})
    if inputs.targets is not None:
        return Found(found, _checked_length(network_targets(given, inputs, label), found, label))
    labels = class_indices(given, inputs.class_names, label, steps=inputs.steps)
    return Found(found, _checked_length(labels, found, label))


def read_idx_samples(
    path: Path, inputs: InputFormat, label: str | None, *, labelled: bool, check_range: bool = True
) -> Found:
    """The images of an IDX file; their labels are in the file ``label``, or in the one named like it beside it."""
    array, _ = read_idx(path)
    found = network_inputs(whole_pixels(array, inputs), inputs, check_range=check_range)
    if not labelled:
        return Found(found, None)
    beside = Path(label) if label else path.with_name(_IMAGES.sub(_label_name, path.name))
    if beside == path or not beside.is_file():
        raise UsageError(f"expected the labels in {file_name(beside)}, found no such file; --label FILE names it")
    labels = class_indices(read_idx(beside)[0], inputs.class_names, file_name(beside))
    return Found(found, _checked_length(labels, found, file_name(beside)))


_IMAGES = re.compile(r"images([-.])idx3")


def _label_name(match: re.Match[str]) -> str:
    return f"labels{match[1]}idx1"


def whole_pixels(array: Array, inputs: InputFormat) -> Array:
    """Integers from 0 to 255 that are stored as another type become uint8, for a network of pixels."""
    if not inputs.pixels or array.dtype.kind not in "iuf" or array.dtype == np.uint8 or not array.size:
        return array
    return array.astype(np.uint8) if array.max() > 1 and holds_pixels(array) else array


def network_targets(numbers: Array, inputs: InputFormat, where: str) -> Array:
    """Targets in the user's units, (N,), (N, K) or (N, T, K), as the network has them; raises DataError."""
    with reported_as(DataError, where, catch=UsageError):
        return scaled_targets(numbers, inputs, len(numbers))


def class_indices(
    labels: Array, class_names: Sequence[str], where: str, own_names: Sequence[str] = (), steps: int | None = None
) -> Array:
    """The class index of each label, which is a class name, or an index into ``own_names``.

    Whole numbers are indices where no class name is a number. With ``steps`` T the labels are (N, T), one for each
    step. Raises DataError, prefixed with ``where``.
    """
    if steps is not None:
        if labels.ndim != 2 or labels.shape[1] != steps:
            raise DataError(f"{where}: expected a label for each of {steps} steps (N, {steps}), found {labels.shape}")
        return class_indices(labels.reshape(-1), class_names, where, own_names).reshape(labels.shape)
    flat = flat_labels(labels, where)
    if flat.dtype.kind in "biu" and own_names and (flat >= 0).all() and (flat < len(own_names)).all():
        flat = np.array(own_names)[flat.astype(np.intp)]
    elif flat.dtype.kind in "biu" and not any(plain_label(name).lstrip("-").isdigit() for name in class_names):
        if flat.min() < 0 or flat.max() >= len(class_names):
            raise DataError(
                f"{where}: expected labels from 0 to {len(class_names) - 1}, found {flat.min()} to {flat.max()}"
            )
        return flat.astype(np.intp)
    distinct, codes = np.unique(flat, return_inverse=True)
    return known_classes([str(value) for value in distinct.tolist()], class_names, where)[codes]


def _names(members: Sequence[str], where: str) -> tuple[str, list[str]]:
    """The name of the sample array, and those that its labels may have."""
    patterns = ["{name}_test", "test_{name}", "{name}"]
    patterns += [pattern for part in _PARTS for pattern in (f"{{name}}_{part}", f"{part}_{{name}}")]
    for pattern in patterns:
        for name in SAMPLES:
            if pattern.format(name=name) in members:
                return pattern.format(name=name), [pattern.format(name=label) for label in LABELS]
    if len(members) == 1:
        return members[0], list(LABELS)
    listed = one_line(", ".join(members), 200)
    raise DataError(f"{where}: expected an array x (or {', '.join(SAMPLES[1:])}, x_test, ...), found {listed}")


def _checked_length(labels: Array, samples: Array, where: str) -> Array:
    if len(labels) != len(samples):
        raise DataError(f"{where}: expected {len(samples)} labels, one per sample, found {len(labels)}")
    return labels
