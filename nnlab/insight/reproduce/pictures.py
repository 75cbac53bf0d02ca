"""How the pictures of experiments are drawn: by the functions that draw those of runs, sweeps and descents."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nnlab.comparisons.comparison import compare
from nnlab.config.bundled import bundled_config
from nnlab.config.descent import load_descent
from nnlab.core.arrays import Array
from nnlab.descent.pictures import draw_pictures, pictures_of
from nnlab.figures.run_pictures import draw
from nnlab.figures.run_view import ignore
from nnlab.figures.sweep_pictures import draw_sweep
from nnlab.insight.reproduce.descents import paths_of
from nnlab.insight.reproduce.evidence import Evidence, Trial

Draw = Callable[[Evidence, Path], object]


def of_run(config: str, kind: str) -> Draw:
    """A picture of a run, of a kind of ``nnlab plot``."""
    return lambda evidence, folder: draw(evidence.view(config), [kind], folder)


def of_sweep(config: str, kind: str) -> Draw:
    """A picture of a sweep, of a kind of ``nnlab plot``."""
    return lambda evidence, folder: draw_sweep(evidence.folders[config], ignore, [kind], folder)


def of_comparison(configs: Sequence[str], kind: str) -> Draw:
    """The curves of a metric of runs or of the trials of sweeps, as ``nnlab compare`` draws them."""

    def drawn(evidence: Evidence, folder: Path) -> None:
        from nnlab.plots.comparison import plot_comparison  # loads matplotlib

        plot_comparison(compare([evidence.folders[config] for config in configs]), folder, [kind])

    return drawn


def of_losses(config: str, label: Callable[[Trial], str], top: float) -> Draw:
    """The smoothed objectives of the trials of a sweep, mean over those with the same label, from 0 to ``top``."""

    def drawn(evidence: Evidence, folder: Path) -> None:
        from nnlab.plots.smoothed_losses import plot_smoothed_losses  # loads matplotlib

        grouped: dict[str, list[Array]] = {}
        for trial in evidence.trials(config):
            grouped.setdefault(label(trial), []).append(trial.run.steps["loss"])
        means = {name: np.mean(losses, axis=0) for name, losses in grouped.items()}
        plot_smoothed_losses(evidence.trials(config)[0].run.name, means, top, folder)

    return drawn


def of_descent(config: str, kind: str) -> Draw:
    """A picture of the paths of a descent."""

    def drawn(evidence: Evidence, folder: Path) -> None:
        descent = load_descent(bundled_config(config))
        draw_pictures(pictures_of(descent, paths_of(config)), folder, [kind])

    return drawn
