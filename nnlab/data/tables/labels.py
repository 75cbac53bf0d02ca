"""Class indices from the label texts of a file."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from nnlab.errors import DataError
from nnlab.text import one_line, quote

MOST_CLASSES = 10_000
# Limit of distinct label texts; several texts may be one class, such as 1 and 1.0.
MOST_LABELS = 10 * MOST_CLASSES
# At most this many classes are accepted for any number of samples (toy examples).
FEW_CLASSES = 5
# Integer labels of more classes than MANY_NUMBERS with fewer samples per class than FEW_SAMPLES are doubtful.
MANY_NUMBERS, FEW_SAMPLES = 20, 10
MOST_NOTES = 3
_LIKE_NUMBERS = (
    "this looks like a regression target: data.target (.npy: data.targets) in place of the label predicts numbers"
)

_PADDED = re.compile(r"[+-]?0[0-9]")


def check_spellings(count: int, where: str) -> None:
    """Raise DataError, prefixed with ``where``, for more than ``MOST_LABELS`` distinct label texts."""
    if count > MOST_LABELS:
        raise DataError(
            f"{where}: expected 2 to {MOST_CLASSES} classes, found more than {MOST_LABELS} different labels"
        )


def classes_of(labels: Sequence[str], where: str) -> tuple[list[int], tuple[str, ...]]:
    """The class index of each label, and the class names.

    1 and 1.0 are the same class. Classes are sorted numerically if all labels are numbers, else as text. Raises
    DataError, prefixed with ``where``, unless there are 2 to ``MOST_CLASSES`` classes.
    """
    numbers = [_number(label) for label in labels]
    keys: Sequence[str | int] = [number for number in numbers if isinstance(number, int)]
    if None in numbers:
        keys = [
            str(number) if isinstance(number, int) else label for label, number in zip(labels, numbers, strict=True)
        ]
    elif len(keys) < len(labels):
        fraction = next(label for label, number in zip(labels, numbers, strict=True) if not isinstance(number, int))
        raise DataError(f"{where}: expected class names or whole numbers, found {quote(fraction)}: {_LIKE_NUMBERS}")
    names: list[str | int] = sorted(set(keys))
    if not 2 <= len(names) <= MOST_CLASSES:
        hint = f": {_LIKE_NUMBERS}" if len(names) > 1 else ""
        raise DataError(f"{where}: expected 2 to {MOST_CLASSES} classes, found {len(names)}{hint}")
    position = {name: index for index, name in enumerate(names)}
    return [position[key] for key in keys], tuple(str(name) for name in names)


def check_classes(class_names: Sequence[str], samples: int, where: str, *, assumed: bool) -> None:
    """Raise DataError for too many classes.

    That is more than one class per two samples; for a default label column (``assumed``) also more than 20 integer
    classes with fewer than 10 samples each, which look like measurements.
    """
    classes = len(class_names)
    if classes > FEW_CLASSES and 2 * classes > samples:
        raise DataError(
            f"{where}: expected several samples of each class, found {classes} classes in {samples} samples"
        )
    doubtful = assumed and classes > MANY_NUMBERS and classes * FEW_SAMPLES > samples
    if doubtful and all(isinstance(_number(name), int) for name in class_names):
        raise DataError(f"{where}: expected classes, found {classes} different numbers in {samples} samples")


def label_notes(spellings: Sequence[str], codes: Sequence[int], class_names: Sequence[str]) -> Iterable[str]:
    """Notes on classes with several spellings, and on classes that differ only in case or leading zeros."""
    spelled = defaultdict(list)
    for spelling, code in zip(spellings, codes, strict=True):
        spelled[code].append(spelling)
    merged = [" and ".join(map(quote, sorted(group))) for group in spelled.values() if len(group) > 1]
    yield from (f"{one_line(group, 200)} are the same class" for group in merged[:MOST_NOTES])
    folded = defaultdict(list)
    for name in class_names:
        folded[name.casefold().lstrip("0") or "0"].append(name)
    alike = [" and ".join(map(quote, group)) for group in folded.values() if len(group) > 1]
    yield from (f"{one_line(group, 200)} are different classes" for group in alike[:MOST_NOTES])


def plain_number(text: str) -> str:
    """The text unchanged; raises ValueError for underscores and non-ASCII digits, which ``float`` accepts."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def plain_label(text: str) -> str:
    """A label or category in canonical form: 1.0 becomes 1."""
    number = _number(text)
    return str(number) if isinstance(number, int) else text


def sorted_labels(labels: Iterable[str]) -> list[str]:
    """Labels sorted numerically if all are integers, else as text."""
    found = list(labels)
    numbers = [_number(label) for label in found]
    if all(isinstance(number, int) for number in numbers):
        return sorted(found, key=int)
    return sorted(found)


def _number(text: str) -> int | float | None:
    """The number of a label, int if integral; None for text and for identifiers such as 007."""
    if _PADDED.match(text):
        return None
    try:
        return int(plain_number(text))
    except ValueError:
        pass
    try:
        value = float(plain_number(text))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value
