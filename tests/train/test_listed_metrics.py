"""Metrics that a spec lists: measured, recorded, resumed; the first one picks the best evaluation."""

import csv
import io
import json
from pathlib import Path

import pytest
from moons_runs import moons
from stopped_runs import contents, killed

from nnlab.comparisons.comparison import compare
from nnlab.config.experiment import Experiment
from nnlab.core.rows import SPLITS
from nnlab.engine.run_setup import RunSetup
from nnlab.errors import UsageError
from nnlab.figures.run_pictures import draw_all
from nnlab.figures.run_view import run_view
from nnlab.inference.evaluation import evaluate
from nnlab.metric_columns import METRICS_COLUMNS, headline
from nnlab.records.reader import read_run
from nnlab.records.result_line import result_line
from nnlab.train.resume import last_run, resume
from nnlab.train.run import run

pytestmark = pytest.mark.usefixtures("no_pictures")


def listing(tmp_path: Path, metrics: str, *overrides: str) -> Experiment:
    return moons(tmp_path, "data.validation=0.3", f"metrics={metrics}", *overrides)


def test_the_first_metric_picks_the_best_evaluation_and_comes_first(tmp_path: Path) -> None:
    result = run(listing(tmp_path, "[f1, accuracy, confusion]", "train.iterations=24"), tmp_path / "runs")
    record = read_run(result.path)
    values = record.metrics["validation_f1"][1:].tolist()
    assert (record.best or {})["step"] == record.metrics["step"][1:][values.index(max(values))]
    assert record.metric_names == ["f1", "loss", "accuracy"]
    assert headline(record.final or {}) == headline(result.summary["final"]) == ["f1", "accuracy"]
    assert result_line("moons", dict(record.summary)).startswith("moons: validation F1 0.")
    header = (result.path / "metrics.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == ",".join((*METRICS_COLUMNS, *(f"{split}_f1" for split in SPLITS)))


def test_metrics_that_are_not_listed_are_empty(tmp_path: Path) -> None:
    path = run(
        listing(tmp_path, "[recall]", "train.schedule={name: plateau, metric: train_f1}"), tmp_path / "runs"
    ).path
    record = read_run(path)
    assert record.metric_names == ["recall", "loss", "f1"]
    assert {row["test_accuracy"] for row in record.rows} == {None}
    assert draw_all(run_view(record), tmp_path / "plots", lambda text: None, ["accuracy"]) == []
    comparison = compare([path])
    assert comparison.sort == "validation_recall"
    assert comparison.usual_columns.best == "best_test_recall"
    assert "best_test_recall" in comparison.entries[0].measures


def test_a_run_of_which_the_loss_is_the_metric_is_best_where_it_is_lowest(tmp_path: Path) -> None:
    record = read_run(run(listing(tmp_path, "[loss]", "train.iterations=24"), tmp_path / "runs").path)
    losses = record.metrics["validation_loss"][1:].tolist()
    assert (record.best or {})["validation_loss"] == min(losses)
    assert compare([record.path]).sort == "validation_loss"


def test_the_confusion_matrix_of_every_evaluation_is_recorded(tmp_path: Path) -> None:
    path = run(listing(tmp_path, "[confusion]"), tmp_path / "runs").path
    record = read_run(path)
    assert record.metric_names == ["accuracy", "loss"]  # those of the task, where none with a number is listed
    rows = list(csv.DictReader(io.StringIO((path / "confusion.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["step", "split", "true", "predicted", "samples"]
    for evaluation in record.rows:
        for split in SPLITS:
            cells = [row for row in rows if row["step"] == str(evaluation["step"]) and row["split"] == split]
            correct = sum(int(row["samples"]) for row in cells if row["true"] == row["predicted"])
            assert correct / sum(int(row["samples"]) for row in cells) == evaluation[f"{split}_accuracy"]
            assert all(int(row["samples"]) > 0 for row in cells)


@pytest.mark.slow
def test_killed_runs_are_resumed_without_gaps_or_duplicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = listing(tmp_path, "[{name: f1, class_name: 1}, accuracy, confusion]", "train.iterations=24")
    whole = run(experiment, tmp_path / "whole").path
    for kill in ({"step": 9}, {"evaluation": 16}):
        with killed(monkeypatch, **kill):  # type: ignore[arg-type]
            run(experiment, tmp_path / "runs")
        path = last_run(tmp_path / "runs")
        resume(path)
        assert contents(path) == contents(whole)
        assert "confusion.csv" in contents(path)
        summaries = [json.loads((folder / "summary.json").read_text(encoding="utf-8")) for folder in (path, whole)]
        assert summaries[0]["best"] == summaries[1]["best"]
        assert list(summaries[0]["best"]) == list(summaries[1]["best"])


def test_what_does_not_fit_the_classes_is_refused_at_set_up(tmp_path: Path) -> None:
    for metric, message in (
        ("{name: f1, class_name: 2}", "metrics: f1: class_name: no class '2'"),
        ("{name: top_k, k: 2}", "metrics: top_k: k: must be below 2, the number of classes, got 2"),
    ):
        with pytest.raises(UsageError, match=message):
            RunSetup(listing(tmp_path, f"[{metric}]"))


def test_evaluations_measure_a_listed_metric_as_the_run_did(tmp_path: Path) -> None:
    result = run(listing(tmp_path, "[{name: f1, class_name: 1}]"), tmp_path / "runs")
    dataset = RunSetup(listing(tmp_path, "[]")).dataset
    assert dataset.test is not None
    found = evaluate(result, dataset.test.inputs, dataset.test.targets, check_range=False)
    assert found.metrics["f1"] == result.summary["final"]["test_f1"]
    assert list(found.metrics) == ["loss", "f1", "accuracy", "precision", "recall", "balanced_accuracy"]
    assert (found.variants["f1"], found.variants["recall"], found.variants["loss"]) == ("class 1", "macro", "")
