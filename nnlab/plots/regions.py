"""Decision regions of a network in the plane, as a picture and as an animation over training."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset
from nnlab.errors import UsageError
from nnlab.language import tr
from nnlab.plots.animation import animation
from nnlab.plots.canvas import blank, canvas, evenly, plain_text
from nnlab.plots.palette import COLOUR_COUNT, palette
from nnlab.plots.points import MOST_POINTS, class_colour, draw_points, legend_of_classes

BOUNDARY_FILE = "boundary.png"
ANIMATION_FILE = "boundary.gif"

SIZE = (6.6, 4.5)  # inches
GRID = 300  # points of the grid along each side
MARGIN = 0.08  # around the training points, as a share of their span
TINTS = (0.4, 0.7)  # of a region: the share of its class's colour, the rest being background
HIGHEST = 1e100  # numbers beyond this cannot be drawn
MOST_FRAMES = 60
PAUSE = 15  # extra frames of the last one

# Inputs (N, 2) to predicted classes (N,), −1 where the scores are not numbers.
Predict = Callable[[Array], Array]
Extent = tuple[float, float, float, float]


def plot_boundary(name: str, dataset: Dataset, predict: Predict, folder: Path) -> None:
    """Write ``boundary.png`` into ``folder``: the decision regions, with the samples over them.

    Raises OSError when the picture cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    title = tr("{name}: decision regions", name=plain_text(name, 28))
    with canvas(folder / BOUNDARY_FILE, title, SIZE) as figure:
        _draw(figure, dataset, predict)


def animate_boundary(
    name: str, dataset: Dataset, frames: Sequence[tuple[int, Callable[[], Predict]]], folder: Path
) -> Path:
    """Write ``boundary.gif``: decision regions over training, from (step, function that loads its network).

    Of more than 60 snapshots, 60 evenly spaced ones are shown. Raises OSError when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ANIMATION_FILE
    last = frames[-1][0]
    shown = evenly(frames, MOST_FRAMES)
    with blank(_moment(name, shown[0][0], last), SIZE) as figure:
        image, extent = _draw(figure, dataset, shown[0][1]())
        (heading,) = figure.texts
        with animation(figure, path) as grab_frame:
            for place, (step, network) in enumerate(shown, start=1):
                image.set_data(_tinted(_predicted(network(), extent)))
                heading.set_text(_moment(name, step, last))
                grab_frame(1 if place < len(shown) else 1 + PAUSE)
    return path


def _moment(name: str, step: int, last: int) -> str:
    return tr("{name}: step {step} of {last}", name=plain_text(name, 36), step=f"{step:,}", last=f"{last:,}")


def _draw(figure: Figure, dataset: Dataset, predict: Predict) -> tuple[AxesImage, Extent]:
    extent = _extent(dataset)
    axes = figure.add_subplot()
    axes.grid(visible=False)
    axes.locator_params(nbins=6)
    draw_points(axes, dataset.train, "rimmed")
    if dataset.validation:
        draw_points(axes, dataset.validation, "validation")
    if dataset.test:
        draw_points(axes, dataset.test, "test")
    drawn = sum(min(len(split), MOST_POINTS) for split in dataset.splits.values())
    samples = sum(len(split) for split in dataset.splits.values())
    note = tr("{shown} of\n{samples} shown", shown=f"{drawn:,}", samples=f"{samples:,}") if drawn < samples else ""
    legend_of_classes(figure, dataset, [part for part in dataset.splits if part != "train"], note=note)
    _show(axes, extent)
    figure.draw_without_rendering()  # now the axes have their size
    box = axes.get_window_extent()
    extent = _with_equal_units(extent, box.width / box.height)
    colours = _tinted(_predicted(predict, extent))
    image = axes.imshow(colours, extent=extent, origin="lower", aspect="auto", interpolation="antialiased")
    _show(axes, extent)
    return image, extent


def _show(axes: Axes, extent: Extent) -> None:
    axes.set_xlim(*extent[:2])
    axes.set_ylim(*extent[2:])


def _with_equal_units(extent: Extent, shape: float) -> Extent:
    """The extent widened for equal units on axes of this width to height.

    Features whose spans differ by a factor of 4 or more keep units of their own.
    """
    left, right, bottom, top = extent
    width, height = right - left, top - bottom
    if not 1 / 4 < width / height < 4:
        return extent
    more_x, more_y = max(0.0, height * shape - width) / 2, max(0.0, width / shape - height) / 2
    return left - more_x, right + more_x, bottom - more_y, top + more_y


def _extent(dataset: Dataset) -> Extent:
    """The rectangle around all samples; a span of zero is widened to 1.

    Raises UsageError for coordinates too large to draw.
    """
    inputs = np.concatenate([split.inputs for split in dataset.splits.values()]).astype(np.float64)
    low, high = inputs.min(axis=0), inputs.max(axis=0)
    reach = float(np.abs(inputs).max())
    if not reach <= HIGHEST:
        raise UsageError(f"its features reach {reach:.3g}, and at most {HIGHEST:g} can be drawn; scale them")
    margin = np.where(high > low, MARGIN * (high - low), 0.5)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return left, right, bottom, top


def _predicted(predict: Predict, extent: Extent) -> Array:
    """The predicted class at the centre of each cell of the grid (GRID, GRID), from the lower left."""
    left, right, bottom, top = extent
    middles = (np.arange(GRID) + 0.5) / GRID
    x, y = np.meshgrid(left + middles * (right - left), bottom + middles * (top - bottom))
    return predict(np.column_stack((x.ravel(), y.ravel()))).reshape(GRID, GRID)


def _tinted(predicted: Array) -> Array:
    """Classes as pale colours (GRID, GRID, RGB) with lines between them; −1 is the background.

    Classes that share a colour differ in tint.
    """
    paper = np.array(to_rgb(palette().paper))
    tinted = np.empty((*predicted.shape, 3))
    for label in np.unique(predicted).tolist():
        colour = paper if label < 0 else np.array(to_rgb(class_colour(label)))
        tint = TINTS[max(label, 0) // COLOUR_COUNT % len(TINTS)]
        tinted[predicted == label] = tint * colour + (1 - tint) * paper
    border = np.zeros(predicted.shape, bool)
    border[:, 1:] |= predicted[:, 1:] != predicted[:, :-1]
    border[1:] |= predicted[1:] != predicted[:-1]
    tinted[border] = to_rgb(palette().edge)
    return tinted
