"""The error of numerical gradients against their step size."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np

from nnlab.gradcheck import Sweep
from nnlab.language import tr
from nnlab.plots.canvas import canvas
from nnlab.plots.palette import FAINT, palette

MOST_PANELS = 12
COLUMNS = 3
# Drawn for an error of 0.
LOWEST = 1e-17
LABELS = {
    "forward": "forward difference, error ~ h",
    "central": "central difference, error ~ h²",
    "complex": "complex step, error ~ h²",
}


def plot_sweeps(sweeps: Sequence[Sweep], path: Path) -> None:
    """One panel for each component, both axes logarithmic; raises OSError when the picture cannot be written."""
    columns = min(COLUMNS, len(sweeps))
    rows = ceil(len(sweeps) / columns)
    size = (7.0 if columns == 1 else 4.0 * columns, 4.9 if rows == 1 else 3.2 * rows + 0.6)
    title = tr("Truncation and rounding error of numerical gradients")
    with canvas(path, title, size) as figure:
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).reshape(-1)
        for panel, found in zip(panels, sweeps, strict=False):
            for colour, (method, errors) in zip(palette().colours, found.errors.items(), strict=False):
                panel.loglog(found.steps, np.maximum(errors, LOWEST), color=colour, label=tr(LABELS[method]))
            rounding = found.steps <= 1e-3
            panel.loglog(
                *(found.steps[rounding], np.finfo(float).eps / 2 / found.steps[rounding]),
                color=FAINT,
                linestyle=":",
                linewidth=1.2,
                label=tr("rounding error, ~ 1/h"),
            )
            panel.set_xticks([1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 1])
            panel.set_ylim(LOWEST / 3, 10)
            panel.set_title(found.component, fontsize=9, loc="left", parse_math=False)
        for panel in panels[len(sweeps) :]:
            panel.set_visible(False)
        for index, panel in enumerate(panels[: len(sweeps)]):
            if index + columns >= len(sweeps):
                panel.set_xlabel(tr("step size h"))
                panel.tick_params(labelbottom=True)
            if index % columns == 0:
                panel.set_ylabel(tr("relative error"))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
