"""The curves of several runs in one picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from curves_drawn import Drawn, hidden_below, legend, line

from nnlab.comparisons.comparison import compare
from nnlab.plots.comparison import ENTRIES_IN_LEGEND, plot_comparison
from nnlab.plots.palette import FAINT

MakeRun = Callable[..., Path]


def make_many(make_run: MakeRun, count: int, **options: Any) -> list[Path]:
    return [make_run(f"r{index}", {"optimizer.lr": 1.0 + index}, **options) for index in range(count)]


def test_comparison_of_few_runs_draws_training_curves_too(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_comparison(compare(make_many(make_run, 2)), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert legend(figure, axes) == ["lr 1.0", "lr 2.0"]
    assert [hidden_below(below, above) for above, below in (axes.lines[:2], axes.lines[2:])] == [False, False]
    assert axes.get_ylabel() == "accuracy (thin: test, thick: train)"


def test_comparison_of_many_runs_draws_the_test_set_only(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_comparison(compare(make_many(make_run, 4)), tmp_path)
    _, axes = drawn["loss.png"]
    assert len(axes.lines) == 4
    assert axes.get_ylabel() == "test loss"


def test_runs_without_a_test_set_are_drawn_by_their_training(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    runs = [make_run("a", {"optimizer.lr": 1.0}, test=False), *make_many(make_run, 3)[1:]]
    plot_comparison(compare(runs), tmp_path)
    assert "lr 1.0 (train)" in legend(*drawn["accuracy.png"])
    plot_comparison(compare(runs[:1]), tmp_path)
    assert drawn["accuracy.png"][1].get_ylabel() == "train accuracy"


def test_runs_without_a_test_set_are_drawn_by_their_validation(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    runs = make_many(make_run, 2, test=False, validation=True)
    plot_comparison(compare(runs), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert axes.get_ylabel() == "accuracy (thin: validation, thick: train)"
    assert legend(figure, axes) == ["lr 1.0", "lr 2.0"]
    assert line(axes, "lr\N{NO-BREAK SPACE}1.0")[-1] == (40, 0.90625)
    runs += [make_run("tested", {"optimizer.lr": 9.0}), make_run("alone", {"optimizer.lr": 8.0}, test=False)]
    plot_comparison(compare(runs), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert axes.get_ylabel() == "test accuracy"
    assert sorted(legend(figure, axes)) == ["lr 1.0 (validation)", "lr 2.0 (validation)", "lr 8.0 (train)", "lr 9.0"]


@pytest.mark.slow
def test_many_runs_have_distinct_styles_and_a_full_legend(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_comparison(compare(make_many(make_run, ENTRIES_IN_LEGEND + 3)), tmp_path)
    figure, axes = drawn["accuracy.png"]
    looks = {(line.get_color(), repr(line._dash_pattern)) for line in axes.lines if line.get_color() != FAINT}
    assert len(looks) == ENTRIES_IN_LEGEND
    assert legend(figure, axes)[-1] == "… and 3 more"
    assert len(legend(figure, axes)) == ENTRIES_IN_LEGEND + 1


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
def test_the_legend_stays_beside_the_curves(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    options = {"model.hidden": [100] * 12}
    runs = [make_run(f"r{i}", {"optimizer.lr": float(i), "model.hidden": [100 + i] * 12, **options}) for i in range(20)]
    runs += [make_run(f"s{i}", {"optimizer.lr": float(i), "name": "x" * 90}) for i in range(20)]
    plot_comparison(compare(runs), tmp_path)
    for figure, axes in drawn.values():
        box, page = figure.legends[0].get_window_extent(), figure.bbox
        assert box.x0 >= axes.get_window_extent().x1
        assert box.x1 <= page.x1
        assert box.y0 >= page.y0
        assert axes.get_window_extent().width > 600


def test_seeds_become_a_mean_with_a_band(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    runs = [make_run(f"r{seed}", {"seed": seed}, accuracies=[0.5, 0.75 + seed / 8]) for seed in range(2)]
    plot_comparison(compare(runs), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert line(axes, "adam") == [(0, 0.4375), (10, 0.75)]
    band = axes.collections[0].get_paths()[0].vertices
    assert np.asarray(band)[:, 1].max() == pytest.approx(0.75 + np.std([0.6875, 0.8125], ddof=1))
    assert "standard deviation" in figure.get_suptitle()


def test_a_diverged_run_does_not_flatten_the_others(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    bad = make_run("bad", {"optimizer.lr": 50.0}, losses=[2.0, 1e3, 1e6, 1e20, 1e30], status="diverged")
    plot_comparison(compare([bad, *make_many(make_run, 2)]), tmp_path)
    figure, axes = drawn["loss.png"]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim() == (0, pytest.approx(1.5 * 2.5 * 0.875 * 1.25))
    assert "lr 50.0 (diverged)" in legend(figure, axes)


def test_a_name_that_begins_with_an_underscore_is_in_the_legend(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn
) -> None:
    plot_comparison(compare([make_run("_mine")]), tmp_path)
    assert [text.strip() for text in legend(*drawn["accuracy.png"])] == ["_mine"]


def test_labels_are_never_read_as_formulas(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    runs = [make_run("a", {"data.name": "$\\frac"}), make_run("b", {"data.name": "$x$"})]
    plot_comparison(compare(runs), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert sorted(legend(figure, axes)) == ["data $\\frac", "data $x$"]


def test_labels_too_long_for_the_legend_become_titles(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    """Many differing keys: what would be cut off is exactly what tells the runs apart."""
    common = {"model.hidden": [100] * 12, "model.activation": "a_rather_long_activation", "model.init": "he"}
    changes: list[dict[str, Any]] = [{}]
    changes += [
        {**common, "optimizer.lr": 0.01, "penalty.l1": l1, "penalty.l2": l2} for l1 in (0, 0.1) for l2 in (0, 1)
    ]
    runs = [make_run(f"run-{index}", change, test=index > 0) for index, change in enumerate(changes)]
    plot_comparison(compare(runs), tmp_path)
    labels = legend(*drawn["accuracy.png"])
    assert len(set(labels)) == len(labels) == 5
    assert not any("…" in label for label in labels)
    assert sum("(train)" in label for label in labels) == 1
