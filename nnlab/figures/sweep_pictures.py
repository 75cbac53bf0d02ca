"""The kinds of pictures that a sweep can have, which of them it has unasked, and how each is drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab.errors import NnlabError, UsageError
from nnlab.figures.picture_kinds import naming_picture
from nnlab.figures.run_view import ignore
from nnlab.figures.sweep_view import SweepView, sweep_view
from nnlab.plots.palette import in_format
from nnlab.plots.sweep_curves import CURVES_FILE, MOST_LINES, plot_curves
from nnlab.plots.sweep_goal import GOAL_FILE, plot_goal
from nnlab.plots.sweep_importance import IMPORTANCE_FILE, LEAST_POINTS, plot_importance, ranked_results
from nnlab.plots.sweep_map import HEATMAP_FILE, MOST_CELLS, SCATTER_FILE, plot_heatmap, plot_scatter
from nnlab.plots.sweep_panels import BEST_PICTURE, MOST_PANELS, PANELS_FILE, panels_and_lines, plot_best, plot_panels
from nnlab.plots.sweep_parallel import PARALLEL_FILE, plot_parallel
from nnlab.records.formats import ENDED_TRIALS
from nnlab.records.sweep_folder import read_sweep
from nnlab.storage.layout import PLOTS_FOLDER
from nnlab.text import near_hint, one_line, quote

# A table with fewer of its cells filled is drawn as a scatter plot.
LEAST_FILLED = 0.3


@dataclass(frozen=True)
class SweepPicture:
    """A kind of picture: its file, how it is drawn, why a sweep cannot have it, and whether it has it unasked."""

    file: str
    draw: Callable[[SweepView, Path], None]
    unavailable_because: Callable[[SweepView], str]
    unasked: Callable[[SweepView], bool] = lambda view: True


def _without_keys(view: SweepView, least: int, most: int | None = None) -> str:
    """Why a picture of a number of swept keys cannot be drawn; empty: it can."""
    found = len(view.points.keys)
    if least <= found <= (most or found):
        return ""
    wanted = f"{least}" if most == least else f"at least {least}"
    return f"it is of {wanted} swept key{'s' * (least > 1)} with different values, and the sweep has {found}"


def _no_lines(view: SweepView) -> str:
    count = len(view.points.statuses)
    many = f"it has {count} values, and more than {MOST_LINES} lines could not be told apart"
    return _without_keys(view, 1, 1) or (many if count > MOST_LINES else "")


def _no_table(view: SweepView) -> str:
    if reason := _without_keys(view, 2, 2):
        return reason
    keys = view.points.keys
    if any(key.is_range for key in keys):
        return "its values were drawn from a range; there is scatter"
    if max(len(key.groups[0]) for key in keys) > MOST_CELLS:
        return f"a key has more than {MOST_CELLS} values; there is scatter"
    return ""


def _is_table(view: SweepView) -> bool:
    cells = [len(key.groups[0]) for key in view.points.keys]
    return not _no_table(view) and len(view.points.statuses) >= LEAST_FILLED * cells[0] * cells[1]


def _no_panels(view: SweepView) -> str:
    if reason := _without_keys(view, 2, 2):
        return reason
    if any(key.is_range for key in view.points.keys):
        return "its values were drawn from a range; there is best"
    panels, lines = (len(key.groups[0]) for key in panels_and_lines(view.points.keys))
    if panels <= MOST_PANELS and lines <= MOST_LINES:
        return ""
    most = f"{MOST_PANELS} panels with {MOST_LINES} lines"
    return f"its keys have {panels} and {lines} values, and there is room for {most}"


def _no_importance(view: SweepView) -> str:
    count = int(np.isfinite(ranked_results(view.points)).sum())
    few = f"it has {count} points with a result; with fewer than {LEAST_POINTS} nothing can be told from chance"
    return _without_keys(view, 2) or (few if count < LEAST_POINTS else "")


def _no_best(view: SweepView) -> str:
    if not view.points.chosen:
        return "it has no goal, so none of its points is the best"
    return "" if view.points.ranking or view.points.stopped else "none of its points has completed"


def _not_all_curves_are_drawn(view: SweepView) -> bool:
    return len(view.points.ranking) + len(view.points.stopped) > 1 and bool(_no_lines(view) and _no_panels(view))


def _many_or_drawn(view: SweepView) -> bool:
    return len(view.points.keys) > 2 or any(key.is_range for key in view.points.keys)


KINDS: Mapping[str, SweepPicture] = {
    "goal": SweepPicture(
        GOAL_FILE, lambda view, path: plot_goal(view.points, path), lambda view: _without_keys(view, 1, 1)
    ),
    "curves": SweepPicture(CURVES_FILE, lambda view, path: plot_curves(view.points, view.tables, path), _no_lines),
    "heatmap": SweepPicture(HEATMAP_FILE, lambda view, path: plot_heatmap(view.points, path), _no_table, _is_table),
    "scatter": SweepPicture(
        SCATTER_FILE,
        lambda view, path: plot_scatter(view.points, path),
        lambda view: _without_keys(view, 2, 2),
        lambda view: not _is_table(view),
    ),
    "panels": SweepPicture(PANELS_FILE, lambda view, path: plot_panels(view.points, view.tables, path), _no_panels),
    "parallel": SweepPicture(
        PARALLEL_FILE,
        lambda view, path: plot_parallel(view.points, path),
        lambda view: _without_keys(view, 2),
        lambda view: len(view.points.keys) > 2,
    ),
    "importance": SweepPicture(
        IMPORTANCE_FILE, lambda view, path: plot_importance(view.points, path), _no_importance, _many_or_drawn
    ),
    "best": SweepPicture(
        BEST_PICTURE,
        lambda view, path: plot_best(view.points, view.tables, path),
        _no_best,
        _not_all_curves_are_drawn,
    ),
}


def sweep_picture_kinds(names: Sequence[str]) -> list[str]:
    """These kinds without duplicates; raises UsageError for an unknown one."""
    for name in names:
        if name not in KINDS:
            known = f"{near_hint(name, list(KINDS))}there are {', '.join(KINDS)}"
            raise UsageError(f"no kind of picture of a sweep is called {quote(name)}; {known}")
    return list(dict.fromkeys(names))


def kinds_of(view: SweepView) -> list[str]:
    """The kinds of pictures that a sweep has unasked; none before a trial has ended."""
    if not np.isin(view.points.statuses, ENDED_TRIALS).any():
        return []
    return [name for name, picture in KINDS.items() if not picture.unavailable_because(view) and picture.unasked(view)]


def draw_sweep(
    path: Path,
    say: Callable[[str], None],
    only: Sequence[str] | None = None,
    folder: Path | None = None,
    written: Callable[[Path], None] = ignore,
) -> list[Path]:
    """Draw the pictures of a sweep from its folder into ``plots`` or ``folder``; gives their paths.

    ``only`` names the kinds; without it they are those that suit its keys, and ``say`` receives a line for each that
    cannot be drawn. ``written`` is called with each path. Raises RunError for damaged records, UsageError for a kind of
    ``only`` that the sweep cannot have, and OSError when a picture cannot be written.
    """
    kinds = sweep_picture_kinds(only or [])
    view = sweep_view(read_sweep(path))
    for kind in kinds:
        if reason := KINDS[kind].unavailable_because(view):
            raise UsageError(f"{path}: cannot have the picture {kind}: {reason}")
    target = folder or path / PLOTS_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    drawn = []
    for kind in kinds or kinds_of(view):
        file = target / KINDS[kind].file
        try:
            with naming_picture(path, kind):
                KINDS[kind].draw(view, file)
        except NnlabError as error:
            if kinds:
                raise
            say(one_line(str(error), 500))
            continue
        drawn.append(in_format(file))
        written(drawn[-1])
    return drawn
