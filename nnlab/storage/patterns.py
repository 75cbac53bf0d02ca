"""Patterns of paths, such as ``runs/*``."""

import os
from collections.abc import Iterable
from glob import glob, has_magic


def expanded(names: Iterable[str]) -> list[str]:
    """The names with each pattern (``runs/*``, quoted or in a shell that does not expand it) replaced by its matches.

    Existing paths, and patterns without a match, are kept as they are.
    """
    found: list[str] = []
    for name in names:
        pattern = has_magic(name) and not os.path.lexists(name)
        matches = sorted(glob(name)) if pattern else []  # noqa: PTH207 - Path.glob takes no absolute patterns
        found += matches or [name]
    return found
