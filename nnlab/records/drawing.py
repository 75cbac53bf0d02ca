"""The marker file of pictures that are not yet drawn, in the folder of a finished run, descent or sweep."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nnlab.errors import RunError
from nnlab.metrics import DEFAULT_METRICS
from nnlab.records.formats import FolderKind
from nnlab.storage.checked_files import check_file
from nnlab.storage.disk import atomic_write, remove
from nnlab.storage.layout import PLOTS_FOLDER

MARK = ".unfinished"
MAX_MARK_BYTES = 1 << 12
# Each kind always has one of these pictures. Descents and runs of version 0.1.0 have no marker.
_FIRST = {"run": DEFAULT_METRICS, "descent": ("values", "field")}


def begin_drawing(run: Path, kinds: Sequence[str]) -> None:
    """Write the marker for these kinds of pictures; an error of the disk is left to the pictures."""
    with suppress(OSError):
        atomic_write(run / PLOTS_FOLDER / MARK, "".join(f"{kind}\n" for kind in kinds).encode())


@contextmanager
def last_pictures(run: Path) -> Iterator[None]:
    """Remove the marker after the body, which draws the last pictures or fails to.

    It is kept where the body is interrupted or the disk refuses.
    """
    try:
        yield
    except OSError:
        raise
    except Exception:
        _end(run)
        raise
    _end(run)


def unfinished_pictures(run: Path) -> list[str]:
    """The kinds of pictures that were not drawn when the run was stopped; empty where all were."""
    path = run / PLOTS_FOLDER / MARK
    try:
        check_file(path, MAX_MARK_BYTES)
        return path.read_text(encoding="utf-8", errors="replace").split()
    except (RunError, OSError):
        return []


def lacks_pictures(run: Path, kind: FolderKind) -> bool:
    """Whether pictures of a finished run, descent or sweep are missing because it was stopped while drawing."""
    plots = run / PLOTS_FOLDER
    if (plots / MARK).exists():
        return True
    if kind not in _FIRST or not plots.is_dir():
        return False
    return not any(found for name in _FIRST[kind] for found in plots.glob(f"{name}.*"))


def _end(run: Path) -> None:
    with suppress(OSError):
        remove(run / PLOTS_FOLDER / MARK)
