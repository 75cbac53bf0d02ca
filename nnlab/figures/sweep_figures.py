"""The pictures of a sweep as matplotlib figures."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.figures.sweep_pictures import draw_sweep
from nnlab.language import Language
from nnlab.plots.notices import as_warning, noticed_by
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle, Style
from nnlab.plots.shown_figure import Figures, figures_kept


def sweep_figures(
    path: Path, kinds: Sequence[str] | None = None, style: Style = "light", language: Language = "en"
) -> Figures:
    """Draw pictures of a sweep without writing them, by default those that suit its keys.

    Raises what :func:`nnlab.figures.sweep_pictures.draw_sweep` raises.
    """
    with figures_kept() as figures, noticed_by(as_warning), drawn_as(PlotStyle("png", style, language)):
        draw_sweep(path, as_warning, kinds, path)  # into an existing folder, so that none is made
    return figures
