"""Translations: the table has exactly the texts in use, and Japanese pictures contain no English text of nnlab."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_metrics import registered
from matplotlib.figure import Figure
from matplotlib.text import Text
from swept_points import make_points, make_table

import nnlab.plots
from nnlab.comparisons.comparison import compare
from nnlab.core.random import make_streams
from nnlab.data.dataset import Dataset, Split
from nnlab.data.pipeline.augmentation import Flip
from nnlab.data.target_columns import TargetColumns
from nnlab.engine.activation_statistics import ActivationStatistics
from nnlab.errors import UsageError
from nnlab.insight.watch.followed_run import GONE, NOT_BEGUN
from nnlab.language import tr
from nnlab.plots import canvas, fonts
from nnlab.plots.activations import plot_untrained_activations
from nnlab.plots.comparison import plot_comparison
from nnlab.plots.confusion import plot_confusion
from nnlab.plots.curves import PARTS, label_of, plot_run
from nnlab.plots.diagnostics import plot_activation_histograms, plot_gradients
from nnlab.plots.fit import plot_fit
from nnlab.plots.fonts import JAPANESE_FONTS
from nnlab.plots.mistakes import plot_mistakes
from nnlab.plots.number_predictions import plot_number_predictions
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle
from nnlab.plots.regions import plot_boundary
from nnlab.plots.samples import plot_samples
from nnlab.plots.step_sizes import LABELS
from nnlab.plots.sweep_curves import plot_curves
from nnlab.plots.sweep_goal import plot_goal
from nnlab.plots.sweep_importance import plot_importance
from nnlab.plots.sweep_map import plot_heatmap, plot_scatter
from nnlab.plots.sweep_panels import plot_best, plot_panels
from nnlab.plots.sweep_parallel import plot_parallel
from nnlab.plots.weights import plot_weights
from nnlab.records.formats import CRASHED, DAMAGED, STATUSES, TRIAL_STATUSES
from nnlab.records.reader import read_run
from nnlab.words import JAPANESE

MODULES = sorted(Path(nnlab.__file__).parent.rglob("*.py"))
# Used by name, not as they stand.
NAMED = {
    *PARTS,
    *STATUSES,
    *TRIAL_STATUSES,
    CRASHED,
    DAMAGED,
    NOT_BEGUN,
    GONE,
    *LABELS.values(),
    "before training",
    "after training",
}


def translated() -> Iterator[str]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                (text,) = node.args
                if isinstance(text, ast.Constant):
                    yield str(text.value)


def test_the_table_holds_the_translated_texts_and_nothing_else() -> None:
    assert {*translated(), *NAMED} == set(JAPANESE)


@pytest.mark.parametrize("text", JAPANESE)
def test_a_translation_has_the_same_places_and_no_english(text: str) -> None:
    def places(form: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(form)} - {None}

    assert places(JAPANESE[text]) <= places(text)
    if "{runs}; lines" not in text:
        assert places(JAPANESE[text]) == places(text)
    assert not re.search("[A-Za-z]", re.sub(r"\{.*?\}", "", JAPANESE[text]))


@pytest.fixture
def japanese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a Japanese font were installed; its letters are drawn as boxes."""
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: ["DejaVu Sans", JAPANESE_FONTS[2]])


def test_without_a_japanese_font_the_error_names_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts.fontManager, "get_font_names", lambda: ["DejaVu Sans", "Noto Sans"])
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)
    advice = r"pip install 'nnlab-runner\[ja\]' brings one; or install one of Noto Sans CJK JP, .*apt install"
    with pytest.raises(UsageError, match=rf"no Japanese font was found; {advice}"):
        drawn_as(PlotStyle(language="ja")).__enter__()
    assert tr("test") == "test"


def test_a_font_that_is_found_is_used(japanese_font: None) -> None:
    with drawn_as(PlotStyle(language="ja")):
        assert tr("test") == "テスト"
        with canvas.blank("title", (1, 1)) as figure:
            assert figure.texts[0].get_fontfamily() == ["DejaVu Sans", JAPANESE_FONTS[2]]
    assert tr("test") == "test"


def test_metrics_name_themselves(japanese_font: None) -> None:
    assert [label_of(name) for name in ("accuracy", "loss")] == ["accuracy", "loss"]
    with drawn_as(PlotStyle(language="ja")), registered():
        assert [label_of(name) for name in ("accuracy", "loss", "top_2")] == ["正解率", "損失", "上位2正解率"]


def draw_everything(folder: Path, make_run: Callable[..., Path]) -> None:
    """Every picture, of things that have no English names."""
    records = [make_run(f"{k}", {"name": "0", "seed": k}, validation=True, status="interrupted") for k in range(2)]
    record = read_run(records[0])
    (record.path / "diagnostics.csv").write_text("step,layer,gradient_norm\n1,0,0.5\n", encoding="utf-8")
    (record.path / "histograms.csv").write_text("step,layer,left,right,count\n0,0,0,1,5\n1,0,0,1,5\n", encoding="utf-8")
    plot_run(record, folder / "run")
    plot_gradients(record, folder)
    plot_activation_histograms(record, folder)
    plot_comparison(compare(records), folder)
    rng = np.random.default_rng(0)
    points = Split(rng.random((40, 2)), np.arange(40) % 20)
    images = Split(rng.integers(0, 256, (40, 1, 4, 4), np.uint8), np.arange(40) % 20)
    names = tuple(map(str, range(20)))
    for index, split in enumerate((points, images)):
        data = Dataset(split, split, names)
        plot_samples("0", data, folder / f"{index}", [Flip()] if index else [], make_streams("streams", 0))
    plot_boundary("0", Dataset(points, points, names), lambda inputs: np.zeros(len(inputs), int), folder)
    plot_confusion("0", "test", points.targets, points.targets, names, folder)
    plot_mistakes("0", "test", images, (images.targets + 1) % 20, rng.random(40), names, folder)
    numbers = TargetColumns.in_own_units(tuple("01234"))
    plot_number_predictions("0", "test", rng.random((9, 5)), rng.random((9, 5)), numbers.names, folder)
    for features in (1, 2):
        split = Split(rng.random((9, features)), rng.random((9, 5)))
        data = Dataset(split, split, (), numbers=numbers)
        plot_fit("0", data, lambda inputs: np.zeros((len(inputs), 5)), folder)
        plot_samples("0", data, folder / "numbers", [], make_streams("streams", 0))
    plot_weights("0", rng.normal(size=(70, 3, 2, 2)), rng.normal(size=(70, 3, 2, 2)), folder)
    spreads = [
        ActivationStatistics(rng.random(9), (0, 1), None, 0.5),
        ActivationStatistics(rng.random(9), None, 0.5, None),
    ]
    plot_untrained_activations([("0", spreads)], folder)
    draw_sweep_pictures(folder)


def draw_sweep_pictures(folder: Path) -> None:
    """Every picture of a sweep, with trials of every status."""
    values: list[Any] = [[0.5, 0.75], [0.5, "diverged"], ["failed", "stopped"], ["waiting", "interrupted"]]
    one = make_points({"0": [1, 2, 3, 4]}, values, name="0")
    two = make_points({"0": [1, 2, 1, 2], "1": [1, 1, 2, 2]}, values, name="0")
    unchosen = make_points({"0": ["1", "2"]}, [0.5, "diverged"], column="test_loss", chosen=False, name="0")
    plot_goal(one, folder / "goal.png")
    plot_goal(unchosen, folder / "goal_of_categories.png")
    plot_curves(unchosen, lambda point: [make_table(0.5, "test_loss")], folder / "curves.png")
    plot_panels(two, lambda point: [make_table(0.5)], folder / "panels.png")
    plot_best(two, lambda point: [make_table(0.5)], folder / "best.png")
    plot_heatmap(two, folder / "heatmap.png")
    plot_scatter(two, folder / "scatter.png")
    plot_importance(two, folder / "importance.png")
    plot_parallel(two, folder / "parallel.png")


@pytest.mark.slow
def test_japanese_pictures_contain_no_english_text_of_nnlab(
    figures: dict[str, Figure], make_run: Callable[..., Path], tmp_path: Path, japanese_font: None
) -> None:
    with drawn_as(PlotStyle(language="ja")):
        draw_everything(tmp_path / "pictures", make_run)
    assert len(figures) >= 10
    for name, figure in figures.items():
        texts = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]  # type: ignore[attr-defined]
        # Numbers are set as formulas, and seed is a key of the spec.
        english = [text for text in texts if re.search("[A-Za-z]{2}", re.sub(r"\$.*?\$|seed", "", text))]
        assert not english, f"{name}: {english}"
        assert any(re.search("[぀-ヿ一-鿿]", text) for text in texts), name
