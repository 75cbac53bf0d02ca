"""Pictures of gradients and activations: what is drawn in them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import write_no_pixels
from matplotlib.figure import Figure

from nnlab.errors import RunError
from nnlab.plots import diagnostics
from nnlab.plots.canvas import canvas, picture
from nnlab.plots.diagnostics import MOST_PANELS, plot_activation_histograms, plot_gradients
from nnlab.records.reader import RunRecord, read_run

Figures = dict[str, Figure]


@pytest.fixture
def drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Figures:
    """The figures that are drawn, by file name."""
    kept: Figures = {}
    write_no_pixels(monkeypatch, laid_out="laid_out" in request.fixturenames)

    @contextmanager
    def keep_canvas(path: Path, *arguments: Any) -> Iterator[Figure]:
        with canvas(path, *arguments) as figure:
            yield figure
        kept[path.name] = figure

    @contextmanager
    def keep_picture(path: Path, *arguments: Any) -> Iterator[Any]:
        with picture(path, *arguments) as both:
            yield both
        kept[path.name] = both[0]

    monkeypatch.setattr(diagnostics, "canvas", keep_canvas)
    monkeypatch.setattr(diagnostics, "picture", keep_picture)
    return kept


@pytest.fixture
def record(make_run: Any) -> RunRecord:
    return read_run(make_run())


def write(folder: Path, layers: int, steps: int = 1) -> None:
    lines = ["step,layer,gradient_norm,update_ratio,activation_mean,activation_std,dead_share,saturated_share"]
    lines += [f"{step},linear{n},0.5,,,,," for step in range(1, steps + 1) for n in range(1, layers + 1)]
    (folder / "diagnostics.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["step,layer,left,right,count"]
    for step, width in ((0, 0.5), (5, 4.0)):
        for n in range(1, layers + 1):
            lines += [f"{step},linear{n},{place * width},{(place + 1) * width},{place + n}" for place in range(3)]
    (folder / "histograms.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 13, 24])
def test_every_layer_has_a_panel_with_start_and_end_as_high_as_it(
    record: RunRecord, drawn: Figures, tmp_path: Path, layers: int
) -> None:
    write(record.path, layers)
    plot_activation_histograms(record, tmp_path)
    panels = [axes for axes in drawn["activation_histograms.png"].axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == [f"linear{n}" for n in range(1, layers + 1)]
    for n, axes in enumerate(panels, start=1):
        for patch in axes.patches:
            heights = patch.get_data().values  # type: ignore[attr-defined]  # stairs
            np.testing.assert_allclose(heights, [(place + n) / (2 + n) for place in range(3)])


def test_of_very_many_layers_the_last_is_among_the_panels(
    record: RunRecord, drawn: Figures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnostics, "MOST_PANELS", 7)
    write(record.path, 47)
    plot_activation_histograms(record, tmp_path)
    titles = [axes.get_title() for axes in drawn["activation_histograms.png"].axes if axes.get_visible()]
    assert len(titles) == len(set(titles)) == 7
    assert (titles[0], titles[-1]) == ("linear1", "linear47")


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "marker"), [(1, "o"), (15, "o"), (16, "None")])
def test_few_evaluations_have_markers(
    record: RunRecord, drawn: Figures, tmp_path: Path, steps: int, marker: str
) -> None:
    write(record.path, 2, steps)
    plot_gradients(record, tmp_path)
    lines = drawn["gradients.png"].axes[0].lines
    assert [(line.get_label(), line.get_marker()) for line in lines] == [("linear1", marker), ("linear2", marker)]


@pytest.mark.parametrize("draw", [plot_gradients, plot_activation_histograms])
def test_damaged_records_are_reported(
    record: RunRecord, tmp_path: Path, draw: Callable[[RunRecord, Path], None]
) -> None:
    write(record.path, 1)
    (record.path / "histograms.csv").write_text("step,layer,left,right,count\n0,linear1,a,b,c\n", encoding="utf-8")
    (record.path / "diagnostics.csv").write_text("step,layer,gradient_norm\n0,linear1,x\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"\.csv:2: expected a number, found '[ax]'"):
        draw(record, tmp_path)


def test_run_without_updates_is_reported(record: RunRecord, drawn: Figures, tmp_path: Path) -> None:
    write(record.path, 0)
    plot_gradients(record, tmp_path)
    assert [text.get_text() for text in drawn["gradients.png"].axes[0].texts] == ["no data recorded"]
    (record.path / "histograms.csv").write_text("step,layer,left,right,count\n", encoding="utf-8")
    with pytest.raises(RunError, match="no histogram was recorded"):
        plot_activation_histograms(record, tmp_path)


def test_truncated_last_line_is_left_out(make_run: Any, drawn: Figures, tmp_path: Path) -> None:
    record = read_run(make_run(status="running"))
    write(record.path, 2)
    for name in ("diagnostics.csv", "histograms.csv"):
        with (record.path / name).open("a", encoding="utf-8") as file:
            file.write("7,linear1")
    plot_gradients(record, tmp_path)
    plot_activation_histograms(record, tmp_path)
    assert [len(line.get_xdata()) for line in drawn["gradients.png"].axes[0].lines] == [1, 1]  # type: ignore[arg-type]


@pytest.mark.usefixtures("laid_out")
@pytest.mark.slow
@pytest.mark.parametrize("layers", [1, 2, MOST_PANELS + 1])
def test_a_long_title_keeps_clear_of_the_legend(make_run: Any, drawn: Figures, tmp_path: Path, layers: int) -> None:
    record = read_run(make_run("long", {"name": "a rather long name of an experiment"}))
    write(record.path, layers)
    plot_gradients(record, tmp_path)
    plot_activation_histograms(record, tmp_path)
    for figure in drawn.values():
        title, legend = figure.texts[0].get_window_extent(), figure.legends[0].get_window_extent()
        assert title.x1 <= legend.x0 or title.y0 >= legend.y1


def test_the_start_is_filled_and_the_end_an_outline(record: RunRecord, drawn: Figures, tmp_path: Path) -> None:
    write(record.path, 1)
    plot_activation_histograms(record, tmp_path)
    figure = drawn["activation_histograms.png"]
    moments = {patch.get_label(): patch for patch in figure.axes[0].patches}
    assert list(moments) == ["before training", "after training"]
    reach = {label: patch.get_data().edges[-1] for label, patch in moments.items()}  # type: ignore[attr-defined]
    assert reach == {"before training": 1.5, "after training": 12}
    assert {label: patch.get_fill() for label, patch in moments.items()} == {
        "before training": True,
        "after training": False,
    }
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(moments)
