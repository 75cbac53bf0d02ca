"""The animation of a descent."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

from nnlab.functions.base import Function
from nnlab.language import tr
from nnlab.plots.animation import DPI, FRAMES_A_SECOND, animation
from nnlab.plots.canvas import blank
from nnlab.plots.plane import (
    Drawing,
    View,
    draw_contours,
    head_style,
    inside,
    legend_below,
    line_style,
    mark_start,
    plane,
    plane_size,
    size_with_legend,
)

FRAMES = 60


def animate_race(function: Function, drawings: Sequence[Drawing], title: str, view: View, path: Path) -> None:
    """Write a GIF of all paths, step by step; a long descent in about 60 frames."""
    last = max(len(drawing.positions) for drawing in drawings) - 1
    stride = max(1, ceil(last / FRAMES))
    steps = [*range(0, last, stride), last]
    with blank(title, size_with_legend(plane_size(view), drawings)) as figure:
        figure.set_dpi(DPI)
        axes = plane(figure, view)
        draw_contours(axes, function, view, shaded=False)  # a GIF has 256 colours, which the paths need
        mark_start(axes, drawings)
        ways = [inside(drawing.positions, view) for drawing in drawings]
        trails = [
            axes.plot([], [], linewidth=1.2, label=drawing.title, **line_style(index))[0]
            for index, drawing in enumerate(drawings)
        ]
        heads = [axes.plot([], [], **head_style(index))[0] for index in range(len(drawings))]
        clock = axes.text(0.99, 0.02, "", transform=axes.transAxes, ha="right", fontsize=9)
        legend_below(figure, axes, drawings)
        with animation(figure, path) as grab_frame:
            for step in steps:
                clock.set_text(tr("step {step} of {last}", step=f"{step:,}", last=f"{last:,}"))
                for way, trail, head in zip(ways, trails, heads, strict=True):
                    trail.set_data(*way[: step + 1].T)
                    head.set_data(*way[min(step, len(way) - 1)][:, None])
                grab_frame(1 if step < last else 1 + FRAMES_A_SECOND)  # the last frame stays for a second
