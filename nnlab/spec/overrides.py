"""Changes from the command line: ``-s optimizer.lr=0.1``."""

from collections.abc import Sequence
from math import inf

from nnlab.errors import Problem, SpecError, shown
from nnlab.spec.tree import KeyPath, Place, Tree, parse_tree


def apply_overrides(tree: Tree, overrides: Sequence[str]) -> None:
    """Write each ``key.path=value`` into the tree; values are YAML.

    A word where a mapping is possible (``optimizer: adam``) becomes a mapping with that name, so that its keys can
    be set. Whether a key exists is checked later with everything else. Raises SpecError.
    """
    problems: list[Problem] = []
    for override in overrides:
        place = f"-s {shown(override, 100).strip(chr(39))}"
        dotted_path, equals, text = override.partition("=")
        path = _key_path(dotted_path)
        if not equals or not path:
            problems.append(Problem(place, "", "must be KEY=VALUE, such as optimizer.lr=0.1"))
            continue
        try:
            value = parse_tree(text, place, numbered=False)
        except SpecError as error:
            problems.extend(error.problems)
            continue
        message = _write(tree, path, value.value)
        if message:
            problems.append(Problem(place, "", message))
            continue
        for known in [known for known in tree.places if known[: len(path)] == path]:
            del tree.places[known]
        tree.places[path] = Place(inf, 0, place)
    if problems:
        raise SpecError(problems)


def _key_path(text: str) -> KeyPath:
    parts = text.strip().split(".")
    if not all(parts):
        return ()
    return tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 9 else part for part in parts)


def _write(tree: Tree, path: KeyPath, value: object) -> str:
    """Set one value; the answer is what is wrong, or nothing."""
    if not isinstance(tree.value, dict):
        return ""  # reported with the spec itself: it is not a mapping
    parent: object = tree.value
    for depth, part in enumerate(path[:-1]):
        child = _child(parent, part)
        if child is None:
            child = {}
        elif isinstance(child, str):
            child = {"name": child}
        message = _assign(parent, part, child, path[: depth + 1])
        if message:
            return message
        parent = child
    return _assign(parent, path[-1], value, path)


def _child(parent: object, part: str | int) -> object:
    if isinstance(parent, dict):
        return parent.get(str(part))
    if isinstance(parent, list) and isinstance(part, int) and part < len(parent):
        return parent[part]
    return None


def _assign(parent: object, part: str | int, value: object, path: KeyPath) -> str:
    where = ".".join(str(p) for p in path[:-1])
    if isinstance(parent, dict):
        parent[str(part)] = value
        return ""
    if isinstance(parent, list):
        if isinstance(part, int) and part < len(parent):
            parent[part] = value
            return ""
        return f"{where} is a list of {len(parent)} items, counted from 0; it has no item {shown(str(part))}"
    return f"{where} is {shown(parent)}, which has no keys"
