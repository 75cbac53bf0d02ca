"""From labels as a file writes them to class numbers."""

from collections.abc import Sequence

from nnlab.errors import DataError, shown

MOST_CLASSES = 10_000
# How many different spellings of labels are read before giving up: 1 and 1.0 are two of one class.
MOST_LABELS = 10 * MOST_CLASSES


def check_spellings(count: int, where: str) -> None:
    """Raise DataError, beginning with ``where``, when labels are spelled in more ways than classes can need."""
    if count > MOST_LABELS:
        raise DataError(
            f"{where}: expected 2 to {MOST_CLASSES} classes, found more than {MOST_LABELS} different labels"
        )


def classes_of(labels: Sequence[str], where: str) -> tuple[list[int], tuple[str, ...]]:
    """The class number of each given label, and the classes' names.

    When all labels are numbers they are sorted as such, and 1 and 1.0 are one class; otherwise they are sorted as text.
    Raises DataError, beginning with ``where``, when they do not make 2 to ``MOST_CLASSES`` classes.
    """
    numbers = [_number(label) for label in labels]
    keys: Sequence[str | int] = [number for number in numbers if isinstance(number, int)]
    if None in numbers:
        keys = labels
    elif len(keys) < len(labels):
        fraction = next(label for label, number in zip(labels, numbers, strict=True) if not isinstance(number, int))
        raise DataError(
            f"{where}: expected class names or whole numbers, found {shown(fraction)}: "
            f"this looks like a regression target, and nnlab trains classifiers"
        )
    names: list[str | int] = sorted(set(keys))
    if not 2 <= len(names) <= MOST_CLASSES:
        hint = ": this looks like a regression target, and nnlab trains classifiers" if len(names) > 1 else ""
        raise DataError(f"{where}: expected 2 to {MOST_CLASSES} classes, found {len(names)}{hint}")
    position = {name: index for index, name in enumerate(names)}
    return [position[key] for key in keys], tuple(str(name) for name in names)


def plain_number(text: str) -> str:
    """The text, if a number in it is one to everybody; raises ValueError.

    Python reads 1_0 and digits of other scripts as numbers too.
    """
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def _number(text: str) -> int | float | None:
    """The number that a label spells, an int where it is whole; None for other text."""
    try:
        return int(plain_number(text))
    except ValueError:
        pass
    try:
        value = float(plain_number(text))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value
