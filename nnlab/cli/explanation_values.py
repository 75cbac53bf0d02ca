"""Numbers and arrays of a worked example as lines of text."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len

from nnlab.cli.wrapping import wrapped

GAP = "  "


def value_lines(value: Any, width: int) -> list[str]:
    """A number, a text or an array, whose columns are aligned; leading axes of length 1 are left out."""
    import numpy as np

    from nnlab.insight.explain.worked_example import number_text

    if isinstance(value, str):
        return wrapped(value, width) or [""]
    array = np.asarray(value)
    if array.size == 1:
        return [number_text(array.item())]
    while array.shape[0] == 1:
        array = array[0]
    texts = [number_text(number) for number in array.reshape(-1)]
    longest = max(map(len, texts))
    cells = np.array([text.rjust(longest) for text in texts], dtype=object).reshape(array.shape)
    return list(_block(cells, width))


def _block(cells: Any, width: int) -> Iterator[str]:
    if cells.ndim == 1:
        yield from _row(list(cells), width)
        return
    if cells.ndim == 2:
        for row in cells:
            yield from _row(list(row), width)
        return
    for index, part in enumerate(cells):
        for number, line in enumerate(_block(part, width - 4)):
            yield f"{f'[{index}]' if number == 0 else '':<4}{line}"


def _row(cells: Sequence[str], width: int) -> Iterator[str]:
    """``[1  2  3]``; a row that is too wide is continued on the next line."""
    each = max(1, (width - 2 + len(GAP)) // (len(cells[0]) + len(GAP)))
    for start in range(0, len(cells), each):
        opening = "[" if start == 0 else " "
        closing = "]" if start + each >= len(cells) else ""
        yield f"{opening}{GAP.join(cells[start : start + each])}{closing}"


def equation_lines(left: str, lines: Sequence[str], sign: str = "=") -> list[str]:
    """``left = value`` with further lines of the value below its first one."""
    indent = " " * (cell_len(left) + cell_len(sign) + 2)
    return [f"{left} {sign} {lines[0]}", *(indent + line for line in lines[1:])]
