"""Positions in a spec: plain values with line and column, and the error that reports all problems."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from nnlab.config.lookalikes import likely_typo
from nnlab.errors import Problem, SpecError
from nnlab.text import one_line

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Position:
    """Line and column of a key or value; overrides have no line and sort after all files.

    In a base spec ``folder`` is that of its file and ``depth`` the number of specs between it and the spec itself.
    """

    line: float
    column: int
    text: str
    depth: int = 0
    folder: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.text


Finding = tuple[Position, KeyPath, str]
"""A problem: its position, key path and message."""


@dataclass
class YamlTree:
    """Plain values (dict, list, str, int, float, bool, None) with the position of each.

    ``problems`` lists what specs must not contain; a ``broken`` tree has no usable values because of them. ``typos``
    lists likely typos in keys and values, such as a full-width digit, which explain later problems. ``comment`` is the
    one before everything else in its file, in lines.
    """

    value: object
    positions: dict[KeyPath, Position] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    broken: bool = False
    typos: dict[KeyPath, tuple[Position, str]] = field(default_factory=dict)
    comment: tuple[str, ...] = ()

    def position(self, path: KeyPath) -> Position:
        """The position of the value at ``path``, or of its nearest parent that has one."""
        for length in range(len(path), -1, -1):
            position = self.positions.get(path[:length])
            if position is not None:
                return position
        return Position(inf, 0, "")

    def problem_at(self, path: KeyPath, message: str) -> Finding:
        """A problem with the value at ``path``, reported at the likely typo that caused it, if any.

        The typo is in the value, in its key, or in a nested key, which is then not the intended key.
        """
        inside = (key for key in self.typos if key[: len(path)] == path and likely_typo(str(key[-1])))
        cause = path if path in self.typos else next(inside, None)
        if cause is None:
            return self.position(path), path, message
        position, advice = self.typos[cause]
        return position, path, f"{advice}: {message}"

    def children(self) -> "dict[str | int, YamlTree]":
        """The values of a mapping or list, by key or index, each with its positions and typos."""
        value = self.value
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        found: dict[str | int, YamlTree] = {key: YamlTree(inner) for key, inner in pairs}
        for path, position in self.positions.items():
            if path and path[0] in found:
                found[path[0]].positions[path[1:]] = position
        for path, typo in self.typos.items():
            if path and path[0] in found:
                found[path[0]].typos[path[1:]] = typo
        return found

    def copy(self) -> "YamlTree":
        """A copy that can be changed without changing this tree."""
        return YamlTree(
            _copy(self.value), dict(self.positions), list(self.problems), self.broken, dict(self.typos), self.comment
        )

    def remove(self, path: KeyPath) -> None:
        """Remove the positions and typos at and below ``path``, whose value is being replaced."""
        if path not in self.positions and path not in self.typos:  # then nothing below it has any
            return
        self.positions = {known: position for known, position in self.positions.items() if known[: len(path)] != path}
        self.typos = {known: typo for known, typo in self.typos.items() if known[: len(path)] != path}


def _copy(value: object) -> object:
    """A copy of plain values; copy.deepcopy takes ten times as long."""
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


def spec_error(problems: Iterable[Finding]) -> SpecError:
    """The error that reports all problems, ordered by position: file by file, then overrides."""
    ordered = sorted(problems, key=lambda problem: (problem[0].line == inf, problem[0].depth, problem[0]))
    return SpecError([Problem(str(position), quote_key(path), message) for position, path, message in ordered])


def dotted(path: KeyPath) -> str:
    """A key path in dotted notation: ``optimizer.beta1``."""
    return ".".join(str(part) or "''" for part in path)


def quote_key(path: KeyPath) -> str:
    """A key path for a message: dotted, shortened, control characters escaped."""
    return one_line(dotted(path), 100)
