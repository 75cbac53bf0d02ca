"""Parallel map over threads: order, errors, thread counts."""

import os
import runpy
import sys
import threading

import numpy as np
import pytest

import nnlab
from nnlab.core.threads import Workers, available_cores


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_results_are_in_order(threads: int, count: int) -> None:
    assert Workers(threads).run(lambda index: index * index, count) == [index * index for index in range(count)]


def test_number_of_threads() -> None:
    meeting = threading.Barrier(3, timeout=10)  # passed only when three are there at once
    assert len(set(Workers(3).run(lambda index: (meeting.wait(), threading.get_ident())[1], 3))) == 3


@pytest.mark.parametrize("bad", [0, 1])
def test_errors_of_threads_are_raised(bad: int) -> None:
    def fail(index: int) -> None:
        if index == bad:
            raise ValueError(f"part {index}")

    with pytest.raises(ValueError, match=f"part {bad}"):
        Workers(2).run(fail, 2)


def test_threads_have_finished_when_an_error_is_raised() -> None:
    finished = threading.Event()

    def part(index: int) -> None:
        if index < 2:
            raise ValueError(f"part {index}")
        finished.wait(0.2)
        finished.set()

    with pytest.raises(ValueError, match="part 0"):
        Workers(3).run(part, 3)
    assert finished.is_set()


def test_threads_inherit_errstate() -> None:
    with np.errstate(over="ignore"):
        assert Workers(2).run(lambda index: float(np.float32(1e38) * np.float32(10 + index)), 2) == [np.inf] * 2


def test_at_least_one_core() -> None:
    assert available_cores() >= 1


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
