"""Curves of one run and of several: what is drawn, on which scale, and that nothing breaks the picture."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import lay_out_only
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nnlab.compare.comparison import compare
from nnlab.plots import curves
from nnlab.plots.canvas import picture
from nnlab.plots.curves import BINS, ENTRIES_IN_LEGEND, PARTS, Curve, mean_curve, plot_comparison, plot_run, thinned
from nnlab.plots.palette import FAINT
from nnlab.records.reader import read_run

MakeRun = Callable[..., Path]
Drawn = dict[str, tuple[Figure, Axes]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """The figures that are drawn, by file name."""
    kept: Drawn = {}

    @contextmanager
    def keep(path: Path, title: str, ylabel: str) -> Iterator[tuple[Figure, Axes]]:
        with picture(path, title, ylabel) as both:
            yield both
            lay_out_only(monkeypatch, both[0])
        kept[path.name] = both

    monkeypatch.setattr(curves, "picture", keep)
    return kept


def legend(figure: Figure, axes: Axes) -> list[str]:
    box = figure.legends[0] if figure.legends else axes.get_legend()
    return [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in box.get_texts()] if box else []


def line(axes: Axes, label: str) -> list[tuple[float, float]]:
    found = next(line for line in axes.lines if str(line.get_label()).startswith(label))
    return [tuple(point) for point in np.asarray(found.get_xydata()).tolist()]


def hidden_below(below: Line2D, above: Line2D) -> bool:
    """Whether nothing would be seen of a line where another one, drawn over it, coincides with it."""
    assert below.get_zorder() <= above.get_zorder()
    return below.get_linewidth() < above.get_linewidth() + 1 and not above.is_dashed()


def test_a_run_has_its_curves(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run()), tmp_path / "plots")
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["accuracy.png", "loss.png"]
    figure, axes = drawn["accuracy.png"]
    assert figure.get_suptitle() == "adam"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "accuracy")
    assert legend(figure, axes) == ["train (final: 0.9375)", "test (final: 0.875)"]
    assert line(axes, "train") == [(0, 0.125), (10, 0.5), (20, 0.75), (30, 0.875), (40, 0.9375)]
    figure, axes = drawn["loss.png"]
    assert len(line(axes, "batch loss")) == 40
    assert line(axes, "test")[0] == (0, 2.5 * 0.875 * 1.25)


@pytest.mark.parametrize("accuracies", [[0.0625] * 4, [0.09375, 0.125, 0.09375], [1.0] * 3, []])
def test_accuracies_are_drawn_from_0_to_1(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn, accuracies: list[float]
) -> None:
    """At chance level nothing jumps; a line along the edge keeps its width."""
    run = make_run(accuracies=accuracies, status="interrupted")
    for plot in (lambda: plot_run(read_run(run), tmp_path), lambda: plot_comparison(compare([run]), tmp_path)):
        plot()
        axes = drawn["accuracy.png"][1]
        assert axes.get_ylim() == (0, 1)
        assert not any(line.get_clip_on() for line in axes.lines)


def test_no_curve_of_a_run_hides_another_that_coincides_with_it(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn
) -> None:
    plot_run(read_run(make_run(validation=True)), tmp_path)
    for _, axes in drawn.values():
        train, test, validation = (
            next(x for x in axes.lines if str(x.get_label()).startswith(f"{part} (")) for part in PARTS
        )
        assert not hidden_below(train, test)
        assert not hidden_below(test, validation)


@pytest.mark.parametrize("validation", [False, True])
def test_the_legend_lies_between_title_and_axes(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn, validation: bool
) -> None:
    plot_run(read_run(make_run(validation=validation)), tmp_path)
    for figure, axes in drawn.values():
        legend, title = axes.get_legend().get_window_extent(), figure.texts[0].get_window_extent()
        assert axes.get_window_extent().y1 <= legend.y0 + 1
        assert legend.y1 <= title.y0 + 4  # the box is a little higher than its text
        assert title.y1 <= figure.bbox.y1


def test_without_a_test_set_only_training_is_drawn(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(test=False)), tmp_path)
    assert legend(*drawn["accuracy.png"]) == ["train (final: 0.9375)"]


def test_validation_is_a_third_curve(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(validation=True)), tmp_path)
    figure, axes = drawn["accuracy.png"]
    labels = ["train (final: 0.9375)", "test (final: 0.875)", "validation (final: 0.9062)"]
    assert legend(figure, axes) == labels
    assert line(axes, "validation")[0] == (0, 0.09375)
    assert len({line.get_color() for line in axes.lines}) == 3
    for figure, axes in drawn.values():
        box = axes.get_legend().get_window_extent()
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


@pytest.mark.parametrize(
    ("losses", "scale"), [([2.0, 1.0, 0.1, 0.1, 0.1], "linear"), ([2.0, 1.0, 0.1, 0.01, 0.001], "log")]
)
def test_losses_over_more_than_two_decades_get_a_log_scale(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn, losses: list[float], scale: str
) -> None:
    plot_run(read_run(make_run(losses=losses)), tmp_path)
    _, axes = drawn["loss.png"]
    assert axes.get_yscale() == scale
    assert axes.get_ylabel() == ("loss, log scale" if scale == "log" else "loss")
    assert drawn["accuracy.png"][1].get_yscale() == "linear"


def test_one_evaluation_is_a_point(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(accuracies=[0.5], status="interrupted")), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert line(axes, "train") == [(0, 0.5)]
    assert axes.lines[0].get_marker() == "o"
    assert figure.get_suptitle() == "adam (interrupted)"


def test_a_run_without_evaluations_says_so(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(accuracies=[], status="failed")), tmp_path)
    assert [text.get_text() for text in drawn["loss.png"][1].texts] == ["no data recorded"]


def test_values_that_are_no_numbers_are_left_out(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    losses = [2.0, float("nan"), 1e300, float("inf"), 3.0]
    plot_run(read_run(make_run(losses=losses, status="diverged")), tmp_path)
    _, axes = drawn["loss.png"]
    assert line(axes, "train") == [(0, 2.0), (40, 3.0)]
    assert np.isfinite(axes.get_ylim()).all()


def test_a_loss_of_zero_does_not_break_the_log_scale(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(losses=[2.0, 0.5, 1e-3, 1e-5, 0.0])), tmp_path)
    assert drawn["loss.png"][1].get_ylim()[0] == pytest.approx(1e-5 / 1.2)


def test_thinning_keeps_extremes_and_ends() -> None:
    step = np.arange(100_000.0)
    value = np.sin(step / 50)
    value[54_321] = 7.0
    value[65_432] = -7.0
    x, y = thinned(step, value)
    assert len(x) == len(y) == 2 * BINS
    assert (y.max(), y.min()) == (7.0, -7.0)
    assert x[0] == 0
    assert x[-1] == step[-1]
    assert (np.diff(x) >= 0).all()
    assert abs(x[y.argmax()] - 54_321) <= 100


def test_short_curves_are_not_thinned() -> None:
    step = np.arange(float(2 * BINS))
    assert thinned(step, step)[1] is step


def test_the_mean_over_runs_of_different_length() -> None:
    long = Curve(np.array([0.0, 10.0, 20.0]), np.array([1.0, 2.0, 3.0]))
    short = Curve(np.array([0.0, 10.0]), np.array([3.0, 6.0]))
    mean = mean_curve([long, short])
    assert mean.step.tolist() == [0, 10, 20]
    assert mean.value.tolist() == [2, 4, 3]
    assert mean.spread is not None
    assert mean.spread.tolist() == pytest.approx([2**0.5, 8**0.5, 0])


def test_long_means_are_cut_to_what_can_be_seen() -> None:
    step = np.arange(50_000.0)
    mean = mean_curve([Curve(step, step), Curve(step, step + 2)])
    assert len(mean.step) == 2 * BINS
    assert mean.step[-1] == step[-1]
    assert (mean.value == mean.step + 1).all()


def make_many(make_run: MakeRun, count: int, **options: Any) -> list[Path]:
    return [make_run(f"r{index}", {"optimizer.lr": 1.0 + index}, **options) for index in range(count)]


def test_few_runs_show_training_too(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_comparison(compare(make_many(make_run, 2)), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert legend(figure, axes) == ["lr 1.0", "lr 2.0"]
    assert [hidden_below(below, above) for above, below in (axes.lines[:2], axes.lines[2:])] == [False, False]
    assert axes.get_ylabel() == "accuracy (thin: test, thick: train)"


def test_more_runs_show_the_test_set_only(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
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


def test_many_runs_keep_their_own_looks_and_a_full_legend(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_comparison(compare(make_many(make_run, ENTRIES_IN_LEGEND + 3)), tmp_path)
    figure, axes = drawn["accuracy.png"]
    looks = {(line.get_color(), repr(line._dash_pattern)) for line in axes.lines if line.get_color() != FAINT}
    assert len(looks) == ENTRIES_IN_LEGEND
    assert legend(figure, axes)[-1] == "… and 3 more"
    assert len(legend(figure, axes)) == ENTRIES_IN_LEGEND + 1


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


def test_labels_cannot_start_a_formula(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    runs = [make_run("a", {"data.name": "$\\frac"}), make_run("b", {"data.name": "$x$"})]
    plot_comparison(compare(runs), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert sorted(legend(figure, axes)) == ["data $\\frac", "data $x$"]


def test_labels_too_long_for_the_legend_give_way_to_titles(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
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


def test_the_legend_of_a_run_stays_inside_the_picture(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(losses=[2.5, 1.0, 0.01, 0.001, 0.00047413])), tmp_path)
    figure, axes = drawn["loss.png"]
    box = axes.get_legend()
    assert box is not None
    assert box.get_window_extent().x1 <= figure.bbox.x1
    assert box.get_window_extent().y1 <= figure.bbox.y1
    assert axes.get_window_extent().width > 0.85 * figure.bbox.width
