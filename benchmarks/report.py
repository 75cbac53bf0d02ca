"""The results as tables and plots."""

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from benchmarks.workloads import TARGETS, question
from nnlab.plots.canvas import canvas
from nnlab.plots.palette import palette
from nnlab.records.environment import describe_environment

LIBRARIES = {"nnlab": "nnlab", "torch": "PyTorch", "sklearn": "scikit-learn", "textbook": "textbook"}
Results = dict[str, dict[str, Any]]


PATH = Path(__file__).parent / "RESULTS.md"


def write_part(name: str, lines: list[str]) -> None:
    """Replace the part of RESULTS.md between its markers."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = PATH.read_text(encoding="utf-8").split(start)
    after = rest.split(end)[1]
    PATH.write_text("\n".join([before + start, "", *lines, "", end + after]), encoding="utf-8")


def workload_lines(results: Results, kernels: str, repeats: int, threads: int) -> list[str]:
    """The table, machine and versions as Markdown; ``kernels`` are those of NumPy's BLAS."""
    lines = [
        f"Medians of {repeats} (textbook: one run), {threads} threads for every library. "
        f"{versions('numpy', 'torch', 'scikit-learn')}; OpenBLAS with its kernels for {kernels}.",
        "",
        "| workload | nnlab s | PyTorch s | ratio | target | scikit-learn s | textbook s | bound s "
        "| accuracy nnlab / PyTorch | peak MiB nnlab / PyTorch |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        nnlab, torch = row["nnlab"], row["torch"]
        ratio = nnlab["seconds"] / torch["seconds"]
        others = [f"{row[key]['seconds']:.1f}" if key in row else "" for key in ("sklearn", "textbook")]
        mark = "" if ratio <= TARGETS[name] else " missed"
        lines.append(
            f"| {name}: {question(name)} | {nnlab['seconds']:.2f} | {torch['seconds']:.2f} | {ratio:.2f} "
            f"| {TARGETS[name]:.2f}{mark} | {others[0]} | {others[1]} | {row['bound']:.2f} "
            f"| {nnlab['accuracy']:.4f} / {torch['accuracy']:.4f} "
            f"| {nnlab['peak_mib']:.0f} / {torch['peak_mib']:.0f} |"
        )
    return lines


def plot(results: Results, path: Path) -> None:
    """Bar chart of times relative to PyTorch, on a logarithmic axis, with the bound of the matrix products."""
    mpl.use("agg")
    names = list(results)
    shown = [key for key in LIBRARIES if any(key in row for row in results.values())]
    with canvas(
        path, "Training time relative to PyTorch (shorter is faster)", (8.0, 0.75 * len(names) + 1.2)
    ) as figure:
        axes = figure.add_subplot()
        height = 0.8 / len(shown)
        for index, key in enumerate(shown):
            places = np.arange(len(names)) + index * height
            ratios = [
                results[name].get(key, {}).get("seconds", np.nan) / results[name]["torch"]["seconds"] for name in names
            ]
            axes.barh(places, ratios, height * 0.9, color=palette().colours[index], label=LIBRARIES[key])
        bounds = [results[name]["bound"] / results[name]["torch"]["seconds"] for name in names]
        axes.plot(bounds, np.arange(len(names)) + 0.4 - height / 2, "k|", markersize=18, label="matrix products alone")
        axes.set_yticks(np.arange(len(names)) + 0.4 - height / 2, names)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.axvline(1, color="#555555", linewidth=0.8)
        axes.set_xlabel("seconds / PyTorch's seconds")
        figure.legend(loc="outside lower center", ncols=len(shown) + 1)


def versions(*packages: str) -> str:
    """The processor, the system, and the versions of these packages, where they are installed."""
    environment = describe_environment({})
    machine = f"{environment['cpu']}, {environment['cores']} cores, {platform.system()}"
    installed = [f"{name} {_version(name)}" for name in packages if _version(name)]
    return ", ".join([machine, f"Python {platform.python_version()}", *installed])


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
