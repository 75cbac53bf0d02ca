"""Vectorised parsing of decimal numbers from bytes, correctly rounded like ``float``."""

from typing import NamedTuple

import numpy as np

from nnlab.core.arrays import Array

LONGEST = 16
"""The maximum number of digits before and after the decimal mark."""

_POWERS = 10 ** np.arange(LONGEST + 1, dtype=np.int64)
_EXACT = np.int64(1 << 53)
_ZEROS = np.uint64(0x3030303030303030)
_HIGH, _SIX = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(0x0606060606060606)
_PAIRS = np.uint64(0x000000FF000000FF)
_NEWLINE, _RETURN, _MINUS, _PLUS = b"\n\r-+"


class Block(NamedTuple):
    """Start, end, value and validity of each cell, all (N, D)."""

    starts: Array
    ends: Array
    values: Array
    valid: Array


def read_block(text: bytes, separator: int, mark: int, width: int) -> Block | None:
    """The cells of complete lines, each ending in a newline; None unless every line has ``width`` cells.

    Valid cells are optionally signed decimal numbers of at most 15 to 16 digits: an integer below 2^53 divided by a
    power of ten up to 10^16, both exact in float64, is rounded correctly in one operation (Clinger 1990). Other input
    of ``float`` (exponents, more digits, spaces) is not valid here.
    """
    raw = np.frombuffer(bytes(LONGEST) + text, np.uint8)  # cells are read in words of eight bytes
    is_end = (raw == separator) | (raw == _NEWLINE)
    marks = np.flatnonzero(is_end | (raw == mark))
    ends_cell = is_end[marks]
    last = np.flatnonzero(ends_cell)  # of each cell, among the marks
    ends = marks[last]
    if len(ends) % width or (raw[ends].reshape(-1, width) == _NEWLINE).sum(axis=0).tolist() != [
        *([0] * (width - 1)),
        len(ends) // width,
    ]:
        return None
    starts = np.empty_like(ends)
    starts[0], starts[1:] = LONGEST, ends[:-1] + 1
    marks_inside = np.diff(last, prepend=-1) - 1
    fractional = marks_inside > 0
    # Only the last cell of a line can end in a carriage return.
    stops = ends.copy()
    stops[width - 1 :: width] -= raw[ends[width - 1 :: width] - 1] == _RETURN
    first = raw[starts]
    negative = first == _MINUS
    begins = starts + (negative | (first == _PLUS))
    points = np.where(fractional, marks[last - 1], stops)
    whole, whole_valid = _digits(raw, begins, points)
    valid = whole_valid & (marks_inside <= 1)
    length = points - begins
    if fractional.any():
        fraction, fraction_valid = _digits(raw, points + fractional, stops)
        digits = stops - points - fractional
        valid &= fraction_valid & (length + digits > 0) & (length + digits <= LONGEST)
        digits = np.where(valid, digits, 0)
        whole = whole * _POWERS[digits] + fraction
        values = whole / _POWERS[digits]
    else:
        valid &= length > 0
        values = whole.astype(np.float64)
    valid &= (whole < _EXACT) & (whole >= 0)
    np.negative(values, out=values, where=negative)
    shape = -1, width
    offset = starts.reshape(shape) - LONGEST
    return Block(offset, ends.reshape(shape) - LONGEST, values.reshape(shape), valid.reshape(shape))


def _digits(raw: Array, starts: Array, ends: Array) -> tuple[Array, Array]:
    """The integers in the given byte ranges as int64, and whether they are at most ``LONGEST`` digits."""
    eights = np.lib.stride_tricks.as_strided(raw.view(), (len(raw) - 7, 8), (1, 1)).view("<u8")[:, 0]
    length = ends - starts
    numbers, valid = _eight_digits(eights[ends - 8], np.minimum(length, 8))
    valid &= length <= LONGEST
    long = np.flatnonzero((length > 8) & valid)
    if len(long):
        more, more_valid = _eight_digits(eights[ends[long] - 16], length[long] - 8)
        numbers[long] += more * _POWERS[8]
        valid[long] = more_valid
    return numbers, valid


def _eight_digits(words: Array, length: Array) -> tuple[Array, Array]:
    """The numbers in the last ``length`` bytes of little-endian words of eight bytes, and whether these are digits.

    Digits are combined in pairs, fours and eights within a word (Lemire, "Quickly parsing eight digits", 2018).
    """
    shift = (8 * length).astype(np.uint64)
    # A shift by 64 is undefined, so the mask of an empty word is set separately.
    kept = np.where(length == 0, np.uint64(0), ~np.uint64(0) << (np.uint64(64) - np.maximum(shift, np.uint64(8))))
    words = (words & kept) | (_ZEROS & ~kept)
    valid = ((words & _HIGH) == _ZEROS) & (((words + _SIX) & _HIGH) == _ZEROS)
    words = words - _ZEROS
    words = words * np.uint64(10) + (words >> np.uint64(8))
    even, odd = words & _PAIRS, (words >> np.uint64(16)) & _PAIRS
    words = (even * np.uint64(1_000_000 << 32 | 100) + odd * np.uint64(10_000 << 32 | 1)) >> np.uint64(32)
    return words.astype(np.int64), valid
