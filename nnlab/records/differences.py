"""The spec keys in which runs differ, without those that follow from another difference."""

from collections.abc import Iterator, Mapping, Sequence

from nnlab.records.entries import canonical
from nnlab.spec.defaults import has_default

Settings = Mapping[str, object]


def differing_keys(rows: Sequence[Settings]) -> list[str]:
    """The dotted keys whose value is not the same in all rows of settings.

    A key that only some rows have is left out where it says nothing more: it has its default in all of them, and the
    component that it belongs to is another one in the rows without it (``optimizer.beta1`` beside ``sgd``).
    """
    every = dict.fromkeys(key for row in rows for key in row)
    return [
        key
        for key in every
        if len({canonical(row[key]) if key in row else "" for row in rows}) > 1 and not _follows(rows, key)
    ]


def _follows(rows: Sequence[Settings], key: str) -> bool:
    owners = list(_owners(key))
    having: dict[tuple[str, ...], Settings] = {}  # one row for each value and components that it belongs to
    lacking: set[tuple[str, ...]] = set()
    for row in rows:
        components = tuple(canonical(_component(row, owner)) for owner in owners)
        if key in row:
            having.setdefault((*components, canonical(row[key])), row)
        else:
            lacking.add(components)
    if not lacking or not all(has_default(row, key) for row in having.values()):
        return False
    columns = zip(zip(*having, strict=True), zip(*lacking, strict=True), strict=False)
    return any(not {*ours} & {*theirs} for ours, theirs in columns)


def _owners(key: str) -> Iterator[str]:
    """The components that a key may belong to, by the key that names them, from the outermost to its own."""
    parts = key.removesuffix(".name").split(".")
    return (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _component(row: Settings, owner: str) -> object:
    """The name of a component in a row; of one without keys or a switch its value, None where there is none."""
    return row.get(f"{owner}.name", row.get(owner))
