"""A report as data: sections of blocks, which HTML and Markdown render alike.

Texts are a user's as they are recorded: whoever renders them escapes them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from nnlab.language import Language, in_language

WIDE = 600
"""CSS pixels."""

# A longer table may be divided between two pages.
SHORT_TABLE = 14

CROWDED = 70
"""Letters of the longest numbers of all columns."""


@dataclass(frozen=True)
class Paragraph:
    """A text; a ``question`` is set off, a ``note`` is smaller."""

    kind: ClassVar[str] = "paragraph"
    text: str
    role: str = ""


@dataclass(frozen=True)
class Items:
    """A list of texts."""

    kind: ClassVar[str] = "items"
    entries: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows; columns with an index in ``numbers`` are aligned to the right.

    ``best`` is the row to emphasise. ``label`` is its number in words, which :func:`numbered` sets.
    """

    kind: ClassVar[str] = "table"
    caption: str
    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    best: int | None = None
    label: str = ""

    @property
    def is_short(self) -> bool:
        """Whether it fits on a page beside other things."""
        return len(self.rows) <= SHORT_TABLE

    @property
    def is_crowded(self) -> bool:
        """Whether its numbers need most of the width, so that smaller letters keep them on one line."""
        letters = (max((len(row[index]) for row in self.rows), default=0) for index in self.numbers)
        return sum(letters) > CROWDED


@dataclass(frozen=True)
class Picture:
    """A picture as PNG, for white and for black background (None: the same), with its size in CSS pixels."""

    name: str
    light: bytes
    dark: bytes | None
    width: int
    height: int
    caption: str
    alt: str
    label: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether its letters would be too small to read where it is squeezed into a narrow screen."""
        return self.width > WIDE


@dataclass(frozen=True)
class Pictures:
    """Pictures beside each other where there is room."""

    kind: ClassVar[str] = "pictures"
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Code:
    """Text that is shown letter by letter: commands or YAML; ``folded`` behind its caption on the screen."""

    kind: ClassVar[str] = "code"
    text: str
    caption: str = ""
    language: str = "text"
    folded: bool = False


@dataclass(frozen=True)
class Box:
    """Ruled space of some lines for the author's own words."""

    kind: ClassVar[str] = "box"
    prompt: str
    lines: int = 6


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar[str] = "heading"
    text: str


Block = Paragraph | Items | Table | Pictures | Code | Box | Heading


@dataclass(frozen=True)
class Section:
    """A titled part of a report; ``anchor`` is unique in it."""

    anchor: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """A whole report. ``date`` is that of the newest run, empty where no folder's name tells."""

    title: str
    language: Language
    author: str
    date: str
    subtitle: str
    sections: Sequence[Section] = field(default_factory=tuple)

    @property
    def pictures(self) -> Iterator[Picture]:
        """All pictures, in order."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Pictures):
                    yield from block.pictures


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """The sections with ``Table 1``, ``Figure 1``, ... as labels of their tables and pictures."""
    tables = figures = 0
    found = []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table):
                tables += 1
                label = in_language(f"Table {tables}", f"表 {tables}")
                blocks.append(replace(block, label=label, caption=_sentence(block.caption)))
            elif isinstance(block, Pictures):
                labelled = []
                for picture in block.pictures:
                    figures += 1
                    label = in_language(f"Figure {figures}", f"図 {figures}")
                    labelled.append(replace(picture, label=label, caption=_sentence(picture.caption)))
                blocks.append(Pictures(labelled))
            else:
                blocks.append(block)
        found.append(replace(section, blocks=blocks))
    return tuple(found)


def _sentence(text: str) -> str:
    """A caption that begins with a capital letter; in Japanese a name may come first."""
    return in_language(text[:1].upper() + text[1:], text)
