"""Lines of at most a number of cells on a terminal, where a Chinese, Japanese or Korean letter takes two."""

import re
from textwrap import wrap

from rich.cells import cell_len

# A word with the spaces after it; or one wide letter with what must not begin a line.
_PIECES = re.compile(r"[^ \u2e80-\uffef]+[、。）；：]* *|[\u2e80-\uffef][、。）；：ー]* *| +")


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most ``width`` cells, broken at spaces, and between letters of scripts without spaces."""
    if len(text) == cell_len(text):
        return wrap(text, width)
    lines = [""]
    for piece in _PIECES.findall(text):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
