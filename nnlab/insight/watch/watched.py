"""What is watched: the run that was named, the ones beside it, and the newest one where ``last`` was named."""

from collections.abc import Callable
from pathlib import Path
from time import time

from nnlab.errors import RunError
from nnlab.insight.watch.followed_group import FollowedCrossval, FollowedGroup, FollowedSweep
from nnlab.insight.watch.followed_run import NOT_BEGUN, FollowedRun
from nnlab.insight.watch.frame import Followed
from nnlab.language import tr
from nnlab.records.formats import FolderKind, kind_of
from nnlab.records.run_names import LAST, find_run
from nnlab.text import one_line

KINDS: tuple[FolderKind, ...] = ("run", "crossval", "sweep")
UNENDED = ("running", NOT_BEGUN)
SECONDS_TO_BEGIN = 10.0
"""A run has a folder for a moment before it has a spec, by which it is found."""


class Watched:
    """The run, cross-validation or sweep that is shown.

    ``last`` follows the name, as ``tail -F`` does: once the run that is shown has ended, the next one that begins in
    ``runs`` is shown. While there is none yet, ``followed`` is None, unless it does not wait. Raises RunError where
    ``name`` is no such folder.
    """

    def __init__(self, name: str, runs: Path, *, waits: bool = True) -> None:
        self._runs = runs
        self._follows_newest = waits and name == LAST
        self._changed: int | None = None
        self.followed: Followed | None = None
        if self._follows_newest:
            self._find_newest()
        else:
            self.followed = follow(find_run(name, runs, *KINDS))

    @property
    def ended(self) -> bool:
        """Whether what is shown has ended, whatever its status."""
        return self.followed is not None and self.followed.status not in UNENDED

    @property
    def whole(self) -> FollowedGroup | None:
        """The sweep or cross-validation that is shown, if it is one."""
        return self.followed if isinstance(self.followed, FollowedGroup) else None

    @property
    def waiting_for(self) -> str:
        """What is waited for while there is nothing to show."""
        return tr("waiting for a run in {folder}", folder=one_line(str(self._runs), 200))

    def look(self, *, whole: bool = False) -> None:
        """Read what is new."""
        if self._follows_newest and (self.followed is None or self.ended):
            self._find_newest()
        if self.followed is not None:
            self.followed.look(whole=whole)

    def choose(self, by: int) -> None:
        """Show the next (1) or previous (-1) trial, fold, or run in the same folder."""
        if self.whole is not None:
            self.whole.choose(by)
            return
        if self.followed is None:
            return
        beside = sorted(path for path in self._beside(self.followed.path) if kind_of(path) in KINDS)
        if self.followed.path not in beside:
            return
        place = beside.index(self.followed.path) + by
        if 0 <= place < len(beside):
            self._follows_newest = False
            self.followed = follow(beside[place])

    def _beside(self, path: Path) -> list[Path]:
        try:
            return [other for other in path.parent.iterdir() if not other.name.startswith(".")]
        except OSError:
            return []

    def _find_newest(self) -> None:
        """Take the newest run, where the folder of runs has changed since the last time."""
        try:
            changed = self._runs.stat().st_mtime_ns
        except OSError:
            self._changed = None
            return
        if changed == self._changed and time() - changed / 1e9 > SECONDS_TO_BEGIN:
            return
        try:
            path = find_run(LAST, self._runs, *KINDS)
        except RunError:  # none yet
            return
        if self.followed is None or path != self.followed.path:
            self.followed = follow(path)
        self._changed = changed


def follow(path: Path) -> Followed:
    """Follow the folder of a run, a sweep or a cross-validation; raises RunError for anything else."""
    shown, kind = one_line(str(path), 300), kind_of(path)
    makers: dict[str | None, Callable[[Path], Followed]] = {
        "run": FollowedRun,
        "sweep": FollowedSweep,
        "crossval": FollowedCrossval,
    }
    if kind == "descent":
        raise RunError(f"{shown}: a descent, not a training; nnlab show and nnlab plot read it")
    if kind not in makers:
        what = "is not a run folder" if path.exists() else "no such run folder"
        raise RunError(f"{shown}: {what}")
    return makers[kind](path)
