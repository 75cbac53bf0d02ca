"""Points in the plane in the colours of their classes."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.data.dataset import Split
from nnlab.plots.style import COLOUR_COUNT, FAINT, label_text, say, shades

MOST_POINTS = 5000
MARKERS = ("o", "^")
TEST_MARKER = "X"
CLASSES_IN_LEGEND = COLOUR_COUNT * len(MARKERS)

Kind = Literal["plain", "hollow", "rimmed", "crosses"]


def class_colour(label: int) -> str:
    """The colour of a class; one for all those that the legend has no room for."""
    return shades().colours[label % COLOUR_COUNT] if label < CLASSES_IN_LEGEND else FAINT


def draw_points(axes: Axes, split: Split, class_names: tuple[str, ...], kind: Kind = "plain") -> None:
    """Draw the samples (N, 2) of a split, at most 5,000; ``rimmed`` points and ``crosses`` stand out on colours.

    Plain and rimmed ones enter the legend, the others are the test samples of the same classes.
    """
    axes.set_xlabel(say("feature 1"))
    axes.set_ylabel(say("feature 2"))
    x, labels = split.inputs[:MOST_POINTS], split.labels[:MOST_POINTS]
    area = 22 if len(x) <= 500 else 9
    for label in np.unique(labels).tolist():
        colour, on_colours = class_colour(label), kind in ("rimmed", "crosses")
        listed = label < CLASSES_IN_LEGEND and kind in ("plain", "rimmed")
        points = x[labels == label]
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=area * (1.5 if kind == "crosses" else 1),
            marker=TEST_MARKER if kind == "crosses" else MARKERS[label // COLOUR_COUNT % len(MARKERS)],
            facecolors="none" if kind == "hollow" else colour,
            edgecolors=shades().paper if on_colours else colour,
            linewidths={"plain": 0, "hollow": 0.9, "rimmed": 0.5, "crosses": 0.5}[kind],
            alpha=1 if on_colours else 0.85,
            label=label_text(class_names[label], 24) if listed else "_",
        )


def legend_of_classes(figure: Figure, axes: Axes, classes: int, *, crosses: bool = False) -> None:
    """A legend right of the axes with the name of each class that was drawn, and what the crosses are."""
    handles, labels = axes.get_legend_handles_labels()
    if classes > CLASSES_IN_LEGEND:
        handles.append(axes.scatter([], [], s=22, color=FAINT))
        labels.append(say("… and {more} more", more=classes - CLASSES_IN_LEGEND))
    if crosses:
        for marker, name in ((MARKERS[0], say("train")), (TEST_MARKER, say("test"))):
            handles.append(Line2D([], [], linestyle="", marker=marker, color=shades().edge, markersize=5))
            labels.append(name)
    legend = figure.legend(handles, labels, loc="outside right upper", title=say("class"))
    for text in legend.get_texts():
        text.set_parse_math(False)
