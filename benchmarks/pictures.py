"""The results as pictures."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter

from benchmarks import results
from benchmarks.report import LIBRARIES, MODES, rows_of
from benchmarks.results import Results
from benchmarks.targets import RATIOS
from benchmarks.workloads import NAMES
from nnlab.plots.canvas import canvas
from nnlab.plots.palette import palette

MARKERS = "osD^vP*"
TICKS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5)


def plot_ratios(found: Results, path: Path) -> None:
    """The ratio of each workload in each mode: the rounds as a bar from smallest to largest, the median, the target.

    Hollow: the median of the ratios to PyTorch.
    """
    mpl.use("agg")
    modes = [mode for mode in MODES if rows_of(found, mode)]
    names = [name for name in NAMES if any(name in rows_of(found, mode) for mode in modes)]
    title = "nnlab's training time / that of the fastest other library"
    with canvas(path, title, (8.0, 0.17 * len(names) * (len(modes) + 1.5) + 1.2)) as figure:
        axes = figure.add_subplot()
        for row, name in enumerate(names):
            for index, mode in enumerate(modes):
                measured = rows_of(found, mode).get(name, {})
                if "pairs" not in measured:
                    continue
                y = row + (index + 0.5) / len(modes) * 0.8 - 0.4
                smallest, middle, largest = results.ratios(measured["pairs"])
                colour = palette().colours[index]
                axes.plot([smallest, largest], [y, y], color=colour, linewidth=2.5, alpha=0.5)
                axes.plot([middle], [y], "o", color=colour, markersize=6)
                if "pairs_with_torch" in measured:
                    to_torch = results.ratios(measured["pairs_with_torch"])[1]
                    axes.plot([to_torch], [y], "D", color=colour, markersize=5, markerfacecolor="white")
                axes.plot([RATIOS[mode][name]], [y], "|", color="#333333", markersize=9, markeredgewidth=1.5)
                text = f"{middle:.2f} {LIBRARIES[measured['best']]}"
                axes.annotate(
                    text,
                    (max(largest, RATIOS[mode][name]), y),
                    (6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7,
                )
        axes.set_xscale("log")
        left, right = axes.get_xlim()
        axes.set_xlim(min(left, 0.25), max(right * 1.4, 1.5))
        shown = [tick for tick in TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.set_xticks([], minor=True)
        axes.axvline(1, color="#555555", linewidth=1)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("ratio (below 1: nnlab is faster)")
        handles = [
            Line2D([], [], color=palette().colours[index], marker="o", linewidth=2.5, label=MODES[mode])
            for index, mode in enumerate(modes)
        ]
        for marker, size, label in (("D", 5, "to PyTorch"), ("|", 9, "target")):
            shown_as = Line2D([], [], color="#333333", marker=marker, markersize=size, linestyle="", label=label)
            shown_as.set_markerfacecolor("white")
            handles.append(shown_as)
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def plot_seconds(found: Results, path: Path) -> None:
    """Every library's time relative to nnlab's on a quiet machine, a line for each workload, on a logarithmic axis."""
    mpl.use("agg")
    rows = rows_of(found, "quiet")
    names = list(rows)
    shown = [key for key in LIBRARIES if any(key in row["libraries"] for row in rows.values())]
    with canvas(path, "Training time on a quiet machine, nnlab = 1", (8.0, 0.4 * len(names) + 1.6)) as figure:
        axes = figure.add_subplot()
        for index, key in enumerate(shown):
            points = [
                (seconds / own, row)
                for row, name in enumerate(names)
                if (own := results.seconds(rows[name], "nnlab")) and (seconds := results.seconds(rows[name], key))
            ]
            marker, colour = MARKERS[index % len(MARKERS)], palette().colours[index % len(palette().colours)]
            axes.plot(*zip(*points, strict=True), marker, color=colour, markersize=7, label=LIBRARIES[key])
        bounds = [rows[name]["bound"] / (results.seconds(rows[name], "nnlab") or 1) for name in names]
        axes.plot(bounds, range(len(names)), "k|", markersize=12, label="matrix products alone")
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xscale("log")
        axes.axvline(1, color="#555555", linewidth=0.8)
        axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        axes.set_xlabel("seconds / nnlab's seconds (left is faster)")
        figure.legend(loc="outside lower center", ncols=4)
