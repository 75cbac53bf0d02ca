"""How pictures look: colours that colour-blind readers can tell apart, fonts, sizes, and files that repeat exactly."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, TypeVar
from unicodedata import east_asian_width

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.errors import UsageError, one_line
from nnlab.plots.letters import INSTALL_JAPANESE, families, has_japanese_font, notice_missing
from nnlab.plots.look import Format, PlotStyle, Style
from nnlab.plots.words import JAPANESE
from nnlab.storage.disk import atomic_write

WIDTH, HEIGHT = 7.0, 4.5  # inches
DPI = 120
LONG_WORD = 30  # letters: any such word of a title fits into every picture

T = TypeVar("T")


@dataclass(frozen=True)
class Palette:
    """The colours of a style: those of curves and classes, of the paper, of text and of lines beside the drawing."""

    colours: tuple[str, ...]
    paper: str
    ink: str
    edge: str
    grid: str
    layers: str  # matplotlib's names for the colours of the layers in turn
    steepness: str  # and for those of slopes, from gentle to steep


# Okabe & Ito, "Color Universal Design" (2008): on white without yellow, which is too pale for lines there; on black
# without the darker blue, and with white for black.
STYLES: Mapping[Style, Palette] = {
    "light": Palette(
        ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
        paper="#FFFFFF",
        ink="#000000",
        edge="#555555",
        grid="#E4E4E4",
        layers="viridis",
        steepness="viridis_r",
    ),
    "dark": Palette(
        ("#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#F0E442", "#FFFFFF"),
        paper="#16181D",
        ink="#E6E6E6",
        edge="#9A9A9A",
        grid="#34373E",
        layers="viridis_r",
        steepness="viridis",
    ),
}
COLOUR_COUNT = 7
LINE_STYLES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1.2, 1.2)))
FAINT = "#9A9A9A"
# With at most this many points on a curve each one is marked.
MARKED_POINTS = 15

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
_NO_DATE: Mapping[Format, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

_LOOK: ContextVar[PlotStyle] = ContextVar("look", default=PlotStyle())  # noqa: B039 - a Look cannot change


@contextmanager
def drawn_as(look: PlotStyle) -> Iterator[None]:
    """Every picture drawn while this is open looks so.

    Raises UsageError when the language needs a font that is not installed.
    """
    if look.language == "ja" and not has_japanese_font():
        raise UsageError(f"no Japanese font was found; {INSTALL_JAPANESE}")
    token = _LOOK.set(look)
    try:
        yield
    finally:
        _LOOK.reset(token)


def shades() -> Palette:
    """The colours that pictures have now."""
    return STYLES[_LOOK.get().style]


def from_paper(colour: str) -> Colormap:
    """Colours that begin as the paper's and end as ``colour``."""
    return LinearSegmentedColormap.from_list("from paper", [shades().paper, colour])


def say(text: str, **values: object) -> str:
    """A text of :mod:`nnlab.plots.words` in the language of the pictures, with values in its places."""
    return (JAPANESE[text] if _LOOK.get().language == "ja" else text).format(**values)


def in_format(path: Path) -> Path:
    """The name that a picture's file has in the format of the pictures."""
    return path.with_suffix(f".{_LOOK.get().format}")


@contextmanager
def picture(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure and its axes for curves over the steps; the picture is written at the end, as by ``canvas``."""
    with canvas(path, title, (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        axes.set_xlabel(say("step"))
        axes.set_ylabel(ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        yield figure, axes


@contextmanager
def canvas(
    path: Path, title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """An empty figure of a size in inches; the picture is written to ``path`` (in its format's name) at the end.

    No date or version is stored in it.
    """
    with blank(title, size, layout) as figure:
        yield figure
        look, drawn = _LOOK.get(), BytesIO()
        figure.savefig(drawn, format=look.format, metadata=_NO_DATE[look.format])
    atomic_write(in_format(path), drawn.getvalue())


@contextmanager
def blank(
    title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """An empty figure that is written nowhere; the user's own matplotlib settings are left out and left alone.

    Letters that no font has are drawn as boxes, and noticed at the end.
    """
    fonts = families(title)
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from|Matplotlib currently does not support")
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, **_coloured(shades()), "font.family": fonts})
        figure = Figure(figsize=size, dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        # Matplotlib wraps a text with dollar signs as if it were a formula, even where it must not be drawn as one.
        wrap = "$" not in title
        heading = figure.suptitle(
            plain_text(title, 150), parse_math=False, fontsize=11, x=0.012, horizontalalignment="left", wrap=wrap
        )
        _fit(heading, 0.97 * figure.bbox.width)
        yield figure
        notice_missing(figure)


def _fit(title: Text, width: float) -> None:
    """Make the letters of a title smaller where a word (all of it, where it is not wrapped) is wider than ``width``."""
    text, wrapped = title.get_text(), title.get_wrap()
    long = [piece for piece in (text.split() if wrapped else [text]) if len(piece) > LONG_WORD]
    title.set_wrap(False)
    for piece in long:
        title.set_text(piece)
        while (wide := title.get_window_extent().width) > width:
            title.set_fontsize(min(width / wide, 0.97) * float(title.get_fontsize()))
    title.set_text(text)
    title.set_wrap(wrapped)


def _coloured(shades: Palette) -> dict[Any, Any]:
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    papered = ("figure.facecolor", "axes.facecolor", "savefig.facecolor")
    return {
        **dict.fromkeys(inked, shades.ink),
        **dict.fromkeys(papered, shades.paper),
        "axes.edgecolor": shades.edge,
        "grid.color": shades.grid,
    }


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, evenly spread, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[index] for index in np.linspace(0, len(items) - 1, most).round().astype(int).tolist()]


def write_nothing(axes: Axes) -> None:
    """Say in empty axes that there is nothing to draw."""
    axes.text(0.5, 0.5, say("nothing was recorded"), transform=axes.transAxes, ha="center", color=FAINT)


def plain_text(text: str, limit: int = 80) -> str:
    """Text of the user's for a title or legend: short (wide letters count twice), one line, no control characters.

    Dollar signs must be kept from starting a formula where it is drawn (``parse_math=False``).
    """
    wide = sum(east_asian_width(character) in "WF" for character in text[:limit])
    return one_line(text, max(limit - wide // 2, limit // 2))


def label_text(text: str, limit: int) -> str:
    """The same for a label, which matplotlib leaves out of legends when it begins with an underscore."""
    return plain_text(f"\N{NO-BREAK SPACE}{text}" if text.startswith("_") else text, limit)
