"""Figures caught as they are finished."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from curves_drawn import Drawn
from drawing import lay_out_only
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab.plots import (
    activations,
    comparison,
    confusion,
    curves,
    descent,
    diagnostics,
    mistakes,
    regions,
    samples,
    sweep_curves,
    sweep_goal,
    sweep_importance,
    sweep_map,
    sweep_panels,
    sweep_parallel,
    weights,
)
from nnlab.plots import canvas as canvases


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """The figures that are drawn, by the name of their file as PNG."""
    kept: dict[str, Figure] = {}
    canvas = canvases.canvas

    @contextmanager
    def keep(path: Path, *arguments: Any, **options: Any) -> Iterator[Figure]:
        with canvas(path, *arguments, **options) as figure:
            yield figure
            lay_out_only(monkeypatch, figure)
        kept[path.name] = figure

    for module in (
        activations,
        comparison,
        confusion,
        curves,
        descent,
        diagnostics,
        mistakes,
        regions,
        samples,
        sweep_curves,
        sweep_goal,
        sweep_importance,
        sweep_map,
        sweep_panels,
        sweep_parallel,
        weights,
        canvases,
    ):
        if hasattr(module, "canvas"):
            monkeypatch.setattr(module, "canvas", keep)
    return kept


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """The figures of curves that are drawn, and their axes, by file name."""
    kept: Drawn = {}
    picture = canvases.picture

    @contextmanager
    def keep(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
        with picture(path, title, ylabel) as both:
            yield both
            lay_out_only(monkeypatch, both[0])
        kept[path.name] = both

    for module in (curves, comparison):
        monkeypatch.setattr(module, "picture", keep)
    return kept
