"""The loss landscape of a finished run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from nnlab.core.arrays import Array
from nnlab.data.dataset_source import DatasetSource
from nnlab.errors import UsageError
from nnlab.html import block, line
from nnlab.inference.evaluation_data import part_of
from nnlab.inference.trained_network import HasPath
from nnlab.insight.landscape.directions import PrincipalAxes, principal_axes, random_direction
from nnlab.insight.landscape.limits import POINTS, RANGES, SAMPLES
from nnlab.insight.landscape.sampled_loss import SampledLoss, sample_of
from nnlab.insight.landscape.surface import Line, Plane, loss_on_line, loss_on_plane
from nnlab.insight.landscape.trajectory import FEWEST, Trajectory, chosen_snapshots, read_trajectory, snapshot_files
from nnlab.insight.landscape.wording import sentences_of, snapshots_hint
from nnlab.language import Language, speaking
from nnlab.records.reader import RunRecord, read_run
from nnlab.saved_run import (
    blaming_changed_data,
    changed_data_warning,
    changed_files,
    check_finished,
    load_weights,
    setup_of_run,
)
from nnlab.storage.layout import MODEL_FILE
from nnlab.text import quote
from nnlab.train.run import one_blas_thread

if TYPE_CHECKING:
    from nnlab.plots.plot_style import Style
    from nnlab.plots.shown_figure import ShownFigure

Directions = Literal["random", "pca", "line"]
DIRECTIONS: tuple[Directions, ...] = get_args(Directions)
MOST_POINTS = 2001


@dataclass(frozen=True, eq=False)
class LossLandscape:
    """The loss around a trained network.

    ``surface`` is a :class:`Plane` (random, pca) or a :class:`Line`; ``start`` and ``end`` are the losses of the
    initial and of the saved weights on the same ``samples`` of ``split``, which has ``whole``. ``trajectory`` and
    ``axes`` are those of pca. ``keeps_statistics``: the network has running statistics. ``notes`` are messages for the
    user.
    """

    record: RunRecord
    directions: Directions
    split: str
    samples: int
    whole: int
    seed: int
    parameters: int
    start: float
    end: float
    surface: Line | Plane
    trajectory: Trajectory | None = None
    axes: PrincipalAxes | None = None
    keeps_statistics: bool = False
    notes: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """What the landscape shows, with its numbers, one sentence each."""
        return sentences_of(self)

    @property
    def path(self) -> Array | None:
        """The coordinates (N, 2) of the snapshots in the plane of pca."""
        return None if self.axes is None or self.trajectory is None else self.axes.project(self.trajectory.points)

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        """The picture's sentences."""
        return block(*map(line, self.sentences))

    def plot(self, *, style: "Style" = "light", language: Language = "en") -> "ShownFigure":
        """The picture as a matplotlib figure; nothing is written."""
        from nnlab.insight.landscape.drawing import draw
        from nnlab.plots.palette import drawn_as
        from nnlab.plots.plot_style import PlotStyle
        from nnlab.plots.shown_figure import figures_kept

        with figures_kept() as figures, drawn_as(PlotStyle("png", style, language)), speaking(language):
            draw(self)
        return figures[0]


def loss_landscape(
    run: "Path | str | HasPath",
    directions: Directions | None = None,
    *,
    points: int | None = None,
    reach: float | None = None,
    split: str = "train",
    samples: int = SAMPLES,
    seed: int = 0,
    data: Path | None = None,
    fetch: Callable[[DatasetSource], None] = lambda source: None,
    on_start: Callable[[int, int], Callable[[], None]] = lambda evaluations, samples: lambda: None,
) -> LossLandscape:
    """The loss around the weights of a finished run, in evaluation mode on a fixed sample of its data.

    ``directions``: ``random`` draws two random directions with filter normalisation (Li et al. 2018, arXiv 1712.09913),
    ``line`` goes from the initial weights to the saved ones (Goodfellow et al. 2015, arXiv 1412.6544), ``pca`` shows
    the plane of the first two principal components of the run's snapshots, with its path. By default ``pca`` where
    there are snapshots, else ``line``. ``points`` along each axis; ``reach`` is how far: random ±reach in norms of the
    filters, line beyond both ends in units of its length, pca around the path in units of its extent. ``seed`` draws
    directions and sample. ``on_start`` is given the number of evaluations and of samples and returns what is called
    after each evaluation. Raises RunError, DataError, and UsageError for arguments that do not fit.
    """
    path = Path(run) if isinstance(run, Path | str) else run.path
    record = read_run(path)
    check_finished(path)
    files = snapshot_files(path)
    kind, notes = _chosen(path, directions, len(files))
    count, reach = _checked(kind, points, reach, samples, seed)
    setup = setup_of_run(path, fetch, data)
    if changed := changed_files(path, setup.dataset):
        notes.append(changed_data_warning(path, changed))
    name, chosen = part_of(setup.dataset, split, str(path))
    rng = np.random.default_rng(seed)
    sample = sample_of(chosen, samples, rng)
    shown = chosen_snapshots(files, setup.network.parameter_count) if kind == "pca" else []
    alpha = np.unique(np.concatenate([np.linspace(-reach, 1 + reach, count), [0.0, 1.0]]))
    evaluations = 2 + len(shown) + (len(alpha) if kind == "line" else count**2)
    with one_blas_thread(), np.errstate(all="ignore"):
        loss = SampledLoss(setup, sample, on_start(evaluations, len(sample)))
        start, initial = (loss.values(), loss.buffers()), loss()
        with blaming_changed_data(path, changed):
            load_weights(setup.network, path / MODEL_FILE)
        end, final = (loss.values(), loss.buffers()), loss()
        trajectory = axes = None
        surface: Line | Plane
        if kind == "line":
            surface = loss_on_line(loss, start, end, alpha)
        elif kind == "random":
            across = np.array([random_direction(setup.network, rng) for _ in range(2)])
            ticks = np.linspace(-reach, reach, count)
            surface = loss_on_plane(loss, end[0], across, ticks, ticks)
        else:
            trajectory = read_trajectory(loss, shown)
            axes = principal_axes(trajectory.points)
            loss.set_buffers(end[1])
            x, y = (_around(along, reach, count) for along in axes.project(trajectory.points).T)
            surface = loss_on_plane(loss, axes.origin, axes.axes, x, y)
    _check_finite(surface)
    return LossLandscape(
        record=record,
        directions=kind,
        split=name,
        samples=len(sample),
        whole=len(chosen),
        seed=seed,
        parameters=setup.network.parameter_count,
        start=initial,
        end=final,
        surface=surface,
        trajectory=trajectory,
        axes=axes,
        keeps_statistics=bool(end[1]),
        notes=tuple(notes),
    )


def _chosen(path: Path, directions: Directions | None, snapshots: int) -> tuple[Directions, list[str]]:
    """The kind of landscape, and a note where the one wished for is not possible."""
    if directions is None:
        return ("pca", []) if snapshots >= FEWEST else ("line", [snapshots_hint(path)])
    if directions not in DIRECTIONS:
        raise UsageError(f"directions: must be one of {', '.join(DIRECTIONS)}, got {quote(directions)}")
    if directions == "pca" and snapshots < FEWEST:
        raise UsageError(snapshots_hint(path))
    return directions, []


def _checked(kind: Directions, points: int | None, reach: float | None, samples: int, seed: int) -> tuple[int, float]:
    """The points along an axis and the reach; raises UsageError for numbers that cannot be used."""
    count, far = POINTS[kind] if points is None else points, RANGES[kind] if reach is None else reach
    if not 3 <= count <= MOST_POINTS:
        raise UsageError(f"points: must be from 3 to {MOST_POINTS:,}, got {count}")
    if kind == "random" and count % 2 == 0:
        raise UsageError(f"points: must be odd, so that the trained weights are in the middle, got {count}")
    if not 0 < far <= 1000:
        raise UsageError(f"range: must be above 0 and at most 1,000, got {far:g}")
    if samples < 1:
        raise UsageError(f"samples: must be at least 1, got {samples}")
    if not 0 <= seed < 2**32:
        raise UsageError(f"seed: must be from 0 to {2**32 - 1:,}, got {seed}")
    return count, far


def _around(along: Array, reach: float, count: int) -> Array:
    """Equally spaced coordinates from ``reach`` extents below the path to as much above it."""
    low, high = float(along.min()), float(along.max())
    margin = reach * (high - low)
    return np.linspace(low - margin, high + margin, count)


def _check_finite(surface: Line | Plane) -> None:
    if not np.isfinite(surface.loss).any():
        raise UsageError("the loss is not finite anywhere on these directions; a smaller --range may show more")
