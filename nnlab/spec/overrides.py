"""Changes from the command line: ``-s optimizer.lr=0.1``."""

import re
from collections.abc import Sequence
from math import inf
from typing import Any

from nnlab.errors import one_line
from nnlab.spec.tree import MAX_DEPTH, KeyPath, Place, Tree, parse_faulty_tree


def apply_overrides(tree: Tree, overrides: Sequence[str]) -> None:
    """Write each ``key.path=value`` into the tree, the last one of equal keys last; values are YAML.

    Where a key has to go into something that holds no keys, a mapping takes its place: a word (``optimizer: adam``)
    becomes the mapping's name, a number, true, false or null gives way. Whether a key exists is checked later with
    everything else; an override that cannot be read or placed is added to the tree's ``problems``.
    """
    for index, override in enumerate(overrides):
        place = Place(inf, index, f"-s {one_line(override, 100)}")
        dotted_path, equals, text = override.partition("=")
        parts = dotted_path.strip().split(".")
        if not equals or not all(parts) or len(parts) > MAX_DEPTH:
            tree.problems.append((place, (), "must be KEY=VALUE, such as optimizer.lr=0.1"))
            continue
        value = parse_faulty_tree(text, "value")
        if value.problems:
            tree.problems.extend((place, (*parts, *inner), message) for _, inner, message in value.problems)
        elif isinstance(tree.value, dict):
            _write(tree, parts, value.value, place)


def _write(tree: Tree, parts: Sequence[str], value: object, place: Place) -> None:
    """Set one value and its place."""
    parent: Any = tree.value
    path: KeyPath = ()
    for part in parts:
        key = _key(parent, part)
        if key is None:
            message = f"there is no such item; the list has {len(parent)}, counted from 0"
            tree.problems.append((place, (*path, part), message))
            return
        path = (*path, key)
        if len(path) < len(parts):
            child = parent.get(key) if isinstance(parent, dict) else parent[key]
            if isinstance(child, str):
                parent[key] = {"name": child}
            elif not isinstance(child, dict | list):
                parent[key] = {}
                tree.places[path] = place
            parent = parent[key]
    parent[key] = value
    for known in [known for known in tree.places if known[: len(path)] == path]:
        del tree.places[known]
    tree.places[path] = place


def _key(parent: object, part: str) -> str | int | None:
    """The key or index that a part of a dotted path stands for; None for an item that a list does not have."""
    if not isinstance(parent, list):
        return part
    return int(part) if re.fullmatch(r"[0-9]{1,6}", part) and int(part) < len(parent) else None
