"""Which pictures a sweep has, and how its trials become points on the axes of its keys."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictured_sweeps import make_sweep

from nnlab.errors import RunError, UsageError
from nnlab.figures import sweep_pictures
from nnlab.figures.sweep_pictures import KINDS, draw_sweep, kinds_of
from nnlab.figures.sweep_view import SweepView, sweep_view
from nnlab.records.sweep_folder import read_sweep
from nnlab.storage.layout import METRICS_FILE, SWEEP_FILE


def view_of(folder: Path, points: Sequence[Mapping[str, Any]], **options: Any) -> SweepView:
    return sweep_view(read_sweep(make_sweep(folder, points, **options)))


def grid(**keys: Sequence[Any]) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = [{}]
    for key, values in keys.items():
        points = [{**point, f"model.{key}": value} for point in points for value in values]
    return points


RANDOM = [{"optimizer.lr": 10 ** -(index / 5), "penalty.l2": (index * 7 % 20) / 20} for index in range(20)]
RANGES = {"optimizer.lr": {"log": [1e-4, 1]}, "penalty.l2": {"uniform": [0, 1]}}


@pytest.mark.parametrize(
    ("points", "over", "kinds"),
    [
        (grid(a=[1, 2, 3]), {}, ["goal", "curves"]),
        (grid(a=list(range(9))), {}, ["goal", "best"]),
        (grid(a=[1, 2, 3], b=["x", "y"]), {}, ["heatmap", "panels"]),
        (grid(a=[0.5**n for n in range(16)], b=[True, False]), {}, ["heatmap", "panels"]),
        (grid(a=list(range(9)), b=list(range(9))), {}, ["heatmap", "best"]),
        (grid(a=list(range(41)), b=[1, 2]), {}, ["scatter", "best"]),
        (RANDOM, RANGES, ["scatter", "importance", "best"]),
        (RANDOM[:6], RANGES, ["scatter", "best"]),
        (grid(a=[1, 2], b=[1, 2], c=[1, 2]), {}, ["parallel", "best"]),
        (grid(a=[1, 2], b=[1, 2], c=[1, 2, 3]), {}, ["parallel", "importance", "best"]),
        (grid(a=[1, 2, 3], b=["one"]), {}, ["goal", "curves"]),
        (grid(a=[1]), {}, ["goal", "curves"]),
    ],
    ids=range(12),
)
def test_pictures_suit_the_keys(
    points: list[dict[str, Any]], over: dict[str, Any], kinds: list[str], tmp_path: Path
) -> None:
    view = view_of(tmp_path, points, over=over)
    assert kinds_of(view) == kinds


def test_before_a_trial_has_ended_there_is_nothing_to_draw(tmp_path: Path) -> None:
    assert kinds_of(view_of(tmp_path, grid(a=[1, 2]), status="waiting")) == []


def test_trials_of_a_point_are_its_seeds(tmp_path: Path) -> None:
    points = view_of(tmp_path, grid(a=[0.1, 0.01]), seeds=2).points
    assert points.values.tolist() == [[0, 1 / 512], [1 / 256, 3 / 512]]
    assert points.trials.tolist() == [[1, 2], [3, 4]]
    assert [key.name for key in points.keys] == ["a"]


def test_a_swept_seed_is_no_axis_unless_it_is_alone(tmp_path: Path) -> None:
    both = [{"optimizer.lr": lr, "seed": seed} for lr in (0.1, 0.2) for seed in (0, 1, 2)]
    points = view_of(tmp_path / "both", both).points
    assert ([key.name for key in points.keys], points.values.shape) == (["lr"], (2, 3))
    points = view_of(tmp_path / "seed", [{"seed": seed} for seed in (0, 1, 2)]).points
    assert ([key.name for key in points.keys], points.values.shape) == (["seed"], (3, 1))


def test_keys_that_move_together_are_one_axis(tmp_path: Path) -> None:
    together = {"model.hidden": [[50], [50, 50]], "train.iterations": [500, 1000]}
    rows = [dict(zip(together, values, strict=True)) for values in zip(*together.values(), strict=True)]
    points = view_of(tmp_path, [{**row, "optimizer.lr": lr} for row in rows for lr in (1, 2, 3)], zip=together).points
    assert [key.name for key in points.keys] == ["hidden, iterations", "lr"]
    assert points.keys[0].groups[0] == ("[50], 500", "[50, 50], 1000")


def test_ranges_have_their_own_scale(tmp_path: Path) -> None:
    lr, l2 = view_of(tmp_path, RANDOM, over=RANGES).points.keys
    assert (lr.log, lr.is_range, l2.log, l2.is_range) == (True, True, False, True)


def test_without_a_goal_the_test_accuracy_is_displayed_and_nothing_is_best(tmp_path: Path) -> None:
    view = view_of(tmp_path, grid(a=list(range(9))), goal=None)
    assert (view.points.column, view.points.maximize, view.points.best) == ("test_accuracy", True, None)
    assert kinds_of(view) == ["goal"]
    with pytest.raises(UsageError, match="cannot have the picture best: it has no goal, so none of its points"):
        draw_sweep(view.record.path, pytest.fail, ["best"])


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        (["heat"], "no kind of picture of a sweep is called 'heat'; did you mean 'heatmap'"),
        (["parallel"], "parallel: it is of at least 2 swept keys with different values, and the sweep has 1"),
        (["goal", "scatter"], "scatter: it is of 2 swept keys"),
        (["curves"], "curves: it has 9 values, and more than 8 lines"),
    ],
    ids=range(4),
)
def test_unknown_and_unsuitable_kinds_are_refused_before_any_is_drawn(
    kinds: list[str], message: str, tmp_path: Path
) -> None:
    path = make_sweep(tmp_path, grid(a=list(range(9))))
    with pytest.raises(UsageError, match=message):
        draw_sweep(path, pytest.fail, kinds)
    assert not (path / "plots").exists()


def test_the_files_are_in_plots_and_the_evaluations_are_those_of_the_trials(tmp_path: Path) -> None:
    path = make_sweep(tmp_path, grid(a=[1, 2]))
    trial = read_sweep(path).trial(2)
    trial.mkdir()
    header = "step,epoch,lr,train_loss,train_accuracy,test_loss,test_accuracy,objective"
    (trial / METRICS_FILE).write_text(f"{header},validation_loss,validation_accuracy\n0,0,1,1,0.5,,,1,1,0.25\n10,1,")
    view = sweep_view(read_sweep(path))
    assert [len(view.tables(point)) for point in (0, 1)] == [0, 1]
    assert view.tables(1)[0]["validation_accuracy"].tolist() == [0.25]  # its last line is not finished
    written: list[Path] = []
    drawn = draw_sweep(path, pytest.fail, written=written.append)
    assert drawn == written == [path / "plots" / "goal.png", path / "plots" / "curves.png"]
    assert all(file.is_file() for file in drawn)


def test_a_picture_that_cannot_be_drawn_is_reported_and_keeps_none_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = make_sweep(tmp_path, grid(a=[1, 2])), list[str]()

    def fail(*_: object) -> None:
        raise ValueError("no room")

    monkeypatch.setattr(sweep_pictures, "plot_goal", fail)
    monkeypatch.setattr(sweep_pictures, "plot_curves", lambda *_: None)
    assert draw_sweep(path, said.append) == [path / "plots" / "curves.png"]
    assert said == [f"{path}: the picture goal cannot be drawn: ValueError: no room"]
    with pytest.raises(UsageError, match="no room"):
        draw_sweep(path, pytest.fail, ["goal"])


@pytest.mark.parametrize("text", ["over: {a: [1,", "[1, 2]"])
def test_a_damaged_sweep_file_is_reported(text: str, tmp_path: Path) -> None:
    path = make_sweep(tmp_path, grid(a=[1, 2]))
    (path / SWEEP_FILE).write_text(text)
    with pytest.raises(RunError, match=SWEEP_FILE):
        draw_sweep(path, pytest.fail)


def test_every_kind_has_a_file_of_its_name() -> None:
    assert {kind: picture.file for kind, picture in KINDS.items()} == {kind: f"{kind}.png" for kind in KINDS}
    assert np.unique(list(KINDS)).size == len(KINDS)
