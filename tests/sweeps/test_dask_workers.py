import json
import platform
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
from clusters import MadeCluster, eventually, with_cores, with_numpy
from trainings import make_experiment

from nnlab.config.experiment import Experiment
from nnlab.errors import DataError, UsageError
from nnlab.records.git import read_commit
from nnlab.sweeps import dask_transfer, dask_workers
from nnlab.sweeps.dask_folders import place
from nnlab.sweeps.dask_tasks import Description, ask_to_stop, describe
from nnlab.sweeps.dask_workers import DaskWorkers
from nnlab.sweeps.trial import TrialOutcome, TrialTask, WorkersLost

A, B, C = "tcp://10.0.0.2:1", "tcp://10.0.0.2:2", "tcp://10.0.0.3:1"
FILES = {"spec.yaml": b"name: a\n", "summary.json": b"{}\n"}
XOR = "{data: xor, model: softmax, optimizer: adam, train: {iterations: 1}}"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> MadeCluster:
    monkeypatch.setattr(dask_workers, "POLL_SECONDS", 0.01)
    return MadeCluster(A, B)


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return make_experiment(tmp_path, XOR)


class Sweep:
    """A sweep's folder with its workers and what was said."""

    def __init__(self, cluster: MadeCluster, experiment: Experiment, folder: Path) -> None:
        self.cluster, self.experiment, self.folder = cluster, experiment, folder
        self.said: list[str] = []
        self.opened: list[DaskWorkers] = []
        folder.mkdir()

    def open(self, **options: Any) -> DaskWorkers:
        options = {"connect": self.cluster.connect, "say": self.said.append, "seconds": 20.0} | options
        self.opened.append(DaskWorkers("scheduler", self.experiment, **options))
        return self.opened[-1]

    def task(self, number: int) -> TrialTask:
        return TrialTask(number, self.experiment, self.folder / f"trial-00{number}", threads=1)

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def sweep(cluster: MadeCluster, experiment: Experiment, tmp_path: Path) -> Iterator[Sweep]:
    made = Sweep(cluster, experiment, tmp_path / "sweep")
    yield made
    for workers in made.opened:
        workers.close()


def test_each_worker_trains_one_trial_at_a_time_and_its_folder_is_put_in_place(
    sweep: Sweep, cluster: MadeCluster
) -> None:
    workers = sweep.open()
    assert workers.slots == 2
    futures = [workers.submit(sweep.task(number)) for number in (1, 2, 3)]
    first, second = cluster.next_call(), cluster.next_call()
    assert {first.worker, second.worker} == {A, B}
    assert cluster.sent.empty()
    assert sweep.names() == []
    first.train(FILES)
    assert futures[0].result(20) == TrialOutcome(1, "completed")
    assert {path.name: path.read_bytes() for path in (sweep.folder / "trial-001").iterdir()} == FILES
    third = cluster.next_call()
    assert (third.worker, third.assignment.task.number) == (first.worker, 3)
    third.train(FILES, status="diverged", exit_code=3, message="NaN")
    assert futures[2].result(20) == TrialOutcome(3, "diverged", "NaN", 3)
    assert sweep.names() == ["trial-001", "trial-003"]


def test_a_trial_begun_before_takes_its_folder_along(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    for contents in (b"half", b"whole"):
        future = workers.submit(sweep.task(1))
        call = cluster.next_call()
        assert call.assignment.files == ({} if contents == b"half" else {"steps.csv": b"half"})
        call.train({"steps.csv": contents}, status="interrupted")
        assert future.result(20).status == "interrupted"
    assert (sweep.folder / "trial-001" / "steps.csv").read_bytes() == b"whole"
    assert sweep.names() == ["trial-001"]


def test_a_dead_worker_loses_its_trial_and_nothing_of_it_arrives(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    future = workers.submit(sweep.task(1))
    call = cluster.next_call()
    del cluster.threads[call.worker]
    assert future.result(20) == TrialOutcome(1, "lost", f"its worker {call.worker} is gone")
    assert call.future.cancelled()
    again = workers.submit(sweep.task(1))
    other = cluster.next_call()
    assert other.worker != call.worker
    other.train(FILES)
    assert again.result(20).status == "completed"
    eventually(lambda: workers.slots == 1)


@pytest.mark.parametrize("ending", ["worker gone", "closed"])
def test_a_folder_that_is_arriving_when_its_worker_goes_is_put_in_place_first(
    sweep: Sweep, cluster: MadeCluster, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    arriving, may_go_on = Event(), Event()

    def slow_place(files: Any, folder: Path) -> None:
        arriving.set()
        assert may_go_on.wait(20)
        place(files, folder)

    monkeypatch.setattr(dask_transfer, "place", slow_place)
    workers = sweep.open()
    future = workers.submit(sweep.task(1))
    call = cluster.next_call()
    call.train(FILES)
    assert arriving.wait(20)
    if ending == "closed":
        Timer(0.05, may_go_on.set).start()
        workers.close()
    else:
        del cluster.threads[call.worker]
        eventually(lambda: workers.slots == 1)
        assert not future.done()
        may_go_on.set()
    assert future.result(20).status == "completed"
    assert sweep.names() == ["trial-001"]


def test_a_call_that_dask_gives_up_is_a_lost_trial(sweep: Sweep, cluster: MadeCluster) -> None:
    future = sweep.open().submit(sweep.task(1))
    cluster.next_call().future.cancel()
    assert future.result(20).status == "lost"
    assert sweep.names() == []


def test_a_worker_started_again_at_the_same_address_is_compared_again(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    del cluster.threads[B]
    eventually(lambda: workers.slots == 1)
    cluster.descriptions[A] = with_numpy("1.0")
    future = workers.submit(sweep.task(1))
    cluster.next_call().train({}, status="lost", message="its worker was started again")
    assert future.result(20).status == "lost"
    eventually(lambda: sweep.said)
    assert sweep.said[0].startswith(f"worker {A}: numpy is 1.0 there")


def test_without_any_worker_left_the_sweep_waits_for_one_and_says_so(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    cluster.threads.clear()
    eventually(lambda: sweep.said)
    assert sweep.said == ["no worker is left; waiting for one: dask worker tcp://10.0.0.1:8786 --nthreads 1"]
    future = workers.submit(sweep.task(1))
    cluster.threads[C] = 1
    call = cluster.next_call()
    assert call.worker == C
    call.train(FILES)
    assert future.result(20).status == "completed"


def test_a_worker_with_other_versions_is_refused_with_its_name_the_key_and_both_values(
    sweep: Sweep, cluster: MadeCluster, experiment: Experiment
) -> None:
    cluster.descriptions[B] = with_numpy("1.0")
    with pytest.raises(UsageError) as caught:
        sweep.open()
    first, second = str(caught.value).split("\n")
    assert first.startswith(f"worker {B}: numpy is 1.0 there, ")
    assert first.endswith(" here")
    assert second == "install the same versions there, or accept other digits with --allow-drift"
    assert cluster.is_closed


def test_workers_that_differ_in_the_same_way_share_a_line(sweep: Sweep, cluster: MadeCluster) -> None:
    cluster.threads = {A: 1, B: 1, C: 1}
    cluster.descriptions = {A: with_numpy("1.0"), B: with_numpy("1.1"), C: with_numpy("1.0")}
    with pytest.raises(UsageError) as caught:
        sweep.open()
    lines = str(caught.value).split("\n")
    assert [line.split(", ")[0] for line in lines] == [
        f"worker {A} and 1 more: numpy is 1.0 there",
        f"worker {B}: numpy is 1.1 there",
        "install the same versions there",
    ]


def test_other_versions_of_python_and_dask_are_reported_and_change_nothing_else(
    sweep: Sweep, cluster: MadeCluster
) -> None:
    def change(own: Description) -> Description:
        return replace(own, communication={**own.communication, "python": "3.99.0"})

    cluster.descriptions = {A: change}
    assert sweep.open().slots == 2
    here = platform.python_version()
    assert sweep.said == [
        f"worker {A}: python is 3.99.0 there, {here} here, which changes no digit but may disturb Dask"
    ]


def test_a_worker_that_dies_while_it_is_compared_is_no_error(sweep: Sweep, cluster: MadeCluster) -> None:
    cluster.unanswered = {A: []}
    Timer(0.05, lambda: cluster.unanswered.pop(A)[0].cancel()).start()
    workers = sweep.open()
    eventually(lambda: workers.slots == 2)  # it is compared when it is seen the next time, as one that joins is
    assert sweep.said == []


def test_allowed_drift_is_reported_and_recorded_in_the_environment_of_the_trial(
    sweep: Sweep, cluster: MadeCluster
) -> None:
    cluster.threads = {B: 1}
    cluster.descriptions[B] = with_numpy("1.0")
    future = sweep.open(allow_drift=True).submit(sweep.task(1))
    assert [line.split(", ")[0] for line in sweep.said] == [f"worker {B}: numpy is 1.0 there"]
    cluster.next_call().train({"environment.json": b'{"git": "elsewhere", "cpu": "there"}'})
    assert future.result(20).status == "completed"
    environment = json.loads((sweep.folder / "trial-001" / "environment.json").read_bytes())
    assert environment.pop("drift")[0].startswith("numpy is 1.0 there, ")
    assert environment == {"git": read_commit(Path()), "cpu": "there", "data_places": {}}


@pytest.mark.parametrize("allow_drift", [False, True])
def test_a_worker_that_joins_later_is_compared_before_it_trains(
    sweep: Sweep, cluster: MadeCluster, *, allow_drift: bool
) -> None:
    del cluster.threads[B]
    workers = sweep.open(allow_drift=allow_drift)
    cluster.descriptions |= {B: with_numpy("1.0")}
    cluster.threads |= {B: 1, C: 1}
    eventually(lambda: workers.slots == (3 if allow_drift else 2))
    for number in (1, 2, 3):
        workers.submit(sweep.task(number))
    calls = [cluster.next_call() for _ in range(workers.slots)]
    assert {call.worker for call in calls} == ({A, B, C} if allow_drift else {A, C})
    eventually(lambda: sweep.said)
    assert sweep.said[0].startswith(f"worker {B}: numpy is 1.0 there")
    assert sweep.said[0].endswith("it trains nothing") == (not allow_drift)


def test_a_worker_without_the_data_is_an_error_of_data(sweep: Sweep, cluster: MadeCluster) -> None:
    missing = DataError("iris.csv: is not on this machine")
    cluster.descriptions[A] = lambda own: replace(own, problem=str(missing), exit_code=missing.exit_code)
    with pytest.raises(DataError, match=rf"^worker {A}: iris.csv: is not on this machine$"):
        sweep.open(allow_drift=True)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ModuleNotFoundError("No module named 'nnlab'"), "has no nnlab of this version .ModuleNotFoundError: No modu"),
        (TypeError("cannot unpickle"), "does not answer .TypeError: cannot unpickle"),
    ],
)
def test_a_worker_without_this_nnlab_is_refused(
    sweep: Sweep, cluster: MadeCluster, error: Exception, message: str
) -> None:
    def fail(own: Description) -> Description:
        raise error

    cluster.descriptions[A] = fail
    with pytest.raises(UsageError, match=f"worker {A}: {message}"):
        sweep.open()


def test_a_scheduler_without_workers_is_refused(sweep: Sweep, cluster: MadeCluster) -> None:
    cluster.threads.clear()
    with pytest.raises(
        UsageError, match=r"tcp://10\.0\.0\.1:8786 has no worker after 0\.05 seconds; start one on each mach"
    ):
        sweep.open(seconds=0.05)


def test_busy_workers_are_waited_for_longer(
    sweep: Sweep, cluster: MadeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_workers, "MORE_PATIENCE", 2)
    cluster.unanswered = {A: [], B: []}
    with pytest.raises(
        UsageError, match=r"none of the 2 workers at tcp://10\.0\.0\.1:8786 answers within 0\.15 seconds"
    ):
        sweep.open(seconds=0.05)
    assert sweep.said == [
        "waiting for an answer of the workers at tcp://10.0.0.1:8786: they are busy, or download the data"
    ]


def test_a_worker_that_answers_late_is_compared_like_one_that_joins(sweep: Sweep, cluster: MadeCluster) -> None:
    cluster.unanswered = {A: []}
    workers = sweep.open(seconds=0.1)
    assert workers.slots == 1
    (call,) = cluster.unanswered[A]
    call.future.set_result(with_numpy("1.0")(describe(sweep.experiment)))
    eventually(lambda: sweep.said)
    assert sweep.said[0].startswith(f"worker {A}: numpy is 1.0 there")
    assert sweep.said[0].endswith("; it trains nothing")


def test_missing_data_on_this_machine_is_found_before_the_workers(
    sweep: Sweep, cluster: MadeCluster, tmp_path: Path
) -> None:
    sweep.experiment = make_experiment(tmp_path, XOR.replace("xor", "{name: table, path: missing.csv}"))
    with pytest.raises(DataError, match=r"missing\.csv"):
        sweep.open()
    assert cluster.is_closed


def test_the_cores_of_a_machine_are_shared_among_its_workers(sweep: Sweep, cluster: MadeCluster) -> None:
    cluster.threads = {A: 1, B: 4, C: 1}
    cluster.descriptions = {address: with_cores(8) for address in cluster.threads}
    workers = sweep.open()
    for number in (1, 2, 3):
        workers.submit(sweep.task(number))
    calls = [cluster.next_call() for _ in range(3)]
    assert {call.worker: call.assignment.task.threads for call in calls} == {A: 4, B: 4, C: 8}
    assert sweep.said == [
        f"worker {B} has 4 threads, but trains one trial at a time; for more, start dask worker with --nworkers 4 "
        "--nthreads 1"
    ]


def test_stop_asks_the_running_trials_and_starts_no_other(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    futures = [workers.submit(sweep.task(number)) for number in (1, 2, 3)]
    running = [cluster.next_call(), cluster.next_call()]
    workers.stop()
    assert futures[2].result(20).status == "waiting"
    assert workers.submit(sweep.task(4)).result(20).status == "waiting"
    eventually(lambda: cluster.told)
    assert [(function, set(told)) for function, told in cluster.told] == [(ask_to_stop, {A, B})]
    for call in running:
        call.train(FILES, status="interrupted")
    assert [future.result(20).status for future in futures[:2]] == ["interrupted"] * 2
    assert sweep.names() == ["trial-001", "trial-002"]


def test_a_lost_scheduler_ends_the_sweep(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    futures = [workers.submit(sweep.task(number)) for number in (1, 2, 3)]
    cluster.next_call()
    cluster.is_lost = True
    for future in (*futures, workers.submit(sweep.task(4))):
        with pytest.raises(WorkersLost, match=r"the Dask scheduler at tcp://10\.0\.0\.1:8786 does not answer any more"):
            future.result(20)


def test_closing_ends_what_is_running(sweep: Sweep, cluster: MadeCluster) -> None:
    workers = sweep.open()
    future = workers.submit(sweep.task(1))
    call = cluster.next_call()
    workers.close()
    assert future.result(20).status == "interrupted"
    assert call.future.cancelled()
    assert cluster.told
    assert cluster.is_closed
    assert sweep.names() == []


def test_what_cannot_be_sent_or_received_fails_with_its_exit_code(
    sweep: Sweep, cluster: MadeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = sweep.open()
    future = workers.submit(sweep.task(1))
    cluster.next_call().train({"../escaped": b""})
    outcome = future.result(20)
    assert (outcome.status, outcome.exit_code) == ("failed", 5)
    assert "'../escaped' is not the name of a file in a run folder" in outcome.message
    future = workers.submit(sweep.task(2))
    cluster.next_call().future.set_result("something else")
    assert (future.result(20).status, future.result(20).exit_code) == ("failed", 70)

    def refuse(*arguments: object) -> None:
        raise TypeError("cannot pickle")

    monkeypatch.setattr(cluster, "submit", refuse)
    outcome = workers.submit(sweep.task(3)).result(20)
    assert (outcome.status, outcome.exit_code) == ("failed", 70)
    assert "TypeError('cannot pickle')" in outcome.message
    assert sweep.names() == []
