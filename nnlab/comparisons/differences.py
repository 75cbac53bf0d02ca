"""The spec keys in which runs differ, without those that follow from another difference."""

from collections.abc import Mapping, Sequence

from nnlab.comparisons.entries import canonical
from nnlab.config.defaults import has_default

Settings = Mapping[str, object]


def differing_keys(rows: Sequence[Settings]) -> list[str]:
    """The dotted keys whose values differ between rows of settings.

    A key that only some rows have is left out where all of these have its default: it belongs to another component
    (``optimizer.beta1`` beside ``sgd``), or an earlier version of nnlab did not have it.
    """
    every = dict.fromkeys(key for row in rows for key in row)
    return [
        key
        for key in every
        if len({canonical(row[key]) if key in row else "" for row in rows}) > 1 and not _follows(rows, key)
    ]


def _follows(rows: Sequence[Settings], key: str) -> bool:
    having = {canonical(row[key]): row for row in rows if key in row}
    return any(key not in row for row in rows) and all(has_default(row, key) for row in having.values())
