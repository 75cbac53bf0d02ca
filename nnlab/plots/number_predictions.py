"""Predicted numbers against the true ones, and their residuals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import WIDTH, canvas, evenly, plain_text
from nnlab.plots.palette import FAINT, palette

PREDICTIONS_FILE = "predictions.png"

ROW_HEIGHT = 3.6  # inches
MOST_TARGETS = 4
MOST_POINTS = 5000


def plot_number_predictions(
    name: str, part: str, targets: Array, predicted: Array, names: Sequence[str], folder: Path
) -> None:
    """Write ``predictions.png`` into ``folder``: for each target column the predictions and the residuals.

    ``targets`` and ``predicted`` are (N, K) in the user's units; predictions that are not finite are left out. Of more
    than four targets the first four are drawn. Raises OSError when the picture cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = min(len(names), MOST_TARGETS)
    words = {"name": plain_text(name, 28), "count": f"{len(targets):,}", "part": tr(part)}
    title = tr("{name}: predictions of {count} {part} samples", **words)
    if shown < len(names):
        title += tr(" ({shown} of {count} targets)", shown=shown, count=len(names))
    with canvas(folder / PREDICTIONS_FILE, title, (WIDTH, ROW_HEIGHT * shown + 0.2)) as figure:
        grid: Any = figure.subplots(shown, 2, squeeze=False)
        for index, (against, residuals) in enumerate(grid):
            _draw(against, residuals, targets[:, index], predicted[:, index], plain_text(names[index], 24))


def _draw(against: Axes, residuals: Axes, true: Array, predicted: Array, name: str) -> None:
    usable = np.isfinite(predicted) & (np.abs(predicted) < 1e100)
    places = np.array(evenly(np.flatnonzero(usable).tolist(), MOST_POINTS), np.intp)
    true, predicted = true[places], predicted[places]
    dots: dict[str, Any] = {
        "s": 14 if len(true) <= 500 else 5,
        "color": palette().colours[0],
        "alpha": 0.7 if len(true) <= 500 else 0.4,
        "linewidths": 0,
    }
    against.scatter(true, predicted, **dots)
    if len(true):
        low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
        against.plot((low, high), (low, high), color=FAINT, linewidth=1, zorder=0)
    against.set_xlabel(tr("true {target}", target=name), parse_math=False)
    against.set_ylabel(tr("predicted {target}", target=name), parse_math=False)
    residuals.scatter(predicted, predicted - true, **dots)
    residuals.axhline(0, color=FAINT, linewidth=1, zorder=0)
    residuals.set_xlabel(tr("predicted {target}", target=name), parse_math=False)
    residuals.set_ylabel(tr("residual (predicted − true)"))
    for axes in (against, residuals):
        axes.locator_params(axis="x", nbins=5)  # labels of six digits are beside each other
