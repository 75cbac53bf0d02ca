"""Spec keys and values in few words: table headers, cells and legends that name what differs."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nnlab.errors import shown

ABSENT = "–"
VALUE_LENGTH = 40
LABEL_LENGTH = 100


def one_line(text: str, limit: int = VALUE_LENGTH) -> str:
    """Text from a file, fit for a table or a picture: on one line, short, without control characters."""
    return shown(text, limit)[1:-1]


def written(value: object) -> str:
    """A value as a spec writes it, in full."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(inner) for inner in value) + "]"
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """The shortest ending that tells each dotted key from the others; ``optimizer.name`` reads ``optimizer``."""
    parts = {key: (key.removesuffix(".name") or key).split(".") for key in keys}
    length = dict.fromkeys(keys, 1)
    while True:
        short = {key: ".".join(parts[key][-length[key] :]) for key in keys}
        count = Counter(short.values())
        unclear = [key for key in keys if count[short[key]] > 1 and length[key] < len(parts[key])]
        if not unclear:
            return short
        for key in unclear:
            length[key] += 1


def distinguishing_labels(
    settings: Sequence[Mapping[str, object]], short: Mapping[str, str], titles: Sequence[str]
) -> list[str]:
    """One label for each row of ``settings`` that names what sets it apart: ``optimizer adam, lr 0.01``.

    Keys in ``short`` that have one value wherever they occur (the betas of the only Adam) follow from the others and
    are left out, unless rows would read alike. Where the settings cannot tell rows apart, their ``titles`` do.
    """
    varied = [key for key in short if len({written(row[key]) for row in settings if key in row}) > 1]
    labels = [_label(row, short, varied) for row in settings]
    if len(set(labels)) < len(labels):
        labels = [_label(row, short, list(short)) for row in settings]
    count = Counter(labels)
    return [
        label if label and count[label] == 1 else ", ".join(filter(None, (title, label)))
        for label, title in zip(labels, titles, strict=True)
    ]


def _label(row: Mapping[str, object], short: Mapping[str, str], keys: Sequence[str]) -> str:
    settings = (f"{one_line(short[key])} {one_line(written(row[key]), 30)}" for key in keys if key in row)
    return one_line(", ".join(settings), LABEL_LENGTH)
