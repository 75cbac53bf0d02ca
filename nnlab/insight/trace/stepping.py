"""Trains to a step with the engine's own loop and records that step."""

from collections.abc import Callable
from pathlib import Path

from nnlab.core.rows import Row
from nnlab.data.pipeline.batches import Batch
from nnlab.engine.evaluation import Evaluation
from nnlab.engine.loop import train
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import Diverged, RunError, UsageError
from nnlab.insight.trace.recorder import Recorder, StepRecord
from nnlab.records.checkpoint import checkpoint_files, read_checkpoint
from nnlab.storage.layout import step_of
from nnlab.train.checkpoints import most_bytes, restore
from nnlab.train.run import one_blas_thread


class _Recorded(Exception):
    """The step was made; ends the loop, which has no more to do."""


class _EndAfter:
    """Ends the training after a step, and reports the steps before it."""

    def __init__(self, step: int, report: Callable[[int], None]) -> None:
        self._step, self._report = step, report

    def on_step(self, step: int, objective: float) -> None:
        self._report(step)
        if step == self._step:
            raise _Recorded

    def on_evaluation(self, row: Row) -> None:
        """Nothing: evaluations change no weight."""


class _NoEvaluation(Evaluation):
    """Measures nothing, where neither schedule nor early stopping reads what is measured."""

    def __init__(self) -> None:
        self.records = {}

    def row(self, step: int, epoch: float, lr: float, last_batch: Callable[[], Batch]) -> dict[str, float | None]:
        return {"step": step}


def record_step(
    setup: RunSetup,
    step: int,
    *,
    sample: int = 0,
    wanted: Callable[[str], bool] = lambda name: True,
    report: Callable[[int], None] = lambda step: None,
) -> tuple[StepRecord, str]:
    """Train an allocated set-up up to a step and record it; also what went wrong in it, empty where nothing did.

    Raises UsageError where training ends before this step, Diverged where it diverges before.
    """
    settings = setup.experiment.train
    recorder = Recorder(setup, step, sample, wanted)
    if not (settings.schedule.plateau or settings.early_stopping):
        setup.evaluation = _NoEvaluation()
    try:
        with one_blas_thread():
            outcome = train(setup, [_Observing(recorder), _EndAfter(step, report)], stop=lambda: False)
    except _Recorded:
        message = ""
    else:
        message = outcome.reason
        if recorder.record is None and outcome.status == "diverged":
            raise Diverged(f"training diverges before step {step}: {message}; trace an earlier --step")
        if recorder.record is None:
            raise UsageError(f"--step: training ends after step {outcome.steps}: {message or 'that is the last one'}")
    assert recorder.record is not None
    return recorder.record, message


class _Observing:
    """Passes steps on to a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self.on_step = recorder.on_step

    def on_evaluation(self, row: Row) -> None:
        """Nothing: the step alone is recorded."""


def start_from_checkpoint(setup: RunSetup, run: Path, step: int) -> int:
    """Restore the newest checkpoint of a run before a step that fits the set-up exactly; returns its step, or 0."""
    for file in checkpoint_files(run):
        if (step_of(file) or step) >= step:
            continue
        try:
            checkpoint = read_checkpoint(file, most_bytes(setup))
        except RunError:
            continue
        if checkpoint.metadata["spec"] != setup.experiment.resolved() or (
            checkpoint.metadata["iterations"] != setup.iterations
        ):
            continue
        restore(setup, checkpoint)
        return checkpoint.step
    return 0
