"""What a network of one or two inputs predicts everywhere: a curve or a surface, with the samples on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from nnlab.core.arrays import Array
from nnlab.data.dataset import Dataset, Split
from nnlab.errors import UsageError
from nnlab.language import tr
from nnlab.plots.animation import animation
from nnlab.plots.canvas import HEIGHT, WIDTH, blank, canvas, evenly, plain_text
from nnlab.plots.palette import palette
from nnlab.plots.points import MOST_POINTS

FIT_FILE = "fit.png"
FIT_ANIMATION_FILE = "fit.gif"

MOST_TARGETS = 3
CURVE_POINTS = 500
GRID = 120  # points of the surface along each side
LEVELS = 14
MARGIN = 0.05  # around the samples, as a share of their span
HIGHEST = 1e100
MOST_FRAMES = 60
PAUSE = 15
MARKERS = {"train": "o", "validation": "P", "test": "X"}

# Network inputs (N, D) to predictions (N, K) in the user's units.
PredictNumbers = Callable[[Array], Array]


def plot_fit(name: str, dataset: Dataset, predict: PredictNumbers, folder: Path) -> None:
    """Write ``fit.png`` into ``folder``: the predicted curve or surface of each target, with the samples.

    All axes are in the user's units. Of more than three targets the first three are drawn. Raises OSError when the
    picture cannot be written, and UsageError for samples that are too large to draw.
    """
    folder.mkdir(parents=True, exist_ok=True)
    view = _View.of(dataset)
    with canvas(folder / FIT_FILE, tr("{name}: fit", name=plain_text(name, 40)), view.size) as figure:
        view.draw(figure)(predict)


def plot_number_samples(path: Path, title: str, dataset: Dataset) -> None:
    """Draw the samples of one or two features with their targets, without a network.

    Raises as :func:`plot_fit` does.
    """
    view = _View.of(dataset)
    with canvas(path, title, view.size) as figure:
        view.draw(figure, samples_only=True)


def animate_fit(
    name: str, dataset: Dataset, frames: Sequence[tuple[int, Callable[[], PredictNumbers]]], folder: Path
) -> Path:
    """Write ``fit.gif``: the fit over training, from (step, function that loads its network).

    Of more than 60 snapshots, 60 evenly spaced ones are shown. Raises OSError when it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FIT_ANIMATION_FILE
    last, shown, view = frames[-1][0], evenly(frames, MOST_FRAMES), _View.of(dataset)

    def moment(step: int) -> str:
        return tr("{name}: step {step} of {last}", name=plain_text(name, 36), step=f"{step:,}", last=f"{last:,}")

    with blank(moment(shown[0][0]), view.size) as figure:
        update = view.draw(figure)
        update(shown[0][1]())
        (heading,) = figure.texts
        with animation(figure, path) as grab_frame:
            for place, (step, network) in enumerate(shown, start=1):
                update(network())
                heading.set_text(moment(step))
                grab_frame(1 if place < len(shown) else 1 + PAUSE)
    return path


@dataclass(frozen=True, eq=False)
class _View:
    """The samples of a dataset in the user's units, and the rectangle around them."""

    dataset: Dataset
    low: Array
    high: Array
    names: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset) -> "_View":
        inputs = np.concatenate([_raw(dataset, split) for split in dataset.splits.values()])
        if not np.abs(inputs).max() <= HIGHEST:
            raise UsageError(f"its features reach {np.abs(inputs).max():.3g}, and at most {HIGHEST:g} can be drawn")
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        margin = np.where(high > low, MARGIN * (high - low), 0.5)
        names = dataset.inputs.feature_names or tuple(
            tr("feature {number}", number=number) for number in range(1, inputs.shape[1] + 1)
        )
        targets = () if dataset.numbers is None else dataset.numbers.names[:MOST_TARGETS]
        return cls(dataset, low - margin, high + margin, names, targets)

    @property
    def surface(self) -> bool:
        return len(self.low) == 2

    @property
    def size(self) -> tuple[float, float]:
        panels = len(self.targets)
        return WIDTH, HEIGHT if panels == 1 else (3.4 if self.surface else 2.9) * panels + 0.4

    def draw(self, figure: Figure, *, samples_only: bool = False) -> Callable[[PredictNumbers], None]:
        """Draw the samples; gives what draws the predictions of a network, in place of those before."""
        panels: Any = figure.subplots(len(self.targets), 1, squeeze=False)[:, 0]
        one = self._surface if self.surface else self._curve
        updates = [one(figure, axes, index) for index, axes in enumerate(panels)]
        if samples_only and not self.surface:
            for axes in panels:
                axes.lines[0].remove()
        if not self.surface:
            panels[0].legend(loc="lower left", bbox_to_anchor=(-0.012, 1), ncols=4, borderaxespad=0.2)
            panels[0].set_title(" ", fontsize=9)

        def update(predict: PredictNumbers) -> None:
            with np.errstate(all="ignore"):
                values = predict(self._scaled(self._grid()))
            usable = np.where(np.abs(values) < HIGHEST, values, np.nan)
            for index, draw in enumerate(updates):
                draw(usable[:, index])

        return update

    def _grid(self) -> Array:
        """The points (N, D) at which the network is asked, in the user's units."""
        if not self.surface:
            return np.linspace(self.low, self.high, CURVE_POINTS)
        x, y = (np.linspace(self.low[axis], self.high[axis], GRID) for axis in (0, 1))
        return np.stack([side.ravel() for side in np.meshgrid(x, y)], axis=1)

    def _scaled(self, points: Array) -> Array:
        return points if self.dataset.scaling is None else self.dataset.scaling.apply(points)

    def _curve(self, figure: Figure, axes: Axes, index: int) -> Callable[[Array], None]:
        for place, (part, split) in enumerate(self.dataset.splits.items()):
            x, y = self._points(split, index)
            style: dict[str, Any] = {"s": 16 if len(x) <= 500 else 5, "marker": MARKERS[part], "linewidths": 0}
            axes.scatter(x[:, 0], y, color=palette().colours[place], alpha=0.7, label=tr(part), **style)
        (line,) = axes.plot([], [], color=palette().ink, linewidth=1.8, label=tr("prediction"))
        axes.set_xlabel(plain_text(self.names[0], 40), parse_math=False)
        axes.set_ylabel(plain_text(self.targets[index], 24), parse_math=False)
        axes.set_xlim(float(self.low[0]), float(self.high[0]))
        axes.set_ylim(*axes.get_ylim())  # that of the samples: a network far off must not flatten them
        along = self._grid()[:, 0]
        return lambda values: line.set_data(along, values)

    def _surface(self, figure: Figure, axes: Axes, index: int) -> Callable[[Array], None]:
        shown = {part: self._points(split, index) for part, split in self.dataset.splits.items()}
        values = np.concatenate([y for _, y in shown.values()])
        norm, colours = Normalize(float(values.min()), float(values.max())), palette().layers
        extent = (float(self.low[0]), float(self.high[0]), float(self.low[1]), float(self.high[1]))
        axes.grid(visible=False)
        image = axes.imshow(
            np.full((GRID, GRID), np.nan),
            extent=extent,
            origin="lower",
            aspect="auto",
            interpolation="bilinear",
            norm=norm,
            cmap=colours,
        )
        for part, (x, y) in shown.items():
            style: dict[str, Any] = {"s": 18 if len(x) <= 500 else 6, "marker": MARKERS[part]}
            axes.scatter(
                x[:, 0], x[:, 1], c=y, norm=norm, cmap=colours, edgecolors=palette().paper, linewidths=0.5, **style
            )
        axes.set_xlabel(plain_text(self.names[0], 40), parse_math=False)
        axes.set_ylabel(plain_text(self.names[1], 40), parse_math=False)
        axes.set_xlim(*extent[:2])
        axes.set_ylim(*extent[2:])
        bar = figure.colorbar(ScalarMappable(norm, colours), ax=axes, pad=0.02)
        bar.set_label(plain_text(self.targets[index], 24), parse_math=False)
        levels = np.linspace(norm.vmin or 0, norm.vmax or 0, LEVELS)
        contour_style: dict[str, Any] = {"extent": extent, "origin": "lower", "colors": "white", "alpha": 0.6}
        contour_style |= {"linestyles": "solid", "linewidths": 0.5}
        lines: list[Any] = []

        def update(surface: Array) -> None:
            heights = surface.reshape(GRID, GRID)
            image.set_data(heights)
            for line in lines:
                line.remove()
            lines.clear()
            if levels[0] < levels[-1] and np.isfinite(heights).any():
                lines.append(axes.contour(np.ma.masked_invalid(heights), levels=levels, **contour_style))

        return update

    def _points(self, split: Split, index: int) -> tuple[Array, Array]:
        """Samples in the user's units, at most 5,000: inputs (N, D) and one target (N,)."""
        places = np.array(evenly(range(len(split)), MOST_POINTS), np.intp)
        x, y = _raw(self.dataset, split)[places], split.targets[places]
        numbers = self.dataset.numbers
        return x, (y if numbers is None else numbers.undo(y))[:, index]


def _raw(dataset: Dataset, split: Split) -> Array:
    """The inputs of a split in the user's units."""
    x = split.inputs.astype(np.float64)
    return x if dataset.scaling is None else dataset.scaling.undo(x)
