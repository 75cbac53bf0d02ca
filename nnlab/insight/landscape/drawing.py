"""From a loss landscape to its picture, its table and its plain values."""

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlab.insight.landscape.surface import Line
from nnlab.insight.landscape.wording import LEAST_GAIN
from nnlab.language import tr
from nnlab.plots.canvas import plain_text
from nnlab.plots.landscapes import Mark, PlaneDrawing, plot_loss_line, plot_loss_plane
from nnlab.records.formats import csv_line

if TYPE_CHECKING:
    from nnlab.insight.landscape.loss_landscape import LossLandscape


def draw(landscape: "LossLandscape", path: Path = Path("landscape.png")) -> None:
    """Draw a landscape in the current language; raises OSError where it cannot be written."""
    surface, name = landscape.surface, plain_text(landscape.record.name, 60)
    split = tr(landscape.split)
    samples = f"{landscape.samples:,}"
    if isinstance(surface, Line):
        title = tr(
            "{name}: loss from the initial to the trained weights ({samples} {split} samples)",
            name=name,
            samples=samples,
            split=split,
        )
        plot_loss_line(path, title, surface.alpha, surface.loss, (landscape.start, landscape.end))
        return
    if landscape.axes is None or landscape.trajectory is None:
        title = tr(
            "{name}: loss along two random directions, filter-normalised ({samples} {split} samples)",
            name=name,
            samples=samples,
            split=split,
        )
        first, second = (tr("direction {number}, in norms of the filters", number=number) for number in (1, 2))
        marks = [Mark("end", tr("trained weights: {loss}", loss=f"{landscape.end:.3g}"), 0.0, 0.0)]
        lowest = surface.lowest
        if lowest[:2] != (0.0, 0.0) and lowest[2] < (1 - LEAST_GAIN) * landscape.end:
            marks.append(Mark("best", tr("lowest: {loss}", loss=f"{lowest[2]:.3g}"), *lowest[:2]))
        drawn = PlaneDrawing(surface.x, surface.y, surface.loss, first, second, marks, slices=True)
    else:
        title = tr(
            "{name}: path of training in the plane of its principal components ({samples} {split} samples)",
            name=name,
            samples=samples,
            split=split,
        )
        path_drawn, trajectory = landscape.axes.project(landscape.trajectory.points), landscape.trajectory
        first, second = (
            tr("component {number}: {share} of the variance", number=number, share=f"{share:.1%}")
            for number, share in enumerate(landscape.axes.explained, start=1)
        )
        indices = {"start": 0, "best": trajectory.best, "end": len(path_drawn) - 1}
        words = {
            "start": tr("start: {loss}", loss=f"{trajectory.losses[0]:.3g}"),
            "best": tr(
                "lowest: {loss}, step {step}",
                loss=f"{trajectory.losses[trajectory.best]:.3g}",
                step=f"{trajectory.steps[trajectory.best]:,}",
            ),
            "end": tr("end: {loss}, step {step}", loss=f"{landscape.end:.3g}", step=f"{trajectory.steps[-1]:,}"),
        }
        if trajectory.best in (0, len(path_drawn) - 1):
            del indices["best"]  # the mark of the start or the end would hide it
        marks = [Mark(kind, words[kind], *map(float, path_drawn[index])) for kind, index in indices.items()]
        drawn = PlaneDrawing(surface.x, surface.y, surface.loss, first, second, marks, path_drawn)
    plot_loss_plane(path, title, drawn)


def to_csv(landscape: "LossLandscape") -> str:
    """The losses as CSV: columns alpha and loss, or x, y and loss; an empty cell where it is not finite."""
    surface = landscape.surface
    if isinstance(surface, Line):
        head, columns = "alpha,loss\n", [surface.alpha, surface.loss]
    else:
        head, columns = "x,y,loss\n", [*map(np.ravel, np.meshgrid(surface.x, surface.y)), surface.loss.ravel()]
    rows = np.column_stack(columns).tolist()
    return head + "".join(csv_line([value if isfinite(value) else None for value in row]) for row in rows)


def as_json(landscape: "LossLandscape") -> dict[str, object]:
    """Everything as plain values; null for a loss that is not finite."""
    surface, trajectory, axes = landscape.surface, landscape.trajectory, landscape.axes
    document: dict[str, object] = {
        "run": str(landscape.record.path),
        "name": landscape.record.name,
        "directions": landscape.directions,
        "split": landscape.split,
        "samples": landscape.samples,
        "seed": landscape.seed,
        "initial_loss": _plain(landscape.start),
        "trained_loss": _plain(landscape.end),
        "sentences": landscape.sentences,
    }
    if isinstance(surface, Line):
        rise, place = surface.climb
        document |= {"alpha": surface.alpha.tolist(), "loss": [_plain(value) for value in surface.loss.tolist()]}
        document |= {"barrier": {"rise": rise, "alpha": place}}
    else:
        losses = [[_plain(value) for value in row] for row in surface.loss.tolist()]
        document |= {"x": surface.x.tolist(), "y": surface.y.tolist(), "loss": losses}
    if trajectory is not None and axes is not None:
        places = axes.project(trajectory.points).tolist()
        steps, found = trajectory.steps.tolist(), trajectory.losses.tolist()
        document["explained_variance"] = list(axes.explained)
        document["path"] = [
            {"step": step, "x": x, "y": y, "loss": _plain(loss)}
            for step, (x, y), loss in zip(steps, places, found, strict=True)
        ]
    return document


def _plain(value: float) -> float | None:
    return float(value) if isfinite(value) else None
