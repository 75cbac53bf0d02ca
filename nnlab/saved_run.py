"""From the folder of a run back to its network: the set-up that its spec describes, and its weights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.data.dataset import DatasetSource
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import DataError, RunError, ShapeError
from nnlab.models.network import Network
from nnlab.storage.layout import MODEL_FILE, SPEC_FILE
from nnlab.storage.tensors import read_tensors


def setup_of_run(
    path: Path, fetch: Callable[[DatasetSource], None] = lambda source: None, data: Path | None = None
) -> RunSetup:
    """The set-up of a run before its first update.

    ``fetch`` may download the data, ``data`` is the file or folder of the data where it was moved. Raises DataError
    when the data is not available, UsageError when spec and data no longer fit each other.
    """
    experiment = load_experiment(path / SPEC_FILE, data=data)
    fetch(experiment.data)
    with moved_data_hint(experiment):
        return RunSetup(experiment).allocate()


@contextmanager
def moved_data_hint(experiment: Experiment) -> Iterator[None]:
    """Add to the DataError of a run whose data is no longer in its place how to name the new place."""
    try:
        yield
    except DataError as error:
        if all(file.exists() for file in experiment.data.files()):
            raise
        raise DataError(f"{error}; if the data was moved, --data PATH names its place") from error


def check_finished(path: Path) -> None:
    """Raise RunError for a folder without a spec or without the weights that a training ends with."""
    if not (path / SPEC_FILE).is_file() or not (path / MODEL_FILE).is_file():
        raise RunError(f"{path}: is not the folder of a finished run, it needs {SPEC_FILE} and {MODEL_FILE}")


def load_weights(network: Network, file: Path) -> None:
    """Put saved weights into a network that has memory; raises RunError when they cannot be read or do not fit."""
    arrays = read_tensors(file, sum(array.nbytes for array in network.state().values()))
    try:
        network.load_state(arrays)
    except ShapeError as error:
        raise RunError(f"{file}: cannot be loaded: {error}") from error
