"""The kinds of pictures that a run can have, and how each is drawn from its records."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from threadpoolctl import threadpool_limits

from nnlab.errors import DataError, RunError, UsageError, shown
from nnlab.plots.confusion import CONFUSION_FILE, plot_confusion
from nnlab.plots.curves import FILES, plot_run, title_of
from nnlab.plots.diagnostics import ACTIVATIONS_PICTURE, GRADIENTS_PICTURE, plot_activations, plot_gradients
from nnlab.plots.mistakes import MISTAKES_FILE, plot_mistakes
from nnlab.plots.regions import BOUNDARY_FILE, Predict, animate_boundary, plot_boundary
from nnlab.plots.style import in_format
from nnlab.plots.weights import WEIGHTS_FILE, plot_weights
from nnlab.records.formats import DIAGNOSTICS_FILE, MODEL_FILE, SNAPSHOTS_FOLDER, step_file, step_of
from nnlab.records.reader import RunRecord
from nnlab.registry import near_hint
from nnlab.train.answers import Trained, seeing_weights
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
        """The experiment's name, with what became of it unless it was completed."""
        return title_of(self.record)

    def is_there(self, warn: Callable[[str], None]) -> bool:
        """Whether network and data can be had; ``warn`` is told why not."""
        try:
            return bool(self.trained)
        except (DataError, RunError) as error:
            warn(f"only what the records tell is drawn: {error}")
            return False


@dataclass(frozen=True)
class Kind:
    """A kind of picture: its file, how it is drawn, and why a run cannot have it (empty: it can)."""

    file: str
    draw: Callable[[Drawable, Path], object]
    lacks: Callable[[Drawable], str] = lambda run: ""
    of_network: bool = False

    def drawn(self, run: Drawable, folder: Path) -> Path:
        """Draw it; gives its path."""
        with threadpool_limits(limits=1, user_api="blas"):  # as training does, so that no digit differs
            self.draw(run, folder)
        return in_format(folder / self.file)


def _no_diagnostics(run: Drawable) -> str:
    if (run.record.path / DIAGNOSTICS_FILE).exists():
        return ""
    return "it has no diagnostics; train it with train.diagnostics: true in its spec"


def _no_points(run: Drawable) -> str:
    return "" if run.trained.dataset.sample_shape == (2,) else "its samples are not points in the plane"


def _boundary(run: Drawable, folder: Path) -> None:
    plot_boundary(run.name, run.trained.dataset, run.trained.predict, folder)


def _confusion(run: Drawable, folder: Path) -> None:
    (part, split), (answers, _) = run.trained.judged, run.trained.verdicts
    plot_confusion(run.name, part, split.labels, answers, run.trained.dataset.class_names, folder)


def _no_images(run: Drawable) -> str:
    return "" if len(run.trained.dataset.sample_shape) == 3 else "its samples are not images"


def _mistakes(run: Drawable, folder: Path) -> None:
    (part, split), verdicts, trained = run.trained.judged, run.trained.verdicts, run.trained
    names = trained.dataset.class_names
    plot_mistakes(run.name, part, split, *verdicts, names, folder, probability=trained.softmax)


def _no_weights(run: Drawable) -> str:
    reason = "the weights of its first layer do not look at images"
    return _no_images(run) or ("" if run.trained.first_weights is not None else reason)


def _weights(run: Drawable, folder: Path) -> None:
    before, after = run.trained.first_weights, seeing_weights(run.trained.network)
    if before is not None and after is not None:
        plot_weights(run.name, before, after, folder)


KINDS: Mapping[str, Kind] = {
    "accuracy": Kind(FILES["accuracy"], lambda run, folder: plot_run(run.record, folder, ["accuracy"])),
    "loss": Kind(FILES["loss"], lambda run, folder: plot_run(run.record, folder, ["loss"])),
    "gradients": Kind(GRADIENTS_PICTURE, lambda run, folder: plot_gradients(run.record, folder), _no_diagnostics),
    "activations": Kind(ACTIVATIONS_PICTURE, lambda run, folder: plot_activations(run.record, folder), _no_diagnostics),
    "boundary": Kind(BOUNDARY_FILE, _boundary, _no_points, of_network=True),
    "confusion": Kind(CONFUSION_FILE, _confusion, of_network=True),
    "mistakes": Kind(MISTAKES_FILE, _mistakes, _no_images, of_network=True),
    "weights": Kind(WEIGHTS_FILE, _weights, _no_weights, of_network=True),
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


def check_kinds(kinds: Sequence[str]) -> None:
    """Raise UsageError for a name that no kind of picture has."""
    for kind in kinds:
        if kind not in KINDS:
            hint = near_hint(kind, list(KINDS))
            raise UsageError(f"no kind of picture is called {shown(kind)}; {hint}there are {', '.join(KINDS)}")


def draw(run: Drawable, kinds: Sequence[str], folder: Path) -> list[Path]:
    """Draw pictures of a run into ``folder``, which is made if need be; gives their paths.

    Raises UsageError for a kind that the run cannot have before any is drawn, RunError for damaged records, DataError
    when the data is no longer there and OSError when a picture cannot be written.
    """
    kinds = list(dict.fromkeys(kinds))
    for kind in kinds:
        if reason := KINDS[kind].lacks(run):
            raise UsageError(f"{run.record.path}: cannot have the picture {kind}: {reason}")
    return [KINDS[kind].drawn(run, folder) for kind in kinds]


def draw_all(
    run: Drawable, folder: Path, warn: Callable[[str], None], kinds: Sequence[str] = tuple(KINDS)
) -> list[Path]:
    """Draw all of the kinds that a run can have; a word of warning where its network or data are not there."""
    if not run.is_there(warn):
        kinds = [kind for kind in kinds if not KINDS[kind].of_network]
    return [KINDS[kind].drawn(run, folder) for kind in kinds if not KINDS[kind].lacks(run)]


def animate(run: Drawable, folder: Path) -> Path:
    """Write ``boundary.gif`` from the snapshots of a run; raises UsageError when it has none or no regions."""
    files = sorted((run.record.path / SNAPSHOTS_FOLDER).glob("step-*.safetensors"), key=_step)
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

    with threadpool_limits(limits=1, user_api="blas"):
        return animate_boundary(run.name, trained.dataset, [(_step(file), moment(file)) for file in files], folder)


def _step(file: Path) -> int:
    step = step_of(file)
    if step is None:
        raise RunError(f"{file}: is no snapshot; those are named {step_file(100)}")
    return step
