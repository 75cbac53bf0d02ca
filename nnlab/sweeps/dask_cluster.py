"""The connection to the scheduler of a Dask cluster."""

import logging
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any, Protocol

from nnlab.errors import RunError, UsageError
from nnlab.storage.checked_files import check_file, parsed_json
from nnlab.text import one_line, quote

CONNECT_SECONDS = 5.0
LARGEST_SCHEDULER_FILE = 1 << 20


class SchedulerLostError(Exception):
    """The scheduler does not answer any more."""


class WorkerLostError(Exception):
    """A worker died with a call, or the call was cancelled."""


class Call(Protocol):
    """A function call on a worker."""

    def when_done(self, function: Callable[[], None]) -> None:
        """Call a function, in any thread, once the result, an exception or the loss of the call is known."""
        ...

    def result(self) -> Any:
        """What the call returned; raises its exception, or WorkerLostError."""
        ...

    def cancel(self) -> None:
        """Forget the call; :meth:`result` raises WorkerLostError."""
        ...


class Cluster(Protocol):
    """The workers of one scheduler."""

    address: str

    def workers(self) -> dict[str, int]:
        """The address of each worker with its number of threads; raises SchedulerLostError."""
        ...

    def submit(self, function: Callable[[Any], Any], argument: object, worker: str, key: str) -> Call:
        """Call ``function(argument)`` on one worker, never on another one and never a second time."""
        ...

    def tell(self, function: Callable[[Any], None], argument: object, workers: Sequence[str]) -> None:
        """Call ``function(argument)`` on workers at once, beside what they compute."""
        ...

    def close(self) -> None:
        """Leave the cluster, which goes on running."""
        ...


class DaskCluster:
    """The cluster of a scheduler, given by its address or by the file that ``dask scheduler`` wrote.

    Raises UsageError where the extra ``dask`` is missing, or where no scheduler answers within ``seconds``.
    """

    def __init__(self, scheduler: str, seconds: float = CONNECT_SECONDS) -> None:
        distributed = _distributed()
        self.address = scheduler_address(scheduler)
        try:
            self._client: Any = distributed.Client(self.address, timeout=seconds, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError, ImportError) as error:
            reason = one_line(str(error) or type(error).__name__, 200)
            raise UsageError(
                f"--dask: no scheduler answers at {quote(self.address, 200)} within {seconds:g} seconds ({reason}); "
                "start one with dask scheduler, and on each machine dask worker tcp://HOST:8786 --nthreads 1"
            ) from None

    def workers(self) -> dict[str, int]:
        client = self._client
        while client.status == "connecting":  # until it succeeds or gives up, and is closed
            sleep(0.05)
        try:
            if client.status != "running":
                raise SchedulerLostError(self.address)
            return dict(client.nthreads())
        except Exception as error:
            raise SchedulerLostError(self.address) from error

    def submit(self, function: Callable[[Any], Any], argument: object, worker: str, key: str) -> Call:
        options = {"key": key, "workers": [worker], "allow_other_workers": False, "retries": 0, "pure": False}
        return _DaskCall(self._client.submit(function, argument, **options))

    def tell(self, function: Callable[[Any], None], argument: object, workers: Sequence[str]) -> None:
        self._client.run(function, argument, workers=list(workers), on_error="ignore")

    def close(self) -> None:
        self._client.close(timeout=CONNECT_SECONDS)


class _DaskCall:
    def __init__(self, future: Any) -> None:
        self._future = future

    def when_done(self, function: Callable[[], None]) -> None:
        self._future.add_done_callback(lambda future: function())

    def result(self) -> Any:
        from distributed import KilledWorker

        try:
            return self._future.result()
        except (CancelledError, KilledWorker) as error:
            raise WorkerLostError("its worker died") from error

    def cancel(self) -> None:
        with suppress(Exception):  # of a scheduler that is gone
            self._future.cancel()


def scheduler_address(scheduler: str) -> str:
    """The address that ``--dask`` names, itself or in a scheduler file; raises UsageError."""
    path = Path(scheduler)
    if "://" in scheduler or not (scheduler.endswith(".json") or path.exists()):
        return scheduler
    try:
        check_file(path, LARGEST_SCHEDULER_FILE)
        found = parsed_json(path.read_bytes())
        address = found["address"]
        if isinstance(address, str):
            return address
    except RunError as error:
        raise UsageError(f"--dask: {error}; dask scheduler --scheduler-file {path} writes it") from None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(f"--dask: {path}: is not a file of dask scheduler --scheduler-file")


def _distributed() -> Any:
    """The package, quiet: nnlab reports itself what a user needs to know."""
    try:
        import distributed
        from distributed.versions import VersionMismatchWarning
    except ImportError as error:
        raise UsageError(
            f"--dask: needs the package distributed ({one_line(str(error), 200)}); pip install 'nnlab-runner[dask]'"
        ) from None
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)  # versions are compared in dask_checks
    warnings.filterwarnings("ignore", message="Sending large graph")  # the checkpoints of a resumed trial
    return distributed
