"""Curves drawn with characters: braille dots, 2 x 4 to a character, or ASCII where an encoding lacks them."""

from collections.abc import Sequence

import numpy as np

from nnlab.core.arrays import Array

BRAILLE = 0x2800
# The bit of each dot of a braille character, by row and column.
BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.int64)
ASCII = {(False, False): " ", (True, False): "'", (False, True): ".", (True, True): ":"}


class DotCanvas:
    """A grid of dots; each character cell has the style of the curve that was drawn there last."""

    def __init__(self, columns: int, rows: int, *, plain: bool = False) -> None:
        self.columns, self.rows = columns, rows
        self._across, self._down = (1, 2) if plain else (2, 4)
        self.width, self.height = columns * self._across, rows * self._down
        self._dots, self._behind = np.zeros((2, self.height, self.width), dtype=bool)
        self._styles = np.full((rows, columns), -1)

    def line(self, x: Array, y: Array, style: int, *, gap: int = 0) -> None:
        """Draw a curve through points, x in dots and ascending, y as a share of the height from 0 (bottom) to 1 (top).

        Where several points are in one column of dots their mean is drawn. With a ``gap``, every column but each
        ``gap``-th is drawn, which tells curves apart without colour.
        """
        columns = np.clip(np.rint(x), 0, self.width - 1).astype(np.intp)
        count = np.bincount(columns, minlength=self.width)
        sums = np.bincount(columns, y, minlength=self.width)
        held = np.flatnonzero(count)
        if not len(held):
            return
        means = sums[held] / count[held]
        across = np.arange(held[0], held[-1] + 1)
        rows = self._rows(np.interp(across, held, means))
        before = np.concatenate((rows[:1], rows[:-1]))
        for column, row, last in zip(across.tolist(), rows.tolist(), before.tolist(), strict=True):
            if gap and column % (gap + 1) == gap:
                continue
            low, high = (row, row) if row == last else (last + 1, row) if row > last else (row, last - 1)
            self._set(np.arange(low, high + 1), column, style)

    def points(self, x: Array, y: Array, style: int) -> None:
        """Draw single dots behind all curves; those outside of the height are left out."""
        inside = (y >= 0) & (y <= 1)
        columns = np.clip(np.rint(x[inside]), 0, self.width - 1).astype(np.intp)
        rows = self._rows(y[inside])
        self._behind[rows, columns] = True
        cells = rows // self._down, columns // self._across
        self._styles[cells] = np.where(self._styles[cells] < 0, style, self._styles[cells])

    def text(self) -> list[list[tuple[str, int]]]:
        """Each row of characters as runs of equal style; -1 where nothing is drawn."""
        shape = self.rows, self._down, self.columns, self._across
        front, behind = self._dots.reshape(shape), self._behind.reshape(shape)
        blocks = np.where(front.any(axis=(1, 3), keepdims=True), front, behind)
        if self._across == 1:
            cells = blocks[..., 0].transpose(0, 2, 1)
            letters = [[ASCII[tuple(cell)] for cell in row] for row in cells.tolist()]
        else:
            codes = np.einsum("rdca,da->rc", blocks, BITS)
            letters = [[chr(BRAILLE + code) if code else " " for code in row] for row in codes.tolist()]
        return [_runs(row, styles) for row, styles in zip(letters, self._styles.tolist(), strict=True)]

    def _rows(self, y: Array) -> Array:
        """The row of dots of a share of the height, counted from the top."""
        rows: Array = (self.height - 1 - np.rint(np.clip(y, 0, 1) * (self.height - 1))).astype(np.intp)
        return rows

    def _set(self, rows: Array, columns: "Array | int", style: int) -> None:
        self._dots[rows, columns] = True
        self._styles[rows // self._down, columns // self._across] = style


def _runs(letters: Sequence[str], styles: Sequence[int]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for letter, style in zip(letters, styles, strict=True):
        if found and found[-1][1] == style:
            found[-1] = found[-1][0] + letter, style
        else:
            found.append((letter, style))
    return found
