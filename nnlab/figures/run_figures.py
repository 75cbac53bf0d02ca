"""The pictures of a run as matplotlib figures."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.core.rows import Row
from nnlab.figures.picture_kinds import picture_kinds
from nnlab.figures.run_pictures import draw
from nnlab.figures.run_view import run_view
from nnlab.language import Language
from nnlab.metric_columns import headline
from nnlab.metrics import LOSS
from nnlab.plots.notices import as_warning, noticed_by
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle, Style
from nnlab.plots.shown_figure import Figures, figures_kept
from nnlab.records.reader import RunRecord


def run_figures(
    record: RunRecord,
    kinds: Sequence[str] | None = None,
    style: Style = "light",
    language: Language = "en",
    data: Path | None = None,
) -> Figures:
    """Draw pictures of a run without writing them; by default the curves of the metric that it is reported by.

    ``data`` is its data, where that was moved. Warns where the data has changed since the training. Raises what
    :func:`nnlab.figures.run_pictures.draw` raises.
    """
    found = picture_kinds([reported_metric(record.final)] if kinds is None else kinds)
    with figures_kept() as figures, noticed_by(as_warning), drawn_as(PlotStyle("png", style, language)):
        # Into an existing folder, so that none is made.
        draw(run_view(record, as_warning, data=data), found, record.path)
    return figures


def reported_metric(row: Row | None) -> str:
    """The first metric of an evaluation; the loss, where it has no other."""
    return next(iter(headline(row or {})), LOSS)
