"""What a worker of a Dask cluster runs: the description of itself, and one trial."""

import platform
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path, PureWindowsPath
from tempfile import TemporaryDirectory
from typing import Any

from nnlab.config.data_paths import FoundPath
from nnlab.config.experiment import Experiment
from nnlab.config.recorded_data import LOCATIONS, data_locations
from nnlab.core.random import Purpose, make_streams
from nnlab.core.threads import available_cores
from nnlab.data.files.download import FOLDER_VARIABLE, data_folder
from nnlab.errors import DataError, NnlabError, UsageError
from nnlab.records.environment import changed_data, describe_environment
from nnlab.registry import FilePath, hyperparameters
from nnlab.sweeps.dask_folders import Files, files_of, with_environment, write_files
from nnlab.sweeps.trial import DATASETS, TrialOutcome, TrialTask, run_trial

PROCESS = secrets.token_hex(8)
"""The name of this process."""


@dataclass(frozen=True)
class Description:
    """The environment of a process with the checksums of an experiment's data, or why the data cannot be read.

    ``process`` distinguishes it from one that was started later at the same address. ``problem`` and ``exit_code`` are
    an error in plain values, as everything that leaves a process.
    """

    process: str
    environment: Mapping[str, Any]
    communication: Mapping[str, str]
    cores: int
    problem: str = ""
    exit_code: int = 0

    @property
    def error(self) -> NnlabError | None:
        """The error; None without one."""
        if not self.problem:
            return None
        return DataError(self.problem) if self.exit_code == DataError.exit_code else UsageError(self.problem)


@dataclass(frozen=True)
class Assignment:
    """A trial for a worker, with the files of its folder where it was begun before.

    ``process`` is the worker's, ``session`` the sweep that may ask to stop, ``checksums`` are those of the data; None:
    any data will do.
    """

    task: TrialTask
    process: str
    session: str
    checksums: Mapping[str, str] | None
    files: Files = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """How a trial ended, and the files of its folder."""

    outcome: TrialOutcome
    files: Files = field(default_factory=dict)


def describe(experiment: Experiment) -> Description:
    """Describe the process as far as results depend on it, with the data of an experiment."""
    problem, exit_code = "", 0
    checksums: Mapping[str, str] = {}
    try:
        checksums = checksums_of(with_data_here(experiment))
    except (DataError, UsageError) as error:
        problem, exit_code = str(error), error.exit_code
    communication = {"python": platform.python_version(), "distributed": version("distributed")}
    environment = describe_environment(checksums)
    return Description(PROCESS, environment, communication, available_cores(), problem, exit_code)


def train_assignment(assignment: Assignment) -> Result:
    """Train a trial in a temporary folder, and give back its files.

    It is lost where the worker was started again since it was compared, so that no scheduler can train a trial twice.
    """
    from distributed import get_worker

    number, worker = assignment.task.number, get_worker()
    if assignment.process != PROCESS:
        return Result(TrialOutcome(number, "lost", "its worker was started again"))
    try:
        with TemporaryDirectory(prefix="nnlab-", dir=worker.local_directory, ignore_cleanup_errors=True) as folder:
            return _trained(assignment, Path(folder), _stopping(assignment.session, worker))
    except NnlabError as error:
        return Result(TrialOutcome(number, "failed", str(error), error.exit_code))
    except OSError as error:
        return Result(TrialOutcome(number, "failed", f"{worker.local_directory}: {error.strerror}", 5))


def _trained(assignment: Assignment, parent: Path, stop: Callable[[], bool]) -> Result:
    original = assignment.task
    experiment = with_data_here(original.experiment)
    if assignment.checksums is not None:
        _check_data(experiment, assignment.checksums)
    task = replace(original, experiment=experiment, folder=parent / original.folder.name)
    if assignment.files:
        here = {LOCATIONS: data_locations(experiment.data, task.folder)}
        write_files(with_environment(assignment.files, here), task.folder)
    outcome = run_trial(task, stop)
    return Result(_with_folder_of(original, task, outcome), files_of(task.folder))


def _with_folder_of(original: TrialTask, task: TrialTask, outcome: TrialOutcome) -> TrialOutcome:
    """The outcome with the trial's folder in its message, in place of the worker's temporary one."""
    return replace(outcome, message=outcome.message.replace(str(task.folder), str(original.folder)))


# The sweeps that asked to stop; each has a random name, so that none is ever asked for twice.
_stopped: set[str] = set()


def ask_to_stop(session: str) -> None:
    """Let the trials of a sweep in this process end after their current step."""
    _stopped.add(session)


def _stopping(session: str, worker: Any) -> Callable[[], bool]:
    """Whether a sweep asked to stop, its client is gone, or the worker is closing; no call leaves the process."""
    key = worker.get_current_task()

    def stop() -> bool:
        task = worker.state.tasks.get(key)
        wanted = task is not None and task.state == "executing"
        return session in _stopped or not wanted or worker.status.name not in ("running", "paused")

    return stop


def _check_data(experiment: Experiment, expected: Mapping[str, str]) -> None:
    found = checksums_of(experiment)
    for name in changed_data({"data_sha256": expected}, found):
        raise UsageError(
            f"{name}: has SHA-256 {found.get(name)} on this worker, but {expected.get(name)} where the sweep runs; "
            "copy the file there, or accept the difference with --allow-drift"
        )


def checksums_of(experiment: Experiment) -> dict[str, str]:
    """The checksums of an experiment's data, which stays in memory; raises DataError where it cannot be read."""
    rng = make_streams(experiment.rng, experiment.seed).rng(Purpose.DATASET)
    return dict(DATASETS.read(experiment.data, rng).checksums)


def with_data_here(experiment: Experiment) -> Experiment:
    """The experiment with each file of its data where this machine has it.

    That is at the client's path, else at the path in the spec seen from the working folder, else under its name in the
    working folder or in the data folder. Raises DataError for a file that is at none of them.
    """
    source = experiment.data
    found: dict[str, Any] = {
        parameter.name: _path_here(getattr(source, parameter.name))
        for parameter in hyperparameters(type(source))
        if parameter.mark(FilePath) is not None and isinstance(getattr(source, parameter.name), FoundPath)
    }
    return replace(experiment, data=replace(source, **found)) if found else experiment


def _path_here(path: FoundPath) -> FoundPath:
    name = PureWindowsPath(path.written).name  # the last part, whichever system wrote it
    here = [Path(path), Path.cwd() / path.written, Path.cwd() / name, data_folder() / name]
    existing = next(filter(_exists, here), None)
    if existing is None:
        places = ", ".join(map(str, dict.fromkeys(here)))
        raise DataError(
            f"{path.written}: is not on this machine (not found: {places}); copy it to one of these places, or name "
            f"its folder in {FOLDER_VARIABLE} when the worker starts"
        )
    return FoundPath(str(existing.absolute()), path.written)


def _exists(path: Path) -> bool:
    with suppress(OSError, ValueError):  # in a folder of another user; with characters that no path may have here
        return path.exists()
    return False
