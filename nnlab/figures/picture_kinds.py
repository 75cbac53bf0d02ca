"""The kinds of pictures that a run can have: file, how each is drawn, which runs lack it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from nnlab.core.task import CLASSES, NUMBERS
from nnlab.engine.predictions import evaluation_split, first_layer_filters, predicted_classes, predicted_numbers
from nnlab.engine.run_setup import RunSetup
from nnlab.engine.through_time import gradients_through_time, has_recurrent_layers
from nnlab.errors import NnlabError, RunError, UsageError
from nnlab.figures.run_view import RunView, target_names
from nnlab.plots.confusion import CONFUSION_FILE, plot_confusion
from nnlab.plots.curves import FILES, plot_run
from nnlab.plots.diagnostics import (
    GRADIENTS_PICTURE,
    HISTOGRAMS_PICTURE,
    plot_activation_histograms,
    plot_gradients,
)
from nnlab.plots.fit import FIT_FILE, PredictNumbers, plot_fit
from nnlab.plots.mistakes import MISTAKES_FILE, plot_mistakes
from nnlab.plots.number_predictions import PREDICTIONS_FILE, plot_number_predictions
from nnlab.plots.palette import in_format
from nnlab.plots.regions import BOUNDARY_FILE, plot_boundary
from nnlab.plots.through_time import THROUGH_TIME_FILE, plot_through_time
from nnlab.plots.weights import WEIGHTS_FILE, plot_weights
from nnlab.registry import metrics
from nnlab.storage.layout import DIAGNOSTICS_FILE
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


def lacks_points(run: RunView) -> str:
    """Why a run has no decision regions; empty where it has."""
    reason = "its samples do not have two features"
    return _no_classes(run) or ("" if run.setup.dataset.sample_shape == (2,) else reason)


def lacks_fit(run: RunView) -> str:
    """Why a run has no fit of one or two inputs; empty where it has."""
    dataset = run.setup.dataset
    reason = "its samples do not have one or two features"
    return _no_numbers(run) or ("" if dataset.sample_shape in ((1,), (2,)) and dataset.steps is None else reason)


def _predictions(run: RunView, folder: Path) -> None:
    dataset = run.trained.dataset
    name, _ = evaluation_split(dataset)
    plot_number_predictions(run.name, name, *run.numbers, target_names(dataset), folder)


def predict_numbers(run: RunView) -> PredictNumbers:
    """The predictions of the network as it is when they are asked for, in the user's units."""
    numbers, network = run.setup.dataset.numbers, run.setup.network
    if numbers is None:
        raise TypeError("the targets are classes")
    return lambda inputs: predicted_numbers(network, inputs, numbers)


def _fit(run: RunView, folder: Path) -> None:
    plot_fit(run.name, run.trained.dataset, predict_numbers(run), folder)


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
    "boundary": Picture(BOUNDARY_FILE, _boundary, lacks_points, of_network=True),
    "predictions": Picture(PREDICTIONS_FILE, _predictions, _no_numbers, of_network=True),
    "fit": Picture(FIT_FILE, _fit, lacks_fit, of_network=True),
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


def kind_of(name: str) -> Picture:
    """The kind of this name; what is none of ``KINDS`` is a further metric."""
    return KINDS.get(name) or _curves(name)
