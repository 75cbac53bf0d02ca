"""The kinds of pictures that a run can have, and how each is drawn from its records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nnlab.errors import RunError, UsageError
from nnlab.plots.curves import plot_run
from nnlab.plots.diagnostics import ACTIVATIONS_PICTURE, GRADIENTS_PICTURE, plot_activations, plot_gradients
from nnlab.plots.regions import BOUNDARY_FILE, Predict, animate_boundary, plot_boundary
from nnlab.plots.style import in_format
from nnlab.records.formats import DIAGNOSTICS_FILE, MODEL_FILE, SNAPSHOTS_FOLDER, snapshot_file
from nnlab.records.reader import RunRecord
from nnlab.train.answers import Trained
from nnlab.train.setup import load_weights, started


@dataclass(eq=False)
class Drawable:
    """A run whose pictures are drawn; ``load`` gives its network, with data, once a picture needs it."""

    record: RunRecord
    load: Callable[[], Trained]

    @cached_property
    def trained(self) -> Trained:
        """The network with its data."""
        return self.load()

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.record.name


@dataclass(frozen=True)
class Kind:
    """A kind of picture: its file, how it is drawn, and why a run cannot have it (empty: it can)."""

    file: str
    draw: Callable[[Drawable, Path], object]
    lacks: Callable[[Drawable], str] = lambda run: ""


def _no_diagnostics(run: Drawable) -> str:
    if (run.record.path / DIAGNOSTICS_FILE).exists():
        return ""
    return "it has no diagnostics; train it with train.diagnostics: true in its spec"


def _no_points(run: Drawable) -> str:
    return "" if run.trained.dataset.sample_shape == (2,) else "its samples are not points in the plane"


def _boundary(run: Drawable, folder: Path) -> None:
    plot_boundary(run.name, run.trained.dataset, run.trained.predict, folder)


KINDS: Mapping[str, Kind] = {
    "accuracy": Kind("accuracy.png", lambda run, folder: plot_run(run.record, folder, ["accuracy"])),
    "loss": Kind("loss.png", lambda run, folder: plot_run(run.record, folder, ["loss"])),
    "gradients": Kind(GRADIENTS_PICTURE, lambda run, folder: plot_gradients(run.record, folder), _no_diagnostics),
    "activations": Kind(ACTIVATIONS_PICTURE, lambda run, folder: plot_activations(run.record, folder), _no_diagnostics),
    "boundary": Kind(BOUNDARY_FILE, _boundary, _no_points),
}

# Drawn after every training; the others after one with diagnostics, since they take their time.
BY_TRAINING = ("accuracy", "loss", "boundary")


def drawable(record: RunRecord) -> Drawable:
    """A run as its folder holds it."""

    def load() -> Trained:
        experiment, prepared = started(record.path)
        trained = Trained.begin(prepared.dataset, prepared.network, experiment.loss)
        load_weights(prepared.network, record.path / MODEL_FILE)
        return trained

    return Drawable(record, load)


def draw(run: Drawable, kinds: Sequence[str], folder: Path) -> list[Path]:
    """Draw those of the kinds that a run can have; gives the pictures' paths.

    Raises RunError for damaged records, DataError when the data is no longer there and OSError when a picture cannot
    be written.
    """
    pictures = []
    for kind in (KINDS[name] for name in kinds):
        if not kind.lacks(run):
            kind.draw(run, folder)
            pictures.append(in_format(folder / kind.file))
    return pictures


def animate(run: Drawable, folder: Path) -> Path:
    """Write ``boundary.gif`` from the snapshots of a run; raises UsageError when it has none or no regions."""
    files = sorted((run.record.path / SNAPSHOTS_FOLDER).glob(snapshot_file(0).replace("0000000", "*")))
    if not files:
        raise UsageError(
            f"{run.record.path}: has no snapshots to animate; train it again with train.snapshots: 30 in its spec"
        )
    if reason := _no_points(run):
        raise UsageError(f"{run.record.path}: cannot be animated: {reason}")
    trained = run.load()  # whose weights come and go

    def moment(file: Path) -> Callable[[], Predict]:
        def load() -> Predict:
            load_weights(trained.network, file)
            return trained.predict

        return load

    return animate_boundary(run.name, trained.dataset, [(_step(file), moment(file)) for file in files], folder)


def _step(file: Path) -> int:
    try:
        return int(file.stem.removeprefix("step-"))
    except ValueError:
        raise RunError(f"{file}: is no snapshot; those are named {snapshot_file(100)}") from None
