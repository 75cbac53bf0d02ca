"""Predictions for the samples of a run as CSV."""

import csv
from pathlib import Path

import numpy as np
import pytest
from trainings import make_experiment

from nnlab.errors import DataError, UsageError
from nnlab.export.predictions_csv import export
from nnlab.export.request import ExportRequest
from nnlab.train.run import RunResult, run

SPEC = (
    "data: {name: spiral, points: 10}\nmodel: {name: mlp, hidden: [6]}\noptimizer: {name: adam, lr: 0.05}\n"
    "train: {iterations: 30, batch_size: full}\n"
)


@pytest.fixture
def spiral(tmp_path: Path, no_pictures: None) -> RunResult:
    return run(make_experiment(tmp_path, SPEC), tmp_path / "runs")


def test_each_sample_has_a_row_that_agrees_with_the_recorded_accuracy(spiral: RunResult, tmp_path: Path) -> None:
    said: list[str] = []
    (path,) = export(ExportRequest(run=spiral.path, out=tmp_path / "own.csv", say=said.append))
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["sample", "prediction", "probability", "p_0", "p_1", "p_2"]
    assert [row["sample"] for row in rows] == [f"train#{number}" for number in range(1, 31)]
    for row in rows:
        numbers = [float(row[f"p_{name}"]) for name in range(3)]
        assert sum(numbers) == pytest.approx(1, abs=1e-12)
        assert row["prediction"] == str(np.argmax(numbers))
        assert float(row["probability"]) == max(numbers)
    right = round(30 * spiral.summary["final"]["train_accuracy"])
    assert said == [f"30 train samples, {right} predicted correctly"]


def test_an_existing_file_is_kept(spiral: RunResult, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("mine")
    with pytest.raises(UsageError, match="already exists; use --overwrite"):
        export(ExportRequest(run=spiral.path, out=tmp_path / "own.csv"))
    assert export(ExportRequest(run=spiral.path, out=tmp_path / "own.csv", overwrite=True))


def test_missing_data_is_an_error_that_names_it(tmp_path: Path, no_pictures: None) -> None:
    table = tmp_path / "own.csv"
    table.write_text("a,b,y\n" + "".join(f"{i},{-i},{'ab'[i % 2]}\n" for i in range(20)), encoding="utf-8")
    result = run(make_experiment(tmp_path, SPEC.replace("name: spiral, points: 10", "name: table, path: own.csv")),
                 tmp_path / "runs")  # fmt: skip
    table.unlink()
    with pytest.raises(DataError, match=r"own\.csv"):
        export(ExportRequest(run=result.path, out=tmp_path / "predictions.csv"))


def test_moved_data_is_named(tmp_path: Path, no_pictures: None) -> None:
    rows = "".join(f"{x},{-x},{'ab'[x % 2]}\n" for x in range(40))
    (tmp_path / "old.csv").write_text(f"u,v,y\n{rows}", encoding="utf-8")
    spec = SPEC.replace("{name: spiral, points: 10}", "{name: table, path: old.csv, label: y}")
    done = run(make_experiment(tmp_path, spec), tmp_path / "runs")
    said: list[str] = []
    (path,) = export(ExportRequest(run=done.path, out=tmp_path / "before.csv"))
    moved = (tmp_path / "old.csv").rename(tmp_path / "new.csv")
    with pytest.raises(DataError, match=r"old\.csv: no such file; if the data was moved, --data PATH names its place"):
        export(ExportRequest(run=done.path, out=tmp_path / "after.csv"))
    (again,) = export(ExportRequest(run=done.path, out=tmp_path / "after.csv", data=moved, say=said.append))
    assert again.read_bytes() == path.read_bytes()
    assert len(said) == 1
    moved.write_text(moved.read_text(encoding="utf-8").replace("3,-3", "3,-4"), encoding="utf-8")
    export(ExportRequest(run=done.path, out=tmp_path / "changed.csv", data=moved, say=said.append))
    assert "the data has changed since the training: new.csv, old.csv" in said[1]
