"""Label arrays as class indices: one label per sample, or one-hot rows."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.tables.labels import MOST_CLASSES, check_classes, check_spellings, classes_of, label_notes
from nnlab.errors import DataError
from nnlab.text import one_line, quote

LabelsAndNames = tuple[dict[str, Array], tuple[str, ...], list[str]]


def as_classes(
    parts: Mapping[str, Array], where: Mapping[str, str], names: Sequence[str], names_at: str
) -> LabelsAndNames:
    """The class indices (N,) of all splits, the class names, and notes about the labels.

    Labels have the shape (N,), (N, 1), or one-hot (N, K). ``names``, if any, are the class names from ``names_at``.
    Raises DataError, prefixed with the split's ``where``, for labels that are not classes.
    """
    labels = {part: flat_labels(array, where[part]) for part, array in parts.items()}
    classes = {part: array.shape[1] for part, array in parts.items() if array.ndim == 2 and array.shape[1] > 1}
    if len(set(classes.values())) > 1 or len(classes) not in (0, len(parts)):
        found = ", ".join(str(array.shape) for array in parts.values())
        raise DataError(
            f"{next(iter(where.values()))}: expected labels of the same kind in all splits, found shapes {found}"
        )
    if names:
        _check_names(names, names_at)
    notes: list[str] = []
    first = next(iter(where.values()))
    if classes:
        count = next(iter(classes.values()))
        class_names = _named(count, names, names_at)
    elif names and all(array.dtype.kind in "biuf" for array in labels.values()):
        labels = {part: _positions(array, len(names), where[part], names_at) for part, array in labels.items()}
        class_names = tuple(names)
    else:
        labels, class_names, notes = _by_spelling(labels, first)
    check_classes(class_names, sum(map(len, labels.values())), first, assumed=False)
    return labels, class_names, notes


def flat_labels(array: Array, where: str) -> Array:
    """Labels (N,), from (N,), a column (N, 1) or one-hot rows (N, K)."""
    if array.ndim == 1:
        return array
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim != 2 or array.dtype.kind == "U":
        raise DataError(
            f"{where}: expected one label per sample, of shape (N,) or one-hot (N, K), found shape {array.shape}"
        )
    if array.shape[1] > MOST_CLASSES:
        raise DataError(f"{where}: expected 2 to {MOST_CLASSES} classes, found {array.shape[1]}")
    ones = array == 1
    invalid = ~((ones | (array == 0)).all(axis=1) & (ones.sum(axis=1) == 1))
    if invalid.any():
        row = int(np.argmax(invalid))
        found = one_line(", ".join(str(value) for value in array[row].tolist()), 60)
        raise DataError(
            f"{where}: row {row} (from 0): expected one-hot rows (a single 1, otherwise 0), found {found}: "
            "each sample has one class"
        )
    positions: Array = ones.argmax(axis=1)
    return positions


def _by_spelling(labels: Mapping[str, Array], where: str) -> LabelsAndNames:
    # Not concatenated: every text would take the memory of the longest one.
    found = {part: np.unique(array, return_inverse=True) for part, array in labels.items()}
    check_spellings(sum(len(distinct) for distinct, _ in found.values()), where)
    texts = [str(value) for distinct, _ in found.values() for value in distinct.tolist()]
    classes, class_names = classes_of(texts, where)
    coded, start = {}, 0
    for part, (distinct, codes) in found.items():
        coded[part] = np.array(classes[start : start + len(distinct)], np.intp)[codes]
        start += len(distinct)
    unique = dict(zip(texts, classes, strict=True))
    return coded, class_names, list(label_notes(list(unique), list(unique.values()), class_names))


def _check_names(names: Sequence[str], where: str) -> None:
    if len(set(names)) < len(names) or not all(names):
        raise DataError(f"{where}: expected distinct, non-empty class names, found {quote(', '.join(names), 200)}")


def _named(count: int, names: Sequence[str], where: str) -> tuple[str, ...]:
    if names and len(names) != count:
        raise DataError(f"{where}: expected {count} class names, one per one-hot column, found {len(names)}")
    return tuple(names) or tuple(map(str, range(count)))


def _positions(labels: Array, count: int, where: str, names_at: str) -> Array:
    """Labels that are indices into the list of names."""
    invalid = ~((labels >= 0) & (labels < count) & (labels == np.floor(labels)))
    if invalid.any():
        row = int(np.argmax(invalid))
        raise DataError(
            f"{where}: row {row} (from 0): expected a label from 0 to {count - 1}, an index into {names_at}, "
            f"found {labels[row]}"
        )
    return labels.astype(np.intp)
