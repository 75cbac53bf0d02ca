"""How pictures look: colours that colour-blind readers can tell apart, fonts, sizes, and files that repeat exactly."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from nnlab.errors import one_line

WIDTH, HEIGHT = 7.0, 4.5  # inches
DPI = 120

# Okabe & Ito, "Color Universal Design" (2008), without yellow, which is too pale for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINE_STYLES = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1.2, 1.2)))
FAINT = "#9A9A9A"
# With at most this many points on a curve each one is marked.
MARKED_POINTS = 15

_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.xmargin": 0.02,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "agg.path.chunksize": 20_000,
}

# Tried in this order for letters that the standard font lacks.
_FONTS_WITH_MORE_LETTERS = (
    "Noto Sans CJK JP",
    "IPAexGothic",
    "Hiragino Sans",
    "Yu Gothic",
    "MS Gothic",
    "Noto Sans",
    "Arial Unicode MS",
)


@contextmanager
def picture(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure and its axes for curves over the iterations; the picture is written to ``path`` at the end."""
    with canvas(path, title, (WIDTH, HEIGHT)) as figure:
        axes = figure.add_subplot()
        axes.set_xlabel("iteration")
        axes.set_ylabel(ylabel)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        yield figure, axes


@contextmanager
def canvas(
    path: Path, title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """An empty figure of a size in inches; the picture is written to ``path`` at the end."""
    with blank(title, size, layout) as figure:
        yield figure
        figure.savefig(path, metadata={"Software": None})


@contextmanager
def blank(
    title: str, size: tuple[float, float], layout: Literal["constrained"] | None = "constrained"
) -> Iterator[Figure]:
    """An empty figure of a size in inches.

    The user's own matplotlib settings are left out and left alone, and no date or version is stored.
    """
    installed = set(fontManager.get_font_names())
    fonts = [name for name in _FONTS_WITH_MORE_LETTERS if name in installed]
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # drawn as a box
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "font.family": ["DejaVu Sans", *fonts]})
        figure = Figure(figsize=size, dpi=DPI, layout=layout)
        FigureCanvasAgg(figure)
        figure.suptitle(plain_text(title), parse_math=False, fontsize=11, x=0.012, horizontalalignment="left")
        yield figure


def plain_text(text: str, limit: int = 80) -> str:
    """Text of the user's for a title or legend: short, on one line, without control characters.

    Dollar signs must be kept from starting a formula where it is drawn (``parse_math=False``).
    """
    return one_line(text, limit)
