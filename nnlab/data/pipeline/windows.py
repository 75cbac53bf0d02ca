"""Windows of a long series as samples, and splits of them by position: neighbouring windows overlap."""

from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlab.core.arrays import Array
from nnlab.errors import UsageError


def windows_of(series: Array, length: int, stride: int = 1) -> Array:
    """All windows (N, length) of a series (L,), at starts that are ``stride`` apart; views without copies."""
    views: Array = sliding_window_view(series, length)[::stride]
    return views


def last_share(count: int, share: float, length: int, stride: int) -> tuple[slice, slice]:
    """The kept windows of ``count`` and the held-out ones, which are the last ``share``; windows between overlap both.

    Raises UsageError where one of them would be empty.
    """
    first = count - round(share * count)
    kept = first - _overlapping(length, stride)
    if first == count or kept < 1:
        raise UsageError(
            f"data.validation: {share} of {count} windows of {length} steps leaves no window on one side; 0 means no "
            "validation samples"
        )
    return slice(kept), slice(first, count)


def hold_out_block(count: int, fold: int, folds: int, length: int, stride: int) -> tuple[Array, slice]:
    """The indices of the kept windows, and the block of fold ``fold`` of K, counted from 1.

    Windows that overlap the block are in neither. Raises UsageError where a fold or the rest would be empty.
    """
    start, stop = ((fold - 1 + end) * count // folds for end in (0, 1))
    gap = _overlapping(length, stride)
    kept = np.concatenate((np.arange(max(0, start - gap)), np.arange(min(count, stop + gap), count)))
    if start == stop or not len(kept):
        raise UsageError(
            f"data.folds: {folds} folds of {count} windows of {length} steps; use fewer folds or more data"
        )
    return kept, slice(start, stop)


def _overlapping(length: int, stride: int) -> int:
    """The number of windows after a window that predict a step which it predicts too."""
    return ceil(length / stride) - 1
