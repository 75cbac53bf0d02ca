"""Connected strokes of ink."""

import numpy as np

from nnlab.core.arrays import Array

LEAST_INK = 0.25
"""Fainter ink does not count when strokes are traced."""
SHEET_SIDE, SHEET_REACH, SHEET_AREA, SHEET_RIM = 0.4, 0.9, 0.5, 0.03
"""A sheet reaches over 90 % of its bounding box and covers half of that; an ellipse, as a thick 0, over 79 %."""
SPECK = 0.06
"""A component below this share of the largest one's area is a speck."""


def sheet_in(ink: Array) -> tuple[slice, slice] | None:
    """The inside of a sheet or frame whose ground differs from that of the picture; None where the ink is strokes.

    A sheet is the largest component where it reaches over most of a rectangle that is a large part of the picture.
    """
    labels, areas = labelled(ink > LEAST_INK)
    if not len(areas):
        return None
    mask = labels == 1 + int(np.argmax(areas))
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    tall, wide = bottom - top, right - left
    if tall < SHEET_SIDE * ink.shape[0] or wide < SHEET_SIDE * ink.shape[1]:
        return None
    inside = mask[top:bottom, left:right][rows - top]
    reach = (wide - np.argmax(inside, axis=1) - np.argmax(inside[:, ::-1], axis=1)).sum()
    if reach < SHEET_REACH * tall * wide or areas.max() < SHEET_AREA * reach:
        return None
    rim, edge = 2 + round(SHEET_RIM * tall), 2 + round(SHEET_RIM * wide)
    if tall <= 4 * rim or wide <= 4 * edge:
        return None
    return slice(top + rim, bottom - rim), slice(left + edge, right - edge)


def largest_components(ink: Array) -> tuple[Array, int]:
    """A mask of the ink without specks, widened by one pixel for its grey edges, and the number of specks."""
    labels, areas = labelled(ink > LEAST_INK)
    if not len(areas):
        return np.zeros(ink.shape, bool), 0
    kept = areas >= SPECK * areas.max()
    inside = _inside(labels, len(areas))
    # The edge of a sheet or a shadow touches the border; a digit seldom does.
    if (kept & inside).any() and areas[kept & inside].max() >= 0.2 * areas.max():
        kept &= inside
    kept &= areas >= SPECK * areas[kept].max()
    mask = np.concatenate([[False], kept])[labels]
    return widened(mask, diagonal=True), int((~kept).sum())


def labelled(mask: Array) -> tuple[Array, Array]:
    """The 8-connected components of a mask (H, W): labels from 1, 0 outside; and the area of each."""
    parent: list[int] = []

    def root(label: int) -> int:
        while parent[label] != label:
            parent[label] = parent[parent[label]]
            label = parent[label]
        return label

    runs: list[tuple[int, int, int, int]] = []
    above: list[tuple[int, int, int]] = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0)).tolist()
        current: list[tuple[int, int, int]] = []
        first = 0
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            label = len(parent)
            parent.append(label)
            while first < len(above) and above[first][1] < start:
                first += 1
            index = first
            while index < len(above) and above[index][0] <= end:
                parent[root(label)] = root(above[index][2])
                index += 1
            current.append((start, end, label))
            runs.append((row, start, end, label))
        above = current
    number: dict[int, int] = {}
    labels = np.zeros(mask.shape, np.intp)
    for row, start, end, label in runs:
        labels[row, start:end] = number.setdefault(root(label), len(number) + 1)
    return labels, np.bincount(labels.ravel(), minlength=len(number) + 1)[1:]


def _inside(labels: Array, count: int) -> Array:
    """Which components do not touch the border (count,)."""
    inside = np.ones(count + 1, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inside[edge] = False
    return inside[1:]


def widened(ink: Array, *, diagonal: bool) -> Array:
    """Ink or a mask (H, W): the maximum over each pixel and its 4 neighbours, with ``diagonal`` its 8 neighbours."""
    tall = ink.copy()
    np.maximum(tall[1:], ink[:-1], out=tall[1:])
    np.maximum(tall[:-1], ink[1:], out=tall[:-1])
    wide, beside = tall.copy(), tall if diagonal else ink
    np.maximum(wide[:, 1:], beside[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], beside[:, 1:], out=wide[:, :-1])
    return wide
