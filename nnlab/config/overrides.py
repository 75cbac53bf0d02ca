"""Overrides: ``-s optimizer.lr=0.1`` on the command line, ``{"optimizer.lr": 0.1}`` in Python."""

import re
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from nnlab.config.inheritance import plain_copy
from nnlab.config.positions import KeyPath, Position, YamlTree
from nnlab.config.spec_kinds import describes_descent
from nnlab.config.value_lists import several_hint
from nnlab.config.yaml_parser import MAX_DEPTH, parse_collecting_problems
from nnlab.errors import UsageError
from nnlab.text import one_line, quote

_PUNCTUATION = (",", ":")
"""Separators and decimal marks, which YAML reads as punctuation."""
NOT_A_SETTING = "must be KEY=VALUE, such as optimizer.lr=0.1"
NOT_A_KEY = "must be a key of a spec, such as optimizer.lr"

Overrides = Sequence[str] | Mapping[str, Any]
"""Changes of a spec: ``["optimizer.lr=0.1"]`` with values as YAML, or ``{"optimizer.lr": 0.1}`` with Python's."""


def apply_overrides(tree: YamlTree, overrides: Overrides) -> None:
    """Apply each ``key.path=value`` to the tree, in order.

    A parent that is not a mapping becomes one: a word (``optimizer: adam``) becomes its ``name``; a number, true,
    false or null is replaced. Unknown keys are reported later, by the validation. An override that cannot be parsed or
    applied, or that contradicts an earlier one, is added to the tree's ``problems``.
    """
    changed: dict[KeyPath, Position] = {}
    check_overrides(overrides)
    if isinstance(overrides, Mapping):
        for index, (key, value) in enumerate(overrides.items()):
            _apply_value(tree, key, value, Position(inf, index, "overrides"), changed)
        return
    for index, override in enumerate(overrides):
        position = Position(inf, index, f"-s {one_line(override, 100)}")
        dotted_path, equals, text = override.partition("=")
        parts = key_parts(dotted_path)
        if not equals or parts is None:
            tree.problems.append((position, (), NOT_A_SETTING))
            continue
        value = parse_collecting_problems(text, "value")
        several = "" if describes_descent(tree.value) else several_hint(text)
        if value.problems:
            hint = f"; text goes in quotes: -s '{dotted_path}=\"{text}\"'" if text in _PUNCTUATION else ""
            if several:
                tree.problems.append((position, (*parts,), several))
                continue
            tree.problems.extend((position, (*parts, *inner), message + hint) for _, inner, message in value.problems)
        elif isinstance(tree.value, dict):
            if several:
                value.typos = {(): (position, several)}
            set_value(tree, parts, YamlTree(value.value, typos=value.typos), position, changed)


def check_overrides(overrides: object) -> None:
    """Raise UsageError for what is no :data:`Overrides`."""
    settings = isinstance(overrides, list | tuple) and all(isinstance(setting, str) for setting in overrides)
    if not (settings or isinstance(overrides, Mapping)):
        example = '["optimizer.lr=0.1"] or {"optimizer.lr": 0.1}'
        raise UsageError(f"overrides: must be a list or a dict, such as {example}, got {quote(overrides)}")


def _apply_value(
    tree: YamlTree, key: object, value: object, position: Position, changed: dict[KeyPath, Position]
) -> None:
    """Set one value given in Python."""
    parts = key_parts(key) if isinstance(key, str) else None
    if parts is None:
        tree.problems.append((position, (), f"{NOT_A_KEY}, got {quote(key)}"))
    elif isinstance(tree.value, dict):
        try:
            set_value(tree, parts, YamlTree(plain_copy(value)), position, changed)
        except RecursionError:
            tree.problems.append((position, (*parts,), "is nested too deeply; does a dict or list contain itself?"))


def key_parts(dotted_path: str) -> list[str] | None:
    """The parts of a dotted key; None where one is empty or there are too many."""
    parts = dotted_path.strip().split(".")
    return parts if all(parts) and len(parts) <= MAX_DEPTH else None


def set_value(
    tree: YamlTree, parts: Sequence[str], value: YamlTree, position: Position, changed: dict[KeyPath, Position]
) -> None:
    """Set one value and its positions, unless that would undo an earlier override (``changed``).

    ``position`` is reported where the value has no position of its own.
    """
    parent: Any = tree.value
    path: KeyPath = ()
    for part in parts:
        key = _key(parent, part)
        if key is None:
            message = f"no such item; the list has {len(parent)} items, counted from 0"
            tree.problems.append((position, (*path, part), message))
            return
        path = (*path, key)
        if len(path) < len(parts):
            child = parent.get(key) if isinstance(parent, dict) else parent[key]
            names_it = len(parts) == len(path) + 1 and parts[-1] == "name"
            is_replaced = not (
                isinstance(child, dict | list) or child is True or (isinstance(child, str) and not names_it)
            )
            if path in changed and is_replaced:
                message = f"contradicts {changed[path]}; keep one"
                tree.problems.append((position, (*path, *parts[len(path) :]), message))
                return
            if isinstance(child, str):
                parent[key] = {"name": child}
            elif not isinstance(child, dict | list):
                parent[key] = {}
                tree.positions[path] = position
            parent = parent[key]
    overwritten = next((known for known in changed if known[: len(path)] == path), None)
    if overwritten is not None:
        twice = f"given twice, first by {changed[overwritten]}; keep one"
        message = twice if overwritten == path else f"overwrites {changed[overwritten]}; set the parent before its keys"
        tree.problems.append((position, path, message))
        return
    whole = next((path[:length] for length in range(1, len(path)) if path[:length] in changed), None)
    if whole is not None and (isinstance(parent, list) or key in parent):
        tree.problems.append((position, path, f"contradicts {changed[whole]}; keep one"))
        return
    changed[path] = position
    parent[key] = value.value
    tree.remove(path)
    tree.positions[path] = position
    tree.positions |= {(*path, *inner): place for inner, place in value.positions.items() if inner}
    tree.typos |= {(*path, *inner): (position, typo) for inner, (_, typo) in value.typos.items()}


def _key(parent: object, part: str) -> str | int | None:
    """The mapping key or list index of one part of a dotted path; None for an index outside the list."""
    if not isinstance(parent, list):
        return part
    return int(part) if re.fullmatch(r"[0-9]{1,6}", part) and int(part) < len(parent) else None
