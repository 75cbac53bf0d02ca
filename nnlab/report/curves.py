"""Learning curves in a report."""

from collections.abc import Callable, Sequence

from nnlab.comparisons.comparison import Comparison
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import run_view
from nnlab.language import in_language
from nnlab.plots.comparison import plot_comparison
from nnlab.plots.curves import label_of
from nnlab.records.reader import RunRecord
from nnlab.report.document import Pictures
from nnlab.report.gallery import Gallery


def curve_pictures(
    runs: Sequence[RunRecord], compared: Callable[[], Comparison], subject: str, gallery: Gallery
) -> list[Pictures]:
    """The curves of several runs, as ``compared`` compares them, one picture for each metric; of a single run its own.

    ``subject`` ends the captions.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.metric_names))
    captions = {name: in_language(f"{label_of(name)} over the steps", f"{label_of(name)}の推移") for name in names}
    if len(runs) > 1:
        return gallery.draw(lambda folder: plot_comparison(compared(), folder), captions, subject)
    view = run_view(runs[0])
    return gallery.draw(lambda folder: draw_all(view, folder, gallery.note, names), captions, subject)
