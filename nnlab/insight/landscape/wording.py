"""What a loss landscape shows, in words, in the current language."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnlab.core.arrays import Array
from nnlab.insight.landscape.directions import random_walk_shares
from nnlab.insight.landscape.surface import Line, Plane, curvature
from nnlab.insight.spec_commands import retry
from nnlab.language import in_language, tr
from nnlab.text import one_line

if TYPE_CHECKING:
    from nnlab.insight.landscape.loss_landscape import LossLandscape

# The distance at which the sharpness is measured, in norms of the filters.
NEAR = 0.25
# A rise along the line that is smaller than this fraction of the initial loss is none.
LEAST_CLIMB = 0.005
# The lowest point of a plane counts where its loss is lower than that of the trained weights by this fraction.
LEAST_GAIN = 0.01


def snapshots_hint(path: Path) -> str:
    """The message for a run without snapshots: the command that records them."""
    return tr(
        "{run}: has no snapshots, which the path of training needs; this training records them: {command}",
        run=one_line(str(path), 200),
        command=retry(path, "train.snapshots=30"),
    )


def sentences_of(landscape: "LossLandscape") -> list[str]:
    """The losses at start and end, then what the kind of landscape shows, then what it cannot show."""
    split = tr(landscape.split)
    whole = landscape.samples == landscape.whole
    said = [
        tr(
            "loss on {samples} {split} samples: {start} with the initial weights, {end} with the trained ones",
            samples=in_language("all ", "全 ") * whole + f"{landscape.samples:,}",
            split=split,
            start=number(landscape.start),
            end=number(landscape.end),
        )
    ]
    surface = landscape.surface
    if isinstance(surface, Line):
        said += sentences_of_line(surface, landscape.start)
    elif landscape.directions == "random":
        said += _of_random(surface, landscape)
    else:
        said += _of_path(landscape)
    if landscape.keeps_statistics:
        said.append(
            tr("batch statistics: those that change from start to end along the line")
            if isinstance(surface, Line)
            else tr("batch statistics: the running ones of the trained network at every point")
        )
    return said


def sentences_of_line(line: Line, initial: float) -> list[str]:
    """The barrier, the lowest loss, and what a line cannot show."""
    rise, place = line.climb
    lowest = int(np.nanargmin(line.loss))
    where = f"{line.alpha[lowest]:.2g}"
    if np.ptp(line.loss) == 0:
        climb = tr("the loss is the same all along the line: the saved weights are the initial ones, or act as they do")
    elif not rise > LEAST_CLIMB * abs(initial) and line.at(1) >= line.at(0):
        climb = tr("no barrier, but no fall either: the loss ends where it started")
    elif not rise > LEAST_CLIMB * abs(initial):
        climb = tr("no barrier: the loss falls all the way from the initial weights to the trained ones")
    elif place == 1:
        climb = tr("no barrier, but a rise by {rise} that ends at the trained weights", rise=number(rise))
    else:
        climb = tr(
            "a barrier: the loss rises by {rise} ({share} of the initial loss) on the way from start to end, up to "
            "α = {place}",
            rise=number(rise),
            share=f"{rise / abs(initial):.1%}" if initial else number(rise),
            place=f"{place:.2g}",
        )
    least = tr(
        "lowest loss on the line: {loss} at α = {place} (α is 0 at the initial weights, 1 at the trained ones)",
        loss=number(float(line.loss[lowest])),
        place=where,
    )
    return [
        climb,
        *([] if np.ptp(line.loss) == 0 else [least]),
        tr(
            "training did not follow this straight line: it does not show which losses the optimizer passed, nor "
            "other solutions"
        ),
    ]


def _of_random(plane: Plane, landscape: "LossLandscape") -> list[str]:
    middle = len(plane.x) // 2
    away = max(round(NEAR / float(plane.x[middle + 1] - plane.x[middle])), 1)
    away = min(away, middle)
    along = plane.slices
    moved = [float(losses[middle + sign * away]) for losses in along for sign in (-1, 1)]
    bends = [curvature(plane.x, losses) for losses in along]
    x, y, loss = plane.lowest
    said = [
        tr(
            "sharpness: changing the weights of every unit by {share} of their norm (length) changes the loss from "
            "{end} to {moved} (mean of 4 places)",
            share=f"{plane.x[middle + away]:.0%}",
            end=number(landscape.end),
            moved=number(float(np.mean(moved))),
        ),
        tr(
            "curvature (second derivative d²L/dx²) at the trained weights: {first} and {second} along the two "
            "directions; 0 is flat",
            first=number(bends[0]),
            second=number(bends[1]),
        ),
    ]
    if (x, y) != (0, 0) and loss < (1 - LEAST_GAIN) * landscape.end:
        said.append(tr("lowest loss on the grid: {loss} at ({x}, {y})", loss=number(loss), x=f"{x:.2g}", y=f"{y:.2g}"))
    said.append(
        tr(
            "only two random directions of {parameters}: most directions are flat, and these two do not show the few "
            "steep ones",
            parameters=f"{landscape.parameters:,}",
        )
    )
    return said


def _of_path(landscape: "LossLandscape") -> list[str]:
    trajectory, axes = landscape.trajectory, landscape.axes
    if trajectory is None or axes is None:
        return []
    first, second = axes.explained
    off = axes.off_plane(trajectory.points) / np.linalg.norm(trajectory.points[-1] - trajectory.points[0])
    best, walk = trajectory.best, random_walk_shares(len(trajectory.steps))
    start = axes.project(trajectory.points[:1])[0]
    on_plane = _nearest(landscape.surface, start) if isinstance(landscape.surface, Plane) else np.nan
    return [
        tr(
            "the two axes, along which the weights moved most, show {first} and {second} of the movement (variance) "
            "of {snapshots} snapshots; steps in random directions would give {walk} and {next}",
            first=f"{first:.0%}",
            second=f"{second:.0%}",
            snapshots=len(trajectory.steps),
            walk=f"{walk[0]:.0%}",
            next=f"{walk[1]:.0%}",
        ),
        tr(
            "lowest loss of a snapshot: {loss} after step {step}",
            loss=number(float(trajectory.losses[best])),
            step=f"{trajectory.steps[best]:,}",
        ),
        tr(
            "the path is up to {off} of the distance from start to end away from this plane: at its start the plane "
            "has a loss of {plane}, the weights themselves {start}",
            off=f"{off.max():.0%}",
            plane=number(on_plane),
            start=number(float(trajectory.losses[0])),
        ),
    ]


def _nearest(plane: Plane, place: Array) -> float:
    row, column = np.abs(plane.y - place[1]).argmin(), np.abs(plane.x - place[0]).argmin()
    return float(plane.loss[row, column])


def number(value: float) -> str:
    """A loss or a curvature in three digits."""
    return f"{value:.3g}"
