"""A run's network and data after weights or data were lost or changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from trainings import make_experiment

from nnlab.data.dataset_source import DatasetSource
from nnlab.errors import DataError, RunError, UsageError
from nnlab.figures.run_animation import animate
from nnlab.figures.run_pictures import draw, draw_all
from nnlab.figures.run_view import run_view
from nnlab.plots import regions
from nnlab.records.reader import RunRecord, read_run
from nnlab.train.run import run

ROWS = [f"{k % 7},{k % 5},{'ab'[k % 2]}" for k in range(20)]
SPEC = """\
data:      {name: table, path: points.csv, scaling: none}
model:     {name: mlp, hidden: [4], activation: tanh}
optimizer: {name: sgd, lr: 0.1}
train:     {iterations: 4, batch_size: 10, eval_every: 2, snapshots: 2}
"""


def write(folder: Path, rows: list[str]) -> None:
    (folder / "points.csv").write_text("\n".join(["x,y,kind", *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_pictures: None) -> RunRecord:
    monkeypatch.setattr(regions, "GRID", 4)
    write(tmp_path, ROWS)
    return read_run(run(make_experiment(tmp_path, SPEC), tmp_path / "runs").path)


def cut_the_data(path: Path) -> None:
    write(path.parents[1], ROWS[:5])


def remove_the_data(path: Path) -> None:
    (path.parents[1] / "points.csv").unlink()


def name_what_is_not_registered(path: Path) -> None:
    text = (path / "spec.yaml").read_text(encoding="utf-8").replace("tanh", "tangens")
    (path / "spec.yaml").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "error"),
    [(cut_the_data, UsageError), (remove_the_data, DataError), (name_what_is_not_registered, UsageError)],
)
def test_without_network_and_data_the_records_are_drawn_and_every_message_names_the_run(
    record: RunRecord, tmp_path: Path, harm: Callable[[Path], None], error: type[Exception]
) -> None:
    harm(record.path)
    said: list[str] = []
    assert [path.stem for path in draw_all(run_view(record), tmp_path / "out", said.append)] == [
        "accuracy",
        "loss",
    ]
    assert len(said) == 1
    assert said[0].startswith(f"{record.path}: only pictures of the recorded numbers are drawn: ")
    assert "\n" not in said[0]
    with pytest.raises(error, match=str(record.path)):
        draw(run_view(record), ["accuracy", "boundary"], tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.slow
def test_changed_data_is_reported_once_and_plotted(record: RunRecord, tmp_path: Path) -> None:
    said: list[str] = []
    unchanged = run_view(record, said.append)
    draw(unchanged, ["boundary"], tmp_path / "before")
    assert said == []
    write(tmp_path, [*ROWS[:-1], "9,9,a"])
    run = run_view(record, said.append)
    draw(run, ["accuracy"], tmp_path / "after")
    assert said == [], "the records are not of the data"
    draw(run, ["boundary", "confusion"], tmp_path / "after")
    animate(run, tmp_path / "after")
    assert said == [f"{record.path}: the data has changed since the training: points.csv"]
    environment = record.path / "environment.json"
    environment.write_text(json.dumps(json.loads(environment.read_text()) | {"data_sha256": None}))
    draw(run_view(record, pytest.fail), ["boundary"], tmp_path / "after")


def test_weights_that_do_not_fit_changed_data_are_a_data_error(record: RunRecord, tmp_path: Path) -> None:
    write(tmp_path, [*ROWS, "3,3,c"])
    with pytest.raises(DataError, match=r"weights no longer fit the data, which has changed: points\.csv"):
        draw(run_view(record), ["boundary"], tmp_path / "out")
    environment = record.path / "environment.json"
    environment.write_text(json.dumps(json.loads(environment.read_text()) | {"data_sha256": None}))
    with pytest.raises(RunError, match=r"model\.safetensors: cannot be loaded"):
        draw(run_view(record), ["boundary"], tmp_path / "out")


def test_missing_data_may_be_downloaded_first(record: RunRecord) -> None:
    asked: list[DatasetSource] = []
    run = run_view(record, fetch=asked.append)
    assert asked == []
    assert run.trained is run.setup
    assert [type(source).__name__ for source in asked] == ["Table"]


def test_an_animation_leaves_the_weights_as_they_were(record: RunRecord, tmp_path: Path) -> None:
    run = run_view(record)
    (record.path / "snapshots" / "step-0000004.safetensors").unlink()
    before = run.trained.network.flat.values.copy()
    animate(run, tmp_path)
    assert (run.trained.network.flat.values == before).all()


@pytest.mark.usefixtures("no_pixels")
@pytest.mark.slow
def test_features_too_large_to_draw_leave_a_finished_run(tmp_path: Path) -> None:
    write(tmp_path, ["-1e300,1e300,a", "1e300,-1e300,b", *ROWS])
    path = run(make_experiment(tmp_path, SPEC, "train.iterations=1", "dtype=float64"), tmp_path / "runs").path
    record = read_run(path)
    assert record.status == "completed"
    message = f"{path}: the picture boundary cannot be drawn: its features reach 1e+300, and at most 1e+100"
    assert message in (path / "log.txt").read_text(encoding="utf-8")
    drawn = tmp_path / "out"
    with pytest.raises(UsageError, match="the picture boundary cannot be drawn: its features reach"):
        draw_all(run_view(record), drawn, pytest.fail)
    assert sorted(file.stem for file in drawn.iterdir()) == ["accuracy", "confusion", "loss"]
    with pytest.raises(UsageError, match=r"the picture boundary\.gif cannot be drawn: its features reach"):
        animate(run_view(record), drawn)
