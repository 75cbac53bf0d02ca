"""Parallel coordinates, and the bars of importance."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from swept_points import make_points

from nnlab.plots.sweep_importance import key_importances, plot_importance
from nnlab.plots.sweep_keys import MISSING
from nnlab.plots.sweep_parallel import BEYOND, FURTHER, HIGHLIGHTED, MOST_KEYS, plot_parallel

Figures = dict[str, Figure]
LRS = np.logspace(-4, -1, 10).tolist()
KEYS: dict[str, list[Any]] = {
    "lr": LRS,
    "momentum": [MISSING, *np.linspace(0.1, 0.9, 9).tolist()],
    "$init$": ["he", "xavier"] * 5,
}
VALUES: list[Any] = [index / 10 for index in range(9)]


def test_lines_cross_an_axis_per_key_and_end_at_the_goal(figures: Figures, tmp_path: Path) -> None:
    points = make_points(KEYS, [*VALUES, "diverged"])
    points.statuses[4] = "stopped"
    plot_parallel(points, tmp_path / "parallel.png")
    axes = figures["parallel.png"].axes[0]
    diverged, stopped, others, best, _ = [
        np.array([path.vertices for path in artist.get_paths()])
        for artist in axes.collections
        if isinstance(artist, LineCollection)
    ]
    assert diverged[0].tolist() == [[0, 1], [1, 1], [2, 1], [3, FURTHER]]
    assert len(best) == HIGHLIGHTED
    assert stopped[0, 3].tolist() == [3, BEYOND]
    assert len(others) == len(VALUES) - HIGHLIGHTED - 1
    np.testing.assert_allclose(best[-1][:, 1], [8 / 9, 7 / 8, 0, 1], atol=1e-12)  # evenly by the logarithm of lr
    assert others[0].tolist() == [[0, 0], [1, BEYOND], [2, 0], [3, 0]]  # the worst, without momentum
    texts = [text.get_text() for text in axes.texts]
    assert {"lr", "momentum", "$init$", "validation\naccuracy", "–", "diverged", "he"} <= set(texts)
    assert not any(text.get_parse_math() for text in axes.texts)


@pytest.mark.usefixtures("laid_out")
def test_the_best_loss_is_at_the_top(figures: Figures, tmp_path: Path) -> None:
    points = make_points({"a": [1, 2], "b": [1, 2], "c": [2, 1]}, [0.01, 10.0], column="validation_loss")
    plot_parallel(points, tmp_path / "parallel.png")
    axes = figures["parallel.png"].axes[0]
    ticks = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_position()[0] > 3}
    assert ticks["0.01"] == 1
    assert ticks["10"] == 0


def test_of_many_keys_the_most_important_ones_are_shown(figures: Figures, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    keys = {f"k{index}": rng.random(40).tolist() for index in range(MOST_KEYS + 2)} | {"last": list(range(40))}
    points = make_points(keys, np.linspace(0, 1, 40).tolist())
    assert next(iter(key_importances(points))) == MOST_KEYS + 2
    plot_parallel(points, tmp_path / "parallel.png")
    assert "last" in [text.get_text() for text in figures["parallel.png"].axes[0].texts]
    assert figures["parallel.png"].get_suptitle().endswith("10 of 13 keys")


def test_bars_of_importance_are_sorted_and_name_their_method(figures: Figures, tmp_path: Path) -> None:
    keys = {"$init$": ["he", "xavier"] * 10, "lr": list(range(20))}
    points = make_points(keys, [index / 20 for index in range(19)] + ["diverged"])
    plot_importance(points, tmp_path / "importance.png")
    axes = figures["importance.png"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["lr", "$init$"]
    widths = [bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]
    assert widths[0] > 0.4 > 0.1 > widths[1]
    rho = np.corrcoef(range(20), [*range(1, 20), 0])[0, 1]  # a diverged trial ranks last
    assert axes.texts[0].get_text().endswith(f"ρ = +{rho:.2f}")
    assert "ρ" not in axes.texts[1].get_text()
    assert "explained rank variance" in figures["importance.png"].get_suptitle()
