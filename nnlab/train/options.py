"""Settings of a training that are not part of its spec."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlab.core.signals import never
from nnlab.data.dataset_source import ReadDataset
from nnlab.train.callbacks import UserObserver


def nothing(line: str, path: Path) -> None:
    """Show no result."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is trained, beside its spec; no digit of its tables and weights depends on it.

    ``threads`` stands in for ``compute.threads: auto``, None for one per core. Training ends, with a checkpoint, after
    the step at which ``stop`` is true or once ``pause_after`` updates are made; the run can then be resumed.
    ``read`` stands in for the reading of the dataset by its source. Without ``pictures`` none are drawn, and none count
    as missing. ``observers`` are the user's own. ``on_result`` is called with the result line and the folder of a
    completed run before its pictures are drawn, which takes longer than a small training.
    """

    pictures: bool = True
    threads: int | None = None
    stop: Callable[[], bool] = never
    pause_after: int | None = None
    read: ReadDataset | None = None
    observers: Sequence[UserObserver] = ()
    on_result: Callable[[str, Path], None] = nothing


DEFAULT = RunOptions()
