"""CSV cells: numbers, missing values, and hints for cells that look like numbers in another notation."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from math import inf, isfinite, nan

from nnlab.data.tables.csv_text import CsvFormat
from nnlab.data.tables.labels import plain_number

LONGEST_NUMBER = 100
"""Longer cells get no hint: matching the patterns would take too long."""

_DATE = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ]+\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?|\d{4}年\d{1,2}月(\d{1,2}日)?|\d{1,2}[- ][A-Za-z]{3}[- ]\d{2,4}"
)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?P<mark>[,.' \u00a0\u202f])\d{3}((?P=mark)\d{3})*([.,]\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
_OTHER_NOTATION = re.compile(r"[+-]?\d[\d_]*\.?[\d_]*([eE][+-]?\d+)?|0[xX][0-9a-fA-F]+")
_CURRENCY = "$€£¥￥"


def normalised(name: str) -> str:
    """A column name in Unicode NFC, since macOS may write NFD."""
    return unicodedata.normalize("NFC", name.strip())


class Cells:
    """Reads cells of a given format."""

    def __init__(self, form: CsvFormat) -> None:
        self.comma = form.decimal == ","
        self._missing = {value.strip().casefold() for value in form.missing_values}
        self.missing_numbers = frozenset(filter(isfinite, map(self.number, self._missing)))
        """The numbers among the missing values; only their listed spelling is missing."""

    def is_missing(self, cell: str) -> bool:
        """Whether a stripped cell is a missing value."""
        return not cell or cell.casefold() in self._missing

    def number(self, cell: str) -> float:
        """The number in a cell, possibly infinite; NaN for other cells."""
        if self.comma:
            if "." in cell:
                return nan
            cell = cell.replace(",", ".")
        try:
            return float(plain_number(cell))
        except ValueError:
            return nan

    def reader(self, *, plain: bool) -> Callable[[Sequence[str]], list[float]]:
        """A function that reads many cells at once, possibly as NaN or infinity; raises ValueError for other cells.

        ``plain``: everything in the file that ``float`` accepts is a decimal number.
        """
        if plain and not self.comma:
            return lambda cells: list(map(float, cells))

        def read(cells: Sequence[str]) -> list[float]:
            joined = plain_number("\0".join(cells))
            if self.comma:
                if "." in joined:
                    raise ValueError(joined)
                joined = joined.replace(",", ".")
            return list(map(float, joined.split("\0"))) if cells else []

        return read

    def looks_like(self, cell: str) -> str:
        """What a cell that is not a number looks like, with advice; empty for plain text."""
        if abs(self.number(cell)) == inf:
            return "infinite or too large"
        if len(cell) > LONGEST_NUMBER:
            return ""
        wide = unicodedata.normalize("NFKC", cell)
        if wide != cell and isfinite(self.number(wide)):
            return "full-width digits; write them as ASCII digits"
        if cell.endswith(("%", "％")) and isfinite(self.number(cell[:-1].strip())):
            return "a percentage; write it as a plain number"
        if cell.strip(_CURRENCY) != cell and any(letter.isdigit() for letter in cell):
            return "an amount of money; write it as a plain number"
        if _DATE.fullmatch(cell):
            return "a date or time; exclude the column with data.exclude, or write a number"
        if _DECIMAL_COMMA.fullmatch(cell) and not self.comma:
            if _THOUSANDS.fullmatch(cell):
                return "a number with a comma; remove the thousands separators, or add decimal: ',' to data"
            return "a number with a decimal comma; add decimal: ',' to data"
        if _THOUSANDS.fullmatch(cell):
            return "a number with thousands separators; remove them"
        if self.comma and "." in cell and not any(letter.isalpha() for letter in cell):
            return "a number with a decimal point; data.decimal is ','"
        if _OTHER_NOTATION.fullmatch(cell):
            return "a number in the notation of a programming language or script; write plain digits"
        return ""
