"""Specs that start from another: ``base: other.yaml``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.config.positions import KeyPath, YamlTree
from nnlab.config.yaml_reader import PIPES, STANDARD_INPUT, read_collecting_problems
from nnlab.errors import UsageError
from nnlab.text import one_line, quote

BASE = "base"
MOST_BASES = 8


def read_spec(path: Path) -> YamlTree:
    """Read a spec with everything that its bases say and it does not; raises UsageError when it cannot be read.

    ``base`` names another spec, relative to the file that it stands in. Mappings merge key by key. A component with
    another ``name``, a list or any other value replaces what the base says. The name of an experiment is never
    taken from a base. What is wrong is left in ``problems``, each at its place in its own file.
    """
    return _with_bases(read_collecting_problems(path), path, (_real(path),))


def tree_from_mapping(spec: Mapping[str, Any]) -> YamlTree:
    """A spec that is a mapping of plain values already, such as a dict of Python's, with what its bases say."""
    try:
        return _with_bases(YamlTree(_plain_copy(spec)), STANDARD_INPUT, ())
    except RecursionError:
        raise UsageError("the spec is nested too deep; does a dict or list hold itself?") from None


def _plain_copy(value: object) -> object:
    """New dicts and lists, without tuples, paths and NumPy's numbers, which a spec file does not have."""
    if isinstance(value, Mapping):
        return {str(key): _plain_copy(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_copy(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value


def default_name(path: Path) -> str:
    """The name of an experiment whose spec has none."""
    return "stdin" if path == STANDARD_INPUT else path.stem


def _with_bases(tree: YamlTree, path: Path, chain: tuple[Path, ...]) -> YamlTree:
    if not isinstance(tree.value, dict) or BASE not in tree.value:
        return tree
    name = tree.value.pop(BASE)
    try:
        base = _read_base(name, path, chain)
    except UsageError as error:
        tree.problems.append((tree.position((BASE,)), (BASE,), str(error)))
        tree.broken = True  # without its base, what a spec lacks is not known
        return tree
    if isinstance(base.value, dict):
        base.value.pop("name", None)
        base.remove(("name",))
        _merge(base, tree)
    elif not base.broken:
        base.problems.append(
            (base.position(()), (), f"must be a mapping, as the base of a spec; got {quote(base.value)}")
        )
        base.broken = True
    base.problems += tree.problems
    base.positions[()] = tree.positions.get((), base.position(()))
    return base


def _read_base(name: object, path: Path, chain: tuple[Path, ...]) -> YamlTree:
    """The tree of a base; raises UsageError when it cannot be read or leads back to where it came from."""
    if not isinstance(name, str) or not name:
        raise UsageError(f"must be the path of another spec, got {quote(name)}")
    folder = Path() if path == STANDARD_INPUT else path.parent
    if Path(name) == STANDARD_INPUT:
        raise UsageError("must be the path of a file; only the spec itself can be standard input (-)")
    try:
        other = folder / Path(name).expanduser()
    except RuntimeError as error:  # ~ of an unknown user
        raise UsageError(f"is not a usable path: {quote(name)} ({error})") from None
    if other in PIPES or other.parent in PIPES:
        raise UsageError(f"must be the path of a file, got {quote(name)}")
    real = _real(other)
    if real in chain:
        cycle = " -> ".join(one_line(link.name, 60) for link in (*chain[chain.index(real) :], real))
        raise UsageError(f"leads back to the same spec: {cycle}")
    if len(chain) > MOST_BASES:
        raise UsageError(f"is the base of a base more than {MOST_BASES} times over")
    return _with_bases(read_collecting_problems(other, depth=len(chain)), other, (*chain, real))


def _merge(base: YamlTree, tree: YamlTree) -> None:
    """Write what a spec says over what its base says, with the places of both."""
    replaced: set[KeyPath] = set()
    touched: set[KeyPath] = set()

    def write(target: dict[str, Any], own: Mapping[str, Any], path: KeyPath) -> None:
        for key, value in own.items():
            child = (*path, key)
            if key not in target or not _goes_on(target[key], value):
                target[key] = value
                replaced.add(child)
                continue
            touched.add(child)
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
        path: position for path, position in base.positions.items() if path not in touched and not is_own(path)
    }
    base.positions |= {path: position for path, position in tree.positions.items() if path in touched or is_own(path)}
    base.typos = {path: typo for path, typo in base.typos.items() if not is_own(path)}
    base.typos |= {path: typo for path, typo in tree.typos.items() if is_own(path)}


def _goes_on(before: object, value: object) -> bool:
    """Whether a value states some keys of the component or section that stands in the base, and leaves the others."""
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
    except (OSError, ValueError, RuntimeError):  # who reads it says what is wrong
        return path
