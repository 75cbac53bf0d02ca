"""Scaling: time per step against batch size, width and depth."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import matplotlib as mpl
import numpy as np

from benchmarks import workloads
from benchmarks.library import Library
from nnlab.plots.canvas import canvas
from nnlab.plots.palette import palette


@dataclass(frozen=True)
class Axis:
    """A scaling parameter: label, values, and the overrides for a value."""

    label: str
    values: tuple[int, ...]
    changes: Callable[[int], tuple[str, ...]]


AXES = (
    Axis("batch size", (100, 200, 400, 800, 1600, 3200), lambda value: (f"train.batch_size={value}",)),
    Axis("width", (100, 200, 400, 800, 1600, 3200), lambda value: (f"model.hidden=[{value}]",)),
    Axis("depth", (1, 2, 4, 8, 16, 32), lambda value: (f"model.hidden={[100] * value}",)),
)
LIBRARIES = ("nnlab", "torch", "jax")
# Milliseconds of a step by library, axis and value (as text: JSON has no other keys).
Steps = dict[str, dict[str, dict[str, float]]]


def measure(libraries: Sequence[str], threads: int, repeats: int, say: Callable[[str], None]) -> Steps:
    """The median of repeated trainings, the libraries in turn."""
    iterations = workloads.load(workloads.SCALING, None, threads).train.iterations or 1
    steps: Steps = {backend: {axis.label: {} for axis in AXES} for backend in libraries}
    for axis in AXES:
        for value in axis.values:
            with ExitStack() as stack:
                processes = {
                    backend: stack.enter_context(
                        Library(backend, workloads.SCALING, threads, None, axis.changes(value))
                    )
                    for backend in libraries
                }
                runs = [
                    {backend: process.train()["seconds"] for backend, process in processes.items()}
                    for _ in range(repeats)
                ]
            for backend in libraries:
                steps[backend][axis.label][str(value)] = 1e3 * median(run[backend] for run in runs) / iterations
            shown = ", ".join(f"{backend} {steps[backend][axis.label][str(value)]:.3f} ms" for backend in libraries)
            say(f"{axis.label} {value}: {shown}")
    return steps


def growth(steps: dict[str, float]) -> float:
    """The exponent p of time ∝ valueᵖ, over the larger half of the values; 1 is linear."""
    values = sorted(map(int, steps))[len(steps) // 2 - 1 :]
    slope, _ = np.polyfit(np.log(values), np.log([steps[str(value)] for value in values]), 1)
    return float(slope)


def lines(steps: Steps, names: dict[str, str]) -> list[str]:
    """A Markdown table of milliseconds per step, with the exponent."""
    found = []
    for axis in AXES:
        found += [
            f"| {axis.label} | " + " | ".join(str(value) for value in axis.values) + " | exponent |",
            "|---|" + "---|" * (len(axis.values) + 1),
        ]
        for library, rows in steps.items():
            cells = [f"{rows[axis.label][str(value)]:.3f}" for value in axis.values]
            found.append(f"| {names[library]} | {' | '.join(cells)} | {growth(rows[axis.label]):.2f} |")
        found.append("")
    return found[:-1]


def plot(steps: Steps, names: dict[str, str], path: Path) -> None:
    """Plot of milliseconds per step against each value, with a linear reference."""
    mpl.use("agg")
    with canvas(path, "Time of one training step as the network grows", (10.0, 3.8)) as figure:
        for axis, axes in zip(AXES, figure.subplots(1, len(AXES), sharey=True), strict=True):
            for index, (library, rows) in enumerate(steps.items()):
                times = [rows[axis.label][str(value)] for value in axis.values]
                axes.plot(axis.values, times, "o-", color=palette().colours[index], label=names[library])
            last = axis.values[-1]
            top = steps["nnlab"][axis.label][str(last)]
            straight = [top * value / last for value in axis.values]
            axes.plot(axis.values, straight, "k:", linewidth=1, label="linear growth")
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_xticks(axis.values, [f"{value}" for value in axis.values])
            axes.set_xlabel(axis.label)
        figure.axes[0].set_ylabel("milliseconds a step")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
