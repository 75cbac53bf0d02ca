"""Values of plain YAML, as nnlab writes it, some fifteen times faster than by the strict parser.

The text is taken only where every line has one of a few forms. There the strict parser gives the same values, so what
it would refuse, and everything written by hand in another way, is left to it.
"""

import re
from functools import lru_cache

from nnlab.config.scalars import scalar as uncached_scalar

scalar = lru_cache(maxsize=1024)(uncached_scalar)  # specs have much the same values

LONGEST = 16 * 1024
DEEPEST = 20

_WORD = r"[\w./+][\w./+-]*"
_SCALAR = re.compile(rf"(?:-(?=[\w.]))?{_WORD}(?: {_WORD})*")
_QUOTED = re.compile(r"'([\w ./+-]*)'")
_KEY = re.compile(r"([A-Za-z_]\w{0,99}):")
_ENTRY = re.compile(rf"{_KEY.pattern} ({_SCALAR.pattern})(?=[\n,}}])")  # most are like this
_SPACE = re.compile(r"(?: |\n +)*")  # between the parts of a flow collection


class _NotPlain(Exception):
    """The text is not of these forms."""


def plain_yaml(text: str) -> object:
    """The value of a YAML text; None where it is not a mapping in the forms that nnlab writes."""
    if len(text) > LONGEST or not text.endswith("\n"):
        return None
    try:
        return _Reader(text).document()
    except _NotPlain:
        return None


class _Reader:
    """Reads from ``_at`` on; blocks line by line, flow collections character by character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def document(self) -> dict[str, object]:
        mapping = self._block_mapping(0)
        if self._at < len(self._text):
            raise _NotPlain
        return mapping

    def _indent(self) -> int:
        """The spaces at the beginning of the line here; −1 at the end of the text."""
        at, text = self._at, self._text
        if at == len(text):
            return -1
        end = at
        while text[end] == " ":
            end += 1
        return end - at

    def _block_mapping(self, indent: int, *, begun: bool = False) -> dict[str, object]:
        """A block mapping whose keys are at this column; ``begun``: the reader is at its first key already."""
        entries: dict[str, object] = {}
        self._enter()
        while begun or self._indent() == indent:
            self._at += 0 if begun else indent
            begun = False
            self._entry(entries, indent)
        if not entries:
            raise _NotPlain
        self._depth -= 1
        return entries

    def _entry(self, entries: dict[str, object], indent: int | None = None) -> None:
        """A key with its value; ``indent`` is the column of the key in a block, which the line ends with."""
        if match := _ENTRY.match(self._text, self._at):
            key, value = match[1], scalar(match[2])
            self._at = match.end()
            if indent is not None and not self._take("\n"):
                raise _NotPlain
        else:
            key = self._key()
            value = self._flow_value() if indent is None else self._block_value(indent)
        if key in entries:
            raise _NotPlain
        entries[key] = value

    def _flow_value(self) -> object:
        if not self._take(" "):
            raise _NotPlain
        return self._value()

    def _block_value(self, indent: int) -> object:
        """The value after a key and its colon, through the end of its last line."""
        if self._take("\n"):
            deeper = self._indent()
            if self._text.startswith("- ", self._at + max(deeper, 0)) and deeper >= indent:
                return self._block_sequence(deeper)
            if deeper > indent:
                return self._block_mapping(deeper)
            raise _NotPlain  # null
        value = self._flow_value()
        if not self._take("\n"):
            raise _NotPlain
        return value

    def _block_sequence(self, indent: int) -> list[object]:
        items: list[object] = []
        self._enter()
        while self._indent() == indent and self._text.startswith("- ", self._at + indent):
            self._at += indent + 2
            if _KEY.match(self._text, self._at):
                items.append(self._block_mapping(indent + 2, begun=True))
                continue
            items.append(self._value())
            if not self._take("\n"):
                raise _NotPlain
        self._depth -= 1
        return items

    def _value(self) -> object:
        """A scalar or a flow collection."""
        if self._take("{"):
            return self._flow_mapping()
        if self._take("["):
            return self._flow_sequence()
        for pattern in (_SCALAR, _QUOTED):
            if match := pattern.match(self._text, self._at):
                self._at = match.end()
                return scalar(match[0]) if pattern is _SCALAR else match[1]
        raise _NotPlain

    def _flow_mapping(self) -> dict[str, object]:
        entries: dict[str, object] = {}
        self._enter()
        while not self._closes("}", empty=not entries):
            self._entry(entries)
        self._depth -= 1
        return entries

    def _flow_sequence(self) -> list[object]:
        items: list[object] = []
        self._enter()
        while not self._closes("]", empty=not items):
            items.append(self._value())
        self._depth -= 1
        return items

    def _closes(self, bracket: str, *, empty: bool) -> bool:
        """Whether a flow collection ends here; else another item follows, after a comma unless it is the first."""
        if self._take(bracket):
            return True
        if not empty:
            if not self._take(","):
                raise _NotPlain
            space = _SPACE.match(self._text, self._at)
            if space is None or space.end() == self._at:
                raise _NotPlain
            self._at = space.end()
        return False

    def _key(self) -> str:
        """A key, and its colon."""
        match = _KEY.match(self._text, self._at)
        if match is None:
            raise _NotPlain
        self._at = match.end()
        return match[1]

    def _take(self, character: str) -> bool:
        if self._text.startswith(character, self._at):
            self._at += 1
            return True
        return False

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _NotPlain
