"""From labels as a file writes them to class numbers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from nnlab.errors import DataError
from nnlab.text import one_line, quote

MOST_CLASSES = 10_000
# How many different spellings of labels are read before giving up: 1 and 1.0 are two of one class.
MOST_LABELS = 10 * MOST_CLASSES
# So few classes are never too many for their samples: examples for teaching have few of both.
FEW_CLASSES = 5
# A number of classes that whole numbers rarely have, unless each has many samples.
MANY_NUMBERS, FEW_SAMPLES = 20, 10
MOST_NOTES = 3

_PADDED = re.compile(r"[+-]?0[0-9]")


def check_spellings(count: int, where: str) -> None:
    """Raise DataError, beginning with ``where``, when labels are spelled in more ways than classes can need."""
    if count > MOST_LABELS:
        raise DataError(
            f"{where}: expected 2 to {MOST_CLASSES} classes, found more than {MOST_LABELS} different labels"
        )


def classes_of(labels: Sequence[str], where: str) -> tuple[list[int], tuple[str, ...]]:
    """The class number of each given label, and the classes' names.

    1 and 1.0 are one class. When all labels are numbers they are sorted as such, otherwise as text. Raises DataError,
    beginning with ``where``, when they do not make 2 to ``MOST_CLASSES`` classes.
    """
    numbers = [_number(label) for label in labels]
    keys: Sequence[str | int] = [number for number in numbers if isinstance(number, int)]
    if None in numbers:
        keys = [
            str(number) if isinstance(number, int) else label for label, number in zip(labels, numbers, strict=True)
        ]
    elif len(keys) < len(labels):
        fraction = next(label for label, number in zip(labels, numbers, strict=True) if not isinstance(number, int))
        raise DataError(
            f"{where}: expected class names or whole numbers, found {quote(fraction)}: "
            f"this looks like a regression target, and nnlab trains classifiers"
        )
    names: list[str | int] = sorted(set(keys))
    if not 2 <= len(names) <= MOST_CLASSES:
        hint = ": this looks like a regression target, and nnlab trains classifiers" if len(names) > 1 else ""
        raise DataError(f"{where}: expected 2 to {MOST_CLASSES} classes, found {len(names)}{hint}")
    position = {name: index for index, name in enumerate(names)}
    return [position[key] for key in keys], tuple(str(name) for name in names)


def check_classes(class_names: Sequence[str], samples: int, where: str, *, assumed: bool) -> None:
    """Raise DataError when there are too many classes for the number of samples.

    That is: more than half as many classes as samples; for a label that nobody named (``assumed``) also more than 20
    whole numbers with fewer than 10 samples each, as a measurement has them.
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
    """What may surprise about classes: several spellings of one, and two that differ in case or leading zeros only."""
    spelled = defaultdict(list)
    for spelling, code in zip(spellings, codes, strict=True):
        spelled[code].append(spelling)
    merged = [" and ".join(map(quote, sorted(group))) for group in spelled.values() if len(group) > 1]
    yield from (f"{one_line(group, 200)} are one class" for group in merged[:MOST_NOTES])
    folded = defaultdict(list)
    for name in class_names:
        folded[name.casefold().lstrip("0") or "0"].append(name)
    alike = [" and ".join(map(quote, group)) for group in folded.values() if len(group) > 1]
    yield from (f"{one_line(group, 200)} are different classes" for group in alike[:MOST_NOTES])


def plain_number(text: str) -> str:
    """The text, if a number in it is one to everybody; raises ValueError.

    Python reads 1_0 and digits of other scripts as numbers too.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def plain_label(text: str) -> str:
    """A label or category, with 1.0 and 1 spelled alike."""
    number = _number(text)
    return str(number) if isinstance(number, int) else text


def sorted_labels(labels: Iterable[str]) -> list[str]:
    """Sorted as numbers where all are whole numbers, otherwise as text."""
    found = list(labels)
    numbers = [_number(label) for label in found]
    if all(isinstance(number, int) for number in numbers):
        return sorted(found, key=int)
    return sorted(found)


def _number(text: str) -> int | float | None:
    """The number that a label spells, an int where it is whole; None for other text, such as 007, an identifier."""
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
