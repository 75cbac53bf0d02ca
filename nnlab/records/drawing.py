"""Whether all pictures of a finished run or descent were drawn: a mark in its folder tells until they are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nnlab.errors import RunError
from nnlab.metrics import PRIMARY
from nnlab.records.formats import FolderKind
from nnlab.storage.checked_files import check_file
from nnlab.storage.disk import atomic_write, remove
from nnlab.storage.layout import PLOTS_FOLDER

MARK = ".unfinished"
MAX_MARK_BYTES = 1 << 12
# The pictures of which each kind always has one. Descents and runs of version 0.1.0 have no mark.
_FIRST = {"run": (PRIMARY,), "descent": ("values", "field")}


def begin_drawing(run: Path, kinds: Sequence[str]) -> None:
    """Note that these kinds of pictures are about to be drawn; a disk that refuses will say so to the pictures."""
    with suppress(OSError):
        atomic_write(run / PLOTS_FOLDER / MARK, "".join(f"{kind}\n" for kind in kinds).encode())


@contextmanager
def last_pictures(run: Path) -> Iterator[None]:
    """Remove the mark once the body has drawn what is left to be drawn, or found that it cannot be.

    It stays where the body is interrupted or the disk refuses.
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
    """The kinds that were about to be drawn when the run was stopped; none where all were drawn."""
    path = run / PLOTS_FOLDER / MARK
    try:
        check_file(path, MAX_MARK_BYTES)
        return path.read_text(encoding="utf-8", errors="replace").split()
    except (RunError, OSError):
        return []


def lacks_pictures(run: Path, kind: FolderKind) -> bool:
    """Whether pictures of a finished run or descent are missing, since it was stopped while drawing."""
    plots = run / PLOTS_FOLDER
    if kind not in _FIRST or not plots.is_dir():
        return False
    return (plots / MARK).exists() or not any(found for name in _FIRST[kind] for found in plots.glob(f"{name}.*"))


def _end(run: Path) -> None:
    with suppress(OSError):
        remove(run / PLOTS_FOLDER / MARK)
