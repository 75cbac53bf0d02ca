"""One run: from an experiment to a finished run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from nnlab.config.loading import Spec, as_experiment
from nnlab.config.overrides import Overrides
from nnlab.config.recorded_data import LOCATIONS, QUESTION, data_locations
from nnlab.core.arrays import Array
from nnlab.core.signals import stop_on_signal
from nnlab.engine.loop import Observer, Outcome, train
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, Interrupted
from nnlab.plugins.recorded import files_of, record_of
from nnlab.records.environment import describe_environment
from nnlab.records.result_line import result_line, run_html, short_line
from nnlab.records.run_folder import RunFolder
from nnlab.train.balance import recall, recall_line
from nnlab.train.callbacks import ObserverFailed, UserObserver, adapted, check_observers
from nnlab.train.checkpoints import CheckpointWriter
from nnlab.train.diagnostics import Diagnostics
from nnlab.train.failures import already_ended, failures_recorded, resume_hint
from nnlab.train.options import DEFAULT, RunOptions
from nnlab.train.progress import Progress, reporting
from nnlab.train.recorded_counts import RecordedCounts
from nnlab.train.reporting import EvaluationLines, Reporter, opening_lines, worse_than_chance
from nnlab.train.snapshots import Snapshots
from nnlab.train.tensorboard import check_tensorboard, event_files
from nnlab.train.trained_run import RunQuestions, TrainedRun, read_run

if TYPE_CHECKING:
    from nnlab.train.pictures import TrainingPictures


@dataclass(frozen=True, repr=False)
class RunResult(RunQuestions):
    """Where a run was written, its name, and its summary."""

    path: Path
    name: str
    summary: dict[str, Any]

    def __repr__(self) -> str:
        return short_line(self.name, self.summary["status"], self.summary["final"], self.summary["steps"])

    def _repr_html_(self) -> str:
        """Its metrics as a table."""
        summary = self.summary
        return run_html(self.name, summary["status"], summary, summary["final"], summary["best"], self.path)

    @property
    def status(self) -> str:
        """How it ended: completed, diverged, interrupted or failed."""
        return str(self.summary["status"])

    @cached_property
    def record(self) -> TrainedRun:
        """What the run folder holds."""
        return read_run(self.path)

    @property
    def metrics(self) -> Mapping[str, Array]:
        """The columns of metrics.csv, an entry for each evaluation; NaN where there is no value."""
        return self.record.metrics

    @property
    def steps(self) -> Mapping[str, Array]:
        """The columns of steps.csv, an entry for each update."""
        return self.record.steps


def run(
    spec: Spec,
    runs: Path | str = "runs",
    reporter: Reporter | None = None,
    *,
    overrides: Overrides = (),
    progress: Progress = "auto",
    observers: Sequence[UserObserver] = (),
    pictures: bool = True,
) -> RunResult:
    """Train an experiment and write its run folder: ``run("adam", overrides={"optimizer.lr": 0.1})``.

    ``spec`` is the path of a spec, the name of a bundled config, a dict of what a spec says, YAML text or an
    experiment; ``overrides`` change it as ``-s`` does: ``{"optimizer.lr": 0.1}`` or ``["optimizer.lr=0.1"]``. The
    folder is made under ``runs``.

    ``progress``: ``"auto"`` shows one output with curves in a notebook and nothing in a script; True shows lines on
    stderr in a script; ``"lines"`` shows lines everywhere; False nothing. ``reporter`` takes its place.

    Each of the ``observers`` is a function of step, objective, row and network, which is called before the first update
    and after each one (:data:`nnlab.train.callbacks.Callback`), or an object with ``on_step(step, objective)`` or
    ``on_evaluation(row)``. It must not change the network. What it raises ends the run as failed and is raised here.

    With ``pictures=False`` none are drawn; otherwise ``train.pictures`` of the spec decides.

    Raises UsageError or DataError before a folder is made when the experiment cannot start; Diverged when a number is
    no longer finite (objective, gradient, weights, an evaluation); Interrupted after a signal; RunError when the folder
    cannot be written. In the last three cases the folder holds what was done until then, with its status.
    """
    check_observers(observers)
    return run_with(RunOptions(pictures=pictures, observers=observers), spec, runs, reporter, overrides, progress)


def run_with(
    options: RunOptions,
    spec: Spec,
    runs: Path | str,
    reporter: Reporter | None = None,
    overrides: Overrides = (),
    progress: Progress = "auto",
) -> RunResult:
    """As :func:`run`, with all options of a training."""
    with reporting(progress, reporter) as shown:
        experiment = as_experiment(spec, overrides)
        check_tensorboard(experiment)
        try:
            with one_blas_thread():
                setup = RunSetup(experiment).allocate()
                environment = environment_of(setup)
                folder = RunFolder.create(Path(runs), experiment.name, setup.evaluation.columns)
                return train_and_record(setup, folder, shown, environment, options=options)
        except ObserverFailed as failure:
            users = failure.error
    raise users


def one_blas_thread() -> threadpool_limits:
    """One thread for each matrix product: nnlab has threads of its own, whose number changes no bit of a result."""
    return threadpool_limits(limits=1, user_api="blas")


def environment_of(setup: RunSetup) -> dict[str, Any]:
    """What a run depends on besides its spec."""
    samples = {name: len(split) for name, split in setup.dataset.splits.items()}
    question = {QUESTION: setup.experiment.question} if setup.experiment.question else {}
    own = record_of(setup.experiment) | question
    return describe_environment(setup.dataset.checksums) | {"shards": setup.shard_count, "samples": samples} | own


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

    with failures_recorded(folder), stop_on_signal(ended) as stop, event_files(setup, folder) as events:
        pictures = _pictures(setup, folder) if options.pictures and experiment.train.pictures else None
        spec_sha256 = experiment.sha256()
        folder.write_plugins(files_of(experiment))
        folder.write_start(experiment.to_yaml(), environment, network.parameter_count, spec_sha256, seconds)
        for event_file in events:
            event_file.begin()
        lines = EvaluationLines(folder, reporter, setup)
        for line in (*opening_lines(setup), *folder.take_unsupported()):
            lines.say(line)
        diagnostics = Diagnostics(setup, setup.last_update, folder) if setup.last_update else None
        snapshots = Snapshots(setup, folder, spec_sha256)
        checkpointer = CheckpointWriter(setup, folder, spec_sha256, seconds)
        observers: list[Observer] = [
            RecordedCounts(setup, folder),
            folder,
            lines,
            *([diagnostics] if diagnostics else []),
            snapshots,
            *events,
        ]
        own = adapted(options.observers, setup)
        with reporter.watch(setup.iterations) as live:
            outcome = train(setup, [*observers, *live, *own], stop, checkpointer)

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
        for event_file in events:
            event_file.end(outcome.status)
        if pictures:
            pictures.begin()
        summary = folder.finish(outcome.status, seconds + outcome.seconds, message, outcome.restored, recalls)
        line = result_line(experiment.name, summary)
        folder.log(line)
        if outcome.status == "completed":
            options.on_result(line, folder.path)
        if pictures:
            pictures.draw(lines.say)
        for event_file in events:
            event_file.add_pictures(lines.say)
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
