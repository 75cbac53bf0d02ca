"""What is written where in a spec: plain values with their places, and the error that reports all problems."""

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
    """Where something was written; overrides have no line and come after everything from a file.

    Of a place in a base ``folder`` is the folder of its file, and ``depth`` counts the files that lead to it.
    """

    line: float
    column: int
    text: str
    depth: int = 0
    folder: Path | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.text


Finding = tuple[Position, KeyPath, str]
"""What is wrong: where, about which key, and in words."""


@dataclass
class YamlTree:
    """Plain values (dict, list, str, int, float, bool, None) and where each of them was written.

    ``problems`` is what a spec may not contain; in a ``broken`` tree it kept the values from being read at all.
    ``typos`` is what looks mistyped in a key or value, such as a full-width digit: the cause of what is wrong with it.
    """

    value: object
    positions: dict[KeyPath, Position] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    broken: bool = False
    typos: dict[KeyPath, tuple[Position, str]] = field(default_factory=dict)

    def position(self, path: KeyPath) -> Position:
        """Where the value at ``path`` stands, or the nearest thing around it that stands anywhere."""
        for length in range(len(path), -1, -1):
            position = self.positions.get(path[:length])
            if position is not None:
                return position
        return Position(inf, 0, "")

    def problem_at(self, path: KeyPath, message: str) -> Finding:
        """A problem with the value at ``path``, at the sign that is its likely cause where there is one.

        That stands in the value or its own key, or in a key inside, which is then not the key that was meant.
        """
        inside = (key for key in self.typos if key[: len(path)] == path and likely_typo(str(key[-1])))
        cause = path if path in self.typos else next(inside, None)
        if cause is None:
            return self.position(path), path, message
        position, advice = self.typos[cause]
        return position, path, f"{advice}: {message}"

    def remove(self, path: KeyPath) -> None:
        """Drop places and signs of what stood at ``path``, which gives way to something else."""
        self.positions = {known: position for known, position in self.positions.items() if known[: len(path)] != path}
        self.typos = {known: typo for known, typo in self.typos.items() if known[: len(path)] != path}


def spec_error(problems: Iterable[Finding]) -> SpecError:
    """The error that reports all problems, in the order of their places: file by file, then overrides."""
    ordered = sorted(problems, key=lambda problem: (problem[0].line == inf, problem[0].depth, problem[0]))
    return SpecError([Problem(str(position), quote_key(path), message) for position, path, message in ordered])


def dotted(path: KeyPath) -> str:
    """A key path as users write it: ``optimizer.beta1``."""
    return ".".join(str(part) or "''" for part in path)


def quote_key(path: KeyPath) -> str:
    """A key path as it can be put into a message: dotted, short, without control characters."""
    return one_line(dotted(path), 100)
