"""Strict YAML parser: YAML 1.2 scalars, no aliases, tags or duplicate keys, with the position of every value.

PyYAML supplies the scanner and parser; values are built here because its constructors read ``1e-3`` as text,
``no`` as false and ``010`` as 8, keep the last of two equal keys, and expand aliases without limit.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import yaml

from nnlab.config.lookalikes import likely_typo, lookalike_before
from nnlab.config.positions import Finding, KeyPath, Position, YamlTree, spec_error
from nnlab.config.scalars import scalar
from nnlab.text import one_line, quote

MAX_DEPTH = 32
MOST_VALUES = 20_000
MOST_TYPOS = 100
# Parsing dominates the time to read a spec; a resumed run or a cross-validation reads the same text again.
REMEMBERED_SPECS = 32
LONGEST_REMEMBERED = 8 * 1024


def parse_yaml(text: str, source: str) -> YamlTree:
    """Parse YAML text; ``source`` names it in messages. Raises SpecError with all positions."""
    return strict(parse_collecting_problems(text, source))


def parse_collecting_problems(text: str, source: str, depth: int = 0, folder: Path | None = None) -> YamlTree:
    """Parse YAML text like :func:`parse_yaml`, but collect errors in ``problems``.

    ``depth`` and ``folder`` are those of its positions.
    """
    builder = _Builder(source, depth, folder)
    try:
        builder.build(text)
    except _Unreadable as error:
        builder.tree.problems.append(error.finding)
        builder.tree.broken = True
    return builder.tree


def strict(tree: YamlTree) -> YamlTree:
    """The tree; raises SpecError with all of its problems."""
    if tree.problems:
        raise spec_error(tree.problems)
    return tree


def position_after(text: str, source: str, depth: int = 0, folder: Path | None = None) -> Position:
    """The position of the character after a text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    return Position(line, column, f"{source}:{line}:{column}", depth, folder)


_BASE = "base: OTHER.yaml inherits from another spec"
_ESCAPES = "in double quotes \\ starts an escape; put a path in single quotes, or write / for \\"


def _not_allowed(character: str) -> str:
    """The message for a control character."""
    message = f"the character U+{ord(character):04X} is not allowed"
    return (
        f"{message}; it is Ctrl-Z, the end-of-file mark of DOS programs: delete it" if character == "\x1a" else message
    )


class _Unreadable(Exception):
    """The text cannot be parsed beyond this point."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.finding: Finding = (position, (), message)


class _Mark(Protocol):
    """A position in the text, zero-based."""

    line: int
    column: int


# Parser events of valid texts, by text; events are never modified.
_EVENTS: dict[str, tuple[yaml.Event, ...]] = {}


def _recorded(loader: yaml.SafeLoader, seen: list[yaml.Event]) -> Iterator[yaml.Event]:
    for event in iter(loader.get_event, None):
        seen.append(event)
        yield event


class _Builder:
    """Builds plain values from parser events and collects what specs must not contain."""

    def __init__(self, source: str, depth: int, folder: Path | None) -> None:
        self.tree = YamlTree(None)
        self._source = source
        self._depth = depth
        self._folder = folder
        self._values = 0

    def build(self, text: str) -> None:
        """Fill the tree; raises _Unreadable."""
        if known := _EVENTS.get(text):
            self._events = iter(known)
            self._documents()
        else:
            self._parse(text)
        self.tree.positions.setdefault((), position_after("", self._source, self._depth, self._folder))

    def _parse(self, text: str) -> None:
        try:
            loader = yaml.SafeLoader(text)
        except yaml.reader.ReaderError as error:
            position = position_after(text[: error.position], self._source, self._depth, self._folder)
            raise _Unreadable(position, _not_allowed(text[error.position])) from None
        seen: list[yaml.Event] = []
        self._events = _recorded(loader, seen) if len(text) <= LONGEST_REMEMBERED else iter(loader.get_event, None)
        try:
            self._documents()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark or loader.get_mark()
            raise self._unreadable(text, mark, error.problem or error.context or "") from None
        except (ValueError, OverflowError):  # PyYAML accepts an escape such as "\UFFFFFFFF"
            raise _Unreadable(self._position(loader.get_mark()), "not valid YAML: a number is out of range") from None
        if seen and not self.tree.problems:
            if len(_EVENTS) >= REMEMBERED_SPECS:
                _EVENTS.clear()
            _EVENTS[text] = tuple(seen)

    def _unreadable(self, text: str, mark: _Mark | None, problem: str) -> _Unreadable:
        """The parser's error, at the look-alike character that probably caused it, if any."""
        problem = one_line(problem, 200)
        if "'\\t'" in problem:
            problem = "a tab; indent with spaces"
        elif "escape" in problem:
            problem = f"{problem}; {_ESCAPES}"
        if mark and (cause := lookalike_before(text, mark.line)):
            line, column, advice = cause
            detected = f"detected in line {mark.line + 1}: {problem}"
            return _Unreadable(self._at(line, column), f"not valid YAML; {advice} ({detected})")
        return _Unreadable(self._position(mark), f"not valid YAML: {problem}")

    def _documents(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._problem(event.start_mark, (), "a second document; a spec is a single document")
                    return
                self.tree.value = self._node(next(self._events), ())

    def _node(self, event: yaml.Event, path: KeyPath) -> object:
        self.tree.positions.setdefault(path, self._position(event.start_mark))
        if len(path) > MAX_DEPTH:
            raise _Unreadable(self._position(event.start_mark), f"nested more than {MAX_DEPTH} levels deep")
        self._values += 1
        if self._values > MOST_VALUES:
            raise _Unreadable(self._position(event.start_mark), f"more than {MOST_VALUES} values")
        if isinstance(event, yaml.AliasEvent):
            self._problem(event.start_mark, path, f"aliases (*name) are not allowed; write the value out, or {_BASE}")
            return None
        if not isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent):
            raise TypeError(f"unexpected event {event!r}")
        self._check_plain(event, path)
        if isinstance(event, yaml.ScalarEvent):
            self._note_typo(event, path)
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
                raise _Unreadable(self._position(event.start_mark), "a key must be a scalar")
            child = (*path, event.value)
            self._check_plain(event, child)
            self._note_typo(event, child)
            if event.value == "<<" and event.style is None:
                self._problem(event.start_mark, child, f"merge keys (<<) are not allowed; {_BASE}")
            elif event.value in entries:
                self._problem(event.start_mark, child, f"duplicate key; first at {self.tree.positions[child]}")
            self.tree.positions.setdefault(child, self._position(event.start_mark))
            entries[event.value] = self._node(next(self._events), child)
        return entries

    def _check_plain(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: KeyPath) -> None:
        if event.anchor is not None:
            self._problem(event.start_mark, path, f"anchors (&name) are not allowed; {_BASE}")
        if event.tag is not None:
            self._problem(event.start_mark, path, f"tags ({quote(event.tag)}) are not allowed")

    def _position(self, mark: _Mark | None) -> Position:
        return self._at(mark.line, mark.column) if mark else self._at(0, 0)

    def _at(self, line: int, column: int) -> Position:
        """A position from a zero-based line and column."""
        text = f"{self._source}:{line + 1}:{column + 1}"
        return Position(line + 1, column + 1, text, self._depth, self._folder)

    def _note_typo(self, event: yaml.ScalarEvent, path: KeyPath) -> None:
        """Record a likely typo in an unquoted key or value."""
        typos, mark = self.tree.typos, event.start_mark
        if event.style is not None or mark is None or path in typos or len(typos) == MOST_TYPOS:
            return
        if found := likely_typo(event.value):
            typos[path] = self._at(mark.line, mark.column + found[0]), found[1]

    def _problem(self, mark: _Mark | None, path: KeyPath, message: str) -> None:
        self.tree.problems.append((self._position(mark), path, message))
