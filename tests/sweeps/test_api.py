"""``nnlab.sweep`` from Python."""

from pathlib import Path

import numpy as np
import pytest
from fake_sweeps import RATES, SPIRAL, FakeWorkers

import nnlab
from nnlab.errors import SpecError, UsageError


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[FakeWorkers]:
    made: list[FakeWorkers] = []

    def workers(slots: int) -> FakeWorkers:
        made.append(FakeWorkers(slots))
        return made[-1]

    monkeypatch.setattr("nnlab.sweeps.api.LocalWorkers", workers)
    return made


def test_the_trials_are_arrays(tmp_path: Path, made: list[FakeWorkers]) -> None:
    over = {"optimizer.lr": RATES, "optimizer.name": ["sgd", "adam"]}
    result = nnlab.sweep(SPIRAL, over, parallel=2, runs=tmp_path, seeds=2)
    assert result.trials["optimizer.lr"].dtype == np.float64
    assert result.trials["optimizer.name"].tolist() == ["sgd", "sgd", "adam", "adam"] * 3
    best = result.trials["validation_accuracy"] == result.trials["validation_accuracy"].max()
    assert result.trials["optimizer.lr"][best].tolist() == [0.125, 0.125]
    assert result.path.parent == tmp_path
    assert result.summary["status"] == "completed"
    (workers,) = made
    assert (workers.slots, workers.closed) == (2, True)


def test_no_more_workers_than_trials_are_started(tmp_path: Path, made: list[FakeWorkers]) -> None:
    nnlab.sweep(SPIRAL, {"optimizer.lr": RATES}, parallel=16, runs=tmp_path)
    assert made[0].slots == 3


@pytest.mark.parametrize("parallel", [0, -1])
def test_a_sweep_without_any_worker_is_refused(tmp_path: Path, made: list[FakeWorkers], parallel: int) -> None:
    with pytest.raises(UsageError, match=f"parallel: must be at least 1, got {parallel}"):
        nnlab.sweep(SPIRAL, {"optimizer.lr": RATES}, parallel=parallel, runs=tmp_path / "runs")
    assert (made, (tmp_path / "runs").exists()) == ([], False)


def test_keys_move_together(tmp_path: Path, made: list[FakeWorkers]) -> None:
    together = {"optimizer.lr": RATES, "seed": [7, 8, 9]}
    result = nnlab.sweep(SPIRAL, zip=together, runs=tmp_path, goal="train_accuracy")
    assert result.trials["seed"].tolist() == [7, 8, 9]
    assert result.summary["goal"] == {"column": "train_accuracy", "maximize": True}


def test_invalid_values_make_no_folder(tmp_path: Path, made: list[FakeWorkers]) -> None:
    with pytest.raises(SpecError, match=r"optimizer\.lr"):
        nnlab.sweep(SPIRAL, {"optimizer.lr": [0.1, "fast"]}, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
