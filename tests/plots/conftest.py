"""Figures caught as they are finished."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from curves_drawn import Drawn
from drawing import write_no_pixels
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnlab import plots
from nnlab.plots import canvas as canvases
from nnlab.plots import comparison, curves

MODULES = [import_module(f"{plots.__name__}.{module.name}") for module in pkgutil.iter_modules(plots.__path__)]


@pytest.fixture
def laid_out() -> None:
    """For tests of where things are: ``figures`` and ``drawn`` are laid out too, which takes most of their time."""


@pytest.fixture
def figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """The figures that are drawn, by the name of their file as PNG."""
    kept: dict[str, Figure] = {}
    write_no_pixels(monkeypatch, laid_out="laid_out" in request.fixturenames)
    canvas = canvases.canvas

    @contextmanager
    def keep(path: Path, *arguments: Any, **options: Any) -> Iterator[Figure]:
        with canvas(path, *arguments, **options) as figure:
            yield figure
        kept[path.name] = figure

    for module in MODULES:
        if hasattr(module, "canvas"):
            monkeypatch.setattr(module, "canvas", keep)
    return kept


@pytest.fixture
def drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """The figures of curves that are drawn, and their axes, by file name."""
    kept: Drawn = {}
    write_no_pixels(monkeypatch, laid_out="laid_out" in request.fixturenames)
    picture = canvases.picture

    @contextmanager
    def keep(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
        with picture(path, title, ylabel) as both:
            yield both
        kept[path.name] = both

    for module in (curves, comparison):
        monkeypatch.setattr(module, "picture", keep)
    return kept
