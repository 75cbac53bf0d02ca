"""Pictures of runs at the sizes of terminals."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.insight.watch.followed_run import FollowedRun
from nnlab.insight.watch.frame import Frame, closing_line, lines_of
from nnlab.language import speaking
from nnlab.records.formats import DIAGNOSTICS_COLUMNS

MakeRun = Callable[..., Path]
SIZES = [(80, 24), (120, 40), (40, 12), (20, 5), (200, 60), (8, 2), (1, 1)]


def pictured(path: Path, width: int, height: int, **how: bool) -> list[str]:
    run = FollowedRun(path)
    run.look(whole=True)
    return [line.plain for line in lines_of(run, Frame(width, height, **how))]


def with_norms(path: Path, layers: int = 3) -> Path:
    rows = [
        f"{step},linear{layer},{0.1 / layer},,,,,\n" for step in range(10, 41, 10) for layer in range(1, layers + 1)
    ]
    (path / "diagnostics.csv").write_text(",".join(DIAGNOSTICS_COLUMNS) + "\n" + "".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("plain", [False, True])
def test_a_picture_fits_its_terminal(make_run: MakeRun, width: int, height: int, plain: bool) -> None:
    lines = pictured(with_norms(make_run(validation=True)), width, height, plain=plain)
    assert 1 <= len(lines) <= height
    assert max(map(len, lines)) <= width
    assert not plain or all(line.replace("…", ".").isascii() for line in lines)


def test_80_by_24(make_run: MakeRun) -> None:
    lines = pictured(make_run(seconds=2.0), 80, 24)
    assert len(lines) == 24
    assert lines[0] == f"adam  completed{'20250101-120000-adam-0a1b2c':>65}"
    assert lines[1].endswith("━  40 steps in 2.00 s  100%")
    assert lines[2] == "20 steps/s  2,000 samples/s  epoch 0.07  lr 0.01  32,410 parameters"
    assert lines[3].startswith("objective")
    assert lines[3].rstrip().endswith("accuracy  ── train  ┈┈ test")
    assert [line.split() for line in lines[-4:]] == [
        ["step", "40", "accuracy", "loss"],
        ["──", "train", "0.9375", "0.1562"],
        ["┈┈", "test", "0.8750", "0.1953"],
        ["best", "test", "accuracy", "0.8750", "at", "step", "40"],
    ]


def test_120_by_40_has_room_for_four_charts(make_run: MakeRun) -> None:
    lines = pictured(with_norms(make_run()), 120, 40)
    text = "\n".join(lines)
    titles = [line for line in lines if "objective" in line or line.startswith("loss")]
    assert "accuracy" in titles[0]
    assert "gradient norm (log)" in titles[1].replace(", mean of 2 steps", "")
    assert "linear1        0.1" in text


def test_40_by_12_has_one_chart_and_one_line_of_numbers(make_run: MakeRun) -> None:
    lines = pictured(make_run(), 40, 12)
    assert lines[0].startswith("adam  completed")
    assert sum("└0" in line for line in lines) == 1
    assert lines[-1] == "accuracy  train 0.9375  test 0.8750"


def test_many_layers_are_thinned_out(make_run: MakeRun) -> None:
    text = "\n".join(pictured(with_norms(make_run(), layers=30), 120, 40))
    assert "6 of 30 layers" in text
    assert "linear1 " in text
    assert "linear30" in text


def test_axes_can_be_turned(make_run: MakeRun) -> None:
    path = make_run()
    assert "(log)" not in "\n".join(pictured(path, 80, 24))
    assert "(log)" in "\n".join(pictured(path, 80, 24, flipped=True))


def test_why_a_run_ended_is_shown(make_run: MakeRun) -> None:
    path = make_run(status="diverged")
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    (path / "summary.json").write_text(json.dumps(summary | {"message": "NaN " * 100}), encoding="utf-8")
    lines = pictured(path, 80, 24)
    assert [line.startswith("NaN NaN") for line in lines[:7]] == [False, False, False, True, True, True, False]
    assert lines[5].endswith("NaN…")
    assert "its process has ended" in pictured(make_run("b", status="running"), 80, 24)[3]


def test_a_message_longer_than_its_lines_is_cut_at_the_end_of_the_last_one(make_run: MakeRun) -> None:
    path = make_run(status="diverged")
    summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
    words = "the objective became nan at step 4, first in the outputs of linear2; the usual cause is a learning rate "
    words += "that is too large (here 1e+06): try a tenth of it, or check the scale of the inputs and initial weights; "
    (path / "summary.json").write_text(json.dumps(summary | {"message": words + "end " * 40}), encoding="utf-8")
    lines = pictured(path, 80, 24)
    assert lines[4].startswith("cause is")
    assert lines[5].startswith("check the scale")
    assert lines[5].endswith("…")
    assert all(len(line) <= 80 for line in lines)
    assert "end" not in lines[6]


def test_hostile_names_cannot_steer_the_terminal(make_run: MakeRun) -> None:
    path = make_run(changes={"name": "a\x1b[2J\nb" + "漢" * 100})
    (path / "diagnostics.csv").write_text(
        ",".join(DIAGNOSTICS_COLUMNS) + "\n10,\x1b]0;x\x07,0.5,,,,,\n", encoding="utf-8"
    )
    lines = pictured(path, 80, 24)
    assert all(line.isprintable() for line in lines)
    assert lines[0].startswith("a\\x1b[2J\\nb漢")
    assert "completed" in lines[0]


def test_before_the_first_step(tmp_path: Path) -> None:
    path = tmp_path / "20250101-120000-adam-0a1b2c"
    path.mkdir()
    assert [line.rstrip() for line in pictured(path, 80, 24)] == [
        "20250101-120000-adam-0a1b2c  not begun",
        "step 0",
        "no steps recorded yet",
    ]


def test_japanese(make_run: MakeRun) -> None:
    with speaking("ja"):
        lines = pictured(make_run(validation=True), 80, 24)
    assert "完了" in lines[0]
    assert "訓練" in "".join(lines)


def test_the_line_that_is_left(make_run: MakeRun) -> None:
    run = FollowedRun(make_run())
    run.look()
    assert closing_line(run) == "adam: completed, 40 of 40 steps"
