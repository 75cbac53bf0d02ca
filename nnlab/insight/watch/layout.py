"""Where the charts go: in a grid whose cells are about as wide as they are readable."""

from collections.abc import Sequence
from itertools import zip_longest
from math import log

from rich.text import Text

NARROWEST, LOWEST = 34, 9
BEST_RATIO = 3.3
"""Width to height of a chart, in characters, which are twice as high as wide."""

GUTTER = 2


def grid(charts: int, width: int, height: int) -> tuple[int, int]:
    """How many of the charts fit, and in how many columns: at least one, where there is any."""
    best, found = -1.0, (min(charts, 1), 1)
    for shown in range(1, charts + 1):
        for columns in range(1, shown + 1):
            rows = -(-shown // columns)
            cell_width, cell_height = width // columns, height // rows
            if shown > 1 and (cell_width < NARROWEST or cell_height < LOWEST):
                continue
            score = shown - abs(log(cell_width / max(cell_height, 1) / BEST_RATIO))
            if score > best:
                best, found = score, (shown, columns)
    return found


def widths(count: int, width: int) -> list[int]:
    """The widths of charts beside each other, with a gutter between them."""
    free = width - GUTTER * (count - 1)
    return [free // count + (index < free % count) for index in range(count)]


def beside(blocks: Sequence[Sequence[Text]], between: int = GUTTER) -> list[Text]:
    """Blocks of lines of one width each, side by side."""
    found = []
    for lines in zip_longest(*blocks, fillvalue=Text()):
        line = Text()
        for index, part in enumerate(lines):
            line.append(" " * between * (index > 0)).append_text(part)
        found.append(line)
    return found


def fitted(line: Text, width: int, *, pad: bool = True) -> Text:
    """A line cut to this many columns, with ``pad`` filled up to them."""
    line = line.copy()
    line.truncate(width, overflow="ellipsis", pad=pad)
    return line
