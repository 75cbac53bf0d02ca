"""Comparison of the workers of a cluster with the client: versions, BLAS, data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnlab.errors import MOST_LINES, DataError, NnlabError, UsageError
from nnlab.records.environment import differences
from nnlab.sweeps.dask_tasks import Description
from nnlab.text import one_line


@dataclass(frozen=True)
class WorkerCheck:
    """What is known of a worker: how it differs from the client, or why it cannot train."""

    address: str
    process: str = ""
    cores: int = 1
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: NnlabError | None = None

    @property
    def line(self) -> str:
        """The differences, in one line."""
        return f"worker {self.address}: {'; '.join(self.differences)}"

    @property
    def lines(self) -> list[str]:
        """Everything to tell of a worker that trains."""
        notes = f"worker {self.address}: {'; '.join(self.notes)}, which changes no digit but may disturb Dask"
        return [*([self.line] if self.differences else []), *([notes] if self.notes else [])]


def compare_worker(address: str, here: Description, there: Callable[[], Description]) -> WorkerCheck:
    """Compare the description that a worker returns with the client's own."""
    try:
        found = there()
    except Exception as error:  # of the worker's import, or of distributed
        return WorkerCheck(address, error=UsageError(f"worker {address}: {_cannot_describe(error)}"))
    if found.error:
        return WorkerCheck(address, error=type(found.error)(f"worker {address}: {found.error}"))
    differing = tuple(
        f"{key} is {worker} there, {client} here"
        for key, client, worker in differences(here.environment, found.environment)
    )
    return WorkerCheck(address, found.process, found.cores, differing, tuple(_other_versions(here, found)))


def _cannot_describe(error: Exception) -> str:
    reason = one_line(f"{type(error).__name__}: {error}", 300)
    if isinstance(error, ImportError | AttributeError):
        return f"has no nnlab of this version ({reason}); install the same version there, with the extra dask"
    return f"does not answer ({reason}); install the same versions of nnlab and distributed there"


def _other_versions(here: Description, there: Description) -> list[str]:
    """Versions that change no digit, but may keep client and worker from understanding each other."""
    return [
        f"{name} is {there.communication.get(name)} there, {own} here"
        for name, own in here.communication.items()
        if there.communication.get(name) != own
    ]


def refuse_differing(checks: Sequence[WorkerCheck], *, allow_drift: bool) -> None:
    """Raise DataError where workers lack the data, and UsageError where they differ, unless ``allow_drift``."""
    failed = [check.error for check in checks if check.error]
    if failed:
        kind = DataError if all(isinstance(error, DataError) for error in failed) else UsageError
        raise kind(_lines([str(error) for error in failed]))
    differing = [check.line for check in checks if check.differences]
    if differing and not allow_drift:
        advice = "install the same versions there, or accept other digits with --allow-drift"
        raise UsageError(f"{_lines(differing)}\n{advice}")


def _lines(lines: list[str]) -> str:
    left = len(lines) - MOST_LINES
    return "\n".join(lines if left <= 0 else [*lines[:MOST_LINES], f"... and {left} more"])
