import json
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.errors import RunError, UsageError
from nnlab.insight.landscape.drawing import as_json, draw, to_csv
from nnlab.insight.landscape.loss_landscape import loss_landscape
from nnlab.insight.landscape.surface import Line, Plane
from nnlab.insight.landscape.trajectory import chosen_snapshots, snapshot_files
from nnlab.plots.palette import drawn_as
from nnlab.plots.plot_style import PlotStyle
from nnlab.records.reader import RunRecord, read_run

SPEC = {
    "name": "moons",
    "data": {"name": "moons", "points": 30, "test_points": 10},
    "model": {"name": "mlp", "hidden": [5], "activation": "relu", "batch_norm": True},
    "loss": {"name": "cross_entropy", "smoothing": 0.1},
    "optimizer": {"name": "adam", "lr": 0.05},
    "penalty": {"l2": 0.01},
    "train": {"iterations": 24, "batch_size": 20, "eval_every": 8, "snapshots": 5, "pictures": False},
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return read_run(nnlab.run(SPEC, tmp_path_factory.mktemp("runs"), progress=False).path)


def test_start_and_end_are_the_recorded_losses_with_batch_norm_penalty_and_smoothing(record) -> None:
    for split in ("train", "test"):
        found = loss_landscape(record, "line", split=split, points=5)
        assert isinstance(found.surface, Line)
        recorded = [record.rows[0][f"{split}_loss"], record.final[f"{split}_loss"]]
        assert [found.start, found.end] == recorded
        assert [found.surface.at(0), found.surface.at(1)] == recorded
        assert found.samples == found.whole


def test_by_default_the_path_is_drawn_where_there_are_snapshots(record) -> None:
    found = loss_landscape(record.path, points=5)
    assert (found.directions, found.notes) == ("pca", ())
    assert found.trajectory is not None
    assert found.trajectory.steps.tolist() == [0, 6, 12, 18, 24]
    assert found.trajectory.losses[[0, -1]].tolist() == [found.start, found.end]
    assert isinstance(found.surface, Plane)
    path = found.path
    assert path is not None
    assert found.surface.x[0] < path[:, 0].min()
    assert path[:, 0].max() < found.surface.x[-1]
    assert 0 < found.axes.explained[1] <= found.axes.explained[0] < 1


def test_the_middle_of_random_directions_is_the_trained_network_and_the_seed_repeats_them(record) -> None:
    one, same, other = (loss_landscape(record, "random", points=3, seed=seed) for seed in (1, 1, 2))
    assert isinstance(one.surface, Plane)
    assert one.surface.loss[1, 1] == one.end
    assert (one.surface.loss == same.surface.loss).all()
    assert (one.surface.loss != other.surface.loss).any()


def test_sentences_csv_and_plain_values_say_the_same(record) -> None:
    for kind, head in (("line", "alpha,loss"), ("pca", "x,y,loss"), ("random", "x,y,loss")):
        found = loss_landscape(record, kind, points=3)
        document = json.loads(json.dumps(as_json(found), allow_nan=False))
        assert document["trained_loss"] == found.end
        lines = to_csv(found).splitlines()
        assert lines[0] == head
        assert len(lines) - 1 == found.surface.loss.size == np.size(document["loss"])
        assert float(lines[1].split(",")[-1]) == found.surface.loss.ravel()[0]
        assert len(found.sentences) >= 4
        assert found.sentences == document["sentences"]
        assert "batch statistics" in found.sentences[-1]
        assert found._repr_html_().startswith("<div>")


@pytest.mark.parametrize(("kind", "axes"), [("line", 1), ("pca", 2), ("random", 3)])
def test_each_kind_is_drawn(record, tmp_path: Path, kind: str, axes: int) -> None:
    found = loss_landscape(record, kind, points=3)
    assert len(found.plot(style="dark").axes) == axes
    with drawn_as(PlotStyle("svg")):
        draw(found, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<?xml")


def test_without_snapshots_the_line_is_drawn_and_the_command_that_records_them_said(tmp_path: Path) -> None:
    train = SPEC["train"] | {"snapshots": 0, "iterations": 2}
    run = nnlab.run(SPEC | {"train": train}, tmp_path, progress=False)
    found = loss_landscape(run, points=3)
    assert found.directions == "line"
    (note,) = found.notes
    assert note.endswith(f"nnlab train {run.path / 'spec.yaml'} -s train.snapshots=30")
    with pytest.raises(UsageError, match="has no snapshots"):
        loss_landscape(run, "pca")
    (run.path / "model.safetensors").unlink()
    with pytest.raises(RunError, match=r"model\.safetensors"):
        loss_landscape(run, points=3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"directions": "up"}, "must be one of random, pca, line"),
        ({"directions": "random", "points": 4}, "must be odd"),
        ({"points": 2}, "points: must be from 3"),
        ({"reach": 0.0}, "range: must be above 0"),
        ({"reach": float("nan")}, "range: must be above 0"),
        ({"samples": 0}, "samples: must be at least 1"),
        ({"seed": -1}, "seed: must be from 0"),
        ({"split": "validation"}, "has no validation samples"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(record, wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        loss_landscape(record, **wrong)


def test_only_snapshots_count_and_many_are_thinned_evenly(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    for name in ("step-0000010.safetensors", "step-0000002.safetensors", "step-x.safetensors", "other"):
        (folder / name).touch()
    files = snapshot_files(tmp_path)
    assert [step for step, _ in files] == [2, 10]
    many = [(step, tmp_path) for step in range(101)]
    kept = [step for step, _ in chosen_snapshots(many, parameters=10_000_000)]
    assert kept[0] == 0
    assert kept[-1] == 100
    assert len(kept) == (1 << 30) // 80_000_000
    assert chosen_snapshots(many, parameters=10) == many
