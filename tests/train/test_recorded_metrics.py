"""A metric that is registered and monitored is measured, recorded, resumed and compared like any other."""

from pathlib import Path

import pytest
from made_metrics import registered
from moons_runs import moons

from nnlab.comparisons.comparison import compare
from nnlab.core.rows import SPLITS
from nnlab.metric_columns import METRICS_COLUMNS
from nnlab.records.reader import read_run
from nnlab.train.crossval import cross_validate
from nnlab.train.resume import resume
from nnlab.train.run import run

# With so much patience training never stops early.
MONITOR = "train.early_stopping={metric: validation_worst_class, patience: 50}"
COLUMNS = (*METRICS_COLUMNS, *(f"{split}_worst_class" for split in SPLITS))


@pytest.mark.usefixtures("no_pictures")
def test_a_run_measures_and_records_what_early_stopping_monitors(tmp_path: Path) -> None:
    with registered():
        result = run(moons(tmp_path, "data.validation=0.3", MONITOR, "train.iterations=24"), tmp_path / "runs")
        record = read_run(result.path)
        assert tuple(record.metrics) == COLUMNS == tuple(result.summary["final"])
        errors = record.metrics["validation_worst_class"].tolist()
        steps = record.metrics["step"].tolist()
        best = min(range(1, len(errors)), key=errors.__getitem__)
        assert result.summary["final"]["step"] == steps[best]
        for split, count in (("train", 42), ("test", 20), ("validation", 18)):
            accuracy, worst = record.metrics[f"{split}_accuracy"], record.metrics[f"{split}_worst_class"]
            wrong = count * (1 - accuracy)
            assert ((wrong / 2 - 1e-9 <= worst) & (worst <= wrong + 1e-9)).all()
        assert "test_worst_class" in compare([result.path]).to_csv()


@pytest.mark.usefixtures("no_pictures")
def test_a_run_with_a_new_metric_is_resumed_byte_for_byte(tmp_path: Path) -> None:
    with registered():
        overrides = ["data.validation=0.3", MONITOR, "train.eval_every=4"]
        whole = run(moons(tmp_path, *overrides, "train.iterations=24"), tmp_path / "runs").path
        part = run(moons(tmp_path, *overrides), tmp_path / "runs").path
        resume(part, iterations=24)
        assert (part / "metrics.csv").read_bytes() == (whole / "metrics.csv").read_bytes()


@pytest.mark.usefixtures("no_pictures")
def test_a_cross_validation_averages_what_its_folds_monitor(tmp_path: Path) -> None:
    with registered():
        result = cross_validate(moons(tmp_path, "data.validation=0.3", MONITOR), 2, tmp_path / "runs")
        finals = [run["final"]["validation_worst_class"] for run in result.summary["runs"]]
        assert result.summary["metrics"]["validation_worst_class"]["mean"] == sum(finals) / 2


@pytest.mark.usefixtures("no_pictures")
def test_a_run_without_it_has_the_columns_of_the_contract(tmp_path: Path) -> None:
    with registered():
        path = run(moons(tmp_path), tmp_path / "runs").path
    assert (path / "metrics.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(METRICS_COLUMNS)
