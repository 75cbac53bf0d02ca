"""One trial of a sweep: a whole training run in the sweep's folder."""

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nnlab.config.experiment import Experiment


@dataclass(frozen=True)
class TrialTask:
    """What a worker needs to train a trial; can be pickled.

    ``threads`` stands in for ``compute.threads: auto`` and changes no digit. ``until`` is a number of steps after which
    the trial pauses; None trains it to its end.
    """

    number: int
    experiment: Experiment
    folder: Path
    threads: int
    until: int | None = None
    allow_drift: bool = False


@dataclass(frozen=True)
class TrialOutcome:
    """How a trial ended, in plain values.

    ``status`` is that of its run (completed, diverged, failed, interrupted), ``paused`` where it reached ``until``, or
    ``lost`` where its worker died. ``exit_code`` is that of the error, 0 without one.
    """

    number: int
    status: str
    message: str = ""
    exit_code: int = 0


class Workers(Protocol):
    """Where trials are trained: the processes of this machine, or those of a cluster."""

    slots: int

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        """Train a trial; the future never raises but has a status for everything, a dead worker included."""
        ...

    def stop(self) -> None:
        """Ask all running trials to save and end after their current step; what waits is not started."""
        ...

    def close(self) -> None:
        """End the workers."""
        ...
