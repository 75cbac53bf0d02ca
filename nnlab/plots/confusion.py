"""The confusion matrix of a network's predictions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm

from nnlab.core.arrays import Array
from nnlab.inference.class_report import confused_pairs, confusion_matrix
from nnlab.language import tr
from nnlab.plots.canvas import canvas, plain_text
from nnlab.plots.palette import from_paper, palette

CONFUSION_FILE = "confusion.png"

WITH_NUMBERS = 20  # classes at most
WITH_NAMES = 40  # classes at most; of more, about ten are numbered
LARGE_NUMBERS = 10  # classes at most
MOST_CLASSES = 100  # of more, the most confused are drawn: K × K numbers of 10,000 classes would take 800 MB
MOST_CONFUSED = 40


def plot_confusion(
    name: str, part: str, labels: Array, predicted: Array, class_names: Sequence[str], folder: Path, origin: str = ""
) -> None:
    """Write ``confusion.png``: rows are true classes, columns predicted classes, cells counts of samples.

    The title names the part of the run's own data, or the ``origin`` of other data. Predictions of −1 (scores that are
    not numbers) have no cell. Colours show fractions of the true class. Of more than 100 classes only the 40 most
    confused are drawn. Raises OSError when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classes = np.arange(len(class_names))
    drawn = classes if len(classes) <= MOST_CLASSES else most_confused(labels, predicted, MOST_CONFUSED)
    counts = confusion_matrix(labels, predicted, drawn)
    right = int((labels == predicted).sum())
    words = {"name": plain_text(name, 40), "right": f"{right:,}", "samples": f"{len(labels):,}"}
    if origin:
        words |= {"origin": plain_text(origin, 60)}
        title = tr("{name}: confusion matrix, {origin} ({right} of {samples} correct)", **words)
    else:
        words |= {"part": tr(part)}
        title = tr("{name}: confusion matrix, {part} set ({right} of {samples} correct)", **words)
    if missing := int((predicted < 0).sum()):
        title = tr("{title}, {silent} without a prediction", title=title, silent=f"{missing:,}")
    if len(drawn) < len(classes):
        words = {"shown": f"{len(drawn):,}", "classes": f"{len(classes):,}"}
        title = tr("{title}; {shown} most confused of {classes} classes", title=title, **words)
    names = [class_names[label] for label in drawn.tolist()]
    side = 4.6 if len(names) <= LARGE_NUMBERS else 6.2
    with canvas(folder / CONFUSION_FILE, title, (side + 1.6, side + 0.4)) as figure:
        axes = figure.add_subplot()
        axes.grid(visible=False)
        shares = counts / np.maximum(np.bincount(labels, minlength=len(classes))[drawn, None], 1)
        norm = PowerNorm(0.5, 0, 1)  # a few errors among many correct predictions must be visible
        image = axes.imshow(shares, cmap=from_paper(palette().colours[0]), norm=norm, interpolation="nearest")
        bar = figure.colorbar(image, ax=axes, shrink=0.8, ticks=[0, 0.05, 0.2, 0.5, 1])
        bar.ax.set_yticklabels(["0", "5 %", "20 %", "50 %", "100 %"])
        bar.set_label(tr("fraction of the true class"))
        axes.set_xlabel(tr("predicted class"))
        axes.set_ylabel(tr("true class"))
        _name_classes(axes, names)
        if len(names) <= WITH_NUMBERS:
            _write_counts(axes, counts, shares)


def most_confused(labels: Array, predicted: Array, count: int) -> Array:
    """The classes of the most frequent errors, then the first of the others; ascending."""
    found: dict[int, None] = {}
    for pair in confused_pairs(labels, predicted)[0].tolist():
        found |= dict.fromkeys(pair)
        if len(found) >= count:
            break
    found |= dict.fromkeys(range(count))
    return np.sort(list(found)[:count])


def _name_classes(axes: Axes, class_names: Sequence[str]) -> None:
    classes = len(class_names)
    if classes > WITH_NAMES:
        axes.locator_params(nbins=11, integer=True)
        return
    names = [plain_text(name, 16) for name in class_names]
    turned = max(map(len, names)) > 2
    size = 9 if classes <= WITH_NUMBERS else 7
    axes.set_xticks(range(classes), names, parse_math=False, fontsize=size, rotation=90 if turned else 0)
    axes.set_yticks(range(classes), names, parse_math=False, fontsize=size)
    axes.tick_params(length=0)


def _write_counts(axes: Axes, counts: Array, shares: Array) -> None:
    """The number in each cell, in a colour that contrasts with the cell's; zeros are faint."""
    digits = len(str(counts.max()))
    size = (10 if digits <= 4 else 8) if len(counts) <= LARGE_NUMBERS else min(7.0, 24 / digits)
    for row, column in np.ndindex(*counts.shape):
        count = int(counts[row, column])
        dark = shares[row, column] > 0.3
        colour = (palette().paper if dark else palette().ink) if count else palette().edge
        axes.text(column, row, str(count), ha="center", va="center", fontsize=size, color=colour)
