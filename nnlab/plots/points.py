"""Points in the plane in the colours of their classes."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.data.dataset import Dataset, Split
from nnlab.language import tr
from nnlab.plots.canvas import label_text
from nnlab.plots.palette import COLOUR_COUNT, FAINT, palette

MOST_POINTS = 5000
MARKERS = ("o", "^")
SPLIT_MARKERS = {"test": "X", "validation": "P"}
CLASSES_IN_LEGEND = COLOUR_COUNT * len(MARKERS)

PointStyle = Literal["plain", "hollow", "rimmed", "test", "validation"]


def class_colour(label: int) -> str:
    """The colour of a class; the same for all classes that do not fit into the legend."""
    return palette().colours[label % COLOUR_COUNT] if label < CLASSES_IN_LEGEND else FAINT


def draw_points(axes: Axes, split: Split, kind: PointStyle = "plain") -> None:
    """Draw the samples (N, 2) of a split, at most 5,000, evenly spaced.

    ``rimmed`` points and those with a marker of their split, which crosses colours, stand out on coloured ground.
    """
    axes.set_xlabel(tr("feature 1"))
    axes.set_ylabel(tr("feature 2"))
    chosen = np.unique(np.linspace(0, len(split) - 1, min(len(split), MOST_POINTS)).round().astype(np.intp))
    x, labels = split.inputs[chosen], split.targets[chosen]
    area = 22 if len(x) <= 500 else 9
    rim = 0.5 if len(x) <= 2000 else 0.15
    for label in np.unique(labels).tolist():
        colour, on_colours = class_colour(label), kind not in ("plain", "hollow")
        points = x[labels == label]
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=area * (1.5 if kind in SPLIT_MARKERS else 1),
            marker=SPLIT_MARKERS.get(kind, class_marker(label)),
            facecolors="none" if kind == "hollow" else colour,
            edgecolors=palette().paper if on_colours else colour,
            linewidths={"plain": 0, "hollow": 0.9}.get(kind, rim),
            alpha=1 if on_colours else 0.85,
        )


def class_marker(label: int) -> str:
    """The marker of a class."""
    return MARKERS[label // COLOUR_COUNT % len(MARKERS)]


def legend_of_classes(figure: Figure, dataset: Dataset, splits: Sequence[str] = (), *, note: str = "") -> None:
    """A legend right of the axes with the classes that occur, the markers of splits, and a note."""
    present = np.unique(np.concatenate([split.targets for split in dataset.splits.values()])).tolist()
    lines = [
        (class_marker(label), class_colour(label), label_text(dataset.class_names[label], 24))
        for label in present
        if label < CLASSES_IN_LEGEND
    ]
    if dataset.classes > CLASSES_IN_LEGEND:
        lines.append((MARKERS[0], FAINT, tr("… and {more} more", more=dataset.classes - CLASSES_IN_LEGEND)))
    if splits:
        lines.append((MARKERS[0], palette().edge, tr("train")))
        lines += [(SPLIT_MARKERS[split], palette().edge, tr(split)) for split in splits]
    handles = [Line2D([], [], linestyle="", marker=marker, color=colour, markersize=5) for marker, colour, _ in lines]
    labels = [label for *_, label in lines]
    if note:
        handles.append(Line2D([], [], linestyle=""))
        labels.append(note)
    legend = figure.legend(handles, labels, loc="outside right upper", title=tr("class"))
    for text in legend.get_texts():
        text.set_parse_math(False)
