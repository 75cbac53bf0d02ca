"""A chart of characters: a title with its legend, curves, and axes with their ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.text import Text

from nnlab.core.arrays import Array
from nnlab.insight.watch.braille import DotCanvas
from nnlab.insight.watch.layout import fitted

MOST_LABEL = 9
# How a legend shows lines without a gap, with a short and with a long dash.
STROKES, PLAIN_STROKES = ("──", "┈┈", "╌╌"), ("--", "..", "- ")
LOG_RATIO = 100


@dataclass(frozen=True)
class Series:
    """A curve of a chart: its points, in the order of the steps, its colour and, behind it, ``dots`` of single values.

    A ``gap`` breaks its line, which tells it apart without colour; ``newest`` is its newest value in words.
    """

    label: str
    steps: Array
    values: Array
    colour: str = ""
    newest: str = ""
    gap: int = 0
    dots: tuple[Array, Array] | None = None


@dataclass(frozen=True)
class Chart:
    """What a chart shows.

    ``log`` asks for a logarithmic axis, which needs positive values; None: where they differ by a factor above 100.
    """

    title: str
    series: Sequence[Series]
    last_step: int
    log: bool | None = False
    number: Callable[[float], str] = field(default=lambda value: f"{value:.3g}")
    log_words: str = "log"


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    log: bool

    def share(self, values: Array) -> Array:
        """Where values are, from 0 at the bottom to 1 at the top."""
        if self.high <= self.low:
            return np.full(len(values), 0.5)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (
                np.log(values / self.low) / np.log(self.high / self.low)
                if self.log
                else (values - self.low) / (self.high - self.low)
            )
        return np.nan_to_num(found, nan=-1.0, posinf=2.0, neginf=-1.0)

    @property
    def middle(self) -> float:
        """The value half-way up."""
        return float(np.sqrt(self.low * self.high)) if self.log else self.low / 2 + self.high / 2


def is_log(chart: Chart) -> bool:
    """Whether the chart has a logarithmic axis."""
    return _axis(chart).log


def draw(chart: Chart, width: int, height: int, *, plain: bool = False, faint: bool = True) -> list[Text]:
    """A chart as ``height`` lines of ``width`` characters; ``plain``: in ASCII, ``faint``: with single values.

    ``height`` is at least 4, of which the title and the labels of the steps take one line each.
    """
    axis = _axis(chart)
    ends = [chart.number(value) for value in (axis.high, axis.middle, axis.low)]
    margin = min(max(map(len, ends)), MOST_LABEL)
    rows = height - 2
    canvas = DotCanvas(max(width - margin - 1, 1), rows, plain=plain)
    scale = (canvas.width - 1) / max(chart.last_step, 1)
    for series in chart.series:
        if faint and series.dots is not None:
            canvas.points(series.dots[0] * scale, axis.share(series.dots[1]), len(chart.series))
    for index, series in enumerate(chart.series):
        canvas.line(series.steps * scale, axis.share(series.values), index, gap=series.gap)
    styles = [*(series.colour for series in chart.series), "bright_black", ""]
    bar, corner, across = ("|", "+", "-") if plain else ("│", "└", "─")
    labels = {0: ends[0], rows - 1: ends[2]} | ({rows // 2: ends[1]} if rows >= 7 else {})
    lines = [fitted(_title(chart, axis, width, plain=plain), width)]
    for row, runs in enumerate(canvas.text()):
        line = Text().append(f"{labels.get(row, '')[:margin]:>{margin}}{bar}", "bright_black")
        for letters, style in runs:
            line.append(letters, styles[style])
        lines.append(fitted(line, width))
    first, last = "0", f"{chart.last_step:,}"
    foot = f"{'':{margin}}{corner}{first} "
    lines.append(fitted(Text(f"{foot}{across * (width - len(foot) - len(last) - 1)} {last}", "bright_black"), width))
    return lines


def _axis(chart: Chart) -> _Axis:
    values = np.concatenate([series.values for series in chart.series] or [np.zeros(0)])
    if not len(values):
        return _Axis(0.0, 1.0, log=False)
    low, high = float(values.min()), float(values.max())
    log = low > 0 and (high > LOG_RATIO * low if chart.log is None else chart.log)
    if high == low:
        spread = abs(high) / 10 or 1.0
        return _Axis(low - spread, high + spread, log=False)
    return _Axis(low, high, log)


def _title(chart: Chart, axis: _Axis, width: int, *, plain: bool) -> Text:
    """The title with a legend: with the newest values where these fit, else with names, else alone."""
    title = Text().append(chart.title, "bold")
    if axis.log:
        title.append(f" ({chart.log_words})", "bright_black")
    named = [series for series in chart.series if series.label]
    for texts in (
        [f"{stroke(series.gap, plain=plain)} {series.label} {series.newest}" for series in named],
        [f"{stroke(series.gap, plain=plain)} {series.label}" for series in named],
        [series.label for series in named],
    ):
        full = title.copy()
        for series, text in zip(named, texts, strict=True):
            full.append("  ").append(text, series.colour)
        if full.cell_len <= width:
            return full
    return title


def stroke(gap: int, *, plain: bool) -> str:
    """How a legend shows the line of a curve."""
    strokes = PLAIN_STROKES if plain else STROKES
    return strokes[min(gap, len(strokes) - 1)]
