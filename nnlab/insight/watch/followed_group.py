"""A sweep or a cross-validation while it is written: its own files, and one of its runs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from nnlab.errors import RunError, reason_of
from nnlab.insight.watch.folder_place import FolderPlace
from nnlab.insight.watch.followed_run import GONE, NOT_BEGUN, SECONDS_BETWEEN_LIVENESS, FollowedRun
from nnlab.insight.watch.growing_files import ReplacedFiles, changed_at
from nnlab.records.crossval_folder import read_crossval_summary
from nnlab.records.formats import CRASHED, ENDED_TRIALS, fold_folders, trial_folders
from nnlab.records.sweep_folder import SweepRecord, read_sweep
from nnlab.storage.layout import ENVIRONMENT_FILE, SUMMARY_FILE, TRIALS_FILE, fold_folder, trial_folder
from nnlab.storage.lock import is_being_written

MOST_TIMED = 20
"""The time left follows from the durations of this many runs, those that ended last."""

MOST_COMPARED = 50


class FollowedGroup(ABC):
    """A folder of several runs: how many have ended, and the one that is shown, the newest unless another is chosen."""

    noun: str

    def __init__(self, path: Path) -> None:
        self._place = FolderPlace(path)
        self.status = NOT_BEGUN
        self.problem = ""
        self.summary: Mapping[str, Any] = {}
        self.numbers: Sequence[int] = ()
        self.ended: Sequence[int] = ()
        self.running: Sequence[int] = ()
        self.shown: FollowedRun | None = None
        self.shown_number: int | None = None
        self._chosen: int | None = None
        self._asked_at = -SECONDS_BETWEEN_LIVENESS
        self._begin(path)

    @abstractmethod
    def _begin(self, path: Path) -> None:
        """Follow the files of the folder at this path."""

    @abstractmethod
    def _read(self) -> None:
        """Set ``summary``, ``numbers`` and ``ended``; raises RunError."""

    @abstractmethod
    def _preferred(self) -> int | None:
        """The run to show once all have ended; None for the newest."""

    @abstractmethod
    def run(self, number: int) -> Path:
        """The folder of a run, counted from 1."""

    @property
    def path(self) -> Path:
        """Where the folder is now."""
        return self._place.path

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.name

    @property
    def message(self) -> str:
        """Why it failed or was interrupted; empty otherwise."""
        return str(self.summary.get("message") or "")

    @property
    def total(self) -> int:
        """How many runs it will have; 0 where that is not known."""
        return int(self.summary.get("trials", self.summary.get("folds", 0)))

    def look(self, *, whole: bool = False) -> None:
        """Read what is new, of the whole and of the run that is shown."""
        before = self.path
        if not self._place.find():
            self.status = GONE
            return
        if self.path != before:
            self._begin(self.path)
        try:
            self._read()
            self.problem = ""
        except RunError as error:
            self.problem = str(error)
        except OSError as error:
            self.problem = f"{self.path}: cannot be read: {reason_of(error)}"
        if monotonic() - self._asked_at >= SECONDS_BETWEEN_LIVENESS:
            self._asked_at = monotonic()
            self._ask()
        self._show(whole=whole)

    def choose(self, by: int) -> None:
        """Show the next (1) or previous (-1) run; beyond the last one the newest is followed again."""
        if self.shown_number not in self.numbers:
            return
        place = self.numbers.index(self.shown_number) + by
        self._chosen = self.numbers[max(place, 0)] if place < len(self.numbers) else None

    def seconds_of_ended(self) -> list[float]:
        """How long the runs took that ended last, from the times of their files."""
        spans = (
            changed_at(self.run(number) / SUMMARY_FILE) - changed_at(self.run(number) / ENVIRONMENT_FILE)
            for number in self.ended[-MOST_TIMED:]
        )
        return [span for span in spans if 0 < span < 1e8]

    def _ask(self) -> None:
        """Ask which processes are alive: those of the whole and of the runs that have not ended."""
        status = str(self.summary.get("status", NOT_BEGUN))
        alive = status in ("running", NOT_BEGUN) and is_being_written(self.path)
        self.status = CRASHED if status == "running" and not alive else status
        ended = set(self.ended)
        open_runs = (number for number in self.numbers if number not in ended)
        self.running = [number for number in open_runs if is_being_written(self.run(number))] if alive else ()

    def _show(self, *, whole: bool) -> None:
        self.shown_number = self._chosen if self._chosen in self.numbers else self._newest()
        path = None if self.shown_number is None else self.run(self.shown_number)
        if path is None:
            self.shown = None
        elif self.shown is None or self.shown.path != path:
            self.shown = FollowedRun(path)
        if self.shown is not None:
            self.shown.look(whole=whole)

    def _newest(self) -> int | None:
        """The run that began last: of those that are running, where there are any."""
        preferred = self._preferred()
        if not self.running and self.status != "running" and preferred in self.numbers:
            return preferred
        among = self.running or self.numbers[-MOST_COMPARED:]
        return max(among, key=lambda number: (changed_at(self.run(number) / ENVIRONMENT_FILE), number), default=None)


class FollowedSweep(FollowedGroup):
    """A sweep with one of its trials."""

    noun = "trial"
    record: SweepRecord | None = None

    def _begin(self, path: Path) -> None:
        self._files = ReplacedFiles(lambda: read_sweep(path), path / SUMMARY_FILE, path / TRIALS_FILE)

    def _read(self) -> None:
        self.record = self._files.get()
        self.numbers = _numbers(trial_folders(self.path), "trial-")
        if self.record:
            self.summary = self.record.summary
            self.ended = [row.number for row in self.record.trials if row.status in ENDED_TRIALS]

    def _preferred(self) -> int | None:
        best = self.summary.get("best")
        return best["trial"] if best else None

    def run(self, number: int) -> Path:
        return self.path / trial_folder(number)


class FollowedCrossval(FollowedGroup):
    """A cross-validation with one of its folds."""

    noun = "fold"

    def _begin(self, path: Path) -> None:
        self._files = ReplacedFiles(lambda: read_crossval_summary(path), path / SUMMARY_FILE)

    def _read(self) -> None:
        self.summary = self._files.get() or {}
        self.numbers = _numbers(fold_folders(self.path), "fold-")
        runs = self.summary.get("runs")
        self.ended = self.numbers[: len(runs)] if isinstance(runs, list) else ()

    def _preferred(self) -> int | None:
        return None

    def run(self, number: int) -> Path:
        return self.path / fold_folder(number)


def _numbers(paths: Sequence[Path], start: str) -> list[int]:
    return sorted(int(path.name.removeprefix(start)) for path in paths)
