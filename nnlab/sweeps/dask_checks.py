"""Comparison of the workers of a cluster with the client: versions, BLAS, data."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from nnlab.errors import MOST_LINES, DataError, NnlabError, UsageError
from nnlab.records.environment import differences
from nnlab.sweeps.dask_cluster import WorkerLostError
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


def compare_worker(address: str, here: Description, there: Callable[[], Description]) -> WorkerCheck:
    """Compare the description that a worker returns with the client's own; raises WorkerLostError."""
    try:
        found = there()
    except WorkerLostError:
        raise
    except Exception as error:  # of the worker's import, or of distributed
        return WorkerCheck(address, error=UsageError(_cannot_describe(error)))
    differing = tuple(
        f"{key} is {worker} there, {client} here"
        for key, client, worker in differences(here.environment, found.environment)
    )
    return WorkerCheck(address, found.process, found.cores, differing, tuple(_other_versions(here, found)), found.error)


def described(checks: Iterable[WorkerCheck]) -> list[str]:
    """Errors, differences and notes of workers, one line for all workers that share it."""
    addresses: dict[str, list[str]] = {}
    for check in checks:
        notes = f"{'; '.join(check.notes)}, which changes no digit but may disturb Dask" if check.notes else ""
        texts = [str(check.error)] if check.error else ["; ".join(check.differences), notes]
        for text in filter(None, texts):
            addresses.setdefault(text, []).append(check.address)
    lines = [
        f"worker {first}{f' and {len(others)} more' if others else ''}: {text}"
        for text, (first, *others) in addresses.items()
    ]
    left = len(lines) - MOST_LINES
    return lines if left <= 0 else [*lines[:MOST_LINES], f"... and {left} more"]


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
    failed = [check for check in checks if check.error]
    if failed:
        kind = DataError if all(isinstance(check.error, DataError) for check in failed) else UsageError
        raise kind("\n".join(described(failed)))
    differing = [replace(check, notes=()) for check in checks if check.differences]
    if differing and not allow_drift:
        advice = "install the same versions there, or accept other digits with --allow-drift"
        raise UsageError("\n".join([*described(differing), advice]))
