"""The kinds of pictures that a run can have, and how each is drawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from nnlab.core.task import CLASSES, NUMBERS
from nnlab.engine.predictions import evaluation_split, first_layer_filters, predicted_classes, predicted_numbers
from nnlab.engine.run_setup import RunSetup
from nnlab.engine.through_time import gradients_through_time, has_recurrent_layers
from nnlab.errors import DataError, NnlabError, RunError, UsageError
from nnlab.figures.run_view import RunView, ignore, target_names
from nnlab.plots.confusion import CONFUSION_FILE, plot_confusion
from nnlab.plots.curves import FILES, plot_run
from nnlab.plots.diagnostics import (
    GRADIENTS_PICTURE,
    HISTOGRAMS_PICTURE,
    plot_activation_histograms,
    plot_gradients,
)
from nnlab.plots.fit import FIT_ANIMATION_FILE, FIT_FILE, PredictNumbers, animate_fit, plot_fit
from nnlab.plots.mistakes import MISTAKES_FILE, plot_mistakes
from nnlab.plots.number_predictions import PREDICTIONS_FILE, plot_number_predictions
from nnlab.plots.palette import in_format
from nnlab.plots.regions import ANIMATION_FILE, BOUNDARY_FILE, Predict, animate_boundary, plot_boundary
from nnlab.plots.through_time import THROUGH_TIME_FILE, plot_through_time
from nnlab.plots.weights import WEIGHTS_FILE, plot_weights
from nnlab.registry import metrics
from nnlab.saved_run import load_weights
from nnlab.storage.layout import DIAGNOSTICS_FILE, MODEL_FILE, SNAPSHOTS_FOLDER, step_file, step_of
from nnlab.text import near_hint, one_line, quote


@dataclass(frozen=True)
class Picture:
    """A kind of picture: its file, how it is drawn, and why a run cannot have it (empty: it can)."""

    file: str
    draw: Callable[[RunView, Path], object]
    unavailable_because: Callable[[RunView], str] = lambda run: ""
    of_network: bool = False

    def drawn(self, run: RunView, folder: Path) -> Path:
        """Draw it; gives its path. Raises UsageError where it cannot be drawn."""
        # One thread as in training, so that no digit differs.
        with threadpool_limits(limits=1, user_api="blas"), naming_picture(run.path, Path(self.file).stem):
            self.draw(run, folder)
        return in_format(folder / self.file)


@contextmanager
def naming_picture(run: Path, kind: str) -> Iterator[None]:
    """Raise a UsageError that names the picture for every error except those of the disk and of damaged records."""
    try:
        yield
    except (OSError, RunError):
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, NnlabError) else f"{type(error).__name__}: {error}"
        raise UsageError(f"{run}: the picture {kind} cannot be drawn: {one_line(reason, 300)}") from error


def _no_diagnostics(run: RunView) -> str:
    if (run.path / DIAGNOSTICS_FILE).exists():
        return ""
    return "it has no diagnostics; train it with train.diagnostics: true in its spec"


def _no_classes(run: RunView) -> str:
    return "" if run.setup.dataset.task == CLASSES else "its targets are numbers, not classes"


def _no_numbers(run: RunView) -> str:
    return "" if run.setup.dataset.task == NUMBERS else "its targets are classes, not numbers"


def _no_points(run: RunView) -> str:
    reason = "its samples do not have two features"
    return _no_classes(run) or ("" if run.setup.dataset.sample_shape == (2,) else reason)


def _no_fit(run: RunView) -> str:
    dataset = run.setup.dataset
    reason = "its samples do not have one or two features"
    return _no_numbers(run) or ("" if dataset.sample_shape in ((1,), (2,)) and dataset.steps is None else reason)


def _predictions(run: RunView, folder: Path) -> None:
    dataset = run.trained.dataset
    name, _ = evaluation_split(dataset)
    plot_number_predictions(run.name, name, *run.numbers, target_names(dataset), folder)


def _predict_numbers(run: RunView) -> PredictNumbers:
    numbers, network = run.setup.dataset.numbers, run.setup.network
    if numbers is None:
        raise TypeError("the targets are classes")
    return lambda inputs: predicted_numbers(network, inputs, numbers)


def _fit(run: RunView, folder: Path) -> None:
    plot_fit(run.name, run.trained.dataset, _predict_numbers(run), folder)


def _boundary(run: RunView, folder: Path) -> None:
    network = run.trained.network
    plot_boundary(run.name, run.trained.dataset, lambda inputs: predicted_classes(network, inputs), folder)


def _confusion(run: RunView, folder: Path) -> None:
    dataset, (predicted, _) = run.trained.dataset, run.predictions
    name, split = evaluation_split(dataset)
    plot_confusion(run.name, name, split.targets.reshape(-1), predicted.reshape(-1), dataset.class_names, folder)


def _no_images(run: RunView) -> str:
    return "" if len(run.setup.dataset.sample_shape) == 3 else "its samples are not images"


def _no_class_images(run: RunView) -> str:
    return _no_classes(run) or _no_images(run)


def _mistakes(run: RunView, folder: Path) -> None:
    dataset = run.trained.dataset
    name, split = evaluation_split(dataset)
    plot_mistakes(
        run.name, name, split, *run.predictions, dataset.class_names, folder, probability=run.has_probabilities
    )


def _no_weights(run: RunView) -> str:
    reason = "its first layer with weights is not applied to the images"
    return _no_images(run) or ("" if run.setup.initial_filters is not None else reason)


def _weights(run: RunView, folder: Path) -> None:
    before, after = run.setup.initial_filters, first_layer_filters(run.trained.network)
    if before is not None and after is not None:
        plot_weights(run.name, before, after, folder)


def _no_time(run: RunView) -> str:
    return "" if has_recurrent_layers(run.setup.network) else "it has no recurrent layer"


def _through_time(run: RunView, folder: Path) -> None:
    after = gradients_through_time(run.trained)
    before = gradients_through_time(RunSetup(run.setup.experiment).allocate())
    plot_through_time(run.name, before, after, folder)


def _curves(metric: str) -> Picture:
    """The curves of a metric."""
    unmeasured = f"it did not measure {metric}"
    return Picture(
        f"{metric}.png",
        lambda run, folder: plot_run(run.record, folder, [metric]),
        lambda run: "" if metric in run.record.metric_names else unmeasured,
    )


KINDS: Mapping[str, Picture] = {
    **{name: _curves(name) for name in FILES},
    "gradients": Picture(GRADIENTS_PICTURE, lambda run, folder: plot_gradients(run.record, folder), _no_diagnostics),
    "activation_histograms": Picture(
        HISTOGRAMS_PICTURE, lambda run, folder: plot_activation_histograms(run.record, folder), _no_diagnostics
    ),
    "boundary": Picture(BOUNDARY_FILE, _boundary, _no_points, of_network=True),
    "predictions": Picture(PREDICTIONS_FILE, _predictions, _no_numbers, of_network=True),
    "fit": Picture(FIT_FILE, _fit, _no_fit, of_network=True),
    "confusion": Picture(CONFUSION_FILE, _confusion, _no_classes, of_network=True),
    "mistakes": Picture(MISTAKES_FILE, _mistakes, _no_class_images, of_network=True),
    "weights": Picture(WEIGHTS_FILE, _weights, _no_weights, of_network=True),
    "gradients_through_time": Picture(THROUGH_TIME_FILE, _through_time, _no_time, of_network=True),
}

# Drawn after every training, beside the curves of its metrics; the others only after one with diagnostics, since they
# take longer.
BY_TRAINING = ("boundary", "predictions", "fit")

# Names of earlier versions, up to 0.2.0.
OLDER_KINDS = {"activations": "activation_histograms"}


def picture_kinds(names: Sequence[str]) -> list[str]:
    """The kinds of pictures with these names, of earlier versions too; raises UsageError for an unknown one."""
    kinds, known = [OLDER_KINDS.get(name, name) for name in names], list(dict.fromkeys((*KINDS, *metrics.names())))
    for kind in kinds:
        if kind not in known:
            hint = near_hint(kind, known)
            raise UsageError(f"no kind of picture is called {quote(kind)}; {hint}there are {', '.join(known)}")
    return kinds


def _kind(name: str) -> Picture:
    """The kind of this name; what is none of ``KINDS`` is a further metric."""
    return KINDS.get(name) or _curves(name)


def draw(run: RunView, kinds: Sequence[str], folder: Path, written: Callable[[Path], None] = ignore) -> list[Path]:
    """Draw pictures of a run into ``folder``, which is made if need be; gives their paths.

    ``written`` is called with each path. Raises UsageError for a kind that the run cannot have before
    any is drawn and for one that cannot be drawn, RunError for damaged records, DataError when the data is no longer
    there and OSError when a picture cannot be written.
    """
    kinds = list(dict.fromkeys(kinds))
    for kind in kinds:
        if reason := _kind(kind).unavailable_because(run):
            raise UsageError(f"{run.path}: cannot have the picture {kind}: {reason}")
        if _kind(kind).of_network:
            _ = run.trained
    return [_drawn(run, kind, folder, written) for kind in kinds]


def _drawn(run: RunView, kind: str, folder: Path, written: Callable[[Path], None]) -> Path:
    path = _kind(kind).drawn(run, folder)
    written(path)
    return path


def draw_all(
    run: RunView,
    folder: Path,
    warn: Callable[[str], None],
    kinds: Sequence[str] | None = None,
    written: Callable[[Path], None] = ignore,
) -> list[Path]:
    """Draw all of the kinds that a run can have; ``warn`` is called where its network or data is missing.

    What is damaged or cannot be drawn does not keep the others from being drawn: the last such error is raised at the
    end, and ``warn`` is called with those before it. OSError, when a picture cannot be written, is raised at once.
    """
    kinds = list(dict.fromkeys((*run.record.metric_names, *KINDS))) if kinds is None else kinds
    errors: list[NnlabError] = []
    try:
        _ = run.trained
    except (DataError, RunError, UsageError) as error:
        kinds = [kind for kind in kinds if not _kind(kind).of_network]
        if isinstance(error, RunError) and (run.path / MODEL_FILE).exists():
            errors.append(error)
        else:
            warn(f"{run.path}: only pictures of the recorded numbers are drawn: {one_line(str(error), 500)}")
    drawn = []
    for kind in kinds:
        if _kind(kind).unavailable_because(run):
            continue
        try:
            drawn.append(_drawn(run, kind, folder, written))
        except NnlabError as error:
            errors.append(error)
    for fault in errors[:-1]:
        warn(str(fault))
    if errors:
        raise errors[-1]
    return drawn


def snapshots_of(run: RunView) -> list[Path]:
    """The snapshots to animate, in order; raises UsageError for a run that cannot be animated."""
    if reason := _no_fit(run) if run.setup.dataset.task == NUMBERS else _no_points(run):
        raise UsageError(f"{run.path}: cannot be animated: {reason}")
    files = sorted((run.path / SNAPSHOTS_FOLDER).glob("step-*.safetensors"), key=_step)
    if not files:
        raise UsageError(
            f"{run.path}: has no snapshots to animate; train it again with train.snapshots: 30 in its spec"
        )
    return files


def animate(run: RunView, folder: Path) -> Path:
    """Write ``boundary.gif``, of numbers ``fit.gif``, from the snapshots of a run.

    Raises UsageError when it has none, or neither regions nor a fit.
    """
    files, network = snapshots_of(run), run.setup.network
    state = {name: array.copy() for name, array in network.state().items()}
    numbers = run.setup.dataset.task == NUMBERS

    def moment(file: Path) -> Callable[[], Predict]:
        def load() -> Predict:
            load_weights(network, file)
            return _predict_numbers(run) if numbers else lambda inputs: predicted_classes(network, inputs)

        return load

    frames = [(_step(file), moment(file)) for file in files]
    kind, animated = (FIT_ANIMATION_FILE, animate_fit) if numbers else (ANIMATION_FILE, animate_boundary)
    try:
        with threadpool_limits(limits=1, user_api="blas"), naming_picture(run.path, kind):
            return animated(run.name, run.setup.dataset, frames, folder)
    finally:
        network.load_state(state)


def _step(file: Path) -> int:
    step = step_of(file)
    if step is None:
        raise RunError(f"{file}: is no snapshot; those are named {step_file(100)}")
    return step
