"""``nnlab plot`` as a user calls it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pictured_sweeps import make_sweep
from PIL import Image

from nnlab.cli.completion import PICTURES, SWEEP_PICTURES, complete_picture
from nnlab.figures.picture_kinds import KINDS
from nnlab.figures.sweep_pictures import KINDS as SWEEP_KINDS
from nnlab.language import LANGUAGES
from nnlab.plots.palette import STYLES
from nnlab.plots.plot_style import FORMATS

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(nnlab, spec: Path, no_pictures: None) -> Path:
    answer = nnlab("train", spec, "-q", "-s", "train.snapshots=2")
    return Path(answer.stdout.splitlines()[-1])


def test_all_available_pictures_are_drawn_into_the_run_folder(nnlab, trained: Path) -> None:
    for path in (trained / "plots").iterdir():
        path.unlink()
    answer = nnlab("plot", trained)
    assert (answer.code, answer.stderr) == (0, "")
    kinds = ("accuracy", "loss", "boundary", "confusion")
    assert answer.stdout.splitlines() == [str(trained / "plots" / f"{kind}.png") for kind in kinds]
    assert all(Path(line).is_file() for line in answer.stdout.splitlines())


def test_plot_options_kinds_format_style_and_folder(nnlab, trained: Path, tmp_path: Path) -> None:
    answer = nnlab("plot", trained, "loss", "confusion", "--format", "svg", "--style", "dark", "--out", "mine")
    assert answer.stdout.splitlines() == ["mine/loss.svg", "mine/confusion.svg"]
    assert "#16181d" in (tmp_path / "mine" / "loss.svg").read_text(encoding="utf-8").lower()


def test_plot_animates_decision_regions(nnlab, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.plots.regions.GRID", 4)
    answer = nnlab("plot", trained, "--animate", "--out", "movie")
    assert (answer.code, answer.stdout) == (0, "movie/boundary.gif\n")
    assert Path("movie/boundary.gif").read_bytes().startswith(b"GIF8")


def test_a_run_without_points_in_the_plane_says_so_first(nnlab, make_run: Callable[..., Path]) -> None:
    answer = nnlab("plot", make_run(), "--animate")
    assert answer.code == 2
    assert "cannot be animated: its samples do not have two features" in answer.stderr
    assert "snapshots" not in answer.stderr


@pytest.mark.usefixtures("no_pictures")
def test_plot_animate_without_snapshots_draws_nothing(nnlab, spec: Path, tmp_path: Path) -> None:
    run = Path(nnlab("train", spec, "-q").stdout.splitlines()[-1])
    answer = nnlab("plot", run, "accuracy", "--animate", "--out", "new")
    assert (answer.code, answer.stdout) == (2, "")
    assert "has no snapshots to animate; train it again with train.snapshots: 30 in its spec" in answer.stderr
    assert not Path("new").exists()


def test_each_path_is_printed_as_soon_as_its_picture_is_there(nnlab, trained: Path) -> None:
    (trained / "snapshots" / "step-0000004.safetensors").write_bytes(b"damaged")
    answer = nnlab("plot", trained, "accuracy", "--animate", "--out", "new")
    assert (answer.code, answer.stdout) == (5, "new/accuracy.png\n")
    assert "step-0000004.safetensors: cannot be loaded" in answer.stderr
    assert [path.name for path in Path("new").iterdir()] == ["accuracy.png"]


def test_killed_run_is_animated_from_its_snapshots(nnlab, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.plots.regions.GRID", 4)
    (trained / "model.safetensors").unlink()
    answer = nnlab("plot", trained, "--animate")
    assert (answer.code, answer.stdout, answer.stderr) == (0, f"{trained}/plots/boundary.gif\n", "")


def test_a_plots_folder_that_cannot_be_written_is_a_run_error(nnlab, trained: Path) -> None:
    shutil.rmtree(trained / "plots")
    (trained / "plots").write_text("")
    answer = nnlab("plot", trained)
    assert answer.code == 5
    assert f"{trained}/plots: cannot be written: " in answer.stderr
    assert nnlab("plot", trained, "--out", trained / "plots").code == 5
    assert nnlab("plot", trained, "--out", "elsewhere").code == 0


def test_with_damaged_weights_the_pictures_of_the_records_are_drawn(nnlab, trained: Path) -> None:
    (trained / "model.safetensors").write_bytes(b"damaged")
    answer = nnlab("plot", trained, "--out", "new")
    assert (answer.code, answer.stdout) == (5, "new/accuracy.png\nnew/loss.png\n")
    assert f"{trained}/model.safetensors: cannot be loaded" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_missing_dataset_is_downloaded_with_progress(nnlab, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[object] = []
    monkeypatch.setattr("nnlab.cli.downloading.fetch", fetched.append)
    assert nnlab("plot", trained, "loss").code == 0
    assert fetched == []
    assert nnlab("plot", trained, "loss", "boundary").code == 0
    assert [type(source).__name__ for source in fetched] == ["Moons"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["boundry"], 2, "no kind of picture is called 'boundry'; did you mean 'boundary'?"),
        (["mistakes"], 2, "cannot have the picture mistakes: its samples are not images"),
        (["--format", "gif"], 2, "'gif' is not one of 'png', 'svg', 'pdf'"),
        (["--out", "file/inside"], 5, "file/inside: cannot be written: "),
    ],
)
def test_unavailable_pictures(
    nnlab, trained: Path, arguments: list[str], code: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    Path("file").write_text("")
    answer = nnlab("plot", trained, *arguments)
    assert answer.code == code
    assert message in " ".join(answer.stderr.split())
    assert answer.stdout == ""


def test_plot_of_a_folder_without_a_run_exits_with_5(nnlab, tmp_path: Path) -> None:
    assert nnlab("plot", tmp_path / "gone").code == 5


@pytest.mark.parametrize("fonts", [["DejaVu Sans"], ["DejaVu Sans", "IPAexGothic"]])
def test_japanese_needs_a_font(nnlab, trained: Path, fonts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.plots.fonts.fontManager.get_font_names", lambda: fonts)
    answer = nnlab("plot", trained, "accuracy", "--lang", "ja", "--format", "svg", "--out", "ja")
    if len(fonts) > 1:
        assert (answer.code, answer.stdout) == (0, "ja/accuracy.svg\n")
    else:
        assert (answer.code, answer.stdout) == (2, "")
        assert "no Japanese font was found; pip install 'nnlab-runner[ja]'" in answer.stderr
        assert "install one of Noto Sans CJK JP" in answer.stderr
        assert not Path("ja").exists()


def test_a_name_without_a_font_is_reported_in_one_line(
    nnlab, make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pictures, one line; with English words too."""
    monkeypatch.setattr("nnlab.plots.fonts.findSystemFonts", list)
    monkeypatch.setattr("nnlab.plots.fonts.fontManager.get_font_names", lambda: ["DejaVu Sans"])
    run = make_run("a", {"name": "名前"})
    for command in (("plot", run, "accuracy", "loss"), ("compare", run, make_run("b", {"name": "名札"}))):
        answer = nnlab(*command)
        assert answer.code == 0
        assert answer.stderr.count("\n") == 1
        assert "are drawn as boxes: 名" in answer.stderr
        assert "install one of Noto Sans CJK JP, Noto Sans JP, IPAexGothic, " in answer.stderr
    assert nnlab("plot", make_run("c"), "accuracy", "loss").stderr == ""


def test_completion_and_help_have_every_kind(nnlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert tuple(KINDS) == PICTURES
    assert tuple(SWEEP_KINDS) == SWEEP_PICTURES
    assert complete_picture("a") == ["accuracy", "activation_histograms"]
    text = nnlab("plot", "--help").stdout
    assert "Example: nnlab plot last " in text
    for word in (*KINDS, *SWEEP_KINDS, *FORMATS, *STYLES, *LANGUAGES):
        assert word in text


def test_an_animation_has_the_requested_style(nnlab, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.plots.regions.GRID", 4)
    papers = {}
    for style in ("light", "dark"):
        assert nnlab("plot", trained, "--animate", "--style", style, "--out", style).code == 0
        with Image.open(Path(style, "boundary.gif")) as gif:
            papers[style] = int(np.asarray(gif.convert("L"))[-1, -1])
    assert papers["light"] == 255
    assert papers["dark"] < 60


def test_plot_draws_the_pictures_of_a_sweep(nnlab, tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "runs", [{"optimizer.lr": lr} for lr in (0.1, 0.01)])
    answer = nnlab("plot", "last", "goal", "--format", "svg", "--out", "mine")
    assert (answer.code, answer.stdout, answer.stderr) == (0, "mine/goal.svg\n", "")
    assert "adam: validation accuracy, 2 trials" in Path("mine/goal.svg").read_text(encoding="utf-8")
    answer = nnlab("plot", sweep, "heatmap")
    assert (answer.code, answer.stdout) == (2, "")
    assert "cannot have the picture heatmap: it is of 2 swept keys" in answer.stderr
    answer = nnlab("plot", sweep, "--animate")
    assert answer.code == 2
    assert "is a sweep, which has no animation" in answer.stderr


def test_a_sweep_without_an_ended_trial_has_nothing_to_draw(nnlab, tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "runs", [{"optimizer.lr": 0.1}], status="waiting")
    answer = nnlab("plot", sweep)
    assert (answer.code, answer.stdout) == (0, "")
    assert answer.stderr == f"nnlab: {sweep}: no trial has ended, so there is nothing to draw yet\n"
