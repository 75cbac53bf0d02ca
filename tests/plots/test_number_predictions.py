"""Predicted numbers against true ones: every sample, finite ones only, in the user's units."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from nnlab.plots.number_predictions import MOST_POINTS, MOST_TARGETS, plot_number_predictions

TRUE = np.array([[10.0], [20.0], [30.0], [40.0]])
PREDICTED = np.array([[12.0], [19.0], [np.inf], [44.0]])


def offsets(figure: Figure, axes: int) -> list[list[float]]:
    (cloud,) = figure.axes[axes].collections
    return np.asarray(cloud.get_offsets()).tolist()


def test_predictions_and_residuals_of_finite_predictions(tmp_path: Path, figures: dict[str, Figure]) -> None:
    plot_number_predictions("houses", "test", TRUE, PREDICTED, ["price"], tmp_path)
    figure = figures["predictions.png"]
    assert offsets(figure, 0) == [[10, 12], [20, 19], [40, 44]]
    assert offsets(figure, 1) == [[12, 2], [19, -1], [44, 4]]
    assert [axes.get_xlabel() for axes in figure.axes] == ["true price", "predicted price"]
    assert figure.texts[0].get_text() == "houses: predictions of 4 test samples"


@pytest.mark.parametrize("targets", [2, MOST_TARGETS + 1])
def test_a_row_for_each_target_up_to_four(tmp_path: Path, figures: dict[str, Figure], targets: int) -> None:
    values = np.random.default_rng(0).random((5, targets))
    plot_number_predictions("a", "train", values, values, [f"t{k}" for k in range(targets)], tmp_path)
    figure = figures["predictions.png"]
    assert len(figure.axes) == 2 * min(targets, MOST_TARGETS)
    assert ("4 of 5 targets" in figure.texts[0].get_text()) == (targets == 5)


def test_many_samples_are_thinned_and_none_finite_draws_nothing(tmp_path: Path, figures: dict[str, Figure]) -> None:
    many = np.arange(2.0 * MOST_POINTS)[:, np.newaxis]
    plot_number_predictions("a", "test", many, many, ["y"], tmp_path)
    assert len(offsets(figures["predictions.png"], 0)) == MOST_POINTS
    plot_number_predictions("a", "test", TRUE, np.full_like(TRUE, np.nan), ["$y$"], tmp_path)
    assert offsets(figures["predictions.png"], 0) == []
