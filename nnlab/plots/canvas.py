"""Empty figures with titles and fonts, and how they are written: the same bytes each time."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, TypeVar
from unicodedata import east_asian_width

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from PIL import Image

from nnlab.language import tr
from nnlab.plots.fonts import families, notice_missing
from nnlab.plots.palette import FAINT, Palette, in_format, palette, plot_dpi, plot_format
from nnlab.plots.plot_style import Format
from nnlab.plots.shown_figure import ShownFigure, keep
from nnlab.storage.disk import atomic_write
from nnlab.text import one_line

WIDTH, HEIGHT = 7.0, 4.5  # inches
DPI = 120
PNG_LEVEL = 5  # of compression: files larger by a twentieth than at 6, in two thirds of its time
LONG_WORD = 30  # letters: any such word of a title fits into every picture

# With at most this many points on a curve each one is marked.
MARKED_POINTS = 15

T = TypeVar("T")

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.xmargin": 0.02,
    "axes.axisbelow": True,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "agg.path.chunksize": 20_000,
    "svg.hashsalt": "nnlab",
}
_NO_DATE: Mapping[Literal["svg", "pdf"], dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def picture(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure and its axes for curves over the steps; the picture is written at the end, as by ``canvas``."""
    with canvas(path, title, (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        axes.set_xlabel(tr("step"))
        axes.set_ylabel(ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        yield figure, axes


@contextmanager
def canvas(
    path: Path, title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """An empty figure of a size in inches; the picture is written to ``path`` (with its format's ending) at the end.

    No date or version is stored in it. Where figures are kept (:func:`nnlab.plots.shown_figure.figures_kept`) nothing
    is written.
    """
    with blank(title, size, layout) as figure:
        yield figure
        if keep(figure):
            return
        contents = _written(figure, plot_format())
    atomic_write(in_format(path), contents)


def _written(figure: Figure, kind: Format) -> bytes:
    """The contents of a figure's file. ``savefig`` draws twice, for the layout and again; a PNG is drawn once here."""
    contents = BytesIO()
    if kind != "png":
        figure.savefig(contents, format=kind, dpi=plot_dpi(), metadata=_NO_DATE[kind])
        return contents.getvalue()
    figure.set_dpi(plot_dpi())
    drawn: Any = FigureCanvasAgg(figure)  # its methods have no types
    drawn.draw()
    image = Image.fromarray(np.asarray(drawn.buffer_rgba())).convert("RGB")  # the background is opaque
    image.save(contents, "png", dpi=(plot_dpi(), plot_dpi()), compress_level=PNG_LEVEL)
    return contents.getvalue()


@contextmanager
def blank(
    title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[ShownFigure]:
    """An empty figure that is not written; the user's matplotlib settings are neither used nor changed.

    Characters that no font has are drawn as boxes and reported at the end.
    """
    fonts = families(title)
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from|Matplotlib currently does not support")
        settings = {**_defaults(), **_STYLE, **_coloured(palette()), "font.family": fonts}
        mpl.rcParams.update({key: value for key, value in settings.items() if mpl.rcParams[key] != value})
        figure = ShownFigure(figsize=size, dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        # Matplotlib wraps a text with dollar signs as if it were a formula, even where it must not be drawn as one.
        wrap = "$" not in title
        heading = figure.suptitle(
            plain_text(title, 150), parse_math=False, fontsize=11, x=0.012, horizontalalignment="left", wrap=wrap
        )
        _fit(heading, 0.97 * figure.bbox.width)
        yield figure
        notice_missing(figure)


@cache
def _defaults() -> dict[Any, Any]:
    """Matplotlib's own settings; ``rcdefaults`` reads its folder of styles first, which takes 15 ms."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpl.MatplotlibDeprecationWarning)
        return {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}


def _fit(title: Text, width: float) -> None:
    """Shrink a title where a word (all of it, where it is not wrapped) is wider than ``width``."""
    text, wrapped = title.get_text(), title.get_wrap()
    long = [piece for piece in (text.split() if wrapped else [text]) if len(piece) > LONG_WORD]
    title.set_wrap(False)
    for piece in long:
        title.set_text(piece)
        while (wide := title.get_window_extent().width) > width:
            title.set_fontsize(min(width / wide, 0.97) * float(title.get_fontsize()))
    title.set_text(text)
    title.set_wrap(wrapped)


def _coloured(colours: Palette) -> dict[Any, Any]:
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    papered = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
    return {
        **dict.fromkeys(inked, colours.ink),
        **dict.fromkeys(papered, colours.paper),
        "axes.edgecolor": colours.edge,
        "grid.color": colours.grid,
    }


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of the items, evenly spaced, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int).tolist()]


def write_nothing(axes: Axes) -> None:
    """Write into empty axes that nothing was recorded."""
    axes.text(0.5, 0.5, tr("no data recorded"), transform=axes.transAxes, ha="center", color=FAINT)


def plain_text(text: str, limit: int = 80) -> str:
    """A user's text for a title or legend: one short line (wide characters count twice), no control characters.

    Draw it with ``parse_math=False``: a dollar sign must not start a formula.
    """
    wide = sum(east_asian_width(character) in "WF" for character in text[:limit])
    return one_line(text, max(limit - wide // 2, limit // 2))


def label_text(text: str, limit: int) -> str:
    """Plain text for a legend, where matplotlib leaves out labels that begin with an underscore."""
    return plain_text(f"\N{NO-BREAK SPACE}{text}" if text.startswith("_") else text, limit)
