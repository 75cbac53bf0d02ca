"""One run: from an experiment to a finished run folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from nnlab.config.experiment import Experiment
from nnlab.config.loading import as_experiment
from nnlab.config.recorded_data import LOCATIONS, QUESTION, data_locations
from nnlab.core.arrays import Array
from nnlab.core.signals import stop_on_signal
from nnlab.engine.loop import Observer, Outcome, train
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, Interrupted
from nnlab.inference.trained_network import predict
from nnlab.records.environment import describe_environment
from nnlab.records.result_line import result_line
from nnlab.records.run_folder import RunFolder
from nnlab.train.balance import recall, recall_line
from nnlab.train.checkpoints import CheckpointWriter
from nnlab.train.diagnostics import Diagnostics
from nnlab.train.failures import already_ended, failures_recorded, resume_hint
from nnlab.train.options import DEFAULT, RunOptions
from nnlab.train.reporting import EvaluationLines, Reporter, Silent, opening_lines, worse_than_chance
from nnlab.train.snapshots import Snapshots

if TYPE_CHECKING:
    from nnlab.train.pictures import TrainingPictures


@dataclass(frozen=True)
class RunResult:
    """Where a run was written, its name, and its summary."""

    path: Path
    name: str
    summary: dict[str, Any]

    def predict(self, x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
        """The class of each raw sample: see :meth:`nnlab.inference.trained_network.TrainedNetwork.predict`."""
        return predict(self, x, probabilities=probabilities, check_range=check_range)


def run(
    spec: Experiment | Path | str | Mapping[str, Any], runs: Path | str = "runs", reporter: Reporter | None = None
) -> RunResult:
    """Train an experiment, the spec of a path, or a dict of what a spec says, and write its run folder under ``runs``.

    Raises UsageError or DataError before a folder is made when the experiment cannot start; Diverged when a number is
    no longer finite (objective, gradient, weights, an evaluation); Interrupted after a signal; RunError when the folder
    cannot be written. In the last three cases the folder holds what was done until then, with its status.
    """
    experiment = as_experiment(spec)
    with one_blas_thread():
        setup = RunSetup(experiment).allocate()
        environment = environment_of(setup)
        folder = RunFolder.create(Path(runs), experiment.name, setup.evaluation.columns)
        return train_and_record(setup, folder, reporter or Silent(), environment)


def one_blas_thread() -> threadpool_limits:
    """One thread for each matrix product: nnlab has threads of its own, whose number changes no bit of a result."""
    return threadpool_limits(limits=1, user_api="blas")


def environment_of(setup: RunSetup) -> dict[str, Any]:
    """What a run depends on besides its spec."""
    samples = {name: len(split) for name, split in setup.dataset.splits.items()}
    question = {QUESTION: setup.experiment.question} if setup.experiment.question else {}
    return describe_environment(setup.dataset.checksums) | {"shards": setup.shard_count, "samples": samples} | question


def train_and_record(
    setup: RunSetup,
    folder: RunFolder,
    reporter: Reporter,
    environment: Mapping[str, Any],
    seconds: float = 0.0,
    options: RunOptions = DEFAULT,
) -> RunResult:
    """Train from ``setup.start`` on, before which training took ``seconds``, and write everything into the folder."""
    experiment, network = setup.experiment, setup.network
    environment = {**environment, LOCATIONS: data_locations(experiment.data, folder.path)}

    def ended() -> bool:
        paused = options.pause_after is not None and folder.step >= options.pause_after
        return paused or options.stop()

    with failures_recorded(folder), stop_on_signal(ended) as stop:
        pictures = _pictures(setup, folder) if options.pictures and experiment.train.pictures else None
        spec_sha256 = experiment.sha256()
        folder.write_start(experiment.to_yaml(), environment, network.parameter_count, spec_sha256, seconds)
        lines = EvaluationLines(folder, reporter, setup)
        for line in (*opening_lines(setup), *folder.take_unsupported()):
            lines.say(line)
        diagnostics = Diagnostics(setup, setup.last_update, folder) if setup.last_update else None
        snapshots = Snapshots(setup, folder, spec_sha256)
        checkpointer = CheckpointWriter(setup, folder, spec_sha256, seconds)
        observers: list[Observer] = [folder, lines, *([diagnostics] if diagnostics else []), snapshots]
        with reporter.watch(setup.iterations) as live:
            outcome = train(setup, [*observers, *live], stop, checkpointer)

        saved = outcome.steps if outcome.restored is None else outcome.restored
        if diagnostics and saved > 0:
            diagnostics.write_histograms(saved)
        snapshots.finish(saved)
        message = outcome.message
        if outcome.status == "completed":
            message = "; ".join(filter(None, (message, worse_than_chance(folder.row(0), folder.row(saved), setup))))
        if message:  # a divergence is shown by the error that the run ends with
            (folder.log if outcome.status == "diverged" else lines.say)(message)
        folder.write_model(network.state(), spec_sha256, setup.dataset.inputs)
        recalls = recall(network, setup.dataset)
        if line := recall_line(recalls):
            lines.say(line)
        folder.check_in_place()
        if pictures:
            pictures.begin()
        summary = folder.finish(outcome.status, seconds + outcome.seconds, message, outcome.restored, recalls)
        folder.log(result_line(experiment.name, summary))
        if pictures:
            pictures.draw(lines.say)
    _raise_unless_completed(outcome, folder, stop.signal)
    return RunResult(folder.path, experiment.name, summary)


def _pictures(setup: RunSetup, folder: RunFolder) -> "TrainingPictures":
    from nnlab.train.pictures import TrainingPictures  # loads matplotlib, which not every training needs

    return TrainingPictures(setup, folder)


def _raise_unless_completed(outcome: Outcome, folder: RunFolder, signal: int | None) -> None:
    if outcome.status == "diverged":
        raise Diverged(f"{outcome.message}\nthe run up to step {outcome.steps} is in {folder.path}")
    if signal is not None:
        where = already_ended(folder)
        if outcome.status == "interrupted":
            where = f"everything is saved in {folder.path}, and {resume_hint(folder.path)}"
        raise Interrupted(signal, f"stopped after step {outcome.steps}; {where}")
