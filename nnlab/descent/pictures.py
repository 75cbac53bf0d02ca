"""The pictures of a descent, from its paths or from its folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nnlab.config.descent import Descent
from nnlab.descent.path import DescentPath, labels
from nnlab.errors import UsageError
from nnlab.plots.descent import FILES, RACE, descent_pictures
from nnlab.plots.palette import in_format
from nnlab.plots.plane import Drawing
from nnlab.records.descent_reader import read_descent, read_paths
from nnlab.records.drawing import unfinished_pictures
from nnlab.text import near_hint, quote

STILL_KINDS = tuple(kind for kind in FILES if kind != RACE)


def pictures_of(descent: Descent, paths: Sequence[DescentPath]) -> Mapping[str, Callable[[Path], None]]:
    """By kind of picture that these paths can have, a function that draws it into a folder."""
    drawings = [Drawing(path.label, path.positions, path.values, path.status == "diverged") for path in paths]
    return descent_pictures(descent.function, descent.name, drawings, descent.view, descent.arrows)


def draw_pictures(
    pictures: Mapping[str, Callable[[Path], None]],
    folder: Path,
    kinds: Sequence[str],
    written: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """Draw the pictures of these kinds into an existing folder; gives their paths.

    ``written`` is called with each path. Raises OSError when they cannot be written.
    """
    drawn = []
    for kind in dict.fromkeys(kind for kind in kinds if kind in pictures):
        pictures[kind](folder)
        path = folder / FILES[kind]
        drawn.append(path if kind == RACE else in_format(path))
        written(drawn[-1])
    return drawn


def redraw(
    folder: Path,
    out: Path,
    kinds: Sequence[str],
    *,
    animate: bool,
    written: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """Draw the pictures of a descent from its folder into another; gives their paths.

    Without ``kinds`` and ``animate``: all except the animation, which is drawn where the descent was interrupted before
    it had one. ``written`` is called with each path. Raises UsageError for pictures that it cannot have, RunError for
    damaged records and OSError when a picture cannot be written.
    """
    for kind in kinds:
        if kind not in STILL_KINDS:
            hint = near_hint(kind, STILL_KINDS)
            known = f"{hint}there are {', '.join(STILL_KINDS)}, and --animate draws the animation"
            raise UsageError(f"no kind of picture of a descent is called {quote(kind)}; {known}")
    descent = read_descent(folder)
    tables = read_paths(folder, descent.start, labels(descent.optimizer))
    pictures = pictures_of(descent, [DescentPath(label, *table) for label, table in tables.items()])
    wanted = [*kinds, *[RACE] * animate]
    for kind in wanted:
        if kind not in pictures:
            few = f"it is of a function of {len(descent.start)} variable{'s' * (len(descent.start) != 1)}"
            few = few if descent.optimizer else "it has no optimizer, and so no paths"
            raise UsageError(f"{folder}: cannot have the picture {kind}: {few}")
    out.mkdir(parents=True, exist_ok=True)
    missing = [RACE] if RACE in unfinished_pictures(folder) else []
    return draw_pictures(pictures, out, wanted or [*STILL_KINDS, *missing], written)
