"""From the folder of a run back to its network: the set-up that its spec describes, and its weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nnlab.config.experiment import Experiment
from nnlab.config.loading import load_experiment
from nnlab.config.overrides import Overrides
from nnlab.core.random import Purpose, make_streams
from nnlab.data.dataset import Dataset
from nnlab.data.dataset_source import DatasetSource
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import DataError, RunError, ShapeError
from nnlab.models.network import Network
from nnlab.plugins.recorded import plugins_in, recorded_components
from nnlab.records.environment import changed_data
from nnlab.records.json_files import read_environment
from nnlab.storage.layout import ENVIRONMENT_FILE, MODEL_FILE, SPEC_FILE
from nnlab.storage.tensors import read_tensors


def experiment_of_run(path: Path, overrides: Overrides = (), data: Path | None = None) -> Experiment:
    """The experiment of a run, made of the components that it was trained with.

    Raises UsageError where its spec cannot be read or a plugin is missing, RunError where a plugin has changed.
    """
    experiment = load_experiment(path / SPEC_FILE, overrides, data)
    if (path / ENVIRONMENT_FILE).is_file():
        used = [component for _, components in plugins_in(experiment).values() for component in components]
        for recorded in recorded_components(read_environment(path / ENVIRONMENT_FILE)):
            if recorded.changed and (not overrides or (recorded.kind, recorded.name) in used):
                raise RunError(f"{path}: {recorded.needed(path)}")
    return experiment


def setup_of_run(
    path: Path, fetch: Callable[[DatasetSource], None] = lambda source: None, data: Path | None = None
) -> RunSetup:
    """The set-up of a run before its first update.

    ``fetch`` may download the data, ``data`` is the file or folder of the data where it was moved. Raises DataError
    when the data is not available, UsageError when spec and data no longer fit each other.
    """
    experiment = experiment_of_run(path, data=data)
    fetch(experiment.data)
    with moved_data_hint(experiment):
        return RunSetup(experiment).allocate()


def dataset_of(experiment: Experiment, *, finished: bool = True) -> Dataset:
    """The data that an experiment trains on, split as for its training; see :meth:`DatasetSource.load`."""
    streams = make_streams(experiment.rng, experiment.seed)
    source = experiment.data
    return source.load(streams.rng(Purpose.DATASET), streams.rng(Purpose.VALIDATION), finished=finished)


def dataset_of_run(
    path: Path, fetch: Callable[[DatasetSource], None] = lambda source: None, data: Path | None = None
) -> Dataset:
    """The data of a run: see :func:`setup_of_run`."""
    experiment = experiment_of_run(path, data=data)
    fetch(experiment.data)
    with moved_data_hint(experiment):
        return dataset_of(experiment)


def changed_files(run: Path, dataset: Dataset) -> list[str]:
    """The files of its data that are not what a run was trained on; empty where it does not say."""
    if not (run / ENVIRONMENT_FILE).is_file():
        return []
    return changed_data(read_environment(run / ENVIRONMENT_FILE), dataset.checksums)


def changed_data_warning(run: Path, changed: Sequence[str]) -> str:
    """The warning about data that :func:`changed_files` found to be changed."""
    return f"{run}: the data has changed since the training: {', '.join(changed)}"


@contextmanager
def blaming_changed_data(run: Path, changed: Sequence[str]) -> Iterator[None]:
    """Raise DataError where the weights of a run do not fit the shapes of its data, whose files have changed."""
    try:
        yield
    except RunError as error:
        if not (changed and isinstance(error.__cause__, ShapeError)):
            raise
        raise DataError(
            f"{run}: its weights no longer fit the data, which has changed: {', '.join(changed)}"
        ) from error


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
