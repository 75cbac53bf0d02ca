"""Which trials are trained when, with workers that train nothing."""

import os
import signal
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from fake_sweeps import RATES, FakeWorkers, Formula, KeptLines, Sweeping, accuracy_by_lr, files_of

from nnlab.config.experiment import Experiment
from nnlab.errors import Interrupted, RunError
from nnlab.records.sweep_folder import SweepFolder, read_sweep_summary
from nnlab.search.base import Request, Search
from nnlab.search.halving import SuccessiveHalving
from nnlab.search.optuna_search import OptunaSearch
from nnlab.search.random import Random
from nnlab.sweeps.trial import TrialOutcome, TrialTask, WorkersLost


def interrupt_at(number: int, until: int | None = None, formula: Formula = accuracy_by_lr) -> FakeWorkers:
    """Workers that send a signal to this process while a trial trains, which is then interrupted half way."""

    def on_start(task: TrialTask) -> None:
        if task.number == number and task.until == until:
            workers.scripts[number] = ["interrupted"]
            os.kill(os.getpid(), signal.SIGTERM)
            while not workers.stopped:
                time.sleep(0.001)

    workers = FakeWorkers(1, on_start=on_start, formula=formula)
    return workers


def test_every_combination_is_trained_with_its_number_and_settings(sweeping: Sweeping) -> None:
    result = sweeping({"optimizer.lr": RATES, "train.iterations": [20, 40]})
    assert result.summary["status"] == "completed"
    assert result.summary["counts"] == {"completed": 6}
    assert result.trials["optimizer.lr"].tolist() == [rate for rate in RATES for _ in range(2)]
    assert result.trials["train.iterations"].tolist() == [20, 40] * 3
    assert result.trials["steps"].tolist() == [20, 40] * 3
    assert (result.path / "trial-006" / "summary.json").exists()


def test_the_order_of_finishing_and_the_number_of_workers_change_no_byte(sweeping: Sweeping) -> None:
    one = sweeping(seeds=3, workers=FakeWorkers(1))
    other = sweeping(seeds=3, workers=FakeWorkers(4, last_first=True))
    assert files_of(one.path) == files_of(other.path)


def test_each_point_is_trained_with_several_seeds_and_the_best_mean_counts(sweeping: Sweeping) -> None:
    result = sweeping(seeds=2)
    assert result.trials["seed"].tolist() == [3, 4] * 3
    best = result.summary["best"]
    assert (best["trial"], best["settings"], best["n"]) == (5, {"optimizer.lr": 0.125}, 2)
    assert best["value"] == pytest.approx(result.trials["validation_accuracy"][4:].mean())
    assert (result.path / "best.yaml").read_bytes() == (result.path / "trial-005" / "spec.yaml").read_bytes()


def test_a_diverged_trial_is_a_result_and_its_point_is_not_the_best(sweeping: Sweeping) -> None:
    result = sweeping({"optimizer.lr": [2.0, 0.5]})
    assert result.summary["status"] == "completed"
    assert result.summary["counts"] == {"completed": 1, "diverged": 1}
    assert result.summary["best"]["trial"] == 2


def test_a_failed_trial_is_reported_and_ends_nothing_else(sweeping: Sweeping) -> None:
    reporter = KeptLines()
    result = sweeping(workers=FakeWorkers(scripts={1: ["failed"]}), reporter=reporter)
    assert result.summary["status"] == "failed"
    assert result.summary["counts"] == {"completed": 2, "failed": 1}
    assert result.summary["message"] == "1 of 3 trials failed: 1"
    assert "trial 1 of 3: failed: the disk is full, optimizer.lr 0.5" in reporter.lines


def test_a_failed_trial_takes_no_statistics_from_the_other_points(sweeping: Sweeping) -> None:
    statistics = sweeping(workers=FakeWorkers(scripts={2: ["failed"]}), seeds=2).summary["statistics"]
    assert statistics["best"] == "lr 0.125"
    assert [one["label"] for one in statistics["against"]] == ["lr 0.25"]
    assert statistics["unpaired"] == ["lr 0.5"]


def test_fail_fast_ends_the_sweep_at_the_first_failure(sweeping: Sweeping) -> None:
    workers = FakeWorkers(1, scripts={2: ["failed"]})
    result = sweeping({"seed": list(range(20))}, workers, fail_fast=True)
    assert workers.stopped
    assert result.summary["status"] == "failed"
    assert result.summary["counts"]["failed"] == 1
    assert result.summary["counts"]["waiting"] >= 15


def test_a_trial_whose_worker_dies_is_trained_again(sweeping: Sweeping) -> None:
    undisturbed = sweeping()
    workers = FakeWorkers(scripts={2: ["lost", "lost"]})
    result = sweeping(workers=workers)
    assert [number for number, _ in workers.started].count(2) == 3
    assert files_of(result.path) == files_of(undisturbed.path)


def test_a_trial_whose_worker_dies_three_times_has_failed(sweeping: Sweeping) -> None:
    workers = FakeWorkers(scripts={2: ["lost"] * 5})
    result = sweeping(workers=workers)
    assert [number for number, _ in workers.started].count(2) == 3
    assert result.trials["status"].tolist() == ["completed", "failed", "completed"]


def test_a_worker_that_alone_received_a_signal_resumes_its_trial(sweeping: Sweeping) -> None:
    undisturbed = sweeping()
    result = sweeping(workers=FakeWorkers(scripts={3: ["interrupted"]}))
    assert files_of(result.path) == files_of(undisturbed.path)


def test_a_signal_ends_the_sweep_as_interrupted_and_says_how_to_resume(sweeping: Sweeping, tmp_path: Path) -> None:
    workers = interrupt_at(3)
    with pytest.raises(Interrupted, match=r"stopped after 2 of 6 trials; .*nnlab sweep --resume ") as stopped:
        sweeping(seeds=2, workers=workers)
    assert stopped.value.exit_code == 128 + signal.SIGTERM
    assert workers.stopped
    (path,) = (tmp_path / "runs").iterdir()
    statuses = [line.split(",")[1] for line in (path / "trials.csv").read_text().splitlines()[1:]]
    assert statuses == ["completed", "completed", "interrupted", "waiting", "waiting", "waiting"]


NINE_RATES = [0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01]
SEARCHES = {
    "grid": {"seeds": 2},
    "random": {"over": {"optimizer.lr": {"log": [0.001, 0.5]}}, "search": Random(trials=6)},
    "optuna": {"over": {"optimizer.lr": {"log": [0.001, 2]}}, "search": OptunaSearch(trials=8)},
    "halving": {
        "over": {"optimizer.lr": [0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01]},
        "search": SuccessiveHalving(),
    },
}


@pytest.mark.parametrize("search", ["grid", "random", "halving", pytest.param("optuna", marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [1, 4, 6])
def test_a_resumed_sweep_ends_byte_for_byte_as_if_it_had_never_stopped(
    sweeping: Sweeping, tmp_path: Path, search: str, number: int
) -> None:
    keys = SEARCHES[search]
    undisturbed = sweeping(**keys)
    with pytest.raises(Interrupted):
        sweeping(**keys, workers=interrupt_at(number, 10 if search == "halving" else None))
    (path,) = set((tmp_path / "runs").iterdir()) - {undisturbed.path}
    resumed = sweeping(resume=path)
    assert files_of(resumed.path) == files_of(undisturbed.path)


class LostWorkers(FakeWorkers):
    """Workers that cannot be reached any more when the second trial is submitted."""

    def submit(self, task: TrialTask) -> "Future[TrialOutcome]":
        if task.number != 2:
            return super().submit(task)
        future: Future[TrialOutcome] = Future()
        future.set_exception(WorkersLost("the machine is off"))
        return future


def test_workers_that_are_lost_interrupt_the_sweep_which_can_be_resumed(sweeping: Sweeping, tmp_path: Path) -> None:
    undisturbed = sweeping()
    with pytest.raises(
        WorkersLost, match=r"the machine is off; stopped after \d of 3 trials; .*sweep --resume .* resum"
    ):
        sweeping(workers=LostWorkers(1))
    (path,) = set((tmp_path / "runs").iterdir()) - {undisturbed.path}
    assert read_sweep_summary(path)["status"] == "interrupted"
    assert files_of(sweeping(resume=path).path) == files_of(undisturbed.path)


def test_halving_pauses_all_and_resumes_the_best(sweeping: Sweeping) -> None:
    workers = FakeWorkers()
    result = sweeping(**SEARCHES["halving"], workers=workers)
    assert [sum(until == step for _, until in workers.started) for step in (10, 30, None)] == [9, 3, 1]
    assert result.trials["status"].tolist() == ["stopped"] * 8 + ["completed"]
    assert result.trials["steps"].tolist() == [10] * 6 + [30] * 2 + [90]
    assert result.summary["status"] == "completed"
    assert result.summary["best"]["trial"] == 9


def test_halving_that_is_resumed_chooses_by_the_metrics_at_each_rung(sweeping: Sweeping, tmp_path: Path) -> None:
    """The survivors have trained further by then, and their last metrics would choose others."""

    def crossing(experiment: Experiment, step: int) -> float:
        return experiment.optimizer.lr if step <= 30 else 1 - experiment.optimizer.lr

    keys = SEARCHES["halving"]
    undisturbed = sweeping(**keys, workers=FakeWorkers(formula=crossing))
    assert undisturbed.trials["status"][0] == "completed"
    with pytest.raises(Interrupted):
        sweeping(**keys, workers=interrupt_at(1, None, crossing))
    (path,) = set((tmp_path / "runs").iterdir()) - {undisturbed.path}
    resumed = sweeping(resume=path, workers=FakeWorkers(formula=crossing))
    assert files_of(resumed.path) == files_of(undisturbed.path)


@dataclass(kw_only=True)
class SecondBatch(Search):
    """A search that proposes an invalid point after it has seen the first results."""

    def proposer(self, space: object, conditions: object) -> "SecondBatch":
        self._left = [[Request(1, {"optimizer.lr": 0.5})], [Request(2, {"optimizer.lr": -1}), Request(3, {"seed": 9})]]
        return self

    registered_name: ClassVar[str] = "grid"
    points: ClassVar[int] = 3

    def ask(self) -> list[Request]:
        return self._left.pop(0) if self._left else []

    def tell(self, results: object) -> None:
        self.results = results


def test_a_point_that_is_proposed_later_and_invalid_fails_alone(sweeping: Sweeping) -> None:
    reporter = KeptLines()
    result = sweeping(search=SecondBatch(), reporter=reporter)
    assert result.trials["status"].tolist() == ["completed", "failed", "completed"]
    assert any("trial 2 of 3: failed: " in line and "optimizer.lr" in line for line in reporter.lines)


def test_a_table_that_cannot_be_written_meanwhile_ends_no_trial(
    sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SweepFolder.write_trials

    def write(folder: SweepFolder, rows: object, **summary: object) -> None:
        if rows and "status" not in summary:
            raise RunError("trials.csv: cannot be written: permission denied")
        real(folder, rows, **summary)

    undisturbed = sweeping()
    monkeypatch.setattr(SweepFolder, "write_trials", write)
    monkeypatch.setattr("nnlab.sweeps.scheduler.SECONDS_BETWEEN_TABLES", 0.0)
    monkeypatch.setattr("nnlab.sweeps.scheduler.SHARE_OF_TABLES", 1.0)
    reporter = KeptLines()
    result = sweeping(reporter=reporter)
    assert sum("permission denied; the trials continue" in line for line in reporter.lines) == 1
    assert files_of(result.path) == files_of(undisturbed.path)


def test_a_sweep_whose_folder_is_renamed_ends_and_is_resumed_under_its_new_name(
    sweeping: Sweeping, tmp_path: Path
) -> None:
    undisturbed = sweeping()

    def rename(task: TrialTask) -> None:
        if task.number == 1:
            task.folder.parent.rename(tmp_path / "renamed")

    workers = FakeWorkers(scripts={number: ["failed"] for number in (1, 2, 3)}, on_start=rename)
    with pytest.raises(RunError, match="was renamed or removed while the sweep was running"):
        sweeping(workers=workers)
    assert workers.stopped
    sweeping(resume=tmp_path / "renamed")
    assert files_of(tmp_path / "renamed") == files_of(undisturbed.path)


def test_threads_are_shared_out_among_the_workers(sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnlab.sweeps.scheduler.available_cores", lambda: 8)
    workers = FakeWorkers(3)
    sweeping(workers=workers)
    assert {task.threads for task in workers.tasks} == {2}


def test_the_time_left_is_reported_once_after_the_first_trial(sweeping: Sweeping) -> None:
    reporter = KeptLines()
    sweeping({"seed": list(range(8))}, reporter=reporter)
    assert sum("left" in line for line in reporter.lines) == 1
    assert reporter.lines[0] == "spiral: 8 trials, 2 at a time"


def test_without_a_goal_there_is_no_best_trial_and_the_key_is_named(sweeping: Sweeping) -> None:
    reporter = KeptLines()
    result = sweeping({"optimizer.lr": RATES}, reporter=reporter, set={"data.validation": 0})
    assert result.summary["best"] is None
    assert not (result.path / "best.yaml").exists()
    assert any("data.validation" in line for line in reporter.lines)
