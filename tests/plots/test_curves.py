"""Accuracy and loss of one run over its steps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from curves_drawn import Drawn, hidden_below, legend, line
from made_metrics import measure, registered

from nnlab.comparisons.comparison import compare
from nnlab.plots.comparison import plot_comparison
from nnlab.plots.curves import BINS, PARTS, Curve, mean_curve, plot_run, thinned
from nnlab.records.reader import read_run

MakeRun = Callable[..., Path]


def test_training_and_test_curves_of_a_run(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
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


@pytest.mark.slow
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


@pytest.mark.usefixtures("laid_out")
@pytest.mark.parametrize("validation", [False, True])
def test_legend_is_between_title_and_axes(make_run: MakeRun, tmp_path: Path, drawn: Drawn, validation: bool) -> None:
    plot_run(read_run(make_run(validation=validation)), tmp_path)
    for figure, axes in drawn.values():
        legend, title = axes.get_legend().get_window_extent(), figure.texts[0].get_window_extent()
        assert axes.get_window_extent().y1 <= legend.y0 + 1
        assert legend.y1 <= title.y0 + 4  # the box is a little higher than its text
        assert title.y1 <= figure.bbox.y1


def test_without_a_test_set_only_training_is_drawn(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(test=False)), tmp_path)
    assert legend(*drawn["accuracy.png"]) == ["train (final: 0.9375)"]


@pytest.mark.usefixtures("laid_out")
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


@pytest.mark.parametrize(("first", "low"), [(-1e4, -1.0), (-4.0, None)])
def test_values_of_r2_far_below_1_are_cut_off(
    make_run: MakeRun, tmp_path: Path, drawn: Drawn, first: float, low: float | None
) -> None:
    run = make_run()
    measure(run, {"test_r2": [first, 0.5, 0.75, 0.875, 0.9]})
    plot_run(read_run(run), tmp_path, ["r2"])
    axes = drawn["r2.png"][1]
    assert axes.get_ylim()[0] == low if low is not None else axes.get_ylim()[0] < first
    assert axes.get_ylim()[1] > 0.9
    assert axes.get_ylabel() == "R²"


def test_single_evaluation_is_a_point(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(accuracies=[0.5], status="interrupted")), tmp_path)
    figure, axes = drawn["accuracy.png"]
    assert line(axes, "train") == [(0, 0.5)]
    assert axes.lines[0].get_marker() == "o"
    assert figure.get_suptitle() == "adam (interrupted)"


def test_a_run_without_evaluations_says_so(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(accuracies=[], status="failed")), tmp_path)
    assert [text.get_text() for text in drawn["loss.png"][1].texts] == ["no data recorded"]


def test_nan_values_are_left_out(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
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


def test_long_mean_curves_are_thinned() -> None:
    step = np.arange(50_000.0)
    mean = mean_curve([Curve(step, step), Curve(step, step + 2)])
    assert len(mean.step) == 2 * BINS
    assert mean.step[-1] == step[-1]
    assert (mean.value == mean.step + 1).all()


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
def test_the_legend_of_a_run_stays_inside_the_picture(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    plot_run(read_run(make_run(losses=[2.5, 1.0, 0.01, 0.001, 0.00047413])), tmp_path)
    figure, axes = drawn["loss.png"]
    box = axes.get_legend()
    assert box is not None
    assert box.get_window_extent().x1 <= figure.bbox.x1
    assert box.get_window_extent().y1 <= figure.bbox.y1
    assert axes.get_window_extent().width > 0.85 * figure.bbox.width


@pytest.mark.slow
def test_new_metric_has_curves_with_its_own_label_and_range(make_run: MakeRun, tmp_path: Path, drawn: Drawn) -> None:
    with registered():
        run, other = make_run("measured"), make_run("other", {"optimizer.lr": 1.0})
        measure(run, {"test_top_2": [0.5, 0.625, 0.75, 0.75, 0.75], "train_worst_class": [9.0, 8.0, 7.0, 6.0, 2.0]})
        for plot in (
            lambda: plot_run(read_run(run), tmp_path),
            lambda: plot_comparison(compare([run, other]), tmp_path),
        ):
            drawn.clear()
            plot()
            assert list(drawn) == ["accuracy.png", "loss.png", "top_2.png", "worst_class.png"]
            axes = drawn["top_2.png"][1]
            assert axes.get_ylim() == (0, 1)
            assert axes.get_ylabel().replace("test ", "").startswith("top-2 accuracy")
            assert [line.get_xydata().tolist()[1] for line in axes.lines if len(line.get_xydata())] == [[10, 0.625]]
            assert drawn["worst_class.png"][1].get_ylim()[1] > 9
