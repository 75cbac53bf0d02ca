"""What a picture of curves shows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

Drawn = dict[str, tuple[Figure, Axes]]


def legend(figure: Figure, axes: Axes) -> list[str]:
    box = figure.legends[0] if figure.legends else axes.get_legend()
    return [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in box.get_texts()] if box else []


def line(axes: Axes, label: str) -> list[tuple[float, float]]:
    found = next(line for line in axes.lines if str(line.get_label()).startswith(label))
    return [tuple(point) for point in np.asarray(found.get_xydata()).tolist()]


def hidden_below(below: Line2D, above: Line2D) -> bool:
    """Whether nothing would be seen of a line where another one, drawn over it, coincides with it."""
    assert below.get_zorder() <= above.get_zorder()
    return below.get_linewidth() < above.get_linewidth() + 1 and not above.is_dashed()
