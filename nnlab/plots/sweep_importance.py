"""Which keys of a sweep mattered, as bars."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlab.comparisons.importance import Importance, importance
from nnlab.core.arrays import Array
from nnlab.language import tr
from nnlab.plots.canvas import WIDTH, canvas, plain_text
from nnlab.plots.palette import palette
from nnlab.plots.sweep_points import SweepPoints

IMPORTANCE_FILE = "importance.png"
LEAST_POINTS = 10
"""With fewer points no key can be told from chance."""

MOST_KEYS = 25
ROW_HEIGHT = 0.36  # inches


def key_importances(points: SweepPoints) -> Mapping[int, Importance]:
    """The importance of each key by its place in ``points.keys``, most important first; diverged points rank last."""
    results = ranked_results(points)
    judged = np.isfinite(results)
    found = {
        place: importance(key.positions[judged], results[judged], numeric=not key.labels)
        for place, key in enumerate(points.keys)
    }
    return dict(sorted(found.items(), key=lambda entry: -entry[1].share))


def ranked_results(points: SweepPoints) -> Array:
    """(points,): numbers that rank the points as ``points.mean`` does, else NaN.

    After the complete points come those that the search ended early, by how far they got, and last those that diverged.
    """
    results = np.full(len(points.mean), np.nan)
    results[points.complete] = points.mean[points.complete]
    sign = -1 if points.maximize else 1
    worst = float(points.mean[points.ranking[-1]]) if points.ranking else 0.0
    for place, point in enumerate(points.stopped, start=1):
        results[point] = worst + sign * place
    results[points.having("diverged") > 0] = worst + sign * (len(points.stopped) + 1)
    return results


def plot_importance(points: SweepPoints, path: Path) -> None:
    """A bar for each key: the share of the variance of the ranks that it explains alone, and Spearman's ρ."""
    found = dict(list(key_importances(points).items())[:MOST_KEYS])
    what = tr("importance for {label} by explained rank variance", label=points.label())
    title = points.title(what)
    with canvas(path, title, (WIDTH, 1.9 + ROW_HEIGHT * len(found))) as figure:
        axes = figure.add_subplot()
        shares = [entry.share for entry in found.values()]
        axes.barh(range(len(found)), shares, height=0.6, color=palette().colours[0])
        names = [plain_text(points.keys[place].name, 34) for place in found]
        axes.set_yticks(range(len(found)), labels=names, parse_math=False)
        axes.set_ylim(len(found) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(
            tr("share of the variance of the ranks that a key explains alone (ε²)\nρ: Spearman's rank correlation")
        )
        for row, entry in enumerate(found.values()):
            note = f"{entry.share:.2f}" + ("" if entry.correlation is None else f"   ρ = {entry.correlation:+.2f}")
            style: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "center", "annotation_clip": False}
            axes.annotate(note.replace("-", "−"), (1.02, row), **style)
