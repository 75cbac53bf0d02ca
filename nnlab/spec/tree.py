"""YAML read strictly: YAML 1.2 scalars, no aliases, tags or duplicate keys, and the place of every value.

PyYAML supplies the scanner and parser; values are built here because its constructors read ``1e-3`` as text,
``no`` as false and ``010`` as 8, keep the last of two equal keys, and follow aliases that grow without bound.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Protocol

import yaml

from nnlab.errors import Problem, SpecError, UsageError, harmless, one_line, shown
from nnlab.spec.scalars import FLOAT, scalar

KeyPath = tuple[str | int, ...]

MAX_BYTES = 128 * 1024
MAX_DEPTH = 32
MOST_VALUES = 20_000
# Where a shell puts what it pipes into a command; a pipe found anywhere else may never end.
PIPES = (Path("/dev/stdin"), Path("/dev/fd"), Path("/proc/self/fd"))


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written; overrides have no line and come after everything from a file."""

    line: float
    column: int
    text: str

    def __str__(self) -> str:
        return self.text


Finding = tuple[Place, KeyPath, str]
"""What is wrong: where, about which key, and in words."""


@dataclass
class Tree:
    """Plain values (dict, list, str, int, float, bool, None) and where each of them was written.

    ``problems`` is what a spec may not contain; in a ``broken`` tree it kept the values from being read at all.
    """

    value: object
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    broken: bool = False

    def place(self, path: KeyPath) -> Place:
        """Where the value at ``path`` stands, or the nearest thing around it that stands anywhere."""
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None:
                return place
        return Place(inf, 0, "")


def spec_error(problems: Iterable[Finding]) -> SpecError:
    """The error that reports all problems, in the order of their places."""
    ordered = sorted(problems, key=lambda problem: problem[0])
    return SpecError([Problem(str(place), shown_key(path), message) for place, path, message in ordered])


def dotted(path: KeyPath) -> str:
    """A key path as users write it: ``optimizer.beta1``."""
    return ".".join(str(part) or "''" for part in path)


def shown_key(path: KeyPath) -> str:
    """A key path as it can be put into a message: dotted, short, without control characters."""
    return one_line(dotted(path), 100)


def read_tree(path: Path) -> Tree:
    """Read a YAML file.

    Raises UsageError when the file cannot be read and SpecError, with every place, when it is not a strict spec.
    """
    return _strict(read_faulty_tree(path))


def read_faulty_tree(path: Path) -> Tree:
    """Read a YAML file like :func:`read_tree`, with what is wrong in it left in ``problems``."""
    source = one_line(str(path), 1000)
    try:
        if not (path.is_file() or path.is_dir() or path in PIPES or path.parent in PIPES) and path.exists():
            raise UsageError(f"{source}: is not a regular file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL character
        raise UsageError(f"{source}: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{source}: larger than {MAX_BYTES // 1024} KiB, which no spec needs")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_after(error.object[: error.start].decode(), source)
        raise spec_error([(place, (), "not UTF-8 text")]) from None
    return parse_faulty_tree(text, source)


def parse_tree(text: str, source: str) -> Tree:
    """Parse YAML text; ``source`` names it in messages. Raises SpecError, with every place."""
    return _strict(parse_faulty_tree(text, source))


def parse_faulty_tree(text: str, source: str) -> Tree:
    """Parse YAML text like :func:`parse_tree`, with what is wrong in it left in ``problems``."""
    builder = _Builder(source)
    try:
        builder.build(text)
    except _Unreadable as error:
        builder.tree.problems.append(error.finding)
        builder.tree.broken = True
    return builder.tree


def _strict(tree: Tree) -> Tree:
    if tree.problems:
        raise spec_error(tree.problems)
    return tree


def _place_after(text: str, source: str) -> Place:
    line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    return Place(line, column, f"{source}:{line}:{column}")


class _Unreadable(Exception):
    """There is no telling what the rest of the text means."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.finding: Finding = (place, (), message)


class _Mark(Protocol):
    """A position in the text, counted from 0."""

    line: int
    column: int


class _Builder:
    """Builds plain values from parser events and collects what a spec may not contain."""

    def __init__(self, source: str) -> None:
        self.tree = Tree(None)
        self._source = source
        self._values = 0

    def build(self, text: str) -> None:
        """Fill the tree; raises _Unreadable."""
        try:
            loader = yaml.SafeLoader(text)
        except yaml.reader.ReaderError as error:
            place = _place_after(text[: error.position], self._source)
            raise _Unreadable(place, f"the character U+{ord(text[error.position]):04X} is not allowed") from None
        self._events = iter(loader.get_event, None)
        try:
            self._documents()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark or loader.get_mark()
            message = one_line(error.problem or error.context or "", 200)
            raise _Unreadable(self._place(mark), f"not valid YAML: {message}") from None
        except (ValueError, OverflowError):  # PyYAML takes an escape such as "\UFFFFFFFF" for a character
            raise _Unreadable(self._place(loader.get_mark()), "not valid YAML: a number is out of range") from None
        self.tree.places.setdefault((), _place_after("", self._source))

    def _documents(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problem(event.start_mark, (), "a second document; a spec is one document")
                    return
                self.tree.value = self._node(next(self._events), ())

    def _node(self, event: yaml.Event, path: KeyPath) -> object:
        self.tree.places.setdefault(path, self._place(event.start_mark))
        if len(path) > MAX_DEPTH:
            raise _Unreadable(self._place(event.start_mark), f"nested more than {MAX_DEPTH} levels deep")
        self._values += 1
        if self._values > MOST_VALUES:
            raise _Unreadable(self._place(event.start_mark), f"more than {MOST_VALUES} values, which no spec needs")
        if isinstance(event, yaml.AliasEvent):
            self._problem(event.start_mark, path, "aliases (*name) are not part of a spec; write the value out")
            return None
        if not isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent):
            raise TypeError(f"unexpected event {event!r}")
        self._check_plain(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.style is None else event.value
        return self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _sequence(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Unreadable(self._place(event.start_mark), "a key must be a plain word")
            child = (*path, event.value)
            self._check_plain(event, child)
            if event.value == "<<" and event.style is None:
                self._problem(event.start_mark, child, "merge keys (<<) are not part of a spec")
            elif event.value in entries:
                self._problem(event.start_mark, child, f"given twice; first at {self.tree.places[child]}")
            self.tree.places.setdefault(child, self._place(event.start_mark))
            entries[event.value] = self._node(next(self._events), child)
        return entries

    def _check_plain(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: KeyPath) -> None:
        if event.anchor is not None:
            self._problem(event.start_mark, path, "anchors (&name) are not part of a spec")
        if event.tag is not None:
            self._problem(event.start_mark, path, f"tags ({shown(event.tag)}) are not part of a spec")

    def _place(self, mark: _Mark | None) -> Place:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Place(line, column, f"{self._source}:{line}:{column}")

    def _problem(self, mark: _Mark | None, path: KeyPath, message: str) -> None:
        self.tree.problems.append((self._place(mark), path, message))


class _Dumper(yaml.SafeDumper):
    """Writes YAML that :func:`parse_tree` reads back equal, so text that looks like a number gets quotes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style if text.isprintable() else '"')


def _represent_float(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    text = repr(number) if isfinite(number) else shown(number)
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"(?:{FLOAT.pattern})$"), list("-+.0123456789"))


def dump_tree(value: object) -> str:
    """YAML text for plain values; innermost mappings and lists stand on one line each, unless text needs quotes.

    What is not printable stands in double quotes, where the escapes of YAML are those of Python.
    """
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    return harmless(text)
