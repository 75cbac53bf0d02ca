"""Curves over the steps as a small SVG picture, drawn without matplotlib."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import NamedTuple

from nnlab.html import escaped

WIDTH, HEIGHT = 330, 180  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 22, 26
MOST_POINTS = 300
HIGHEST = 1e100
# Readable on white and on black.
COLOURS = {"objective": "#8A8A8A", "train": "#2A85C7", "test": "#D55E00", "validation": "#12A17B"}


class Series(NamedTuple):
    """A named curve: points of step and value."""

    name: str
    points: Sequence[tuple[float, float]]


def curves_svg(panels: Mapping[str, Sequence[Series]], last_step: int) -> str:
    """Panels side by side, each with the curves of its title; values that are infinite or very large are left out."""
    width = len(panels) * WIDTH
    drawn = "".join(
        f'<g transform="translate({index * WIDTH} 0)">{_panel(title, series, last_step)}</g>'
        for index, (title, series) in enumerate(panels.items())
    )
    style = f"max-width: {width}px; width: 100%; font: 11px sans-serif"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img" style="{style}" '
        f'fill="currentColor">{drawn}</svg>'
    )


def _panel(title: str, series: Sequence[Series], last_step: int) -> str:
    curves = [Series(name, _thinned(points)) for name, points in series]
    curves = [curve for curve in curves if curve.points]
    values = [value for curve in curves for _, value in curve.points]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    logarithmic = low > 0 and high > 100 * low
    labels = [f'<text x="{LEFT}" y="14">{escaped(title)}{" (log scale)" * logarithmic}</text>']
    if len(series) > 1:
        labels.append(f'<text x="{WIDTH - RIGHT}" y="14" text-anchor="end">{_legend(curves)}</text>')
    axes = _axes(low, high, last_step)
    lines = [_line(curve, low, high, last_step, logarithmic=logarithmic) for curve in curves]
    return "".join([*labels, axes, *lines])


def _legend(curves: Sequence[Series]) -> str:
    return "  ".join(f'<tspan fill="{_colour(name)}">● {escaped(name)}</tspan>' for name, _ in curves)


def _colour(name: str) -> str:
    return COLOURS.get(name, COLOURS["objective"])


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about MOST_POINTS of the points that can be drawn, the last one among them."""
    usable = [point for point in points if abs(point[1]) < HIGHEST]
    every = -(-len(usable) // MOST_POINTS) or 1
    return usable[-1::-every][::-1]


def _axes(low: float, high: float, last_step: int) -> str:
    """A frame with the lowest and highest value, and the first and last step."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    return (
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
        f'<text x="{LEFT - 5}" y="{TOP + 8}" text-anchor="end">{high:.4g}</text>'
        f'<text x="{LEFT - 5}" y="{bottom}" text-anchor="end">{low:.4g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 10}">0</text>'
        f'<text x="{(LEFT + right) // 2}" y="{HEIGHT - 10}" text-anchor="middle">step</text>'
        f'<text x="{right}" y="{HEIGHT - 10}" text-anchor="end">{last_step:,}</text>'
    )


def _line(curve: Series, low: float, high: float, last_step: int, *, logarithmic: bool) -> str:
    def place(point: tuple[float, float]) -> str:
        step, value = point
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / max(last_step, 1)
        span = log10(high / low) if logarithmic else high - low
        share = (log10(value / low) if logarithmic else value - low) / span if span else 0.5
        return f"{x:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share:.1f}"

    colour = _colour(curve.name)
    if len(curve.points) == 1:
        x, y = place(curve.points[0]).split(",")
        return f'<circle cx="{x}" cy="{y}" r="2.5" fill="{colour}"/>'
    points = " ".join(map(place, curve.points))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
