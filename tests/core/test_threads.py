"""Parallel map over threads: order, errors, thread counts."""

import gc
import os
import runpy
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import warnings
import weakref

import numpy as np
import pytest

import nnlab
from nnlab.core import threads as module
from nnlab.core.threads import Workers, available_cores, usable_threads


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_results_are_in_order(threads: int, count: int) -> None:
    assert Workers(threads).run(lambda index: index * index, count) == [index * index for index in range(count)]


def test_number_of_threads() -> None:
    meeting = threading.Barrier(3, timeout=10)  # passed only when three are there at once
    workers = Workers(3)
    for _ in range(2):
        assert len(set(workers.run(lambda index: (meeting.wait(), threading.get_ident())[1], 3))) == 3


def test_threads_at_work_have_different_numbers() -> None:
    meeting = threading.Barrier(3, timeout=10)
    workers = Workers(3)
    for _ in range(2):
        assert sorted(workers.run_with_worker(lambda worker, index: (meeting.wait(), worker)[1], 3)) == [0, 1, 2]


def test_a_free_thread_takes_the_next_piece() -> None:
    others_done = threading.Event()
    threads = Workers(2)

    def piece(worker: int, index: int) -> int:
        if index == 0:
            assert others_done.wait(10)
        if index == 3:
            others_done.set()
        return worker

    slow, *others = threads.run_with_worker(piece, 4)
    assert others == [1 - slow] * 3


def test_a_thread_that_gets_no_core_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Helper, "_loop", lambda self: None)
    workers = Workers(2)
    for _ in range(2):
        assert workers.run_with_worker(lambda worker, index: (worker, index), 3) == [(0, 0), (0, 1), (0, 2)]


@pytest.mark.parametrize("bad", [0, 1])
def test_errors_of_threads_are_raised(bad: int) -> None:
    def fail(index: int) -> None:
        if index == bad:
            raise ValueError(f"part {index}")

    with pytest.raises(ValueError, match=f"part {bad}"):
        Workers(2).run(fail, 2)


def test_threads_have_finished_when_an_error_is_raised() -> None:
    begun, finished = threading.Event(), threading.Event()

    def part(index: int) -> None:
        if index < 2:
            begun.wait(10)
            raise ValueError(f"part {index}")
        begun.set()
        finished.wait(0.2)
        finished.set()

    with pytest.raises(ValueError, match="part 0"):
        Workers(3).run(part, 3)
    assert finished.is_set()


def test_the_error_of_the_first_piece_is_raised_and_no_further_piece_begins() -> None:
    meeting, begun = threading.Barrier(2, timeout=10), []

    def fail(index: int) -> None:
        begun.append(index)
        if index < 2:
            meeting.wait()
            if index == 0:
                time.sleep(0.01)
        raise ValueError(f"piece {index}")

    with pytest.raises(ValueError, match="piece 0"):
        Workers(2).run(fail, 50)
    assert sorted(begun) == [0, 1]


@pytest.mark.parametrize("stopped", [0, 1])
def test_ctrl_c_in_one_piece_is_raised_before_the_error_of_another(stopped: int) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def fail(index: int) -> None:
        meeting.wait()
        raise KeyboardInterrupt if index == stopped else ValueError(f"piece {index}")

    with pytest.raises(KeyboardInterrupt):
        Workers(2).run(fail, 2)


def test_an_error_leaves_the_threads_usable() -> None:
    workers = Workers(2)
    with pytest.raises(ZeroDivisionError):
        workers.run(lambda index: 1 // index, 4)
    assert workers.run(lambda index: index, 4) == [0, 1, 2, 3]


@pytest.mark.skipif(sys.platform == "win32", reason="a signal cannot be sent to a thread")
def test_ctrl_c_is_raised_once_no_thread_computes() -> None:
    begun, finished = threading.Event(), threading.Event()
    main, send = threading.main_thread().ident, getattr(signal, "pthread_kill", None)
    assert send

    def piece(worker: int, index: int) -> None:
        if worker == 0:
            assert begun.wait(10)
        else:
            begun.set()
            time.sleep(0.02)
            send(main, signal.SIGINT)
            time.sleep(0.02)
            finished.set()

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Workers(2).run_with_worker(piece, 2)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert finished.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    meeting = threading.Barrier(2, timeout=10)
    workers = Workers(2)

    def meet(index: int) -> int:
        meeting.wait()
        return index

    assert workers.run(meet, 2) == [0, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of a fork beside threads
        child = os.fork()
    if child == 0:
        os._exit(0 if workers.run(meet, 2) == [0, 1] else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_threads_end_with_their_workers() -> None:
    before = set(threading.enumerate())
    workers = Workers(3)
    workers.run(lambda index: None, 3)
    own = set(threading.enumerate()) - before
    assert len(own) == 2
    del workers
    gc.collect()
    for thread in own:
        thread.join(10)
        assert not thread.is_alive()


def test_what_was_computed_is_not_kept() -> None:
    workers, finished = Workers(2), threading.Event()
    kept = weakref.ref(finished)
    workers.run(lambda index, event=finished: event.set(), 2)
    del finished
    gc.collect()
    assert kept() is None


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="for free-threaded builds of Python")
def test_no_import_brings_the_interpreters_lock_back() -> None:
    code = "import sys, nnlab, nnlab.train.run, matplotlib.pyplot; print(sys._is_gil_enabled())"
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "False"


def test_threads_inherit_errstate() -> None:
    with np.errstate(over="ignore"):
        assert Workers(2).run(lambda index: float(np.float32(1e38) * np.float32(10 + index)), 2) == [np.inf] * 2


def test_at_least_one_core() -> None:
    assert available_cores() >= 1


def test_no_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "available_cores", lambda: 4)
    assert [usable_threads(asked) for asked in (None, 1, 4, 8)] == [4, 1, 4, 4]


@pytest.mark.parametrize(("limit", "cores"), [(None, 8), (0.5, 1), (1.0, 1), (2.5, 2), (16.0, 8)])
def test_the_cpu_limit_of_a_container_counts(monkeypatch: pytest.MonkeyPatch, limit: float | None, cores: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(module, "cpu_limit", lambda: limit)
    assert available_cores() == cores


@pytest.mark.parametrize(("answer", "cores"), [("4", 4), ("0", 12), ("four", 12), (None, 12)])
def test_macos_uses_performance_cores(monkeypatch: pytest.MonkeyPatch, answer: str | None, cores: int) -> None:
    answers = {"hw.perflevel0.physicalcpu": answer}
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    monkeypatch.setattr("nnlab.core.threads.sysctl", answers.get)
    assert available_cores() == cores


@pytest.mark.parametrize(
    ("system", "asked", "set_to"), [("darwin", None, "1"), ("darwin", "3", "3"), ("linux", None, None)]
)
def test_accelerate_uses_one_thread_by_default(
    monkeypatch: pytest.MonkeyPatch, system: str, asked: str | None, set_to: str | None
) -> None:
    variables = {"VECLIB_MAXIMUM_THREADS": asked} if asked else {}
    monkeypatch.setattr(os, "environ", variables)
    monkeypatch.setattr(sys, "platform", system)
    runpy.run_path(str(nnlab.__file__))
    assert variables.get("VECLIB_MAXIMUM_THREADS") == set_to
