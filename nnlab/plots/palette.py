"""The palette of pictures, their style and their language, while they are drawn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from matplotlib.colors import Colormap, LinearSegmentedColormap

from nnlab.errors import UsageError
from nnlab.language import LANGUAGES, speaking
from nnlab.plots.fonts import check_language
from nnlab.plots.plot_style import Format, PlotStyle, Style
from nnlab.text import quote


@dataclass(frozen=True)
class Palette:
    """The colours of a style: curves and classes, background, text, axes, grid, and two of matplotlib's colormaps."""

    colours: tuple[str, ...]
    paper: str
    ink: str
    edge: str
    grid: str
    layers: str  # colormap over the layers
    steepness: str  # colormap over gradient norms


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

_plot_style: ContextVar[PlotStyle] = ContextVar("plot_style", default=PlotStyle())  # noqa: B039 - frozen


@contextmanager
def drawn_as(plot_style: PlotStyle) -> Iterator[None]:
    """Draw every picture of the body in this style.

    Raises UsageError for an unknown style or language, and when the language needs a font that is not installed.
    """
    for word, known in ((plot_style.style, STYLES), (plot_style.language, LANGUAGES)):
        if word not in known:
            raise UsageError(f"pictures: must be one of {', '.join(known)}, got {quote(word)}")
    with speaking(plot_style.language):
        check_language()
        token = _plot_style.set(plot_style)
        try:
            yield
        finally:
            _plot_style.reset(token)


def palette() -> Palette:
    """The palette of the current style."""
    return STYLES[_plot_style.get().style]


def from_paper(colour: str) -> Colormap:
    """A colormap from the background to ``colour``."""
    return LinearSegmentedColormap.from_list("from paper", [palette().paper, colour])


def plot_format() -> Format:
    """The current format."""
    return _plot_style.get().format


def plot_dpi() -> int:
    """The current number of pixels per inch; pictures are laid out alike whatever it is."""
    return _plot_style.get().dpi


def in_format(path: Path) -> Path:
    """The path of a picture with the ending of the current format."""
    return path.with_suffix(f".{plot_format()}")
