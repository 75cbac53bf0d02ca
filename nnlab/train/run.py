"""One whole run: from an experiment to a finished run folder."""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from nnlab.config.data_paths import PLACES, places_of
from nnlab.config.experiment import Experiment, as_experiment
from nnlab.core.arrays import Array
from nnlab.core.rows import Row
from nnlab.core.signals import stop_on_signal
from nnlab.data.pipeline.batches import BatchLoader
from nnlab.engine.build import Prepared, make_training, prepare
from nnlab.engine.loop import Training, train
from nnlab.engine.predictions import Trained
from nnlab.errors import BugError, Diverged, Interrupted, NnlabError, RunError
from nnlab.figures.run_pictures import BY_TRAINING, KINDS, draw_all, naming_picture
from nnlab.figures.run_view import RunView
from nnlab.plots.curves import FILES, plot_run
from nnlab.plots.notices import noticed_by
from nnlab.records.checkpoint import checkpoint_files
from nnlab.records.drawing import begin_drawing, last_pictures
from nnlab.records.environment import describe_environment
from nnlab.records.formats import LOG_FILE
from nnlab.records.reader import read_run
from nnlab.records.result_line import result_line
from nnlab.records.run_folder import RunFolder
from nnlab.text import one_line
from nnlab.train.balance import majority_note, recall, recall_line
from nnlab.train.checkpoints import Checkpoints
from nnlab.train.diagnostics import Diagnostics
from nnlab.train.prediction import predict
from nnlab.train.reporting import EvaluationLines, Reporter, Silent
from nnlab.train.snapshots import Snapshots

# A network that learns nothing stays at the loss of chance; so far above it, training has made it worse.
WORSE = 1.2


@dataclass(frozen=True)
class RunResult:
    """Where a run was written, its name, and its summary."""

    path: Path
    name: str
    summary: dict[str, Any]

    def predict(self, x: object, *, probabilities: bool = False, check_range: bool = True) -> Array:
        """The class of each raw sample: see :meth:`nnlab.train.prediction.TrainedNetwork.predict`."""
        return predict(self, x, probabilities=probabilities, check_range=check_range)


def run(
    spec: Experiment | Path | str | Mapping[str, Any], runs: Path | str = "runs", reporter: Reporter | None = None
) -> RunResult:
    """Train an experiment, the spec of a path, or a dict of what a spec says, and write its run folder under ``runs``.

    Raises UsageError or DataError before a folder is made when the experiment cannot start; Diverged when the loss
    is no longer finite; Interrupted after a signal; RunError when the folder cannot be written. In the last three
    cases the folder holds what was done until then, with its status.
    """
    experiment = as_experiment(spec)
    return run_in(lambda: RunFolder.create(Path(runs), experiment.name), experiment, reporter)


def run_in(
    make_folder: Callable[[], RunFolder],
    experiment: Experiment,
    reporter: Reporter | None = None,
    drift: Sequence[str] = (),
) -> RunResult:
    """Like :func:`run`, in a folder that is made once everything has been checked.

    ``drift`` is what is not as it was when the experiment that this run is a part of began; it is recorded.
    """
    # One thread for each matrix product: the threads are nnlab's own, and how many there are changes no bit.
    with threadpool_limits(limits=1, user_api="blas"):
        setting = set_up(experiment)
        environment = setting.environment() | ({"drift": list(drift)} if drift else {})
        return train_and_record(setting, setting.training, make_folder(), reporter or Silent(), environment)


@dataclass(frozen=True)
class Setting:
    """An experiment with its data and its network before the first update."""

    experiment: Experiment
    prepared: Prepared
    training: Training
    trained: Trained

    def environment(self) -> dict[str, Any]:
        """What the run depends on besides its spec."""
        return environment_of(self.prepared)


def environment_of(prepared: Prepared) -> dict[str, Any]:
    """What a run on this data depends on besides its spec."""
    return describe_environment(prepared.dataset.checksums) | {"shards": prepared.shards}


def set_up(experiment: Experiment) -> Setting:
    """Check everything and draw starting values; raises UsageError or DataError when the experiment cannot start."""
    prepared = prepare(experiment)
    if experiment.train.batch_size is None:  # so that the run's spec says which number it was
        experiment = replace(experiment, train=replace(experiment.train, batch_size=prepared.batches.batch_size))
    training = make_training(experiment, prepared)
    return Setting(experiment, prepared, training, Trained.begin(prepared.dataset, prepared.network, experiment.loss))


def train_and_record(
    setting: Setting,
    training: Training,
    folder: RunFolder,
    reporter: Reporter,
    environment: Mapping[str, Any],
    before: float = 0.0,
) -> RunResult:
    """Train from where ``training`` starts, which took ``before`` seconds, and write everything into the folder."""
    experiment, prepared, settings = setting.experiment, setting.prepared, setting.experiment.train
    environment = {**environment, PLACES: places_of(experiment.data, folder.path)}
    with _failures_recorded(folder), stop_on_signal() as stop:
        parameters, spec_sha256 = prepared.network.parameter_count, experiment.sha256()
        folder.write_start(experiment.to_yaml(), environment, parameters, spec_sha256, before)
        lines = EvaluationLines(folder, reporter, training.iterations, training.eval_every)
        went_before = f", going on after step {training.start:,}" if training.start else ""
        lines.say(f"{experiment.name}: {parameters:,} parameters, {training.iterations:,} iterations{went_before}")
        majority = majority_note(prepared.dataset, experiment.loss)
        for note in filter(None, (*prepared.dataset.notes, majority, *folder.take_unsupported())):
            lines.say(note)
        probe = BatchLoader(prepared.dataset.train, experiment.dtype)
        chunk = training.evaluation.chunk
        last_update = training.last_update
        diagnostics = [Diagnostics(prepared.network, last_update, probe, chunk, folder)] if last_update else []
        snapshots = Snapshots(
            prepared.network, folder, training.iterations, settings.snapshots, spec_sha256, training.start
        )
        facts = {"spec": experiment.resolved(), "spec_sha256": spec_sha256, "iterations": training.iterations}
        checkpoints = Checkpoints(training, folder, settings.checkpoint_every, facts, before)
        with reporter.watch(training.iterations) as observers:
            outcome = train(training, [folder, lines, *diagnostics, snapshots, *observers], stop, checkpoints)
        saved = outcome.steps if outcome.restored is None else outcome.restored
        messages = [outcome.message]
        if outcome.status == "completed":
            messages.append(worse_than_chance(folder.row(saved), setting))
        message = "; ".join(filter(None, messages))
        for diagnosis in diagnostics if saved > 0 else ():
            diagnosis.write_histograms(saved)
        snapshots.finish(saved)
        if message:  # that of a divergence is shown as the error it ends with
            (folder.log if outcome.status == "diverged" else lines.say)(message)
        folder.write_model(prepared.network.state(), spec_sha256, prepared.dataset.inputs)
        recalls = recall(setting.trained)
        if line := recall_line(recalls):
            lines.say(line)
        folder.check_in_place()
        drawn = [kind for kind in KINDS if settings.diagnostics or kind in BY_TRAINING]
        begin_drawing(folder.path, drawn)
        summary = folder.finish(outcome.status, before + outcome.seconds, message, outcome.restored, recalls)
        folder.log(result_line(experiment.name, summary))
        record = cache(partial(read_run, folder.path))
        with noticed_by(lines.say):
            with _only_said(lines.say), naming_picture(folder.path, " and ".join(FILES)):
                plot_run(record(), folder.plots)
            with _only_said(lines.say), last_pictures(folder.path):
                kinds = [kind for kind in drawn if kind not in FILES]
                draw_all(RunView(record(), lambda: setting.trained), folder.plots, lines.say, kinds)
    if outcome.status == "diverged":
        raise Diverged(f"{outcome.message}\nthe run up to step {outcome.steps} is in {folder.path}")
    if stop.signal is not None:
        goes_on = f"everything is saved in {folder.path}, and {_going_on(folder.path)}"
        ended = f"the run was {outcome.status} already and is in {folder.path}"
        where = goes_on if outcome.status == "interrupted" else ended
        raise Interrupted(stop.signal, f"stopped after step {outcome.steps}; {where}")
    return RunResult(folder.path, experiment.name, summary)


def worse_than_chance(row: Row | None, setting: Setting) -> str:
    """In words, that a training ended with a higher loss than equal scores for all classes have; else empty."""
    loss = None if row is None else row["train_loss"]
    classes, lr = setting.prepared.dataset.classes, setting.experiment.optimizer.lr
    chance = setting.experiment.loss.reported.chance(classes)
    if loss is None or loss <= WORSE * chance:
        return ""
    return (
        f"the training ended worse than chance: train loss {loss:.4g}, but the same scores for all {classes} classes "
        f"give {chance:.4g}; the usual cause is a learning rate that is too large (here {lr:g}): try a tenth of it"
    )


@contextmanager
def _only_said(say: Callable[[str], None]) -> Iterator[None]:
    """Pictures that fail are told in a line; the run has ended as its summary says."""
    try:
        yield
    except OSError as error:
        say(f"the pictures cannot be written: {error.strerror or error}")
    except Exception as error:
        say(str(error) if isinstance(error, NnlabError) else f"the pictures cannot be drawn: {one_line(repr(error))}")


@contextmanager
def _failures_recorded(folder: RunFolder) -> Iterator[None]:
    """Whatever ends a run before its time, its folder says so, and the error says where."""
    try:
        yield
    except OSError as error:
        if not folder.path.is_dir():
            raise RunError(
                f"{folder.path}: was renamed or removed while the run was being written; "
                "if it was renamed, nnlab train --resume resumes it under its new name"
            ) from error
        message = f"{folder.path}: cannot be written: {error.strerror or error}"
        folder.fail("failed", message)
        begun = f"; once it can, {_going_on(folder.path)}" if folder.status else ""
        raise RunError(f"{message}{begun}") from error
    except Interrupted as error:
        folder.fail("interrupted", str(error))
        known = {
            None: "nothing had been recorded yet",
            "interrupted": _going_on(folder.path),
        }
        ended = (
            f"the run was {folder.status} already and is in {folder.path}; nnlab plot {folder.path} draws its pictures"
        )
        where = known.get(folder.status, ended)
        raise Interrupted(error.exit_code - 128, f"stopped at once; {where}") from error
    except MemoryError:
        folder.fail("failed", "out of memory")
        raise
    except Exception as error:
        if isinstance(error, NnlabError):
            folder.log(str(error))
            folder.fail("failed", str(error))
            raise
        folder.log(traceback.format_exc())
        folder.fail("failed", repr(error))
        raise BugError(error, folder.path / LOG_FILE) from error
    except BaseException as error:
        folder.fail("failed", repr(error))
        raise
    finally:
        folder.close()


def _going_on(path: Path) -> str:
    """What resuming a run will do."""
    command = f"nnlab train --resume {path}"
    return f"{command} goes on" if checkpoint_files(path) else f"{command} begins again, for want of a checkpoint"
