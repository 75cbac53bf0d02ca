"""YAML read strictly: YAML 1.2 scalars, no aliases, tags or duplicate keys, and the place of every value.

PyYAML supplies the scanner and parser; values are built here because its constructors read ``1e-3`` as text,
``no`` as false and ``010`` as 8, keep the last of two equal keys, and follow aliases that grow without bound.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Protocol

import yaml

from nnlab.errors import Problem, SpecError, UsageError, shown

KeyPath = tuple[str | int, ...]

MAX_BYTES = 128 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 400

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NOT_A_NUMBER = frozenset({".nan", ".NaN", ".NAN"})


@dataclass(frozen=True, order=True)
class Place:
    """Where something was written; overrides have no line and come after everything from a file."""

    line: float
    column: int
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class Tree:
    """Plain values (dict, list, str, int, float, bool, None) and where each of them was written."""

    value: object
    places: dict[KeyPath, Place] = field(default_factory=dict)

    def place(self, path: KeyPath) -> Place:
        """Where the value at ``path`` stands, or the nearest thing around it that stands anywhere."""
        for length in range(len(path), -1, -1):
            place = self.places.get(path[:length])
            if place is not None:
                return place
        return Place(inf, 0, "")


def dotted(path: KeyPath) -> str:
    """A key path as users write it: ``optimizer.beta1``."""
    return ".".join(str(part) for part in path)


def read_tree(path: Path) -> Tree:
    """Read a YAML file.

    Raises UsageError when the file cannot be read and SpecError, with every place, when it is not a strict spec.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{shown(str(path), 200)}: {error.strerror or error}") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{path}: larger than {MAX_BYTES // 1024} KiB, which no spec needs")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: not UTF-8 text") from None
    return parse_tree(text, str(path))


def parse_tree(text: str, source: str, *, numbered: bool = True) -> Tree:
    """Parse YAML text; ``source`` names it in messages, followed by line and column when ``numbered``."""
    return _Builder(text, source, numbered).tree()


def scalar(text: str) -> object:
    """The value of an unquoted scalar by the YAML 1.2 core schema."""
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= MAX_DIGITS else text
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    if text in _NOT_A_NUMBER:
        return float("nan")
    return text


class _Mark(Protocol):
    """A position in the text, counted from 0."""

    line: int
    column: int


class _Builder:
    """Builds plain values from parser events and collects what a spec may not contain."""

    def __init__(self, text: str, source: str, numbered: bool) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        self._source = source
        self._numbered = numbered
        self._places: dict[KeyPath, Place] = {}
        self._problems: list[Problem] = []

    def tree(self) -> Tree:
        try:
            value = self._document()
        except yaml.MarkedYAMLError as error:
            self._problem(error.problem_mark, (), f"not valid YAML: {error.problem or error.context}")
        except yaml.YAMLError as error:
            self._problem(None, (), f"not valid YAML: {shown(str(error), 200)}")
        if self._problems:
            raise SpecError(self._problems)
        return Tree(value, self._places)

    def _document(self) -> object:
        value: object = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if () in self._places:
                    self._problem(event.start_mark, (), "a second document; a spec is one document")
                    break
                value = self._node(next(self._events), ())
        return value

    def _node(self, event: yaml.Event, path: KeyPath) -> object:
        self._places.setdefault(path, self._place(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            self._problem(event.start_mark, path, "aliases (*name) are not part of a spec; write the value out")
            return None
        if not isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent):
            raise TypeError(f"unexpected event {event!r}")
        if event.anchor is not None:
            self._problem(event.start_mark, path, "anchors (&name) are not part of a spec")
        if event.tag is not None:
            self._problem(event.start_mark, path, f"tags ({shown(event.tag)}) are not part of a spec")
        if len(path) > MAX_DEPTH:
            self._problem(event.start_mark, (), f"nested more than {MAX_DEPTH} levels deep")
            raise SpecError(self._problems)
        if isinstance(event, yaml.ScalarEvent):
            return scalar(event.value) if event.style is None else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._problem(event.start_mark, path, "a key must be a plain word")
                raise SpecError(self._problems)
            key = event.value
            child = (*path, key)
            if key == "<<" and event.style is None:
                self._problem(event.start_mark, path, "merge keys (<<) are not part of a spec")
            elif key in entries:
                self._problem(event.start_mark, child, f"given twice; first at {self._places[child]}")
            self._places.setdefault(child, self._place(event.start_mark))
            entries[key] = self._node(next(self._events), child)
        return entries

    def _place(self, mark: _Mark | None) -> Place:
        if mark is None or not self._numbered:
            return Place(inf, 0, self._source)
        line, column = mark.line + 1, mark.column + 1
        return Place(line, column, f"{self._source}:{line}:{column}")

    def _problem(self, mark: _Mark | None, path: KeyPath, message: str) -> None:
        self._problems.append(Problem(str(self._place(mark)), shown_key(path), message))


def shown_key(path: KeyPath) -> str:
    """A key path as it can be put into a message: dotted, short, without control characters."""
    return shown(dotted(path), 100).strip("'")


class _Dumper(yaml.SafeDumper):
    """Writes YAML that :func:`parse_tree` reads back equal, so text that looks like a number gets quotes."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_float(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))


def dump_tree(value: object) -> str:
    """YAML text for plain values; innermost mappings and lists stand on one line each."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )
    return text
