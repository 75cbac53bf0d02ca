"""Successive halving on real trainings."""

from pathlib import Path

import pytest
from fake_sweeps import SPIRAL
from inline_workers import InlineWorkers

from nnlab.config.sweep_loading import sweep_from_python
from nnlab.errors import UsageError
from nnlab.records.sweep_folder import read_sweep
from nnlab.search.halving import SuccessiveHalving
from nnlab.sweeps.run import run_sweep

OVER = {"optimizer.lr": [0.001, 0.1, 1.0, 0.01], "optimizer.name": ["momentum"]}
SPEC = {**SPIRAL, "train": {"iterations": 24, "batch_size": 8, "eval_every": 4}}


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_survivors_of_halving_equal_runs_trained_through_byte_for_byte(tmp_path: Path) -> None:
    search = SuccessiveHalving(factor=2)
    halved = run_sweep(sweep_from_python(SPEC, OVER, search=search, goal="train_loss"), tmp_path, InlineWorkers(1))
    whole = run_sweep(sweep_from_python(SPEC, OVER, goal="train_loss"), tmp_path, InlineWorkers(1))
    rows = read_sweep(halved.path).trials
    assert sorted((row.status, row.steps) for row in rows) == [
        *(("completed", 24), ("stopped", 8), ("stopped", 8), ("stopped", 12))
    ]
    (survivor,) = [f"trial-{row.number:03}" for row in rows if row.status == "completed"]
    for file in ("spec.yaml", "steps.csv", "metrics.csv", "model.safetensors"):
        assert (halved.path / survivor / file).read_bytes() == (whole.path / survivor / file).read_bytes(), file


def test_halving_without_checkpoints_is_refused() -> None:
    spec = {**SPEC, "train": {**SPEC["train"], "checkpoint_every": "never"}}
    with pytest.raises(UsageError, match=r"halving resumes from checkpoints; leave train\.checkpoint"):
        sweep_from_python(spec, OVER, search=SuccessiveHalving(factor=2))
