"""Short labels of spec keys and values for table headers, cells and legends."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nnlab.text import format_value, one_line

ABSENT = "–"
LABEL_LENGTH = 72


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """The shortest unambiguous ending of each dotted key; ``optimizer.name`` becomes ``optimizer``."""
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


def setting_text(value: object) -> str:
    """A value of a spec for a reader: a component by its name, then its other keys: ``momentum, lr 0.1``."""
    if not (isinstance(value, Mapping) and isinstance(value.get("name"), str)):
        return format_value(value)
    rest = (f"{key} {format_value(entry)}" for key, entry in value.items() if key != "name")
    return ", ".join([value["name"], *rest])


def distinguishing_labels(
    settings: Sequence[Mapping[str, object]], short: Mapping[str, str], titles: Sequence[str]
) -> list[str]:
    """A label of each row's distinguishing settings: ``optimizer adam, lr 0.01``.

    Keys in ``short`` with a single value (the betas of the only Adam) are left out unless labels would coincide. Long
    labels keep only the keys needed to distinguish the rows; where settings do not suffice, ``titles`` are added.
    """
    rows = [{key: format_value(row[key]) for key in short if key in row} for row in settings]
    keys = [key for key in short if len({row[key] for row in rows if key in row}) > 1]
    if _alike(rows, keys):
        keys = list(short)
    labels = [_label(row, short, keys) for row in rows]
    if max(map(len, labels), default=0) > LABEL_LENGTH:
        labels = [_label(row, short, _fewest(rows, keys)) for row in rows]
    count = Counter(labels)
    return [
        label if label and count[label] == 1 else ", ".join(filter(None, (title, label)))
        for label, title in zip(labels, titles, strict=True)
    ]


def _alike(rows: Sequence[Mapping[str, str]], keys: Sequence[str]) -> int:
    """The number of rows that the values of ``keys`` do not distinguish."""
    return len(rows) - len({tuple(row.get(key) for key in keys) for row in rows})


def _fewest(rows: Sequence[Mapping[str, str]], keys: Sequence[str]) -> list[str]:
    """A few of ``keys`` that distinguish the rows as well as all of them, chosen greedily; components first."""
    chosen: list[str] = []
    while _alike(rows, chosen) > _alike(rows, keys):
        chosen.append(min(keys, key=lambda key: (_alike(rows, [*chosen, key]), not key.endswith(".name"))))
    return [key for key in keys if key in chosen]


def _label(row: Mapping[str, str], short: Mapping[str, str], keys: Sequence[str]) -> str:
    return ", ".join(f"{one_line(short[key])} {one_line(row[key], 30)}" for key in keys if key in row)
