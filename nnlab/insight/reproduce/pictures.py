"""How the pictures of experiments are drawn: by the functions that draw those of runs, sweeps and descents."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nnlab.comparisons.comparison import compare
from nnlab.config.bundled import bundled_config
from nnlab.config.descent import load_descent
from nnlab.descent.pictures import draw_pictures, pictures_of
from nnlab.figures.run_pictures import draw
from nnlab.figures.run_view import ignore
from nnlab.figures.sweep_pictures import draw_sweep
from nnlab.insight.reproduce.descents import paths_of
from nnlab.insight.reproduce.evidence import Evidence

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


def of_descent(config: str, kind: str) -> Draw:
    """A picture of the paths of a descent."""

    def drawn(evidence: Evidence, folder: Path) -> None:
        descent = load_descent(bundled_config(config))
        draw_pictures(pictures_of(descent, paths_of(config)), folder, [kind])

    return drawn
