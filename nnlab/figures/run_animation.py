"""The animation of a run: its decision regions or its fit, from its snapshots."""

from collections.abc import Callable
from pathlib import Path

from threadpoolctl import threadpool_limits

from nnlab.core.task import NUMBERS
from nnlab.engine.predictions import predicted_classes
from nnlab.errors import RunError, UsageError
from nnlab.figures.picture_kinds import lacks_fit, lacks_points, naming_picture, predict_numbers
from nnlab.figures.run_view import RunView
from nnlab.plots.fit import FIT_ANIMATION_FILE, animate_fit
from nnlab.plots.regions import ANIMATION_FILE, Predict, animate_boundary
from nnlab.saved_run import load_weights
from nnlab.storage.layout import SNAPSHOTS_FOLDER, step_file, step_of


def snapshots_of(run: RunView) -> list[Path]:
    """The snapshots to animate, in order; raises UsageError for a run that cannot be animated."""
    if reason := lacks_fit(run) if run.setup.dataset.task == NUMBERS else lacks_points(run):
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
            return predict_numbers(run) if numbers else lambda inputs: predicted_classes(network, inputs)

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
