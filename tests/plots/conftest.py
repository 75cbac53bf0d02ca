"""Figures caught as they are finished."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from drawing import lay_out_only
from matplotlib.figure import Figure

from nnlab.plots import activations, confusion, curves, descent, diagnostics, mistakes, regions, samples, weights
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

    modules = (activations, confusion, curves, descent, diagnostics, mistakes, regions, samples, weights, canvases)
    for module in modules:
        if hasattr(module, "canvas"):
            monkeypatch.setattr(module, "canvas", keep)
    return kept
