"""Sweeps by Optuna: the same trials whatever finishes first, and after an interruption."""

import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fake_sweeps import FakeWorkers, Sweeping

from nnlab.config.loading import load_experiment
from nnlab.errors import Interrupted
from nnlab.records.sweep_folder import read_sweep
from nnlab.search.optuna_search import OptunaSearch

pytest.importorskip("optuna")
KEYS: dict[str, Any] = {
    "over": {"optimizer.lr": {"log": [0.001, 50.0]}, "train.batch_size": [5, 10, "full"]},
    "search": OptunaSearch(trials=16, batch=4),
}


def trials_of(path: Path) -> bytes:
    return (path / "trials.csv").read_bytes()


def test_the_order_of_finishing_changes_no_proposal(sweeping: Sweeping) -> None:
    """Learning rates above 1 diverge."""
    first = sweeping(**KEYS, workers=FakeWorkers(1))
    second = sweeping(**KEYS, workers=FakeWorkers(3, last_first=True))
    assert b"diverged" in trials_of(first.path)
    assert trials_of(second.path) == trials_of(first.path)


def test_a_failed_trial_is_retried_without_a_change_of_the_others(sweeping: Sweeping) -> None:
    undisturbed = sweeping(**KEYS)
    failed = sweeping(**KEYS, workers=FakeWorkers(scripts={14: ["failed"]}))
    assert failed.trials["status"].tolist().count("failed") == 1
    assert failed.trials["optimizer.lr"][:16].tolist() == undisturbed.trials["optimizer.lr"].tolist()
    retried = sweeping(resume=failed.path, retry_failed=True)
    assert trials_of(retried.path) == trials_of(undisturbed.path)


@pytest.mark.parametrize("number", [6, 13])
def test_resumed_proposals_are_those_of_an_undisturbed_sweep(sweeping: Sweeping, tmp_path: Path, number: int) -> None:
    def interrupt(task: Any) -> None:
        if task.number == number:
            os.kill(os.getpid(), signal.SIGINT)

    undisturbed = sweeping(**KEYS)
    with pytest.raises(Interrupted):
        sweeping(**KEYS, workers=FakeWorkers(1, on_start=interrupt))
    (path,) = set((tmp_path / "runs").iterdir()) - {undisturbed.path}
    resumed = sweeping(resume=path)
    assert trials_of(resumed.path) == trials_of(undisturbed.path)


def test_a_retried_trial_does_not_change_what_was_proposed_after_it(sweeping: Sweeping) -> None:
    """Runs that were trained keep their settings; only what is proposed later knows the new result."""
    failed = sweeping(**KEYS, workers=FakeWorkers(scripts={5: ["failed"]}))
    workers = FakeWorkers()
    retried = sweeping(resume=failed.path, retry_failed=True, workers=workers)
    assert [number for number, _ in workers.started] == [5]
    assert retried.trials["optimizer.lr"].tolist() == failed.trials["optimizer.lr"].tolist()
    for number, lr in enumerate(retried.trials["optimizer.lr"].tolist(), start=1):
        assert load_experiment(retried.path / f"trial-{number:03}" / "spec.yaml").optimizer.lr == lr


def test_a_retried_trial_that_is_interrupted_loses_none_of_the_later_ones(sweeping: Sweeping) -> None:
    failed = sweeping(**KEYS, workers=FakeWorkers(scripts={5: ["failed"]}))

    def interrupt(task: Any) -> None:
        workers.scripts[5] = ["interrupted"]
        os.kill(os.getpid(), signal.SIGINT)
        while not workers.stopped:
            time.sleep(0.001)

    workers = FakeWorkers(1, on_start=interrupt)
    with pytest.raises(Interrupted, match="after 15 of 16 trials"):
        sweeping(resume=failed.path, retry_failed=True, workers=workers)
    rows = read_sweep(failed.path).trials
    assert [row.settings["optimizer.lr"] for row in rows] == failed.trials["optimizer.lr"].tolist()
    assert Counter(row.status for row in rows)["interrupted"] == 1
    retried = sweeping(resume=failed.path)
    assert retried.summary["status"] == "completed"
    for number, lr in enumerate(retried.trials["optimizer.lr"].tolist(), start=1):
        assert load_experiment(retried.path / f"trial-{number:03}" / "spec.yaml").optimizer.lr == lr
