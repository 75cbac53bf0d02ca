"""Figures that a notebook shows by themselves, and pictures that are kept as figures in place of being written."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A matplotlib figure that a notebook shows without pyplot, which does not know it and so shows it no second time.

    ``figure.savefig(path)`` writes it.
    """

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        self.savefig(drawn, format="png")
        return drawn.getvalue()


class Figures(list[ShownFigure]):
    """Figures that a notebook shows below each other."""

    def _repr_html_(self) -> str:
        pictures = (b64encode(figure._repr_png_()).decode() for figure in self)
        return "".join(f'<p><img alt="" src="data:image/png;base64,{picture}"></p>' for picture in pictures)


_kept: ContextVar[Figures | None] = ContextVar("kept_figures", default=None)


@contextmanager
def figures_kept() -> Iterator[Figures]:
    """Keep every picture of the body as a figure; none is written."""
    figures = Figures()
    token = _kept.set(figures)
    try:
        yield figures
    finally:
        _kept.reset(token)


def keep(figure: ShownFigure) -> bool:
    """Keep a figure that has been drawn, where figures are kept."""
    figures = _kept.get()
    if figures is None:
        return False
    figure.draw_without_rendering()  # with the style that still holds: ticks are made when they are first drawn
    figures.append(figure)
    return True
