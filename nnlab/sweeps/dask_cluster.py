"""The connection to the scheduler of a Dask cluster."""

import asyncio
import logging
import re
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Any, Protocol

from nnlab.errors import RunError, UsageError
from nnlab.storage.checked_files import check_file, parsed_json
from nnlab.text import one_line, quote

CONNECT_SECONDS = 5.0
LARGEST_SCHEDULER_FILE = 1 << 20
_ADDRESS = re.compile(r"((?P<protocol>tcp|tls)://)?(?P<place>(\[[0-9A-Fa-f:.%a-z]+\]|[\w.-]+):(?P<port>[0-9]{1,5}))")


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
        """Leave the cluster, which continues to run."""
        ...


class DaskCluster:
    """The cluster of a scheduler, given by its address or by the file that ``dask scheduler`` wrote.

    Raises UsageError where the extra ``dask`` is missing, or where no scheduler answers within ``seconds``.
    """

    def __init__(self, scheduler: str, seconds: float = CONNECT_SECONDS) -> None:
        distributed = _distributed()
        self.address = scheduler_address(scheduler)
        security = _security(distributed, self.address)
        try:
            _greet(self.address, seconds, security)
            self._client: Any = distributed.Client(
                self.address, timeout=seconds, security=security, set_as_default=False
            )
        except (OSError, ImportError, _NoSchedulerError) as error:
            reason = one_line(str(error) or type(error).__name__, 200)
            raise UsageError(
                f"--dask: no scheduler answers at {self.address} within {seconds:g} seconds ({reason}); start one with "
                f"dask scheduler, and on each machine dask worker {self.address} --nthreads 1"
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
    """The address that ``--dask`` names, itself or in a scheduler file, with its protocol; raises UsageError."""
    if address := _address(scheduler):
        return address
    path = Path(scheduler)
    try:
        check_file(path, LARGEST_SCHEDULER_FILE)
        if address := _address(str(parsed_json(path.read_bytes())["address"])):
            return address
    except RunError as error:
        raise UsageError(
            f"--dask: {quote(scheduler, 200)} is no address such as tcp://10.0.0.5:8786, and no file that dask "
            f"scheduler --scheduler-file wrote: {error}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(f"--dask: {path}: is not a file that dask scheduler --scheduler-file wrote")


def _address(text: str) -> str | None:
    """A complete address; None for anything else, which distributed would try for a long time."""
    found = _ADDRESS.fullmatch(text)
    return f"{found['protocol'] or 'tcp'}://{found['place']}" if found and 0 < int(found["port"]) < 1 << 16 else None


class _NoSchedulerError(Exception):
    """Something else answers at an address, such as a web server."""


def _greet(address: str, seconds: float, security: Any) -> None:
    """Connect once: a client of distributed that fails to connect cannot be closed, and waits for seconds at exit."""
    from distributed.comm import core

    connect: Any = core.connect

    async def greet() -> None:
        comm = await connect(address, timeout=seconds, **security.get_connection_args("client"))
        comm.abort()

    with ThreadPoolExecutor(1) as thread:  # this one may have an event loop, as in a notebook
        try:
            thread.submit(asyncio.run, greet()).result()
        except OSError:
            raise
        except Exception:
            raise _NoSchedulerError("what answers is no Dask scheduler") from None


def _security(distributed: Any, address: str) -> Any:
    """The certificates in Dask's configuration; raises UsageError where they do not fit the protocol."""
    try:
        security = distributed.Security()
        arguments = security.get_connection_args("client")
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--dask: the certificates in Dask's configuration cannot be read: {error}") from None
    tls = address.startswith("tls://")
    if tls and arguments.get("ssl_context") is None:
        variables = ", ".join(
            f"DASK_DISTRIBUTED__COMM__TLS__{name}" for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY")
        )
        raise UsageError(f"--dask: {address} needs certificates; name their files in {variables}")
    if not tls and arguments.get("require_encryption"):
        raise UsageError(f"--dask: Dask's configuration requires encryption, but {address} has none; use tls://")
    return security


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
