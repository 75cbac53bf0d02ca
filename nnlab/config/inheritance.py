"""Spec inheritance: ``base: other.yaml``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.config.bundled import spec_path
from nnlab.config.positions import KeyPath, YamlTree
from nnlab.config.spec_kinds import IS_SWEEP, is_sweep_spec
from nnlab.config.yaml_reader import PIPES, STANDARD_INPUT, read_collecting_problems
from nnlab.errors import UsageError
from nnlab.text import one_line, quote

BASE = "base"
MOST_BASES = 8


def read_spec(path: Path) -> YamlTree:
    """Read a spec and merge it into its bases; raises UsageError when it cannot be read.

    ``base`` is the path of another spec, relative to the file that names it, or the name of a bundled config. Mappings
    merge key by key. A component with another ``name``, a list or any other value replaces the value of the base. The
    ``name`` of an experiment is not inherited. Errors are collected in ``problems``, each with its position in its
    own file.
    """
    path = spec_path(path)
    return with_bases(read_collecting_problems(path), path)


def with_bases(tree: YamlTree, path: Path) -> YamlTree:
    """The tree of the spec in a file, merged into its bases."""
    return _with_bases(tree, path, (_real(path),))


def read_base(name: object, path: Path) -> YamlTree:
    """The spec that a file names as its base; raises UsageError when it cannot be read."""
    return _read_base(name, path, (_real(path),))


def tree_from_mapping(spec: Mapping[str, Any]) -> YamlTree:
    """A spec given as a Python mapping of plain values, merged into its bases."""
    try:
        return _with_bases(YamlTree(plain_copy(spec)), STANDARD_INPUT, ())
    except RecursionError:
        raise UsageError("the spec is nested too deeply; does a dict or list contain itself?") from None


def plain_copy(value: object) -> object:
    """New dicts and lists; tuples, paths and NumPy values become the plain values of a spec file."""
    if isinstance(value, Mapping):
        return {str(key): plain_copy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value


def default_name(path: Path) -> str:
    """The name of an experiment whose spec gives none."""
    return "stdin" if path == STANDARD_INPUT else path.stem


def _with_bases(tree: YamlTree, path: Path, chain: tuple[Path, ...]) -> YamlTree:
    if not isinstance(tree.value, dict) or BASE not in tree.value or is_sweep_spec(tree.value):
        return tree
    name = tree.value.pop(BASE)
    try:
        base = _read_base(name, path, chain)
    except UsageError as error:
        tree.problems.append((tree.position((BASE,)), (BASE,), str(error)))
        tree.broken = True  # missing keys might stand in the base
        return tree
    if is_sweep_spec(base.value):
        base.problems = [(base.position(()), (), f"{IS_SWEEP}; it cannot be the base of a spec")]
        base.broken = True
    elif isinstance(base.value, dict):
        base.value.pop("name", None)
        base.remove(("name",))
        _merge(base, tree)
    elif not base.broken:
        base.problems.append(
            (base.position(()), (), f"must be a mapping (it is the base of a spec), got {quote(base.value)}")
        )
        base.broken = True
    base.problems += tree.problems
    base.comment = tree.comment  # it says what this spec asks, not the one that it is based on
    base.positions[()] = tree.positions.get((), base.position(()))
    return base


def _read_base(name: object, path: Path, chain: tuple[Path, ...]) -> YamlTree:
    """The YAML tree of a base; raises UsageError when it cannot be read or when the bases form a cycle."""
    if not isinstance(name, str) or not name:
        raise UsageError(f"must be the path of another spec, got {quote(name)}")
    folder = Path() if path == STANDARD_INPUT else path.parent
    if Path(name) == STANDARD_INPUT:
        raise UsageError("must be the path of a file; only the spec itself can be standard input (-)")
    try:
        other = spec_path(Path(name).expanduser(), folder)
    except RuntimeError as error:  # ~ of an unknown user
        raise UsageError(f"is not a usable path: {quote(name)} ({error})") from None
    if other in PIPES or other.parent in PIPES:
        raise UsageError(f"must be the path of a file, got {quote(name)}")
    real = _real(other)
    if real in chain:
        cycle = " -> ".join(one_line(link.name, 60) for link in (*chain[chain.index(real) :], real))
        raise UsageError(f"the bases form a cycle: {cycle}")
    if len(chain) > MOST_BASES:
        raise UsageError(f"more than {MOST_BASES} levels of bases")
    return _with_bases(read_collecting_problems(other, depth=len(chain)), other, (*chain, real))


def _merge(base: YamlTree, tree: YamlTree) -> None:
    """Merge a spec into its base, with the positions of both."""
    replaced: set[KeyPath] = set()
    merged: set[KeyPath] = set()

    def write(target: dict[str, Any], own: Mapping[str, Any], path: KeyPath) -> None:
        for key, value in own.items():
            child = (*path, key)
            if key not in target or not _refines(target[key], value):
                target[key] = value
                replaced.add(child)
                continue
            merged.add(child)
            if isinstance(target[key], str):
                target[key] = {"name": target[key]}
            if isinstance(value, Mapping):
                write(target[key], value, child)

    def is_own(path: KeyPath) -> bool:
        return any(path[:length] in replaced for length in range(1, len(path) + 1))

    if not (isinstance(base.value, dict) and isinstance(tree.value, dict)):
        raise TypeError("specs that are merged are mappings")
    write(base.value, tree.value, ())
    base.positions = {
        path: position for path, position in base.positions.items() if path not in merged and not is_own(path)
    }
    base.positions |= {path: position for path, position in tree.positions.items() if path in merged or is_own(path)}
    base.typos = {path: typo for path, typo in base.typos.items() if not is_own(path)}
    base.typos |= {path: typo for path, typo in tree.typos.items() if is_own(path)}


def _refines(before: object, value: object) -> bool:
    """Whether a value changes some keys of the base's component or section and keeps the others."""
    if isinstance(before, str) and isinstance(value, Mapping):
        return bool(value.get("name", before) == before)
    if not isinstance(before, Mapping):
        return False
    if isinstance(value, str):
        return bool(before.get("name") == value)
    return isinstance(value, Mapping) and bool(value.get("name", before.get("name")) == before.get("name"))


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # reported when the file is read
        return path
