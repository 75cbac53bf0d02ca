"""The process of a local worker: it trains one trial after the other and keeps its imports and datasets.

Nothing heavy is imported before :func:`start` has limited the threads of BLAS.
"""

import gc
import os
import pickle
import signal
import sys
from multiprocessing import parent_process
from threading import Lock, Thread
from typing import TYPE_CHECKING, Protocol

from nnlab.core.signals import SIGNALS
from nnlab.errors import UsageError

if TYPE_CHECKING:
    from nnlab.sweeps.trial import TrialOutcome

SECONDS_TO_SAVE = 10.0
"""How long a trial may take for its current step and its checkpoint once the parent process has ended."""

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class Flag(Protocol):
    """A number in memory that processes share; reading it takes no lock, which a killed process could hold forever."""

    value: int


class _Worker:
    """What :func:`start` sets up in this process."""

    flag: Flag
    training = Lock()


def start(flag: Flag) -> None:
    """Set up the process; ``flag`` is not 0 once all trials are to stop."""
    _Worker.flag = flag
    for number in SIGNALS:
        # Ctrl-C reaches every process of a terminal. An idle worker leaves the decision to its parent; unlike SIG_IGN
        # a handler of its own lets stop_on_signal see the signal while a trial is training.
        signal.signal(number, _nothing)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.environ.update(dict.fromkeys(_BLAS_THREADS, "1"))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):  # the parent's: its results and its live view
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    Thread(target=_end_with_parent, daemon=True).start()
    import nnlab.sweeps.trial  # noqa: F401 - the first trial need not wait for it

    gc.freeze()  # a collection after each trial takes 1 ms instead of 25 without these modules


def train(number: int, pickled: bytes) -> "TrialOutcome":
    """Train a trial, a pickled TrialTask, until its end or until all trials are to stop."""
    from nnlab.sweeps.trial import TrialOutcome, run_trial

    try:
        task = pickle.loads(pickled)
    except Exception as error:
        advice = "define its components in a module: a worker process does not run the script again"
        return TrialOutcome(
            number, "failed", f"the experiment cannot be loaded ({error}); {advice}", UsageError.exit_code
        )
    with _Worker.training:
        outcome = run_trial(task, lambda: _Worker.flag.value != 0)
        gc.collect()  # networks are in reference cycles: those of some fifty trials would stay in memory
        return outcome


def _nothing(number: int, frame: object) -> None:
    """Ignore a signal."""


def _end_with_parent() -> None:
    """End this process after its parent, also where that was killed; a trial that is training saves first."""
    parent = parent_process()
    if parent is None:
        raise RuntimeError("this is not a worker process")
    parent.join()
    _Worker.flag.value = 1
    _Worker.training.acquire(timeout=SECONDS_TO_SAVE)
    os._exit(1)
